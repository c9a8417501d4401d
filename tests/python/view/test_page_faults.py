"""What pages say of faults."""

import pytest

import lamport
from lamport._view.faults import faults_of_page


@pytest.mark.parametrize(
    ("fault", "told", "machines"),
    [
        (lamport.Crash(2, 20, 8), "machine 2 crashes, 20 s to 28 s", [2]),
        (lamport.Crash(2, 20), "machine 2 crashes, from 20 s on", [2]),
        (lamport.Pause(1, 3, 4.5), "machine 1 stands still, 3 s to 7.5 s", [1]),
        (lamport.Partition([[1, 2], [3]], 12, 17), "partition: 1, 2 | 3, 12 s to 29 s", []),
        (
            lamport.Partition(None, 1, 2, pairs=[(1, 2), (2, 3)]),
            "partition: nothing from 1 to 2, 2 to 3, 1 s to 3 s",
            [],
        ),
        (lamport.Delay(1, 2, 0.5, 3, 4), "messages from 1 to 2 are delayed by 0.5 s, 3 s to 7 s", [1, 2]),
        (lamport.Disconnect(1, 2, 3), "the connection from 1 to 2 is cut, at 3 s", [1, 2]),
    ],
)
def test_a_fault_is_told_in_words(fault, told, machines):
    (found,) = faults_of_page([fault])
    assert (found["told"], found["machines"], found["at"]) == (told, machines, fault.at)
