"""Pages in a real JupyterLab, in a real browser."""

import subprocess
import sys
from urllib.parse import urlsplit

import nbformat
import pytest
from browser import CHROMIUM, Browser
from lab import Lab

import lamport

HOSTILE = "</script><img src=x onerror='top.ran=1'><script>window.ran = 1</script><!--<script>"
RUN = f"""
import lamport
table = lamport.simulate(3, 10, seed=6).events
names = {{1: {HOSTILE!r}, 2: "');window.ran=1//", 3: "${{window.ran=1}}"}}
table["machine_id"] = table["machine_id"].map(names)
table["sender"] = table["sender"].map(names, na_action="ignore").astype(object)
table["recipients"] = table["recipients"].map(lambda ids: ids and tuple(names[each] for each in ids))
lamport.from_events(table.drop(columns=["system_time"])).view()
"""
FRAME = "document.querySelector('.jp-OutputArea iframe')"


@pytest.fixture(scope="module")
def browser():
    assert CHROMIUM, "apt-get install chromium: these tests need it"
    with Browser(1300, 900) as made:
        yield made


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    with Lab(tmp_path_factory.mktemp("lab")) as made:
        yield made


def ports(page):
    """Whom a page has asked for anything."""
    urls = [each["request"]["url"] for each in page.happened("Network.requestWillBeSent")]
    urls += [each["url"] for each in page.happened("Network.webSocketCreated")]
    return {urlsplit(url).netloc for url in urls if urlsplit(url).scheme not in {"data", "blob", "about"}}


def assert_drawn(frame):
    frame.until("document.getElementById('app')?.hidden === false")
    assert frame.text("counts").startswith("70 events")


def assert_out_of_reach(page, frame):
    """The frame and the page around it know nothing of each other."""
    for what in (
        "parent.document",
        "parent.jupyterapp",
        "top.location.href",
        "localStorage",
        "document.cookie",
    ):
        assert frame.ask(
            f"(() => {{ try {{ {what}; return 'read'; }} catch (e) {{ return e.name; }} }})()"
        ) == ("SecurityError"), what
    assert frame.ask("window.origin") == "null"
    assert page.ask(f"{FRAME}.contentDocument") is None
    assert page.ask(f"{FRAME}.sandbox.value") == "allow-scripts allow-downloads"


def test_a_page_in_a_notebook_lives_in_a_box_and_is_kept(lab, browser):
    lab.write("page.ipynb", RUN)
    opened = lab.open(browser, "page.ipynb")
    page = opened.page
    opened.run()
    page.until(f"!!{FRAME}")
    [frame] = page.frames()
    assert_drawn(frame)
    assert_out_of_reach(page, frame)
    assert page.ask("window.ran") is None
    assert frame.ask("window.ran") is None
    assert HOSTILE in frame.ask("document.getElementById('order').click() || document.body.innerText")
    opened.command("docmanager:save")
    page.until("!jupyterapp.shell.currentWidget.context.model.dirty")
    assert ports(page) == {urlsplit(lab.address).netloc}
    # It was run here: it is trusted, and shown when it is opened again.
    page = lab.open(browser, "page.ipynb").page
    page.until(f"!!{FRAME}")
    [frame] = page.frames()
    assert_drawn(frame)
    # As a page of nbconvert it needs no notebook.
    words = [sys.executable, "-m", "nbconvert", "--to", "html", "page.ipynb"]
    subprocess.run(words, cwd=lab.home, check=True, capture_output=True, timeout=60)
    page = browser.blank()
    page.go(lab.home / "page.html")
    page.until("!!document.querySelector('iframe[srcdoc]')")
    [frame] = page.frames()
    assert_drawn(frame)
    assert page.ask("window.ran") is None
    assert page.ask("document.querySelector('iframe').sandbox.value") == "allow-scripts allow-downloads"


def test_an_untrusted_notebook_shows_the_words(lab, browser):
    told = lamport.simulate(3, 10, seed=6).view()._repr_html_()
    lab.write("foreign.ipynb", "view")
    notebook = lab.read("foreign.ipynb")
    output = nbformat.v4.new_output("display_data", data={"text/html": told, "text/plain": "View"})
    notebook.cells[0].outputs = [output]
    nbformat.write(notebook, lab.home / "foreign.ipynb")
    page = lab.open(browser, "foreign.ipynb").page
    page.until("document.querySelector('.jp-OutputArea')?.innerText.includes('trust the notebook')")
    assert page.ask("document.querySelectorAll('iframe').length") == 0


LIVE = """
import lamport
run = lamport.run_local(3, 60, rates=[5, 10, 20], seed=1, live=True, log_dir="logs/" + "<b onclick=ran=1>", \
    faults=[lamport.Crash(2, at=1.0, down_for=0.5), lamport.Pause(1, at=0.5, duration=0.5)])
"""
EVENTS = (
    "Number(/([\\d,]+) events/.exec(document.getElementById('standing')?.innerText)?.[1].replace(',', ''))"
)


def test_a_run_is_shown_while_it_goes_on_and_its_page_takes_the_place(lab, browser):
    lab.write("live.ipynb", LIVE)
    opened = lab.open(browser, "live.ipynb")
    page = opened.page
    opened.run()
    page.until(f"!!{FRAME}")
    [frame] = page.frames()
    frame.until("!!document.getElementById('standing')")
    for least in (20, 50, 80):
        frame.until(f"{EVENTS} >= {least}")
    frame.until("document.getElementById('news').innerText.split('\\n').length >= 3")
    for line, words in zip(
        frame.text("news").split("\n"), ("came back", "crashes", "stands still"), strict=True
    ):
        assert words in line
    # What was told before the frame was there is there.
    frame.until("!document.getElementById('standing').innerText.includes('newest')")
    assert_out_of_reach(page, frame)
    # Ctrl-C, as the button of JupyterLab sends it: the run ends in order.
    opened.command("notebook:interrupt-kernel")
    page.until(f"{FRAME}?.dataset.lamport === undefined")
    frame = page.frames()[-1]
    frame.until("document.getElementById('app')?.hidden === false")
    assert "3 machines" in frame.text("title")
    page.until("jupyterapp.shell.currentWidget.sessionContext.session.kernel.status === 'idle'")
    assert page.ask("window.ran") is None
    assert ports(page) == {urlsplit(lab.address).netloc}
    opened.command("docmanager:save")
    page.until("!jupyterapp.shell.currentWidget.context.model.dirty")
    outputs = lab.read("live.ipynb").cells[0].outputs
    assert [sorted(output.data) for output in outputs] == [["text/html", "text/plain"], ["text/plain"]]
    assert outputs[1].data["text/plain"] == ""
    assert "data-lamport" not in outputs[0].data["text/html"]
