"""A program of this host that is no machine of the run: what it hears, and what it can do."""

import json
import socket
import threading
import time
import warnings

import pytest

import lamport

RUNS = ["lab", "x", "0" * 16]


def listeners(directory, machines):
    """Where the machines listen, once their logs say it."""
    for _ in range(3000):
        logs = [directory / f"machine_{machine}.log" for machine in range(1, machines + 1)]
        texts = [log.read_text() if log.exists() else "" for log in logs]
        if all("\n" in text for text in texts):
            return [json.loads(text.splitlines()[0]) for text in texts]
        time.sleep(0.01)
    raise AssertionError(f"no logs of {machines} machines in {directory}")


def say(port, text):
    """Say this, and hear all that is answered."""
    with socket.create_connection(("127.0.0.1", port), 10) as line:
        line.sendall(text.encode())
        try:
            return line.makefile("rb").read().decode(errors="replace")
        except ConnectionResetError:
            return ""


def pester(directory, heard, started):
    starts = listeners(directory, 3)
    for start in starts:
        port = start["listen"][1]
        for run in RUNS:
            for machine in (0, 1, 2, 3, 4, 99):
                history = f"{machine:016x}"
                hello = f"lamport/1 {run} {machine} {history} {history}\n"
                heard.append(say(port, f"{hello}9007194959773695:{machine}\n"))
        heard.append(say(port, "GET / HTTP/1.1\r\n\r\n"))
    started.extend(starts)


@pytest.mark.parametrize("key", ["auto", None])
def test_who_does_not_know_the_run_learns_nothing_and_moves_no_clock(tmp_path, key):
    heard, started = [], []
    directory = tmp_path / "run"
    thread = threading.Thread(target=pester, args=(directory, heard, started))
    thread.start()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = lamport.run_local(rates=[50, 50, 50], duration=2, seed=1, log_dir=directory, key=key)
    thread.join()
    assert len(heard) == 3 * (len(RUNS) * 6 + 1)
    text = "".join(heard)
    assert "no " in text
    for start in started:
        assert start["run_id"] not in text
        assert start["history"] not in text
    # An answer says nothing that was not said.
    assert not any(word in text for word in ("ok ", "127.0.0.1", "machine 1"))
    assert run.verify().ok
    assert run.machines.final_clock.max() < 1000
    assert set(run.events.sender.dropna()) <= {1, 2, 3}
    # One budget for each kind and source, for each machine.
    told = [str(warning.message) for warning in caught]
    assert 3 <= len(told) <= 3 * 12
    assert all("127.0.0.1" in words for words in told)


def intrude(directory, heard):
    """Say to each machine, by the name of the run, that one which does not send to it is far ahead."""
    for receiver, start in enumerate(listeners(directory, 3), 1):
        for machine in (99, receiver % 3 + 1):
            history = f"{machine:016x}"
            hello = f"lamport/1 {start['run_id']} {machine} {history} {history}\n"
            heard.append((machine, say(start["listen"][1], f"{hello}9000000000000:{machine}\n")))


@pytest.mark.parametrize("processes", [False, True])
def test_who_knows_the_run_and_is_none_of_it_moves_no_clock(tmp_path, processes):
    heard = []
    directory = tmp_path / "run"
    thread = threading.Thread(target=intrude, args=(directory, heard))
    thread.start()
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        run = lamport.run_local(
            # Each machine hears of the one before it alone.
            topology={1: [2], 2: [3], 3: [1]},
            rates=[50, 50, 50],
            duration=2,
            log_dir=directory,
            key=None,
            processes=processes,
        )
    thread.join()
    assert {answer for machine, answer in heard if machine == 99} == {"no machine 99 is not a peer\n"}
    assert all(answer.startswith("no ") for _, answer in heard)
    assert len(heard) == 6
    assert any("machine 99 is none of its peers" in str(warning.message) for warning in caught)
    assert run.verify().ok
    assert run.machines.final_clock.max() < 1000
    assert set(run.events.sender.dropna()) <= {1, 2, 3}


class Listener(lamport.Algorithm):
    """Keeps what it hears."""

    def on_message(self, me, sender, body):
        me.state(sender=sender, body=body)


@pytest.mark.parametrize("processes", [False, True])
def test_an_algorithm_hears_none_but_its_senders_even_where_others_could_join(tmp_path, processes):
    heard = []
    directory = tmp_path / "run"
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]

    def intrude():
        (start,) = listeners(directory, 1)
        heard.append(say(port, f"lamport/2 {start['run_id']} 9 {9:016x} {9:016x}\n1:9 5\n"))

    thread = threading.Thread(target=intrude)
    thread.start()
    with pytest.warns(lamport.LamportWarning, match="machine 9 is none of its peers"):
        run = lamport.run_local(
            1,
            2 if processes else 1,
            rates=100,
            algorithm=Listener,
            key=None,
            base_port=port,
            processes=processes,
            log_dir=directory,
        )
    thread.join()
    assert heard == ["no machine 9 is not a peer\n"]
    assert run.events.event.tolist() == ["INTERNAL"]
