"""The prediction, through its Python face."""

import networkx as nx
import numpy as np
import pytest

import lamport


def test_three_machines():
    table = lamport.predict([1, 3, 6])
    assert table.index.tolist() == [1, 2, 3]
    assert table.index.name == "machine_id"
    assert table["clock_rate"].tolist() == [1, 3, 6]
    assert table["queue_growth"].tolist() == pytest.approx([0.5, 0, 0])
    assert table["load"].tolist() == pytest.approx([1.5, 0.375, 0.0625])


def test_every_way_to_say_fully_connected_agrees():
    named = lamport.predict([1, 6, 6])
    for topology in ({1: [2, 3], 2: [1, 3], 3: [1, 2]}, nx.complete_graph(3)):
        np.testing.assert_allclose(lamport.predict([1, 6, 6], topology=topology), named)


def test_behaviour_counts():
    busy = lamport.predict([1, 3, 6], internal_probability=0)
    idle = lamport.predict([1, 3, 6], internal_probability=1)
    assert busy["queue_growth"].iloc[0] > 0.5
    assert (idle["load"] == 0).all()


@pytest.mark.parametrize(
    ("rates", "options", "message"),
    [
        ([1, -3], {}, "-3"),
        ([1, 3], {"internal_probability": 1.5}, "1.5"),
        ([1, 3], {"broadcast_share": -1}, "-1"),
        ([1, 3], {"topology": {1: [2], 2: [3]}}, "rates has 2 values, but topology has 3"),
    ],
)
def test_bad_arguments(rates, options, message):
    with pytest.raises(ValueError, match=message):
        lamport.predict(rates, **options)
