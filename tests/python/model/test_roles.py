"""Classes of algorithms, their handlers and arguments; what is wrong is named, and what would be right."""

import functools
import json
import pickle
import re
import sys
import warnings

import pytest

import lamport
from lamport._model.read import argument
from lamport._model.roles import Roles, load_algorithm


class Echo(lamport.Algorithm):
    def __init__(self, hold=0.1, *, names=()):
        self.hold, self.names = hold, names

    def on_message(self, me, sender, body):
        me.send(sender, body)


class Leader(lamport.Algorithm):
    def __init__(self, term):
        self.term = term

    def start(self, me):
        me.broadcast(self.term)


def test_each_machine_has_an_instance_with_arguments_of_its_own():
    roles = Roles(Echo, {"names": ("a", "b"), "hold": 0.2})
    one, other = roles.make(1), roles.make(2)
    assert type(one) is type(other) is Echo
    assert (one.hold, one.names) == (0.2, ["a", "b"])
    assert one is not other
    assert one.names is not other.names
    assert roles.arguments == {"names": ["a", "b"], "hold": 0.2}
    assert roles.recorded == roles.told(7) == f"{__name__}:Echo"


def test_a_callable_is_called_with_the_id_of_its_machine():
    roles = Roles(lambda machine: Echo(hold=machine))
    assert [roles.make(machine).hold for machine in (3, 1)] == [3, 1]
    assert roles.told(3).startswith(f"{__name__}:test_a_callable")
    assert Roles(functools.partial(lambda _, hold: Echo(hold), hold=4)).make(1).hold == 4


def test_a_mapping_gives_roles_and_each_class_what_it_takes():
    roles = Roles({1: Leader, 2: Echo, 3: lambda machine: Echo(hold=machine)}, {"term": 5, "hold": 1})
    roles.check([1, 2, 3])
    assert (roles.make(1).term, roles.make(2).hold, roles.make(3).hold) == (5, 1, 3)
    assert roles.recorded["1"] == f"{__name__}:Leader"
    assert json.loads(json.dumps(roles.recorded)) == roles.recorded
    with pytest.raises(ValueError, match="names none for machine 4"):
        roles.check([1, 2, 3, 4])
    with pytest.raises(ValueError, match="names one for machine 3, which is not there"):
        roles.check([1, 2])
    again = Roles({"1": "lamport:Algorithm"} | {"1": Leader}, {"term": 1})
    assert again.make(1).term == 1


@pytest.mark.parametrize(
    ("algorithm", "arguments", "error", "words"),
    [
        (
            Echo,
            {"holt": 1},
            ValueError,
            r"Echo has no argument holt \(did you mean hold\?\); it takes hold, names",
        ),
        (Echo, {"x": 1}, ValueError, r"Echo has no argument x; it takes hold, names"),
        (Leader, None, ValueError, r"Leader needs the argument term: give arguments=\{'term': ...\}"),
        ({1: Leader, 2: Echo}, {"hold": 1}, ValueError, r"Leader needs the argument term"),
        (Echo, {"hold": {1}}, TypeError, r'arguments\["hold"\] is \{1\} of class set'),
        (Echo, [1], TypeError, r"arguments=\[1\] is not a mapping"),
        (lambda _: Echo(), {"hold": 1}, ValueError, r"only a class is called with arguments"),
        (Echo(), None, TypeError, r"is an instance, and each machine needs its own: give the class"),
        (dict, None, TypeError, r"dict is not derived of lamport.Algorithm"),
        (3, None, TypeError, r"algorithm=3 is neither a class"),
        ({}, None, ValueError, r"names no machine"),
        ({"a": Echo}, None, ValueError, r"'a'.*the keys are the ids of machines"),
        ({True: Echo}, None, ValueError, r"True.*the keys are the ids of machines"),
        ("nowhere.at.all:Echo", None, ValueError, r"there is no module nowhere"),
        ("json:Echo", None, ValueError, r"json has no Echo"),
        ("lamport:Algoritm", None, ValueError, r"lamport has no Algoritm"),
        ("mutex", None, ValueError, r"'mutex' is not of the form module:Class"),
        ("a b:Mutex", None, ValueError, r"is not of the form module:Class"),
        ("mutex.py:Mutex", None, ValueError, r"there is no module mutex"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_is_no_algorithm_is_named(algorithm, arguments, error, words):
    with pytest.raises(error, match=words):
        Roles(algorithm, arguments)


def test_what_a_callable_returns_is_looked_at():
    with pytest.raises(TypeError, match=r"\(4\) returned \[\], not an instance of a class derived"):
        Roles(lambda _: []).make(4)
    with pytest.raises(TypeError, match="Algorithm has no handlers"):
        Roles(lambda _: lamport.Algorithm()).make(4)
    with pytest.raises(TypeError, match=r"Made\(...\) returned 3, not an instance of a class derived"):
        Roles(made(start=two, __new__=lambda _: 3)).make(4)


def test_each_machine_needs_an_instance_of_its_own():
    one = Echo()
    roles = Roles(lambda _: one)
    assert roles.make(1) is one
    for machine in (1, 2):
        with pytest.raises(TypeError, match=rf"\({machine}\) returned .* a second time: each machine needs"):
            roles.make(machine)
    ready = {1: Echo(), 2: Echo()}
    roles = Roles(lambda machine: ready[machine])
    assert roles.make(1) is not roles.make(2)


def test_a_class_is_not_bound_to_arguments_by_partial():
    words = r"give the class, algorithm=Echo, and arguments=\{'hold': 3\}"
    with pytest.raises(TypeError, match=words):
        Roles(functools.partial(Echo, hold=3))


def made(**members):
    return type("Made", (lamport.Algorithm,), members)


def two(self, me):
    pass


def four(self, me, sender, body):
    pass


def swapped(self, me, body, sender):
    pass


async def waits(self, me):
    pass


def yields(self, me):
    yield


@pytest.mark.parametrize(
    ("members", "words"),
    [
        ({}, r"Made has no handlers: it needs one or several of start, on_message, on_timer, on_idle"),
        ({"message": four}, r"has no handlers.*; Made.message is near"),
        ({"on_mesage": four}, r"Made.on_mesage is no handler, .* did you mean on_message\?"),
        ({"on_mesage": four, "start": two}, r"did you mean on_message\?"),
        ({"onTimer": four, "start": two}, r"did you mean on_timer\?"),
        ({"on_start": two, "on_message": four}, r"did you mean start\?"),
        ({"strat": two, "on_message": four}, r"did you mean start\?"),
        ({"on_receive": four}, r"did you mean on_message\?"),
        ({"on_tick": two, "start": two}, r"did you mean on_idle\?"),
        ({"on_message": two}, r"Made.on_message\(self, me\) does not take .*: def on_message\(self, me, "),
        ({"start": four}, r"Made.start.* does not take what it is handed"),
        ({"start": waits}, r"Made.start is async: there is no await in handlers"),
        ({"start": yields}, r"Made.start has a yield"),
        ({"start": None}, r"Made.start is None, which cannot be called: def start\(self, me\)"),
        ({"on_message": swapped}, r"Made.on_message.* does not take .*: def on_message\(self, me, sender"),
    ],
)  # fmt: skip
def test_handlers_that_nobody_would_call_as_they_are_meant(members, words):
    with pytest.raises(TypeError, match=words):
        Roles(made(**members))


def test_a_handler_behind_the_base_is_named():
    class Mixin:
        on_message = four

    class Behind(lamport.Algorithm, Mixin):
        pass

    with pytest.raises(TypeError, match=r"Behind.on_message is hidden by that of lamport.Algorithm: .*Base"):
        Roles(Behind)
    Roles(type("Before", (Mixin, lamport.Algorithm), {}))


@pytest.mark.parametrize(
    "members",
    [
        {"on_message": four, "on_request": four, "on_reply": four, "restart": two, "state": two},
        {"on_message": four, "on_messages": 3},
        {"on_message": lambda *_: None, "on_mesage": four},
        {"start": two, "_on_message": 3},
        {"on_idle": functools.partialmethod(four, sender=1, body=2)},
    ],
)
def test_names_of_ones_own_are_no_mistakes(members):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        Roles(made(**members))


@pytest.mark.parametrize("value", [[], {}, set(), bytearray()])
def test_a_mutable_attribute_of_a_class_warns(value):
    with pytest.warns(lamport.LamportWarning, match=r"Made.queue is a \w+ of the class, which all machines"):
        Roles(made(start=two, queue=value))


def test_what_a_class_inherits_counts():
    class Base(Echo):
        log = ()

    assert Roles(Base).make(1).hold == 0.1
    with pytest.raises(TypeError, match="did you mean on_timer"):
        Roles(type("More", (Base,), {"on_timers": two}))


def test_modules_of_the_current_directory_are_found(tmp_path, monkeypatch):
    (tmp_path / "mutex_of_a_test.py").write_text(
        "import lamport\nclass Outer:\n class Mutex(lamport.Algorithm):\n  def start(self, me): ...\n"
    )
    (tmp_path / "broken_of_a_test.py").write_text("import nowhere_at_all\n")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    found = load_algorithm("mutex_of_a_test:Outer.Mutex")
    assert Roles(found).recorded == "mutex_of_a_test:Outer.Mutex"
    # What is wrong in the module itself is told as it is.
    with pytest.raises(ModuleNotFoundError, match="nowhere_at_all"):
        load_algorithm("broken_of_a_test:Mutex")
    for name in ("mutex_of_a_test", "broken_of_a_test"):
        sys.modules.pop(name, None)


def test_arguments_of_command_lines():
    assert argument("hold=0.1") == ("hold", 0.1)
    assert argument("names=[1, 2]") == ("names", [1, 2])
    assert argument("name=a=b") == ("name", "a=b")
    assert argument("name=") == ("name", "")
    for text in ("hold", "=1", "a b=1"):
        with pytest.raises(ValueError, match="is not of the form name=value"):
            argument(text)


def test_a_class_among_arguments_is_given_another_way():
    from lamport.algorithms import ChandyLamport, Gossip

    class Mine(Gossip):
        pass

    say = r"arguments\['inner'\] is .* are JSON: "
    for inner in (Gossip, Gossip()):
        with pytest.raises(
            TypeError,
            match=say + "give 'lamport.algorithms.gossip:Gossip', or "
            r"algorithm=lambda machine: ChandyLamport\(Gossip\) without",
        ):
            lamport.simulate(algorithm=ChandyLamport, arguments={"inner": inner})
    with pytest.raises(TypeError, match=say + r"algorithm=lambda machine: ChandyLamport\(.*Mine\)"):
        Roles(ChandyLamport, {"inner": Mine})


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (".1", 0.1),
        ("-.5e1", -5.0),
        ("false", False),
        ("null", None),
        ("alice", "alice"),
        ("10.0.0.1", "10.0.0.1"),
        (".a", ".a"),
        ('"False"', "False"),
    ],
)
def test_a_value_on_a_command_line(text, value):
    assert argument(f"hold={text}") == ("hold", value)
    assert type(argument(f"hold={text}")[1]) is type(value)


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("False", "give false"),
        ("True", "give true"),
        ("None", "give null"),
        ("1.", "give 1"),
        ("+1", "give 1"),
        ("01", "give 1"),
        ("+.5", "give 0.5"),
        ("1/4", "give 0.25"),
        ("NaN", "its numbers are finite"),
        ("1e400", "its numbers are finite"),
        ("[.1, .2]", "at byte 1 a value would be right"),
    ],
)
def test_what_is_nearly_json_is_no_text(text, right):
    with pytest.raises(ValueError, match=f"^hold={re.escape(text)} is not JSON: {right}") as error:
        argument(f"hold={text}")
    said = str(error.value)
    _, _, quoted = said.rpartition("as a text it is hold='")
    assert argument(f"hold={quoted[:-1]}") == ("hold", text)


def test_an_error_says_where_and_keeps_its_cause():
    def fail():
        raise KeyError("lock")

    try:
        fail()
    except KeyError as error:
        cause = error
    error = lamport.AlgorithmError._of(
        cause, name="machine 2", handler="on_timer('a')", machine=2, time=1.5, line="m2.jsonl:7", seed=3
    )
    text = str(error)
    assert text.startswith("machine 2: on_timer('a') raised KeyError (m2.jsonl:7, 1.500000 s after")
    assert "seed 3" in text
    assert "in fail" in text
    assert error.__cause__ is cause
    again = pickle.loads(pickle.dumps(error))
    assert type(again) is lamport.AlgorithmError
    assert (str(again), again.machine, again.time, again.line, again.seed) == (text, 2, 1.5, "m2.jsonl:7", 3)
