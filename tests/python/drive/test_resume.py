"""Machines that come back: to logs that were altered, cut or restored, and to peers that are elsewhere."""

import shutil
import time

import pytest
from machines import PATIENCE, assert_nothing_lost, ended, free_ports, lines, processes

import lamport
from lamport import Machine


class Pair:
    """Machine 1, which sends by hand, and machine 2, at ports of their own."""

    def __init__(self, directory):
        self.ports = free_ports(2)
        self.logs = [directory / f"machine_{number}.log" for number in (1, 2)]

    def open(self, number, *, host="127.0.0.1", peer=None, port=None, **more):
        """Make one of them; its peer is the other."""
        peers = [(host, peer or self.ports[2 - number])]
        port = port or self.ports[number - 1]
        return Machine(number, port, peers, self.logs[number - 1], 60, clock_rate=50, seed=1, **more)


def until(holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def receive(machine, count):
    """Receive so many messages. Give their timestamps."""
    until(lambda: machine.queue_len >= count)
    return [machine.handle_receive()["sent_clock"] for _ in range(count)]


def test_a_log_that_was_altered_is_not_resumed(tmp_path):
    pair = Pair(tmp_path)
    first, second = pair.open(1), pair.open(2)
    for _ in range(3):
        second.send_message()
    receive(first, 3)
    first.internal_event()
    del first
    log = pair.logs[0]
    whole = log.read_text().splitlines(keepends=True)
    (third,) = [number for number, line in enumerate(whole) if '"sent_clock": 3' in line]
    for altered, words in [
        (
            [*whole[: third - 1], *whole[third:]],
            f"{third}: old_clock is 3, and the clock before this line is 2",
        ),
        ([*whole[:-1], whole[-1].replace('"new_clock": 5', '"new_clock": 9')], "INTERNAL makes it 5"),
    ]:
        assert altered != whole
        log.write_text("".join(altered))
        with pytest.raises(lamport.LamportError, match=words) as error:
            pair.open(1, resume=True)
        assert str(log) in str(error.value)
        assert log.read_text() == "".join(altered)
    log.write_text("".join(whole))
    with pair.open(1, resume=True) as back:
        assert back.local_clock == 5
        second.shutdown()


def test_an_older_copy_of_a_log_takes_no_message_for_another(tmp_path):
    """The peer has messages of which the copy does not tell: no clock makes that right."""
    pair = Pair(tmp_path)
    first, second = pair.open(1), pair.open(2)
    first.send_message()
    receive(second, 1)
    copy = shutil.copy(pair.logs[0], tmp_path / "copy")
    for _ in range(3):
        first.send_message()
    assert receive(second, 3) == [2, 3, 4]
    del first
    shutil.copy(copy, pair.logs[0])
    first = pair.open(1, resume=True)
    heard = []
    for _ in range(5):
        # Five to the other's four: a mark of 4 is among them, and not too high.
        first.internal_event()
        first.send_message()
    until(
        lambda: heard.extend(first.warnings()) or any("it has accepted message 4" in text for text in heard)
    )
    assert "is lost, as after a crash of the host, or it is an older copy" in heard[0]
    second.shutdown()
    first.shutdown()
    end = lines(pair.logs[0])[-1]
    assert sum(count for _, count in end["undelivered"]) == 6
    assert [line["sent_clock"] for line in lines(pair.logs[1]) if line["event"] == "RECEIVE"] == [1, 2, 3, 4]


@pytest.mark.parametrize("names", [("localhost", "127.0.0.1"), ("127.0.0.1", "localhost")])
def test_two_names_of_one_address_are_the_same(tmp_path, names):
    pair = Pair(tmp_path)
    before, after = names
    first, second = pair.open(1, host=before), pair.open(2)
    first.send_message()
    receive(second, 1)
    del first
    first = pair.open(1, host=after, resume=True)
    first.send_message()
    assert receive(second, 1) == [2]
    first.shutdown()
    second.shutdown()
    done = lamport.verify(pair.logs)
    assert done.ok, done
    run = lamport.load(pair.logs)
    assert run.messages["recipient"].tolist() == [2, 2]


@pytest.mark.parametrize("is_known", [True, False])
def test_a_peer_that_moved_keeps_its_channel(tmp_path, is_known):
    """Whether it was ever reached where it was, or messages wait for it since."""
    pair = Pair(tmp_path)
    first = pair.open(1)
    if is_known:
        second = pair.open(2)
    first.send_message()
    if is_known:
        receive(second, 1)
        second.send_message()
        receive(first, 1)
        del second
    del first
    (elsewhere,) = free_ports(1)
    moved = {("localhost", pair.ports[1]): ("127.0.0.1", elsewhere)}
    second = pair.open(2, port=elsewhere, resume=is_known)
    with pytest.raises(ValueError, match=r"not of the peers .*resume it as it was.*--moved OLD=NEW"):
        pair.open(1, peer=elsewhere, resume=True)
    # Whoever starts it again and again starts it with the same words.
    for _ in range(2):
        first = pair.open(1, peer=elsewhere, resume=True, moved=moved)
        first.send_message()
        until(lambda: second.queue_len >= 1)
        del first
    first = pair.open(1, peer=elsewhere, resume=True, moved=moved)
    receive(second, 2 if is_known else 3)
    second.send_message()
    receive(first, 1)
    first.shutdown()
    second.shutdown()
    done = lamport.verify(pair.logs)
    assert done.ok, done
    assert_nothing_lost([_whole(log) for log in pair.logs])
    run = lamport.load(pair.logs)
    assert set(run.messages.query("sender == 1")["recipient"]) == {2}
    assert run.messages["received"].notna().all()


def _whole(log):
    """The lines of a log, with the addresses that its machine once had under the last of them."""
    found = lines(log)
    now = found[max(number for number, line in enumerate(found) if line["event"] == "STARTUP")]["peers"]
    for line in found:
        if "recipients" in line:
            line["recipients"] = now
        if "peer" in line:
            line["peer"] = now[0]
    return found


def test_moved_is_read_and_refused_by_its_name(tmp_path):
    pair = Pair(tmp_path)
    peer = ("127.0.0.1", pair.ports[1])
    for moved, words in [
        ([peer], "moved is a mapping of addresses"),
        ({peer: "lab:1"}, "bad peer 'lab:1': it is not a pair"),
    ]:
        with pytest.raises((TypeError, ValueError), match=words):
            pair.open(1, moved=moved)
    with pytest.raises(ValueError, match="only a machine that resumes one has a use for it"):
        pair.open(1, moved={peer: peer})
    assert not pair.logs[0].exists()
    pair.open(1)
    other = ("127.0.0.1", 1)
    for moved, words in [
        ({other: peer}, None),
        ({other: other}, "the new address stands among them"),
    ]:
        if words is None:
            pair.open(1, resume=True, moved=moved)
        else:
            with pytest.raises(ValueError, match=words):
                pair.open(1, resume=True, moved=moved)


def test_the_command_takes_moved_and_sync(tmp_path):
    before, now, own = free_ports(3)
    log = tmp_path / "machine_1.log"
    words = ["--id", 1, "--port", own, "--log", log, "--duration", 0.3, "--rate", 50, "--sync"]
    peer = Machine(2, now, [("127.0.0.1", own)], tmp_path / "machine_2.log", 60, clock_rate=50)
    Machine(1, own, [("127.0.0.1", before)], log, 60, clock_rate=50, seed=1)  # dies at once
    with processes() as start:
        for moved, words_of_error in [
            (f"127.0.0.1:{before}", "--moved 127.0.0.1:"),
            (f"127.0.0.1:{now}=127.0.0.1:1", "the new address stands among them"),
        ]:
            status, errors = ended(start(*words, "--peers", f"127.0.0.1:{now}", "--resume", "--moved", moved))
            assert status == 2
            assert words_of_error in errors
        again = ["--resume", "--moved", f"localhost:{before}=localhost:{now}"]
        assert ended(start(*words, "--peers", f"127.0.0.1:{now}", *again)) == (0, "")
    peer.shutdown()
    assert lamport.verify(tmp_path).ok


def test_a_run_that_syncs_says_so(tmp_path):
    for processes_too in (False, True):
        directory = tmp_path / str(processes_too)
        run = lamport.run_local(2, 0.3, rates=[50, 50], sync=True, processes=processes_too, log_dir=directory)
        assert run.parameters["sync"] is True
        assert lamport.verify(run).ok
