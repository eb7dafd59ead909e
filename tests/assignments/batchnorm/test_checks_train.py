"""The training settings: one training, three accuracies, labels and images that stay here."""

import ast
import json
import shutil
from collections import OrderedDict, UserDict
from pathlib import Path
from types import MappingProxyType

import numpy as np
import pytest
from check_runs import collected_checks, outcomes

from autograder.assignments.batchnorm import reference
from autograder.assignments.batchnorm.checks import training
from autograder.model import Verdict

ROOT = Path(__file__).parents[3]
QUESTION = "train_two_layer_net"

GOOD = {
    "hidden_dim": 50, "epochs": 6, "batch_size": 100, "learning_rate": 2e-3, "lr_decay": 0.85,
    "weight_scale": 2e-2, "reg": 1e-4, "update_rule": "adam",
}  # fmt: skip
MIDDLING = GOOD | {"epochs": 1, "learning_rate": 1e-3}
STUB = {
    "hidden_dim": 10, "epochs": 2, "batch_size": 500, "learning_rate": 0.03, "lr_decay": 0.5,
    "weight_scale": 0.03, "reg": 0.0, "update_rule": "sgd",
}  # fmt: skip
WILD = MIDDLING | {"learning_rate": 10.0, "reg": 10.0, "epochs": 10, "update_rule": "sgd"}


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """What grading uses of a release: the support package and the data."""
    folder = tmp_path_factory.mktemp("release")
    (folder / "support").symlink_to(ROOT / "source" / "batchnorm" / "support")
    (folder / "datasets").symlink_to(ROOT / "datasets")
    return folder


@pytest.fixture(scope="module")
def checks(release):
    """The checks, and what they are called with."""
    return collected_checks(), release


def verdicts(checks, settings):
    """({check: verdict}, {check: message}) for these settings."""
    collected, release = checks
    ran = outcomes(collected, {"settings": settings}, [QUESTION], release=release)
    by_name = {name: outcome for (_, name), (outcome, *_) in ran.items()}
    return (
        {name: outcome.verdict for name, outcome in by_name.items()},
        {name: outcome.message for name, outcome in by_name.items()},
    )


def test_bounds_rules_and_tiers_are_those_the_notebook_states(release):
    support = training.load_support(release / "support")
    assert dict(support["training"].BOUNDS) == dict(training.BOUNDS)
    assert set(support["training"].RULES) == set(training.RULES)
    tiers = training.LEARNS, training.LEARNS_WELL, training.LEARNS_VERY_WELL
    assert tuple(support["training"].TIERS) == tiers


def test_the_settings_of_the_stub_are_those_tested_here():
    notebook = json.loads(
        (ROOT / "release" / "batchnorm" / "fully_connected_nets.ipynb").read_text()
    )
    (stub,) = (c for c in notebook["cells"] if c["id"] == "train_two_layer_net_answer")
    assert ast.literal_eval("".join(stub["source"]).removeprefix("settings = ")) == STUB


def test_good_settings_reach_every_tier(checks):
    reached, _ = verdicts(checks, GOOD)
    assert list(reached) == ["learns", "learns_well", "learns_very_well"]
    assert set(reached.values()) == {Verdict.PASSED}


def test_equal_settings_are_trained_with_once(checks, monkeypatch):
    verdicts(checks, GOOD)
    monkeypatch.setattr(training, "load_support", lambda folder: pytest.fail("trained again"))
    reached, _ = verdicts(checks, dict(reversed(GOOD.items())))
    assert set(reached.values()) == {Verdict.PASSED}


def test_a_new_release_in_the_same_place_is_trained_with_anew(tmp_path):
    for name, folder in (("support", ROOT / "source" / "batchnorm"), ("datasets", ROOT)):
        shutil.copytree(folder / name, tmp_path / name)
    short = tuple((MIDDLING | {"hidden_dim": 5}).items())
    before = training.trained(tmp_path, short)
    file = tmp_path / "datasets" / "fashion_mnist.npz"
    with np.load(file) as arrays:
        moved = dict(arrays) | {"y_train": (arrays["y_train"] + 1) % 10}
    np.savez(file, **moved)
    assert training.trained(tmp_path, short).accuracy < before.accuracy
    module = tmp_path / "support" / "training.py"
    module.write_text(module.read_text() + "\nVERSION = 2\n")
    assert training.load_support(tmp_path / "support")["training"].VERSION == 2


def test_middling_settings_reach_some_tiers(checks):
    reached, messages = verdicts(checks, MIDDLING)
    assert reached["learns"] is Verdict.PASSED
    assert reached["learns_very_well"] is Verdict.FAILED
    assert "of unseen images" in messages["learns_very_well"]


def test_the_stubs_settings_reach_none(checks):
    reached, messages = verdicts(checks, STUB)
    assert set(reached.values()) == {Verdict.FAILED}
    assert "this check asks for 60%" in messages["learns"]


def test_a_diverged_training_is_called_so(checks):
    reached, messages = verdicts(checks, WILD)
    assert set(reached.values()) == {Verdict.FAILED}
    assert "diverged" in messages["learns"]


def test_training_leaves_numpys_generator_alone(checks):
    np.random.seed(3)
    expected = np.random.randn()
    np.random.seed(3)
    verdicts(checks, STUB | {"hidden_dim": 3})
    assert np.random.randn() == expected


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"hidden_dim": 5000}, "`settings['hidden_dim']` has to lie between 1 and 100."),
        ({"hidden_dim": 50.5}, "`settings['hidden_dim']` has to be a whole number."),
        ({"epochs": True}, "`settings['epochs']` has to be a whole number."),
        ({"learning_rate": "0.1"}, "`settings['learning_rate']` has to be a number."),
        ({"learning_rate": float("nan")}, "has to lie between 0 and 10."),
        ({"learning_rate": np.zeros(3)}, "`settings['learning_rate']` has to be a number."),
        ({"lr_decay": None}, "`settings['lr_decay']` has to be a number."),
        ({"update_rule": "magic"}, "has to be one of sgd, sgd_momentum, rmsprop, adam."),
        ({"update_rule": ["adam"]}, "has to be one of"),
    ],
)
def test_settings_out_of_bounds_get_a_sentence_and_no_training(
    checks, monkeypatch, change, sentence
):
    monkeypatch.setattr(training, "load_support", lambda folder: pytest.fail("trained"))
    reached, messages = verdicts(checks, GOOD | change)
    assert set(reached.values()) == {Verdict.FAILED}
    assert all(sentence in message for message in messages.values())


@pytest.mark.parametrize("settings", [{}, None, 3, [1, 2], "adam", (), {"hidden_dim": {}}])
def test_junk_settings_get_a_sentence(checks, settings):
    reached, messages = verdicts(checks, settings)
    assert set(reached.values()) == {Verdict.FAILED}
    assert all(message.startswith("`settings") for message in messages.values())


@pytest.mark.parametrize("kind", [OrderedDict, UserDict, MappingProxyType])
def test_settings_are_a_mapping_of_any_kind(checks, kind):
    reached, _ = verdicts(checks, kind(MIDDLING))
    assert reached["learns"] is Verdict.PASSED


def test_the_quick_net_is_the_reference():
    rng = np.random.RandomState(3)
    X, y = rng.randn(9, 2, 3).astype(np.float32), rng.randint(4, size=9)
    nets = []
    for kind in (training.Float32Net, reference.TwoLayerNet):
        np.random.seed(5)
        nets.append(kind(input_dim=6, hidden_dim=5, num_classes=4, weight_scale=0.5, reg=0.3))
    (loss, gradients), (right, expected) = (net.loss(X, y) for net in nets)
    assert abs(loss - right) < 1e-6
    assert np.allclose(nets[0].loss(X), nets[1].loss(X), atol=1e-6)
    for name, gradient in expected.items():
        assert gradients[name].dtype == np.float32
        assert np.allclose(gradients[name], gradient, atol=1e-6)


def test_what_is_too_large_for_float32_only_has_not_diverged(release):
    rough = GOOD | {
        "epochs": 3, "learning_rate": 10.0, "update_rule": "sgd_momentum", "hidden_dim": 100,
        "lr_decay": 1.0, "weight_scale": 1e-2, "reg": 0.0,
    }  # fmt: skip
    support = training.load_support(release / "support")
    assert training._train(training.Float32Net, rough, support, release).diverged
    assert not training.trained(release, tuple(rough.items())).diverged


def test_numpy_numbers_are_numbers(checks):
    numbers = MIDDLING | {"hidden_dim": np.int64(50), "learning_rate": np.float64(1e-3)}
    reached, _ = verdicts(checks, numbers)
    assert reached["learns"] is Verdict.PASSED


def test_grading_images_are_nowhere_near_students():
    for folder in ("release", "source", "solutions", "datasets"):
        assert not list((ROOT / folder).rglob("grading_images*"))


def test_grading_images_are_balanced_and_not_among_the_students_own():
    with np.load(training.GRADING_IMAGES) as images:
        grading, labels = images["x"], images["y"]
    assert grading.shape == (2000, 28, 28)
    assert np.bincount(labels).tolist() == [200] * 10
    with np.load(ROOT / "datasets" / "fashion_mnist.npz") as shipped:
        known = {
            image.tobytes() for split in ("train", "val", "test") for image in shipped[f"x_{split}"]
        }
    assert not known & {image.tobytes() for image in grading}
