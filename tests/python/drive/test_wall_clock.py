"""The wall clock is set while machines run, or between runs: times and faults go on as they were."""

import os
import subprocess
import sys
from pathlib import Path
from shutil import which

import pytest

SHIM = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* The wall clock, set by as many seconds as a file says. */
int clock_gettime(clockid_t id, struct timespec *now) {
    static int (*original)(clockid_t, struct timespec *);
    const char *name = getenv("WALL_CLOCK_STEP");
    if (!original) original = dlsym(RTLD_NEXT, "clock_gettime");
    int failed = original(id, now);
    FILE *file = !failed && id == CLOCK_REALTIME && name ? fopen(name, "r") : NULL;
    if (file) {
        long seconds = 0;
        if (fscanf(file, "%ld", &seconds) == 1) now->tv_sec += seconds;
        fclose(file);
    }
    return failed;
}
"""

SCRIPT = """
import sys, time
from pathlib import Path
import lamport
from lamport._plot.faults import strikes

step, home, processes = Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] == "processes"

def set_clock(seconds):
    draft = step.with_suffix(".part")
    draft.write_text(str(seconds))
    draft.replace(step)

def run(name, then=None):
    faults = [lamport.Pause(1, at=0.5, duration=0.2), lamport.Crash(2, at=0.5, down_for=0.3)]
    def look(elapsed, *_):
        if then is not None and elapsed > 0.1:
            set_clock(then)
    made = lamport.run_local(
        duration=1.5, rates=[40, 40, 40], internal_probability=0.3, faults=faults, seed=3,
        log_dir=home / name, processes=processes, progress=look,
    )
    began = made.parameters["began"]
    events = made.events
    assert lamport.load(home / name).parameters["began"] == began
    assert abs(events["system_time"] - events["time"] - began).max() < 2e-6
    assert events["time"].between(0, 3).all(), events["time"].describe()
    for _, own in events.groupby("machine_id"):
        assert own["system_time"].is_monotonic_increasing
    assert made.verify().ok, made.verify()
    drawn = [(strike.name, strike.start, strike.stop) for strike in strikes(made)]
    assert drawn == [("pause", 0.5, 0.7), ("crash", 0.5, 0.8)], drawn
    down = events.loc[events["machine_id"] == 2, "time"].diff().max()
    assert 0.25 < down < 1, down
    assert made.machines.loc[2, "ticks"] < made.machines.loc[3, "ticks"]
    return began

set_clock(0)
real = time.time()
first = run("first")
set_clock(3600)
# It is set back by two hours before the crash, so that the machine comes back by another clock.
second = run("second", then=-3600)
third = run("third", then=0)
assert 0 <= first - real < 60
assert 3600 <= second - first < 3660
assert -7200 <= third - second < -7140
set_clock(0)
for name, seconds in (("alone", 0), ("later", 3600)):
    set_clock(seconds)
    machine = lamport.Machine(1, 0, [], home / f"{name}.log", 0.2, clock_rate=20)
    assert machine.began is None
    machine.run()
    assert -1 < machine.began - real - seconds < 60
    assert lamport.load(home / f"{name}.log").parameters["began"] == machine.began
print("done")
"""


def shim(tmp_path: Path) -> Path:
    """Make a library that sets the wall clock and no more; libfaketime also bends sleeps."""
    compiler = which("cc") or which("gcc")
    if compiler is None:
        pytest.skip("no C compiler is here: the wall clock cannot be set for one process")
    source, library = tmp_path / "shim.c", tmp_path / "shim.so"
    source.write_text(SHIM)
    subprocess.run([compiler, "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    return library


@pytest.mark.skipif(sys.platform != "linux", reason="LD_PRELOAD is of Linux")
@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_a_step_of_the_wall_clock(tmp_path, kind):
    step = tmp_path / "step"
    step.write_text("0")
    environment = os.environ | {
        "LD_PRELOAD": str(shim(tmp_path)),
        "WALL_CLOCK_STEP": str(step),
    }
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, step, tmp_path, kind],
        env=environment, capture_output=True, text=True, timeout=100, check=False,
    )  # fmt: skip
    assert (done.stdout.strip(), done.returncode) == ("done", 0), done.stderr
