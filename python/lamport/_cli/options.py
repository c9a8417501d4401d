"""Words of the command line that several commands share."""

import argparse
from typing import Any

from lamport._drive.key import ENVIRONMENT

__all__ = [
    "DISCONNECT",
    "MODEL",
    "add_behavior",
    "add_faults",
    "add_key_file",
    "add_latency",
    "add_model",
    "faults",
    "latency",
    "numbers",
    "topology",
]

MODEL = (
    "machines",
    "duration",
    "rates",
    "max_rate",
    "internal_probability",
    "broadcast_share",
    "topology",
    "latency",
    "faults",
)
"""The parameters that `add_model`, `add_latency` and `add_faults` read."""


def add_model(parser: argparse.ArgumentParser) -> None:
    """Add the options that say what machines do."""
    add = parser.add_argument
    add(
        "-n",
        "--machines",
        type=int,
        metavar="N",
        help="number of machines (default: that of the rates or the topology, else 3)",
    )
    add("--duration", type=float, default=60, metavar="S", help="seconds of ticking (60)")
    add("--rates", type=numbers, metavar="1,3,6", help="ticks per second, one per machine (default: drawn)")
    add_behavior(parser)
    add(
        "--topology",
        type=topology,
        default="full",
        metavar="T",
        help='full, ring, star, line or {"1": [2], ...}',
    )


def add_behavior(parser: argparse.ArgumentParser) -> None:
    """Add the options that say at what rates machines tick and what idle ones do."""
    add = parser.add_argument
    add("--max-rate", type=int, default=6, metavar="N", help="upper end of the rates drawn (6)")
    add(
        "--internal-probability",
        type=float,
        default=0.7,
        metavar="P",
        help="probability that an idle tick is internal (0.7)",
    )
    add("--broadcast-share", type=float, default=1 / 3, metavar="B", help="share of sends to all peers (1/3)")


def add_latency(parser: argparse.ArgumentParser, default: float) -> None:
    """Add the option that says how long messages take."""
    parser.add_argument(
        "--latency",
        type=latency,
        default=default,
        metavar="L",
        help="how long messages take, in real time in addition to the network: seconds, uniform:LOW:HIGH, "
        "exponential:MEAN, log-normal:MEDIAN:SIGMA, empirical:DELAY:DELAY:... or a file FILE.json of what "
        f"run.json has for it ({default:g})",
    )


CRASH = '{"fault": "crash", "machine": 1, "at": 10, "down_for": 5}'
DISCONNECT = '{"fault": "disconnect", "src": 1, "dst": 2, "at": 10}'


def add_faults(parser: argparse.ArgumentParser, example: str = CRASH) -> None:
    """Add the option that says what goes wrong."""
    parser.add_argument(
        "--faults",
        type=faults,
        default=(),
        metavar="FILE",
        help=f"file of what goes wrong: a JSON list like [{example}]",
    )


def add_key_file(parser: argparse.ArgumentParser) -> None:
    """Add the option that names the file of a key."""
    parser.add_argument(
        "--key-file",
        metavar="FILE",
        help="connect only with machines that have the key in FILE, encrypted (see keygen; default: "
        f"the environment's {ENVIRONMENT}, else no key)",
    )


def faults(path: str) -> Any:
    """Read a file of faults."""
    from lamport._model.fault import read_faults

    try:
        return read_faults(path)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def latency(text: str) -> Any:
    """Read a latency."""
    from lamport._model.latency import parse

    try:
        return parse(text)
    except OSError as error:
        raise argparse.ArgumentTypeError(f"{text}: {error.strerror}") from None
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None


def numbers(text: str) -> list[float]:
    """Read numbers with commas between them."""
    try:
        return [float(word) for word in text.split(",")]
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is not a list of numbers, like 1,3,6") from None


def topology(text: str) -> Any:
    """Read the name of a topology, or a mapping in JSON."""
    import json

    if not text.lstrip().startswith("{"):
        return text
    try:
        return json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(
            f'{text!r} is not a mapping, like {{"1": [2, 3]}}: {error}'
        ) from None
