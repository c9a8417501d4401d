"""The logs of a whole course: a row and a page each, whatever they are."""

import csv
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from class_logs import write_text

import lamport
from lamport._cli.commands import main

SHORT = {"machines": 3, "duration": 60, "seed": 4}
MISTAKES = {
    "stamped early": {"stamp": "before"},
    "no step": {"receive": "max(clock, T)"},
    "both": {"stamp": "before", "receive": "max(clock, T)"},
}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    home = tmp_path_factory.mktemp("course")
    lamport.simulate(**SHORT, log_dir=home / "right")
    for name, mistake in MISTAKES.items():
        lamport.simulate(**SHORT, **mistake, log_dir=home / name)
    (home / "empty").mkdir()
    (home / "picture").mkdir()
    (home / "picture" / "machine_1.log").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    return home


def grade(course, output, *more):
    submissions = [str(path) for path in sorted(course.iterdir()) if path.is_dir()]
    return main(["grade", *submissions, "-o", str(output), "--no-progress", *more])


def rows(path):
    with path.open(newline="", encoding="utf-8") as file:
        return {row["submission"].rpartition("/")[2]: row for row in csv.DictReader(file)}


def test_a_row_and_a_page_for_each(course, tmp_path, capsys):
    output = tmp_path / "grades.csv"
    assert grade(course, output) == 1  # two cannot be read
    told = rows(output)
    assert set(told) == {"right", "empty", "picture", *MISTAKES}
    right = told["right"]
    assert right["verdict"] == "obeys"
    assert right["step"] == right["match"] == right["exactness"] == "obeys"
    assert right["vector"] == ""  # no vector clock was logged
    assert right["diagnosis"] == ""
    for name in ("empty", "picture"):
        assert told[name]["verdict"] == "cannot be read"
        assert told[name]["remark"]
        assert told[name]["step"] == ""
    for name in MISTAKES:
        assert re.fullmatch(r"violates \d+", told[name]["verdict"])
        counts = [int(cell[9:]) for cell in told[name].values() if cell.startswith("violates ")]
        assert counts[0] == sum(counts[1:])
    assert told["stamped early"]["diagnosis"] == "messages carry the clock from before the tick of their SEND"
    assert told["no step"]["diagnosis"] == "receipts make the clock max(clock, T), without the step"
    assert told["both"]["diagnosis"] == " and ".join(
        told[name]["diagnosis"] for name in ("stamped early", "no step")
    )
    pages = {name: Path(row["page"]).read_text(encoding="utf-8") for name, row in told.items()}
    assert "Obeys every rule" in pages["right"]
    assert "Cannot be read" in pages["empty"]
    witness = re.search(r"machine\\_\d.log\\:\d+: expected new\\_clock", pages["no step"])
    assert witness
    assert "send at machine" in pages["no step"]  # not by its whole path
    assert "lamport.Rules(receive='max(clock, T)')" in pages["no step"]
    out = capsys.readouterr().out
    assert "right: obeys\n" in out
    assert f"wrote {output}" in out


def test_what_is_wrong_with_the_command_is_no_row(course, tmp_path, capsys):
    """But where a submission is what it does not fit, that has its row."""
    output = tmp_path / "grades.csv"
    right = str(course / "right")
    for option, told in (
        ("--pattern=[1", 'pattern "[1" cannot be compiled'),
        ("--clock-uncertainty=-1", "--clock-uncertainty is -1 s: it lies between 0 and"),
    ):
        assert main(["grade", right, str(course / "both"), "-o", str(output), option]) == 2
        assert told in capsys.readouterr().err
        assert not output.exists()
    assert main(["grade", right, "-o", str(output), "--execution=none"]) == 1
    assert 'cannot be read: --execution="none": there is none such' in capsys.readouterr().out
    assert rows(output)["right"]["verdict"] == "cannot be read"


def test_in_python(course):
    seen = []
    table = lamport.grade([course / "right", course / "no step"], progress=seen.append)
    assert table["verdict"].str.split().str[0].tolist() == ["obeys", "violates"]
    assert "page" not in table
    assert seen[-1] == 2
    assert not table.attrs["interrupted"]


def test_a_glob_and_a_file_are_submissions(course):
    table = lamport.grade([f"{course}/right/*.log", course / "right" / "machine_1.log"])
    assert table["verdict"].tolist() == ["obeys", "obeys"]
    assert table["match"].tolist()[0] == "obeys"


def test_a_course_has_one_declaration(course, tmp_path):
    like = tmp_path / "course.toml"
    like.write_text('rules = {stamp = "before"}\n')
    output = tmp_path / "grades.parquet"
    assert grade(course, output, "--like", str(like), "--pages", str(tmp_path / "pages")) == 1
    table = pd.read_parquet(output)
    verdicts = dict(zip(table["submission"].str.rpartition("/")[2], table["verdict"], strict=True))
    assert verdicts["stamped early"] == "obeys"
    assert verdicts["right"].startswith("violates")
    assert len(list((tmp_path / "pages").iterdir())) == 6


def test_text_by_a_pattern(tmp_path):
    log = tmp_path / "team" / "machine_1.txt"
    log.parent.mkdir()
    log.write_text("0.1 INTERNAL 1\n0.2 INTERNAL 3\n0.3 INTERNAL 4\n")
    like = tmp_path / "course.toml"
    like.write_text(r"pattern = '(?<time>[\d.]+) (?<event>\w+) (?<clock>\d+)'" + "\n")
    table = lamport.grade([log], like=like)
    assert table["step"].tolist() == ["violates 1"]


HOSTILE = [
    "=HYPERLINK(1)",
    "@SUM(1)",
    "+1",
    "<script>alert(1)</script>",
    "a|b`c`[x](y)",
    "line\nbreak",
    "\x1b[31mred",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_of_students_do_no_harm(tmp_path, monkeypatch, capsys, name):
    monkeypatch.chdir(tmp_path)
    lamport.simulate(2, 5, seed=1, log_dir=name.replace("/", "_"))
    name = name.replace("/", "_")
    assert main(["grade", name, "missing\x07", "-o", "grades.csv", "--no-progress"]) == 1
    with Path("grades.csv").open(newline="", encoding="utf-8") as file:
        (header, row, missing) = list(csv.reader(file))
    assert header[0] == "submission"
    for cell in (*row, *missing):
        assert not re.match(r"[\s'\"]*[=+\-@]", cell) or cell.startswith("'")
        assert cell.isprintable()
    page = Path(row[-1]).read_text(encoding="utf-8")
    assert "<script" not in page
    title = page.splitlines()[0]
    assert title.startswith("# ")
    assert not re.search(r"(?<!\\)[|`\[]", title)
    assert "\x1b" not in page + capsys.readouterr().out


def test_what_is_refused(course, tmp_path, capsys):
    assert main(["grade", str(course / "right"), "-o", str(tmp_path / "a.txt"), "--no-progress"]) == 2
    assert "its ending is not one of csv, parquet" in capsys.readouterr().err
    like = tmp_path / "course.toml"
    like.write_text("patern = 'x'\n")
    assert grade(course, tmp_path / "b.csv", "--like", str(like)) == 2
    assert "patern" in capsys.readouterr().err
    assert not (tmp_path / "b.csv").exists()
    for given, said in {"a/path": "is one path", (): "no submissions", (3,): "3 is not a path"}.items():
        with pytest.raises(ValueError, match=said):
            lamport.grade(given)
    with pytest.raises(ValueError, match="'colour' is not an option of grade"):
        lamport.grade([course / "right"], colour=1)


def test_ctrl_c_keeps_what_is_done(course):
    def stop(done):
        raise KeyboardInterrupt

    table = lamport.grade([course / "right", course / "no step"], progress=stop)
    assert len(table) == 1
    assert table.attrs["interrupted"]


def test_what_could_not_be_checked_is_no_praise(tmp_path):
    """A table of clocks alone: its receipts name no send."""
    log = tmp_path / "machine_1.log"
    events = [
        ("INTERNAL", 0, 1, {}),
        ("RECEIVE", 1, 5, {"queue_len": 0}),
        ("RECEIVE", 5, 6, {"queue_len": 0}),
    ]
    lines = [
        {
            "event": kind,
            "system_time": time + 0.5,
            "machine_id": 1,
            "old_clock": old,
            "new_clock": new,
            **more,
        }
        for time, (kind, old, new, more) in enumerate(events)
    ]
    log.write_text("".join(json.dumps(line) + "\n" for line in lines))
    rules = lamport.Rules(machines="more")
    (row,) = lamport.grade([log], pages=tmp_path / "pages", rules=rules).to_dict("records")
    assert row["verdict"] == "obeys"
    assert row["step"] == "obeys"
    assert row["match"] == row["fifo"] == "unchecked 2"
    assert row["remark"].endswith("things are not checked")
    page = next((tmp_path / "pages").iterdir()).read_text()
    assert "0 of 2 receipts could be matched" in page
    assert "## Not checked" in page


COURSE = r"""
pattern = '^(?<time>[\d.]+), (?<event>\w+)(?:\((?<die>\d)\))?, L=(?<clock>\d+)(?:, queue=(?<queue_len>\d+))?'
file_pattern = 'machine_(?<machine>\d+)'
events = {INIT = ""}
rules = {pace = true}
"""


def test_the_usual_mistakes_in_logs_of_a_class(tmp_path):
    mistakes = {
        "right": {},
        "stamp before the tick": {"stamp": "before"},
        "max without step": {"receive": "max(clock, T)"},
        "both": {"stamp": "before", "receive": "max(clock, T)"},
        "queue before the pop": {"queue": 1},
        "old clock": {"clock": "old_clock"},
    }
    for name, mistake in mistakes.items():
        write_text(tmp_path / name, **mistake)
    like = tmp_path / "course.toml"
    like.write_text(COURSE)
    table = lamport.grade([tmp_path / name for name in mistakes], like=like)
    queue = "queue lengths are logged before the pop, and count the message that is taken"
    stamp, no_step = (
        "messages carry the clock from before the tick of their SEND",
        "receipts make the clock max(clock, T), without the step",
    )
    assert dict(zip(mistakes, table["diagnosis"], strict=True)) == {
        "right": "",
        # Without timestamps these two cannot be told apart.
        "stamp before the tick": f"{stamp}; or: receipts make the clock max(clock + 1, T)",
        "max without step": no_step,
        "both": f"{stamp} and {no_step}",
        "queue before the pop": queue,
        "old clock": "the clock that is logged is that before the event",
    }
    assert table["verdict"].str.startswith("violates").tolist() == [False, True, True, True, True, True]


def test_who_claims_a_newer_version_is_not_praised(tmp_path):
    lamport.simulate(**SHORT, log_dir=tmp_path / "newer")
    for log in (tmp_path / "newer").glob("*.log"):
        text = re.sub(r'"version": "[^"]*"', '"version": "99.0.0"', log.read_text())
        log.write_text(text.replace('"RECEIVE"', '"TAKEN"'))
    assert lamport.verify(tmp_path / "newer").ok
    (row,) = lamport.grade([tmp_path / "newer"]).to_dict("records")
    assert row["verdict"] == "cannot be read"
    assert '"TAKEN" is not known' in row["remark"]
    assert "99.0.0" in row["remark"]
