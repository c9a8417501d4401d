"""The examples of every ``--help``."""

__all__ = ["EXAMPLES", "examples"]

EXAMPLES: dict[str, tuple[str, ...]] = {
    "": (
        "lamport run --rates 1,3,6 --duration 10 --log-dir logs/first",
        "lamport view logs/first -o first.html",
        "lamport verify logs/first",
    ),
    "run": (
        "lamport run --rates 1,3,6 --duration 10",
        "lamport run -n 5 --topology ring --processes --log-dir logs/ring",
        "lamport run --rates 1,3,6 --repeat 3 --json > runs.json",
    ),
    "machine": (
        "lamport machine --id 1 --port 5001 --peers localhost:5002 --key-file lab.key",
        "lamport machine --id 2 --port 5002 --peers localhost:5001 --key-file lab.key --rate 6",
    ),
    "simulate": (
        "lamport simulate --rates 1,3,6 --duration 600 --seed 1978",
        "lamport simulate --latency exponential:0.05 --log-dir logs/late --view",
        "lamport simulate -n 100 --topology ring --no-record -o - --format csv > machines.csv",
    ),
    "rerun": (
        "lamport rerun logs/first",
        "lamport rerun logs/first --seed 77 --log-dir logs/other",
        "lamport rerun logs/first --time virtual --internal-probability 0.2",
    ),
    "sweep": (
        "lamport sweep --grid internal_probability=0.1,0.3,0.5 --rates 1,3,6 --runs 20",
        "lamport sweep --grid topology=ring,full --grid max_rate=2,6 --statistic median -o sweep.csv",
    ),
    "analyze": (
        "lamport analyze logs/first",
        "lamport analyze 'collected/*.log' -o report",
        "lamport analyze theirs.csv --columns lc=clock,host=machine -o report --json",
    ),
    "compare": (
        "lamport compare logs -o report",
        "lamport compare logs/first logs/second --json > comparison.json",
    ),
    "view": (
        "lamport view logs/first -o first.html --highlight 3=1",
        "lamport view logs/first -o first.png --start 2 --stop 8 --time lamport",
        "lamport view logs/first -o - --as svg > first.svg",
    ),
    "export": (
        "lamport export logs/first -o events.csv",
        "lamport export logs/first -o - --format jsonl > events.jsonl",
        "lamport export logs/first -o trace.json --start 5 --stop 10",
    ),
    "predict": (
        "lamport predict --rates 1,3,6",
        "lamport predict --rates 1,3,6 --topology ring --internal-probability 0.2 --json",
    ),
    "verify": (
        "lamport verify logs/first",
        "lamport verify 'collected/*.log' --clock-uncertainty 0.1 --strict",
        "lamport verify theirs.csv --columns lc=clock,host=machine --json > verdict.json",
    ),
    "grade": (
        "lamport grade submissions/* -o grades.csv",
        "lamport grade submissions/* -o grades.csv --pages pages --clock-uncertainty 0.1",
    ),
    "keygen": ("lamport keygen -o lab.key",),
    "schema": ("lamport schema > documents.json",),
    "completion": (
        "source <(lamport completion bash)",
        "lamport completion zsh > _lamport",
        "lamport completion fish > lamport.fish",
    ),
}
"""By command; under no name those of all."""


def examples(command: str) -> str:
    """Return what stands under the help of a command."""
    return "\n".join(["examples:", *(f"  {line}" for line in EXAMPLES[command])])
