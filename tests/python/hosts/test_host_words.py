"""What a host may be, what is run there, and which machines it has."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

import lamport
from lamport._hosts.blocks import blocks, default_machines
from lamport._hosts.host import as_hosts

AGENT = ["python3", "-m", "lamport.agent"]


def test_ssh_gets_the_host_behind_all_options():
    words = lamport.Host("lab@a").words
    assert words == [
        *("ssh", "-T", "-o", "BatchMode=yes", "-o", "ConnectTimeout=10"),
        *("-o", "ServerAliveInterval=5", "-o", "ServerAliveCountMax=3", "--", "lab@a"),
        *AGENT,
    ]


@pytest.mark.parametrize(
    "where",
    [
        ["docker", "exec", "-i", "c1"],
        ("srun", "-w", "node3"),
        ["kubectl", "exec", "-i", "pod", "--"],
        ["ip", "netns", "exec", "h1"],
    ],
)
def test_other_commands_run_the_same_three_words(where):
    host = lamport.Host(where, python="/opt/py-3.12/bin/python3")
    assert host.words == [*where, "/opt/py-3.12/bin/python3", "-m", "lamport.agent"]
    assert host.name == " ".join(where)


@given(st.text(min_size=1, max_size=20))
def test_whatever_a_host_is_called_it_is_no_option_and_one_word(where):
    """ssh joins words for a shell there: nothing but the three words is ever its input."""
    try:
        words = lamport.Host(where).words
    except ValueError:
        return
    place = words.index("--")
    assert words[place + 1 :] == [where, *AGENT]
    assert not where.startswith("-")
    assert not any(sign.isspace() for sign in where)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"where": "-oProxyCommand=touch x"}, "begins with '-'"),
        ({"where": "user@-oProxyCommand=x"}, "begins with '-'"),
        ({"where": "a b"}, "is not a host that ssh connects to"),
        ({"where": "a\n"}, "is not a host that ssh connects to"),
        ({"where": ""}, "is not a host that ssh connects to"),
        ({"where": []}, "is not a host"),
        ({"where": ["docker", ""]}, "is not a host"),
        ({"where": ["-x"]}, "the first word is a program"),
        ({"where": 3}, "is not a host"),
        ({"where": "a", "python": "python3; rm x"}, "letters, digits and _ . / -"),
        ({"where": "a", "python": "-c"}, "letters, digits and _ . / -"),
        ({"where": "a", "python": "$(x)"}, "letters, digits and _ . / -"),
        ({"where": "a", "address": "10.0.0.1:80,x=1"}, "address='10.0.0.1:80,x=1' is not an address"),
        ({"where": "a", "address": "10.0.0.1:80"}, "without a port"),
        ({"where": "a", "listen": 3}, "listen=3 is not an address"),
        ({"where": "a", "ports": "9000"}, "ports='9000' are not ports"),
        ({"where": "a", "ports": "9100:9000"}, "are not ports"),
        ({"where": "a", "ports": "1:70000"}, "are not ports"),
        ({"where": "a", "ports": range(5)}, "are not ports"),
        ({"where": "a", "machines": 0}, "machines=0"),
        ({"where": "a", "machines": True}, "machines=True"),
        ({"where": "a", "adress": "x"}, "is 'address' meant"),
        ({"address": "x"}, "does not say where"),
    ],
)
def test_what_is_no_host_is_named(given, why):
    with pytest.raises(ValueError, match=r"hosts\[1\]: ") as raised:
        as_hosts(["fine", given])
    assert why in str(raised.value)


@pytest.mark.parametrize("hosts", ["a", {"where": "a"}, 3, None])
def test_a_single_host_is_not_a_list(hosts):
    with pytest.raises(ValueError, match="is not a list of hosts"):
        lamport.run_hosts(hosts)


def test_no_hosts():
    with pytest.raises(ValueError, match="hosts is empty"):
        lamport.run_hosts([])


def test_ports_are_first_and_last():
    assert lamport.Host("a", ports="9000:9100").ports == range(9000, 9101)
    assert lamport.Host("a", ports=range(9000, 9100)).ports == range(9000, 9100)


def test_python_of_all_hosts_is_that_of_those_that_say_none():
    hosts = as_hosts(["a", {"where": "b", "python": "own"}], "python3.12")
    assert [host.python for host in hosts] == ["python3.12", "own"]
    with pytest.raises(ValueError, match="python='a b' is not"):
        as_hosts(["a"], "a b")


@given(st.lists(st.none() | st.integers(1, 9), min_size=1, max_size=8), st.integers(1, 60))
def test_blocks_are_all_machines_once_and_in_order(counts, machines):
    hosts = [lamport.Host("a", machines=count) for count in counts]
    try:
        found = blocks(hosts, machines)
    except ValueError:
        said = sum(count or 1 for count in counts)
        assert said > machines or (None not in counts and said != machines)
        return
    assert [machine for block in found for machine in block] == list(range(1, machines + 1))
    free = [len(block) for block, count in zip(found, counts, strict=True) if count is None]
    assert all(len(block) == count for block, count in zip(found, counts, strict=True) if count)
    assert free == sorted(free, reverse=True)
    assert not free or free[0] - free[-1] <= 1


@pytest.mark.parametrize(("counts", "machines"), [([None], 3), ([None] * 5, 5), ([4, None], 5), ([1], 1)])
def test_machines_if_nothing_else_tells(counts, machines):
    assert default_machines([lamport.Host("a", machines=count) for count in counts]) == machines


def test_fewer_machines_than_hosts():
    with pytest.raises(ValueError, match="machines=2 for 3 hosts: each host has at least one machine"):
        lamport.run_hosts(["a", "b", "c"], machines=2)
    with pytest.raises(ValueError, match="of which hosts say 3"):
        lamport.run_hosts([lamport.Host("a", machines=3)], rates=[1, 1])
