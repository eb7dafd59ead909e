"""What is lent in place of a wrong answer: computed here, counted, and given to nobody else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from autograder.checking import lent
from autograder.checking.answers import Declared, Returned, returned
from autograder.checking.lent import Lent
from autograder.checking.peers import LocalPeer
from autograder.sandbox.errors import StudentProtocol, StudentTimeout
from autograder.sandbox.wire import Handle


def grown(x: Any, state: dict[str, Any]) -> Any:
    """A layer that changes a dictionary in place."""
    state["mean"] = 0.5 * state.get("mean", np.zeros(x.shape[1])) + x.mean(axis=0)
    state.pop("new", None)
    return x + 1.0, ("cache", x)


def shrunk(dout: Any, cache: Any) -> Any:
    return dout * cache[1]


def drawn(n: int) -> Any:
    return np.random.rand(n)


def product(a: Any, b: Any) -> Any:
    return np.outer(a, b)


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "grown": grown, "shrunk": shrunk, "drawn": drawn, "product": product,
}  # fmt: skip
ANSWERS = {
    "grown": Declared("grown", "function", returned("out, cache*")),
    "shrunk": Declared("shrunk", "function", returned("dx")),
    "drawn": Declared("drawn", "function", returned("draws")),
    "product": Declared("product", "function", returned("out")),
}


def message(name: Any = "shrunk", *args: Any, **fields: Any) -> dict[str, Any]:
    return {"lent": name, "args": list(args), "names": [], "tokens": []} | fields


def borrowing(source: str) -> dict[str, Any]:
    """What code has defined, to which everything is lent."""
    namespace: dict[str, Any] = {"np": np}
    exec(source, namespace)
    peer = LocalPeer(namespace)
    peer.lend(Lent(FUNCTIONS, ANSWERS))
    reply = peer.request("call", target="use", args=[], kwargs={}, want=("value",))
    return {"value": reply.items[0].value} | namespace


def test_a_dictionary_is_changed_where_it_is() -> None:
    source = """
def use():
    state = {"mode": "train", "new": 1, "kept": print, "mean": np.ones(2)}
    grown(np.ones((3, 2)), state=state)
    return [sorted(state), state["mean"].tolist(), state["kept"] is print]
"""
    assert borrowing(source)["value"] == [["kept", "mean", "mode"], [1.5, 1.5], True]


def test_a_cache_is_only_to_be_passed_on() -> None:
    source = """
def use():
    out, cache = grown(2.0 * np.ones((3, 2)), {})
    names = [name for name in dir(cache) if not name.startswith("_")]
    return [shrunk(out, cache).tolist(), shrunk(dout=out, cache=cache).tolist(), names]
"""
    assert borrowing(source)["value"] == [[[6.0, 6.0]] * 3, [[6.0, 6.0]] * 3, ["number"]]


def test_what_a_function_raises_is_a_plain_error_without_its_text() -> None:
    source = """
def use():
    try:
        shrunk(np.ones(3), ("cache", "no array"))
    except ValueError as error:
        return str(error)
"""
    assert borrowing(source)["value"] == "shrunk cannot be computed with these arguments"


def test_random_numbers_are_the_same_for_everybody_and_disturb_nobody() -> None:
    state = np.random.get_state()[1].copy()
    one, other = (
        [lender.answer(message("drawn", 3))["values"][0].tolist() for _ in range(2)]
        for lender in (Lent(FUNCTIONS, ANSWERS), Lent(FUNCTIONS, ANSWERS))
    )
    assert one == other
    assert one[0] != one[1]
    assert (np.random.get_state()[1] == state).all()


def test_a_huge_product_of_small_arguments_is_not_computed() -> None:
    long = np.ones(100_000)
    assert "error" in Lent(FUNCTIONS, ANSWERS).answer(message("product", long, long))
    assert "error" in Lent(FUNCTIONS, ANSWERS).answer(message("drawn", 10**12))
    half = np.ones(2_000)
    assert "error" in Lent(FUNCTIONS, ANSWERS).answer(message("product", half, half))
    assert "values" in Lent(FUNCTIONS, ANSWERS).answer(message("product", half[:9], half))


def test_calls_and_what_is_kept_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lent, "MOST_CALLS", 3)
    lender = Lent(FUNCTIONS, ANSWERS)
    for _ in range(3):
        lender.answer(message("drawn", 1))
    with pytest.raises(StudentTimeout):
        lender.answer(message("drawn", 1))
    monkeypatch.setattr(lent, "MOST_KEPT", 100)
    lender = Lent(FUNCTIONS, ANSWERS)
    assert lender.answer(message("grown", np.ones((5, 8)), {}))["values"][1] == Handle(0)
    lender.answer(message("grown", np.ones((5, 8)), {}))
    with pytest.raises(StudentTimeout):
        lender.answer(message("grown", np.ones((5, 8)), {}))


@pytest.mark.parametrize(
    "nonsense",
    [
        {}, {"lent": 1}, {"lent": "grown"}, message("eval"), message(args=()),
        message(names=["a"]), message("shrunk", 1, 2, names=["a", "a"]),
        message("shrunk", 1, names=[1]), message("shrunk", 1, tokens=None),
        message("shrunk", 1, tokens=[[0]]), message("shrunk", 1, tokens=[[0, 0]]),
        message("shrunk", 1, tokens=[[True, False]]), message("shrunk", 1, tokens=[[0, -1]]),
    ],
)  # fmt: skip
def test_nonsense_is_refused(nonsense: dict[str, Any]) -> None:
    with pytest.raises(StudentProtocol):
        Lent(FUNCTIONS, ANSWERS).answer(nonsense)


@pytest.mark.parametrize("kind", ["iterator", "frame", "figure"])
def test_what_cannot_cross_is_not_lent(kind: Any) -> None:
    declared = Declared("f", "function", (Returned("x", kind),))
    assert not lent.can_be_lent(declared)
    assert not lent.can_be_lent(Declared("C", "class"))
