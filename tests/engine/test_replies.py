"""Whatever a student's process says, it is an answer or the student's verdict, never our error."""

import socket
import struct
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from autograder.sandbox import POLICY, Budget, Fork, Reply, StudentError
from autograder.sandbox.cells import read_answer
from autograder.sandbox.outputs import clean, known_name, line_of
from autograder.sandbox.processes import Spent
from autograder.sandbox.wire import Handle, encode

WORDS = "ok tuple items error h k v type cell line output_type data stream display_data name text"
words = st.sampled_from([*WORDS.split(), "text/plain", "image/png", "traceback", "0", "x"])
unhurried = settings(deadline=None, max_examples=300)  # the machine may be busy
plain = (
    st.none()
    | st.booleans()
    | st.integers(-(2**62), 2**62)
    | st.floats()
    | words
    | st.text(max_size=4)
    | st.integers(0, 9).map(Handle)
    | nps.arrays(st.sampled_from(["?", "i8", "f4", "f8"]), nps.array_shapes(max_side=3))
)
values = st.recursive(
    plain,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=4),
    max_leaves=10,
)
items = st.fixed_dictionaries({"h": values, "k": values}, optional={"v": values})
near_misses = st.fixed_dictionaries(
    {},
    optional={
        "ok": st.booleans() | values,
        "tuple": st.booleans() | values,
        "items": st.lists(items | values, max_size=3) | values,
        "error": st.fixed_dictionaries({}, optional={"type": values, "cell": values}) | values,
    },
)
SOURCES = {"0": "x = 1\nraise Custom\n"}


class Host:
    """A session's part in a fork."""

    def __init__(self) -> None:
        self.policy, self.budget, self.sources = POLICY, Budget(10), SOURCES

    def fork_spent(self) -> Spent:
        return Spent(0.0, 0.0)

    def fork_over(self, error: StudentError | None) -> StudentError | None:
        return error


def answered(data: bytes) -> Reply | None:
    """Ask a process that answers with these bytes and hangs up."""
    ours, theirs = socket.socketpair()
    theirs.sendall(data)
    theirs.shutdown(socket.SHUT_WR)
    with theirs, Fork(ours, Host()) as fork, suppress(StudentError):
        return fork.request("get", name="x")
    return None


@given(near_misses | st.dictionaries(words, values, max_size=4))
@unhurried
def test_any_message_is_a_reply_or_the_students_fault(message):
    payload = b"".join(encode(message))
    reply = answered(struct.pack("<Q", len(payload)) + payload)
    for item in reply.items if reply else ():
        assert type(item.handle) is Handle
        assert item.kind.isidentifier()


@given(st.binary(max_size=100))
@unhurried
def test_any_bytes_are_a_reply_or_the_students_fault(data):
    answered(data)


near_outputs = st.fixed_dictionaries(
    {"output_type": words | values},
    optional={"data": values, "name": values, "text": values, "traceback": values},
)


@given(st.lists(values | near_outputs))
@unhurried
def test_any_outputs_become_notebook_outputs_or_the_students_fault(outputs):
    with suppress(StudentError):
        kinds = {output["output_type"] for output in clean(outputs, POLICY.outputs)}
        assert kinds <= {"stream", "display_data", "execute_result", "error"}


@given(values, values)
@unhurried
def test_any_place_is_a_line_of_our_copy_or_none(cell, lineno):
    line, number = line_of(SOURCES, cell, lineno)
    assert (line is None) == (number is None)
    assert line is None or line in SOURCES["0"]


@given(values)
@unhurried
def test_a_name_comes_out_only_if_it_is_known(name):
    assert known_name(name, SOURCES, frozenset({"ValueError"}), "?") in {
        "?",
        "ValueError",
        *words_of(),
    }


def words_of() -> set[str]:
    """The words of the source."""
    return {"x", "raise", "Custom"}


@given(st.fixed_dictionaries({"cpu": st.floats(0, 9)}, optional={
    "status": st.sampled_from(["ok", "error"]) | values, "outputs": values, "error": values,
}))  # fmt: skip
@unhurried
def test_any_answer_to_a_cell_is_a_run_or_the_students_fault(answer):
    with suppress(StudentError):
        assert read_answer("0", answer, SOURCES, POLICY.outputs).status in ("ok", "error")
