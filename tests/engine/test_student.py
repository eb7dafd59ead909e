"""Every reply is held against its signature before a check sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from autograder.checking.faults import StudentFault
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.model import Verdict
from autograder.sandbox.errors import StudentDied, StudentProtocol, StudentTimeout

X = np.ones((2, 3))


def student(**names: Any) -> Student:
    return Student(LocalPeer(names))


def returning(value: Any) -> Student:
    return student(affine_backward=lambda dout, cache: value)


def fault(ask: Callable[[], Any]) -> StudentFault:
    with pytest.raises(StudentFault) as caught:
        ask()
    return caught.value


def test_arrays_arrive_as_float64_copies_in_the_student_s_shape() -> None:
    given = np.ones((1, 3), dtype=np.float32)
    dx, _, _ = returning((given, given, given)).affine_backward(X, X)
    assert (dx.dtype, dx.shape) == (np.float64, (1, 3))
    dx[...] = 7
    assert given[0, 0] == 1


def test_lists_of_numbers_are_taken_as_arrays() -> None:
    dx, dw, db = returning([[1, 2], [[3.0]], [True]]).affine_backward(X, X)
    assert (dx.tolist(), dw.tolist(), db.tolist()) == ([1, 2], [[3]], [1])


@pytest.mark.parametrize(
    ("value", "says"),
    [
        (None, "returned None"),
        ((1, 2), "returned 2 values"),
        (7.0, "returned one float"),
        ((1, None, 3), "`dw` is None"),
        ((1, "x", 3), "`dw` is a str"),
        ((1, np.array([1j]), 3), "`dw` is a ndarray"),
        ((1, {}, 3), "`dw` is a dict"),
    ],
)
def test_a_reply_that_does_not_fit_is_the_student_s_with_a_sentence(value: Any, says: str) -> None:
    caught = fault(lambda: returning(value).affine_backward(X, X))
    assert says in caught.message
    assert caught.verdict is Verdict.FAILED


def test_an_exception_shows_its_type_and_never_its_message() -> None:
    def relu_forward(x: Any) -> None:
        raise ValueError(f"hidden input {x}")

    caught = fault(lambda: student(relu_forward=relu_forward).relu_forward(X))
    assert caught.verdict is Verdict.RAISED
    assert "raised ValueError" in caught.message
    assert "[[1" not in caught.message


def test_an_unanswered_stub_is_missing() -> None:
    def relu_forward(x: Any) -> None:
        raise NotImplementedError

    assert fault(lambda: student(relu_forward=relu_forward).relu_forward(X)).verdict is (
        Verdict.MISSING
    )


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
    assert fault(lambda: Student(Failing(error)).relu_forward(X)).verdict is verdict


def test_after_two_timeouts_a_function_is_not_called_again() -> None:
    peer = Failing(StudentTimeout())
    impatient = Student(peer)
    for _ in range(4):
        assert fault(lambda: impatient.relu_forward(X)).verdict is Verdict.TIMEOUT
    assert peer.asked == 2


def test_a_dictionary_changed_in_place_is_read_back_by_asking() -> None:
    def batchnorm_forward(x: Any, gamma: Any, beta: Any, bn_param: dict[str, Any]) -> Any:
        bn_param["running_mean"] = x.mean(axis=0)
        return x, None

    one = student(batchnorm_forward=batchnorm_forward)
    bn_param = one.dict(mode="train")
    one.batchnorm_forward(X, X[0], X[0], bn_param)
    assert bn_param["running_mean"].tolist() == [1, 1, 1]
    assert "no entry 'running_var'" in fault(lambda: bn_param["running_var"]).message


def test_a_cache_goes_back_as_the_object_it_was() -> None:
    cache = object()
    seen = []
    one = student(
        relu_forward=lambda x: (x, cache), relu_backward=lambda dout, c: seen.append(c) or dout
    )
    _, handle = one.relu_forward(X)
    one.relu_backward(X, handle)
    assert seen[0] is cache


def test_the_loss_is_one_number() -> None:
    class TwoLayerNet:
        def loss(self, X: Any, y: Any) -> Any:
            return np.ones(2), {}

    net = student(TwoLayerNet=TwoLayerNet).TwoLayerNet()
    assert "one number" in fault(lambda: net.loss(X, X)).message
