"""The parameters that say what a run is: machines, rates, topology, latency, faults."""

from typing import Any

from lamport._lamport import DEFAULTS
from lamport._model import check, read
from lamport._model.parameter import EVERY, REQUIRED, TURNS_ON, Parameter, on

__all__ = ["OF_RUNS"]


def _runs(default: Any, **more: Any) -> dict[str, Any]:
    return {"run_local": default, "run_hosts": default, "simulate": default, "grid": default, **more}


P, B = DEFAULTS["internal_probability"], DEFAULTS["broadcast_share"]
LATENCY, SIMULATED = DEFAULTS["latency"], DEFAULTS["simulated_latency"]
DELAY = (
    "how long messages take, in real time in addition to the network: seconds, uniform:LOW:HIGH, "
    "exponential:MEAN[:MINIMUM], log-normal:MEDIAN:SIGMA, empirical:DELAY:DELAY:... or a file FILE.json of "
    "what run.json has for it (%(default)g)"
)
RATES = (
    "ticks per second, one per machine, or with {} one number for all; 0:2/30:6 are 2 and from 30 s on 6 "
    "(default: drawn)"
)
FAULTS = "file of what goes wrong: a JSON list like "
CRASH = '[{"fault": "crash", "machine_id": 1, "at": 10, "down_for": 5}]'
DISCONNECT = '[{"fault": "disconnect", "sender": 1, "recipient": 2, "at": 10}]'

OF_RUNS = (
    Parameter(
        "runs",
        {"sweep": 100},
        recorded=False,
        read=read.whole,
        options=on("sweep", "--runs", "runs of each point (%(default)s)", metavar="N"),
    ),
    Parameter(
        "machines",
        _runs(None, random_faults=REQUIRED),
        read=read.whole,
        options=on(
            "run simulate sweep",
            "-n --machines",
            "number of machines (default: that of the rates or the topology, else 3)",
            metavar="N",
        ),
    ),
    Parameter(
        "duration",
        _runs(60, sweep=60, Machine=REQUIRED, random_faults=REQUIRED),
        names={"Machine": "run_seconds"},
        unit="s",
        check=check.real,
        read=read.real,
        options={
            **on("run simulate sweep", "--duration", "seconds of ticking (%(default)s)", metavar="S"),
            **on(
                "machine",
                "--duration --run-time --run_time",
                "seconds of ticking (%(default)s)",
                metavar="S",
                default=60,
            ),
        },
    ),
    Parameter(
        "rates",
        _runs(None, predict=REQUIRED),
        unit="ticks/s",
        check=read.rates,
        read=read.numbers,
        options={
            **on("run simulate sweep", "--rates", RATES.format("-n or --algorithm"), metavar="1,3,6"),
            **on("predict", "--rates", "ticks per second, one per machine", metavar="1,3,6", required=True),
        },
    ),
    Parameter(
        "clock_rate",
        {"Machine": None},
        unit="ticks/s",
        read=read.rate,
        options=on("machine", "--rate", "ticks per second (default: drawn from 1..max-rate)", metavar="R"),
    ),
    Parameter(
        "max_rate",
        _runs(DEFAULTS["max_rate"], Machine=DEFAULTS["max_rate"]),
        unit="ticks/s",
        label="upper end of the rates drawn",
        check=check.whole,
        read=read.whole,
        options=on(EVERY, "--max-rate", "upper end of the rates drawn (%(default)s)", metavar="N"),
    ),
    Parameter(
        "ticks",
        _runs("periodic", Machine="periodic"),
        check=read.known_ticks,
        read=read.ticks,
        seldom=True,
        options=on(
            EVERY, "--ticks", "periodic, poisson or jitter:PART of a period (%(default)s)", metavar="T"
        ),
    ),
    Parameter(
        "internal_probability",
        _runs(P, Machine=P, predict=P),
        check=check.each,
        read=read.reals,
        options={
            **on(
                "run simulate sweep predict",
                "--internal-probability",
                "probability that an idle tick is internal, of all machines or one each (%(default)s)",
                metavar="P,...",
            ),
            **on(
                "machine",
                "--internal-probability",
                "probability that an idle tick is internal (%(default)s)",
                metavar="P",
            ),
        },
    ),
    Parameter(
        "broadcast_share",
        _runs(B, Machine=B, predict=B),
        check=check.each,
        read=read.reals,
        options={
            **on(
                "run simulate sweep predict",
                "--broadcast-share",
                "share of sends to all peers, of all machines or one each (1/3)",
                metavar="B,...",
            ),
            **on("machine", "--broadcast-share", "share of sends to all peers (1/3)", metavar="B"),
        },
    ),
    Parameter(
        "weights",
        _runs(None, predict=None),
        check=check.weights,
        read=read.weights,
        seldom=True,
        options=on(
            "run simulate sweep predict",
            "--weights",
            'how often a send to one peer goes to which, as {"1": {"2": 3, "3": 1}} (default: all 1)',
            metavar="W",
        ),
    ),
    Parameter(
        "peer_weights",
        {"Machine": None},
        check=check.peer_weights,
        read=read.wholes,
        options=on(
            "machine",
            "--peer-weights",
            "how often a send to one peer goes to which, in the order of --peers (default: all 1)",
            metavar="3,1",
        ),
    ),
    # Only in virtual time: machines that talk over TCP keep their clocks in Lamport's way.
    Parameter(
        "stamp",
        {"simulate": DEFAULTS["stamp"], "grid": DEFAULTS["stamp"]},
        check=check.word,
        options=on(
            "simulate sweep",
            "--stamp",
            "which clock a message carries, that before or that after its SEND: before, a usual mistake "
            "(%(default)s)",
            metavar="WHEN",
        ),
    ),
    Parameter(
        "receive",
        {"simulate": DEFAULTS["receive"], "grid": DEFAULTS["receive"]},
        check=check.word,
        options=on(
            "simulate sweep",
            "--receive",
            "what a receipt of timestamp T makes of the clock: 'max(clock, T)' or 'max(clock + 1, T)', usual "
            "mistakes (%(default)s)",
            metavar="RULE",
        ),
    ),
    Parameter(
        "draw_after_receive",
        {"simulate": False, "grid": False},
        check=check.flag,
        options=on(
            "simulate sweep",
            "--draw-after-receive",
            "draw an action in a tick that has taken a message as well, a usual mistake",
            **TURNS_ON,
        ),
    ),
    Parameter(
        "topology",
        _runs("full", predict="full"),
        read=read.topology,
        options=on(
            "run simulate sweep predict",
            "--topology",
            'full, ring, star, line or {"1": [2], ...}',
            metavar="T",
        ),
    ),
    Parameter(
        "latency",
        {
            "run_local": LATENCY,
            "run_hosts": LATENCY,
            "simulate": SIMULATED,
            "grid": SIMULATED,
            "Machine": LATENCY,
        },
        unit="s",
        check=read.latency,
        read=read.latency_text,
        options=on(EVERY, "--latency", DELAY, metavar="L"),
    ),
    Parameter(
        "faults",
        _runs((), Machine=()),
        check=read.faults,
        read=read.faults_file,
        options={
            **on("run simulate sweep", "--faults", FAULTS + CRASH, metavar="FILE"),
            **on("machine", "--faults", FAULTS + DISCONNECT, metavar="FILE"),
        },
    ),
)
"""In the order of ``--help`` and of ``run.json``."""
