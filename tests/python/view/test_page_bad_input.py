"""What is bad, little or huge: a sentence where people look, and never a blank page."""

import json
import re
from base64 import b64decode, b64encode

import numpy as np
import pytest
from browser import CHROMIUM, Browser

import lamport

BAD = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
DATA = re.compile(r'(?<=id="data">)[A-Za-z0-9+/=]+(?=</script>)')


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "apt-get install chromium: these tests need it"
    with Browser() as made:
        yield made


def rows(times, clocks=None, **options):
    count = len(times)
    return lamport.from_events(
        {
            "machine_id": [1 + number % 2 for number in range(count)],
            "event": ["INTERNAL"] * count,
            "new_clock": clocks or [1 + number // 2 for number in range(count)],
            "time": times,
        },
        **options,
    )


def untimed():
    return lamport.from_events(
        {
            "machine_id": ["a", "b", "a"],
            "event": ["SEND", "RECEIVE", "INTERNAL"],
            "new_clock": [1, 2, 2],
            "sender": [None, "a", None],
            "sent_clock": [None, 1, None],
        }
    )


RUNS = {
    "clocks of 2^53": lambda: rows([0.0, 1.0, 2.0, 3.0], [1, 2**53 - 3, 2**53 - 2, 2**53 - 1]),
    "negative times": lambda: rows([-1000.5, -999.25, -3.0, -2.0]),
    "one time": lambda: rows([5.0] * 6),
    "nanoseconds of a day": lambda: rows([1700000000123456789, 1700000000123456999], time_unit="ns"),
    "times of 10^18": lambda: rows([0.0, 1e18], time_unit="s"),
    "picoseconds": lambda: rows([1e-12, 2e-12, 3e-12, 9e-12]),
    "no messages": lambda: lamport.simulate(3, 10, internal_probability=1, seed=1),
    "no events": lambda: lamport.from_events({"machine_id": [], "event": [], "new_clock": []}),
    "no times": untimed,
    "a name of 10^6": lambda: lamport.from_events(
        {"machine_id": ["n" * 10**6, "b"], "event": ["INTERNAL"] * 2, "new_clock": [1, 1]}
    ),
    "again": lambda: lamport.rerun(lamport.simulate(3, 5, seed=1)),
    "in real time": lambda: lamport.run_local(2, 0.4, rates=[20, 20]),
}
SAYS = {
    "no events": ("notes", "No event was recorded"),
    "no times": ("notes", "no times were logged"),
    "clocks of 2^53": ("violations", "2 violations"),
}


@pytest.mark.parametrize("name", RUNS)
def test_a_page_is_never_blank(browser, tmp_path, name):
    run = RUNS[name]()
    page = browser.open(run.view().save(tmp_path / "run.html"))
    events = len(run.events)
    assert page.text("legend").startswith(f"{events:,} event")
    select = "document.getElementById('axis')"
    for axis in ("lamport", "step", "real"):
        page.ask(f"{select}.value = {json.dumps(axis)}; {select}.onchange()")
        page.settle()
        assert page.text("legend").startswith(f"{events:,} event")
    page.ask("document.getElementById('drawing').focus()")
    for key in ("ArrowRight", "Enter", "n", "t", "+"):
        page.key(key)
    assert bool(page.text("said")) == (events > 0)
    if name in SAYS:
        part, words = SAYS[name]
        assert words in page.text(part)
    assert not page.happened(*BAD)


def test_picoseconds_are_drawn_apart(browser, tmp_path):
    page = browser.open(RUNS["picoseconds"]().view().save(tmp_path / "run.html"))
    low, high = map(float, page.ask("document.getElementById('drawing').dataset.window").split())
    assert 8e-12 < high - low < 1e-11


def test_logs_without_times_are_drawn_by_clocks(browser, tmp_path):
    page = browser.open(untimed().view().save(tmp_path / "run.html"))
    chosen = "document.getElementById('axis')"
    assert page.ask(f"[{chosen}.value, {chosen}.options[0].disabled]") == ["lamport", True]
    page.ask("document.getElementById('drawing').focus()")
    for other in ("step", "lamport"):
        page.key("x")
        assert page.ask(f"{chosen}.value") == other


def test_many_violations_are_told_as_many(browser, tmp_path):
    clocks = [5 if number % 2 else 9 for number in range(3000)]
    run = lamport.from_events(
        {
            "machine_id": [1] * 3000,
            "event": ["INTERNAL"] * 3000,
            "new_clock": clocks,
            "time": np.arange(3000.0),
        }
    )
    page = browser.open(run.view().save(tmp_path / "run.html"))
    assert page.text("violations") == "2,999 violations"
    page.ask("document.getElementById('violations').click()")
    assert "The first 1,000 of 2,999." in page.text("panel")
    page.ask("document.getElementById('query').value = 'violation'")
    page.ask("document.getElementById('query').dispatchEvent(new Event('input'))")
    page.until("document.getElementById('hits').textContent.includes('found')")
    assert page.text("hits").endswith("; 1,999 violations are not on this page")
    assert "what can have caused an event is not shown: the clock of machine 1" in page.text("notes")
    assert not page.happened(*BAD)


def damages():
    def cut(data):
        return data[: len(data) // 2]

    def turned(place):
        def damage(data):
            return data[:place] + bytes([data[place] ^ 0x55]) + data[place + 1 :]

        return damage

    return {
        "cut": cut,
        "nothing": lambda _: b"",
        "head": turned(60),
        "length": turned(1),
        "columns": turned(-400),
    }


@pytest.mark.parametrize("name", damages())
def test_damaged_data_is_said(browser, tmp_path, name):
    made = lamport.simulate(3, 60, seed=1).view().html
    data = DATA.search(made)
    damaged = b64encode(damages()[name](b64decode(data[0]))).decode()
    path = tmp_path / "run.html"
    path.write_text(made[: data.start()] + damaged + made[data.end() :], encoding="utf-8")
    page = browser.blank()
    page.go(path)
    page.until("document.getElementById('words')?.textContent.startsWith('This page could not be drawn: ')")
    assert len(page.text("words")) > 40
    assert page.ask("document.getElementById('app').hidden")


def test_damaged_texts_are_said(browser, tmp_path):
    run = lamport.simulate(3, 20, seed=1, algorithm=lamport.algorithms.RicartAgrawala)
    made = run.view().html
    data = DATA.search(made)
    whole = bytearray(b64decode(data[0]))
    # Parts of texts are put last; the head is not touched.
    whole[-40] ^= 0x55
    path = tmp_path / "run.html"
    path.write_text(made[: data.start()] + b64encode(whole).decode() + made[data.end() :], encoding="utf-8")
    page = browser.open(path)
    page.ask("document.getElementById('query').value = '\"request\"'")
    page.ask("document.getElementById('query').dispatchEvent(new Event('input'))")
    page.until("document.getElementById('hits').textContent")
    assert page.text("hits") == "the texts of this page are damaged: they cannot be read"
    page.ask("document.getElementById('drawing').focus()")
    page.key("ArrowRight")
    for _ in range(20):
        page.key("ArrowRight")
    page.until("document.getElementById('said').textContent.includes('damaged')")
    assert not page.happened(*BAD)


def test_letters_that_are_no_base64_are_said(browser, tmp_path):
    made = lamport.simulate(3, 5, seed=1).view().html
    path = tmp_path / "run.html"
    path.write_text(DATA.sub("*****", made), encoding="utf-8")
    page = browser.blank()
    page.go(path)
    page.until("document.getElementById('words')?.textContent.startsWith('This page could not be drawn: ')")


def test_a_browser_without_a_decoder_of_base64_draws_the_same(browser, tmp_path):
    path = lamport.simulate(3, 20, seed=1).view().save(tmp_path / "run.html")
    legend = browser.open(path).text("legend")
    page = browser.blank()
    page.call("Page.addScriptToEvaluateOnNewDocument", source="delete Uint8Array.fromBase64")
    page.go(path)
    page.until("document.getElementById('app')?.hidden === false")
    assert page.ask("Uint8Array.fromBase64 === undefined")
    assert page.text("legend") == legend


def test_without_scripts_there_are_words(browser, tmp_path):
    page = browser.blank()
    page.call("Emulation.setScriptExecutionDisabled", value=True)
    page.go(lamport.simulate(3, 20, seed=1).view().save(tmp_path / "run.html"))
    for _ in range(1000):
        if page.ask("document.readyState") == "complete":
            break
    assert page.ask("document.getElementById('app').hidden")
    assert page.ask("document.getElementById('words').getBoundingClientRect().height") > 20
    assert "switched off here, or the file is not whole: save it" in page.text("words").replace("\n", " ")
    page.call("Emulation.setScriptExecutionDisabled", value=False)


@pytest.mark.parametrize(
    "text", ["((((", "x" * 10**5, "clock>", '"open', "not " * 5000 + "send", "machine:nobody"]
)
def test_what_cannot_be_read_is_said_beside_the_box(browser, tmp_path, text):
    page = browser.open(lamport.simulate(3, 5, seed=1).view().save(tmp_path / "run.html"))
    page.ask(f"document.getElementById('query').value = {json.dumps(text)}")
    page.ask("document.getElementById('query').dispatchEvent(new Event('input'))")
    page.until("document.getElementById('hits').textContent")
    assert 10 < len(page.text("hits")) < 400
    assert "found" not in page.text("hits")
    assert not page.happened(*BAD)


def test_a_cut_is_told_as_causality_tells_it(browser, tmp_path):
    run = lamport.simulate(3, 20, seed=1, latency=lamport.Uniform(0, 2))
    last = run.machines["final_clock"].to_dict()
    cuts = [{1: 5}, {}, last, {1: last[1]}, {2: 0, 3: 2}]
    told = {cut_is(run, cut) for cut in cuts}
    assert told == {"consistent", "not consistent"}
    some = run.events.drop(columns=["system_time", "sent_clock"])
    unsure = lamport.from_events(some[some["machine_id"] != 3], rules=lamport.Rules(machines="more"))
    assert cut_is(unsure, {1: 20}) == "consistent or not: the logs leave it open"
    page = browser.open(run.view(cut=last).save(tmp_path / "run.html"))
    assert "cut, consistent" in page.text("legend")
    page = browser.open(unsure.view(cut={1: 20}).save(tmp_path / "other.html"))
    assert "consistent or not: the logs leave it open" in page.text("legend")
    assert not page.happened(*BAD)


def cut_is(run, cut):
    words = {True: "consistent", False: "not consistent", None: "consistent or not: the logs leave it open"}
    told = run.view(cut=cut)._head(())["cut_is"]
    assert told == words[run.causality.cut_is_consistent(cut)]
    return told


def test_faults_of_machines_without_logs_are_no_error(browser, tmp_path):
    faults = [lamport.Crash(3, 2, down_for=2), lamport.Delay(1, 3, lamport.Constant(1.0), at=1, duration=3)]
    lamport.simulate(3, 10, seed=1, faults=faults, log_dir=tmp_path / "logs")
    (tmp_path / "logs" / "machine_3.log").unlink()
    run = lamport.load(tmp_path / "logs")
    page = browser.open(run.view().save(tmp_path / "run.html"))
    for x in range(100, 1100, 100):
        page.mouse("mouseMoved", x, 200)
    page.settle()
    assert page.text("legend").startswith(f"{len(run.events)} events")
    assert not page.happened(*BAD)


def test_clocks_that_go_back_are_refused_as_causality_does(tmp_path):
    run = rows([0.0, 1.0, 2.0, 3.0], [5, 1, 4, 2])
    with pytest.raises(lamport.LamportError, match="the clock of machine 1 is 5 and then 4") as wanted:
        run.causality  # noqa: B018
    for given in ({"highlight": (1, 5)}, {"cut": {1: 5}}):
        with pytest.raises(lamport.LamportError) as told:
            run.view(**given)
        assert str(told.value) == str(wanted.value)
    assert run.view().save(tmp_path / "run.html").exists()
