"""Every reply is held against its signature before a check sees it."""

from __future__ import annotations

import math
from collections.abc import Callable
from types import ModuleType
from typing import Any

import numpy as np
import pytest

from autograder.checking.answers import Declared, answer, declared_in, returned
from autograder.checking.faults import StudentFault, WrongShape
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.model import Verdict
from autograder.sandbox.errors import StudentDied, StudentProtocol, StudentTimeout
from autograder.sandbox.requests import Reply

X = np.ones((2, 3))
RETURNS = {
    "split": "low, high, rest",
    "scale": "out",
    "walk": "out, cache*",
    "back": "dx",
    "name": "name: text",
    "count": "counts{}",
    "average": "mean: number",
    "plain": "value: value",
}
ANSWERS = {name: Declared(name, "function", returned(text)) for name, text in RETURNS.items()}
ANSWERS["settings"] = Declared("settings", "variable", returned("settings{}"))
ANSWERS["Net"] = Declared(
    "Net",
    "class",
    methods={
        ("loss", 1): returned("scores"),
        ("loss", 2): returned("loss: number, grads: mapping"),
    },
    attributes={"params": returned("params: mapping")[0]},
)


def student(**names: Any) -> Student:
    return Student(LocalPeer(names), ANSWERS)


def returning(value: Any) -> Student:
    return student(**dict.fromkeys(RETURNS, lambda *args: value))


def fault(ask: Callable[[], Any]) -> StudentFault:
    with pytest.raises(StudentFault) as caught:
        ask()
    return caught.value


def test_arrays_arrive_as_float64_copies_in_the_student_s_shape() -> None:
    given = np.ones((1, 3), dtype=np.float32)
    dx, _, _ = returning((given, given, given)).split(X)
    assert (dx.dtype, dx.shape) == (np.float64, (1, 3))
    dx[...] = 7
    assert given[0, 0] == 1


def test_lists_of_numbers_are_taken_as_arrays() -> None:
    dx, dw, db = returning([[1, 2], [[3.0]], [True]]).split(X)
    assert (dx.tolist(), dw.tolist(), db.tolist()) == ([1, 2], [[3]], [1])


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "returned None"),
        ((1, 2), "returned 2 values"),
        (7.0, "returned one float"),
        ((1, None, 3), "`high` is None"),
        ((1, "x", 3), "`high` is a str"),
        ((1, np.array([1j]), 3), "`high` has dtype complex128; numbers are asked for"),
        ((1, np.array(["a"]), 3), "`high` has dtype str; numbers are asked for"),
        ((1, {}, 3), "`high` is a dict"),
        ((1, [[1], [2, 3]], 3), "`high` is a list; an array of numbers is asked for"),
    ],
)
def test_a_reply_that_does_not_fit_is_the_student_s_with_a_sentence(value: Any, says: str) -> None:
    caught = fault(lambda: returning(value).split(X))
    assert says in caught.message
    assert caught.verdict is Verdict.FAILED


def test_an_exception_shows_its_type_and_never_its_message() -> None:
    def scale(x: Any) -> None:
        raise ValueError(f"hidden input {x}")

    caught = fault(lambda: student(scale=scale).scale(X))
    assert caught.verdict is Verdict.RAISED
    assert "raised ValueError" in caught.message
    assert "[[1" not in caught.message


def test_an_error_of_one_s_own_is_no_placeholder() -> None:
    def scale(x: Any) -> None:
        raise NotImplementedError

    assert fault(lambda: student(scale=scale).scale(X)).verdict is Verdict.RAISED
    assert fault(lambda: student().scale(X)).verdict is Verdict.MISSING


class Failing:
    """A peer that answers nothing."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.asked = 0

    def request(self, op: str, **fields: Any) -> Any:
        self.asked += 1
        raise self.error


@pytest.mark.parametrize(
    ("error", "verdict"),
    [
        (StudentTimeout(), Verdict.TIMEOUT),
        (StudentDied("it ended"), Verdict.RAISED),
        (StudentProtocol("garbage"), Verdict.FAILED),
    ],
)
def test_what_happens_to_the_process_is_the_student_s_verdict(
    error: Exception, verdict: Verdict
) -> None:
    assert fault(lambda: Student(Failing(error), ANSWERS).scale(X)).verdict is verdict


class Hollow:
    """A peer that answers everything with no value at all."""

    def request(self, op: str, **fields: Any) -> Reply:
        return Reply((), is_tuple=True)


def test_a_reply_without_items_is_the_student_s_verdict() -> None:
    for ask in (
        lambda one: one.scale(X),
        lambda one: one.put("bn_param", {"mode": "train"}).keys(),
        lambda one: one.scale(one.put("bn_param", {"mode": "train"})),
    ):
        assert fault(lambda ask=ask: ask(Student(Hollow(), ANSWERS))).verdict is Verdict.FAILED


def test_after_two_timeouts_a_function_is_not_called_again() -> None:
    peer = Failing(StudentTimeout())
    impatient = Student(peer, ANSWERS)
    for _ in range(4):
        assert fault(lambda: impatient.scale(X)).verdict is Verdict.TIMEOUT
    assert peer.asked == 2


def test_a_dictionary_changed_in_place_is_read_back_by_asking() -> None:
    def walk(x: Any, bn_param: dict[str, Any]) -> Any:
        bn_param["running_mean"] = x.mean(axis=0)
        return x, None

    one = student(walk=walk)
    bn_param = one.put("bn_param", {"mode": "train"})
    one.walk(X, bn_param)
    assert bn_param["running_mean"].tolist() == [1, 1, 1]
    assert "no entry 'running_var'" in fault(lambda: bn_param["running_var"]).message


def test_a_cache_goes_back_as_the_object_it_was() -> None:
    cache = object()
    seen = []
    one = student(walk=lambda x: (x, cache), back=lambda dout, c: seen.append(c) or dout)
    _, handle = one.walk(X)
    one.back(X, handle)
    assert seen[0] is cache


def test_the_loss_is_one_number() -> None:
    class Net:
        def loss(self, X: Any, y: Any) -> Any:
            return np.ones(2), {}

    net = student(Net=Net).Net()
    caught = fault(lambda: net.loss(X, X))
    assert isinstance(caught, WrongShape)
    assert caught.message == "`loss` holds several numbers; one number is asked for."


@pytest.mark.parametrize(
    ("asked", "value", "says"),
    [
        ("name", 3, "`name` is a int; text is asked for."),
        ("name", None, "`name` is None."),
        ("name", np.array("a"), "`name` is a ndarray; text is asked for."),
        ("count", [("a", 1)], "`counts` is a list; a dictionary is asked for."),
        ("count", {1: object()}, "`counts` is a dict; a dictionary is asked for."),
        ("average", "3", "`mean` is a str; an array of numbers is asked for."),
        ("plain", object(), "`value` is a object; a plain value is asked for."),
    ],
)
def test_a_value_of_another_kind_is_told(asked: str, value: Any, says: str) -> None:
    assert fault(getattr(returning(value), asked)).message == says


def test_a_plain_value_may_be_none_and_a_tuple() -> None:
    assert returning(None).plain() is None
    assert returning((1, "a")).plain() == (1, "a")
    assert returning(()).plain() == ()


def test_a_variable_that_students_set_is_a_dictionary() -> None:
    assert student(settings={"lr": 0.5, "who": len}).settings == {"lr": 0.5, "who": None}
    caught = fault(lambda: student(settings=3).settings)
    assert caught.message == "`settings` is a int, but a dictionary is asked for."
    assert fault(lambda: student().settings).verdict is Verdict.MISSING


def test_what_the_reference_does_not_declare_is_our_mistake() -> None:
    with pytest.raises(AttributeError, match="declares no answer `other`"):
        _ = student().other
    net = student(Net=type("Net", (), {})).Net()
    with pytest.raises(AttributeError, match="declares no member `train`"):
        _ = net.train
    with pytest.raises(TypeError, match="declares no way to call `loss`"):
        net.loss(1, 2, 3)


def test_the_trace_holds_every_value_in_order() -> None:
    one = student(name=lambda: "a", scale=lambda: [1, 2], plain=lambda: {"k": (1, "x")})
    one.name(), one.scale(), one.plain()
    text, array, plain = one.trace
    assert (text, array.tolist(), plain) == ("a", [1, 2], {"k": (1, "x")})


def test_what_a_reference_imports_may_be_callable_without_being_an_answer() -> None:
    reference = ModuleType("reference")

    @answer("out")
    def double(x: Any) -> Any:
        return 2 * x

    # These have no __dict__; whether list[int] has one depends on Python's version.
    vars(reference).update(root=math.sqrt, Table=list[int], double=double, again=double)
    assert list(declared_in(reference)) == ["double"]


def test_a_global_that_is_passed_on_and_not_there_is_to_blame_itself() -> None:
    one = student(scale=lambda x: x)
    assert np.array_equal(one.scale(X), X)
    assert "`nothing.here`" in fault(lambda: one.scale(one.get("nothing.here"))).message


def test_entries_of_an_attribute_are_set_in_one_request() -> None:
    class Net:
        def __init__(self) -> None:
            self.params = {"W": np.zeros(2)}

    net = student(Net=Net).Net()
    net.update("params", {"W": np.ones(2)})
    assert np.array_equal(net.params["W"], np.ones(2))


@pytest.mark.parametrize("params", [[], property(lambda _: 1 / 0), None])
def test_where_entries_cannot_be_set_the_blame_is_as_in_two_requests(params: Any) -> None:
    net = student(Net=type("Net", (), {} if params is None else {"params": params})).Net()
    one = fault(lambda: (net.update("params", {}), net.loss(X)))
    two = fault(lambda: (net.params.update({}), net.loss(X)))
    assert one.message == two.message
