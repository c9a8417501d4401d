"""Which machine a file is of, by its name."""

from pathlib import Path

import pytest

from lamport._runs.file_machines import file_machines


@pytest.mark.parametrize(
    ("names", "machines"),
    [
        (["machine_1.log", "machine_2.log", "machine_10.log.gz"], ["1", "2", "10"]),
        (["run1_1.csv", "run1_2.csv"], ["1", "2"]),
        (["vm_A.log", "vm_B.log.zst", "vm_C.log"], ["A", "B", "C"]),
        (["alpha_run7.log", "beta_run7.log"], ["alpha", "beta"]),
        (["log-a", "log-ab"], ["a", "ab"]),
        (["a.log"], [None]),
        (["machine_7.log"], ["7"]),
        (["x/a.log", "y/a.log"], [None, None]),
        (["node.log", "node2.log"], ["node", "node2"]),
    ],
)
def test_names_tell_machines(names, machines):
    assert file_machines([Path(name) for name in names], None) == machines


def test_a_pattern_finds_them():
    files = [Path("a/m1_run.log"), Path("b/m2_run.log")]
    assert file_machines(files, r"m(?<machine>\d+)_") == ["1", "2"]
    assert file_machines(files, r"(?P<machine>[ab])/") == ["a", "b"]
    names = [Path("run9/0-events.log"), Path("run9/1-events.log")]
    assert file_machines(names, r"^(?<machine>\d)") == ["0", "1"]
    assert file_machines(names, r"(?<machine>\d)") == ["0", "1"]
    with pytest.raises(ValueError, match=r"file_pattern='x.*' does not match a/m1_run.log"):
        file_machines(files, r"x(?<machine>\d)")
