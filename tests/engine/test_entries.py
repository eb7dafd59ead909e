"""Small dictionaries come along with their handles; what a check sees of them stays the same."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from autograder.checking.answers import Declared, Returned
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.sandbox.errors import StudentProtocol
from autograder.sandbox.inside.fork import MOST_ENTRIES
from autograder.sandbox.policy import POLICY
from autograder.sandbox.requests import Reply, read_reply


class Counting(LocalPeer):
    """Counts what it is asked."""

    asked = 0

    def request(self, op: str, **fields: Any) -> Reply:
        self.asked += 1
        return super().request(op, **fields)


class Own(dict[str, Any]):
    """A dictionary with a mind of its own."""

    def __iter__(self) -> Any:
        return iter(["b"])


def student(held: dict[str, Any]) -> tuple[Student, Counting]:
    """A submission whose `params()` returns what is held, and whose `change()` changes it."""
    peer = Counting({"params": lambda: held, "change": lambda: held.update(a=np.ones(3))})
    answers = {
        "params": Declared("params", "function", (Returned("params", "mapping"),)),
        "change": Declared("change", "function", ()),
    }
    return Student(peer, answers), peer


def test_keys_and_entries_take_no_request_of_their_own():
    one, peer = student({"a": np.zeros(3), "b": np.arange(2)})
    params = one.params()
    assert params.keys() == ["a", "b"]
    assert [value.tolist() for value in params.many(["b", "a"])] == [[0, 1], [0, 0, 0]]
    assert params["a"].tolist() == [0, 0, 0]
    assert peer.asked == 1
    assert [np.shape(value) for value in one.trace] == [(2,), (3,), (3,)]


def test_what_the_code_has_changed_meanwhile_is_seen():
    one, _ = student({"a": np.zeros(3)})
    params = one.params()
    one.change()
    assert params["a"].tolist() == [1, 1, 1]


@pytest.mark.parametrize(
    "held",
    [
        Own(a=np.zeros(3), b=np.ones(3)),
        {"b": "text", 1: 2},
        {f"a{n}": np.ones(1) for n in range(MOST_ENTRIES)} | {"b": np.ones(3)},
        {"b": np.ones(1 << 16)},
    ],
    ids=["its own class", "no arrays", "many", "large"],
)
def test_any_other_dictionary_is_asked_itself(held: dict[str, Any]):
    one, peer = student(held)
    assert "b" in one.params()
    assert peer.asked == 2


def reply(entries: Any) -> dict[str, Any]:
    return {"ok": True, "tuple": False, "items": [{"h": 0, "k": "dict", "e": entries}]}


@pytest.mark.parametrize(
    "entries",
    [
        None,
        {"a": {"h": 1, "k": "ndarray"}},
        [["a"]],
        [[1, {"h": 1, "k": "int", "v": 1}]],
        [["a", {"h": -1, "k": "int", "v": 1}]],
        [["a", None]],
        [["a", {"h": 1, "k": "dict", "e": []}]],
        [[f"a{n}", {"h": n, "k": "int", "v": 1}] for n in range(MOST_ENTRIES + 1)],
    ],
)
def test_entries_that_are_none_are_no_answer(entries: Any):
    with pytest.raises(StudentProtocol):
        read_reply(reply(entries), POLICY, {})
