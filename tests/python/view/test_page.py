"""The page around the data, and the view that makes it."""

import copy
import html
import json
import pickle
import re
import resource
import zlib
from base64 import b64decode, b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pytest

import lamport
from lamport._view import view as view_module
from lamport._view.page import page

HOSTILE = "</script><script>alert(1)</script><!--<script>\"'&{{DATA}}"


class Read(HTMLParser):
    """The scripts, styles and attributes of a page."""

    def __init__(self, text):
        super().__init__(convert_charrefs=True)
        self.tags, self.inside, self.scripts, self.styles = [], None, [], []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag in {"script", "style"}:
            self.inside = tag
            (self.scripts if tag == "script" else self.styles).append("")

    def handle_endtag(self, tag):
        self.inside = None if tag == self.inside else self.inside

    def handle_data(self, data):
        if self.inside:
            (self.scripts if self.inside == "script" else self.styles)[-1] += data


def named(names):
    return lamport.from_events(
        {
            "machine_id": names,
            "event": ["INTERNAL"] * len(names),
            "new_clock": [1] * len(names),
        }
    )


def head_of(made):
    """What the data of a page begin with."""
    data = b64decode(re.search(r'(?<=id="data">)[A-Za-z0-9+/=]+', made)[0])
    return json.loads(zlib.decompress(data[4 : 4 + int.from_bytes(data[:4], "little")]))


@pytest.fixture
def run():
    return lamport.simulate(3, 5, seed=1)


def test_the_policy_has_the_script_and_the_style(run):
    read = Read(run.view().html)
    (policy,) = [
        attrs["content"] for tag, attrs in read.tags if attrs.get("http-equiv") == "Content-Security-Policy"
    ]
    digests = [
        f"'sha256-{b64encode(sha256(text.encode()).digest()).decode()}'"
        for text in (read.scripts[1], read.styles[0])
    ]
    assert policy.startswith(f"default-src 'none'; script-src {digests[0]}; style-src {digests[1]};")
    assert "unsafe" not in policy
    kinds = [attrs.get("type") for tag, attrs in read.tags if tag == "script"]
    assert kinds == ["text/plain", None]


def test_nothing_is_loaded_and_no_attribute_is_a_handler(run):
    for _, attrs in Read(run.view().html).tags:
        assert not {"src", "href", "srcset", "action", "style"} & set(attrs)
        assert not [name for name in attrs if name.startswith("on")]


def test_texts_of_a_run_are_in_base64_alone():
    run = named([HOSTILE.replace("{{DATA}}", "x"), "b"])
    made = run.view(highlight=(HOSTILE.replace("{{DATA}}", "x"), 1)).html
    plain = named(["a", "b"]).view().html
    data = re.compile(r'(?<=id="data">)[A-Za-z0-9+/=]+(?=</script>)')
    assert data.sub("", made) == data.sub("", plain)
    assert b64decode(data.search(made)[0])


def test_data_that_looks_like_a_place_is_left():
    assert page(b"{{SCRIPT}}").count(b64encode(b"{{SCRIPT}}").decode()) == 1


def test_words_come_first(run):
    made = run.view().html
    assert made.index("It needs a browser with scripts") < made.index("<script")


def test_save_keeps_what_is_there(run, tmp_path):
    path = run.view().save(tmp_path / "new" / "run.html")
    assert path.read_text(encoding="utf-8") == run.view().html
    with pytest.raises(FileExistsError, match=r"run\.html exists: .*overwrite=True"):
        run.view().save(path)
    path.write_text("other")
    run.view().save(path, overwrite=True)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


def test_a_full_disk_leaves_what_was_there(run, tmp_path):
    new, old = tmp_path / "new.html", tmp_path / "old.html"
    old.write_text("kept")
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, hard[1]))
    try:
        for path in (new, old):
            with pytest.raises(OSError, match="File too large") as told:
                run.view().save(path, overwrite=True)
            assert told.value.filename == str(path)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, hard)
    assert old.read_text() == "kept"
    assert list(tmp_path.iterdir()) == [old]


def test_a_file_that_is_replaced_keeps_its_mode_and_its_links(run, tmp_path):
    file, link = tmp_path / "a.html", tmp_path / "b.html"
    file.write_text("")
    file.chmod(0o600)
    link.symlink_to(file)
    run.view().save(link, overwrite=True)
    assert (link.is_symlink(), file.stat().st_mode & 0o777) == (True, 0o600)
    assert file.read_text(encoding="utf-8") == run.view().html
    with pytest.raises(IsADirectoryError, match="is a directory: give a file in it"):
        run.view().save(tmp_path, overwrite=True)


def test_a_view_is_copied_and_kept(run):
    view = run.view()
    for made in (view.html, pickle.loads(pickle.dumps(view)).html, copy.deepcopy(view).html):
        assert made == run.view().html


def test_equal_runs_have_equal_pages():
    first, second = (lamport.simulate(3, 5, seed=1).view().html for _ in range(2))
    assert first == second


def test_under_a_cell(run):
    shown = run.view()._repr_html_()
    assert shown.startswith("<p>The space-time diagram of Run: 3 machines, 5 s.")
    ((_, frame),) = [each for each in Read(shown).tags if each[0] == "iframe"]
    assert frame["sandbox"] == "allow-scripts allow-downloads"
    assert frame["srcdoc"] == run.view().html
    assert "src" not in frame


def test_what_is_too_large_for_a_cell_is_saved_beside(run, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run = lamport.simulate(3, 200, seed=1)
    most = len(run.view(0, 60).html)
    monkeypatch.setattr(view_module, "UNDER_A_CELL", most)
    shown = run.view()._repr_html_()
    saved = tmp_path / "lamport-view-1.html"
    assert saved.read_text(encoding="utf-8") == run.view().html
    assert html.escape(str(saved)) in shown
    ((_, frame),) = [each for each in Read(shown).tags if each[0] == "iframe"]
    assert len(frame["srcdoc"]) <= most
    assert run.view()._repr_html_() == shown
    assert list(tmp_path.iterdir()) == [saved]
    other = "of another run".ljust(saved.stat().st_size)
    saved.write_text(other)
    assert "lamport-view-2.html" in run.view()._repr_html_()
    assert saved.read_text() == other


def test_what_cannot_be_saved_beside_is_shown_thinned(monkeypatch):
    monkeypatch.chdir("/proc")  # where nobody can write
    run = lamport.simulate(3, 200, seed=1)
    monkeypatch.setattr(view_module, "UNDER_A_CELL", len(run.view(0, 60).html))
    shown = run.view()._repr_html_()
    assert "and cannot be saved beside it (No such file or directory): save it by .save(path). Below" in shown
    assert len(shown) > 10_000


def test_a_page_tells_no_directories(tmp_path):
    run = lamport.simulate(3, 5, seed=1, log_dir=tmp_path / "mine")
    before = run.view().html
    run.save(tmp_path / "else" / "mine")
    assert lamport.load(tmp_path / "else" / "mine").view().html == before


def test_notes_tell_no_directories(run, tmp_path):
    read = lamport.load(run.export(tmp_path / "a.csv"))
    assert str(tmp_path) in "".join(read.notes)
    assert head_of(read.view().html)["notes"] == ["a.csv: taken for CSV"]


def test_names_of_directories_that_are_no_text(tmp_path, monkeypatch):
    home = tmp_path / b"m\xff\n".decode("utf-8", "surrogateescape")
    home.mkdir()
    monkeypatch.chdir(home)
    run = lamport.simulate(3, 200, seed=1, log_dir=home / "a")
    monkeypatch.setattr(view_module, "UNDER_A_CELL", len(run.view(0, 60).html))
    shown = run.view()._repr_html_()
    assert r"m\udcff\n/lamport-view-1.html" in shown
    assert shown.encode()


def test_names_that_cannot_be_seen_are_spelled_out():
    run = named(["a\u202eb", "\u200b"])
    head = head_of(run.view().html)
    assert head["names"] == ["a\\u202eb", "\\u200b"]


def test_a_run_that_was_not_recorded_has_none():
    with pytest.raises(lamport.LamportError, match="no event was recorded"):
        lamport.simulate(3, 5, seed=1, record=False).view()


def test_a_cut_before_all_events(run):
    assert run.view(cut={1: 0, 2: 1}).html


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"start": 3, "stop": 2}, "start must be below stop"),
        ({"highlight": (9, 1)}, "machine 9 is not in this run"),
        ({"highlight": 3}, r"an event is \(machine, clock\)"),
        ({"cut": {1: "x"}}, "the clock of cut"),
        ({"texts": "yes"}, "texts"),
        ({"start": 100}, r"no event from start=100 to stop=inf \(s\): this run has events from"),
        ({"stop": -1}, "no event from start=-inf to stop=-1"),
        ({"highlight": (1, 999)}, r"highlight=\(1, 999\): machine 1 has no event that set its clock to 999"),
        ({"cut": {1: 1, 2: 999}}, r"cut=\(2, 999\): machine 2 has no event that set its clock to 999"),
        ({"highlight": (1, 1), "start": 4}, r"highlight=\(1, 1\) happened at .* s, not between start=4"),
    ],
)
def test_wrong_arguments(run, given, words):
    with pytest.raises((ValueError, TypeError), match=words):
        run.view(**given)


def test_an_empty_run_has_a_page():
    run = lamport.simulate(2, 1e-9, rates=[1, 1], seed=1)
    assert run.events.empty
    assert "It needs a browser" in run.view().html
