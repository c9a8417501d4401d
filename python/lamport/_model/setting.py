"""Every parameter of a run and of a machine: its name, default, check, unit, place in ``run.json``, options.

Functions state their signatures themselves, and a test holds them against this table. Options of the command
line, ``run.json``, the grid of a sweep and what goes to the native module follow from it. Defaults that the
native module has too come from there, ``src/setting.rs``, where the bounds stand.
"""

from collections.abc import Mapping
from typing import Any

from lamport._lamport import DEFAULTS
from lamport._model import check, read
from lamport._model.parameter import REQUIRED, Parameter, on

__all__ = ["BEHAVIOR", "BUILT_IN", "DISCIPLINE", "MODEL", "NUMBERS", "SETTING", "command_line", "of_function"]


def of_function(function: str) -> dict[str, Parameter]:
    """Return the parameters of a function by the names it has for them."""
    return {each.name_in(function): each for each in SETTING.values() if function in each.of}


def command_line(command: str, values: Mapping[str, Any]) -> list[str]:
    """Write parameters as the words of a command; None stands for its default."""
    words = []
    for name, value in values.items():
        option = SETTING[name].options[command]
        action = option.more.get("action")
        if action in {"store_true", "store_false"}:
            words += [option.flags[0]] if value == (action == "store_true") else []
        elif value is not None:
            # One word: a value that begins with a dash stays a value.
            words.append(f"{option.flags[0]}={value}")
    return words


def _runs(default: Any, **more: Any) -> dict[str, Any]:
    return {"run_local": default, "simulate": default, "grid": default, **more}


EVERY = "run simulate sweep machine"
TURNS_ON = {"action": "store_true"}
TURNS_OFF = {"action": "store_false"}
P, B = DEFAULTS["internal_probability"], DEFAULTS["broadcast_share"]
LATENCY, SIMULATED = DEFAULTS["latency"], DEFAULTS["simulated_latency"]
DELAY = (
    "how long messages take, in real time in addition to the network: seconds, uniform:LOW:HIGH, "
    "exponential:MEAN, log-normal:MEDIAN:SIGMA, empirical:DELAY:DELAY:... or a file FILE.json of what "
    "run.json has for it (%(default)g)"
)
RATES = (
    "ticks per second, one per machine, or with {} one number for all; 0:2/30:6 are 2 and from 30 s on 6 "
    "(default: drawn)"
)
FAULTS = "file of what goes wrong: a JSON list like "
CRASH = '[{"fault": "crash", "machine_id": 1, "at": 10, "down_for": 5}]'
DISCONNECT = '[{"fault": "disconnect", "sender": 1, "recipient": 2, "at": 10}]'
INPUTS = (
    "file of what is given to machines from outside: a JSON list of [time, machine, body] like "
    '[[1.5, 2, "request"]]'
)
KEY = (
    "connect only with machines that have the key in FILE, encrypted (see keygen; default: "
    "the environment's LAMPORT_KEY, else {})"
)
MOVED = (
    "with --resume: a peer that the log has at OLD is at NEW, which stands in --peers (repeatable, "
    "comma-separated; two names of one address are the same anyway)"
)
SYNC = "have each line on storage before others hear of it: a crash of the host loses nothing they know of"
ALLOW = "additional addresses or networks allowed to connect (repeatable, comma-separated)"

_TABLE = (
    Parameter(
        "machine_id",
        {"Machine": REQUIRED},
        check=check.whole,
        read=read.whole,
        options=on(
            "machine",
            "--id",
            "number of this machine, different from those of its peers",
            metavar="N",
            required=True,
        ),
    ),
    Parameter(
        "host",
        {"Machine": None},
        options=on(
            "machine",
            "--host",
            "address to listen on (default: loopback if all peers are, else all)",
            metavar="HOST",
        ),
    ),
    Parameter(
        "listen_port",
        {"Machine": REQUIRED},
        read=read.whole,
        options=on("machine", "--port", "port to listen on (default: a free one)", metavar="PORT", default=0),
    ),
    Parameter(
        "peer_addresses",
        {"Machine": REQUIRED},
        options=on(
            "machine",
            "--peers",
            "machines to send to, with their ids if an algorithm is not to wait for all; "
            "an IPv6 host in brackets",
            metavar="[ID=]HOST:PORT,...",
            default="",
        ),
    ),
    Parameter(
        "log_filename",
        {"Machine": REQUIRED},
        options=on(
            "machine", "--log", "log file (default: logs/run_<time>/machine_<id>.log)", metavar="FILE"
        ),
    ),
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
                "run simulate sweep",
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
                "run simulate sweep",
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
            "run simulate sweep",
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
            "run simulate sweep", "--topology", 'full, ring, star, line or {"1": [2], ...}', metavar="T"
        ),
    ),
    Parameter(
        "latency",
        {"run_local": LATENCY, "simulate": SIMULATED, "grid": SIMULATED, "Machine": LATENCY},
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
    Parameter(
        "algorithm",
        {"run_local": None, "simulate": None, "sweep": None, "Machine": None},
        seldom=True,
        options=on(
            EVERY,
            "--algorithm",
            "class of an algorithm that machines run, as mutex:Mutex for class Mutex in mutex.py of this "
            "directory (default: the built-in behaviour)",
            metavar="MODULE:CLASS",
        ),
    ),
    Parameter(
        "arguments",
        {"run_local": None, "simulate": None, "sweep": None, "Machine": None},
        read=read.argument,
        seldom=True,
        options=on(
            EVERY,
            "--set",
            "argument that the class is called with: JSON, or else a text (repeatable)",
            metavar="NAME=VALUE",
            action="pairs",
        ),
    ),
    Parameter(
        "inputs",
        {"run_local": (), "simulate": (), "sweep": ()},
        read=read.inputs_file,
        seldom=True,
        options=on("run simulate sweep", "--inputs", INPUTS, metavar="FILE"),
    ),
    Parameter(
        "until",
        {"run_local": None, "simulate": None, "sweep": None},
        seldom=True,
        options=on(
            "run simulate sweep",
            "--until",
            "end when no message is under way and no timer is set (default: when the duration is over)",
            choices=("quiet",),
        ),
    ),
    Parameter(
        "seed",
        {"run_local": None, "simulate": None, "sweep": 0, "Machine": None, "random_faults": REQUIRED},
        check=check.whole,
        read=read.whole,
        options={
            **on("run simulate machine", "--seed", "seed of all draws (default: drawn)", metavar="S"),
            **on(
                "sweep", "--seed", "seed from which the seeds of the runs are made (%(default)s)", metavar="S"
            ),
        },
    ),
    Parameter(
        "run_id",
        {"Machine": DEFAULTS["run_id"]},
        options=on(
            "machine", "--run-id", "machines connect only within one run id (%(default)s)", metavar="ID"
        ),
    ),
    Parameter(
        "base_port",
        {"run_local": 0},
        check=check.port,
        read=read.whole,
        options=on("run", "--base-port", "machine i listens on P + i - 1 (default: free ports)", metavar="P"),
    ),
    Parameter(
        "processes",
        {"run_local": False},
        check=check.flag,
        options=on("run", "--processes", "one process per machine instead of one thread", **TURNS_ON),
    ),
    Parameter(
        "log_dir",
        {"run_local": None, "simulate": None},
        check=check.some_path,
        recorded=False,
        options={
            **on(
                "run",
                "--log-dir --logs_dir",
                "where the logs go (default: logs/run_<time>)",
                metavar="DIR",
            ),
            **on(
                "simulate",
                "--log-dir --logs_dir",
                "write logs, figure and summary there (default: none)",
                metavar="DIR",
            ),
        },
    ),
    Parameter(
        "record",
        {"simulate": True},
        check=check.flag,
        recorded=False,
        options=on("simulate", "--no-record", "keep no events, only the table of machines", **TURNS_OFF),
    ),
    Parameter(
        "wait",
        {"run_local": None, "Machine": DEFAULTS["wait"]},
        unit="s",
        check=check.some_real,
        read=read.real,
        options={
            **on(
                "run",
                "--wait",
                "seconds to wait for all connections (default: 10, or 1 ms for each if that is more)",
                metavar="S",
            ),
            **on(
                "machine",
                "--wait",
                "seconds to wait for all peers before ticking (%(default)s)",
                metavar="S",
            ),
        },
    ),
    Parameter(
        "allow",
        {"Machine": ()},
        options=on("machine", "--allow", ALLOW, metavar="ADDR|CIDR", action="append", default=[]),
    ),
    # `run.json` says only whether there is one.
    Parameter(
        "key",
        {"run_local": "auto", "Machine": None},
        recorded=False,
        options={
            **on(
                "run",
                "--key-file",
                KEY.format("one drawn for the run, none with --base-port"),
                metavar="FILE",
            ),
            **on("machine", "--key-file", KEY.format("no key"), metavar="FILE"),
        },
    ),
    Parameter(
        "resume",
        {"Machine": False},
        options=on(
            "machine", "--resume", "go on where the log of a crashed machine stops (needs --log)", **TURNS_ON
        ),
    ),
    Parameter(
        "overwrite",
        {"Machine": False},
        options=on("machine", "--overwrite", "replace an existing log file", **TURNS_ON),
    ),
    Parameter(
        "moved",
        {"Machine": None},
        options=on("machine", "--moved", MOVED, metavar="OLD=NEW", action="append"),
    ),
    Parameter(
        "sync",
        {"run_local": False, "Machine": False},
        check=check.flag,
        options=on("run machine", "--sync", SYNC, **TURNS_ON),
    ),
    Parameter(
        "precise",
        {"run_local": True, "Machine": True},
        check=check.flag,
        options=on("machine", "--no-precise", "do not spin over the last stretch before a tick", **TURNS_OFF),
    ),
    Parameter(
        "limits",
        {"run_local": True, "Machine": True},
        check=check.flag,
        options=on(
            "run machine", "--no-limits", "start what will soon fill the disk, or a queue", **TURNS_OFF
        ),
    ),
)

SETTING: dict[str, Parameter] = {each.name: each for each in _TABLE}
"""The parameters by name, in the order of ``--help`` and of ``run.json``."""
MODEL = {name: each for name, each in SETTING.items() if {"simulate", "grid"} <= set(each.of)}
"""What every run in virtual time has, and a grid can vary; in real time all but `DISCIPLINE`."""
DISCIPLINE = tuple(name for name, each in MODEL.items() if "run_local" not in each.of)
"""How a program keeps its clock, which machines that talk over TCP do in one way."""
NUMBERS = tuple(name for name, each in MODEL.items() if each.check in {check.real, check.each, check.whole})
"""Those that are one number, or may be, which tables of several runs show."""
BUILT_IN = {
    name: MODEL[name].of["grid"]
    for name in ("internal_probability", "broadcast_share", "weights", *DISCIPLINE)
}
"""What only the built-in behaviour has, and its defaults."""
BEHAVIOR = tuple(name for name in NUMBERS if "predict" in MODEL[name].of)
"""What idle ticks do: STARTUP lines state it, and theory needs no more than it, rates and topology."""
