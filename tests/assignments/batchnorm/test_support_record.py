"""Trainings are written down so that they can be repeated and believed."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from student_folder import ROOT, SOURCE, code, run, until
from support import record
from support.data import Data, load


@pytest.fixture(autouse=True)
def a_run_of_a_student(monkeypatch, tmp_path):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def net():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NBGRADER_EXECUTION", "autograde")
        patch.chdir(SOURCE)
        sources = code()
        return run(until("batchnorm_net_answer", sources), {}, sources)["FullyConnectedNet"]


@pytest.fixture(scope="module")
def data() -> Data:
    return load(folder=ROOT / "datasets").first(200)


def train(net, data, **changes):
    settings = {
        **{"name": "run", "hidden_dims": [20, 20], "use_batchnorm": True},
        **{"weight_scale": 0.05, "epochs": 3},
    }
    return record.train(net, data, **{**settings, **changes})[0]


def test_the_same_settings_give_the_same_run_whatever_ran_before(net, data):
    first = train(net, data)
    np.random.rand(7)
    assert train(net, data) == first


def test_another_seed_gives_another_run(net, data):
    assert train(net, data, seed=1).losses != train(net, data, seed=2).losses


def test_weights_and_batches_can_be_drawn_again_from_the_seed_alone(net, data):
    run_ = train(net, data, seed=5)
    again = net([20, 20], weight_scale=0.05, seed=5, use_batchnorm=True)
    batch = np.random.RandomState(5).choice(200, 50)
    assert run_.losses[0] == again.loss(data.x_train[batch], data.y_train[batch])[0]


def test_a_saved_run_comes_back_with_its_first_losses_to_the_last_digit(net, data):
    run_ = train(net, data)
    record.save("trial", [run_])
    assert record.load("trial") == [run_]


def test_a_record_is_plain_json_with_all_that_is_needed_to_repeat_the_run(net, data):
    record.save("trial", [train(net, data)], {"test": 0.5})
    with open("results/trial.json") as file:
        written = json.load(file)
    assert written["experiment"] == "trial"
    assert written["measured"] == {"test": 0.5}
    assert written["runs"][0]["settings"] == {
        "hidden_dims": [20, 20],
        "use_batchnorm": True,
        "weight_scale": 0.05,
        "dtype": "float32",
        "seed": 231,
        "bn_param": {},
        "frozen": False,
        "update_rule": "adam",
        "learning_rate": 1e-3,
        "lr_decay": 1.0,
        "batch_size": 50,
        "epochs": 3,
        "num_train": 200,
    }
    assert len(written["runs"][0]["losses"]) == 12
    assert len(written["runs"][0]["val_accuracy"]) == 3


def test_a_diverged_run_is_recorded_and_not_raised(net, data):
    run_ = train(net, data, use_batchnorm=False, update_rule="sgd", learning_rate=1e6)
    record.save("trial", [run_])
    (again,) = record.load("trial")
    assert again.diverged
    assert math.isnan(again.losses[-1])
    assert again.final_loss == math.inf
    assert again.best_val == max(again.val_accuracy, default=0)


def test_while_autograding_an_earlier_record_stays(net, data, monkeypatch):
    run_ = train(net, data)
    record.save("trial", [run_])
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    record.save("trial", [])
    assert record.load("trial") == [run_]


def test_the_record_is_part_of_the_cells_output(net, data, monkeypatch):
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda bundle, raw: shown.append(bundle))
    record.save("trial", [train(net, data)])
    (bundle,) = shown
    with open("results/trial.json") as file:
        assert bundle[record.MIME] == json.load(file)
    assert bundle["text/plain"] == "Recorded in results/trial.json: 1 runs."


def test_frozen_scales_and_shifts_never_move(net, data):
    settings = {"hidden_dims": [20], "use_batchnorm": True, "weight_scale": 0.1, "epochs": 1}
    _, trained = record.train(net, data, name="frozen", frozen=True, **settings)
    assert np.all(trained.params["gamma1"] == 1)
    assert np.all(trained.params["beta1"] == 0)


def test_a_file_of_another_format_is_no_record(tmp_path):
    (tmp_path / "results").mkdir()
    (tmp_path / "results" / "trial.json").write_text('{"format": 0, "runs": []}')
    with pytest.raises(ValueError, match=r"trial\.json is not a record"):
        record.load("trial")
