"""The second notebook in a real kernel: quiet, complete, and with results that teach."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest
from full_run import OF_THE_SECOND, FullRun, first_half
from machine import has_browser
from nbclient import NotebookClient
from student_folder import ROOT, SOURCE, run
from support import record
from support.record import Run

SOLVED = ROOT / "solutions" / "batchnorm" / "batch_normalization.ipynb"
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


def outputs(cells: dict[str, Any]) -> list[Any]:
    return [output for cell in cells.values() for output in cell.get("outputs", [])]


def answers(executed: dict[str, Any], question: str, name: str) -> dict[str, Any]:
    sources = {id_: cell.source for id_, cell in executed.items()}
    return run([f"{question}_answer"], {}, sources)[name]


@pytest.mark.slow
@pytest.mark.skipif(has_browser(), reason="the walk in the browser holds its own run to the same")
def test_a_full_run_is_quiet_complete_and_teaches(tmp_path: Path) -> None:
    assert FullRun(execute(tmp_path), tmp_path).breaks(OF_THE_SECOND) == {}


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
