"""The example's checks, hidden and visible, tell right answers, mistakes and junk apart."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import matplotlib as mpl
import nbformat
import numpy as np
import pytest
from dropout_course import NAME, install

from autograder.assignment import find
from autograder.checking import collect
from autograder.course.course import Course
from autograder.diagnosis.diagnose import Trusted
from autograder.diagnosis.mistakes import Mistakes
from autograder.model import Verdict
from autograder.proof.bench import Bench
from autograder.release.build import build_release

SECRET = b"a secret of the tests, long enough"
CODE = ("dropout_forward", "dropout_backward", "dropout_layer")
JUNK: tuple[Any, ...] = (
    None,
    {},
    (),
    (None, None),
    0,
    "text",
    np.zeros((400, 30)),
    (np.zeros((400, 30)), None),
    (np.full((400, 30), np.nan), None),
    (np.full((400, 30), 1e308), None),
    (np.ones((30, 400), dtype=complex), None),
    [[1, 2], [3]],
)


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Course:
    course = install(tmp_path_factory.mktemp("course"))
    build_release(course, NAME, execute="never", register=False)
    return course


@pytest.fixture(scope="module")
def prover(course: Course) -> Bench:
    return Bench(find(course, NAME), SECRET)


def verdicts(course: Course, prover: Bench, question: str, names: dict[str, Any]) -> set[Verdict]:
    student = Trusted(find(course, NAME)).student(names)
    return {
        collect.run(check, student, SECRET, course.root / "release" / NAME).outcome.verdict
        for check in prover.checks.of(question)
    }


def returns(value: Any) -> Callable[..., Any]:
    return lambda *args, **kwargs: value


@pytest.mark.parametrize("junk", JUNK, ids=lambda value: str(type(value).__name__))
def test_junk_is_the_students_and_never_right(course: Course, prover: Bench, junk: Any) -> None:
    right = find(course, NAME).namespace()
    layer = type("Dropout", (), {"__init__": returns(None), "forward": returns(junk)})
    layer.backward = returns(junk)  # type: ignore[attr-defined]
    for question, name, wrong in (
        ("dropout_forward", "dropout_forward", returns(junk)),
        ("dropout_backward", "dropout_backward", returns(junk)),
        ("dropout_backward", "dropout_forward", returns(junk)),
        ("dropout_layer", "Dropout", layer),
        ("dropout_report", "dropout_answers", junk),
        ("dropout_report", "dropout_answers", dict.fromkeys(right["dropout_answers"], junk)),
    ):
        found = verdicts(course, prover, question, right | {name: wrong})
        assert Verdict.GRADER_ERROR not in found, (question, name)
        assert Verdict.PASSED not in found, (question, name)


def with_binomial(x: Any, param: Any) -> Any:
    """Another generator, a dictionary as cache, single precision."""
    if param["mode"] == "test":
        return x, {}
    mask = np.random.RandomState(param.get("seed")).binomial(1, param["p"], size=x.shape)
    return (x * mask / param["p"]).astype(np.float32), {"mask": mask, "p": param["p"]}


def back_through_binomial(dout: Any, cache: Any) -> Any:
    return dout * cache["mask"] / cache["p"] if cache else dout


def with_indices(x: Any, param: Any) -> Any:
    """The dropped places set to zero in a copy, by a comparison the other way round."""
    out, dropped = x / param["p"], None
    if param["mode"] == "test":
        return list(map(list, x)), dropped
    if param.get("seed") is not None:
        np.random.seed(param["seed"])
    dropped = np.random.rand(*x.shape) > param["p"]
    out[dropped] = 0
    return out, (dropped, param["p"])


def back_through_indices(dout: Any, cache: Any) -> Any:
    if cache is not None:
        dout /= cache[1]
        dout[cache[0]] = 0
    return dout


class OwnGenerator:
    """A layer that calls no function."""

    def __init__(self, p: float, seed: int | None = None) -> None:
        self.p, self.rng = p, np.random.default_rng(seed)

    def forward(self, x: Any, training: bool) -> Any:
        self.factor = (self.rng.random(x.shape) < self.p) / self.p if training else 1
        return x * self.factor

    def backward(self, dout: Any) -> Any:
        return self.factor * dout


@pytest.mark.parametrize(
    "names",
    [
        {"dropout_forward": with_binomial, "dropout_backward": back_through_binomial},
        {"dropout_forward": with_indices, "dropout_backward": back_through_indices},
        {"Dropout": OwnGenerator},
    ],
)
def test_right_answers_of_any_make_pass(course: Course, prover: Bench, names: Any) -> None:
    for question in CODE:
        right = find(course, NAME).namespace()
        assert verdicts(course, prover, question, right | names) == {Verdict.PASSED}


def test_a_backward_pass_is_held_against_the_students_own_forward(
    course: Course, prover: Bench
) -> None:
    """Who does not scale forward loses nothing for not scaling back."""

    def forward(x: Any, param: Any) -> Any:
        mask = (
            np.random.rand(*x.shape) < param["p"] if param["mode"] == "train" else np.ones(x.shape)
        )
        return x * mask, mask

    names = {"dropout_forward": forward, "dropout_backward": lambda dout, cache: dout * cache}
    assert verdicts(course, prover, "dropout_backward", names) == {Verdict.PASSED}
    assert Verdict.FAILED in verdicts(course, prover, "dropout_forward", names)


@pytest.fixture(scope="module")
def cells(course: Course) -> Iterator[dict[str, str]]:
    """The notebook's code, which can import what lies beside it."""
    folder = course.root / "source" / NAME
    mpl.use("agg")
    sys.path.insert(0, str(folder))
    notebook = nbformat.read(folder / "dropout.ipynb", as_version=4)
    yield {cell.id: cell.source for cell in notebook.cells if cell.cell_type == "code"}
    sys.path.remove(str(folder))
    sys.modules.pop("dropout_lab", None)


def look(cells: dict[str, str], question: str, names: dict[str, Any]) -> None:
    """Run the visible check of a question."""
    namespace: dict[str, Any] = {}
    exec(cells["imports"], namespace)
    exec(cells[question], namespace | names)


def test_the_visible_checks_let_the_reference_pass(course: Course, cells: dict[str, str]) -> None:
    for question in (*CODE, "dropout_report"):
        look(cells, question, find(course, NAME).namespace())


def test_the_visible_checks_stop_every_named_mistake(course: Course, cells: dict[str, str]) -> None:
    right = find(course, NAME).namespace()
    unseen = []
    for mistake in Mistakes(find(course, NAME)).all:
        with suppress(AssertionError):
            look(cells, mistake.question, right | {mistake.defines: mistake.implementation})
            unseen.append(mistake.name)
    assert not unseen


def test_the_notebook_explains_before_it_asks(course: Course) -> None:
    notebook = nbformat.read(Path(course.root, "source", NAME, "dropout.ipynb"), as_version=4)
    text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
    prose = [line for line in text.splitlines() if not line.startswith(("|", "<"))]
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    assert 40 <= sum(len(line.split()) for line in prose) / code <= 90
