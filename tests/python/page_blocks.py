"""A page of documentation, carried out: its blocks one after the other, as a reader would type them."""

import re
import shlex
import subprocess
import sys
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path
from typing import NamedTuple

from machines import free_ports

import lamport
from lamport._cli.commands import main

HOME = Path(__file__).parents[2]
PAGES = [HOME / "README.md", *sorted((HOME / "docs").rglob("*.md"))]
SECONDS = 0.3
"""How long what runs in real time runs here."""
IN_REAL_TIME = ("run", "machine")
FOR_EVER = "--follow"
"""What ends by Ctrl-C only: test_follow has it."""


class Block(NamedTuple):
    """What stands between two fences."""

    language: str
    text: str

    @property
    def name(self):
        """The file that its first line names."""
        found = re.match(r"^(?:#|//) (\S+\.\w+)$", self.text.split("\n", 1)[0])
        return found and found[1]


def blocks(path):
    """Return those of a page."""
    text = path.read_text(encoding="utf-8")
    return [
        Block(*each) for each in re.findall(r"^(?:```)([\w-]*)\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    ]


def outcomes(text):
    """Return the expressions of Python code with a value behind them that can be checked."""
    told = re.findall(
        r"^(\S.*?) +# (True|False|-?\d+(?:\.\d+)?|Share\(.*\)|Answer\(.*\)|\{[^.]*\})(?=[:;]|$)",
        text,
        re.MULTILINE,
    )
    return [
        (expression, value)
        for expression, value in told
        if not re.search(r"(?<![=!<>])=(?!=)", expression.split("(")[0])
    ]


def rounded(value):
    """Return a value as pages have it."""
    if isinstance(value, float):
        return f"{value:.3f}"
    return re.sub(r"\d+\.\d{4,}", lambda number: f"{float(number[0]):.3f}", repr(value))


class Reader:
    """Who carries out the blocks of a page, in a directory of its own."""

    def __init__(self):
        self.names = {"__name__": "page", "lamport": lamport, "run": lamport.load("collected")}
        self.said = self.kept = ""
        self.checked = 0

    def read(self, block):
        """Do what a block says; a text below another block is what that came to."""
        said, self.said = self.said, ""
        if block.name:
            Path(block.name).write_text(block.text, encoding="utf-8")
        elif block.language == "python":
            self.call(block.text)
        elif block.language == "sh":
            self.command(block.text)
        elif block.language == "json":
            self.kept = block.text
        elif block.language == "text" and said:
            assert block.text in said, f"{block.text}\nis not what came:\n{said}"
            self.checked += 1

    def call(self, text):
        """Run Python, and compare what it comes to."""
        with redirect_stdout(StringIO()) as said:
            exec(with_free_port(text), self.names)
        self.said = said.getvalue()
        for expression, value in outcomes(text):
            assert rounded(eval(expression, self.names)) == value, expression
            self.checked += 1

    def command(self, text):
        """Run commands of a shell."""
        lines = [line for line in text.splitlines() if line.strip()]
        if any("192.168." in line for line in lines):
            by_loopback(lines)
            return
        with redirect_stdout(StringIO()) as said:
            for line in (line for line in lines if FOR_EVER not in line):
                program, *words = in_words(line)
                assert program == "lamport", f"{line}: what is not ours is said elsewhere"
                self.keep(words)
                expected = re.search(r"# exit status (\d+)", line)
                assert main(shortened(words)) == int(expected[1] if expected else 0), line
        self.said = said.getvalue() + written(words)

    def keep(self, words):
        """Write the JSON of the page where a command looks for it, with times as much shorter as the run."""
        for word in words:
            if word.endswith(".json") and self.kept:
                text = re.sub(r'("(?:at|duration|down_for)": )(\d+)', earlier, self.kept)
                Path(word).write_text(text, encoding="utf-8")


def earlier(told):
    """Return a time of a fault that fits into a shorter run."""
    return f"{told[1]}{int(told[2]) * SECONDS / 60}"


def written(words):
    """Return the text that a command wrote into a file."""
    path = Path(words[words.index("-o") + 1]) if "-o" in words else None
    return path.read_text(encoding="utf-8") if path and path.suffix == ".shiviz" else ""


def in_words(line):
    """Return the words of a line of a shell, with what its patterns stand for."""
    words = []
    for word in shlex.split(line, comments=True):
        words += sorted(map(str, Path().glob(word))) if "*" in word else [word]
    return words


def shortened(words):
    """Return the words of a command that takes less time, and opens nothing."""
    if words[0] in IN_REAL_TIME:
        assert "--duration" in words, "a page says for how long"
        at = words.index("--duration")
        words = [*words[:at], "--duration", str(SECONDS), *words[at + 2 :]]
    return [word for word in words if word != "--open"]


def with_free_port(text):
    """Return code that listens where nobody does."""
    return text.replace("5001", str(free_ports(1)[0])) if "5001" in text else text


def by_loopback(lines):
    """Run machines of several hosts on this one, all at once; keys first."""
    ports = dict(zip(("5001", "5002", "5003"), map(str, free_ports(3)), strict=True))
    started = []
    for line in lines:
        text = re.sub(r"192\.168\.1\.\d+", "127.0.0.1", line)
        text = re.sub(r"\b500[123]\b", lambda port: ports[port[0]], text)
        text = text.replace("--duration 60", f"--duration {SECONDS}")
        program, *words = in_words(text)
        if program == "lamport":
            assert main(words) == 0
        else:
            assert (program, words[:2]) == ("python", ["-m", "lamport.machine"])
            started.append(subprocess.Popen([sys.executable, *words]))
    try:
        assert [process.wait(60) for process in started] == [0] * len(started)
    finally:
        for process in started:
            process.kill()
            process.wait()
