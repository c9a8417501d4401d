"""``python -m lamport`` is the command ``lamport``."""

import sys

from lamport._cli.commands import main

if __name__ == "__main__":
    sys.exit(main())
