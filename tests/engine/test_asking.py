"""What returns nothing waits for the next request: in order, unchanged, and with its own blame."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pytest

from autograder.checking.answers import Declared, returned
from autograder.checking.asking import MOST_LATER
from autograder.checking.faults import StudentFault
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.sandbox.requests import Reply

ANSWERS = {
    "total": Declared("total", "function", returned("total: number")),
    "Net": Declared(
        "Net",
        "class",
        methods={("loss", 0): returned("loss: number")},
        attributes={"params": returned("params: mapping")[0]},
    ),
}


class Net:
    """Holds what it is given."""

    def __init__(self) -> None:
        self.params = {"W": np.zeros(2), "b": 0.5}

    def loss(self) -> float:
        return float(np.sum(self.params["W"]))


class Locked(Net):
    """Takes no other parameters."""

    def __init__(self) -> None:
        self.params = Refusing(W=np.zeros(2))


class Refusing(dict[str, Any]):
    def update(self, *_: object) -> None:
        raise TypeError


class Counting(LocalPeer):
    """Counts the requests."""

    def __init__(self, names: dict[str, Any]) -> None:
        super().__init__(names)
        self.requests: list[str] = []

    def request(self, op: str, **given: Any) -> Reply:
        self.requests.append(op)
        return super().request(op, **given)


def total(numbers: Mapping[str, float]) -> float:
    return float(sum(np.sum(value) for value in numbers.values()))


def student(**names: Any) -> tuple[Student, Counting]:
    peer = Counting({"total": total, "Net": Net} | names)
    return Student(peer, ANSWERS), peer


def test_what_is_put_and_set_goes_out_with_the_next_request_in_order():
    own, peer = student()
    held = own.put("numbers", {"a": 1.0})
    held["b"] = 2.0
    held.update({"a": 3.0})
    assert peer.requests == []
    assert own.total(held) == 5.0
    assert peer.requests == ["call"]


def test_what_waits_is_as_it_was_when_it_was_said():
    own, _ = student()
    array = np.ones(3)
    held = own.put("numbers", {"a": array, "deeper": 0.0})
    held["deeper"] = array
    array[:] = 100
    assert own.total(held) == 6.0


def test_entries_that_came_along_count_until_something_else_is_said():
    own, peer = student()
    net = own.Net()
    assert net.params.plain() == {"W": pytest.approx([0, 0]), "b": 0.5}
    assert peer.requests == ["call"]
    net.update("params", {"W": np.ones(2)})
    assert net.params["W"].tolist() == [1, 1]
    assert net.loss() == 2.0
    assert peer.requests == ["call", "attr", "invoke"]


def test_an_attribute_that_is_computed_is_not_looked_at_before_it_is_asked_for():
    looked = []

    class Computes(Net):
        def __init__(self) -> None:
            self.own = {"W": np.ones(2)}

        @property
        def params(self) -> dict[str, Any]:  # type: ignore[override]
            looked.append(1)
            return self.own

    own, _ = student(Net=Computes)
    net = own.Net()
    assert not looked
    assert net.params.keys() == ["W"]
    assert looked == [1]


def test_the_one_that_raised_is_to_blame():
    own, _ = student(Net=Locked)
    net = own.Net()
    net.update("params", {"W": np.ones(2)})
    with pytest.raises(StudentFault, match=r"`params` raised TypeError"):
        net.loss()


def test_what_waited_behind_the_one_that_raised_waits_on():
    own, _ = student()
    held = own.put("numbers", {"a": 1.0})
    own.later("first", "setitem", obj=own.get("missing"), key="a", value=7.0)
    held["a"] = 9.0
    with pytest.raises(StudentFault, match=r"`first`"):
        own.total(held)
    assert own.total(held) == 9.0


def test_an_expected_exception_is_that_of_the_block():
    own, _ = student(Net=Locked)
    net = own.Net()
    with own.raises(TypeError):
        net.update("params", {"W": np.ones(2)})
    net.update("params", {"W": np.ones(2)})
    with pytest.raises(StudentFault, match=r"`params` raised"), own.raises(TypeError):
        raise AssertionError("the block is not reached")


def test_what_waits_is_heard_where_somebody_listens():
    class Loud(dict[str, Any]):
        def __setitem__(self, key: str, value: Any) -> None:
            print("set", key)
            super().__setitem__(key, value)

    own, _ = student(Net=type("Net", (), {"__init__": lambda net: setattr(net, "params", Loud())}))
    params = own.Net().params
    with own.printing() as heard:
        params["W"] = 1.0
    assert heard.text == "set W\n"


def test_what_waits_at_the_end_of_a_check_is_done():
    own, _ = student(Net=Locked)
    own.Net().update("params", {"W": np.ones(2)})
    with pytest.raises(StudentFault, match=r"`params` raised TypeError"):
        own.finish()


def test_an_object_that_computes_all_its_attributes_is_asked_for_them():
    class Scaled(Net):
        def __getattribute__(self, name: str) -> Any:
            held = super().__getattribute__(name)
            return {"W": np.ones(2)} if name == "params" else held

    own, _ = student(Net=Scaled)
    assert own.Net().params["W"].tolist() == [1, 1]


def test_few_wait_at_a_time():
    own, peer = student()
    held = own.put("numbers", {})
    for number in range(3 * MOST_LATER):
        held[f"n{number}"] = 1.0
    assert len(peer.requests) == 3
    assert own.total(held) == 3 * MOST_LATER
