"""A run that is shown while it goes on, whatever becomes of what follows it."""

import threading
import time

import pytest

from lamport._live import live
from lamport._live.live import Live

MORE = '{"type":"more"}'


class Told:
    """A follower that has something new each time."""

    def __init__(self, *, is_behind=False, error=None):
        self.is_behind, self.error = is_behind, error

    def poll(self):
        if self.error:
            raise self.error
        time.sleep(0.001)
        return [MORE]


def test_logs_that_are_written_faster_than_read_do_not_keep_it(monkeypatch):
    monkeypatch.setattr(live, "LEFT", 0.1)
    with Live("a run") as shown:
        shown.begin(Told(is_behind=True))
        ended = threading.Thread(target=shown.end, args=("over",), daemon=True)
        ended.start()
        ended.join(30)
        assert not ended.is_alive()
        assert shown.updates.end_told == "over"
        assert len(shown.updates.after(None, 0)) > 1


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
def test_a_follower_that_fails_is_told_and_ends_nothing():
    with Live("a run") as shown:
        shown.begin(Told(error=RuntimeError("no such log")))
        shown.end("over")
        assert shown.updates.end_told == "its logs cannot be followed any more (RuntimeError)"
