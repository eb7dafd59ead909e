"""The pages about a class: the report, the answers to read, the submissions that are alike."""

from __future__ import annotations

from pathlib import Path

from autograder.classroom.answers import FORMGRADER, answers_to_read
from autograder.classroom.recorded import GONE, recorded_class
from autograder.course.course import Course
from autograder.outputs.answers import write_answers
from autograder.outputs.report import write_report


def make_class_pages(
    course: Course, assignment: str, target: Path | None = None, formgrader: str | None = None
) -> Path:
    """Write the report, and beside it `NAME-answers.html` and `NAME-similar.html`.

    Args:
        course: the course.
        assignment: the assignment's name.
        target: of the report; `reports/<assignment>.html` by default.
        formgrader: the address of formgrader, for the links.

    Returns:
        Where the report is.

    Raises:
        UsageError: if nothing is graded yet.
    """
    grades, facts = recorded_class(course, assignment)
    own = {who: grade for who, grade in grades.items() if facts.folders.get(who) != GONE}
    path = target or course.root / "reports" / f"{assignment}.html"
    answers = answers_to_read(course, assignment, own or grades, formgrader or FORMGRADER)
    beside = path.with_name(f"{path.stem}-answers.html")
    write_report(assignment, own or grades, path, facts, beside.name)
    write_answers(assignment, answers, beside)
    return path
