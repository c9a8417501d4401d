"""Check what is in a wheel: python .ci/wheel.py FILE."""

import json
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

HOME = Path(__file__).parents[1]
PROJECT = tomllib.loads((HOME / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def find_mistakes(wheel):
    """Find what is missing, doubled or should not be there, one line each."""
    names = [name for name in wheel.namelist() if not name.endswith("/")]
    info = next(name.split("/")[0] for name in names if name.endswith(".dist-info/METADATA"))
    binaries = [name for name in names if name.endswith((".so", ".dylib", ".pyd"))]
    if binaries != ["lamport/_lamport.abi3.so"]:
        yield f"its native modules are {binaries}"
    expected = {f"{info}/licenses/{name}" for name in PROJECT["license-files"]}
    expected |= {
        path.relative_to(HOME / "python").as_posix()
        for path in (HOME / "python").rglob("*")
        if path.is_file() and path.suffix not in {".so", ".pyc"}
    }
    for name in sorted(expected - set(names)):
        yield f"{name} is missing"
    for name in sorted(name for name in set(names) - expected if not name.startswith(info)):
        if name not in binaries:
            yield f"{name} is in it, and is not part of the package"
    boms = [json.loads(wheel.read(name)) for name in names if name.startswith(f"{info}/sboms/")]
    parts = [len(bom.get("components", ())) for bom in boms if bom.get("bomFormat") == "CycloneDX"]
    if len(parts) != 1 or parts[0] == 0:
        yield f"it has {len(parts)} bills of material, of {parts} components; one that is not empty is right"
    metadata = wheel.read(f"{info}/METADATA").decode("utf-8")
    for line in ("License-Expression: MIT", "Classifier: Typing :: Typed", "Requires-Python: >=3.11"):
        if f"\n{line}\n" not in metadata:
            yield f"its METADATA does not say {line!r}"
    if any(place in wheel.read(name) for name in binaries for place in (b"/.cargo/", b"/home/", b"/root/")):
        yield "its native module tells directories of the machine that built it"


def main():
    """Say what is wrong, or how large it is."""
    path = Path(sys.argv[1])
    with ZipFile(path) as wheel:
        mistakes = list(find_mistakes(wheel))
        unpacked = sum(file.file_size for file in wheel.infolist())
    if mistakes:
        sys.exit("\n".join(f"{path.name}: {mistake}" for mistake in mistakes))
    print(f"{path.name}: as it should be, {path.stat().st_size} bytes, {unpacked} unpacked")


if __name__ == "__main__":
    main()
