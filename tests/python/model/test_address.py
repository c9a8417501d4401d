"""Addresses as people write them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamport._lamport import parse_addresses


def test_lists():
    assert parse_addresses("") == []
    assert parse_addresses(" a:1 , [::1]:2") == [("a", 1), ("::1", 2)]


@pytest.mark.parametrize(
    "entry",
    [
        "",
        "host",
        "host:",
        ":5001",
        "host:0",
        "host:65536",
        "host:x",
        "host:-1",
        "host:+1",
        "::1:5001",
        "[::1:5001",
        "a b:1",
        "host:५",
    ],
)
def test_bad_entries_are_shown_with_the_form(entry):
    with pytest.raises(ValueError, match="the form is host:port") as caught:
        parse_addresses(f"good:5001,{entry}")
    assert f'bad peer "{entry}"' in str(caught.value)


@given(st.lists(st.tuples(st.ip_addresses().map(str), st.integers(1, 65535)), min_size=1))
def test_written_and_read(addresses):
    written = [f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in addresses]
    assert parse_addresses(",".join(written)) == addresses
