"""When a submission came, how much time it had, and what nbgrader's plugin for late work takes.

Without a plugin in `nbgrader_config.py` nothing is taken off. `LatePolicy` is one to choose::

    c.AssignLatePenalties.plugin_class = "autograder.gradebook.late.LatePolicy"
    c.LatePolicy.percent_per_day = 10
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nbgrader.api import Assignment, Gradebook, SubmittedAssignment, SubmittedNotebook
from nbgrader.plugins import LateSubmissionPlugin
from nbgrader.preprocessors import AssignLatePenalties
from sqlalchemy import func, select
from traitlets import Float

from autograder.course.course import Course
from autograder.course.extensions import Own, extensions
from autograder.course.nbgrader_view import course_config
from autograder.gradebook.received import submission_time

DAY = 86_400.0


class LatePolicy(LateSubmissionPlugin):  # type: ignore[misc]
    """A share of what was earned for each day that is begun, after some minutes of grace."""

    percent_per_day = Float(
        10.0, min=0.0, max=100.0, help="Of the points earned, for each day that is begun."
    ).tag(config=True)
    most_percent = Float(
        50.0, min=0.0, max=100.0, help="Of the points earned, in all: late work is still worth it."
    ).tag(config=True)
    grace_minutes = Float(
        15.0, min=0.0, help="So late is not late; a slow upload, a clock that is wrong."
    ).tag(config=True)

    def late_submission_penalty(
        self, student_id: str, score: float, total_seconds_late: float
    ) -> float | None:
        """Points to take off a notebook's `score`; None within the grace."""
        del student_id
        if total_seconds_late <= 60 * self.grace_minutes:
            return None
        days = math.ceil(total_seconds_late / DAY)
        percent = min(days * self.percent_per_day, self.most_percent)
        return round(float(score * percent / 100), 2)


def grant_time(course: Course, submission: Any) -> None:
    """Enter the extension that `extensions.csv` grants; without that file the gradebook's stays.

    Raises:
        UsageError: if the file cannot be understood.
    """
    granted = extensions(course, str(submission.assignment.name))
    if granted is not None:
        own = granted.get(str(submission.student_id), Own())
        submission.extension = own.more_time(submission.assignment.duedate)


def counted(
    time: datetime.datetime | None, known: datetime.datetime | None, *, same: bool
) -> datetime.datetime | None:
    """Which date of a submission counts: what its folder says, or what the gradebook knew.

    Args:
        time: of the folder, in UTC; None if nothing that can be believed says so.
        known: the gradebook's.
        same: whether that is one of the same files: the first of both counts then.
    """
    if time is None or (same and known is not None and known < time):
        return known
    return time


def is_late(
    time: datetime.datetime | None,
    due: datetime.datetime | None,
    extension: datetime.timedelta | None,
) -> bool:
    """Whether a submission came after its time, as nbgrader reckons."""
    if time is None or due is None:
        return False
    return time > due + (extension or datetime.timedelta())


def to_settle(
    course: Course, gradebook: Gradebook, assignment: str, folders: Mapping[str, Path]
) -> dict[str, bool]:
    """By student whom the gradebook knows, whether `note_lateness` may have something to change.

    Args:
        course: the course.
        gradebook: its open gradebook.
        assignment: the assignment's name.
        folders: submissions that are the same as before, by student.
    """
    its = SubmittedAssignment
    penalties = func.count(SubmittedNotebook.late_submission_penalty)
    rows = gradebook.db.execute(
        select(its.student_id, its.timestamp, its.extension, Assignment.duedate, penalties)
        .join(Assignment, its.assignment_id == Assignment.id)
        .outerjoin(SubmittedNotebook, SubmittedNotebook.assignment_id == its.id)
        .where(Assignment.name == assignment)
        .group_by(its.id, Assignment.id)
    )
    granted = extensions(course, assignment)
    found: dict[str, bool] = {}
    for who, known, extension, due, penalized in rows:
        if who in folders:
            time = counted(submission_time(folders[who]), known, same=True)
            more = extension if granted is None else granted.get(who, Own()).more_time(due)
            changed = (time, more) != (known, extension)
            found[who] = changed or bool(penalized) or is_late(time, due, more)
    return found


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
    time = counted(submission_time(submitted), submission.timestamp, same=same)
    if time != submission.timestamp:
        submission.timestamp = time
    grant_time(course, submission)
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
