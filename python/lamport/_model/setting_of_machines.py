"""The parameters that say where and how machines run: addresses, logs, seeds, keys, coming back."""

from lamport._lamport import DEFAULTS
from lamport._model import check, read
from lamport._model.parameter import REQUIRED, TURNS_OFF, TURNS_ON, Parameter, on

__all__ = ["ADDRESSES", "RUNNING"]

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

ADDRESSES = (
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
)
"""Of one machine: what comes first."""
RUNNING = (
    Parameter(
        "seed",
        {
            "run_local": None,
            "run_hosts": None,
            "simulate": None,
            "sweep": 0,
            "Machine": None,
            "random_faults": REQUIRED,
        },
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
        {"run_local": None, "run_hosts": None, "simulate": None},
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
        "threads",
        {"simulate": None},
        check=check.some_threads,
        read=read.whole,
        recorded=False,
        options=on(
            "simulate",
            "--threads",
            "threads of one large run, at most (default: as many as there are processors, where that pays)",
            metavar="N",
        ),
    ),
    Parameter(
        "wait",
        {"run_local": None, "run_hosts": None, "Machine": DEFAULTS["wait"]},
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
        {"run_local": "auto", "run_hosts": "auto", "Machine": None},
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
        {"run_local": False, "run_hosts": False, "Machine": False},
        check=check.flag,
        options=on("run machine", "--sync", SYNC, **TURNS_ON),
    ),
    Parameter(
        "precise",
        {"run_local": True, "run_hosts": True, "Machine": True},
        check=check.flag,
        options=on("machine", "--no-precise", "do not spin over the last stretch before a tick", **TURNS_OFF),
    ),
    Parameter(
        "limits",
        {"run_local": True, "run_hosts": True, "Machine": True},
        check=check.flag,
        options=on(
            "run machine", "--no-limits", "start what will soon fill the disk, or a queue", **TURNS_OFF
        ),
    ),
)
"""What comes last."""
