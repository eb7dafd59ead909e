"""The second notebook does what it says: figures, visible checks, blanks, form."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from student_folder import ROOT, SECOND, SOURCE, cells, code, run, until

from autograder.release.cells import StubAnswers

CIFAR = Path(os.environ.get("CIFAR10_SAMPLE", ROOT / "datasets" / "cifar10_sample.npz"))
POINTS = {
    "batchnorm_forward": 10,
    "batchnorm_backward": 14,
    "batchnorm_backward_alt": 0,
    "batchnorm_net": 14,
    "deep_net_report": 6,
    "weight_scale_report": 6,
    "explain_batchnorm": 4,
    "explain_weight_scale": 6,
}
LAST_NUMERICS = "batchnorm_net"


@pytest.fixture(autouse=True)
def short_runs_beside_the_other_notebook(monkeypatch):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    monkeypatch.setenv("NO_COLOR", "1")
    monkeypatch.chdir(SOURCE)


@pytest.fixture(scope="module")
def everything() -> dict[str, Any]:
    """The names defined after every cell up to the network has run."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBGRADER_EXECUTION", "autograde")
        patch.chdir(SOURCE)
        return run(until(LAST_NUMERICS, code()), {}, code())


@pytest.fixture
def solved(everything) -> Iterator[dict[str, Any]]:
    """The same names; a test may change them, and functions see the change."""
    before = dict(everything)
    yield everything
    everything.clear()
    everything.update(before)


def printed(capsys, cell: str, names: dict[str, Any]) -> str:
    capsys.readouterr()
    run([cell], names, code())
    return capsys.readouterr().out


def seen(check: str, names: dict[str, Any]) -> Any:
    """What a check says about these names."""
    from support.visible import look_at

    return look_at(check, names)


def numbers(text: str) -> list[float]:
    return [float(number) for number in re.findall(r"-?\d+\.?\d*(?:e[-+]\d+)?", text)]


class TestFigures:
    @pytest.mark.parametrize(
        "cell", ["forward-figures-train", "forward-figures-test", "backward-figures"]
    )
    def test_the_known_figures_are_checked_and_not_compared_by_eye(self, solved, capsys, cell):
        assert "every visible check passes" in printed(capsys, cell, solved)

    def test_training_mode_gives_the_known_means_and_spreads(self, solved):
        rows = {row.name.split("[")[0]: row for row in seen("forward_figures", solved).check.rows}
        assert float(rows["means before"].expected) == pytest.approx(1.91780462, abs=1e-4)
        assert all(float(row.error) < 1e-7 for row in rows.values())

    def test_test_mode_gives_the_known_means_and_spreads(self, solved):
        rows = seen("test_figures", solved).check.rows
        assert all(float(row.error) < 1e-7 for row in rows)

    def test_backward_errors_have_the_known_size(self, solved):
        dx, dgamma, dbeta = (
            float(row.error) for row in seen("backward_figures", solved).check.rows
        )
        assert dx == pytest.approx(1.7e-9, rel=0.3)
        assert dgamma < 1e-11
        assert dbeta < 1e-11

    def test_the_short_way_back_differs_by_rounding_only(self, solved, capsys, monkeypatch):
        monkeypatch.delenv("NBGRADER_EXECUTION")
        dx, dgamma, dbeta, _ = numbers(printed(capsys, "alt-speed", solved))
        assert dx < 5e-9
        assert dgamma < 1e-12
        assert dbeta == 0

    @pytest.mark.parametrize(
        ("use_batchnorm", "expected"),
        [
            (True, (2.2611955101340957, 6.996533220108303)),
            (False, (2.3004790897684924, 7.052114776533016)),
        ],
    )
    def test_the_small_network_has_the_known_losses(self, solved, use_batchnorm, expected):
        from support.gradient_check import network_errors

        np.random.seed(231)
        X, y = np.random.randn(2, 15), np.random.randint(10, size=2)
        for reg, loss in zip((0, 3.14), expected, strict=True):
            net = solved["FullyConnectedNet"](
                *([20, 30], 15, 10),
                **{"reg": reg, "weight_scale": 5e-2, "dtype": np.float64},
                use_batchnorm=use_batchnorm,
            )
            assert net.loss(X, y)[0] == pytest.approx(loss, rel=1e-12)
            errors = network_errors(net, X, y)
            # Two rows normalize to plus and minus one whatever the weights are, so W1's gradient
            # is nearly zero, and a bias before the normalization has none: next to that,
            # rounding is large.
            nearly_zero = ("W1", "b1", "b2") if use_batchnorm else ()
            assert max(errors[name] for name in errors if name not in nearly_zero) < 1e-5
            assert errors["W1"] < (1e-2 if use_batchnorm else 1e-5)

    @pytest.mark.skipif(not CIFAR.is_file(), reason="needs real CIFAR-10 pictures")
    def test_first_losses_of_six_layers_on_raw_cifar_are_the_known_ones(self, solved):
        with np.load(CIFAR) as sample:
            x = sample["x_train"][:1000].astype(np.float32) - sample["mean_image"]
            y = sample["y_train"][:1000].astype(np.int64)
        np.random.seed(231)
        nets = [
            solved["FullyConnectedNet"](
                [100] * 5, x[0].size, weight_scale=2e-2, use_batchnorm=use_batchnorm
            )
            for use_batchnorm in (True, False)
        ]
        batches = [np.random.choice(1000, 50) for _ in range(201)]
        losses = [
            net.loss(x[batch], y[batch])[0]
            for net, batch in zip(nets, (batches[0], batches[200]), strict=True)
        ]
        assert losses == pytest.approx([2.340975, 2.302332], abs=2e-4)


class TestVisibleChecks:
    def test_a_wrong_gate_is_named(self, solved):
        answer = code()["batchnorm_backward_answer"].replace("dstd / (2 * std)", "dstd / std")
        exec(answer, solved)
        with pytest.raises(AssertionError, match=r"dvar.*comes back through gate 5"):
            run(["batchnorm_backward"], solved, code())

    def test_another_path_through_the_graph_needs_no_trace(self, solved):
        def backward(dout, cache):
            return solved["batchnorm_backward_alt"](dout, cache)

        solved["batchnorm_backward"] = backward
        run(["batchnorm_backward"], solved, code())

    def test_caches_of_any_kind_and_changes_of_dout_are_fine(self, solved):
        plain_forward, plain_backward = solved["batchnorm_forward"], solved["batchnorm_backward"]

        def forward(x, gamma, beta, bn_param):
            out, cache = plain_forward(x, gamma, beta, bn_param)
            return out, {"everything": cache, "unused": object()}

        def backward(dout, cache, trace=None):
            results = plain_backward(dout.copy(), cache["everything"])
            dout *= 0
            return results

        solved.update(batchnorm_forward=forward, batchnorm_backward=backward)
        run(["batchnorm_forward", "batchnorm_backward", "batchnorm_net"], solved, code())

    def test_scales_and_shifts_may_be_rows(self, solved):
        class Rows(solved["FullyConnectedNet"]):
            def __init__(self, *args, **kwargs):
                super().__init__(*args, **kwargs)
                for name in list(self.params):
                    if name.startswith(("gamma", "beta")):
                        self.params[name] = self.params[name][None]

            def backward(self, dscores, caches):
                grads = super().backward(dscores, caches)
                return {name: g.reshape(self.params[name].shape) for name, g in grads.items()}

        solved["FullyConnectedNet"] = Rows
        run(["batchnorm_net"], solved, code())

    def test_skipping_the_bonus_stops_nothing(self, solved, capsys):
        def not_answered(dout, cache):
            raise NotImplementedError("batchnorm_backward_alt is not answered yet.")

        solved["batchnorm_backward_alt"] = not_answered
        told = printed(capsys, "batchnorm_backward_alt", solved)
        assert told.startswith("batchnorm_backward_alt is not answered yet.")
        run(["alt-speed"], solved, code())


class TestBlanks:
    @staticmethod
    def released(answered: tuple[str, ...] = ()) -> dict[str, str]:
        """Sources of the code cells as handed out, apart from some answers."""
        import nbformat

        notebook = nbformat.read(SECOND, as_version=4)
        StubAnswers().stub(notebook, {})
        keep = {f"{question}_answer" for question in answered}
        stubs = {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "code"}
        return {id_: code()[id_] if id_ in keep else stub for id_, stub in stubs.items()}

    def test_everything_runs_to_the_first_question_which_names_itself(self):
        sources, names = self.released(), {}
        run(until("batchnorm_forward_answer", sources), names, sources)
        with pytest.raises(NotImplementedError, match=r"^batchnorm_forward is not answered yet"):
            run(["batchnorm_forward"], names, sources)

    @pytest.mark.parametrize("question", [q for q in POINTS if not q.startswith("explain")])
    def test_each_unanswered_question_names_itself(self, question, capsys):
        others = tuple(other for other in POINTS if other != question)
        sources, names = self.released(others), {}
        if question == "batchnorm_backward_alt":
            run(until(question, sources), names, sources)
            assert f"{question} is not answered yet" in capsys.readouterr().out
            return
        with pytest.raises(NotImplementedError, match=rf"^{question} is not answered yet"):
            run(until(question, sources), names, sources)

    def test_an_empty_form_has_every_field_and_no_value(self):
        from support import forms

        sources, names = self.released(), {}
        run(["deep_net_report_answer", "weight_scale_report_answer"], names, sources)
        for fields, answers in (
            (forms.DEEP_NET_REPORT, names["deep_net_answers"]),
            (forms.WEIGHT_SCALE_REPORT, names["weight_scale_answers"]),
        ):
            assert answers == {field.name: None for field in fields}


class TestForm:
    def test_ids_and_points_are_the_agreed_ones(self):
        declared = {
            id_: cell["metadata"]["nbgrader"]["points"]
            for id_, cell in cells().items()
            if cell["metadata"].get("nbgrader", {}).get("grade")
        }
        assert declared == POINTS
        assert cells()["batchnorm_backward_alt"]["metadata"]["autograder"]["bonus"] == 3

    def test_grade_ids_are_cell_ids(self):
        for id_, cell in cells().items():
            assert cell["metadata"].get("nbgrader", {}).get("grade_id", id_) == id_


class TestAutogradeMode:
    def test_experiments_are_left_out_and_no_record_is_written(self, tmp_path, monkeypatch):
        for name in ("fully_connected_nets.ipynb", "batch_normalization.ipynb"):
            (tmp_path / name).symlink_to(SOURCE / name)
        (tmp_path / "results").mkdir()
        record = tmp_path / "results" / "deep_net.json"
        record.write_text("my own full run")
        monkeypatch.chdir(tmp_path)
        run(code(), {}, code())  # without data: nothing may ask for them
        assert record.read_text() == "my own full run"
        assert [path.name for path in (tmp_path / "results").iterdir()] == ["deep_net.json"]
