"""The first notebook does what it says: figures, visible checks, blanks, form."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from full_run import OF_THE_FIRST, FullRun
from machine import has_browser
from nbclient import NotebookClient
from student_answers import STYLES
from student_folder import ROOT, SOURCE, cells, code, run, until

from autograder.release.cells import StubAnswers

FIRST = SOURCE / "fully_connected_nets.ipynb"
POINTS = {
    "affine_forward": 4,
    "affine_backward": 6,
    "relu_forward": 2,
    "relu_backward": 3,
    "two_layer_net": 9,
    "train_two_layer_net": 6,
    "fully_connected_net": 10,
}
DEFINES = {"two_layer_net": "TwoLayerNet", "fully_connected_net": "FullyConnectedNet"}
LAYERS = ("affine_forward", "affine_backward", "relu_forward", "relu_backward")
GRADED = (*LAYERS, *DEFINES)


@pytest.fixture(autouse=True)
def short_runs_in_the_notebooks_folder(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(SOURCE)


@pytest.fixture(scope="module")
def everything() -> dict[str, Any]:
    """The names defined after every cell has run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBGRADER_EXECUTION", "autograde")
        patch.chdir(SOURCE)
        return run(code(FIRST), {}, code(FIRST))


@pytest.fixture
def solved(everything) -> Iterator[dict[str, Any]]:
    """The same names; a test may change them, and functions see the change."""
    before = dict(everything)
    yield everything
    everything.clear()
    everything.update(before)


class TestVisibleChecks:
    @pytest.mark.parametrize("style", STYLES, ids=lambda style: style.__name__)
    def test_every_unusual_right_answer_passes(self, solved, style):
        answers = style()
        solved.update({name: answers[name] for name in (*LAYERS, *DEFINES.values())})
        run(("scale_layer", *GRADED, "sandwich_layer", "softmax_example"), solved, code(FIRST))

    @pytest.mark.parametrize("answer", [None, (), {}, 0.0, (None, None, None)])
    @pytest.mark.parametrize("question", LAYERS)
    def test_answers_that_are_no_answers_fail(self, solved, question, answer):
        solved[question] = lambda *_: answer
        with pytest.raises((AssertionError, TypeError, ValueError)):
            run([question], solved, code(FIRST))

    def test_settings_out_of_bounds_are_told_in_a_sentence(self, solved):
        solved["settings"] = solved["settings"] | {"epochs": 11}
        with pytest.raises(AssertionError, match="epochs is 11: it has to lie between 1 and 10"):
            run(["train_two_layer_net"], solved, code(FIRST))


class TestFigures:
    def test_the_small_network_has_the_known_losses(self, solved):
        np.random.seed(231)
        X, y = np.random.randn(2, 15), np.random.randint(10, size=2)
        for reg, loss in ((0, 2.3004790897684924), (3.14, 7.052114776533016)):
            net = solved["FullyConnectedNet"](
                [20, 30], 15, reg=reg, weight_scale=5e-2, dtype=np.float64
            )
            assert net.loss(X, y)[0] == pytest.approx(loss, rel=1e-12)

    def test_fifty_pictures_are_learned_by_epoch_eight(self, solved, monkeypatch):
        monkeypatch.delenv("NBGRADER_EXECUTION")
        run(["overfit_run"], solved, code(FIRST))
        assert solved["overfit"].train_acc_history[7] == 1
        assert solved["overfit"].val_acc_history[-1] < 0.65


class TestBlanks:
    @staticmethod
    def released(answered: tuple[str, ...] = ()) -> dict[str, str]:
        """Sources of the code cells as handed out, apart from some answers."""
        notebook = nbformat.read(FIRST, as_version=4)
        StubAnswers().stub(notebook, {})
        keep = {f"{question}_answer" for question in answered}
        stubs = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "code"}
        return {id_: code(FIRST)[id_] if id_ in keep else stub for id_, stub in stubs.items()}

    @pytest.mark.parametrize("question", GRADED)
    def test_everything_runs_to_a_question_without_answer_which_names_itself(self, question):
        sources = self.released(tuple(other for other in POINTS if other != question))
        with pytest.raises(NotImplementedError, match=rf"^{question} is not answered yet"):
            run(until(question, sources), {}, sources)

    def test_settings_as_handed_out_can_be_trained_with_and_learn_nothing(self, solved):
        from support.training import TIERS, settings_problems, train_two_layer

        sources = self.released()
        run(["train_two_layer_net_answer"], solved, sources)
        assert settings_problems(solved["settings"]) == []
        trained = train_two_layer(solved["TwoLayerNet"], solved["settings"], solved["data"])
        assert trained.val_acc_history[-1] < TIERS[0] - 0.3


class TestForm:
    def test_ids_and_points_are_the_agreed_ones(self):
        declared = {
            id_: cell["metadata"]["nbgrader"]["points"]
            for id_, cell in cells(FIRST).items()
            if cell["metadata"].get("nbgrader", {}).get("grade")
        }
        assert declared == POINTS

    def test_every_code_cell_that_is_not_an_answer_is_locked(self):
        marks = {
            id_: cell["metadata"]["nbgrader"]
            for id_, cell in cells(FIRST).items()
            if cell["cell_type"] == "code"
        }
        assert all(mark["locked"] != mark["solution"] for mark in marks.values())
        assert all(mark["grade_id"] == id_ for id_, mark in marks.items())


@pytest.mark.slow
@pytest.mark.skipif(has_browser(), reason="the walk in the browser holds its own run to the same")
def test_a_full_run_is_quiet_complete_and_learns(tmp_path: Path, monkeypatch) -> None:
    (tmp_path / "support").symlink_to(SOURCE / "support")
    (tmp_path / "datasets").symlink_to(ROOT / "datasets")
    notebook = nbformat.read(FIRST, as_version=4)
    nbformat.validate(notebook)
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    resources = {"metadata": {"path": str(tmp_path)}}
    client = NotebookClient(notebook, kernel_name="python3", resources=resources)
    assert FullRun(client.execute(), tmp_path).breaks(OF_THE_FIRST) == {}
