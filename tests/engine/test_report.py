"""The class report shows what the grades say, and nothing a student wrote runs in it."""

from __future__ import annotations

import base64
import hashlib
import io
import re
from pathlib import Path

import pytest
from rich.console import Console

from autograder.classroom.batch import ClassResult
from autograder.model import CheckResult, Grade, QuestionScore, Status, Verdict
from autograder.outputs.progress import BarProgress, LineProgress, points, terminal_progress
from autograder.outputs.report import render_report, write_report
from autograder.outputs.summary import summarize
from autograder.outputs.told import print_class

RIGHT = CheckResult("out_matches", 4, 4, Verdict.PASSED)
WRONG = CheckResult("out_matches", 0, 4, Verdict.FAILED, "out leaves out b.", "bias_left_out", "b?")


def question(id_: str, score: float | None, most: float, *checks: CheckResult) -> QuestionScore:
    return QuestionScore(id_, "layers", score, most, needs_review=score is None, checks=checks)


def grade(weighed: float | None, *checks: CheckResult, problems: tuple[str, ...] = ()) -> Grade:
    withheld = weighed is None
    return Grade(
        "mini",
        Status.WITHHELD if withheld else Status.GRADED,
        weighed,
        10.0,
        0.0,
        problems,
        (question("weigh", weighed, 4, *checks), question("explain_steps", None, 6)),
    )


CLASS = {
    "ann": grade(4, RIGHT),
    "ben": grade(0, WRONG),
    "cat": grade(2, RIGHT, WRONG),
    "dan": grade(None, problems=("The grade is withheld.",)),
}


def printed(result: ClassResult) -> str:
    console = Console(file=io.StringIO(), width=150)
    print_class(result, console)
    return console.file.getvalue()  # type: ignore[attr-defined]


def result(**changes: object) -> ClassResult:
    fields = {
        "assignment": "mini",
        "grades": CLASS,
        "fresh": ("ann", "ben"),
        "waiting": (),
        "staff_notes": {},
        "staff_file": Path("notes.txt"),
        "seconds": 2.5,
    }
    return ClassResult(**(fields | changes))


def test_the_four_counts_of_a_question_add_up_to_the_class() -> None:
    for counted in summarize(CLASS).questions:
        assert counted.full + counted.part + counted.none + counted.waiting == len(CLASS)


def test_a_withheld_grade_is_in_no_total() -> None:
    summary = summarize(CLASS)
    assert summary.totals == (4, 0, 2)
    assert summary.withheld == ("dan",)


def test_a_mistake_counts_once_a_student() -> None:
    twice = {"ann": grade(0, WRONG, WRONG), "ben": grade(0, WRONG)}
    (mistake,) = summarize(twice).mistakes
    assert mistake.students == ("ann", "ben")


def test_the_most_common_mistake_comes_first() -> None:
    rare = CheckResult("shape", 0, 4, Verdict.FAILED, "out is flat.", "a_flat_out")
    names = [m.name for m in summarize(CLASS | {"eve": grade(0, rare)}).mistakes]
    assert names == ["bias_left_out", "a_flat_out"]


def test_a_bonus_question_is_worth_its_bonus_points() -> None:
    bonus = QuestionScore(
        "alt", "layers", 0.0, 0.0, 3.0, checks=(CheckResult("dx", 3, 3, Verdict.PASSED),)
    )
    counted = summarize({"ann": Grade("mini", Status.GRADED, 0.0, 0.0, 3.0, (), (bonus,))})
    assert (counted.questions[0].worth, counted.questions[0].full) == (3, 1)


@pytest.mark.parametrize(
    ("shown", "of"),
    [
        ("4 of 10 (6 open)", grade(4, RIGHT)),
        ("withheld", grade(None)),
    ],
)
def test_a_grade_in_a_few_words(shown: str, of: Grade) -> None:
    assert points(of) == shown


def test_the_page_is_the_same_for_the_same_grades() -> None:
    assert render_report("mini", CLASS) == render_report("mini", dict(CLASS))


def test_the_page_names_every_student_question_and_mistake(tmp_path: Path) -> None:
    page = write_report("mini", CLASS, tmp_path / "reports" / "mini.html").read_text()
    for word in (*CLASS, "weigh", "explain_steps", "bias left out", "withheld"):
        assert word in page


def test_the_page_needs_nothing_from_elsewhere() -> None:
    page = render_report("mini", CLASS)
    assert not re.findall(r'(?:src|href)="(?!#)[^"]*"', page)
    assert "default-src 'none'" in page


def test_the_pages_own_script_is_the_only_one_that_may_run() -> None:
    page = render_report("mini", CLASS)
    (script,) = re.findall(r"<script>(.*?)</script>", page, re.DOTALL)
    allowed = re.findall(r"script-src 'sha256-(.*?)'", page)
    assert allowed == [base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()]


def test_what_a_student_wrote_is_text_on_the_page() -> None:
    name = "<img src=x onerror=alert(1)>"
    check = CheckResult("c", 0, 4, Verdict.RAISED, f"raised in `{name}`", name)
    page = render_report(name, {name: grade(0, check, problems=(name,))})
    assert name not in page
    assert "onerror=alert(1)&gt;" in page


def test_a_class_without_any_score_has_a_page_too() -> None:
    assert "waits for a person" in render_report("mini", {"dan": grade(None)})


def test_the_terminal_names_mistakes_and_troubled_submissions() -> None:
    text = printed(result())
    assert "bias_left_out" in text
    assert "dan: The grade is withheld." in text
    assert "2 submissions graded in 2.5 s, 2 had not changed." in text


def test_an_interrupted_run_says_how_to_go_on() -> None:
    assert "Run the same command again" in printed(result(waiting=("eve",)))


def test_staff_notes_are_told_once_a_kind_and_kept_in_a_file() -> None:
    notes = dict.fromkeys("abcde", ("Traceback\nNameError: name 'numbers'",))
    text = printed(result(staff_notes=notes))
    assert text.count("NameError") == 1
    assert "a, b, c and 2 more" in text
    assert "notes.txt" in text


def test_a_log_gets_one_line_for_each_submission() -> None:
    console = Console(file=io.StringIO(), width=60)
    with LineProgress(console) as told:
        told.begin(3, 1)
        told.advance("ann", CLASS["ann"])
        told.advance("ben [x]", CLASS["ben"])
    assert console.file.getvalue().splitlines() == [  # type: ignore[attr-defined]
        "3 submissions, 1 have not changed",
        "[2/3] ann: 4 of 10 (6 open)",
        "[3/3] ben [x]: 0 of 10 (6 open)",
    ]


@pytest.mark.parametrize(("terminal", "kind"), [(True, BarProgress), (False, LineProgress)])
def test_a_terminal_gets_a_bar(terminal: bool, kind: type) -> None:
    console = Console(file=io.StringIO(), force_terminal=terminal)
    assert type(terminal_progress(console)) is kind


def test_the_bar_shows_how_far_it_is() -> None:
    console = Console(file=io.StringIO(), force_terminal=True, width=120)
    with BarProgress(console) as told:
        told.begin(2, 0)
        told.advance("ann", CLASS["ann"])
        told.note("A worker process died.")
    text = console.file.getvalue()  # type: ignore[attr-defined]
    assert "1/2" in text
    assert "A worker process died." in text
