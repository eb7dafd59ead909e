"""A message is no way out for hidden inputs: what an answer may choose in it tells few bits."""

import numpy as np
import pytest

from autograder.checking.compare import shape
from autograder.checking.faults import StudentFault, WrongShape
from autograder.checking.values import numbers, one_number
from autograder.diagnosis.outline import outline
from autograder.sandbox import POLICY, StudentRaised
from autograder.sandbox.places import SourceCell, Sources
from autograder.sandbox.requests import Item, read_reply
from autograder.sandbox.wire import Handle


def told(got: tuple[int, ...], expected: tuple[int, ...]) -> str:
    with pytest.raises(WrongShape) as wrong:
        shape("dx", np.zeros(got), expected)
    return str(wrong.value)


def test_a_shape_carries_no_number_but_those_of_the_right_one():
    shapes = [(a, b) for a in range(2, 40) for b in range(2, 40) if (a, b) != (7, 5)]
    assert len({told(got, (7, 5)) for got in shapes}) == 9 - 1
    assert told((31, 5), (7, 5)) == (
        "dx has shape (?, 5), where ? is another length; it should be (7, 5)."
    )


def test_the_number_of_axes_carries_nothing():
    assert len({told((1,) * axes, (7, 5)) for axes in range(4, 20)}) == 1


def test_an_honest_shape_is_said():
    assert told((5, 7), (7, 5)) == ("dx has shape (5, 7); it should be (7, 5). Is it transposed?")
    assert told((1, 5), (5,)) == "dx has shape (1, 5); it should be (5,)."


def test_where_one_number_is_asked_for_no_shape_is_said():
    messages = set()
    for size in range(2, 60):
        with pytest.raises(WrongShape) as wrong:
            one_number(np.zeros(size), "loss")
        messages.add(str(wrong.value))
    assert len(messages) == 1


def test_a_text_s_length_is_not_said():
    messages = set()
    for length in range(1, 60):
        item = Item(Handle(0), np.array(["x" * length]), True, "ndarray")
        with pytest.raises(StudentFault) as wrong:
            numbers(item, "out", "f")
        messages.add(str(wrong.value))
    assert len(messages) == 1


def raised(source: str, **error) -> StudentRaised:
    sources = Sources()
    sources.add("0", SourceCell("a", source))
    told = {"type": "ValueError", "bases": [], "places": [["0", 2]], "name": "", "about": ""}
    with pytest.raises(StudentRaised) as found:
        read_reply({"ok": False, "error": told | error}, POLICY, sources)
    return found.value


def test_what_was_returned_cannot_be_tried_out_against_its_digest():
    """Whoever sees the JSON of a grade has the digest, and can choose what to return."""
    returned = [np.array([0.25])]
    digests = {outline(returned, secret) for secret in (b"of one course", b"of another", b"")}
    assert len(digests) == 3


LINES = "def f(x):\n    return hidden + value"


def test_a_line_is_quoted_only_where_there_are_not_too_many_to_choose_from():
    assert raised(LINES).line == "return hidden + value"
    assert raised(LINES + "\nraise ValueError" * 3000).line is None


def test_the_name_that_is_missing_stands_in_the_line():
    source = LINES + "\nother = 1"
    assert raised(source, type="NameError", name="hidden").name == "hidden"
    assert raised(source, type="NameError", name="other").name == ""


def test_an_exception_s_name_is_python_s_or_one_of_few_classes():
    few = LINES + "\nclass Own(ValueError): pass\nword = 1"
    many = LINES + "".join(f"\nclass Own{n}(ValueError): pass" for n in range(100))
    assert raised(few, type="Own").type_name == "Own"
    assert raised(few, type="word").type_name == "Exception"
    assert raised(few, type="sqrt").type_name == "Exception"
    assert raised(many, type="Own7").type_name == "Exception"
