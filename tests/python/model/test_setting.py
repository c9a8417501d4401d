"""The table of parameters against the signatures, options and records that follow from it."""

import argparse
import inspect
import json
from fractions import Fraction

import pytest

import lamport
from lamport._cli.commands import main
from lamport._cli.options import FUNCTIONS, add_parameters
from lamport._lamport import DEFAULTS
from lamport._model.parameter import REQUIRED
from lamport._model.setting import DISCIPLINE, MODEL, NUMBERS, SETTING, of_function

OWN = {
    "run_local": {"live", "progress"},
    "run_hosts": {"hosts", "ports", "listen", "python", "progress"},
    "simulate": {"since", "progress"},
    "sweep": {"grid", "measure", "since", "executor", "progress", "fixed"},
    "Machine": set(),
    "predict": set(),
    "random_faults": {"rate", "kinds", "length", "latency", "settle"},
}
"""What functions take that is no parameter of a run or of a machine."""


def signature(function):
    parameters = inspect.signature(getattr(lamport, function)).parameters
    return {name: each.default for name, each in parameters.items() if name not in OWN[function]}


@pytest.mark.parametrize("function", OWN)
def test_signatures_are_as_the_setting_says(function):
    said = {name: each.of[function] for name, each in of_function(function).items()}
    said = {name: inspect.Parameter.empty if value is REQUIRED else value for name, value in said.items()}
    assert signature(function) == said


def test_every_function_of_the_setting_is_there():
    functions = {function for each in SETTING.values() for function in each.of}
    assert functions - {"grid"} == set(OWN)
    for each in SETTING.values():
        assert set(each.names) <= set(each.of)
        assert {FUNCTIONS[command] for command in each.options} <= {*each.of, "sweep" * ("grid" in each.of)}


def test_what_functions_share_has_one_default():
    """But for the delay of messages, which TCP has already, the seed of a sweep, which repeats itself, and
    what only a run that makes all its machines can know: its key, and how many connections it waits for.
    """
    for name, each in SETTING.items():
        given = {json.dumps(default) for default in each.of.values() if default is not REQUIRED}
        assert len(given) <= 1 or name in {"latency", "seed", "key", "wait"}


def test_a_grid_varies_what_every_run_in_virtual_time_has():
    others = {"machines", "rates", "topology", "latency", "faults", "weights", "ticks"}
    assert {*others, *NUMBERS, *DISCIPLINE} == set(MODEL)
    assert set(DISCIPLINE) == {"stamp", "receive", "draw_after_receive"}
    assert set(MODEL) - set(of_function("run_local")) == set(DISCIPLINE)
    with pytest.raises(ValueError, match=f"they are {', '.join(MODEL)}"):
        lamport.sweep({"colour": [1]})
    frame = lamport.sweep([{}], runs=1, duration=1)
    assert set(NUMBERS) < set(frame.columns)
    assert set(NUMBERS) < set(lamport.compare({"a": lamport.simulate(duration=1)}).columns)


@pytest.mark.parametrize("command", FUNCTIONS)
def test_options_have_the_defaults_of_the_functions(command):
    parser = argparse.ArgumentParser()
    add_parameters(parser, command)
    args = vars(parser.parse_args({"machine": ["--id=1"], "predict": ["--rates=1"]}.get(command, [])))
    for name, each in SETTING.items():
        function = FUNCTIONS[command]
        default = each.of.get(function, each.of.get("grid"))
        if command in each.options and default is not REQUIRED and name != "allow":
            assert args[name] == default


def test_the_share_that_help_shows_is_the_default():
    options = SETTING["broadcast_share"].options.values()
    assert options
    for option in options:
        assert float(Fraction(option.help.rpartition("(")[2].rstrip(")"))) == DEFAULTS["broadcast_share"]


@pytest.mark.parametrize("processes", [False, True])
def test_run_json_has_what_the_setting_says(tmp_path, processes):
    latency = lamport.Uniform(0, 0.001)
    faults = [lamport.Delay(1, 2, lamport.Exponential(0.001), at=0, duration=1)]
    run = lamport.run_local(
        2, 0.2, latency=latency, faults=faults, log_dir=tmp_path / "run", processes=processes, progress=False
    )
    kept = json.loads((tmp_path / "run" / "run.json").read_text())
    # What is seldom used stands there only where it is.
    taken = of_function("run_local").items()
    recorded = [name for name, each in taken if each.recorded and not each.seldom]
    assert list(kept)[: len(recorded)] == recorded
    assert kept["latency"] == {"kind": "uniform", "low": 0.0, "high": 0.001}
    assert kept["faults"] == [
        {
            "fault": "delay",
            "sender": 1,
            "recipient": 2,
            "latency": {"kind": "exponential", "mean": 0.001},
            "at": 0.0,
            "duration": 1.0,
        }
    ]
    assert run.faults == lamport.load(tmp_path / "run").faults == tuple(faults)


def test_run_json_with_the_names_that_fields_had(tmp_path):
    lamport.simulate(2, 1, seed=1, log_dir=tmp_path)
    path = tmp_path / "run.json"
    kept = json.loads(path.read_text())
    kept["faults"] = [
        {"fault": "crash", "machine": 1, "at": 0.5, "down_for": None},
        {"fault": "disconnect", "src": 1, "dst": 2, "at": 0.25},
    ]
    path.write_text(json.dumps(kept))
    old = lamport.load(tmp_path)
    assert old.faults == (lamport.Crash(1, at=0.5), lamport.Disconnect(1, 2, at=0.25))
    again = lamport.simulate(2, 1, seed=1, faults=old.parameters["faults"])
    assert again.faults == old.faults


def test_numbers_travel_exactly():
    """What goes to the native module as JSON comes out as the very same number."""
    mean = 0.012345678901234567
    assert lamport.simulate(seed=1, latency=mean).events.equals(
        lamport.simulate(seed=1, latency=lamport.Constant(mean)).events
    )
    run = lamport.simulate(2, 5, seed=1, latency=lamport.Uniform(mean, mean), rates=[40, 40])
    flights = run.messages["arrived"] - run.messages["sent"]
    assert flights.dropna().between(mean - 2e-6, mean + 2e-6).all()
    assert len(flights.dropna())


def test_keygen_takes_both_words(tmp_path):
    for word in ("--output", "-o", "--out"):
        path = tmp_path / f"key{word}"
        assert main(["keygen", word, str(path)]) == 0
        assert len(path.read_text()) == 65
