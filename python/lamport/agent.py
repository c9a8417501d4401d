"""The agent of a host: ``python -m lamport.agent``.

`lamport.run_hosts` and ``lamport run --hosts`` start one on each host and give it orders by its standard
input; nobody else needs to.
"""

import sys

from lamport._agent.main import refuse, serve
from lamport._cli.machine import main as run_machine
from lamport._cli.signals import Signals

__all__ = ["main"]


def main() -> int:
    """Run the agent to its end.

    Returns
    -------
    int
        0: told to go, 1: the launcher was lost, 2: started by hand, 128 + n: ended by signal n.
    """
    if why := refuse(sys.argv[1:]):
        print(f"lamport.agent: {why}", file=sys.stderr)
        return 2
    signals = Signals(managed=False)
    try:
        with signals.handled(), signals.noted():
            status = serve(lambda: signals.is_caught, run_machine)
            return signals.status or status if status else 0
    except KeyboardInterrupt:
        return signals.status


if __name__ == "__main__":
    sys.exit(main())
