"""What is read off is held against the student's own record; what needs thought is not."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from student_folder import ROOT, code
from support import recorded
from support.visible import look_at

from autograder.assignments.batchnorm.checks import answers, test_weight_scale_report

RECORDS = ROOT / "autograder" / "assignments" / "batchnorm" / "proof" / "records"
DEEP, SCALES = "deep_net_report", "weight_scale_report"
NAMES = {DEEP: "deep_net_answers", SCALES: "weight_scale_answers"}
THOUGHT = {
    DEEP: {"gap_reason", "parameters_added", "sorted_reason"},
    SCALES: {"layer_factor", "critical_scale"},
}


@pytest.fixture(autouse=True)
def results(tmp_path, monkeypatch):
    """A student's folder with a record of their own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    return Path(shutil.copytree(RECORDS, tmp_path / "results"))


def seen(question: str, **changes):
    names: dict[str, dict] = {}
    exec(code()[f"{question}_answer"], names)
    form = {**names[NAMES[question]], **changes}
    return look_at(question, {NAMES[question]: form})


@pytest.mark.parametrize("question", [DEEP, SCALES])
def test_a_true_form_is_green_and_no_thought_is_called_ok(question):
    told = seen(question)
    assert told.state[0] == "green"
    assert told.sentence == f"{len(THOUGHT[question])} fields need thought and are not checked."
    verdicts = {row.name: row.verdict[0] for row in told.check.rows}
    assert {name for name, word in verdicts.items() if word == "not checked"} == THOUGHT[question]


@pytest.mark.parametrize(
    ("question", "field", "value", "says"),
    [
        (DEEP, "epoch_half_without", 5, "6"),
        (DEEP, "val_accuracy_with", 0.77, "0.763"),
        (DEEP, "train_accuracy_without", 0.642, "0.679"),
        (DEEP, "larger_gap", "without", "with"),
        (DEEP, "sorted_accuracy", 0.763, "0.132"),
        (SCALES, "best_plain_scale", 0.2, "0.1438"),
        (SCALES, "scales_above_70_with", 12, "8"),
        (SCALES, "plain_at_least_as_good", [], "[0.1438, 0.2336]"),
        (SCALES, "plain_at_least_as_good", [0.1438, 0.01], "[0.1438, 0.2336]"),
        (SCALES, "worst_scale_with", 0.0001, "1"),
        (SCALES, "worst_accuracy_with", 0.351, "0.457"),
        (SCALES, "rescue", "E", "B"),
    ],
)
def test_what_the_record_contradicts_is_told_on_the_spot(question, field, value, says):
    told = seen(question, **{field: value})
    assert told.state[0] == "red"
    assert told.sentence.endswith(f"; your record says {says}.")
    assert told.sentence.startswith(f"{field} is ")


@pytest.mark.parametrize(
    ("question", "changes"),
    [
        (DEEP, {"val_accuracy_with": 0.76, "sorted_accuracy": 0.13}),
        (SCALES, {"best_plain_scale": 0.14, "worst_accuracy_with": 0.46}),
        (SCALES, {"plain_at_least_as_good": [0.14, 0.23], "worst_scale_with": 1}),
    ],
)
def test_two_digits_are_enough(question, changes):
    assert not seen(question, **changes).check.problems


@pytest.mark.parametrize("wrong", [{"gap_reason": "A"}, {"parameters_added": 500}])
def test_wrong_thoughts_are_not_told(wrong):
    assert seen(DEEP, **wrong).state[0] == "green"


def test_a_form_that_went_stale_after_a_second_run_is_told(results):
    record = json.loads((results / "deep_net.json").read_text())
    record["runs"][0]["val_accuracy"][-1] = 0.781
    (results / "deep_net.json").write_text(json.dumps(record))
    assert seen(DEEP).sentence == "val_accuracy_with is 0.763; your record says 0.781."


@pytest.mark.parametrize("content", [None, "", "[]", '{"format": 1}', '{"format": 7, "runs": []}'])
def test_a_record_that_cannot_be_read_leaves_the_form_open(results, content):
    (results / "deep_net.json").unlink()
    if content is not None:
        (results / "deep_net.json").write_text(content)
    told = seen(DEEP)
    assert told.state[0] == "open"
    assert "run the experiments above once more" in told.sentence


def test_what_the_check_takes_the_grader_takes_too():
    """The visible check and the hidden ones leave the same room."""
    assert recorded.ROUNDED == answers.ACCURACY_TOLERANCE
    assert recorded.SAME_SCALE == answers.SCALE_TOLERANCE
    assert recorded.AS_GOOD == test_weight_scale_report.AS_GOOD
    assert recorded.GOOD == test_weight_scale_report.GOOD
    assert recorded.NEARLY == test_weight_scale_report.BORDERLINE
