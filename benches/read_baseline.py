"""Lines a second from log files to columns and to a DataFrame, beside what users have.

    python benches/read_baseline.py [MOST_EVENTS] [ROUNDS]

Writes the logs of three machines in virtual time with 10^5, 10^6, ... events, up to MOST_EVENTS (10^6).
Each tool reads them in turn, warm: first into columns of its own kind, the logs one after the other; then
into what `run.events` is, a pandas DataFrame with the rows of all logs by (time, machine, clock). Medians,
and how many times as long as lamport each takes, by the clock and in CPU time of all threads, which other
work on the host does not change as much. All tools have the same cores: one, then two (by the process's
affinity, which each of them asks). They are told the names and types of the fields, so that none has to
guess. Tools that are not installed are left out, and above 10^6 events those that make an object per line.
`pip install ".[bench]"`.
"""

import gc
import os
import statistics
import subprocess
import sys
import tempfile
import time
from importlib import import_module
from pathlib import Path

RATES = [100, 300, 600]
WHOLE = ("machine_id", "old_clock", "new_clock", "queue_len", "sender", "sent_clock")
ORDER = ["system_time", "machine_id", "new_clock"]
EVENTS = ["SEND", "RECEIVE", "INTERNAL"]
OBJECTS = ("json.loads + pandas", "pandas.read_json")


def lamport_columns(paths):
    return import_module("lamport._lamport").read_logs(paths).events()


def lamport_frame(paths):
    return import_module("lamport").load(paths).events


def pyarrow_columns(paths):
    arrow, reader = import_module("pyarrow"), import_module("pyarrow.json")
    fields = [("event", arrow.string()), ("system_time", arrow.float64()), ("arrival_time", arrow.float64())]
    fields += [(name, arrow.int64()) for name in WHOLE] + [("recipient_ids", arrow.list_(arrow.int64()))]
    options = reader.ParseOptions(arrow.schema(fields), unexpected_field_behavior="ignore")
    return arrow.concat_tables([reader.read_json(path, parse_options=options) for path in paths])


def pyarrow_frame(paths):
    compute = import_module("pyarrow.compute")
    table = pyarrow_columns(paths).drop_columns("recipient_ids")
    table = table.filter(compute.field("event").isin(EVENTS))
    return table.sort_by([(name, "ascending") for name in ORDER]).to_pandas()


def polars_columns(paths):
    polars = import_module("polars")
    schema = {"event": polars.String, "system_time": polars.Float64, "arrival_time": polars.Float64}
    schema |= dict.fromkeys(WHOLE, polars.Int64) | {"recipient_ids": polars.List(polars.Int64)}
    return polars.concat([polars.read_ndjson(path, schema=schema) for path in paths])


def polars_frame(paths):
    polars = import_module("polars")
    table = polars_columns(paths).drop("recipient_ids").filter(polars.col("event").is_in(EVENTS))
    return table.sort(ORDER).to_pandas()


def duckdb_relation(paths, what, ending=""):
    duckdb = import_module("duckdb")
    types = {"event": "VARCHAR", "system_time": "DOUBLE", "arrival_time": "DOUBLE"}
    types |= dict.fromkeys(WHOLE, "BIGINT") | {"recipient_ids": "BIGINT[]"}
    duckdb.sql(f"set threads = {len(os.sched_getaffinity(0))}")
    query = f"from read_json({paths!r}, format = 'newline_delimited', columns = {types!r})"
    return duckdb.sql(f"select {what} {query} {ending}")


def duckdb_columns(paths):
    relation = duckdb_relation(paths, "*")
    return getattr(relation, "to_arrow_table", relation.fetch_arrow_table)()


def duckdb_frame(paths):
    events = f"where event in {tuple(EVENTS)} order by {', '.join(ORDER)}"
    return duckdb_relation(paths, "* exclude recipient_ids", events).df()


def json_frame(paths):
    pandas, loads = import_module("pandas"), import_module("json").loads
    rows = []
    for path in paths:
        with Path(path).open(encoding="utf-8") as lines:
            rows.extend(map(loads, lines))
    return ordered(pandas.DataFrame(rows))


def pandas_frame(paths):
    pandas = import_module("pandas")
    return ordered(pandas.concat([pandas.read_json(path, lines=True) for path in paths]))


def ordered(frame):
    frame = frame.loc[frame["event"].isin(EVENTS), ["event", "arrival_time", "system_time", *WHOLE]]
    return frame.sort_values(ORDER, ignore_index=True)


def floor(paths):
    block = bytearray(1 << 20)
    for path in paths:
        with Path(path).open("rb", buffering=0) as file:
            while file.readinto(block):
                block.count(b"\n")


COLUMNS = {
    "lamport": lamport_columns,
    "pyarrow.json": pyarrow_columns,
    "polars": polars_columns,
    "duckdb": duckdb_columns,
    "newlines counted": floor,
}
FRAMES = {
    "lamport": lamport_frame,
    "json.loads + pandas": json_frame,
    "pandas.read_json": pandas_frame,
    "pyarrow.json": pyarrow_frame,
    "polars": polars_frame,
    "duckdb": duckdb_frame,
}


def measure(paths, cores, rounds):
    """Measure in this process, which gets so many cores before any tool asks for them."""
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])
    lines = sum(Path(path).read_bytes().count(b"\n") for path in paths)
    print(f"{lines} lines, {cores} cores, load {Path('/proc/loadavg').read_text(encoding='ascii').strip()}")
    for what, tools in ("columns", COLUMNS), ("a DataFrame", FRAMES):
        chosen = {name: tool for name, tool in tools.items() if lines < 2e6 or name not in OBJECTS}
        print(f"  to {what}")
        compare(chosen, paths, lines, rounds)


def compare(tools, paths, lines, rounds):
    times = {name: [] for name in tools}
    for number in range(rounds + 1):
        for name, taken in times.items():
            gc.collect()
            start = time.perf_counter(), time.process_time()
            try:
                tools[name](paths)
            except ImportError:
                continue
            if number:  # the first round warms up
                taken.append((time.perf_counter() - start[0], time.process_time() - start[1]))
    own = middle(times["lamport"])
    for name, taken in times.items():
        if taken:
            wall, cpu = middle(taken)
            rate = lines / wall / 1e6
            print(
                f"    {name:20} {rate:8.3f} M lines/s {wall / own[0]:8.2f} x, CPU {cpu / own[1]:8.2f} x",
                flush=True,
            )


def middle(times):
    """Give the medians of wall and CPU time."""
    return [statistics.median(column) for column in zip(*times, strict=True)]


def main():
    most = float(sys.argv[1]) if len(sys.argv) > 1 else 1e6
    rounds = sys.argv[2] if len(sys.argv) > 2 else "3"
    events = 1e5
    while events <= most:
        with tempfile.TemporaryDirectory() as home:
            simulate = import_module("lamport").simulate
            duration = events / sum(RATES)
            run = simulate(rates=RATES, duration=duration, seed=1, log_dir=Path(home, "run"), record=False)
            files = [str(file) for file in run.files]
            for cores in range(1, len(os.sched_getaffinity(0)) + 1)[:2]:
                subprocess.run(
                    [sys.executable, __file__, "--measure", str(cores), rounds, *files], check=True
                )
        events *= 10


if __name__ == "__main__":
    if sys.argv[1:2] == ["--measure"]:
        measure(sys.argv[4:], int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
