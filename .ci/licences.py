"""Write THIRD-PARTY-LICENSES: what the native module is linked from, and under which terms.

`python .ci/licences.py` writes it anew, with `--check` it says whether it is what it should be. Read are the
sources that cargo has of each crate, for every platform that has wheels.
"""

import json
import re
import subprocess
import sys
from pathlib import Path

HOME = Path(__file__).parents[1]
FILE = HOME / "THIRD-PARTY-LICENSES"
PLATFORMS = (
    "x86_64-unknown-linux-gnu",
    "aarch64-unknown-linux-gnu",
    "x86_64-apple-darwin",
    "aarch64-apple-darwin",
)
LICENCE = re.compile(r"licen[cs]e|copying|copyright|notice", re.IGNORECASE)
NOT_TAKEN = re.compile(r"apache|unlicense|zlib|0bsd|copying", re.IGNORECASE)
"""The other licences of crates that leave a choice. COPYING is the GPL, or speaks of a choice."""
TAKEN = ("MIT", "BSD-3-Clause", "BSD-2-Clause")
HEAD = """\
lamport is licensed under the terms in LICENSE. Its native module is linked from the Rust crates below, whose
licences ask that these notices go with it, and from Rust's standard library (MIT or Apache-2.0, copyright The
Rust Project contributors; the compiler's documentation has the notices of its parts, COPYRIGHT-library.html).
Where a crate leaves a choice, the terms are MIT or else BSD. `python .ci/licences.py` writes this file.
"""


def is_linked(need):
    """Say whether a dependency is one of the library, not of a build script or of tests."""
    return any(how["kind"] is None for how in need["dep_kinds"])


def read_linked(platform):
    """Read which packages are linked in on a platform: build scripts and macros run in the compiler."""
    command = ["cargo", "metadata", "--format-version=1", "--locked", f"--filter-platform={platform}"]
    told = json.loads(subprocess.run(command, cwd=HOME, check=True, stdout=subprocess.PIPE).stdout)
    packages = {package["id"]: package for package in told["packages"]}
    needs = {
        node["id"]: [need["pkg"] for need in node["deps"] if is_linked(need)]
        for node in told["resolve"]["nodes"]
    }
    found, ahead = {}, list(needs[told["resolve"]["root"]])
    while ahead:
        package = packages[ahead.pop()]
        macros = any("proc-macro" in target["kind"] for target in package["targets"])
        if package["id"] not in found and not macros:
            found[package["id"]] = package
            ahead += needs[package["id"]]
    return found


def read_notices(package):
    """Read the text of the licence taken, and the notices beside it."""
    told = package["license"] or ""
    taken = next((name for name in TAKEN if name in re.split(r"[ /]+", told)), None)
    if taken is None or " AND " in told:
        sys.exit(f"{package['name']} is under {told!r}: say in .ci/licences.py what is taken")
    home = Path(package["manifest_path"]).parent
    texts = []
    for path in sorted(path for path in home.rglob("*") if path.is_file()):
        other = NOT_TAKEN.search(path.name) or (taken == "MIT" and "BSD" in path.name)
        if LICENCE.search(path.name) and path.suffix in {"", ".md", ".txt"} and not other:
            lines = path.read_text(encoding="utf-8").splitlines()
            texts.append("\n".join(line.rstrip() for line in lines).strip())
    if not any("Permission is hereby granted" in text or "Redistribution" in text for text in texts):
        sys.exit(
            f"{package['name']} {package['version']} has no text of its licence, {taken}, in its sources"
        )
    return list(dict.fromkeys(texts))


def write():
    """Write all notices, each once, under the crates that have it."""
    linked = {}
    for platform in PLATFORMS:
        linked |= read_linked(platform)
    shared = {}
    for package in sorted(linked.values(), key=lambda package: (package["name"], package["version"])):
        for text in read_notices(package):
            shared.setdefault(text, []).append(f"{package['name']} {package['version']}")
    parts = ["\n".join([*names, "", text]) for text, names in shared.items()]
    rule = "\n" + "-" * 80 + "\n\n"
    return rule.join(part + "\n" for part in [HEAD.rstrip(), *parts])


def main():
    """Write the file, or check it."""
    told = write()
    if sys.argv[1:] != ["--check"]:
        FILE.write_text(told, encoding="utf-8")
    elif not FILE.exists() or FILE.read_text(encoding="utf-8") != told:
        sys.exit(f"{FILE.name} is not of these crates: python .ci/licences.py writes it")


if __name__ == "__main__":
    main()
