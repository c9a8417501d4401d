"""What people who look, listen or press keys have of a page, in a real browser."""

from html import escape
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from browser import CHROMIUM, Browser

import lamport

BAD = ("Runtime.exceptionThrown", "Log.entryAdded", "Runtime.consoleAPICalled")
HOSTILE = "</text><script>alert(1)</script>&\"'<!--"
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "apt-get install chromium: these tests need it"
    with Browser() as made:
        yield made


@pytest.fixture(scope="module")
def faulty():
    faults = [lamport.Crash(2, 4, down_for=3), lamport.Partition([[1, 2], [3, 4]], at=9, duration=3)]
    return lamport.simulate(rates=[3, 2, 4, 1], duration=20, seed=4, faults=faults)


def opened(browser, run, home, **options):
    return browser.open(run.view(**options).save(home / "run.html"))


def heard(page):
    """The accessibility tree: (role, name, properties) of what is not ignored."""
    nodes = page.call("Accessibility.getFullAXTree")["nodes"]
    return [
        (
            node["role"]["value"],
            node.get("name", {}).get("value", ""),
            {each["name"]: each["value"].get("value") for each in node.get("properties", [])},
        )
        for node in nodes
        if not node["ignored"]
    ]


def press(page, words):
    """Press the button of this name."""
    page.ask(
        "[...document.querySelectorAll('button')].find((each) => "
        f"(each.getAttribute('aria-label') ?? each.textContent) === {words!r}).click()"
    )
    page.settle()


def names(page):
    return page.ask("[...document.querySelectorAll('#panel li label')].map((each) => each.innerText.trim())")


def test_the_drawing_has_a_role_and_a_name_and_one_region_speaks(browser, faulty, tmp_path):
    page = opened(browser, faulty, tmp_path)
    page.ask("document.getElementById('drawing').focus()")
    tree = heard(page)
    (drawing,) = [each for each in tree if each[0] == "application"]
    assert drawing[1].startswith("Space-time diagram. Run: 4 machines, 20 s")
    assert drawing[2]["focusable"]
    assert drawing[2]["focused"]
    assert not [each for each in tree if each[0] in {"canvas", "Canvas"}]
    live = page.ask(
        "[...document.querySelectorAll('[aria-live], output, [role=status], [role=alert], [role=log]')]"
        ".filter((each) => each.getAttribute('aria-live') !== 'off').map((each) => each.id)"
    )
    assert live == ["said"]
    buttons = [name for role, name, _ in tree if role == "button"]
    assert {"lanes", "table", "SVG", "dark", "zoom in", "zoom out", "next hit", "previous hit"} <= set(
        buttons
    )
    assert all(buttons)
    assert ("searchbox", "search") in [each[:2] for each in tree]
    page.key("ArrowRight")
    assert page.text("said").startswith("machine 1: ")
    assert not page.happened(*BAD)


def test_a_key_opens_a_table_of_what_is_in_view(browser, tmp_path):
    run = lamport.simulate(5, 60, seed=2)
    assert len(run.events) > 200
    page = opened(browser, run, tmp_path)
    page.ask("document.getElementById('drawing').focus()")
    page.key("t")
    tree = heard(page)
    assert ("columnheader", "clock") in [each[:2] for each in tree]
    assert len([each for each in tree if each[0] == "row"]) == 201
    assert "The first 200 events in view" in page.text("panel")
    page.key("Escape")
    assert page.ask("document.activeElement.id") == "drawing"
    for _ in range(9):
        page.key("+")
    low, high = map(float, page.ask("document.getElementById('drawing').dataset.window").split())
    page.key("t")
    seen = run.events[run.events["time"].between(low, high)].sort_values("time")
    rows = page.ask(
        "[...document.querySelectorAll('#panel tbody tr')].map((row) => "
        "[...row.children].slice(0, 3).map((cell) => cell.innerText.trim()))"
    )
    columns = zip(seen["machine_id"], seen["event"], seen["new_clock"], strict=True)
    assert 0 < len(rows) <= 200
    assert sorted(rows) == sorted([f"machine {who}", kind, str(clock)] for who, kind, clock in columns)


def svg_of(page):
    page.ask("HTMLAnchorElement.prototype.click = function () { window.saved = this.href; }")
    press(page, "SVG")
    head, text = page.ask("window.saved").split(",", 1)
    assert head == "data:image/svg+xml;charset=utf-8"
    return ElementTree.fromstring(unquote(text))


def test_svg_is_what_is_seen_and_well_formed(browser, tmp_path):
    rows = [
        {"machine_id": HOSTILE, "event": "SEND", "new_clock": 1, "time": 0.0, "recipients": ["b"]},
        {
            "machine_id": "b",
            "event": "RECEIVE",
            "new_clock": 2,
            "time": 1.0,
            "sender": HOSTILE,
            "sent_clock": 1,
        },
        {"machine_id": "b", "event": "INTERNAL", "new_clock": 3, "time": 2.0},
    ]
    page = opened(browser, lamport.from_events(rows), tmp_path)
    root = svg_of(page)
    texts = [each.text for each in root.iter(f"{SVG}text")]
    assert HOSTILE[:20] in "".join(text for text in texts if text.startswith("</text>"))
    assert {"1", "2", "3", "b"} <= set(texts)
    assert not list(root.iter(f"{SVG}script"))
    paths = len(list(root.iter(f"{SVG}path")))
    assert paths > 4
    for _ in range(4):
        page.wheel(1150, 200, -500)
    assert len(list(svg_of(page).iter(f"{SVG}path"))) < paths
    assert not page.happened(*BAD)


def test_svg_of_many_lanes_is_well_formed(browser, tmp_path):
    page = opened(browser, lamport.simulate(60, 20, seed=1), tmp_path)
    (image,) = svg_of(page).iter(f"{SVG}image")
    assert image.get("href").startswith("data:image/png;base64,")


def test_lanes_are_grouped_folded_moved_and_hidden_with_buttons(browser, faulty, tmp_path):
    page = opened(browser, faulty, tmp_path)
    press(page, "lanes")
    assert [each.split(" (")[0] for each in names(page)] == [f"machine {number}" for number in (1, 2, 3, 4)]
    press(page, "lanes by rate")
    assert [each.split(" (")[0] for each in names(page)] == [f"machine {number}" for number in (4, 2, 1, 3)]
    press(page, "move machine 2 up")
    assert [each.split(" (")[0] for each in names(page)][:2] == ["machine 2", "machine 4"]
    assert page.ask("document.activeElement.getAttribute('aria-label')") == "move machine 2 up"
    page.ask(
        "(() => { const s = document.querySelector('[data-name=groups]'); "
        "s.value = 'rate'; s.onchange(); })()"
    )
    page.settle()
    press(page, "hide 1/s")
    assert "1 lane hidden" in page.text("counts")
    seen = (faulty.events["machine_id"] != 4).sum()
    assert page.text("counts").startswith(f"{seen} events")
    press(page, "show all lanes")
    assert page.text("counts").startswith(f"{len(faulty.events)} events")
    press(page, "fold 2/s")
    assert page.text("counts").startswith(f"{len(faulty.events)} events")
    assert not page.happened(*BAD)


def test_a_lane_is_dragged_by_its_name_and_the_map_by_its_window(browser, faulty, tmp_path):
    page = opened(browser, faulty, tmp_path)
    box = page.ask("JSON.parse(JSON.stringify(document.getElementById('stage').getBoundingClientRect()))")
    row = (box["height"] - 20) / 4
    page.mouse("mousePressed", 20, box["y"] + row / 2, button="left", clickCount=1)
    for share in (1.2, 2.5, 3.5):
        page.mouse("mouseMoved", 20, box["y"] + row * share, button="left", buttons=1)
    page.mouse("mouseReleased", 20, box["y"] + row * 3.5, button="left", clickCount=1)
    press(page, "lanes")
    assert [each.split(" (")[0] for each in names(page)] == [f"machine {number}" for number in (2, 3, 4, 1)]
    press(page, "close")
    for _ in range(3):
        page.wheel(600, 200, -500)
    window = "document.getElementById('drawing').dataset.window.split(' ').map(Number)"
    low, high = page.ask(window)
    map_box = page.ask(
        "JSON.parse(JSON.stringify(document.getElementById('minimap').getBoundingClientRect()))"
    )
    y = map_box["y"] + 10
    middle = (low + high) / 2 / 20 * map_box["width"]
    page.mouse("mousePressed", middle, y, button="left", clickCount=1)
    page.mouse("mouseMoved", middle + 60, y, button="left", buttons=1)
    page.mouse("mouseReleased", middle + 60, y, button="left", clickCount=1)
    page.settle()
    assert page.ask(window)[0] - low == pytest.approx(60 / map_box["width"] * 20, rel=0.1)
    assert not page.happened(*BAD)


@pytest.mark.parametrize(("width", "height"), [(360, 640), (900, 520)])
def test_small_windows_are_used_whole(browser, faulty, tmp_path, width, height):
    page = opened(browser, faulty, tmp_path, highlight=(1, 20), cut={1: 20})
    page.size(width, height, 2)
    page.until(f"document.getElementById('drawing').width === {2 * width}")
    assert page.ask("document.documentElement.scrollWidth") <= width
    assert page.ask("document.documentElement.scrollHeight") <= height
    assert page.ask("document.getElementById('stage').clientHeight") >= 190
    tall = page.ask("document.getElementById('stage').clientHeight")
    assert abs(page.ask("document.getElementById('drawing').height") - 2 * tall) <= 2


def test_a_frame_that_was_hidden_draws_itself_when_it_is_seen(browser, faulty, tmp_path):
    inner = escape(faulty.view().html)
    (tmp_path / "outer.html").write_text(
        f'<!DOCTYPE html><div id="d" hidden><iframe id="f" width="100%" height="520" srcdoc="{inner}">'
        "</iframe></div>"
    )
    page = browser.blank()
    page.go(tmp_path / "outer.html")
    inside = "document.getElementById('f')?.contentDocument?"
    page.until(f"{inside}.getElementById('app')?.hidden === false")
    page.ask("document.getElementById('d').hidden = false")
    page.until(f"{inside}.getElementById('drawing')?.dataset.window !== undefined")
    wide = page.ask("document.getElementById('f').clientWidth")
    assert wide > 500
    page.until(f"{inside}.getElementById('drawing').width === {wide}")
    assert page.ask(f"{inside}.getElementById('minimap').width") == wide
    assert page.ask(f"{inside}.getElementById('counts').innerText").startswith(f"{len(faulty.events)} events")


def test_dark_is_as_the_system_until_the_button_is_pressed_and_paper_is_light(browser, faulty, tmp_path):
    page = opened(browser, faulty, tmp_path)
    dark = "document.documentElement.classList.contains('dark')"

    def system(scheme):
        page.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])
        page.settle()

    corner = "document.getElementById('drawing').getContext('2d').getImageData(2, 2, 1, 1).data[0]"
    assert (page.ask(dark), page.ask(corner)) == (False, 255)
    system("dark")
    page.until(dark)
    assert page.ask(corner) < 40
    page.ask(
        "window.onafterprint = () => (window.after = true); window.dispatchEvent(new Event('beforeprint'))"
    )
    assert (page.ask(dark), page.ask(corner)) == (False, 255)
    page.ask("window.dispatchEvent(new Event('afterprint'))")
    page.until(f"{dark} && window.after")
    press(page, "dark")
    system("light")
    system("dark")
    assert not page.ask(dark)
    page.call("Emulation.setEmulatedMedia", features=[])
    assert not page.happened(*BAD)


def test_faults_are_on_every_axis_and_told(browser, faulty, tmp_path):
    page = opened(browser, faulty, tmp_path)
    for axis in ("real", "lamport", "step"):
        page.ask(
            f"(() => {{ const s = document.getElementById('axis'); s.value = {axis!r}; s.onchange(); }})()"
        )
        page.settle()
        assert "crash, until it is back" in page.text("signs")
        assert "partition" in page.text("signs")
    page.ask("(() => { const s = document.getElementById('axis'); s.value = 'real'; s.onchange(); })()")
    page.settle()
    box = page.ask("JSON.parse(JSON.stringify(document.getElementById('stage').getBoundingClientRect()))")
    low, high = map(float, page.ask("document.getElementById('drawing').dataset.window").split())
    seen = set()
    for step in range(12):
        at = 4.2 + step * 0.2
        x = 80 + (at - low) / (high - low) * (box["width"] - 80)
        page.mouse("mouseMoved", x, box["y"] + (box["height"] - 20) * 3 / 8 - 9)
        seen.add(
            page.ask("document.getElementById('tip').hidden ? '' : document.getElementById('tip').innerText")
        )
    assert any("machine 2 crashes, " in each for each in seen), seen
