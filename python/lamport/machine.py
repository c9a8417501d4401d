"""One machine as one process: ``python -m lamport.machine``, also ``lamport machine``."""

import sys

from lamport._cli.machine import main

__all__ = ["main"]

if __name__ == "__main__":
    sys.exit(main())
