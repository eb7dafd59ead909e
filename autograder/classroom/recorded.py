"""What is known of a class that was graded: the ledger's grades as the gradebook has them."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from autograder.classroom.ledger import recorded
from autograder.classroom.packing import decode_graded
from autograder.course.course import Course
from autograder.errors import UsageError
from autograder.grading.withholding import UNWRITTEN, withheld
from autograder.model import Grade
from autograder.submission.folders import not_graded, unusual

GONE = (
    "graded, but the folder is not in submitted/ any more, so not counted here; "
    "'nbgrader db student remove' takes a student out of the gradebook and the export too."
)


def recorded_grades(course: Course, assignment: str) -> dict[str, Grade]:
    """The grades of all students graded so far, with what a person entered and late penalties.

    A student who was taken out of the gradebook is left out; what the gradebook has not yet is
    withheld.

    Raises:
        UsageError: if there is no such assignment or gradebook, nothing was graded yet, or
            another version of the autograder did it.
    """
    course.source(assignment)
    grades: dict[str, Grade] = {}
    written: set[str] = set()
    for name, entry in recorded(course, assignment).items():
        try:
            grade = decode_graded(entry.graded).grade
        except msgspec.DecodeError:
            raise UsageError(
                f"{name} was graded by another version of the autograder; run "
                f"'autograder grade {assignment}' to grade again."
            ) from None
        if entry.written:
            written.add(name)
        grades[name] = grade if entry.written else withheld(course, assignment, UNWRITTEN).grade
    if not grades:
        raise UsageError(
            f"Nothing of {assignment} is graded yet; run 'autograder grade {assignment}' first."
        )
    return _as_in_gradebook(course, assignment, grades, written)


def _as_in_gradebook(
    course: Course, assignment: str, grades: dict[str, Grade], written: set[str]
) -> dict[str, Grade]:
    from autograder.gradebook.rows import open_gradebook  # noqa: PLC0415 - takes a second
    from autograder.gradebook.settled import settled, standings  # noqa: PLC0415 - as above

    with open_gradebook(course, assignment) as gradebook:
        known = standings(gradebook, assignment)
    return {
        name: settled(grade, known[name]) if name in written else grade
        for name, grade in grades.items()
        if name in known or name not in written
    }


def odd_folders(
    course: Course, assignment: str, students: Iterable[str]
) -> tuple[dict[str, str], dict[str, str]]:
    """What is odd about folders of `submitted/`, and what there is not graded: by name, why."""
    from autograder.gradebook.received import received  # noqa: PLC0415 - as above

    submitted = course.root / "submitted"
    if not submitted.is_dir():  # put away as a whole, after grading
        return {}, {}
    folders = {name: submitted / name / assignment for name in students}
    odd = unusual(folders)
    for name, folder in folders.items():
        if not folder.is_dir():
            odd[name] = GONE
        elif problem := received(folder).problem:
            odd[name] = " ".join(filter(None, (problem, odd.get(name))))
    return dict(sorted(odd.items())), not_graded(course, assignment)
