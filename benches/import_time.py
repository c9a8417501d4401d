"""What `import lamport` costs in time, and what a process costs in memory.

    python benches/import_time.py [ROUNDS = 10]

Prints the median time of a bare interpreter and of one that imports lamport,
in interleaved rounds, and their difference (the aim: under 30 ms); heavy
modules that the import loaded (there should be none); the peak memory (VmHWM)
of a `python -m lamport.machine` process (under 30 MB) and of a process after
`run_local`, before any table (under 60 MB). The load of the host is printed
first: times under load say little.
"""

import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

HEAVY = ("numpy", "pandas", "matplotlib", "tqdm")

AFTER_RUN = """
import lamport
run = lamport.run_local(rates=[20, 30, 60], duration=1, log_dir={directory!r}, progress=False)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")))
"""

LOADED = f"import sys, lamport; print(*(name for name in {HEAVY!r} if name in sys.modules))"


def seconds(code):
    begin = time.perf_counter()
    subprocess.run([sys.executable, "-c", code], check=True)
    return time.perf_counter() - begin


def output_of(code):
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def megabytes(line):
    """A line of /proc/PID/status, such as `VmHWM:  20480 kB`, in MB."""
    return int(line.split()[1]) * 1024 / 1e6


def machine_peak(directory):
    """The peak of a machine on its own that runs for two seconds, read shortly before its end."""
    options = f"--id 1 --port 0 --duration 2 --wait 0 --log {directory}/machine_1.log"
    command = [sys.executable, "-m", "lamport.machine", *options.split()]
    peak = float("nan")
    with subprocess.Popen(command) as process:
        while process.poll() is None:
            lines = Path(f"/proc/{process.pid}/status").read_text().splitlines()
            # A process that has ended, and is not waited for yet, has no such line.
            peak = max([megabytes(line) for line in lines if line.startswith("VmHWM")], default=peak)
            time.sleep(0.05)
    if process.returncode:
        raise SystemExit(f"the machine ended with status {process.returncode}")
    return peak


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 10
    print("load", *os.getloadavg())
    seconds("import lamport")  # writes the byte code
    pairs = [(seconds("pass"), seconds("import lamport")) for _ in range(rounds)]
    bare, imported = (statistics.median(times) * 1e3 for times in zip(*pairs, strict=True))
    print(f"bare {bare:.1f} ms, import lamport {imported:.1f} ms: {imported - bare:+.1f} ms")
    loaded = output_of(LOADED)
    print("heavy modules loaded:", loaded.strip() or "none")
    with tempfile.TemporaryDirectory() as directory:
        print(f"a machine's process: {machine_peak(directory):.1f} MB at its peak")
    with tempfile.TemporaryDirectory() as directory:
        peak = megabytes(output_of(AFTER_RUN.format(directory=f"{directory}/logs")))
        print(f"a process after run_local: {peak:.1f} MB at its peak")


if __name__ == "__main__":
    main()
