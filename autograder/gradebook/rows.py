"""From a `Grade` to rows of nbgrader's gradebook.

`enter`, for `autograder grade`, and `write_grade`, for nbgrader's own autograde, fill rows in the
same way, and nobody else does. What a person entered in formgrader is never changed: a manual score
stays, and is flagged for a second look if its answer has changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from msgspec import Struct
from nbgrader.api import Gradebook, MissingEntry, SubmittedAssignment
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError

from autograder.course.course import Course
from autograder.course.extensions import Own, extensions
from autograder.course.nbgrader_view import course_directory
from autograder.course.questions import questions_of
from autograder.course.waiting import patient, wait_until_free
from autograder.errors import UsageError
from autograder.gradebook.answers import changed_answers
from autograder.gradebook.comments import NO_RESPONSE, WITHHELD_COMMENT, comment_on, is_withheld
from autograder.gradebook.late import counted, is_late, note_lateness
from autograder.gradebook.received import submission_time
from autograder.gradebook.stored import (
    Said,
    Scored,
    Stored,
    read_rows,
    save_rows,
    submission_row,
)
from autograder.gradebook.work import Digests
from autograder.model import Grade, QuestionScore


@contextmanager
def open_gradebook(course: Course, assignment: str) -> Iterator[Gradebook]:
    """Open the course's gradebook, which has to know the assignment already.

    One that another program has locked is waited for.

    Raises:
        UsageError: if there is no gradebook yet, or the assignment is not in it.
    """
    folder = course_directory(course.root)
    advice = f"run 'autograder release {assignment}' first"
    path = folder.db_url.removeprefix("sqlite:///")
    if path != folder.db_url and not Path(path).is_file():
        raise UsageError(f"There is no gradebook {path} yet; {advice}.")
    wait_until_free(folder.db_url)
    with connected(patient(folder.db_url), folder.course_id) as gradebook:
        try:
            gradebook.find_assignment(assignment)
        except MissingEntry:
            raise UsageError(f"The gradebook does not know {assignment} yet; {advice}.") from None
        yield gradebook


def connected(address: str, course_id: str) -> Gradebook:
    """Connect to a gradebook, or say in a sentence why not, without the address's password."""
    try:
        return Gradebook(address, course_id)
    except ImportError as error:
        reason, advice = f"Python has no module {error.name}", "install the database's driver"
    except ArgumentError:
        reason, advice = "nobody knows such a database", "see c.CourseDirectory.db_url"
    except DatabaseError as error:
        told = str(error.orig).strip() or type(error.orig).__name__
        reason, advice = told.splitlines()[0], "make sure that it is there, and whole"
    # The address may hold a password, and is shown without it.
    shown = address if "://" not in address else re.sub(r"//[^/]*@", "//…@", address)
    raise UsageError(f"The gradebook {shown} cannot be opened ({reason}): {advice}.")


class Entry(Struct, frozen=True):
    """A graded submission that is to be entered."""

    student: str
    grade: Grade
    submitted: Path
    """The submission's folder; its `timestamp.txt` says when it came."""
    handed_in: Digests = {}
    """What was answered (see `answers`); a hand grade whose answer is unknown or another one
    than it was given for asks for a second look."""
    same: bool = False
    """Whether the same files were in the gradebook before; then the first date counts."""


def enter_submission(
    course: Course, gradebook: Gradebook, student: str, grade: Grade, submitted: Path, **known: Any
) -> Stored:
    """Enter one graded submission, all of it or nothing; returns its rows.

    No score is there without its penalty. The arguments are those of `Entry`, and `answers`.
    """
    answers = known.pop("answers", None)
    entry = Entry(student, grade, submitted, **known)
    try:
        rows = enter(course, gradebook, [entry], answers=answers)[student]
    except Exception:
        gradebook.db.rollback()
        submission_row(gradebook, grade.assignment, student)  # so that nobody calls it missing
        gradebook.db.commit()
        raise
    gradebook.db.commit()
    return rows


def enter(
    course: Course,
    gradebook: Gradebook,
    entries: Sequence[Entry],
    *,
    answers: Mapping[str, str] | None = None,
) -> dict[str, Stored]:
    """Enter students, submissions, grades, comments and late penalties, for the caller to commit.

    What else is in the transaction is undone if another grader enters one of them meanwhile.

    Args:
        course: the course.
        gradebook: its open gradebook.
        entries: submissions of one assignment, each of another student.
        answers: what `answer_cells` says, where that is known already.

    Returns:
        By student, what stands in the gradebook then.
    """
    if answers is None:
        answers = answer_cells(course, entries[0].grade.assignment)
    try:
        return _enter(course, gradebook, entries, answers)
    except IntegrityError:  # another grader made rows at the same moment
        gradebook.db.rollback()
        return _enter(course, gradebook, entries, answers)


def _enter(
    course: Course, gradebook: Gradebook, entries: Sequence[Entry], answers: Mapping[str, str]
) -> dict[str, Stored]:
    assignment = entries[0].grade.assignment
    stored = read_rows(gradebook, assignment, [entry.student for entry in entries])
    granted = extensions(course, assignment)
    _fill(gradebook, [(stored[entry.student], entry) for entry in entries], answers)
    for entry in entries:
        rows = stored[entry.student]
        rows.timestamp = counted(submission_time(entry.submitted), rows.timestamp, same=entry.same)
        if granted is not None:
            rows.extension = granted.get(entry.student, Own()).more_time(rows.due)
        if not is_late(rows.timestamp, rows.due, rows.extension):
            rows.penalties = dict.fromkeys(rows.penalties)
    save_rows(gradebook, list(stored.values()))
    for entry in entries:
        rows = stored[entry.student]
        if is_late(rows.timestamp, rows.due, rows.extension):
            rows.penalties = _penalties(course, gradebook, rows, entry)
    return stored


def _penalties(
    course: Course, gradebook: Gradebook, rows: Stored, entry: Entry
) -> dict[str, float | None]:
    """Have nbgrader's own step say what a late submission loses; by id of its notebooks."""
    gradebook.db.expire_all()
    submission = gradebook.db.get(SubmittedAssignment, rows.id)
    note_lateness(course, gradebook, submission, entry.submitted, same=entry.same)
    gradebook.db.flush()
    return {own.id: own.late_submission_penalty for own in submission.notebooks}


def answer_cells(course: Course, assignment: str) -> dict[str, str]:
    """By question, the cell that holds its answer: nbgrader keeps the comment there."""
    return {question.id: question.answer for question in questions_of(course, assignment)}


def write_grade(
    gradebook: Gradebook,
    student: str,
    grade: Grade,
    answers: Mapping[str, str],
    handed_in: Digests = MappingProxyType({}),
) -> None:
    """Write scores and comments of a submission that the gradebook already knows.

    A score that is not known becomes null and asks for a person; so does a question that
    the grade does not speak of. Bonus points go into nbgrader's `extra_credit`.

    Args:
        gradebook: the open gradebook.
        student: the student's id.
        grade: what grading said.
        answers: by question, the cell that holds its answer.
        handed_in: by notebook and question, a digest of what was answered.

    Raises:
        UsageError: if the gradebook lacks a question of the grade, or says other points.
    """
    gradebook.find_submission(grade.assignment, student)  # raises if nbgrader has made none
    try:
        stored = read_rows(gradebook, grade.assignment, [student])
        entry = Entry(student, grade, Path(), handed_in)
        _fill(gradebook, [(stored[student], entry)], answers)
        save_rows(gradebook, list(stored.values()))
    except BaseException:
        gradebook.db.rollback()
        raise
    gradebook.db.commit()


def _fill(
    gradebook: Gradebook, entries: Sequence[tuple[Stored, Entry]], answers: Mapping[str, str]
) -> None:
    """Put scores and comments into rows, and note which answers they are for."""
    digests = {
        row.id: entry.handed_in.get(row.cell.key) for rows, entry in entries for row in rows.grades
    }
    new = {row.id for rows, _ in entries if rows.new for row in rows.grades}
    changed = changed_answers(gradebook, digests, new)
    for rows, entry in entries:
        _fill_one(rows, entry.grade, answers, changed)


def _fill_one(rows: Stored, grade: Grade, answers: Mapping[str, str], changed: set[str]) -> None:
    scores = {(score.notebook, score.id): score for score in grade.questions}
    own = {comment.cell.key: comment for comment in rows.comments}
    for row in rows.grades:
        notebook, question = row.cell.key
        score = scores.pop((notebook, question), None)
        if score is not None and score.max_score != row.cell.worth:
            raise UsageError(
                f"The gradebook says {row.cell.worth:g} points for '{question}' and the release "
                f"{score.max_score:g}; run 'autograder release {grade.assignment}' again."
            )
        _score(row, score, bonus=not grade.classic, changed=row.id in changed)
        answer = notebook, answers.get(question, "")
        comment = own.get(answer) or own.get((notebook, question))
        if comment is not None:
            comment.auto = comment_on(score, grade)
    if grade.classic:
        _comment_as_usual(own, grade)
    if scores:
        _, missing = next(iter(scores))
        raise UsageError(
            f"The gradebook has no question '{missing}' for {grade.assignment}; "
            f"run 'autograder release {grade.assignment}' again."
        )


def _comment_as_usual(comments: Mapping[tuple[str, str], Said], grade: Grade) -> None:
    """Write nbgrader's own comments: they stand at answers, which no test names."""
    held = {score.notebook for score in grade.questions if is_withheld(score, grade)}
    unanswered = grade.unanswered if isinstance(grade.unanswered, tuple) else ()
    for (notebook, answer), comment in comments.items():
        usual = NO_RESPONSE if (notebook, answer) in unanswered else None
        comment.auto = WITHHELD_COMMENT if notebook in held else usual


def _score(row: Scored, score: QuestionScore | None, *, bonus: bool, changed: bool) -> None:
    row.auto = None if score is None else score.score
    if bonus and score is not None and not score.max_score and row.by_hand is None:
        row.extra = None if score.score is None else score.extra_credit
    if row.by_hand is None:
        row.waits = score is None or score.score is None or score.needs_review
    elif changed:
        row.waits = True
