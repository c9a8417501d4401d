"""Commands with --json: one document, as its schema says, whatever comes of the command."""

import json
import os
import signal
import subprocess
import sys

import pandas as pd
import pytest
from documents import WHOLE, document
from jsonschema import Draft202012Validator, ValidationError

import lamport
from lamport._cli.commands import COMMANDS, main, make_parser
from lamport._cli.schema import opened

SHORT = ["--duration", "0.3", "--rates", "20,40"]
VIRTUAL = ["--duration", "20", "--rates", "1,3,6", "--seed", "5"]


def told(capsys, *words, status=0):
    """The document that a command writes; what it says beside it must not be on stdout."""
    try:
        ended = main([*words, "--json"])
    except SystemExit as error:
        ended = error.code
    out, err = capsys.readouterr()
    assert ended == status, err
    return document(out)


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture(scope="module")
def wrong(tmp_path_factory):
    """Logs of programs that do not keep their clocks as they should, and how."""
    home = tmp_path_factory.mktemp("wrong")
    lamport.simulate(3, 60, seed=1, stamp="before", log_dir=home / "stamp")
    lamport.simulate(3, 60, seed=1, receive="max(clock, T)", log_dir=home / "receive")
    torn = lamport.simulate(3, 60, seed=1, log_dir=home / "torn").files[1]
    torn.write_bytes(torn.read_bytes()[:-400] + b"\xff\xfe{ no line\n")
    return home


def test_every_command_that_has_it_is_tested_here():
    parsers = make_parser()._subparsers._group_actions[0].choices
    having = {name for name in COMMANDS if "--json" in parsers[name]._option_string_actions}
    assert having == {"run", "simulate", "rerun", "sweep", "analyze", "compare", "predict", "verify", "grade"}


def test_the_schema_that_is_printed_takes_fields_of_later_versions(capsys):
    assert main(["schema"]) == 0
    printed = Draft202012Validator(json.loads(capsys.readouterr().out))
    good = told(capsys, "predict", "--rates", "1,3")
    machines = [{**each, "more": 1} for each in good["machines"]]
    printed.validate({**good, "more": 1, "machines": machines})
    with pytest.raises(ValidationError):
        printed.validate({**good, "drift_growth": "2"})


def test_no_object_takes_what_the_schema_does_not_name():
    """But for those that say so: what a run was made with, and what is keyed by names."""

    def walk(place, part):
        if isinstance(part, dict):
            if "properties" in part:
                assert part["additionalProperties"] is False, place
                assert set(part["required"]) <= set(part["properties"]), place
            for name, each in part.items():
                walk([*place, name], each)
        elif isinstance(part, list):
            for number, each in enumerate(part):
                walk([*place, number], each)

    walk([], WHOLE)


def test_run(here, capsys):
    found = told(capsys, "run", *SHORT, "--view")
    run = lamport.load(found["log_dir"])
    assert found["kind"] == "run"
    assert found["lamport"] == lamport.__version__
    assert found["seed"] == run.parameters["seed"]
    assert found["parameters"] == json.loads((run.log_dir / "run.json").read_text())
    assert found["drift"] == run.drift
    assert [row["final_clock"] for row in found["machines"]] == run.machines["final_clock"].tolist()
    assert {path.rpartition("/")[2] for path in found["wrote"]} == {
        "analysis_subplots.png",
        "analysis_summary.md",
        "run.html",
    }
    assert all(os.path.exists(path) for path in found["wrote"])  # noqa: PTH110
    assert not found["interrupted"]


def test_numbers_that_are_not_known_are_null(here, capsys):
    found = told(capsys, "simulate", "-n", "1", "--duration", "5")
    assert found["machines"][0]["mean_wait"] is None
    assert found["log_dir"] is None
    unseen = told(capsys, "simulate", *VIRTUAL, "--no-record")
    assert unseen["machines"][0]["max_drift"] is None
    assert [row["ticks"] for row in unseen["machines"]] == [20, 60, 120]


def test_simulate_and_rerun(here, capsys):
    words = ["simulate", *VIRTUAL, "--latency", "uniform:0.01:0.02", "--log-dir", "a", "-o", "all.csv"]
    first = told(capsys, *words)
    assert first["parameters"]["latency"] == {"kind": "uniform", "low": 0.01, "high": 0.02}
    assert str(here / "all.csv") in first["wrote"]
    again = told(capsys, "rerun", "a")
    assert again["machines"] == first["machines"]
    assert again["seed"] == 5
    real = told(capsys, "rerun", "a", "--time", "real", "--duration", "0.2", "--rates", "20,40,60")
    assert real["machines"][0]["lateness_max"] > 0


def test_run_of_an_algorithm_that_prints(here, capsys, monkeypatch):
    """Whatever its handlers print goes to stderr."""
    (here / "loud.py").write_text(
        "import lamport\n\n\nclass Loud(lamport.Algorithm):\n"
        "    def start(self, me):\n        print('I am', me.id)\n        me.broadcast('hello')\n"
    )
    monkeypatch.syspath_prepend(here)
    for command in ("run", "simulate"):
        assert main([command, "-n", "2", "--duration", "1", "--algorithm", "loud:Loud", "--json"]) == 0
        out, err = capsys.readouterr()
        assert document(out)["parameters"]["algorithm"]
        assert "I am " in err


def test_several_runs(here, capsys):
    found = told(capsys, "run", *SHORT, "--repeat", "2", "--log-dir", "a", "--seed", "7")
    assert found["kind"] == "runs"
    assert [run["seed"] for run in found["runs"]] == [7, 8]
    assert found["comparison"]["groups"][0]["runs"] == ["run_1", "run_2"]
    assert found["comparison"]["wrote"] == [
        str(here / "a" / "comparison_subplots.png"),
        str(here / "a" / "comparison_summary.md"),
    ]
    compared = told(capsys, "compare", "a")
    assert compared["runs"] == found["comparison"]["runs"]
    assert compared["groups"] == found["comparison"]["groups"]


def test_compare_says_what_the_text_says(here, capsys):
    for number, rates in enumerate(([1, 3, 6], [1, 3, 6], [6, 6, 6]), 1):
        lamport.simulate(duration=20, rates=rates, seed=number, log_dir=f"all/run_{number}")
    found = told(capsys, "compare", "all")
    assert main(["compare", "all"]) == 0
    text = capsys.readouterr().out
    assert found["differing"] == ["rates"]
    assert [run["differing"]["rates"] for run in found["runs"]] == [[1, 3, 6], [1, 3, 6], [6, 6, 6]]
    assert [group["finished"] for group in found["groups"]] == [["run_1", "run_2"], ["run_3"]]
    mean = found["groups"][0]["whole"]["drift"]
    assert f"{mean['mean']:.4g} [{mean['low']:.4g}, {mean['high']:.4g}]" in text
    assert found["groups"][1]["machines"] is None
    one = told(capsys, "compare", "all/run_1", "-o", "here")
    assert one["groups"][0]["whole"] is None
    for number in (4, 5):
        lamport.simulate(duration=20, seed=number, log_dir=f"drawn/run_{number}")
    assert told(capsys, "compare", "drawn")["means_of_drawn"]["drift"]["mean"] >= 0


def test_verify(here, wrong, run, capsys):
    good = told(capsys, "verify", str(run.log_dir))
    assert good["ok"]
    assert good["violations"] == good["diagnosis"] == []
    assert good["rules"]["step"]["violations"] == 0
    assert good["rules"]["step"]["checked"] > 0
    for name, rule, value in (("stamp", "stamp", "before"), ("receive", "receive", "max(clock, T)")):
        bad = told(capsys, "verify", str(wrong / name), status=1)
        assert not bad["ok"]
        assert bad["diagnosis"][0]["rules"][rule] == value
        assert sum(each["violations"] for each in bad["rules"].values()) >= len(bad["violations"]) > 0
    torn = told(capsys, "verify", str(wrong / "torn"), status=1)
    assert torn["rules"]["structure"]["violations"] > 0
    file = min((wrong / "stamp").glob("*.log"))
    strict = told(capsys, "verify", str(file), "--strict", status=1)
    assert strict["strict"]
    assert strict["unchecked"]


def test_foreign_logs_with_names(here, capsys):
    table = {
        "host": ["ann", "bob", "ann"],
        "event": ["SEND", "RECEIVE", "INTERNAL"],
        "lc": [1, 2, 5],
        "to": ["bob", None, None],
        "from": [None, "ann", None],
    }
    pd.DataFrame(table).to_csv("theirs.csv", index=False)
    words = ["theirs.csv", "--columns", "lc=clock,host=machine,to=recipients,from=sender"]
    bad = told(capsys, "verify", *words, status=1)
    assert {row["name"] for row in bad["violations"]} == {"ann"}
    found = told(capsys, "analyze", *words, "-o", "report")
    assert [row["name"] for row in found["machines"]] == ["ann", "bob"]
    assert found["seed"] is None
    bare = told(capsys, "verify", "theirs.csv", status=2)
    assert bare["kind"] == "error"


def test_analyze_of_part_of_a_run(here, run, capsys):
    found = told(capsys, "analyze", str(run.log_dir / "machine_2.log"), "-o", "report")
    assert [row["machine_id"] for row in found["machines"]] == [2]
    assert found["drift"] is None
    assert found["notes"]


def test_logs_that_say_nothing(here, capsys):
    (here / "none").mkdir()
    (here / "empty").mkdir()
    (here / "empty" / "machine_1.log").write_text("")
    for place in ("none", "empty", "nowhere"):
        for command, status in (("analyze", 1), ("verify", 2)):
            found = told(capsys, command, place, status=status)
            assert found["kind"] == "error"
            assert found["status"] == status
            assert place in found["message"]
    run = lamport.simulate(3, 20, seed=1, log_dir="r")
    for file in run.files:
        file.write_text(file.read_text().partition("\n")[0] + "\n")
    begun = told(capsys, "verify", "r")
    assert begun["received"] == 0
    assert told(capsys, "analyze", "r")["machines"][0]["ticks"] == 0


def test_a_name_of_a_file_that_is_no_text(here, run, capsys):
    home = os.fsencode(here) + b"/\xff"
    run.save(os.fsdecode(home))
    found = told(capsys, "analyze", os.fsdecode(home))
    assert found["log_dir"].endswith("/\\udcff")


def test_predict_says_in_words_what_is_no_number(capsys):
    assert main(["predict", "--rates", "3,3", "--internal-probability", "0"]) == 0
    assert "how drift grows is not said" in capsys.readouterr().out


def test_predict(capsys):
    found = told(capsys, "predict", "--rates", "1,3,6")
    table = lamport.predict([1, 3, 6])
    assert [row["queue_growth"] for row in found["machines"]] == table["queue_growth"].tolist()
    assert found["fixed_point"] == "unique"
    assert found["solutions"] == [list(each) for each in table.attrs["solutions"]]
    several = told(capsys, "predict", "--rates", "3,3", "--internal-probability", "0,0")
    assert several["is_continuum"]
    assert several["machines"][0]["idle_rate"] is None
    changing = told(capsys, "predict", "--rates", "0:2/30:6,1", "--topology", '{"1": [2], "2": []}')
    assert changing["parameters"]["rates"][0] == [[0, 2], [30, 6]]
    assert changing["drift_growth"] is None


def test_sweep(here, capsys):
    words = ["--runs", "3", "--duration", "10"]
    grid = ["--grid", "internal_probability=0.1,0.5", "--grid", "latency=0.01,uniform:0.01:0.02"]
    found = told(capsys, "sweep", *words, *grid, "--seed", "4", "-o", "x.csv")
    frame = lamport.sweep(
        {"internal_probability": [0.1, 0.5], "latency": [0.01, lamport.Uniform(0.01, 0.02)]},
        runs=3,
        duration=10,
        seed=4,
    )
    table = lamport.summarize(frame)
    means = [point["metrics"]["drift"]["value"] for point in found["points"]]
    assert means == table["drift", "mean"].tolist()
    assert found["points"][0]["parameters"] == dict(zip(found["grid"], table.index[0], strict=True))
    assert found["wrote"] == [str(here / "x.csv")]
    one = told(capsys, "sweep", *words, "--runs", "1", "--statistic", "0.9")
    assert one["statistic"] == 0.9
    assert one["points"][0]["metrics"]["drift"]["low"] is None


def test_grade(here, wrong, capsys):
    (here / "empty").mkdir()
    submissions = [str(wrong / "stamp"), str(wrong / "torn"), "empty"]
    found = told(capsys, "grade", *submissions, "-o", "grades.csv", status=1)
    verdicts = [each["verdict"] for each in found["submissions"]]
    assert verdicts[0].startswith("violates ")
    assert verdicts[2] == "cannot be read"
    assert found["submissions"][0]["diagnosis"]
    assert found["submissions"][0]["rules"]["step"] == "obeys"


@pytest.mark.parametrize(
    ("words", "status"),
    [
        (["verify"], 2),
        (["verify", "r", "--nothing"], 2),
        (["run", "--rates", "x"], 2),
        (["run", "-n", "2", "--rates", "1,2,3"], 2),
        (["simulate", "-o", "-", "--format", "csv"], 2),
        (["compare", "nowhere"], 1),
        (["rerun", "nowhere"], 1),
    ],
)
def test_what_cannot_be_done_is_a_document_too(here, capsys, words, status):
    found = told(capsys, *words, status=status)
    assert found["kind"] == "error"
    assert found["status"] == status
    assert found["message"]


def test_only_who_can_write_one_does(capsys):
    with pytest.raises(SystemExit):
        main(["export", "r", "-o", "x.csv", "--json"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("sign", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("more", [[], ["--processes"], ["--repeat", "9"]])
def test_a_run_that_is_ended_early(tmp_path, sign, status, more):
    home = tmp_path / "a"
    words = ["run", "--duration", "60", "--rates", "20,40", "--log-dir", str(home), "--json", *more]
    command = [sys.executable, "-m", "lamport", *words]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        log = (home / "run_1" if "--repeat" in more else home) / "machine_2.log"
        while not (log.exists() and log.read_text().count("\n") > 3):
            assert child.poll() is None
        child.send_signal(sign)
        out, _ = child.communicate(timeout=60)
    assert child.returncode == status
    found = document(out)
    assert found["interrupted"]
    assert lamport.load(log.parent).verify().ok


def test_the_schema_refuses_what_is_not_so(capsys):
    """A schema that takes anything would be none."""
    good = told(capsys, "predict", "--rates", "1,3")
    for damage in ({"more": 1}, {"kind": "run"}, {"drift_growth": "2"}, {"machines": [{}]}):
        with pytest.raises(ValidationError):
            Draft202012Validator(WHOLE).validate(good | damage)
    for name in good:
        with pytest.raises(ValidationError):
            Draft202012Validator(WHOLE).validate({key: value for key, value in good.items() if key != name})


def test_the_schema_is_printed(capsys):
    assert main(["schema"]) == 0
    assert json.loads(capsys.readouterr().out) == opened(WHOLE)
