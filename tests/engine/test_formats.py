"""What leaves for other programs has their layout, and no number that nobody gave."""

from __future__ import annotations

import csv
import io
import json
from xml.etree import ElementTree

import pytest
from mini_course import NAME
from msgspec.structs import replace
from test_gradebook import BACKWARD, BROKEN, SCALES, WEIGH, WRITTEN, grade

from autograder.course.people import Person, Roster
from autograder.errors import UsageError
from autograder.model import CheckResult, Status, Verdict
from autograder.outputs.export import Row
from autograder.outputs.platforms import to_canvas, to_moodle, with_roster
from autograder.outputs.results import to_gradescope, to_json, to_junit
from autograder.submission.layouts import Sender

OPEN = replace(grade(), score=5.5)
HELD = grade(
    replace(BACKWARD, score=None, needs_review=True, checks=(BROKEN,)), status=Status.WITHHELD
)
DONE = replace(
    grade(*(replace(one, score=2.0, by_hand=True) for one in (WRITTEN, SCALES))), score=6.5
)


def row(student: str, status, score: str, **fields: str) -> Row:
    blank = dict.fromkeys(Row.__struct_fields__[:-1], "")
    own = {"student_id": student, "status": status, "score": score, "max_score": "17.0"}
    return Row(**{**blank, "raw_score": score, **own, **fields})


ROWS = [
    row("ada", "graded", "9.5", last_name="Lovelace", first_name="Ada", lms_user_id="101"),
    row("ben", "waiting", "waiting", waiting_for="explain_numbers explain_steps"),
    row("cat", "withheld", "withheld"),
    row("dan", "missing", "missing"),
]
GRADES = {"ada": DONE, "ben": OPEN, "cat": HELD}


def lines(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def test_canvas_gets_final_scores_only() -> None:
    worth, ada = lines(to_canvas(ROWS, "Lab (4711)"))
    assert list(ada) == [
        "Student", "ID", "SIS User ID", "SIS Login ID", "Section", "Lab (4711)",
    ]  # fmt: skip
    assert (worth["Student"].strip(), worth["Lab (4711)"]) == ("Points Possible", "17.0")
    assert (ada["Student"], ada["ID"], ada["Lab (4711)"]) == ("Lovelace, Ada", "101", "9.5")


def test_a_roster_fills_in_who_is_not_known_and_who_is_missing() -> None:
    points = {"weigh": "2.5", "weigh.shape": "1.0"}
    rows = [replace(ROWS[0], last_name="", points=points), *ROWS[1:]]
    people = [Person("ada", "Augusta", "Lovelace"), Person("eve", "Eve", "Late", lms_user_id="9")]
    ada, *_, eve = with_roster(rows, Roster(people))
    assert (ada.first_name, ada.last_name, ada.score) == ("Ada", "Lovelace", "9.5")
    assert (eve.student_id, eve.last_name, eve.lms_user_id) == ("eve", "Late", "9")
    assert (eve.score, eve.status, eve.max_score) == ("missing", "missing", "17.0")
    assert eve.points == {"weigh": "missing"}


def test_moodle_gets_its_own_numbers_back() -> None:
    (ada,) = lines(to_moodle(ROWS, {"ada": Sender("moodle", "Ada Lovelace", "5001")}))
    assert (ada["Identifier"], ada["Username"], ada["Grade"]) == ("Participant 5001", "ada", "9.5")
    (alone,) = lines(to_moodle(ROWS, {}))
    assert (alone["Identifier"], alone["ID number"]) == ("", "101")


def test_json_has_no_number_for_what_is_not_final() -> None:
    told = json.loads(to_json(NAME, ROWS, GRADES))
    scores = {one["student_id"]: (one["status"], one["score"]) for one in told["students"]}
    assert scores == {
        "ada": ("graded", 9.5),
        "ben": ("waiting", None),
        "cat": ("withheld", None),
        "dan": ("missing", None),
    }
    (weigh,) = (one for one in told["students"][0]["questions"] if one["id"] == "weigh")
    assert [check["points"] for check in weigh["checks"]] == [2.5, 0.0]


def test_junit_tells_lost_points_from_open_ones_and_our_faults() -> None:
    suites = ElementTree.fromstring(to_junit(NAME, GRADES, ["dan"]))
    counts = {
        suite.get("name"): tuple(int(suite.get(kind)) for kind in ("failures", "errors", "skipped"))
        for suite in suites
    }
    assert counts == {"ada": (1, 0, 0), "ben": (1, 0, 2), "cat": (1, 2, 2), "dan": (0, 0, 1)}
    (failed,) = suites.findall("testsuite[@name='ada']/testcase/failure")
    assert failed.get("message") == "out is flat. Looks at the shape."


def test_junit_can_hold_whatever_a_student_printed() -> None:
    raised = CheckResult("out", 0, 4, Verdict.RAISED, "ValueError: \x00\x1b[31m <&> \ud800")
    text = to_junit(NAME, {"a&b": grade(replace(WEIGH, checks=(raised,)))})
    (message,) = (one.get("message") for one in ElementTree.fromstring(text).iter("failure"))
    assert message == "ValueError: ??[31m <&> ?"


def test_gradescope_gets_a_documented_result() -> None:
    told = json.loads(to_gradescope(OPEN))
    assert told["score"] == 8.5  # with the bonus
    assert told["output"] == "10 points are not in this score: a person gives them."
    passed, failed, *rest = told["tests"]
    assert passed == {
        "name": "weigh: out_matches", "score": 2.5, "max_score": 2.5, "status": "passed",
        "output": "",
    }  # fmt: skip
    assert (failed["status"], failed["output"]) == ("failed", "out is flat. Looks at the shape.")
    assert "score" not in next(one for one in rest if one["name"] == "explain_steps")


def test_gradescope_gets_nothing_for_a_withheld_grade() -> None:
    with pytest.raises(UsageError, match="withheld"):
        to_gradescope(HELD)
