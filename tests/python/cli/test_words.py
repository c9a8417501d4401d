"""What the command line says of words that it cannot take: which option, and what would be right."""

import argparse
import re
import shlex

import pytest

import lamport
from lamport._cli import words
from lamport._cli.commands import COMMANDS, main

QUICK = {
    "run": ["--duration", "0.05", "--rates", "20,40", "--no-report", "--no-progress"],
    "simulate": ["--duration", "3", "--no-progress", "--no-report"],
    "sweep": ["--duration", "3", "--runs", "2", "--no-progress"],
    "machine": ["--id", "1", "--duration", "0.05", "--wait", "0"],
    "rerun": ["r", "--no-report", "--no-progress"],
    "analyze": ["r"],
    "compare": ["r"],
    "verify": ["r"],
    "export": ["r", "-o", "all.csv"],
    "view": ["r", "-o", "a.html", "--overwrite"],
    "predict": ["--rates", "1,3,6"],
    "grade": ["r", "-o", "grades.csv", "--no-progress"],
}
"""What makes each command short."""
RAW = re.compile(
    r"Traceback|Errno|NoneType|invalid \w+ value|<class|\bobject\b|convert negative|non-existent|"
    r"\b(base_port|log_dir|key_file|format=)"
)
"""Words of Python and of its libraries."""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    lamport.simulate(duration=20, seed=1, log_dir="r")
    (tmp_path / "file").write_text("garbage")
    (tmp_path / "mapping.json").write_text('{"a": 1}')
    (tmp_path / "late.json").write_text('[{"fault": "crash", "machine_id": 9, "at": 0.01}]')
    (tmp_path / "key").write_text("zz")
    (tmp_path / "key").chmod(0o600)
    return tmp_path


def status(argv):
    try:
        return main(argv)
    except SystemExit as ended:
        return ended.code


LIST = "a list is one word with commas"


@pytest.mark.parametrize(
    ("text", "code", "told"),
    [
        ("run --seed -1", 2, "argument --seed: -1 is out of range: give a whole number, 0 to 2^53 - 1"),
        ("run --seed 1.5", 2, "argument --seed: '1.5' is not a whole number"),
        ("run --rates 1 3 6", 2, f"unrecognized arguments: 3 6: {LIST}, --rates 1,3,6"),
        ("run --rates 0,1", 2, "argument --rates: a clock rate of 0 ticks per second: it must be"),
        ("run --duration -1", 2, "argument --duration: a duration of -1 seconds: it must be a positive"),
        ("run --duratoin 3", 2, "unrecognized arguments: --duratoin: is --duration meant"),
        ("run -n -1", 2, "argument -n/--machines: -1 is out of range: give a whole number, 1 or more"),
        ("run -n 2 --rates 1,2,3", 2, "--machines=2, but --rates has 3 values: they must agree"),
        ("run --max-rate 0", 2, "argument --max-rate: 0: it lies between 1 and"),
        ("run --broadcast-share 2", 2, "argument --broadcast-share: 2: a probability"),
        (
            "run --topology mesh",
            2,
            "argument --topology: 'mesh' is not known: give full, ring, star, line or",
        ),
        ("run --latency mapping.json", 2, 'in JSON like {"kind": "uniform"'),
        (
            "run --faults mapping.json",
            2,
            "argument --faults: mapping.json holds a JSON dict: it must be a list",
        ),
        ("run --faults file", 2, "argument --faults: file is not JSON"),
        ("run --faults late.json", 2, "--faults: the crash of machine 9 at 0.01 s: there is no machine 9"),
        ("run --base-port 70000", 2, "argument --base-port: 70000 is out of range: give a port, 1 to 65535"),
        ("run --base-port 65535 -n 2", 2, "--base-port"),
        ("run --repeat 0", 2, "--repeat 0: give a whole number, 1 to 10,000"),
        ("run --wait -1", 2, "argument --wait: -1: it must be a number of seconds, 0 or more"),
        ("run --key-file none", 1, "--key-file none: No such file or directory"),
        ("run --key-file key", 2, "--key-file key: the key, 2 characters, is not what `lamport keygen`"),
        ("run --log-dir file", 1, "--log-dir file: it is a file, not a directory"),
        ("run --log-dir r", 1, "give another --log-dir"),
        ("simulate -o a.xlsx", 2, "--output a.xlsx: its ending is not one of csv, parquet: give --format"),
        ("simulate --table machines", 2, "--table machines goes with --output FILE"),
        ("sweep --format csv", 2, "--format csv goes with --output FILE"),
        ("sweep --grid rates=1,3,6", 2, "argument --grid: rates are lists, in JSON: 'rates=[[1, 3, 6]"),
        ("sweep --grid foo=1", 2, "--grid: 'foo' is not a parameter of a simulation: they are machines"),
        ("sweep --grid max_rate=0", 2, "--grid: point 1 of 1 (max_rate=0): "),
        ("sweep --grid topology=mesh", 2, "argument --grid: 'mesh' is not known"),
        ("sweep --runs 0", 2, "--runs=0: give a whole number, 1 or more"),
        (
            "machine --peers 'a:1 b:2'",
            2,
            'argument --peers: bad peer "a:1 b:2": between two peers stands a comma',
        ),
        ("machine --peers a:1 b:2", 2, f"unrecognized arguments: b:2: {LIST}, --peers a:1,b:2"),
        ("machine --peers a", 2, 'argument --peers: bad peer "a": there is no port'),
        ("machine --host localhost:5000", 2, 'argument --host: "localhost:5000" is not a host'),
        ("machine --host nowhere.invalid", 1, '--host: unknown host "nowhere.invalid"'),
        ("machine --run-id 'a b'", 2, "argument --run-id: run id"),
        ("machine --allow nonsense", 2, 'argument --allow: "nonsense" is not an address or a network'),
        ("machine --resume --overwrite", 2, "--resume and --overwrite exclude each other"),
        ("machine --log r/machine_1.log", 1, "unless overwrite is set (--overwrite)"),
        ("machine --log file/x.log", 1, "--log file/x.log: file: it is a file, not a directory"),
        ("analyze r/run.json", 2, "r/run.json says how a run was made and is no log: give its directory, r"),
        ("verify r/run.json", 2, "r/run.json says how a run was made and is no log: give its directory, r"),
        ("analyze r -o file", 1, "--output file: it is a file, not a directory"),
        (
            "export r -o a.xlsx",
            2,
            "--output a.xlsx: its ending is not one of jsonl, csv, parquet, shiviz, tsviz",
        ),
        ("export r -o a.csv --start 100", 2, "--start=100 (s) is after the last event, at 19."),
        ("export r -o a.jsonl --start 100", 2, "--start=100 (s) is after the last event, at 19."),
        ("export r -o a.shiviz --start 100", 2, "--start=100 (s) is after the last event, at 19."),
        ("export r -o a.csv --stop -5", 2, "--stop=-5 (s) is not after the first event"),
        ("export r -o a.csv --start 5 --stop 3", 2, "--start=5.0 and --stop=3.0 (s) hold nothing"),
        ("export r -o file/x.csv", 1, "--output file/x.csv: "),
        ("verify r --clock-uncertainty -1", 2, "--clock-uncertainty is -1 s: it lies between 0 and"),
        ("keygen -o key", 1, "--output key: it exists, and no key is overwritten"),
        ("rerun r --wait 3", 2, "--wait is not for a run in virtual time"),
        ("rerun mapping.json", 2, "does not tell duration and seed"),
        ("rerun r --machines 4 --rates 1,3,6", 2, "--machines=4, but --rates has 3 values"),
        ("compare file", 1, "file is not a directory: give that of a run"),
        ("predict --rates 1,x", 2, "argument --rates: '1,x' is not a list of numbers, like 1,3,6"),
        ("predict --rates 1,3 --topology mesh", 2, "argument --topology: 'mesh' is not known"),
        ("predict --rates 1,3 --internal-probability 0,0,0", 2, "--internal-probability has 3 values"),
        ("predict --rat 1,3", 2, "unrecognized arguments: --rat: is --rates meant"),
        ("predict", 2, "the following arguments are required: --rates"),
        ("run --dur=3", 2, "unrecognized arguments: --dur: is --duration meant"),
        ("run --base 5000", 2, "unrecognized arguments: --base: is --base-port meant"),
        ("run --key auto", 2, "unrecognized arguments: --key: is --key-file meant"),
        ("run --no-re", 2, "unrecognized arguments: --no-re: is --no-report meant"),
        ("simulate --no-re", 2, "unrecognized arguments: --no-re: is --no-record or --no-report meant"),
        ('simulate --topo={"1": [2]}', 2, "unrecognized arguments: --topo: is --topology meant"),
        ("export r --out a.csv", 2, "unrecognized arguments: --out: is --output meant"),
        ("export r --zzz", 2, "unrecognized arguments: --zzz: see lamport export --help"),
        ("export r -o - --format png", 2, "argument --format: invalid choice: 'png'"),
        ("view r -o - --as gif", 2, "argument --as: invalid choice: 'gif'"),
        ("completion tcsh", 2, "argument SHELL: invalid choice: 'tcsh'"),
        ("schema run", 2, "unrecognized arguments: run: see lamport schema --help"),
    ],
)
def test_the_option_and_what_would_be_right(here, capsys, text, code, told):
    argv = shlex.split(text)
    quick = [*QUICK.get(argv[0], [])] if argv[0] in {"run", "simulate", "sweep", "machine"} else []
    quick = [word for word in quick if not {"--rates", "20,40"} & {word}] if "--rates" in argv else quick
    before = set(here.rglob("*"))
    assert status([argv[0], *quick, *argv[1:]]) == code
    error = capsys.readouterr().err
    assert f"lamport {argv[0]}: error: " in error
    assert told in error
    assert not RAW.search(error)
    assert set(here.rglob("*")) - {here / "logs"} == before


def options():
    """Every option of every command that takes a value."""
    parsers = {}
    for name, (_, add_arguments, _) in COMMANDS.items():
        parsers[name] = argparse.ArgumentParser(prog=name)
        add_arguments(parsers[name])
    return [
        (name, action)
        for name, parser in parsers.items()
        for action in parser._actions
        if action.option_strings and action.nargs != 0 and action.help != argparse.SUPPRESS
    ]


@pytest.mark.parametrize(
    ("command", "action"),
    options(),
    ids=lambda each: each if isinstance(each, str) else each.option_strings[0],
)
def test_every_option_with_words_that_make_no_sense(here, monkeypatch, capsys, command, action):
    """No traceback and no words of a library; whatever is refused is refused by name."""
    monkeypatch.setenv("COLUMNS", "1000")
    flag = action.option_strings[0]
    for value in ("x y", "-1", "nan", "[1", "{", "file/x", "9" * 400, ""):
        argv = [command, *QUICK.get(command, []), *([f"{flag}={value}"] if flag[1] == "-" else [flag, value])]
        if action.dest in {"log_dir", "log_filename"} and value != "file/x":
            continue  # any name will do
        code = status(argv)
        out, error = capsys.readouterr()
        error += out if command == "grade" else ""  # of each submission it says why
        assert code in {0, 1, 2}, argv
        assert not RAW.search(error), (argv, error)
        if code:
            assert any(name in error for name in action.option_strings), (argv, error)


@pytest.mark.parametrize("command", COMMANDS)
def test_no_option_is_taken_in_short(capsys, command):
    """What it would be is named, whatever else is missing."""
    flags = {flag for name, action in options() if name == command for flag in action.option_strings}
    flags |= {"--help", "--quiet"}
    long = [flag for flag in flags if flag.startswith("--")]
    for flag in long:
        for short in {flag[:-1], flag[:4]} - {*flags, "--"}:
            assert status([command, short]) == 2
            error = capsys.readouterr().err
            assert f"unrecognized arguments: {short}: is " in error
            assert flag in error.rpartition(" is ")[2]


def test_nor_is_one_of_the_command_itself(capsys):
    assert status(["--vers"]) == 2
    assert "lamport: error: unrecognized arguments: --vers: is --version meant" in capsys.readouterr().err


def test_a_value_may_look_like_an_option(here):
    """Behind its equals sign, and behind two dashes a file may have any name."""
    assert status(["verify", "r", "--pattern=--no x"]) == 2
    (here / "--odd").mkdir()
    lamport.simulate(duration=5, seed=1, log_dir="--odd/r")
    assert status(["verify", "--", "--odd/r"]) == 0


def test_words_that_are_taken(here):
    assert main(["machine", *QUICK["machine"], "--host", "[::1]"]) == 0
    assert (
        main(["simulate", *QUICK["simulate"], "--broadcast-share", "1/3", "--seed", "1", "-o", "a.csv"]) == 0
    )
    assert main(["simulate", *QUICK["simulate"], "--seed", "1", "-o", "b.csv"]) == 0
    assert (here / "a.csv").read_bytes() == (here / "b.csv").read_bytes()
    assert main(["export", "r", "-o", "made/here/a.csv"]) == 0
    assert (here / "made" / "here" / "a.csv").exists()


def test_the_parser_of_a_single_machine(capsys):
    from lamport import analyze
    from lamport._cli import machine

    for command, name in ((analyze.main, "analyze"), (machine.main, "machine")):
        with pytest.raises(SystemExit):
            command(["r", "--nothing"] if name == "analyze" else ["--id", "1", "--nothing"])
        assert (
            f"python -m lamport.{name}: error: unrecognized arguments: --nothing" in capsys.readouterr().err
        )


def test_only_parameters_are_renamed():
    parser = argparse.ArgumentParser()
    for flag in ("--max-rate", "--rates", "--machines", "--format"):
        parser.add_argument(flag)
    text = "logs/max_rate/x of 3 machines: rates are drawn, 'max_rate' and --rates=1, give format="
    assert words.as_options(text, parser) == text.replace("format=", "--format")


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("analyze nothing", 1),
        ("compare nothing", 1),
        ("grade nothing -o grades.csv", 1),
        ("rerun nothing", 1),
        ("run --key-file nothing", 1),
        ("view nothing -o run.html", 1),
        ("verify nothing", 2),  # its 1 says that logs violate
        ("run --faults nothing", 2),
    ],
)
def test_a_file_that_is_not_there_has_the_status_of_the_reference(words, code, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert status(words.split()) == code
