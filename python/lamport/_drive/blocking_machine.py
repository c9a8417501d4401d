"""A machine that is over when its `start` returns."""

from lamport import _lamport

__all__ = ["Machine"]


class Machine(_lamport.Machine):
    """A `lamport.Machine` whose `start` blocks until it is done, and its log complete and closed.

    In all else it is `lamport.Machine`, whose `start` ticks in the background.
    """

    def start(self) -> None:
        """Run to the end, as `run`. Ctrl-C ends the run with a complete log, then raises."""
        self.run()


Machine.__module__ = "lamport.machine"
