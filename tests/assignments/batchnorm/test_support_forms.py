"""A form takes any answer of the right form, true or not, and says what is wrong with others."""

from __future__ import annotations

import numpy as np
import pytest
from student_folder import code
from support.forms import DEEP_NET_REPORT, WEIGHT_SCALE_REPORT
from support.visible import look_at


def answers(question: str, **changes):
    """The solved form of a question, with some answers changed."""
    names: dict[str, dict] = {}
    exec(code()[f"{question}_answer"], names)
    name = "deep_net_answers" if question == "deep_net_report" else "weight_scale_answers"
    return {**names[name], **changes}


def check(question: str, **changes):
    """What the form's check says while no record can be read."""
    return seen(question, answers(question, **changes))


def seen(question: str, form):
    name = "deep_net_answers" if question == "deep_net_report" else "weight_scale_answers"
    return look_at(question, {name: form})


@pytest.fixture(autouse=True)
def no_record(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("question", ["deep_net_report", "weight_scale_report"])
def test_without_a_record_nothing_is_green(question):
    told = check(question)
    assert told.state[0] == "open"
    assert "results/ has no record of" in told.sentence
    assert all(row.unchecked for row in told.check.rows)


@pytest.mark.parametrize("question", ["deep_net_report", "weight_scale_report"])
def test_the_solved_forms_are_taken_in_grading(question, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert check(question).state[0] == "green"


@pytest.mark.parametrize(
    ("question", "change"),
    [
        ("deep_net_report", {"epoch_half_without": "never"}),
        ("deep_net_report", {"val_accuracy_with": 0}),
        ("deep_net_report", {"val_accuracy_with": np.float32(0.5)}),
        ("deep_net_report", {"parameters_added": np.int64(500)}),
        ("deep_net_report", {"larger_gap": "without", "gap_reason": "A"}),
        ("weight_scale_report", {"plain_at_least_as_good": []}),
        ("weight_scale_report", {"plain_at_least_as_good": (0.1, 1)}),
    ],
)
def test_wrong_answers_of_the_right_form_are_taken(question, change):
    assert not check(question, **change).check.problems


@pytest.mark.parametrize(
    ("question", "change", "told"),
    [
        ("deep_net_report", {"val_accuracy_with": 76.3}, "percentage: write 0.763"),
        ("deep_net_report", {"val_accuracy_with": "0.7"}, "has to be a number"),
        ("deep_net_report", {"val_accuracy_with": True}, "has to be a number"),
        ("deep_net_report", {"val_accuracy_with": float("nan")}, "has to be a number"),
        ("deep_net_report", {"val_accuracy_with": -0.1}, "between 0 and 1"),
        ("deep_net_report", {"epoch_half_with": 0}, "1 to 10"),
        ("deep_net_report", {"epoch_half_with": 1.0}, "whole number"),
        ("deep_net_report", {"epoch_half_with": "Never"}, 'or "never"'),
        ("deep_net_report", {"larger_gap": "both"}, "one of with, without"),
        ("deep_net_report", {"gap_reason": "b"}, "one of A, B, C, D"),
        ("deep_net_report", {"sorted_reason": None}, "is not filled in yet"),
        ("deep_net_report", {"my_field": 3}, "there is no field my_field"),
        ("weight_scale_report", {"best_plain_scale": 0}, "above 0"),
        ("weight_scale_report", {"plain_at_least_as_good": 0.14}, "has to be a list"),
        ("weight_scale_report", {"plain_at_least_as_good": [0.1, "x"]}, "has an entry that is x"),
        ("weight_scale_report", {"scales_above_70_with": 21}, "0 to 20"),
    ],
)
def test_another_form_gets_its_own_sentence(question, change, told):
    assert told in check(question, **change).sentence


def test_an_empty_form_is_not_answered_rather_than_wrong():
    empty = dict.fromkeys(answers("deep_net_report"))
    told = seen("deep_net_report", empty)
    assert told.state[0] == "open"
    assert told.sentence.startswith("deep_net_report is not answered yet: fill in the form above")


@pytest.mark.parametrize("junk", [None, 3, [], "text"])
def test_something_else_than_a_form_is_told(junk):
    assert seen("deep_net_report", junk).sentence.endswith("not a dictionary.")


@pytest.mark.parametrize("junk", [object(), {}, [[]], b"x", 1j, np.zeros((2, 2)), "x" * 999])
def test_no_value_breaks_the_table(junk):
    for field in (*DEEP_NET_REPORT, *WEIGHT_SCALE_REPORT):
        assert isinstance(field.problem(junk), str)
