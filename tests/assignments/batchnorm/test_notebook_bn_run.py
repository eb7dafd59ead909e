"""The second notebook in a real kernel: quiet, complete, and with results that teach."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from nbclient import NotebookClient
from student_folder import ROOT, SOURCE, run
from support import record
from support.record import Run

SOLVED = ROOT / "solutions" / "batchnorm" / "batch_normalization.ipynb"
PICTURES = 10  # the twelve frames count as one
HALF = 0.5
CLOSE = 0.005  # how near an accuracy in the form has to be to the record's


def execute(folder: Path, **environment: str) -> Any:
    """Run the notebook from a clean kernel, in a folder laid out as a student's."""
    for name in ("support", "fully_connected_nets.ipynb"):
        (folder / name).symlink_to(SOURCE / name)
    (folder / "datasets").symlink_to(ROOT / "datasets")
    notebook = nbformat.read(SOURCE / "batch_normalization.ipynb", as_version=4)
    nbformat.validate(notebook)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("NBGRADER_EXECUTION", raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        client = NotebookClient(
            notebook, kernel_name="python3", resources={"metadata": {"path": str(folder)}}
        )
        return client.execute()


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("student")


@pytest.fixture(scope="module")
def executed(folder) -> dict[str, Any]:
    """All cells by id after a full run."""
    return {cell.id: cell for cell in execute(folder).cells}


@pytest.fixture(scope="module")
def runs(executed, folder) -> dict[str, list[Run]]:
    names = ("deep_net", "weight_scale", "rescue", "learning_rate")
    return {name: record.load(name, folder / "results") for name in names}


@pytest.fixture(scope="module")
def sweep(runs) -> dict[str, list[Run]]:
    return {"with": runs["weight_scale"][:20], "without": runs["weight_scale"][20:]}


def outputs(cells: dict[str, Any]) -> list[Any]:
    return [output for cell in cells.values() for output in cell.get("outputs", [])]


def answers(executed: dict[str, Any], question: str, name: str) -> dict[str, Any]:
    sources = {id_: cell.source for id_, cell in executed.items()}
    return run([f"{question}_answer"], {}, sources)[name]


def first_half(run_: Run) -> int | str:
    reached = [e for e, value in enumerate(run_.val_accuracy, start=1) if value >= HALF]
    return reached[0] if reached else "never"


@pytest.mark.slow
class TestFullRun:
    def test_nothing_is_written_to_stderr(self, executed):
        assert [o.text for o in outputs(executed) if o.get("name") == "stderr"] == []

    def test_every_picture_is_there_and_has_an_alternative_text(self, executed):
        html = [o.data["text/html"] for o in outputs(executed) if "text/html" in o.get("data", {})]
        assert len(html) == PICTURES
        assert all(re.search(r'<img[^>]* alt="[^"]+"', image) for image in html)

    def test_every_check_is_green_at_the_end(self, executed):
        (shown,) = executed["every-check"].outputs
        assert len(shown.text.splitlines()) == 6
        assert all("green" in line for line in shown.text.splitlines())

    def test_each_record_is_in_a_file_and_in_an_output(self, executed, runs, folder):
        shown = [o.data[record.MIME] for o in outputs(executed) if record.MIME in o.get("data", {})]
        assert {r["experiment"] for r in shown} == {*runs, "test_mode"}
        assert len(list((folder / "results").iterdir())) == len(shown)

    def test_with_batchnorm_half_is_reached_at_once_and_without_it_takes_epochs(self, runs):
        with_, without = runs["deep_net"]
        assert first_half(with_) == 1
        assert first_half(without) in range(3, 11)

    def test_the_gap_is_larger_with_batchnorm(self, runs):
        with_, without = (r.train_accuracy[-1] - r.val_accuracy[-1] for r in runs["deep_net"])
        assert with_ > without + 0.03

    def test_the_plain_net_learns_in_a_narrow_range_of_scales(self, sweep):
        plain = [r.best_val for r in sweep["without"]]
        assert max(plain[:11]) < 0.3
        assert plain.index(max(plain)) in (14, 15, 16)
        assert sum(value >= 0.7 for value in plain) in range(1, 6)
        assert all(r.final_loss > 2.3 for r in sweep["without"][17:])

    def test_with_batchnorm_every_scale_learns_and_not_equally(self, sweep):
        accuracies = [r.best_val for r in sweep["with"]]
        assert min(accuracies) > 0.25
        assert max(accuracies) > 0.7
        assert accuracies[-1] < 0.55
        assert sum(value >= 0.7 for value in accuracies) in range(6, 13)

    def test_plain_wins_or_ties_somewhere(self, sweep):
        pairs = zip(sweep["without"], sweep["with"], strict=True)
        assert any(plain.best_val >= normalized.best_val for plain, normalized in pairs)

    def test_only_the_larger_learning_rate_rescues_scale_one(self, runs):
        as_it_was, *remedies = (r.best_val for r in runs["rescue"])
        eps, rate, momentum, frozen, last = remedies
        assert rate > as_it_was + 0.15
        assert max(eps, momentum, frozen) < as_it_was + 0.05
        assert rate > last > as_it_was + 0.1

    def test_only_a_small_last_layer_begins_where_all_scores_are_alike(self, runs):
        first = [r.losses[0] for r in runs["rescue"]]
        assert min(first[:-1]) > 5
        assert first[-1] == pytest.approx(np.log(10), abs=0.05)

    def test_training_mode_on_shuffled_batches_comes_out_ahead_of_test_mode(self, executed, folder):
        used = record.measured("test_mode", folder / "results")
        assert used["train_shuffled"] > used["test"]
        assert used["train_sorted"] < 0.3
        assert used["train_single"] < 0.2

    def test_a_large_step_is_fine_with_batchnorm_only(self, runs):
        with_, without = runs["learning_rate"][2], runs["learning_rate"][6]
        assert with_.best_val > 0.65
        assert without.best_val < 0.45


@pytest.fixture(scope="module")
def published() -> dict[str, Any]:
    return {cell.id: cell for cell in nbformat.read(SOLVED, as_version=4).cells}


@pytest.fixture(scope="module")
def recorded(published) -> dict[str, Any]:
    """Runs by experiment and name, and the numbers measured in the wrong mode."""
    shown = [o.data[record.MIME] for o in outputs(published) if record.MIME in o.get("data", {})]
    runs = {r["experiment"]: [Run(**run_) for run_ in r["runs"]] for r in shown}
    (measured,) = (r["measured"] for r in shown if r["experiment"] == "test_mode")
    return {**runs, "test_mode": measured}


class TestPublishedSolution:
    """Its forms are true of its own run, made on one machine; another one differs a little."""

    def test_its_report_on_six_layers_is_true(self, published, recorded):
        told = answers(published, "deep_net_report", "deep_net_answers")
        for run_ in recorded["deep_net"]:
            assert told[f"epoch_half_{run_.name}"] == first_half(run_)
            train, val = run_.train_accuracy[-1], run_.val_accuracy[-1]
            assert told[f"train_accuracy_{run_.name}"] == pytest.approx(train, abs=CLOSE)
            assert told[f"val_accuracy_{run_.name}"] == pytest.approx(val, abs=CLOSE)
        in_train_mode = recorded["test_mode"]["train_sorted"]
        assert told["sorted_accuracy"] == pytest.approx(in_train_mode, abs=CLOSE)
        hidden = recorded["deep_net"][0].settings["hidden_dims"]
        assert told["parameters_added"] == 2 * sum(hidden)

    def test_its_report_on_twenty_scales_is_true(self, published, recorded):
        told = answers(published, "weight_scale_report", "weight_scale_answers")
        runs = recorded["weight_scale"]
        scales = [r.settings["weight_scale"] for r in runs[:20]]
        with_, plain = ([r.best_val for r in half] for half in (runs[:20], runs[20:]))
        best, worst = plain.index(max(plain)), with_.index(min(with_))
        assert told["best_plain_scale"] == pytest.approx(scales[best], rel=0.01)
        assert told["worst_scale_with"] == pytest.approx(scales[worst], rel=0.01)
        assert told["worst_accuracy_with"] == pytest.approx(with_[worst], abs=CLOSE)
        assert told["scales_above_70_with"] == sum(value >= 0.7 for value in with_)
        assert told["scales_above_70_without"] == sum(value >= 0.7 for value in plain)
        ties = [s for s, p, w in zip(scales, plain, with_, strict=True) if p >= w]
        assert told["plain_at_least_as_good"] == pytest.approx(ties, rel=0.01)


class TestWhileAutograding:
    def test_the_kernel_is_quiet_draws_nothing_and_records_nothing(self, tmp_path):
        notebook = execute(tmp_path, NBGRADER_EXECUTION="autograde")
        kinds = {
            output.output_type if output.output_type != "stream" else output.name
            for cell in notebook.cells
            for output in cell.get("outputs", [])
        }
        assert kinds == {"stdout"}
        assert not (tmp_path / "results").exists()
