"""Runs that several tests look at."""

import os
import signal

import pytest
from hypothesis import settings

import lamport

os.environ["MPLBACKEND"] = "Agg"
# No test asserts on speed.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")
# Whoever runs this in the background may have it ignored, and so would the processes that tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def run(tmp_path_factory):
    """Three machines for a second, the slow one overloaded. Read only."""
    return lamport.run_local(
        duration=1,
        rates=[5, 40, 80],
        internal_probability=0.3,
        seed=7,
        log_dir=tmp_path_factory.mktemp("run") / "logs",
        progress=False,
    )


@pytest.fixture
def table_run():
    """A run of a table: three events of two machines, known by heart."""
    return lamport.from_events(
        {
            "time": [0.2, 0.7, 1.1],
            "machine_id": [1, 2, 1],
            "event": ["SEND", "RECEIVE", "INTERNAL"],
            "old_clock": [0, 0, 1],
            "new_clock": [1, 2, 2],
            "queue_len": [None, 0, None],
            "sender": [None, 1, None],
            "sent_clock": [None, 1, None],
            "recipients": [[2], None, None],
        }
    )
