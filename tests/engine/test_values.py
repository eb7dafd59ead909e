"""What is sent arrives as it is, either way: in the sandbox and in proofs."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from machine import need
from value_answers import ANSWERS, CODE, PANDAS

from autograder.checking.faults import CheckFailed, Raised, StudentFault
from autograder.checking.peers import LocalPeer
from autograder.checking.student import Student
from autograder.sandbox import Sandbox, SourceCell
from autograder.sandbox.wire import WireError


@pytest.fixture(scope="module", params=["proof", "sandbox"])
def peer(request: pytest.FixtureRequest) -> Iterator[Any]:
    if request.param == "proof":
        names: dict[str, Any] = {}
        exec(compile(CODE, "<cell 0>", "exec"), names)
        yield LocalPeer(names, {"0": CODE})
        return
    with Sandbox() as sandbox:
        need(sandbox)
        with sandbox.session({}) as session:
            (run,) = session.run([SourceCell("code", CODE)])
            assert run.status == "ok", run
            with session.fork() as branch:
                yield branch


@pytest.fixture
def student(peer: Any) -> Student:
    return Student(peer, ANSWERS)


VALUES = [
    2**63, -(2**200), 0, 1.5, True, None, 1 + 2j, "é", b"\x00\xff", (), (1, (2.0, "x")), [],
    {1, "a", b"b", (2, 3)}, frozenset({4}), {b"abc", b"d"}, {1: "a", (2, b"x"): {3.5: [None]}},
    {"deep": {"er": [{"est": ()}]}}, float("inf"), [1] * 40, [1.5] * 40, ["a", 1, None],
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=map(str, range(len(VALUES))))
def test_a_plain_value_crosses_both_ways_as_it_is(student: Student, value: Any) -> None:
    got = student.same(value)
    assert (type(got), got) == (type(value), value)
    assert student.types(value) == type(value).__name__


@pytest.mark.parametrize(
    "value",
    [np.arange(6.0).reshape(2, 3), np.array(["a", "bcd"]), np.ones((2, 1), np.complex64) * 1j,
     np.array(5), np.zeros((0, 3), np.float32), np.array([True, False])],
    ids=lambda value: str(value.dtype),
)  # fmt: skip
def test_an_array_of_numbers_or_text_crosses_both_ways_as_it_is(
    student: Student, value: Any
) -> None:
    got = student.same(value)
    assert (got.dtype, got.shape) == (value.dtype, value.shape)
    assert np.array_equal(got, value)


def nested(depth: int) -> Any:
    value: Any = np.array([1.0, 2.0])
    for level in range(depth):
        value = {level: value} if level % 2 else [value]
    return value


def test_the_deepest_collections_cross_and_deeper_ones_are_ours(student: Student) -> None:
    got = student.same(nested(64))
    for level in reversed(range(64)):
        got = got[level] if level % 2 else got[0]
    assert got.tolist() == [1.0, 2.0]
    with pytest.raises(WireError, match="nested deeper than allowed"):
        student.same(nested(70))
    assert student.same(1) == 1


@pytest.mark.parametrize("value", [len, object(), np.array([None]), [1, {2: lambda: 3}]])
def test_what_is_no_value_is_our_fault_before_anything_is_sent(
    student: Student, value: Any
) -> None:
    with pytest.raises(WireError, match=r"\w+ does not cross|arrays of object do not cross"):
        student.same(value)
    assert student.same(1) == 1


def test_a_hundred_entries_and_sixty_five_values_are_an_answer(student: Student) -> None:
    assert student.hundred() == {f"key {n}": n for n in range(100)}
    assert student.many() == tuple(range(65))


def test_keys_arrive_as_they_are(student: Student) -> None:
    assert student.by_number() == {1: "one", -7: [2.5, None]}
    assert student.by_pair() == {(1, "a"): {2, 3}, (0, ()): b"x"}


def test_a_huge_integer_comes_back_as_that_integer(student: Student) -> None:
    got = student.large()
    assert (type(got), got) == (int, 2**70)


def test_pythons_other_dictionaries_are_dictionaries(student: Student) -> None:
    assert student.counted() == {"a": 5, "b": 2, "r": 2, "c": 1, "d": 1}
    assert student.grouped() == {1: [2]}


def test_functions_and_methods_take_keyword_arguments(student: Student) -> None:
    box = student.Box(size=4)
    assert box.grow(2) == 6
    assert box.grow(by=1, times=3) == 9
    assert box.size == 9
    with student.printing():
        assert student.greet("ada", loud=True) == "ada"


def test_what_returns_nothing_can_be_called(student: Student) -> None:
    box = student.Box(size=4)
    assert box.clear() is None
    assert box.size == 0
    assert student.nothing(3) is None


def test_an_attribute_and_a_variable_may_be_a_tuple(student: Student) -> None:
    assert student.Box().kind == ("box", 3)
    assert student.pair == ("a", 1)


def test_a_tuple_that_is_only_passed_on_stays_one_object(student: Student) -> None:
    assert student.read(student.state()) == 3


def test_printed_text_is_heard_within_the_block_only(student: Student) -> None:
    student.greet("before")
    with student.printing() as printed:
        student.greet("ada", loud=True)
        student.greet("alan")
    student.greet("after")
    assert printed.text == "Hello, ADA\nHello, alan\n"


@pytest.mark.parametrize(
    ("kind", "type_"),
    [("value", ValueError), ("zero", ZeroDivisionError), ("zero", ArithmeticError),
     ("own", LookupError)],
)  # fmt: skip
def test_an_expected_exception_passes_as_itself_or_as_what_it_refines(
    student: Student, kind: str, type_: type[BaseException]
) -> None:
    with student.raises(type_):
        student.fails(kind)
    with student.raises(KeyboardInterrupt, type_):
        student.fails(kind)


def test_another_exception_and_none_at_all_are_told(student: Student) -> None:
    with pytest.raises(CheckFailed) as other, student.raises(KeyError):
        student.fails("value")
    assert re.search(r"raised ValueError in .*; KeyError is asked for\.$", other.value.message)
    with pytest.raises(CheckFailed) as none, student.raises(KeyError):
        student.same(1)
    assert none.value.message == "Nothing was raised; KeyError is asked for."


def test_an_exception_names_the_student_s_own_type_and_never_its_message(
    student: Student,
) -> None:
    with pytest.raises(Raised) as caught:
        student.fails("own")
    assert caught.value.types[:3] == ("Empty", "Empty", "LookupError")
    assert '`raise Empty("hidden")`' in caught.value.message


def test_values_are_taken_from_an_iterator_bit_by_bit(student: Student) -> None:
    numbers = student.count(5)
    assert (numbers.take(2), numbers.take(9), numbers.take(1)) == ([0, 1], [2, 3, 4], [])


def test_a_dictionary_changed_in_place_is_read_back(student: Student) -> None:
    held = student.put("d", {3: "three", "list": None})
    student.change(held)
    assert held.plain() == {"list": [1, 2], (1, 2): "three"}


def test_a_figure_is_what_its_axes_show(student: Student) -> None:
    (axes,) = student.plot(np.arange(4.0))
    assert (axes["title"], axes["xlabel"], axes["legend"]) == ("A square", "x", ["square"])
    (line,) = axes["lines"]
    assert (line["x"].tolist(), line["y"].tolist()) == ([0, 1, 2, 3], [0, 1, 4, 9])


def test_a_second_figure_does_not_show_the_first(student: Student) -> None:
    student.plot(np.arange(4.0))
    (axes,) = student.plot(np.arange(3.0))
    assert [len(line["x"]) for line in axes["lines"]] == [3]


@pytest.mark.skipif(not PANDAS, reason="pandas is not installed")
def test_a_data_frame_is_its_columns_and_its_index(student: Student) -> None:
    table = student.table(3)
    assert list(table["columns"]) == ["size", "name", "when"]
    assert table["columns"]["size"].tolist() == [0.0, 1.5, 3.0]
    assert table["columns"]["when"] == ["x", "y", "z"]
    assert table["index"] == ["r1", "r2", "r3"]


@pytest.mark.skipif(not PANDAS, reason="pandas is not installed")
def test_a_missing_value_of_a_data_frame_is_right_where_one_is_expected(
    student: Student,
) -> None:
    from autograder.checking import compare

    compare.equal("table", student.gaps(), student.gaps())


@pytest.mark.parametrize("asked", ["table", "plot"])
def test_what_is_no_frame_and_no_figure_is_told(asked: str) -> None:
    wrong = Student(LocalPeer({asked: lambda: [1]}), ANSWERS)
    with pytest.raises(StudentFault, match=rf"^`{asked}` is a list; a .* is asked for\.$"):
        getattr(wrong, asked)()
