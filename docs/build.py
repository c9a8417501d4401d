"""Build the documentation site, with warnings as errors: python docs/build.py [DIRECTORY].

The pages of ``docs/`` are copied to DIRECTORY/source and completed there, and nothing is left in the tree:
with the notebooks, the interactive page, and what stands elsewhere in the repository. The site is in
DIRECTORY/html (build/site/html if nothing is given). LAMPORT_EXECUTED_NOTEBOOKS names a directory of executed
notebooks, as the tests leave them; without it they are executed here.
"""

import argparse
import contextlib
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat
from checked import problems

import lamport
from lamport._cli.commands import main as lamport_command

HOME = Path(__file__).parents[1]
NOT_PAGES = shutil.ignore_patterns("build.py", "checked.py", "clients", "__pycache__")
ELSEWHERE = {
    "benches/README.md": "reference/figures.md",
    "CHANGELOG.md": "development/changes.md",
    "ARCHITECTURE.md": "development/architecture.md",
    "CONTRIBUTING.md": "development/contributing.md",
}
"""Files that stand where people look for them, and the pages that show them."""


def stage(source: Path) -> None:
    """Copy the pages, and make those that are made."""
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(HOME / "docs", source, ignore=NOT_PAGES)
    for path, page in ELSEWHERE.items():
        (source / page).parent.mkdir(exist_ok=True)
        shutil.copy(HOME / path, source / page)
    stage_notebooks(source / "tutorials")
    stage_page(source)
    stage_command_line(source / "reference" / "command-line.md")


def stage_notebooks(tutorials: Path) -> None:
    """Copy the notebooks, executed if they are there as such."""
    executed = os.environ.get("LAMPORT_EXECUTED_NOTEBOOKS")
    notebooks = sorted((HOME / "notebooks").glob("*.ipynb"))
    for path in notebooks:
        found = Path(executed, path.name) if executed else path
        if not found.is_file():
            sys.exit(f"{found} is not there: tests/python/test_notebooks.py writes it")
        notebook = nbformat.read(found, as_version=4)
        for cell in notebook.cells:
            if "outputs" in cell:
                cell.outputs = settled(cell.outputs)
        nbformat.write(notebook, tutorials / path.name)


def settled(outputs: list) -> list:
    """Return outputs as a terminal has them in the end: bars that were drawn over and wiped are gone."""
    kept = []
    for output in outputs:
        if kept and output.output_type == "stream" == kept[-1].output_type and output.name == kept[-1].name:
            kept[-1].text += output.text
        else:
            kept.append(output)
    for output in kept:
        if output.output_type == "stream":
            lines = (line.rstrip().split("\r")[-1] for line in output.text.split("\n"))
            output.text = "\n".join(lines)
    return [output for output in kept if output.output_type != "stream" or output.text.strip()]


def stage_page(source: Path) -> None:
    """Make the interactive page of a run."""
    logs = source.parent / "logs"
    shutil.rmtree(logs, ignore_errors=True)
    for words in (
        [
            "simulate",
            "--duration",
            "60",
            "--rates",
            "1,3,6",
            "--seed",
            "1978",
            "--log-dir",
            str(logs),
            "--no-report",
        ],
        ["view", str(logs), "-o", str(source / "_page" / "run.html")],
    ):
        (source / "_page").mkdir(exist_ok=True)
        if lamport_command(words) != 0:
            sys.exit(f"lamport {' '.join(words)} failed")


def stage_command_line(page: Path) -> None:
    """Append the help of every command to its page."""
    os.environ["COLUMNS"] = "80"
    commands = sorted(path.stem.replace("_", " ") for path in (HOME / "tests/python/cli/help").glob("*.txt"))
    with page.open("a", encoding="utf-8") as file:
        for command in commands:
            said = io.StringIO()
            with contextlib.redirect_stdout(said), contextlib.suppress(SystemExit):
                lamport_command([*command.split()[1:], "--help"])
            file.write(f"\n## {command}\n\n```text\n{said.getvalue().rstrip()}\n```\n")


def main() -> None:
    """Stage, build, check."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("directory", nargs="?", type=Path, default=HOME / "build" / "site")
    directory = parser.parse_args().directory.resolve()
    source, html = directory / "source", directory / "html"
    stage(source)
    shutil.rmtree(html, ignore_errors=True)
    words = [
        sys.executable,
        "-m",
        "sphinx",
        "--fail-on-warning",
        "--nitpicky",
        "--keep-going",
        "--fresh-env",
        "--quiet",
        source,
        html,
    ]
    environment = os.environ | {"MPLBACKEND": "agg"}
    if subprocess.run([*words, "-d", directory / "doctrees"], env=environment, check=False).returncode:
        sys.exit(1)
    if found := problems(html):
        sys.exit("\n".join(found))
    print(f"lamport {lamport.__version__}: {html / 'index.html'}")


if __name__ == "__main__":
    main()
