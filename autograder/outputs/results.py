"""Grades as programs read them: JSON, JUnit's XML, and Gradescope's results.json.

Pure functions of grades. A question that waits for a person is skipped and one that is withheld
an error, in JUnit; Gradescope, which knows neither, gets no result where a grade is withheld.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as Xml

import msgspec

from autograder.errors import UsageError
from autograder.model import CheckResult, Grade, QuestionScore, Status, Verdict

if TYPE_CHECKING:  # it takes a second to import nbgrader
    from autograder.outputs.export import Row

OPEN = "A person grades this; it has no points yet."
LOST = frozenset({Verdict.FAILED, Verdict.RAISED, Verdict.TIMEOUT, Verdict.MISSING})


def to_json(assignment: str, rows: Sequence[Row], grades: Mapping[str, Grade]) -> str:
    """The class as one object: what the table has, and each grade with its checks.

    Args:
        assignment: its name.
        rows: of this assignment.
        grades: by student, as the gradebook has them.
    """
    students = [_student(row, grades.get(row.student_id)) for row in rows]
    whole = {"assignment": assignment, "students": students}
    return json.dumps(whole, indent=2, ensure_ascii=False) + "\n"


def to_gradescope(grade: Grade) -> str:
    """One submission as Gradescope's autograder results.

    Points of questions that wait for a person are not in it: they are given on Gradescope.

    Raises:
        UsageError: if the grade is withheld; Gradescope then shows that grading failed, which
            is not a number.
    """
    if grade.status is Status.WITHHELD or grade.score is None:
        problems = " ".join(grade.problems)
        raise UsageError(f"The grade is withheld, and Gradescope gets no result. {problems}")
    waiting = sum(one.max_score for one in grade.questions if one.score is None)
    told = [*grade.problems]
    if waiting:
        told.append(f"{waiting:g} points are not in this score: a person gives them.")
    tests = [test for one in grade.questions for test in _gradescope_tests(one)]
    earned = grade.score + grade.extra_credit
    result = {"score": round(earned, 2), "output": "\n".join(told), "tests": tests}
    return json.dumps(result, indent=2, ensure_ascii=False) + "\n"


def to_junit(assignment: str, grades: Mapping[str, Grade], missing: Sequence[str] = ()) -> str:
    """JUnit's XML: a suite for each submission, a case for each check.

    Args:
        assignment: its name.
        grades: by student, or by whatever names a submission.
        missing: who handed in nothing.
    """
    root = Xml.Element("testsuites", name=_text(assignment))
    for name in sorted({*grades, *missing}):
        suite = Xml.SubElement(root, "testsuite", name=_text(name))
        if name in grades:
            _cases(suite, grades[name])
        else:
            case = _case(suite, assignment, "submission")
            Xml.SubElement(case, "skipped", message="missing: nothing was handed in")
        for kind, counted in (("failure", "failures"), ("error", "errors"), ("skipped", "skipped")):
            suite.set(counted, str(len(suite.findall(f"testcase/{kind}"))))
        suite.set("tests", str(len(suite.findall("testcase"))))
    Xml.indent(root)
    return Xml.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _student(row: Row, grade: Grade | None) -> dict[str, Any]:
    told: dict[str, Any] = msgspec.structs.asdict(row)
    del told["points"]
    for name in ("raw_score", "score", "late_submission_penalty", "max_score", "extra_credit"):
        told[name] = _number(told[name])
    told["waiting_for"] = row.waiting_for.split()
    told["questions"] = [] if grade is None else msgspec.to_builtins(grade.questions)
    return told


def _number(text: str) -> float | None:
    """A score; None where the table has a word or nothing."""
    try:
        return float(text)
    except ValueError:
        return None


def _gradescope_tests(question: QuestionScore) -> list[dict[str, Any]]:
    by_hand = question.by_hand is True
    if by_hand or not question.checks:
        told = {"name": question.id, "max_score": question.max_score}
        if question.score is None:
            return [{"name": question.id, "output": OPEN}]
        return [{**told, "score": question.score}]
    return [_gradescope_test(question, check) for check in question.checks]


def _gradescope_test(question: QuestionScore, check: CheckResult) -> dict[str, Any]:
    name = f"{question.id}: {check.name}"
    if check.verdict is Verdict.SKIPPED:
        return {"name": name, "output": f"{OPEN} {check.message}".strip()}
    return {
        "name": name,
        "score": check.points,
        "max_score": check.max_points,
        "status": "passed" if check.verdict is Verdict.PASSED else "failed",
        "output": " ".join(filter(None, (check.message, check.hint))),
    }


def _cases(suite: Xml.Element, grade: Grade) -> None:
    for question in grade.questions:
        for check in question.checks:
            case = _case(suite, f"{question.notebook}.{question.id}", check.name)
            told = _text(" ".join(filter(None, (check.message, check.hint))))
            if check.verdict is Verdict.GRADER_ERROR:
                Xml.SubElement(case, "error", message="withheld: this check could not be run")
            elif check.verdict is Verdict.SKIPPED:
                Xml.SubElement(case, "skipped", message=f"waiting: {told}")
            elif check.verdict in LOST:
                Xml.SubElement(case, "failure", message=told, type=check.verdict.value)
        if not question.checks and question.score is None:
            case = _case(suite, f"{question.notebook}.{question.id}", question.id)
            Xml.SubElement(case, "skipped", message="waiting: a person grades this")
    if grade.status is Status.WITHHELD:
        case = _case(suite, grade.assignment, "submission")
        told = _text(" ".join(grade.problems))
        Xml.SubElement(case, "error", message=f"withheld: {told}".rstrip(": "))


def _case(suite: Xml.Element, where: str, name: str) -> Xml.Element:
    return Xml.SubElement(suite, "testcase", classname=_text(where), name=_text(name))


def _text(text: str) -> str:
    """What XML can hold of a text."""
    return "".join(c if c.isprintable() or c in "\n\t" else "?" for c in text)
