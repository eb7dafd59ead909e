"""What is known of a class that was graded: the ledger's grades as the gradebook has them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from autograder.classroom.ledger import last_run, recorded
from autograder.course.course import Course, notebook_paths
from autograder.course.extensions import FILE, dropped, extensions
from autograder.course.questions import Question, questions_of
from autograder.errors import UsageError
from autograder.grading.withholding import UNWRITTEN, withheld
from autograder.model import Grade, Regraded
from autograder.outputs.changed import changed_parts, is_another
from autograder.outputs.facts import Facts
from autograder.submission.folders import not_graded, unusual
from autograder.submission.frame import Notebook, read_released

MOST_TEXT = 50_000
"""Characters of an answer that the report looks at."""
GONE = (
    "graded, but the folder is not in submitted/ any more, so not counted here; "
    "'nbgrader db student remove' takes a student out of the gradebook and the export too."
)


class _Known(msgspec.Struct, frozen=True):
    """What a report needs of a `GradedSubmission`: all but its outputs and pictures."""

    grade: Grade
    notebooks: Mapping[str, Notebook]
    cpu_seconds: float


def recorded_grades(course: Course, assignment: str) -> dict[str, Grade]:
    """The grades of all students graded so far, with what a person entered and late penalties.

    A student who was taken out of the gradebook is left out; what the gradebook has not yet is
    withheld.

    Raises:
        UsageError: if there is no such assignment or gradebook, nothing was graded yet, or
            another version of the autograder did it.
    """
    return recorded_class(course, assignment)[0]


def recorded_class(course: Course, assignment: str) -> tuple[dict[str, Grade], Facts]:
    """The same, and what is known beside the grades. Raises as `recorded_grades`."""
    course.source(assignment)
    questions = questions_of(course, assignment)
    grades: dict[str, Grade] = {}
    answers: dict[str, dict[str, str]] = {}
    seconds: dict[str, float] = {}
    written: set[str] = set()
    for name, entry in recorded(course, assignment):
        try:
            known = msgspec.msgpack.decode(entry.graded, type=_Known)
        except msgspec.DecodeError:
            raise UsageError(
                f"{name} was graded by another version of the autograder; run "
                f"'autograder grade {assignment}' to grade again."
            ) from None
        if entry.written:
            written.add(name)
        answers[name], seconds[name] = _answers(known.notebooks, questions), known.cpu_seconds
        own = known.grade if entry.written else withheld(course, assignment, UNWRITTEN).grade
        grades[name] = own
    if not grades:
        raise UsageError(
            f"Nothing of {assignment} is graded yet; run 'autograder grade {assignment}' first."
        )
    from autograder.gradebook.attendance import attendance  # noqa: PLC0415 - takes a second
    from autograder.gradebook.rows import open_gradebook  # noqa: PLC0415 - as above
    from autograder.gradebook.settled import (  # noqa: PLC0415 - as above
        foreseen,
        settled,
        standings,
    )

    with open_gradebook(course, assignment) as gradebook:
        standing, came = standings(gradebook, assignment), attendance(gradebook, assignment)
    gone = dropped(course, assignment)
    settled_grades = {
        name: settled(grade, standing[name]) if name in written else grade
        for name, grade in grades.items()
        if name not in gone and (name in standing or name not in written)
    }
    if not settled_grades:
        raise UsageError(f"Nobody who was graded in {assignment} is in the course any more.")
    odd, ungraded = odd_folders(course, assignment, settled_grades)
    return settled_grades, Facts(
        folders=odd,
        ungraded=ungraded,
        late={name: late for name, late in came.late.items() if name in settled_grades},
        extended=tuple(name for name in came.extended if name not in gone),
        missing=tuple(name for name in came.missing if name not in gone),
        dropped=tuple(sorted(gone)),
        seconds={name: seconds[name] for name in settled_grades},
        regraded={
            student: Regraded(before, after, changed_parts(then.parts, now.parts))
            for student, (then, now) in last_run(course, assignment).items()
            if student in settled_grades
            and student in standing
            and is_another(
                before := foreseen(then.grade, standing[student]),
                after := foreseen(now.grade, standing[student]),
            )
        },
        answers={name: answers[name] for name in settled_grades},
        written=frozenset(question.id for question in questions if question.kind == "written"),
        given=tuple(_given(course, assignment)),
    )


def _answers(notebooks: Mapping[str, Notebook], questions: Iterable[Question]) -> dict[str, str]:
    """By question, what a student wrote that was not handed out; under "" their own code cells."""
    asked = {(question.notebook, question.answer): question.id for question in questions}
    found: dict[str, str] = {}
    for name, notebook in notebooks.items():
        for cell in notebook.cells:
            question = asked.get((name, cell.id))
            if cell.source == cell.handed_out or (question is None and cell.type != "code"):
                continue
            found[question or ""] = f"{found.get(question or '', '')}{cell.source}\n"[:MOST_TEXT]
    return found


def _given(course: Course, assignment: str) -> Iterable[str]:
    for path in notebook_paths(course.release(assignment)):
        yield from (str(cell.source) for cell in read_released(path).cells)


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
    granted = extensions(course, assignment) or {}
    for name, own in granted.items():
        if not own.dropped and not (submitted / name).is_dir():
            odd[name] = f"stands in {FILE} and has handed in nothing; is the name right?"
    for name, folder in folders.items():
        if not folder.is_dir():
            odd[name] = GONE
        elif problem := received(folder).problem:
            odd[name] = " ".join(filter(None, (problem, odd.get(name))))
    return dict(sorted(odd.items())), not_graded(course, assignment)
