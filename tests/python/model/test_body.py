"""What messages say: JSON as Python writes it, of what JSON says exactly."""

import collections
import enum
import json
import math
import random
import struct
import sys
from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lamport._lamport import body_text, body_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(-(2**70), 2**70),
    st.floats(allow_nan=False, allow_infinity=False),
    TEXTS,
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner), st.lists(inner).map(tuple), st.dictionaries(TEXTS, inner, max_size=5)
    ),
    max_leaves=30,
)


def identical(one, other):
    """Whether two values are equal and of the same classes, in the same order."""
    return repr(one) == repr(other)


@settings(max_examples=600, deadline=None)
@given(VALUES)
def test_a_body_is_what_json_writes_and_reads(value):
    text = body_text(value)
    assert text == json.dumps(value)
    assert identical(body_value(text), json.loads(text))


@settings(max_examples=300, deadline=None)
@given(VALUES, st.sampled_from([None, 0, 3, "\t"]), st.booleans())
def test_json_of_others_is_read_as_python_reads_it(value, indent, ascii_only):
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert identical(body_value(text), json.loads(text))


def test_floats_are_those_of_python():
    chance = random.Random(1)
    numbers = [struct.unpack("d", chance.randbytes(8))[0] for _ in range(20_000)]
    numbers += [sign * 10.0**power for power in range(-330, 309) for sign in (1, -1)]
    numbers += [chance.randrange(10**17) / 10 ** chance.randrange(25) for _ in range(20_000)]
    # In the middle between two texts of equal length.
    numbers += [
        chance.randrange(2 ** chance.randrange(1, 70)) / 2 ** chance.randrange(60) for _ in range(60_000)
    ]
    numbers += [0.0, -0.0, 5e-324, sys.float_info.max, sys.float_info.min, 2.0**-44, 9007199254740993.0]
    numbers = [number for number in numbers if math.isfinite(number)]
    for number in numbers:
        assert body_text(number) == repr(number)
        assert identical(body_value(repr(number)), number)


def test_whole_numbers_are_exact_however_long_they_are():
    chance = random.Random(2)
    numbers = [2**bits + step for bits in range(0, 400, 7) for step in (-1, 0, 1)]
    numbers += [10**digits + step for digits in range(60) for step in (-1, 0, 1)]
    for number in numbers:
        for signed in (number, -number):
            assert body_text(signed) == str(signed)
            assert body_value(str(signed)) == signed
    # Beyond what Python itself converts to decimal.
    for digits in (4_300, 4_301, 30_000, 65_535):
        for number in (10 ** (digits - 1), chance.randrange(10**digits)):
            text = body_text(number)
            assert body_value(text) == number
            assert body_value(f"-{text}") == -number
    assert body_text(10**5_000) == "1" + "0" * 5_000


def looped():
    inner = {}
    inner["again"] = [inner]
    return inner


def deep(levels):
    value = 1
    for _ in range(levels):
        value = [value]
    return value


class Colour(enum.IntEnum):
    RED = 1


class Pair(NamedTuple):
    a: int
    b: int


class Unshown:
    def __repr__(self):
        raise RuntimeError


@pytest.mark.parametrize(
    ("value", "error", "words"),
    [
        ({"a": [0, 1, 2, {3}]}, TypeError, r'body\["a"\]\[3\] is \{3\} of class set'),
        ({"a": {1: 2}}, TypeError, r'body\["a"\] has the key 1 of class int: the keys of a body are str'),
        ([b"x"], TypeError, r"body\[0\] is b'x' of class bytes"),
        (np.float64(1), TypeError, r"of class numpy.float64: it would arrive as float: give float"),
        (np.int64(1), TypeError, r"of class numpy.int64"),
        (np.zeros(2), TypeError, r"of class numpy.ndarray"),
        (Colour.RED, TypeError, r"would arrive as int: give int"),
        (Pair(1, 2), TypeError, r"would arrive as list: give list"),
        (collections.Counter("a"), TypeError, r"would arrive as dict: give dict"),
        ((x for x in "a"), TypeError, r"of class generator"),
        (object, TypeError, r"of class type"),
        (Unshown(), TypeError, r"body is it of class .*Unshown"),
        (math.nan, ValueError, r"body is nan: JSON has finite numbers only"),
        ({"x": (1, -math.inf)}, ValueError, r'body\["x"\]\[1\] is -inf'),
        (["a", "\ud83d"], ValueError, r"body\[1\] is '.ud83d': a surrogate without its other half"),
        ({"\udc00": 1}, ValueError, r"a surrogate without its other half"),
        (looped(), ValueError, r'body\["again"\]\[0\].* contains itself'),
        (deep(101), ValueError, r"is deeper than 100"),
        ("x" * 65_535, ValueError, r"longer than 65536 bytes"),
        ({"x": ["\u00e4" * 11_000]}, ValueError, r'body\["x"\]\[0\] is where its JSON becomes longer'),
        (10**65_536, ValueError, r"longer than 65536 bytes"),
        ([1] * 30_000, ValueError, r"body\[21845\] is where its JSON becomes longer"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_does_not_say_exactly_is_refused_with_its_place(value, error, words):
    with pytest.raises(error, match=words):
        body_text(value)


def test_a_body_may_be_as_long_and_as_deep_as_is_said():
    assert body_value(body_text("x" * 65_534)) == "x" * 65_534
    assert body_value(body_text(deep(100))) == deep(100)
    twice = [1]
    assert body_text([twice, twice]) == "[[1], [1]]"


def test_the_value_has_the_name_that_is_given():
    with pytest.raises(TypeError, match=r'^arguments\["hold"\] is \{1\}'):
        body_text({"hold": {1}}, "arguments")


@pytest.mark.parametrize(
    "text",
    ["", " ", "nul", "NaN", "Infinity", "-", "01", "1.", ".5", "1e", "1e999", "+1", "[1,]", "[1", "[", "{",
     '{"a"}', '{"a":}', '{"a":1,}', "{1:2}", '"', '"\\x"', '"\\u12"', '"\\u+123"', '"\\ud800"', '"\\udc00"',
     '"\\ud800\\n"', '"\\ud800\\u0041"', '"\n"', "1 2", "[1]]", "'a'", "0x1", "1_000", "tru", '"\\',
     '"\\u', "[" * 101 + "]" * 101, "[" * 60_000],
    ids=lambda text: ascii(text[:20]),
)  # fmt: skip
def test_what_is_no_body_is_refused(text):
    with pytest.raises(ValueError, match="is no body: at byte"):
        body_value(text)


def test_objects_are_new_each_time():
    one, other = body_value('{"a": [1]}'), body_value('{"a": [1]}')
    one["a"].append(2)
    assert other == {"a": [1]}


@settings(max_examples=300, deadline=None)
@given(st.text(st.sampled_from('[]{}:,"\\0123456789eE+-. \tntrufalsebx\u00e4\U0001f600'), max_size=24))
def test_any_text_is_read_as_python_reads_it_or_refused(text):
    try:
        expected = json.loads(text, parse_constant=lambda _: 1 / 0)
        json.dumps(expected, allow_nan=False).encode()
    except (ValueError, ZeroDivisionError):
        expected = ValueError
    if expected is ValueError:
        with pytest.raises(ValueError, match="is no body"):
            body_value(text)
    else:
        assert identical(body_value(text), expected)
