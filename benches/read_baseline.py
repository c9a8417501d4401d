"""What users have to read logs: lines a second from files to a table.

    python benches/read_baseline.py DIRECTORY [ROUNDS]

DIRECTORY holds `machine_*.log`. Tools that are not installed are left out. Each tool reads every
field that it finds into its own table; all but json.loads and pandas use all cores.
"""

import gc
import json
import statistics
import sys
import time
from importlib import import_module
from pathlib import Path


def with_json(paths):
    pandas = import_module("pandas")
    rows = []
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            rows.extend(map(json.loads, lines))
    return pandas.DataFrame(rows)


def with_pandas(paths):
    pandas = import_module("pandas")
    return pandas.concat([pandas.read_json(path, lines=True) for path in paths])


def with_pyarrow(paths):
    reader = import_module("pyarrow.json")
    arrow = import_module("pyarrow")
    tables = [reader.read_json(path) for path in paths]
    return arrow.concat_tables(tables, promote_options="permissive")


def with_polars(paths):
    polars = import_module("polars")
    frames = [polars.read_ndjson(path, infer_schema_length=None) for path in paths]
    return polars.concat(frames, how="diagonal_relaxed")


def with_duckdb(paths):
    duckdb = import_module("duckdb")
    names = [str(path) for path in paths]
    return duckdb.sql(f"select * from read_json({names!r}, format='newline_delimited')").fetchnumpy()


def with_lamport(paths):
    return import_module("lamport").load([str(path) for path in paths]).events


TOOLS = {
    "lamport": with_lamport,
    "json.loads + pandas": with_json,
    "pandas.read_json": with_pandas,
    "pyarrow.json": with_pyarrow,
    "polars": with_polars,
    "duckdb": with_duckdb,
}


def main():
    paths = sorted(Path(sys.argv[1]).glob("machine_*.log"))
    rounds = int(sys.argv[2]) if len(sys.argv) > 2 else 3
    lines = sum(path.read_bytes().count(b"\n") for path in paths)
    times = {name: [] for name in TOOLS}
    for _ in range(rounds):
        for name, read in TOOLS.items():
            gc.collect()
            start = time.perf_counter()
            try:
                read(paths)
            except ImportError:
                continue
            times[name].append(time.perf_counter() - start)
    for name, taken in times.items():
        rate = lines / statistics.median(taken) / 1e6 if taken else float("nan")
        print(f"{name:20} {rate:8.3f} M lines/s")
    print("load", Path("/proc/loadavg").read_text(encoding="ascii").strip())


if __name__ == "__main__":
    main()
