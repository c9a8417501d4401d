"""Read logs by pandas or polars, as `benches/patterns.rs` asks, and say what CPU time it took."""

import json
import os
import re
import sys
import time
from pathlib import Path

os.environ["POLARS_MAX_THREADS"] = "1"
import pandas as pd
import polars as pl

PATTERN = re.compile(r"\(\?<(?=[A-Za-z_])")


def extract(path, patterns):
    lines = Path(path).read_text(encoding="utf-8").split("\n")[:-1]
    if any(r"\n" in pattern for pattern in patterns):
        lines = [f"{one}\n{two}" for one, two in zip(lines[::2], lines[1::2], strict=True)]
    texts = pd.Series(lines)
    return [texts.str.extract(PATTERN.sub("(?P<", pattern)) for pattern in patterns]


for line in sys.stdin:
    question = json.loads(line)
    start = time.process_time()
    table = extract(**question) if question["patterns"] else pl.read_ndjson(question["path"])
    print(time.process_time() - start, flush=True)
