"""The wire: what may cross comes back the same, and no bytes whatever do more than be refused."""

import json
import struct
from contextlib import suppress

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

from autograder.sandbox import POLICY, wire
from autograder.sandbox.inside.bounds import DEPTH
from autograder.sandbox.wire import Handle, Limits, WireError, decode


def encode(message):
    return b"".join(wire.encode(message))


unhurried = settings(deadline=None, max_examples=300)  # the machine may be busy
numbers = st.floats(allow_nan=False) | st.integers(-(2**63) + 1, 2**63 - 1)
arrays = nps.arrays(
    st.sampled_from(["?", "i1", "u2", "i4", "i8", "f2", "f4", "f8", "c8", "c16"]),
    nps.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
) | nps.arrays(
    "U3",
    nps.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    elements=st.text(
        st.characters(codec="utf-8", exclude_characters="\0"), max_size=3
    ),  # halves of characters come out as question marks
)
handles = st.integers(0, 2**40).map(Handle)
hashable = st.recursive(
    st.none() | st.booleans() | st.integers() | numbers | st.text(max_size=4) | st.binary()
    | st.complex_numbers(allow_nan=False),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)  # fmt: skip
plain = hashable | st.sets(hashable, max_size=4) | handles | arrays
values = st.recursive(
    plain,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.lists(inner, max_size=4).map(tuple)
        | st.dictionaries(st.text(max_size=5), inner, max_size=4)
        | st.dictionaries(hashable, inner, max_size=4)
    ),
    max_leaves=12,
)


def same(left, right) -> bool:
    """Equality that knows arrays, NaN and the difference between lists and tuples."""
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.tobytes() == right.tobytes()
    if isinstance(left, (list, tuple)):
        return type(left) is type(right) and all(map(same, left, right)) and len(left) == len(right)
    if isinstance(left, dict):
        return len(left) == len(right) and all(map(same, left.items(), right.items()))
    return type(left) is type(right) and left == right


@given(st.dictionaries(st.text(max_size=5), values, max_size=4))
@unhurried
def test_what_is_encoded_decodes_to_the_same(message):
    assert same(decode(encode(message)), message)


@given(st.binary(max_size=200))
@unhurried
def test_any_bytes_are_a_message_or_a_wire_error(data):
    with suppress(WireError):
        assert type(decode(data)) is dict


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["a", "d", "t", "h", "x", "m", "s", "f", "i", "c", "l", "b"]),
            inner,
            max_size=2,
        )
        | st.tuples(st.sampled_from(["<f8", "|b1", "|O", "<U9", "<f8,<f8"]), inner).map(
            lambda pair: {"a": list(pair)}
        )
    ),
    max_leaves=8,
)


@given(json_values, st.binary(max_size=40))
@unhurried
def test_any_header_is_a_message_or_a_wire_error(tree, rest):
    with suppress(WireError):
        assert type(decode(framed({"d": {"x": tree}}, rest))) is dict


@given(st.dictionaries(st.text(max_size=5), values, max_size=3), st.data())
@unhurried
def test_a_message_cut_short_is_a_wire_error(message, data):
    whole = encode(message)
    cut = data.draw(st.integers(0, len(whole) - 1))
    with pytest.raises(WireError):
        decode(whole[:cut])


def framed(tree, rest=b"") -> bytes:
    header = json.dumps(tree).encode()
    return struct.pack("<I", len(header)) + header + rest


def array(dtype, shape, rest=b""):
    return framed({"d": {"x": {"a": [dtype, shape]}}}, rest)


@pytest.mark.parametrize(
    "data",
    [
        array("|O", [1], b"\0" * 8),
        array("<U4", [1], b"\0" * 15),
        array("<U-1", [1], b"\0" * 16),
        array("<U9999999999", [0], b""),
        array("|S4", [1], b"\0" * 4),
        array("<M8[s]", [1], b"\0" * 8),
        array("<c32", [1], b"\0" * 32),
        framed({"d": {"x": {"s": [[1]]}}}),
        framed({"d": {"x": {"m": [[1]]}}}),
        framed({"d": {"x": {"m": [[[], 1]]}}}),
        framed({"d": {"x": {"i": "12"}}}),
        framed({"d": {"x": {"i": "0x"}}}),
        framed({"d": {"x": {"c": [1.0]}}}),
        framed({"d": {"x": {"b": 3}}}, b"ab"),
        framed({"d": {"x": {"l": ["<f8", 2]}}}, b"\0" * 16),
        framed({"d": {"x": {"l": ["<f8", [2]]}}}, b"\0" * 8),
        framed({"d": {"x": {"l": ["<f8", []]}}}, b"\0" * 8),
        framed({"d": {"x": {"l": ["<f8", [2**30, 0]]}}}),
        framed({"d": {"x": {"l": ["<f8", ["1"]]}}}, b"\0" * 8),
        framed({"d": {"x": {"l": ["<M8[s]", [1]]}}}, b"\0" * 8),
        framed({"d": {"x": {"t": [], "s": []}}}),
        array("<f8", [-1], b""),
        array("<f8", [2**40], b""),
        array("<f8", [2**31 - 1, 2**31 - 1, 0], b""),
        array("<f8", [1.0], b"\0" * 8),
        array("<f8", [True], b"\0" * 8),
        array("<f8", [1] * 40, b"\0" * 8),
        array("<f8", [1], b"\0" * 7),
        array("<f8", [1], b"\0" * 9),
        framed([1, 2]),
        framed({"d": {}, "t": []}),
        framed({"d": {"x": {"h": -1}}}),
        framed({"d": {"x": 10**30}}),
        framed({"d": {"x": {"pickle": "cos\nsystem"}}}),
        struct.pack("<I", 2**31) + b"{}",
        struct.pack("<I", 10**5) + b"[" * 10**5,
        struct.pack("<I", 5000) + b"1" * 5000,
    ],
)
def test_what_is_not_plain_is_refused(data):
    with pytest.raises(WireError):
        decode(data)


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (Limits(depth=3), {"x": [[[[1]]]]}),
        (Limits(nodes=10), {"x": ["a"] * 20}),
        (Limits(header_bytes=50), {"x": "y" * 50}),
        (Limits(array_bytes=79), {"x": np.zeros(10)}),
        (Limits(ndim=2), {"x": np.zeros((1, 1, 1))}),
    ],
)
def test_every_limit_is_kept(limits, message):
    data = encode(message)
    decode(data)
    with pytest.raises(WireError):
        decode(data, limits)


@pytest.mark.parametrize("value", [object(), np.array([None]), {1: len}, {len}, len, ...])
def test_what_is_not_plain_is_not_sent(value):
    with pytest.raises(WireError):
        encode({"x": value})


@pytest.mark.parametrize("kind", [bytes, bytearray])
@pytest.mark.parametrize("first", [np.arange(3.0), np.arange(3, dtype=np.int8), np.zeros(0)])
def test_decoded_arrays_can_be_written_to_apart_from_each_other_and_begin_evenly(kind, first):
    sent = {"name" * n: array for n, array in enumerate((first, np.arange(4.0), np.arange(2)), 1)}
    got = decode(kind(encode(sent)))
    for name, array in sent.items():
        assert got[name].flags.writeable
        assert got[name].flags.aligned
        got[name] += 1
        assert np.array_equal(array, got[name] - 1)


def test_a_bool_that_is_neither_becomes_one():
    x = decode(array("|b1", [2], b"\x07\x00"))["x"]
    assert x.tobytes() == b"\x01\x00"


def test_a_lone_surrogate_becomes_a_question_mark():
    assert decode(framed({"d": {"x": "\ud800"}})) == {"x": "?"}


def test_arrays_of_any_order_and_stride_keep_their_values():
    x = np.arange(12.0).reshape(3, 4)
    for variant in (x.T, x[::2, ::-1], np.asfortranarray(x), x.astype(">f8")):
        assert np.array_equal(decode(encode({"x": variant}))["x"], variant)


def test_keys_that_are_made_to_collide_are_refused():
    alike = [n * (2**61 - 1) for n in range(1, 200)]
    for message in ({"x": dict.fromkeys(alike)}, {"x": set(alike)}, {"x": {(n, 1) for n in alike}}):
        with pytest.raises(WireError, match="made to be slow"):
            decode(encode(message))
    decode(encode({"x": dict.fromkeys(alike[:60]), "y": set(range(10_000))}))


@pytest.mark.parametrize("value", [2**63, -(2**63), 2**64, -(2**4000), 10**10_000], ids=hash)
def test_an_integer_of_any_size_comes_back(value):
    assert decode(encode({"x": value, "y": {value: [value] * 20}})) == {
        "x": value, "y": {value: [value] * 20},
    }  # fmt: skip


def nested(depth, wrap):
    value = 1
    for _ in range(depth):
        value = wrap(value)
    return value


@pytest.mark.parametrize(
    "wrap",
    [lambda v: [v], lambda v: (v,), lambda v: {"k": v}, lambda v: {1: v}, lambda v: frozenset([v])],
    ids=["list", "tuple", "dict", "any keys", "set"],
)
def test_depth_is_bounded_and_counts_levels_of_any_kind_alike(wrap):
    limits = Limits(depth=DEPTH + 8)
    deepest = {"x": nested(DEPTH, wrap)}
    assert decode(encode(deepest), limits) == deepest
    with pytest.raises(WireError, match="nested deeper"):
        encode({"x": nested(DEPTH + 3, wrap)})


def test_the_same_set_is_the_same_bytes():
    members = ["b", b"a", 3, (1, b"xy"), b"xy", "a", None]
    assert encode({"x": set(members)}) == encode({"x": {*members[::-1]}})


def test_a_text_that_is_none_becomes_question_marks():
    codes = np.array([0xD800, 0x110000, ord("a")], "<u4").tobytes()
    assert decode(array("<U3", [1], codes))["x"].tolist() == ["??a"]


def test_rows_of_a_list_are_no_objects_of_json():
    rows = np.arange(180_000.0).reshape(90_000, 2).tolist()
    data = encode({"rows": rows})
    assert decode(data, POLICY.reply_limits)["rows"] == rows


@pytest.mark.parametrize(
    "nested", [[[1.0] * 20, [1.0] * 19], [[1.0] * 20, [1] * 20], [[]] * 20, [[[]] * 20] * 20]
)
def test_lists_that_are_no_block_stay_what_they_are(nested):
    assert decode(encode({"x": nested}))["x"] == nested
