"""Where this Python runs."""

import sys

__all__ = ["is_notebook"]


def is_notebook() -> bool:
    """Whether this is the kernel of a notebook."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    # Some have shells of their own, derived from that of Jupyter.
    return any(each.__name__ == "ZMQInteractiveShell" for each in type(shell).__mro__)
