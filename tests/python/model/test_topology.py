"""Names, mappings and graphs to lists of peers."""

import networkx as nx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lamport._model.topology import adjacency, resolve, to_mapping


@pytest.mark.parametrize(
    ("name", "peers"),
    [
        ("full", [[1, 2, 3], [0, 2, 3], [0, 1, 3], [0, 1, 2]]),
        ("ring", [[1, 3], [0, 2], [1, 3], [0, 2]]),
        ("star", [[1, 2, 3], [0], [0], [0]]),
        ("line", [[1], [0, 2], [1, 3], [2]]),
    ],
)
def test_names(name, peers):
    assert [sorted(row) for row in adjacency(name, 4)] == peers


def test_mapping_may_leave_out_those_without_peers():
    assert adjacency({1: [2, 3]}, 3) == [[1, 2], [], []]
    assert adjacency({"1": [2], "2": [1]}, 2) == [[1], [0]]


def test_graphs():
    assert adjacency(nx.path_graph([1, 2, 3]), 3) == [[1], [0, 2], [1]]
    assert adjacency(nx.DiGraph([(2, 1), (1, 3)]), 3) == [[2], [0], []]
    assert adjacency(nx.Graph([("paris", "rome"), ("rome", "oslo")]), 3) == [[1], [0, 2], [1]]
    assert adjacency(nx.path_graph(3), 3) == [[1], [0, 2], [1]]


@pytest.mark.parametrize(
    ("topology", "message"),
    [
        ({1: [1]}, "machine 1 lists itself"),
        ({1: [2, 2]}, "lists a peer twice"),
        ({1: [4]}, "largest 4"),
        ({0: [1]}, "0 is not a machine"),
        ({1: [-1]}, "-1 is not a machine"),
        ({1: [1.5]}, "1.5 is not a machine"),
        ({1: ["x"]}, "'x' is not a machine"),
        ({1: 2}, "give a list"),
        ({1: "2"}, "give a list"),
        ({1: [2], "1": [2]}, "listed twice"),
        (nx.Graph([(1, 2), (2, 2)]), "machine 2 lists itself"),
        (17, "topology 17 is not known"),
    ],
)
def test_bad_topologies(topology, message):
    with pytest.raises(ValueError, match=message):
        adjacency(topology, 2)


def test_unknown_name():
    with pytest.raises(ValueError, match="mesh"):
        adjacency("mesh", 3)


def test_machine_count():
    assert resolve(None, None, "ring")[0] == 3
    assert resolve(5, None, "ring")[0] == 5
    assert resolve(None, [1, 2], "full")[0] == 2
    assert resolve(None, None, {1: [2], 2: [3]})[0] == 3
    assert resolve(2, [1, 2], {1: [2]})[0] == 2


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((3, [1, 2], "full"), "machines=3, but rates has 2 values"),
        ((3, None, {1: [2]}), "machines=3, but topology has 2 machines"),
        ((None, [1, 2, 3], {1: [2]}), "rates has 3 values, but topology has 2 machines"),
        ((0, None, "full"), "machines=0: there must be at least 1"),
        ((None, [], "full"), "rates has 0 values"),
        ((2.5, None, "full"), "machines=2.5"),
        ((True, None, "full"), "machines=True"),
    ],
)
def test_conflicts_name_both_values(arguments, message):
    with pytest.raises(ValueError, match=message):
        resolve(*arguments)


@given(st.integers(1, 8).flatmap(lambda n: st.lists(st.sets(st.integers(0, n - 1)), min_size=n, max_size=n)))
def test_mapping_and_back(rows):
    peers = [sorted(row - {machine}) for machine, row in enumerate(rows)]
    assert adjacency(to_mapping(peers), len(peers)) == peers
