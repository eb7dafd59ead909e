"""Data, update rules and the solver do what their pages say."""

from __future__ import annotations

import io
import math
import os
import pickle
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from student_folder import ROOT, SOURCE
from support import optim, training
from support.data import _ArraysOnly, load
from support.layers import softmax_loss
from support.progress import progress
from support.solver import Solver, accuracy, predict

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import training as hidden

SETTINGS = {
    "hidden_dim": 20,
    "epochs": 2,
    "batch_size": 100,
    "learning_rate": 0.3,
    "lr_decay": 0.9,
    "weight_scale": 1e-2,
    "reg": 0.0,
    "update_rule": "sgd",
}


@pytest.fixture(scope="module")
def data():
    return load(folder=ROOT / "datasets")


def net(hidden_dim=20, weight_scale=1e-2):
    np.random.seed(0)
    return reference.TwoLayerNet(hidden_dim=hidden_dim, weight_scale=weight_scale)


def python_2_pickle(pixels, labels) -> bytes:
    """A batch as Python 2 wrote it: strings are bytes, flags are 0 and 1, old names of NumPy."""

    def string(text: bytes) -> bytes:
        return b"T" + struct.pack("<i", len(text)) + text

    def number(n: int) -> bytes:
        return b"J" + struct.pack("<i", n)

    flags = b"NNN" + number(-1) + number(-1) + number(0)
    kind = b"cnumpy\ndtype\n(" + string(b"u1") + number(0) + number(1) + b"tR"
    kind += b"(" + number(3) + string(b"|") + flags + b"tb"
    array = b"cnumpy.core.multiarray\n_reconstruct\n(cnumpy\nndarray\n("
    array += number(0) + b"t" + string(b"b") + b"tR("
    array += number(1) + b"(" + b"".join(map(number, pixels.shape)) + b"t" + kind
    array += b"I00\n" + string(pixels.tobytes()) + b"tb"
    listed = b"(" + b"".join(map(number, labels)) + b"l"
    return b"\x80\x02(" + string(b"data") + array + string(b"labels") + listed + b"d."


class TestData:
    def test_pixels_are_divided_by_255_and_the_training_mean_is_subtracted(self, data):
        assert data.x_train.shape == (5000, 28, 28)
        assert data.x_train.dtype == np.float32
        assert np.abs(data.x_train.mean(axis=0)).max() < 1e-6
        with np.load(ROOT / "datasets/fashion_mnist.npz") as arrays:
            back = data.pixels(data.x_test) * 255
            assert np.abs(back - arrays["x_test"]).max() < 1e-3

    def test_raw_pixels_are_not_divided(self, data):
        raw = load(raw=True, folder=ROOT / "datasets")
        assert np.abs(raw.x_val - data.x_val * 255).max() < 1e-3

    def test_the_first_pictures_are_balanced_and_the_rest_is_as_before(self, data):
        few = data.first(50)
        assert np.bincount(few.y_train).tolist() == [5] * 10
        assert few.x_val is data.x_val

    def test_is_found_beside_the_notebook_or_above_it(self, monkeypatch):
        monkeypatch.chdir(SOURCE)
        assert load().input_dim == 784

    def test_what_is_missing_is_said_with_what_to_do(self, tmp_path):
        with pytest.raises(FileNotFoundError, match="It ships with the assignment"):
            load(folder=tmp_path)
        with pytest.raises(FileNotFoundError, match="Unpack CIFAR-10's Python archive"):
            load("cifar10", folder=tmp_path)
        with pytest.raises(ValueError, match="no data set 'mnist'"):
            load("mnist")

    def test_cifar10_is_read_from_its_official_batches(self, tmp_path):
        folder = tmp_path / "cifar-10-batches-py"
        folder.mkdir()
        rng = np.random.RandomState(0)
        for name in (*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"):
            pixels = rng.randint(256, size=(250, 3072)).astype(np.uint8)
            (folder / name).write_bytes(python_2_pickle(pixels, [7] * 250))
        cifar = load("cifar10", folder=tmp_path)
        assert cifar.x_train.shape == (250, 3, 32, 32)
        assert cifar.x_val.shape == (1000, 3, 32, 32)
        assert cifar.x_test.shape == (250, 3, 32, 32)
        assert set(cifar.y_test) == {7}
        first = np.random.RandomState(0).randint(256, size=(250, 3072))[0]
        back = cifar.pixels(cifar.x_train)[0] * 255
        assert back.reshape(-1) == pytest.approx(first, abs=1e-3)

    def test_a_batch_that_would_run_a_program_is_refused(self):
        class Program:
            def __reduce__(self):
                return os.system, ("true",)

        with pytest.raises(pickle.UnpicklingError, match="has no place"):
            _ArraysOnly(io.BytesIO(pickle.dumps(Program()))).load()


class TestSoftmax:
    def test_equal_scores_cost_the_logarithm_of_the_number_of_classes(self):
        loss, dscores = softmax_loss(np.full((3, 7), 2.5), np.array([0, 6, 3]))
        assert loss == pytest.approx(math.log(7))
        assert dscores.sum(axis=1) == pytest.approx([0, 0, 0])

    def test_huge_scores_do_not_overflow(self):
        loss, dscores = softmax_loss(np.array([[1e5, 0.0], [-1e5, 0.0]]), np.array([1, 1]))
        assert loss == pytest.approx(5e4)
        assert np.isfinite(dscores).all()


class TestUpdateRules:
    @pytest.mark.parametrize("rule", optim.RULES.values(), ids=optim.RULES)
    def test_nothing_is_changed_in_place_and_the_type_stays(self, rule):
        w, dw = np.ones(3, np.float32), np.full(3, 0.5, np.float32)
        config = {"learning_rate": 0.1}
        following, memory = rule(w, dw, config)
        assert following.dtype == np.float32
        assert (w == 1).all()
        assert (dw == 0.5).all()
        assert config == {"learning_rate": 0.1}
        assert rule(following, dw, memory)[0][0] < following[0] < 1

    def test_each_rule_takes_the_steps_of_pytorch(self):
        torch = pytest.importorskip("torch")
        rules = {
            "sgd": torch.optim.SGD,
            "sgd_momentum": lambda p, lr: torch.optim.SGD(p, lr=lr, momentum=0.9),
            "rmsprop": torch.optim.RMSprop,
            "adam": torch.optim.Adam,
        }
        for name, make in rules.items():
            w, memory = np.linspace(-1, 1, 5), {"learning_rate": 0.01}
            theirs = torch.tensor(w, requires_grad=True)
            optimizer = make([theirs], lr=0.01)
            for step in range(1, 6):
                dw = np.cos(step * np.arange(5))
                theirs.grad = torch.tensor(dw)
                optimizer.step()
                w, memory = optim.RULES[name](w, dw, memory)
            assert w == pytest.approx(theirs.detach().numpy(), rel=1e-9), name


class TestSolver:
    def test_keeps_a_loss_an_iteration_and_accuracies_an_epoch(self, data):
        solver = Solver(net(), data.first(500), epochs=3, batch_size=50, learning_rate=0.1).train()
        assert len(solver.loss_history) == 30
        assert len(solver.train_acc_history) == len(solver.val_acc_history) == 3
        assert solver.best_val_acc == max(solver.val_acc_history)
        assert solver.loss_history[-1] < solver.loss_history[0]

    def test_the_best_parameters_are_a_copy(self, data):
        solver = Solver(net(), data.first(200), epochs=1).train()
        best = solver.best_params["W1"].copy()
        solver.model.params["W1"] += 1
        assert (solver.best_params["W1"] == best).all()

    def test_draws_nothing_but_its_batches(self, data):
        model = net()
        np.random.seed(7)
        Solver(model, data.first(1000), epochs=1, batch_size=50).train()
        after = np.random.rand()
        np.random.seed(7)
        for _ in range(20):
            np.random.choice(1000, 50)
        assert after == np.random.rand()

    def test_stops_at_a_loss_that_is_not_finite_with_one_sentence(self, data, capsys):
        wild = Solver(net(), data.first(500), learning_rate=1e200, label="wild").train()
        assert wild.diverged_at == len(wild.loss_history) < 50
        assert not math.isfinite(wild.loss_history[-1])
        assert capsys.readouterr().out.count("\n") == 1

    def test_can_be_repeated_for_its_first_iterations(self, data):
        histories = []
        for limit in (None, 3):
            model = net()
            np.random.seed(3)
            solver = Solver(model, data.first(500), epochs=1, batch_size=50).train(limit)
            histories.append(solver.loss_history)
        assert histories[1] == histories[0][:3]

    def test_the_learning_rate_decays_after_each_epoch(self, data):
        model = net()
        before = model.params["W1"].copy()
        Solver(model, data.first(100), learning_rate=0.1, lr_decay=0.0, epochs=1).train()
        moved = model.params["W1"].copy()
        assert not np.array_equal(moved, before)
        model = net()
        Solver(model, data.first(100), learning_rate=0.1, lr_decay=0.0, epochs=5).train()
        assert np.allclose(model.params["W1"], moved, atol=0.01)

    def test_an_unknown_rule_is_refused(self, data):
        with pytest.raises(ValueError, match="take one of sgd, sgd_momentum, rmsprop, adam"):
            Solver(net(), data, update_rule="lion")

    def test_accuracy_is_the_fraction_of_right_predictions(self, data):
        model = net()
        predicted = predict(model, data.x_val[:700])
        assert predicted.shape == (700,)
        assert accuracy(model, data.x_val[:700], predicted) == 1


class TestSettings:
    def test_the_same_seed_gives_the_same_net(self, data):
        few = data.first(500)
        first, second = (
            training.train_two_layer(reference.TwoLayerNet, SETTINGS, few, watch=False)
            for _ in range(2)
        )
        assert first.loss_history == second.loss_history

    def test_watching_does_not_change_the_training(self, data):
        few = data.first(500)
        histories = [
            training.train_two_layer(reference.TwoLayerNet, SETTINGS, few, watch=w).loss_history
            for w in (True, False)
        ]
        assert histories[0] == histories[1]

    @pytest.mark.parametrize(
        ("change", "sentence"),
        [
            ({"epochs": 11}, "epochs is 11: it has to lie between 1 and 10."),
            ({"epochs": 2.5}, "epochs is 2.5: it has to be a whole number."),
            ({"reg": True}, "reg is True: it has to be a number."),
            ({"reg": None}, "reg is None: it has to be a number."),
            ({"learning_rate": math.nan}, "learning_rate is nan: it has to lie between"),
            ({"update_rule": "lion"}, "update_rule is 'lion': take one of"),
            ({"momentum": 0.9}, "settings has 'momentum', which nothing reads."),
        ],
    )
    def test_what_is_out_of_bounds_is_said_in_a_sentence(self, change, sentence):
        (problem,) = training.settings_problems(SETTINGS | change)
        assert problem.startswith(sentence)

    def test_what_is_missing_or_no_dictionary_is_said(self):
        assert training.settings_problems({}) != []
        assert training.settings_problems(None) == [
            "settings is NoneType: it has to be a dictionary."
        ]

    def test_training_refuses_settings_out_of_bounds(self, data):
        with pytest.raises(ValueError, match="hidden_dim"):
            training.train_two_layer(reference.TwoLayerNet, SETTINGS | {"hidden_dim": 0}, data)

    def test_grading_has_the_same_bounds_rules_and_tiers(self):
        assert dict(hidden.BOUNDS) == dict(training.BOUNDS)
        assert tuple(optim.RULES) == hidden.RULES
        tiers = (hidden.LEARNS, hidden.LEARNS_WELL, hidden.LEARNS_VERY_WELL)
        assert tiers == training.TIERS


class TestSurroundings:
    def test_blas_threads_are_set_to_one_before_numpy_loads(self):
        program = (
            "import support, os, sys; print(os.environ['OMP_NUM_THREADS'], 'numpy' in sys.modules)"
        )
        clean = {k: v for k, v in os.environ.items() if not k.endswith("_NUM_THREADS")}
        told = subprocess.run(
            [sys.executable, "-c", program],
            cwd=SOURCE, env=clean, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert told.stdout.split() == ["1", "False"]

    def test_no_bar_is_drawn_where_nobody_looks(self, capsys):
        assert list(progress(range(3), "counting")) == [0, 1, 2]
        assert capsys.readouterr() == ("", "")

    def test_every_module_is_short(self):
        long = {
            path.name
            for path in Path(SOURCE / "support").glob("*.py")
            if len(path.read_text().splitlines()) >= 300
        }
        assert not long
