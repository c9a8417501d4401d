"""How many bytes of log an event takes, by its kind and by how many machines it goes to.

::

    python benches/bytes.py

What `lamport.run_local` says of full disks before a run (`src/model/demand.rs`) counts on these figures. They
grow with the digits of clocks and ids.
"""

import json
import tempfile
from collections import defaultdict
from pathlib import Path

import lamport

KINDS = ("INTERNAL", "SEND", "RECEIVE")


def main() -> None:
    print("machines  rate  INTERNAL  SEND to one  each further  RECEIVE  mean")
    for machines, rate, seconds in [(3, 1000, 3), (3, 100_000, 3), (20, 300, 3), (60, 100, 3)]:
        with tempfile.TemporaryDirectory() as directory:
            logs = Path(directory, "run")
            lamport.run_local(machines, seconds, rates=[rate] * machines, log_dir=logs, progress=False)
            sizes = defaultdict(list)
            for log in logs.glob("machine_*.log"):
                with log.open() as lines:
                    for line in lines:
                        event = json.loads(line)
                        sizes[event["event"], len(event.get("recipients", []))].append(len(line))
        mean = {key: sum(all_of) / len(all_of) for key, all_of in sizes.items()}
        lines_of_ticks = [size for (event, _), all_of in sizes.items() if event in KINDS for size in all_of]
        one, most = mean["SEND", 1], mean["SEND", machines - 1]
        further = (most - one) / (machines - 2)
        print(
            f"{machines:8} {rate:5} {mean['INTERNAL', 0]:9.0f} {one:12.0f} {further:13.1f} "
            f"{mean['RECEIVE', 0]:8.0f} {sum(lines_of_ticks) / len(lines_of_ticks):5.0f}"
        )


if __name__ == "__main__":
    main()
