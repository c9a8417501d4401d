"""One machine as one process: ``python -m lamport.machine``, also ``lamport machine``.

As an object it is `lamport.Machine`; `lamport.machine.Machine` is that, but its `start` blocks.
"""

import sys
from typing import TYPE_CHECKING

from lamport._cli.machine import main

if TYPE_CHECKING:
    from lamport._drive.blocking_machine import Machine

__all__ = ["Machine", "main"]


def __getattr__(name: str) -> object:
    # A process that is a machine has no use for it.
    if name == "Machine":
        from lamport._drive.blocking_machine import Machine

        return Machine
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


if __name__ == "__main__":
    sys.exit(main())
