"""Nothing of a log runs, loads or shows itself as anything but text, wherever a page puts it."""

import json
from urllib.parse import unquote
from xml.etree import ElementTree

import pytest
from browser import CHROMIUM, Browser, Page

import lamport

SIGNS = (
    "</script><img src=x onerror=hacked=1>",
    "<!--<script>hacked=1",
    "javascript:hacked=1",
    "]]><svg onload=hacked=1>",
    "{{DATA}}{{SCRIPT}}${hacked=1}",
    "\"'&lt;b onmouseover=hacked=1&gt;",
    "a\u202eb\u200b",
)
IN_BODIES = (*SIGNS, "nul\x00bell\x07", "\ud800 alone", "x" * 10**5 + "</script>")
HERE = (
    "Runtime.exceptionThrown",
    "Log.entryAdded",
    "Runtime.consoleAPICalled",
    "Page.frameRequestedNavigation",
)
SPY = """
window.hacked = 0; window.saved = [];
HTMLAnchorElement.prototype.click = function () { window.saved.push(this.href); };
"""


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "apt-get install chromium: these tests need it"
    with Browser() as made:
        yield made


def with_bodies(home):
    """Our own logs, in a directory of a hostile name, whose bodies and states are hostile."""
    run = lamport.simulate(3, 20, seed=1, algorithm=lamport.algorithms.RicartAgrawala)
    place = home / "<img src=x onerror=hacked=1>"
    run.save(place)
    for path in place.glob("*.log"):
        lines = path.read_text().splitlines()
        for number, line in enumerate(lines):
            told = json.loads(line)
            sign = IN_BODIES[number % len(IN_BODIES)]
            if "body" in told:
                told["body"] = sign
            if "state" in told:
                told["state"] = {sign: sign}
            lines[number] = json.dumps(told)
        path.write_text("\n".join([*lines, "{no line </script><img src=x onerror=hacked=1>"]) + "\n")
    return lamport.load(place, errors="skip")


def with_names(_):
    """Logs of others, whose machines have hostile names, and break rules."""
    table = lamport.simulate(len(SIGNS), 10, seed=6).events.drop(columns=["system_time"])
    names = dict(enumerate(SIGNS, 1))
    table["machine_id"] = table["machine_id"].map(names)
    table["sender"] = table["sender"].map(names, na_action="ignore").astype(object)
    table["recipients"] = table["recipients"].map(lambda ids: ids and tuple(names[each] for each in ids))
    table.loc[table.index % 9 == 0, "sent_clock"] = 1
    return lamport.from_events(table[table["machine_id"] != SIGNS[0]])


RUNS = {"bodies": with_bodies, "names": with_names}
SHOW = """(async () => {
  const part = (id) => document.getElementById(id);
  const box = part("over").getBoundingClientRect();
  const wait = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 5)));
  const told = [];
  for (let y = 10; y < box.height; y += 40) for (let x = 20; x < box.width; x += 90) {
    const at = { clientX: box.left + x, clientY: box.top + y };
    part("over").dispatchEvent(new PointerEvent("pointermove", at));
    if (x % 270 === 20) await wait();
    told.push(part("tip").textContent);
  }
  for (const id of ["table", "order", "violations", "help"]) {
    part(id).click();
    await wait();
    told.push(part("panel").textContent);
  }
  part("svg").click();
  part("drawing").focus();
  for (const key of ["ArrowRight", "Enter", "ArrowDown", "n", "n", "p"]) {
    part("drawing").dispatchEvent(new KeyboardEvent("keydown", { key }));
    await wait();
    told.push(part("said").textContent);
  }
  part("query").value = 'body~"</script>" or machine~"<"';
  part("query").dispatchEvent(new Event("input"));
  await wait();
  told.push(part("hits").textContent, document.title, part("notes").textContent, part("notes").title);
  return told.join("\\n");
})()"""


def shows(page):
    """Let a page show all that it can, and hold that it is text; return it."""
    told = page.ask(SHOW)
    assert page.ask("window.hacked") == 0
    found = page.ask(
        "[...document.querySelectorAll('*')].map((each) => each.localName + [...each.attributes]"
        ".map((at) => at.name).filter((name) => name.startsWith('on')).join())"
    )
    allowed = (
        "html head meta title style body main header h1 h2 label select option form input button output span "
    )
    allowed += "p div canvas section strong table thead tbody tr th td ul ol li script br a svg path"
    assert set(found) <= set(allowed.split()), set(found) - set(allowed.split())
    assert page.ask("document.scripts.length") == 1
    assert not page.happened(*HERE)
    return told


@pytest.mark.parametrize("name", RUNS)
def test_what_is_hostile_is_text(browser, tmp_path, name):
    run = RUNS[name](tmp_path)
    page = browser.blank()
    page.call("Page.addScriptToEvaluateOnNewDocument", source=SPY)
    page.go(run.view().save(tmp_path / "run.html"))
    page.until("document.readyState === 'complete' && document.getElementById('app')?.hidden === false")
    told = shows(page)
    asked = [each["request"]["url"] for each in page.happened("Network.requestWillBeSent")]
    assert [url.rpartition("/")[2] for url in asked] == ["run.html"]
    for sign in IN_BODIES[:6] if name == "bodies" else SIGNS[1:6]:
        assert sign in told or json.dumps(sign)[1:-1] in told, sign
    assert "\u202e" not in told
    assert "\x00" not in told
    if name == "names":
        assert "a\\u202eb\\u200b" in told
    (saved,) = page.ask("saved")
    assert saved.startswith("data:image/svg+xml;charset=utf-8,")
    svg = unquote(saved.partition(",")[2])
    tags = {each.tag.rpartition("}")[2] for each in ElementTree.fromstring(svg).iter()}
    assert tags <= {
        "svg",
        "g",
        "rect",
        "path",
        "text",
        "clipPath",
        "defs",
        "pattern",
        "title",
        "desc",
        "image",
    }
    (tmp_path / "run.svg").write_text(svg, encoding="utf-8")
    page.go(tmp_path / "run.svg")
    page.until("document.documentElement.localName === 'svg'")
    assert page.ask("window.hacked") == 0
    asked = [each["request"]["url"] for each in page.happened("Network.requestWillBeSent")]
    assert [url.rpartition("/")[2] for url in asked] == ["run.html", "run.svg"]


@pytest.mark.parametrize("name", RUNS)
def test_under_a_cell_it_reaches_nothing_of_the_notebook(browser, tmp_path, name):
    run = RUNS[name](tmp_path)
    outer = tmp_path / "notebook.html"
    shown = run.view()._repr_html_()
    outer.write_text(f"<!DOCTYPE html><meta charset=utf-8><body>{shown}", encoding="utf-8")
    page = browser.blank()
    page.call("Page.addScriptToEvaluateOnNewDocument", source=SPY)
    page.call("Target.setAutoAttach", autoAttach=True, waitForDebuggerOnStart=False, flatten=True)
    page.go(outer)
    page.until("document.readyState === 'complete'")
    assert page.ask("window.hacked") == 0
    assert page.ask("document.images.length + document.scripts.length") == 0
    frame = inner(browser, page)
    frame.until("document.readyState === 'complete' && document.getElementById('app')?.hidden === false")
    frame.ask("window.hacked = 0")
    assert "machine" in shows(frame) or "RECEIVE" in frame.text("legend")
    assert (
        frame.ask("(() => { try { return parent.document.title } catch { return 'refused' } })()")
        == "refused"
    )
    assert (
        frame.ask("(() => { try { return localStorage.length } catch { return 'refused' } })()") == "refused"
    )
    assert page.ask("window.hacked") == 0


def inner(browser, page):
    """The frame of a page, in a session of its own or in that of the page."""
    for told in page.happened("Target.attachedToTarget"):
        made = Page(browser, told["sessionId"])
        for domain in ("Page", "Runtime", "Network", "Log"):
            made.call(f"{domain}.enable")
        return made
    raise AssertionError("no frame of its own")
