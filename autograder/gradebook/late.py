"""When a submission came, and what nbgrader's plugin for late work takes off for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties

from autograder.course.course import Course
from autograder.course.nbgrader_view import course_config
from autograder.gradebook.received import submission_time


def note_lateness(
    course: Course, gradebook: Gradebook, submission: Any, submitted: Path, *, same: bool
) -> None:
    """Bring a submission's date and penalties up to date, as nbgrader's own step does.

    The caller commits: no score is there without its penalty.

    Args:
        course: the course, whose configuration names the plugin for late work.
        gradebook: its open gradebook.
        submission: the gradebook's row.
        submitted: the submission's folder.
        same: whether the gradebook's date is one of the same files: the first of both counts then.
    """
    time = submission_time(submitted)
    known = submission.timestamp
    if time is not None and time != known and not (same and known is not None and known < time):
        submission.timestamp = time
    late = submission.total_seconds_late
    if late <= 0:
        for notebook in submission.notebooks:
            notebook.late_submission_penalty = None
        return
    step = AssignLatePenalties(config=course_config(course.root))
    for notebook in submission.notebooks:
        gradebook.db.refresh(notebook)  # its score is the sum of rows that were written just now
        step.init_plugin()
        asked = step.plugin_inst.late_submission_penalty(
            submission.student_id, notebook.score, late
        )
        notebook.late_submission_penalty = (
            None if asked is None else min(max(asked, 0), notebook.score)
        )
