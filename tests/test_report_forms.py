"""Made-up students hand in their reports, and each gets the points that they should."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import numpy as np
import pytest
from student_folder import ROOT
from submissions import hand_in, solved
from support import record as student_record
from support.data import load

from autograder.checks import reference
from autograder.checks.peers import LocalPeer
from autograder.checks.runner import Checks
from autograder.checks.student import Student
from autograder.course import Course
from autograder.grading import Grader
from autograder.model import Verdict
from autograder.records import EXPERIMENTS, MIME, Record, Run, parse
from autograder.scoring import Outcome

DATA = Path(__file__).parent / "data" / "records"
SECRET = b"a course's secret"
DEEP, SCALES = "deep_net_report", "weight_scale_report"

RIGHT: dict[str, dict[str, Any]] = {
    DEEP: {
        "epoch_half_with": 1,
        "epoch_half_without": 6,
        "train_accuracy_with": 0.941,
        "val_accuracy_with": 0.763,
        "train_accuracy_without": 0.679,
        "val_accuracy_without": 0.642,
        "larger_gap": "with",
        "gap_reason": "B",
        "parameters_added": 1000,
        "sorted_accuracy": 0.132,
        "sorted_reason": "D",
    },
    SCALES: {
        "best_plain_scale": 0.1438,
        "scales_above_70_with": 8,
        "scales_above_70_without": 2,
        "plain_at_least_as_good": [0.1438, 0.2336],
        "worst_scale_with": 1.0,
        "worst_accuracy_with": 0.457,
        "layer_factor": 0.05,
        "critical_scale": 0.2,
        "rescue": "B",
    },
}
NEED_NO_RECORD = {
    "gap_reason", "parameters_added", "sorted_reason", "layer_factor", "critical_scale",
}  # fmt: skip

Records = dict[str, Record]
Change = dict[str, Any]


class Report(NamedTuple):
    """What the checks of one form made of it."""

    outcomes: dict[str, Outcome]

    @property
    def points(self) -> float:
        return sum(o.weight for o in self.outcomes.values() if o.verdict is Verdict.PASSED)

    @property
    def for_a_person(self) -> set[str]:
        return {name for name, outcome in self.outcomes.items() if outcome.could_not_tell}

    @property
    def named(self) -> set[str]:
        return {o.misconception for o in self.outcomes.values() if o.misconception}

    def verdicts(self) -> set[Verdict]:
        return {outcome.verdict for outcome in self.outcomes.values()}


def records() -> Records:
    """The record of one real run of the solved notebook."""
    found = {name: parse((DATA / f"{name}.json").read_bytes(), name) for name in EXPERIMENTS}
    return {name: record for name, record in found.items() if record is not None}


def with_runs(record: Record, change: Callable[[Run], Run]) -> Record:
    return msgspec.structs.replace(record, runs=tuple(map(change, record.runs)))


def changed(run: Run, **settings: Any) -> Run:
    return msgspec.structs.replace(run, settings=msgspec.structs.replace(run.settings, **settings))


@pytest.fixture(scope="module")
def checks() -> Iterator[Checks]:
    with Checks(release=ROOT) as collected:
        yield collected


@pytest.fixture(scope="module")
def proven(checks: Checks) -> dict[str, Any]:
    """What grading remembers once the real record has really been repeated."""
    memory: dict[str, Any] = {}
    for question, answers in RIGHT.items():
        own = memory.setdefault(question, {})
        assert judge(checks, question, answers, records(), memory=own).points == 6.0
        repeated = {key: value for key, value in own.items() if key.startswith("repeats")}
        assert repeated
        assert all(repeated.values())
        memory[question] = repeated
    return memory


def judge(
    checks: Checks,
    question: str,
    answers: Any,
    own_records: Records,
    *,
    net: type = reference.FullyConnectedNet,
    memory: dict[str, Any] | None = None,
) -> Report:
    """Hand in one form; without `memory` the record is really repeated with `net`."""
    name = {DEEP: "deep_net_answers", SCALES: "weight_scale_answers"}[question]
    namespace = {"FullyConnectedNet": net}
    if answers is not ...:
        namespace[name] = answers
    memory = memory if memory is not None else {}
    outcomes = {}
    for check in checks.of(question):
        student = Student(LocalPeer(namespace), memory=memory, records=own_records)
        outcome, staff = checks.run(check, student, SECRET)
        assert not staff, staff
        assert outcome.verdict is not Verdict.GRADER_ERROR
        assert outcome.message or outcome.verdict is Verdict.PASSED
        outcomes[check.name] = outcome
    return Report(outcomes)


GUESSED = {
    DEEP: {
        "epoch_half_with": 3, "epoch_half_without": "never", "train_accuracy_with": 0.9,
        "val_accuracy_with": 0.85, "train_accuracy_without": 0.8, "val_accuracy_without": 0.75,
        "larger_gap": "without", "gap_reason": "D", "parameters_added": 500,
        "sorted_accuracy": 0.78, "sorted_reason": "A",
    },
    SCALES: {
        "best_plain_scale": 0.01, "scales_above_70_with": 20, "scales_above_70_without": 10,
        "plain_at_least_as_good": [], "worst_scale_with": 0.0886, "worst_accuracy_with": 0.1,
        "layer_factor": 0.5, "critical_scale": 1.0, "rescue": "A",
    },
}  # fmt: skip

MADE_UP: list[tuple[str, str, Change, float, set[str]]] = [
    ("right", DEEP, {}, 6.0, set()),
    ("right", SCALES, {}, 6.0, set()),
    ("guessed", DEEP, GUESSED[DEEP], 0.0, {
        "batchnorm_taken_for_a_regularizer", "gamma_or_beta_only", "sorting_changes_nothing",
    }),
    ("guessed", SCALES, GUESSED[SCALES], 0.0, {
        "batchnorm_better_everywhere", "inputs_without_the_root", "larger_eps_rescues",
    }),
    ("two digits are enough", DEEP, {
        "train_accuracy_with": 0.94, "val_accuracy_with": 0.76, "train_accuracy_without": 0.68,
        "val_accuracy_without": 0.64, "sorted_accuracy": 0.13,
    }, 6.0, set()),
    ("two digits are enough", SCALES, {
        "best_plain_scale": 0.14, "plain_at_least_as_good": [0.14, 0.23],
        "worst_accuracy_with": 0.46, "critical_scale": 0.2000,
    }, 6.0, set()),
    ("percent", DEEP, {
        "train_accuracy_with": 94.1, "val_accuracy_with": 76.3, "train_accuracy_without": 67.9,
        "val_accuracy_without": 64.2, "sorted_accuracy": 13.2,
    }, 4.5, {"percent_for_fraction"}),
    ("percent", SCALES, {"worst_accuracy_with": 45.7}, 5.5, {"percent_for_fraction"}),
    ("epochs from 0", DEEP, {"epoch_half_with": 0, "epoch_half_without": 5}, 5.0,
     {"epochs_counted_from_zero"}),
    ("one epoch late", DEEP, {"epoch_half_without": 7}, 5.5, set()),
    ("never", DEEP, {"epoch_half_without": "never"}, 5.5, set()),
    ("best epoch", DEEP, {"val_accuracy_with": 0.775, "val_accuracy_without": 0.664}, 5.5,
     {"best_epoch_for_last"}),
    ("columns mixed up", DEEP, {"train_accuracy_with": 0.763, "val_accuracy_with": 0.642}, 5.5,
     {"training_for_validation", "with_for_without"}),
    ("batchnorm regularizes", DEEP, {"larger_gap": "without", "gap_reason": "D"}, 4.0,
     {"batchnorm_taken_for_a_regularizer"}),
    ("parameters memorize", DEEP, {"gap_reason": "A"}, 5.0, {"gamma_and_beta_memorize"}),
    ("averages lag", DEEP, {"gap_reason": "C"}, 5.0, {"stale_running_averages"}),
    ("gamma only", DEEP, {"parameters_added": 500}, 5.0, {"gamma_or_beta_only"}),
    ("last layer too", DEEP, {"parameters_added": 1020}, 5.0, {"last_layer_normalized_too"}),
    ("averages too", DEEP, {"parameters_added": 2000}, 5.0, {"running_averages_counted"}),
    ("sorting is nothing", DEEP, {"sorted_accuracy": 0.763, "sorted_reason": "A"}, 5.0,
     {"sorting_changes_nothing"}),
    ("shuffled for sorted", DEEP, {"sorted_accuracy": 0.782, "sorted_reason": "B"}, 5.0,
     {"sorting_changes_nothing", "averages_not_warmed_up"}),
    ("numbers as text", DEEP, {"val_accuracy_with": "0.763", "parameters_added": "1000"}, 4.75,
     set()),
    ("NumPy's numbers", DEEP, {
        "epoch_half_with": np.int64(1), "val_accuracy_with": np.float64(0.763),
        "train_accuracy_with": np.float32(0.941), "parameters_added": np.array(1000),
    }, 6.0, set()),
    ("small letters", DEEP, {"gap_reason": " b", "larger_gap": "With"}, 6.0, set()),
    ("whole floats", DEEP, {"epoch_half_with": 1.0, "parameters_added": 1000.0}, 6.0, set()),
    ("not finite", DEEP, {"val_accuracy_with": float("nan"), "epoch_half_with": float("inf")},
     5.25, set()),
    ("plain is never better", SCALES, {"plain_at_least_as_good": []}, 5.0,
     {"batchnorm_better_everywhere"}),
    ("one scale forgotten", SCALES, {"plain_at_least_as_good": [0.2336]}, 5.0, set()),
    ("one scale too many", SCALES, {"plain_at_least_as_good": [0.0886, 0.1438, 0.2336]}, 5.0,
     set()),
    ("a tuple and a tie", SCALES, {"plain_at_least_as_good": (0.1438,)}, 6.0, set()),
    ("an array", SCALES, {"plain_at_least_as_good": np.array([0.1438, 0.2336])}, 6.0, set()),
    ("theory", SCALES, {"best_plain_scale": 0.2}, 5.0, {"theory_for_measurement"}),
    ("best of the other", SCALES, {"best_plain_scale": 0.0546}, 5.0, {"with_for_without"}),
    ("no scale", SCALES, {"best_plain_scale": 0.12}, 5.0, set()),
    ("counts swapped", SCALES, {"scales_above_70_with": 2, "scales_above_70_without": 8}, 5.0,
     {"with_for_without"}),
    ("relu forgotten", SCALES, {"layer_factor": 0.0707, "critical_scale": 0.1414}, 5.0,
     {"relu_forgotten"}),
    ("no root", SCALES, {"layer_factor": 0.5, "critical_scale": 0.04}, 5.0,
     {"inputs_without_the_root"}),
    ("slower averages", SCALES, {"rescue": "C"}, 5.0, {"slower_averages_rescue"}),
    ("frozen", SCALES, {"rescue": "D"}, 5.0, {"frozen_gamma_beta_rescue"}),
    ("half filled in", DEEP, {"gap_reason": None, "epoch_half_with": None}, 4.5, set()),
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "change", "points", "named"),
    [row[1:] for row in MADE_UP],
    ids=[f"{row[1].split('_')[0]}-{row[0]}" for row in MADE_UP],
)
def test_every_answer_gets_its_points_and_every_known_mistake_its_name(
    checks: Checks,
    proven: dict[str, Any],
    question: str,
    change: Change,
    points: float,
    named: set[str],
) -> None:
    memory = dict(proven[question])
    report = judge(checks, question, RIGHT[question] | change, records(), memory=memory)
    assert report.points == points, {n: o.message for n, o in report.outcomes.items() if o.message}
    assert named <= report.named
    assert not report.for_a_person


def test_a_percentage_is_told_so(checks: Checks, proven: dict[str, Any]) -> None:
    answers = RIGHT[DEEP] | {"val_accuracy_with": 76.3}
    report = judge(checks, DEEP, answers, records(), memory=dict(proven[DEEP]))
    assert "percentage" in report.outcomes["val_accuracy_with"].message
    assert "0.763" in report.outcomes["val_accuracy_with"].message


JUNK: list[Any] = [
    {}, [], [1, 2], "text", b"bytes", object(), True, 1e308, -1, 10**30, float("nan"),
    {"a": 1}, [[1]], [None], ["a"], np.zeros((2, 2)), np.array(["x"]), lambda: 1, 1 + 2j,
]  # fmt: skip


@pytest.mark.parametrize("question", [DEEP, SCALES])
@pytest.mark.parametrize("junk", JUNK, ids=lambda value: type(value).__name__)
def test_junk_in_every_field_is_wrong_and_nothing_worse(
    checks: Checks, proven: dict[str, Any], question: str, junk: Any
) -> None:
    answers = dict.fromkeys(RIGHT[question], junk)
    report = judge(checks, question, answers, records(), memory=dict(proven[question]))
    assert report.points == 0
    assert report.verdicts() <= {Verdict.FAILED, Verdict.MISSING}


@pytest.mark.parametrize("question", [DEEP, SCALES])
@pytest.mark.parametrize("junk", [None, [], "text", 3, object()], ids=lambda v: type(v).__name__)
def test_something_else_than_a_dictionary_earns_nothing(
    checks: Checks, question: str, junk: Any
) -> None:
    report = judge(checks, question, junk, records(), memory={})
    assert report.points == 0
    assert report.verdicts() == {Verdict.FAILED}


@pytest.mark.parametrize("question", [DEEP, SCALES])
def test_a_blank_form_is_missing_and_needs_no_person(checks: Checks, question: str) -> None:
    for own_records in ({}, records()):
        report = judge(checks, question, dict.fromkeys(RIGHT[question]), own_records)
        assert report.verdicts() == {Verdict.MISSING}
        assert not report.for_a_person


@pytest.mark.parametrize("question", [DEEP, SCALES])
def test_without_a_record_a_person_looks_at_what_was_measured(
    checks: Checks, question: str
) -> None:
    report = judge(checks, question, RIGHT[question], {})
    assert report.for_a_person == set(RIGHT[question]) - NEED_NO_RECORD
    assert all(
        report.outcomes[n].verdict is Verdict.PASSED for n in NEED_NO_RECORD & set(RIGHT[question])
    )


def test_a_form_that_reads_variables_of_a_run_is_for_a_person(checks: Checks) -> None:
    assert judge(checks, DEEP, ..., {}).verdicts() == {Verdict.MISSING}
    assert judge(checks, DEEP, ..., records()).for_a_person == set(RIGHT[DEEP])


class OtherDraws(reference.FullyConnectedNet):
    """A net whose weights are drawn in another order than a neighbour's."""

    def initial_weights(self, layer: int, fan_in: int, fan_out: int) -> Any:
        return self.weight_scale * np.random.randn(fan_out, fan_in).T


class NoReturn(reference.FullyConnectedNet):
    """A net that is not answered."""

    def loss(self, X: Any, y: Any = None) -> Any:
        raise NotImplementedError


class PlaysBack(reference.FullyConnectedNet):
    """A net that reads its losses off a neighbour's record."""

    calls = 0

    def loss(self, X: Any, y: Any = None) -> Any:
        _, grads = super().loss(X, y)
        run = records()["deep_net"].run("with" if self.use_batchnorm else "without")
        self.calls += 1
        return run.losses[min(self.calls, 10) - 1] if run else 0.0, grads


class Odd(reference.FullyConnectedNet):
    """A net with a gradient that is no array."""

    def loss(self, X: Any, y: Any = None) -> Any:
        loss, grads = super().loss(X, y)
        return loss, grads | {"W1": "no array"}


@pytest.mark.parametrize("net", [OtherDraws, NoReturn, PlaysBack, Odd], ids=lambda n: n.__name__)
def test_a_record_that_the_own_net_does_not_repeat_is_for_a_person(
    checks: Checks, net: type
) -> None:
    report = judge(checks, DEEP, RIGHT[DEEP], records(), net=net)
    assert report.for_a_person == set(RIGHT[DEEP]) - NEED_NO_RECORD
    assert report.points == 2.5


def test_scales_copied_from_a_neighbour_are_for_a_person(checks: Checks) -> None:
    report = judge(checks, SCALES, RIGHT[SCALES], records(), net=OtherDraws)
    assert report.for_a_person == set(RIGHT[SCALES]) - NEED_NO_RECORD


class TimesTwo(reference.FullyConnectedNet):
    """A wrong net: its last layer's scores are twice what they should be."""

    def affine(self, layer: int, a: Any) -> Any:
        out, cache = super().affine(layer, a)
        return (2 * out if layer == self.num_layers else out), cache


def own_run(net: type, name: str, seed: int, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Train for one epoch as the notebook does; the fixture stands for the other nine."""
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    run, _ = student_record.train(
        net, load(folder=ROOT / "datasets").first(1000), name=name, hidden_dims=[100] * 5,
        use_batchnorm=name == "with", weight_scale=2e-2, epochs=1, seed=seed,
    )  # fmt: skip
    kept = records()["deep_net"].run(name)
    assert kept
    losses = (*run.losses, *kept.losses[len(run.losses) :])
    return changed(msgspec.structs.replace(kept, losses=losses), seed=seed)


@pytest.mark.parametrize(
    ("net", "seed"), [(reference.FullyConnectedNet, 7), (TimesTwo, 231)], ids=["seed", "net"]
)
def test_another_seed_or_a_wrong_net_with_its_own_record_loses_nothing(
    checks: Checks, monkeypatch: pytest.MonkeyPatch, net: type, seed: int
) -> None:
    runs = tuple(own_run(net, name, seed, monkeypatch) for name in ("with", "without"))
    own = records() | {"deep_net": msgspec.structs.replace(records()["deep_net"], runs=runs)}
    assert judge(checks, DEEP, RIGHT[DEEP], own, net=net).points == 6.0
    other = TimesTwo if net is not TimesTwo else reference.FullyConnectedNet
    assert judge(checks, DEEP, RIGHT[DEEP], own, net=other).for_a_person


def test_the_last_digits_of_another_machine_change_nothing(checks: Checks) -> None:
    rng = np.random.RandomState(0)

    def shaken(run: Run) -> Run:
        losses = tuple(loss * (1 + 9e-5 * rng.uniform(-1, 1)) for loss in run.losses if loss)
        return msgspec.structs.replace(run, losses=losses)

    own = {name: with_runs(record, shaken) for name, record in records().items()}
    assert judge(checks, DEEP, RIGHT[DEEP], own).points == 6.0
    assert judge(checks, SCALES, RIGHT[SCALES], own).points == 6.0


class Overflows(reference.FullyConnectedNet):
    """A plain net whose loss is not finite from its third batch on, by a fixed rule."""

    def loss(self, X: Any, y: Any = None) -> Any:
        loss, grads = super().loss(X, y)
        moved = abs(self.params["b1"]).max() > 1.5e-3
        return (float("nan") if moved and not self.use_batchnorm else loss), grads


def test_a_run_that_diverged_is_a_result(checks: Checks) -> None:
    def stopped(run: Run) -> Run:
        if run.settings.use_batchnorm:
            return run
        losses = (*run.losses[:2], None)
        return msgspec.structs.replace(
            run, losses=losses, train_accuracy=(), val_accuracy=(), diverged_at=3
        )

    own = records()
    own["deep_net"] = with_runs(own["deep_net"], stopped)
    answers = RIGHT[DEEP] | {"epoch_half_without": "never"}
    report = judge(checks, DEEP, answers, own, net=Overflows)
    no_accuracy = {name for name in RIGHT[DEEP] if "_accuracy_with" in name} | {"larger_gap"}
    assert report.for_a_person == no_accuracy
    assert report.points == 4.0


def test_scales_at_which_the_plain_net_diverged_count_as_nothing_learned(
    checks: Checks, proven: dict[str, Any]
) -> None:
    def stopped(run: Run) -> Run:
        if run.settings.use_batchnorm or run.settings.weight_scale < 0.3:
            return run
        return msgspec.structs.replace(
            run, losses=(None,), train_accuracy=(), val_accuracy=(), diverged_at=1
        )

    own = records()
    own["weight_scale"] = with_runs(own["weight_scale"], stopped)
    report = judge(checks, SCALES, RIGHT[SCALES], own, memory=dict(proven[SCALES]))
    assert report.points == 6.0


@pytest.mark.parametrize(
    "settings",
    [{"epochs": 2}, {"weight_scale": 0.1}, {"hidden_dims": (5, 5)}, {"learning_rate": 1e-2},
     {"num_train": 5000}, {"frozen": True}, {"bn_param": {"eps": 1.0}}, {"update_rule": "sgd"}],
    ids=lambda settings: next(iter(settings)),
)  # fmt: skip
def test_a_record_of_another_experiment_is_for_a_person(checks: Checks, settings: Change) -> None:
    own = records()
    own["deep_net"] = with_runs(own["deep_net"], lambda run: changed(run, **settings))
    report = judge(checks, DEEP, RIGHT[DEEP], own, memory={})
    assert report.for_a_person == set(RIGHT[DEEP]) - NEED_NO_RECORD


def test_a_record_that_stops_half_way_is_for_a_person(checks: Checks) -> None:
    own = records()
    own["weight_scale"] = msgspec.structs.replace(
        own["weight_scale"], runs=own["weight_scale"].runs[:30]
    )
    assert judge(checks, SCALES, RIGHT[SCALES], own).for_a_person


def test_a_test_mode_record_of_another_net_is_for_a_person_and_costs_one_field(
    checks: Checks, proven: dict[str, Any]
) -> None:
    own = records()
    measured = own["test_mode"].measured | {"test": 0.801}
    own["test_mode"] = msgspec.structs.replace(own["test_mode"], measured=measured)
    report = judge(checks, DEEP, RIGHT[DEEP], own, memory=dict(proven[DEEP]))
    assert report.for_a_person == {"sorted_accuracy"}
    assert report.points == 5.5


def test_no_sentence_gives_the_right_value_away(checks: Checks, proven: dict[str, Any]) -> None:
    for question in (DEEP, SCALES):
        memory = dict(proven[question])
        report = judge(checks, question, GUESSED[question], records(), memory=memory)
        right = {str(value) for value in RIGHT[question].values() if isinstance(value, float)}
        for outcome in report.outcomes.values():
            assert not any(f" {value} " in f"{outcome.message} " for value in right - {"1.0"})


# In the real sandbox


@pytest.fixture(scope="module")
def second_notebook(course: Course) -> Iterator[Grader]:
    with Grader(course, "batchnorm", only="batch_normalization") as grader:
        yield grader


def handed_in(folder: Path, **kwargs: Any) -> Path:
    """The solution with its forms filled in from the record in these tests."""
    forms = {
        "deep_net_report_answer": f"deep_net_answers = {RIGHT[DEEP]!r}",
        "weight_scale_report_answer": f"weight_scale_answers = {RIGHT[SCALES]!r}",
    }
    return hand_in(folder, forms, **kwargs)


def scores(grader: Grader, folder: Path) -> dict[str, float | None]:
    graded = grader.grade(folder)
    assert not graded.staff_notes
    return {q.id: q.score for q in graded.grade.questions if q.id in RIGHT}


def test_the_solution_with_its_results_earns_both_reports(
    second_notebook: Grader, tmp_path: Path
) -> None:
    folder = handed_in(tmp_path / "s")
    shutil.copytree(DATA, folder / "results")
    assert scores(second_notebook, folder) == {DEEP: 6.0, SCALES: 6.0}


def test_the_committed_solutions_earn_both_reports(second_notebook: Grader) -> None:
    assert scores(second_notebook, ROOT / "solutions" / "batchnorm") == {DEEP: 6.0, SCALES: 6.0}


def test_a_form_filled_in_from_variables_of_the_run_waits_for_a_person(
    second_notebook: Grader, tmp_path: Path
) -> None:
    from_run = '"val_accuracy_with": deep["with"].val_accuracy[-1]'
    replace = {"deep_net_report_answer": ("'val_accuracy_with': 0.763", from_run)}
    folder = handed_in(tmp_path / "s", replace=replace)
    shutil.copytree(DATA, folder / "results")
    assert scores(second_notebook, folder) == {DEEP: None, SCALES: 6.0}


CELLS = {
    "deep-net-run": "deep_net", "test-mode-run": "test_mode", "scale-run": "weight_scale",
    "rescue-run": "rescue",
}  # fmt: skip


def test_outputs_of_cells_stand_in_for_a_folder_that_was_not_handed_in(
    second_notebook: Grader, tmp_path: Path
) -> None:
    def with_outputs(name: str, notebook: Any) -> None:
        for cell in notebook["cells"]:
            if experiment := CELLS.get(cell["id"]):
                shown = json.loads((DATA / f"{experiment}.json").read_text())
                data = {MIME: shown, "text/plain": "Recorded."}
                output = {"output_type": "display_data", "metadata": {}, "data": data}
                cell["outputs"] = [output]

    folder = handed_in(tmp_path / "s", rearrange=with_outputs)
    assert scores(second_notebook, folder) == {DEEP: 6.0, SCALES: 6.0}


def test_a_neighbours_results_under_a_net_of_ones_own_wait_for_a_person(
    second_notebook: Grader, tmp_path: Path
) -> None:
    wrong = {"batchnorm_forward_answer": ("gamma * ", "2 * gamma * ")}
    source = next(
        cell["source"]
        for cell in solved("batch_normalization")["cells"]
        if cell["id"] == "batchnorm_forward_answer"
    )
    assert wrong["batchnorm_forward_answer"][0] in source
    folder = handed_in(tmp_path / "s", replace=wrong)
    shutil.copytree(DATA, folder / "results")
    assert scores(second_notebook, folder) == {DEEP: None, SCALES: None}
