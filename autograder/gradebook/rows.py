"""From a `Grade` to rows of nbgrader's gradebook.

`write_grade` is the only writer of grades, for `autograder grade` and for nbgrader's own
autograde alike, so that both leave the same rows. What a person entered in formgrader is
never changed: a manual score stays, and is flagged for a second look if its answer has changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import MappingProxyType
from typing import Any

from nbgrader.api import (
    BaseCell,
    Comment,
    Gradebook,
    MissingEntry,
    Notebook,
    SubmittedNotebook,
)
from nbgrader.api import Grade as GradeRow
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.orm import with_polymorphic

from autograder.course.course import Course
from autograder.course.nbgrader_view import course_directory
from autograder.course.questions import questions_of
from autograder.course.waiting import patient, wait_until_free
from autograder.errors import UsageError
from autograder.gradebook.answers import changed_answers
from autograder.gradebook.blank import submission_row
from autograder.gradebook.late import note_lateness
from autograder.gradebook.noticed import Noticed, by_mistake, hint, sentences
from autograder.gradebook.work import Digests
from autograder.model import CheckResult, Grade, QuestionScore, Status, Verdict

WITHHELD = "Withheld:"
"""How the comment of a withheld question starts; exports look for it."""
WITHHELD_COMMENT = (
    f"{WITHHELD} this question could not be graded, through no fault of the submission. "
    "A person will look at it."
)
NO_RESPONSE = "No response."
"""nbgrader's comment on an answer that is as it was handed out."""
REVIEW_COMMENT = "A person still has to grade or confirm this answer."


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


def enter_submission(
    course: Course, gradebook: Gradebook, student: str, grade: Grade, submitted: Path, **known: Any
) -> None:
    """Enter one graded submission, all of it or nothing; the arguments are those of `enter`.

    No score is there without its penalty.
    """
    try:
        enter(course, gradebook, student, grade, submitted, **known)
    except Exception:
        gradebook.db.rollback()
        submission_row(gradebook, grade.assignment, student)  # so that nobody calls it missing
        gradebook.db.commit()
        raise
    gradebook.db.commit()


def enter(
    course: Course,
    gradebook: Gradebook,
    student: str,
    grade: Grade,
    submitted: Path,
    *,
    answers: Mapping[str, str] | None = None,
    handed_in: Digests = MappingProxyType({}),
    same: bool = False,
) -> None:
    """Enter student, submission, grades, comments and late penalty, for the caller to commit.

    Args:
        course: the course.
        gradebook: its open gradebook.
        student: the student's id; new students are added, as nbgrader does.
        grade: what grading said.
        submitted: the submission's folder; its `timestamp.txt` says when it came.
        answers: what `answer_cells` says, where that is known already.
        handed_in: what was answered (see `answers`); a hand grade whose answer is unknown or
            another one than it was given for asks for a second look.
        same: whether the same files were in the gradebook before; then the first date counts.
    """
    submission = submission_row(gradebook, grade.assignment, student)
    known = answers if answers is not None else answer_cells(course, grade.assignment)
    with gradebook.db.no_autoflush:  # all is written at once, and not before each question
        _write(gradebook, submission, grade, known, handed_in)
    note_lateness(course, gradebook, submission, submitted, same=same)
    gradebook.db.flush()


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
    try:
        submission = gradebook.find_submission(grade.assignment, student)
        _write(gradebook, submission, grade, answers, handed_in)
    except BaseException:
        gradebook.db.rollback()
        raise
    gradebook.db.commit()


def _write(
    gradebook: Gradebook,
    submission: Any,
    grade: Grade,
    answers: Mapping[str, str],
    handed_in: Digests,
) -> None:
    scores = {(score.notebook, score.id): score for score in grade.questions}
    notebooks, cells, rows, comments = _loaded(gradebook, submission)
    names = {row.id: (notebooks[row.notebook_id], row.name) for row in rows}
    changed = changed_answers(gradebook, {id_: handed_in.get(name) for id_, name in names.items()})
    own = {(notebooks[comment.notebook_id], comment.name): comment for comment in comments}
    for row in rows:
        notebook, question = names[row.id]
        score = scores.pop((notebook, question), None)
        points = row.cell.max_score or 0.0  # a query less than `row.max_score`
        if score is not None and score.max_score != points:
            gradebook.db.rollback()
            raise UsageError(
                f"The gradebook says {points:g} points for '{question}' and the release "
                f"{score.max_score:g}; run 'autograder release {grade.assignment}' again."
            )
        _write_score(row, score, bonus=not grade.classic, changed=row.id in changed)
        answer = notebook, answers.get(question, "")
        comment = own.get(answer) or own.get((notebook, question))
        if comment is not None:
            comment.auto_comment = comment_on(score, grade)
    if grade.classic:
        _write_classic_comments(own, grade)
    if scores:
        _, missing = next(iter(scores))
        raise UsageError(
            f"The gradebook has no question '{missing}' for {grade.assignment}; "
            f"run 'autograder release {grade.assignment}' again."
        )
    gradebook.db.flush()
    del cells  # the session only remembers what somebody holds


def _loaded(
    gradebook: Gradebook, submission: Any
) -> tuple[dict[str, str], list[Any], list[Any], list[Any]]:
    """A submission's notebooks, as names by their rows' ids; the cells; its grades and comments.

    A query a table; to ask the objects for each other would be one a row.
    """
    db = gradebook.db
    named = db.query(SubmittedNotebook.id, Notebook.name).join(SubmittedNotebook.notebook)
    notebooks = dict(named.filter(SubmittedNotebook.assignment_id == submission.id).all())
    cell = with_polymorphic(BaseCell, "*")  # with the points, which graded cells alone have
    cells = db.query(cell).join(cell.notebook)
    its_cells = cells.filter(Notebook.assignment_id == submission.assignment_id).all()
    rows, comments = (
        db.query(table).filter(table.notebook_id.in_(list(notebooks))).all()
        for table in (GradeRow, Comment)
    )
    return notebooks, its_cells, rows, comments


def _write_classic_comments(comments: Mapping[tuple[str, str], Any], grade: Grade) -> None:
    """Write nbgrader's own comments: they stand at answers, which no test names."""
    held = {score.notebook for score in grade.questions if is_withheld(score, grade)}
    unanswered = grade.unanswered if isinstance(grade.unanswered, tuple) else ()
    for (notebook, answer), comment in comments.items():
        usual = NO_RESPONSE if (notebook, answer) in unanswered else None
        comment.auto_comment = WITHHELD_COMMENT if notebook in held else usual


def _write_score(row: Any, score: QuestionScore | None, *, bonus: bool, changed: bool) -> None:
    row.auto_score = None if score is None else score.score
    if bonus and score is not None and not score.max_score and row.manual_score is None:
        row.extra_credit = None if score.score is None else score.extra_credit
    if row.manual_score is None:
        row.needs_manual_grade = score is None or score.score is None or score.needs_review
    elif changed:
        row.needs_manual_grade = True


def is_withheld(score: QuestionScore | None, grade: Grade) -> bool:
    """Whether a question has no score because of us, not because a person grades it anyway."""
    if score is None:
        return True
    if score.score is not None or grade.status is Status.GRADED:
        return False
    faults = [
        question
        for question in grade.questions
        if any(check.verdict is Verdict.GRADER_ERROR for check in question.checks)
    ]
    return score in faults or not faults


def comment_on(score: QuestionScore | None, grade: Grade) -> str | None:
    """Say in plain text what a grader sees under the answer; None if all is well."""
    if score is None or is_withheld(score, grade):
        return WITHHELD_COMMENT
    lines = lines_on(score.id, score.checks)
    if score.carried_forward:
        lines.append("Checked with trusted versions of the questions it builds on.")
    if score.needs_review:
        lines.append(REVIEW_COMMENT)
    return "\n".join(lines) or None


def lines_on(question: str, checks: Iterable[CheckResult]) -> list[str]:
    """One line for each mistake, with the checks that noticed it."""
    wrong = (Noticed(question, check) for check in checks if check.verdict is not Verdict.PASSED)
    return [_line(group) for group in by_mistake(wrong)]


def _line(group: Sequence[Noticed]) -> str:
    checks = [each.check for each in group]
    names = ", ".join(check.name for check in checks)
    earned, most = sum(c.points for c in checks), sum(c.max_points for c in checks)
    told = " ".join(filter(None, (*sentences(group), hint(group))))
    return f"{names} ({earned:g}/{most:g}): {told}"
