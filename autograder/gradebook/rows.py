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
from autograder.gradebook.answers import Digests, changed_answers
from autograder.gradebook.late import note_lateness
from autograder.gradebook.noticed import Noticed, by_mistake, hint, sentences
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
    """Enter one graded submission: student, submission, grades, comments, late penalty.

    All of it or, where something fails, nothing: no score is there without its penalty.

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
    gradebook.update_or_create_student(student)
    # Without autoflush SQLAlchemy does not warn of rows that nbgrader has half linked up.
    with gradebook.db.no_autoflush:
        submission = gradebook.update_or_create_submission(grade.assignment, student)
    try:
        known = answers if answers is not None else answer_cells(course, grade.assignment)
        with gradebook.db.no_autoflush:  # all is written at once, and not before each question
            _write(gradebook, student, grade, known, handed_in)
        note_lateness(course, gradebook, submission, submitted, same=same)
    except BaseException:
        gradebook.db.rollback()
        raise
    gradebook.db.commit()


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
        _write(gradebook, student, grade, answers, handed_in)
    except BaseException:
        gradebook.db.rollback()
        raise
    gradebook.db.commit()


def _write(
    gradebook: Gradebook,
    student: str,
    grade: Grade,
    answers: Mapping[str, str],
    handed_in: Digests,
) -> None:
    scores = {(score.notebook, score.id): score for score in grade.questions}
    submission = gradebook.find_submission(grade.assignment, student)
    known = _loaded(gradebook, submission)
    now = {
        row.id: handed_in.get((notebook.name, row.name))
        for notebook in submission.notebooks
        for row in notebook.grades
    }
    changed = changed_answers(gradebook, now)
    for notebook in submission.notebooks:
        comments = {comment.name: comment for comment in notebook.comments}
        for row in notebook.grades:
            score = scores.pop((notebook.name, row.name), None)
            if score is not None and score.max_score != row.max_score:
                gradebook.db.rollback()
                raise UsageError(
                    f"The gradebook says {row.max_score:g} points for '{row.name}' and the release "
                    f"{score.max_score:g}; run 'autograder release {grade.assignment}' again."
                )
            _write_score(row, score, bonus=not grade.classic, changed=row.id in changed)
            comment = comments.get(answers.get(row.name, "")) or comments.get(row.name)
            if comment is not None:
                comment.auto_comment = comment_on(score, grade)
        if grade.classic:
            _write_classic_comments(notebook, grade)
    if scores:
        _, missing = next(iter(scores))
        raise UsageError(
            f"The gradebook has no question '{missing}' for {grade.assignment}; "
            f"run 'autograder release {grade.assignment}' again."
        )
    gradebook.db.flush()
    del known  # the session only remembers what somebody holds


def _loaded(gradebook: Gradebook, submission: Any) -> list[Any]:
    """All rows of a submission and their cells, in a query a table instead of one a row."""
    cell = with_polymorphic(BaseCell, "*")  # with the points, which graded cells alone have
    cells = gradebook.db.query(cell).join(cell.notebook)
    found: list[Any] = cells.filter(Notebook.assignment_id == submission.assignment_id).all()
    for table in (GradeRow, Comment):
        rows = gradebook.db.query(table).join(table.notebook)
        found += rows.filter(SubmittedNotebook.assignment_id == submission.id).all()
    return found


def _write_classic_comments(notebook: Any, grade: Grade) -> None:
    """Write nbgrader's own comments: they stand at answers, which no test names."""
    scores = {score.id: score for score in grade.questions if score.notebook == notebook.name}
    held = any(is_withheld(score, grade) for score in scores.values())
    unanswered = grade.unanswered if isinstance(grade.unanswered, tuple) else ()
    for comment in notebook.comments:
        left = (notebook.name, comment.name) in unanswered
        usual = NO_RESPONSE if left else None
        comment.auto_comment = WITHHELD_COMMENT if held else usual


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
