"""Types tell what works: of all that is public, as type checkers see it."""

import json
import subprocess
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pytest
import typed_uses

USES = Path(typed_uses.__file__)


def checker(*words):
    return subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=False)


def test_types_are_complete(capsys):
    done = checker("pyright", "--verifytypes", "lamport", "--ignoreexternal", "--outputjson")
    told = json.loads(done.stdout[done.stdout.index("{") :])["typeCompleteness"]
    lacking = [each["name"] for each in told["symbols"] if each["isExported"] and not each["isTypeKnown"]]
    with capsys.disabled():
        print(f"\npyright --verifytypes lamport: {told['completenessScore']:.1%}")
    assert told["completenessScore"] >= 0.95, lacking
    assert told["missingFunctionDocStringCount"] + told["missingClassDocStringCount"] == 0


@pytest.mark.parametrize("words", [["mypy", "--strict"], ["pyright", "--pythonpath", sys.executable]])
def test_type_checkers_take_what_works(words):
    done = checker(*words, str(USES))
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_works(tmp_path):
    run = typed_uses.simulations(tmp_path)
    typed_uses.readings(run, tmp_path)
    typed_uses.tables(run)
    typed_uses.machine(tmp_path)
    typed_uses.others()
    assert len(typed_uses.latencies()) == 5
    plt.close("all")
