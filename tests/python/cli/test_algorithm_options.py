"""Algorithms on the command line, given by name."""

import json
import subprocess
import sys

import pytest

import lamport
from lamport._cli.commands import main

MODULE = """
import lamport

class Poll(lamport.Algorithm):
    def __init__(self, hold=0.1, word="hello", *, rounds: int = 1):
        self.hold, self.word, self.rounds = hold, word, rounds

    def start(self, me):
        if me.id == 1:
            me.timer("ask", self.hold)

    def on_timer(self, me, name):
        me.broadcast({"word": self.word})

    def on_message(self, me, sender, body):
        me.state(got=body["word"] if sender else body, given=sender is None)

class Needy(Poll):
    def __init__(self, hold):
        self.hold = hold

class Failing(Poll):
    def on_timer(self, me, name):
        return dict(rates=3)["speed"]

class Misspelt(lamport.Algorithm):
    def on_mesage(self, me, sender, body):
        pass

class Stranger:
    pass
"""
FILES = {
    "polls.py": MODULE,
    "broken.py": "seed = 1\nrates = undefined\n",
    "unreadable.py": "class Poll(:\n",
    "importing.py": "import nothing_of_this_name\n",
    "inputs.json": '[[0.2, 2, "request"], [0.1, 3, null]]',
    "other.json": '[[0.2, 9, "request"]]',
    "pairs.json": "[[0.2, 1]]",
    "mapping.json": "{}",
}
FAST = ["--duration=20", "--until=quiet", "--rates=100", "--seed=5", "--no-progress", "--no-report"]


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    for name, text in FILES.items():
        (tmp_path / name).write_text(text)
    yield tmp_path
    sys.modules.pop("polls", None)


def lamport_of(here, *words):
    """Run a command in a process of its own, where modules of this directory are not found anyway."""
    command = [sys.executable, "-P", "-m", "lamport", *words]
    return subprocess.run(command, cwd=here, capture_output=True, text=True, timeout=60, check=False)


def states(directory):
    return lamport.load(directory).states


def record(directory):
    return json.loads((directory / "run.json").read_text())


@pytest.mark.parametrize("command", ["simulate", "run"])
def test_an_algorithm_by_name(here, command):
    words = ["--algorithm", "polls:Poll", "--set", "hold=0.25", "--set", "word=good day", "--log-dir=a"]
    done = lamport_of(here, command, *FAST, *words)
    assert (done.returncode, done.stderr) == (0, "")
    known = record(here / "a")
    assert known["algorithm"] == "polls:Poll"
    assert known["arguments"] == {"hold": 0.25, "word": "good day"}
    assert known["until"] == "quiet"
    assert known["rates"] == [100, 100, 100]
    assert sorted(states(here / "a")["got"]) == ["good day"] * 2

    again = lamport_of(here, "rerun", "a", "--set=word=bye", "--log-dir=b", "--no-report", "--no-progress")
    assert (again.returncode, again.stderr) == (0, "")
    assert record(here / "b")["arguments"] == {"hold": 0.25, "word": "bye"}
    assert sorted(states(here / "b")["got"]) == ["bye"] * 2


def test_a_simulation_runs_again_to_the_byte(here):
    words = ["--algorithm=polls:Poll", "--set=rounds=3", "--inputs=inputs.json", "--log-dir=a"]
    assert lamport_of(here, "simulate", *FAST, *words).returncode == 0
    assert record(here / "a")["inputs"] == [[0.1, 3, None], [0.2, 2, "request"]]
    given = states(here / "a")
    assert given.loc[given["given"].astype(bool), "machine_id"].tolist() == [3, 2]
    assert lamport_of(here, "rerun", "a", "--log-dir=b", "--no-report").returncode == 0
    for machine in (1, 2, 3):
        first, second = ((here / name / f"machine_{machine}.log").read_bytes() for name in "ab")
        assert first == second
    real = lamport_of(here, "rerun", "a", "--time=real", "--log-dir=c", "--no-report")
    assert (real.returncode, real.stderr) == (0, "")
    assert record(here / "c")["inputs"] == record(here / "a")["inputs"]
    given = states(here / "c")
    assert given.loc[given["given"].astype(bool), "machine_id"].tolist() == [3, 2]


@pytest.mark.parametrize("command", ["simulate", "run"])
def test_a_handler_that_fails_is_shown_with_its_traceback(here, command):
    done = lamport_of(here, command, *FAST, "--algorithm=polls:Failing")
    assert done.returncode == 1
    first, *others = done.stderr.splitlines()
    assert first.startswith(f"lamport {command}: error: machine 1: ")
    assert others[0] == "Traceback (most recent call last):"
    assert f'File "{here / "polls.py"}", line ' in others[1]
    # Lines of the program are shown as they are.
    assert others[2].strip() == 'return dict(rates=3)["speed"]'
    assert others[-1] == "KeyError: 'speed'"


@pytest.mark.parametrize(
    ("module", "told"),
    [
        ("broken", "NameError: name 'undefined' is not defined"),
        ("unreadable", "SyntaxError: invalid syntax"),
        ("importing", "ModuleNotFoundError: No module named 'nothing_of_this_name'"),
    ],
)
def test_a_module_that_fails_is_shown_with_its_traceback(here, module, told):
    done = lamport_of(here, "simulate", "--algorithm", f"{module}:Poll")
    assert done.returncode == 1
    first, *others = done.stderr.splitlines()
    error = told.partition(":")[0]
    assert first == (
        f"lamport simulate: error: --algorithm {module}:Poll: module {module} cannot be imported: {error}"
    )
    files = [line for line in others if line.lstrip().startswith("File ")]
    assert len(files) == 1
    assert f'"{here / module}.py"' in files[0]
    assert others[-1] == told


POLL = "--algorithm polls:Poll"


@pytest.mark.parametrize("command", ["simulate", "run"])
@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("--algorithm polls", "--algorithm 'polls' is not of the form module:Class"),
        ("--algorithm nowhere:Poll", "--algorithm 'nowhere:Poll': there is no module nowhere in the current"),
        ("--algorithm polls:Pol", "--algorithm 'polls:Pol': polls has no Pol (did you mean Poll?)"),
        ("--algorithm polls:Stranger", "--algorithm polls:Stranger: Stranger is not derived of lamport"),
        ("--algorithm polls:Misspelt", "--algorithm polls:Misspelt: Misspelt.on_mesage is no handler"),
        ("--algorithm polls:Needy", "Needy needs the argument hold: give --set hold=..."),
        (f"{POLL} --set held=1", f"{POLL}: Poll has no argument held (did you mean hold?)"),
        (f"{POLL} --set hold", "argument --set: 'hold' is not of the form name=value"),
        (f"{POLL} --set hold=1 --set hold=2", "argument --set: hold is given twice"),
        (
            f"{POLL} --set hold=False",
            "argument --set: hold=False is not JSON: give false; as a text",
        ),
        (f"{POLL} --until noon", "argument --until: invalid choice: 'noon' (choose from"),
        (f"{POLL} --broadcast-share 0.5", "--broadcast-share is for the built-in behaviour"),
        ("--set hold=1", "--set is for an algorithm: give --algorithm, a class"),
        ("--until quiet", "--until is for an algorithm: give --algorithm, a class"),
    ],
)
def test_what_cannot_run_is_said_in_a_line(here, capsys, command, words, told):
    assert refused([command, "--duration=1", "--no-progress", *words.split()], capsys).startswith(
        f"lamport {command}: error: {told}"
    )
    assert {path.name for path in here.iterdir()} - {"__pycache__"} == set(FILES)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (f"simulate {POLL} --inputs other.json", "--inputs: inputs[0] is for machine 9: there are machines"),
        (f"simulate {POLL} --inputs pairs.json", "--inputs: inputs[0]=[0.2, 1] is not (time, machine, body)"),
        (f"simulate {POLL} --inputs mapping.json", "argument --inputs: mapping.json is not a list, like [[1"),
        (f"simulate {POLL} --inputs polls.py", "argument --inputs: polls.py is not JSON"),
        (f"simulate {POLL} --inputs none.json", "argument --inputs: none.json: No such file"),
        ("simulate --inputs inputs.json", "--inputs is for an algorithm: give --algorithm, a class"),
        ("run --inputs inputs.json", "--inputs is for an algorithm: give --algorithm, a class"),
    ],
)
def test_what_only_one_command_refuses(here, capsys, words, told):
    assert refused(words.split(), capsys).startswith(f"lamport {words.split()[0]}: error: {told}")


def refused(words, capsys):
    """Return the last line of what is said of words that cannot be taken."""
    try:
        code = main(words)
    except SystemExit as ended:
        code = ended.code
    assert code == 2
    error = capsys.readouterr().err.splitlines()
    assert error[0].startswith("usage: ") or len(error) == 1
    return error[-1]


@pytest.mark.parametrize(
    ("words", "rates"),
    [
        ("--rates 3", [3]),
        ("--rates 3 --topology ring", [3]),
        ("--rates 3 -n 1", [3]),
        ("--rates 3 -n 4", [3] * 4),
        ("--rates 2,3", [2, 3]),
        ('--rates 3 --topology {"1":[2],"2":[]}', [3] * 2),
        (f"--rates 3 {POLL}", [3] * 3),
        (f"--rates 3 {POLL} -n 2", [3] * 2),
    ],
)
def test_one_rate_is_that_of_all_machines_where_others_are_named(here, words, rates):
    assert main(["simulate", "--duration=2", "--no-report", "--log-dir=a", *words.split()]) == 0
    assert record(here / "a")["rates"] == rates
    assert record(here / "a")["machines"] == len(rates)


def test_a_run_again_with_one_rate_has_as_many_machines(here):
    run = lamport.simulate(4, 2, seed=1, log_dir="a")
    assert main(["rerun", "a", "--rates=5", "--machines=3", "--no-report", "--log-dir=b"]) == 0
    assert record(here / "b")["rates"] == [5] * 3
    assert main(["rerun", "a", "--rates=5", "--no-report", "--log-dir=c"]) == 0
    assert record(here / "c")["rates"] == [5]
    assert lamport.rerun(run, rates=7).machines["clock_rate"].tolist() == [7] * 4
    assert lamport.rerun(run, rates=[7]).machines["clock_rate"].tolist() == [7]


def test_runs_of_an_algorithm_are_repeated(here, capsys):
    words = ["run", *FAST, "--algorithm=polls:Poll", "-n=2", "--repeat=2", "--log-dir=a"]
    assert main(words) == 0
    for number in (1, 2):
        assert record(here / "a" / f"run_{number}")["algorithm"] == "polls:Poll"
    assert "means over 2 runs" in capsys.readouterr().out


SWEEP = ["sweep", "--algorithm=polls:Poll", "-n2", "--rates=100", "--runs=3", "--duration=5", "--no-progress"]


def test_a_sweep(here, capsys):
    words = ["--grid=hold=0.1,1", "--set=word=hi", "--since=0.05", "--statistic=median", "--confidence=0.7"]
    assert main([*SWEEP, *words, "--until=quiet", "-o", str(here / "table.csv")]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "medians over runs, and their 70 % confidence intervals"
    assert told[2].split()[:5] == ["hold", "runs", "drift", "mean_drift", "mean_wait"]
    assert [line.split()[0] for line in told[3:5]] == ["0.1", "1.0"]
    import polls

    frame = lamport.sweep(
        {"hold": [0.1, 1]}, runs=3, duration=5, machines=2, rates=100, since=0.05,
        algorithm=polls.Poll, arguments={"word": "hi"}, until="quiet",
    )  # fmt: skip
    table = lamport.summarize(frame, statistic="median", confidence=0.7)
    assert f"{table['mean_drift', 'median'].iloc[0]:.4g} [" in told[3]
    written = (here / "table.csv").read_text().splitlines()
    assert written[0] == ",".join(frame.columns)
    assert len(written) == 1 + len(frame) == 13


def test_a_grid_of_algorithms_or_machines_has_one_rate_for_all(here, capsys):
    words = ["sweep", "--rates=50", "--runs=1", "--duration=1", "--no-progress"]
    mutex = "lamport.algorithms:LamportMutex,lamport.algorithms:RicartAgrawala"
    for grid, rows in ((f"algorithm={mutex}", 6), ("machines=2,4", 6)):
        table = here / "table.csv"
        assert main([*words, "--grid", grid, "-o", str(table)]) == 0
        _, *told = table.read_text().splitlines()
        assert len(told) == rows


def test_a_grid_reads_arguments_as_set_does(here, capsys):
    words = ["--grid=hold=.1,2", '--grid=word="1",a', f"--output={here / 'table.csv'}"]
    assert main([*SWEEP, "--runs=1", *words]) == 0
    _, *told = (here / "table.csv").read_text().splitlines()
    assert {tuple(row.split(",")[:2]) for row in told} == {(h, w) for h in ("0.1", "2.0") for w in ("1", "a")}
    with pytest.raises(SystemExit):
        main([*SWEEP, "--grid=hold=.1,True"])
    assert "argument --grid: hold=True is not JSON: give true;" in capsys.readouterr().err


def test_a_sweep_prints_what_is_asked_for(capsys):
    words = ["sweep", "--runs=20", "--duration=5", "--no-progress"]
    assert main([*words, "--statistic=0.25", "--confidence=0.9"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told[1] == "0.25 quantiles over runs, and their 90 % confidence intervals"
    assert "mean_wait" not in told[2]
    assert main(words) == 0
    assert capsys.readouterr().out.splitlines()[1] == "means over runs, and their 95 % confidence intervals"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--grid=hodl=1"], "--algorithm polls:Poll: Poll has no argument hodl (did you mean hold?)"),
        (["--grid=hold=1", "--set=hold=2"], "--grid: point 1 (hold=1): hold is in the grid and in --set (2)"),
        (["--grid=algorithm=polls:Needy"], "--grid: algorithm is in the grid and given beside it"),
        (["--since=7"], "--since=7 (s) is not within a run of 5 s"),
        (["--statistic=mode"], "--statistic='mode': give 'mean', 'median' or a quantile"),
        (["--confidence=1"], "--confidence=1.0 is not between 0 and 1"),
        (["--algorithm=polls:Needy"], "Needy needs the argument hold: give --set hold=..."),
    ],
)
@pytest.mark.usefixtures("here")
def test_a_sweep_that_cannot_be(words, message, capsys):
    assert main([*SWEEP, *words]) == 2
    assert message in capsys.readouterr().err


def test_a_sweep_whose_handlers_fail(here, capsys):
    assert main([*SWEEP, "--algorithm=polls:Failing", "--grid=hold=0.1,9"]) == 1
    told = capsys.readouterr().err
    first, *others = told.splitlines()
    assert first.startswith("lamport sweep: error: point 1 of 2 (hold=0.1), run 0 with seed")
    assert first.endswith("; 0 of 6 runs are finished")
    assert others[0] == "Traceback (most recent call last):"
    assert f'File "{here / "polls.py"}", line ' in told
    assert 'return dict(rates=3)["speed"]' in told
    assert others[-1] == "KeyError: 'speed'"


@pytest.mark.usefixtures("here")
def test_what_the_grid_gives_is_not_needed_elsewhere():
    assert main([*SWEEP, "--algorithm=polls:Needy", "--grid=hold=8,9"]) == 0
