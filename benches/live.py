"""A run that goes on, with and without a page that shows it: ticks, lateness, what the server takes.

python benches/live.py            20 machines at 50 ticks/s, 60 s each way, Chromium open; 3 rounds
python benches/live.py flood      a writer of 100,000 events/s for 20 s, followed and thinned
"""

import json
import os
import resource
import sys
import threading
import time
import urllib.request
from pathlib import Path
from tempfile import TemporaryDirectory

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "python" / "view"))

from browser import Browser

import lamport
from lamport._live.follower import Follower
from lamport._live.live import Live

SECONDS = float(os.environ.get("SECONDS", "60"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
TICK = os.sysconf("SC_CLK_TCK")


def resident():
    """Megabytes of this process now."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * resource.getpagesize() / 1e6


class Watched:
    """CPU seconds of the threads that follow and serve, and memory, while they live."""

    def __init__(self):
        self.used, self.memory, self._stops = {}, [], threading.Event()
        self._thread = threading.Thread(target=self._look, daemon=True)
        self._thread.start()

    def _look(self):
        while not self._stops.wait(0.5):
            self.memory.append(resident())
            for thread in threading.enumerate():
                if (
                    thread.name.startswith("lamport-live")
                    or thread.name.startswith("lamport-follow")
                    or ("process_request_thread" in thread.name)
                ):
                    try:
                        fields = (
                            Path(f"/proc/self/task/{thread.native_id}/stat")
                            .read_text()
                            .rpartition(")")[2]
                            .split()
                        )
                    except OSError:
                        continue
                    self.used[thread.ident] = (int(fields[11]) + int(fields[12])) / TICK

    def end(self):
        self._stops.set()
        self._thread.join()


def behind(url, found):
    """How many seconds after it happened the last event of each update is here."""
    zero = None
    with urllib.request.urlopen(url.replace("/?", "/events?")) as stream:
        for line in stream:
            if line.startswith(b'data: {"type":"more"'):
                told = json.loads(line[6:])
                if told["time"]:
                    # `now` is the clock of the poll: what is left is the way here.
                    zero = zero if zero is not None else time.time() - told["now"]
                    found.append(time.time() - zero - max(told["time"]))


def once(directory, shown):
    parameters = {"duration": SECONDS, "rates": [50] * 20, "seed": 3, "progress": False, "log_dir": directory}
    if not shown:
        run = lamport.run_local(**parameters)
        return run, None, []
    late = []
    with Live("bench") as live, Browser() as browser:
        page = browser.blank()
        page.call("Page.navigate", url=live.url)
        threading.Thread(target=behind, args=(live.url, late), daemon=True).start()
        watched = Watched()
        follower = Follower(directory)
        live.begin(follower)
        run = lamport.run_local(**parameters)
        watched.end()
    return run, watched, late


def rounds():
    rows = []
    for number in range(ROUNDS):
        for shown in (False, True) if number % 2 == 0 else (True, False):
            with TemporaryDirectory() as home:
                run, watched, late = once(Path(home) / "run", shown)
                machines = run.machines
                row = {
                    "page": shown,
                    "ticks": int(machines["ticks"].sum()),
                    "lateness p50 / p99 / max ms": [
                        round(float(1e3 * machines[f"lateness_{name}"].agg(how)), 3)
                        for name, how in (("p50", "median"), ("p99", "median"), ("max", "max"))
                    ],
                }
                if watched:
                    late.sort()
                    row |= {
                        "core %": round(100 * sum(watched.used.values()) / SECONDS, 2),
                        "behind p50 / max s": (round(late[len(late) // 2], 2), round(late[-1], 2))
                        if late
                        else None,
                        "MB first / last": (round(watched.memory[2]), round(watched.memory[-1])),
                    }
                print(row, flush=True)
                rows.append(row)
    return rows


def flood(seconds=20, each=100_000):
    """Write so many events a second into 20 logs, and follow them."""
    with TemporaryDirectory() as home:
        files = [open(Path(home) / f"machine_{number}.log", "w") for number in range(1, 21)]  # noqa: SIM115, PTH123
        stops = threading.Event()
        pid = os.fork()
        if pid == 0:
            clock, start = 0, time.time()
            for second in range(seconds * 10):
                for number, file in enumerate(files, 1):
                    now = time.time()
                    lines = [
                        f'{{"event": "INTERNAL", "system_time": {now:.6f}, "machine_id": {number}, '
                        f'"old_clock": {clock + i}, "new_clock": {clock + i + 1}}}\n'
                        for i in range(each // 200)
                    ]
                    file.write("".join(lines))
                    file.flush()
                clock += each // 200
                time.sleep(max(0, start + (second + 1) / 10 - time.time()))
            os._exit(0)
        follower = Follower(home)
        told = size = longest = polls = 0
        slowest = 0.0
        memory = []
        used = time.process_time()
        began = time.time()
        while os.waitpid(pid, os.WNOHANG)[0] == 0:
            before = time.perf_counter()
            texts = follower.poll()
            slowest = max(slowest, time.perf_counter() - before)
            polls += 1
            size += sum(map(len, texts))
            longest = max([longest, *map(len, texts)])
            for text in texts:
                if text.startswith('{"type":"more"'):
                    told += len(json.loads(text)["time"])
            memory.append(resident())
            stops.wait(0.2)
        took = time.time() - began
        written = sum(Path(file.name).read_bytes().count(b"\n") for file in files)
        print(
            {
                "written /s": round(written / took),
                "told /s": round(told / took),
                "kB/s": round(size / took / 1e3),
                "longest update": longest,
                "slowest poll ms": round(1e3 * slowest),
                "core % (with json)": round(100 * (time.process_time() - used) / took, 1),
                "MB first / last": (round(memory[5]), round(memory[-1])),
            }
        )


if __name__ == "__main__":
    flood() if sys.argv[1:] == ["flood"] else rounds()
