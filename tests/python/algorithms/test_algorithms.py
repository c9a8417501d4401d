"""Each algorithm keeps its promises whatever goes wrong, and each of the mutants is found out."""

import ast
import inspect
import os
import pickle

import pytest
from bank import Bank
from cases import CASES
from mutants import MUTANTS

import lamport
from lamport import algorithms
from lamport.algorithms import ChandyLamport, Layer

RUNS = int(os.environ.get("LAMPORT_ALGORITHM_RUNS", "500"))
"""How many runs of all algorithms together; `benches/algorithms.py` makes more."""
FREE_RUNS = 5
"""In so many runs without faults, a mutant that needs one is not found."""

names = pytest.mark.parametrize("name", CASES)


@pytest.mark.timeout(0 if RUNS > 500 else 120)
@names
def test_promises_are_kept(name):
    case = CASES[name]
    for seed in range(-(-RUNS // len(CASES))):
        run = case.run(seed)
        assert case.judge(run) == [], f"seed {seed}"
        verification = run.verify()
        assert verification.ok, f"seed {seed}: {verification}"


@names
def test_promises_are_of_runs_in_which_things_happen(name):
    """A promise that is kept because nothing happened is none."""
    case = CASES[name]
    run = case.run(1)
    assert len(run.faults) >= 5
    said = run.states
    if name in {"LamportMutex", "RicartAgrawala"}:
        assert said.groupby("machine_id")["entries"].max().min() >= 5
        after = said[said["time"] > 15]
        assert after.groupby("machine_id")["requests"].nunique().min() >= 3
    elif name == "TotalOrderMulticast":
        assert said.groupby("machine_id")["taken"].max().min() >= 50
    elif name == "ChandyLamport":
        snapshots = said.dropna(subset="snapshot")["snapshot"]
        assert max(each["number"] for each in snapshots) >= 7
        assert any(any(each["channels"].values()) for each in snapshots)
    elif name == "ChangRoberts":
        assert said.groupby("machine_id")["leader"].last().eq(case.machines).all()
    else:
        assert said.groupby("machine_id")["known"].last().map(len).eq(case.machines + 8).all()


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.algorithm.__name__)
def test_mutant_is_found(mutant):
    case = CASES[mutant.case]

    def found(seed, **options):
        said = case.judge(case.run(seed, algorithm=mutant.algorithm, **options))
        return any(mutant.says in each for each in said)

    first = next((seed for seed in range(mutant.runs) if found(seed)), None)
    assert first == mutant.runs - 1, "the number of runs it takes is stated"
    if mutant.needs_fault:
        assert not any(found(seed, faults=[]) for seed in range(FREE_RUNS))


@names
def test_the_same_in_logs(name, tmp_path):
    case = CASES[name]
    run = case.run(3, log_dir=tmp_path / "logs")
    loaded = lamport.load(tmp_path / "logs")
    assert case.judge(loaded) == case.judge(run) == []
    assert loaded.verify().ok
    told = (tmp_path / "logs" / "machine_1.log").read_text().splitlines()[0]
    assert f'"algorithm": "{case.algorithm.__module__}:{name}"' in told


@names
def test_short_enough_to_be_read(name):
    """At most 60 lines of code each, without documentation."""
    algorithm = getattr(algorithms, name)
    for part in algorithm.__mro__[: algorithm.__mro__.index(lamport.Algorithm)]:
        assert code_lines(part) <= 60, part


def code_lines(part):
    tree = ast.parse(inspect.getsource(part))
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node):
            node.body = node.body[1:] or [ast.Pass()]
    return len(ast.unparse(tree).replace("\n\n", "\n").splitlines())


def test_every_name_is_there():
    for name in algorithms.__all__:
        thing = getattr(algorithms, name)
        assert pickle.loads(pickle.dumps(thing)) is thing
        assert f" {name}(" in inspect.getsource(thing), "it is there to be read"
    assert lamport.algorithms is algorithms


@pytest.mark.parametrize("name", ["LamportMutex", "RicartAgrawala"])
def test_only_what_is_asked_for(name):
    """Without a pause machines want in when they are told to, and the run is quiet then."""
    inputs = [(1, 2, None), (1.01, 2, None), (1, 3, None)]
    run = lamport.simulate(
        3, 60, algorithm=f"lamport.algorithms:{name}", arguments={"pause": None}, rates=100, seed=1,
        inputs=inputs, until="quiet",
    )  # fmt: skip
    assert run.states.groupby("machine_id")["entries"].max().tolist() == [0, 2, 1]
    assert run.events["time"].max() < 2
    assert algorithms.mutual_exclusion(run) is True


def test_messages_of_each_entry():
    """As the papers count them."""
    for name, count in (("LamportMutex", 3), ("RicartAgrawala", 2)):
        run = lamport.simulate(
            4, 20, algorithm=f"lamport.algorithms:{name}", arguments={"pause": None}, rates=100, seed=1,
            inputs=[(1, 2, None), (1, 3, None), (3, 1, None)], until="quiet",
        )  # fmt: skip
        assert len(run.messages) == 3 * count * 3


def test_machines_alone():
    for name, case in CASES.items():
        if name == "ChandyLamport":
            continue
        run = lamport.simulate(1, 15, algorithm=case.algorithm, rates=100, seed=1, inputs=[(2, 1, "x")])
        assert case.judge(run) == []
    assert run.states["known"].iloc[-1] == sorted([run.states["known"].iloc[0][0], "x"])


@pytest.mark.parametrize("name", ["LamportMutex", "RicartAgrawala", "TotalOrderMulticast", "ChangRoberts"])
def test_topology_that_does_not_do(name):
    with pytest.raises(lamport.AlgorithmError, match=rf"ValueError: {name} needs .* no way to"):
        lamport.simulate(4, 10, algorithm=getattr(algorithms, name), topology="star", rates=100)


def test_snapshot_of_a_layer_in_a_layer():
    run = lamport.simulate(
        3, 12, rates=100, algorithm=lambda _: ChandyLamport(ChandyLamport(Bank(), every=50), every=2),
        seed=2, faults=lamport.random_faults(2, 0.4, machines=3, duration=12),
    )  # fmt: skip
    snapshots = run.states["snapshot"].dropna()
    assert snapshots.map(lambda each: each["state"]["balance"] >= 0).sum() > 5


class Idle(lamport.Algorithm):
    def on_idle(self, me):
        me.state(idle=me.clock)


def test_idle_ticks_reach_what_is_inside():
    run = lamport.simulate(2, 1, algorithm=Layer, arguments={"inner": f"{__name__}:Idle"}, rates=10)
    assert len(run.states) >= 10
    quiet = lamport.simulate(
        2, 1, algorithm=Layer, arguments={"inner": "lamport.algorithms:ChangRoberts"}, rates=100
    )
    assert len(quiet.events) < 30


def test_inside_is_as_without():
    """An algorithm in a layer does what it does without one."""
    plain = CASES["LamportMutex"].run(5)
    around = lamport.simulate(
        4, 25, algorithm=Layer, arguments={"inner": "lamport.algorithms:LamportMutex"},
        rates=100, seed=5, faults=plain.faults,
    )  # fmt: skip
    assert around.states.equals(plain.states)


def test_what_an_inner_algorithm_may_be():
    with pytest.raises(ValueError, match="no argument hald"):
        Layer("lamport.algorithms:LamportMutex", {"hald": 1})
    with pytest.raises(TypeError, match=r"not derived of lamport\.Algorithm"):
        Layer(dict)


@pytest.mark.parametrize(
    ("name", "given", "said"),
    [
        ("LamportMutex", {"hold": -1}, "hold=-1: give a positive number of seconds"),
        ("LamportMutex", {"hold": "a"}, "hold='a' is not a number"),
        ("RicartAgrawala", {"pause": 0}, "pause=0: give a positive number of seconds"),
        ("RicartAgrawala", {"hold": True}, "hold=True is not a number"),
        ("TotalOrderMulticast", {"pause": float("inf")}, "pause=inf: give a positive number"),
        ("Gossip", {"every": None}, "every=None is not a number"),
        ("ChangRoberts", {"within": -0.5}, "within=-0.5: give a positive number of seconds, or 0"),
        ("ChandyLamport", {"inner": "lamport.algorithms:Gossip", "every": float("nan")}, "every=nan: give a"),
    ],
)
def test_lengths_of_time_are_checked_by_name(name, given, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        getattr(algorithms, name)(**given)
