"""When a submission came, and what nbgrader's plugin for late work takes off for it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from nbgrader.api import Gradebook
from nbgrader.preprocessors import AssignLatePenalties
from traitlets.config import Config

from autograder.course.course import Course
from autograder.course.nbgrader_view import course_config
from autograder.gradebook.received import submission_time


def note_lateness(
    course: Course, gradebook: Gradebook, submission: Any, submitted: Path, *, same: bool
) -> None:
    """Bring a submission's date and penalties up to date; what is as it was is not written.

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
        gradebook.db.commit()
    late = submission.total_seconds_late > 0
    notebooks = list(submission.notebooks)
    if not late and all(notebook.late_submission_penalty is None for notebook in notebooks):
        return
    for notebook in notebooks:
        notebook.late_submission_penalty = None
    gradebook.db.commit()
    if late:
        _assign_penalties(course, gradebook, submission.student.id, submission.assignment.name)


def _assign_penalties(course: Course, gradebook: Gradebook, student: str, assignment: str) -> None:
    """Let nbgrader's own step, with the course's own plugin, set the late penalties."""
    import nbformat  # noqa: PLC0415 - late submissions are few

    config: Config = course_config(course.root)
    for notebook in gradebook.find_submission(assignment, student).notebooks:
        resources = {
            "nbgrader": {
                "notebook": notebook.name,
                "assignment": assignment,
                "student": student,
                "db_url": str(gradebook.engine.url),
            }
        }
        empty = nbformat.v4.new_notebook()
        AssignLatePenalties(config=config).preprocess(empty, resources)
    gradebook.db.expire_all()
