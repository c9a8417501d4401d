"""Modules joined into one script."""

import subprocess

import pytest
from pages import NODE

from lamport._view.join import join
from lamport._view.page import HOME


def joined(**modules):
    return join("main", {name.replace("_", "-"): text for name, text in modules.items()}.__getitem__)


def test_joined_modules_do_what_modules_do():
    script = joined(
        main='import {twice, ONE} from "./a.js";\nimport { Pair } from "./b-c.js";\nconst hidden = 5;\n'
        "console.log(twice(ONE), new Pair().sum(), hidden);\n",
        a='import {one} from "./b-c.js";\nconst hidden = 3;\nexport const ONE = one();\n'
        "export function twice(x) { return 2 * x + hidden; }\n",
        b_c="export class Pair {\n  sum() { return 7; }\n}\nexport function one() { return 1; }\n"
        "export async function* later() {}\n",
    )
    told = subprocess.run([NODE, "-e", script], capture_output=True, text=True, timeout=60, check=True).stdout
    assert told == "5 7 5\n"


@pytest.mark.parametrize(
    "line",
    [
        "export default function () {}",
        "export { a };",
        "export * from './a.js';",
        "export let a = 1;",
        "export var a = 1;",
        "export const { a } = {};",
        "import a from './a.js';",
        "import * as a from './a.js';",
        'import { a as b } from "./a.js";',
        'import { a } from "../a.js";',
        'import { a } from "https://a.example/a.js";',
        'import "./a.js";',
        '  import { a } from "./a.js";',
        "import {",
        "const a = await import('./a.js');",
        "const a = import.meta.url;",
        "  export const a = 1;",
        "// </script>",
        'const a = "<SCRIPT>";',
        "const a = x <!--y;",
    ],
)
def test_what_it_cannot_take_it_refuses(line):
    with pytest.raises(ValueError, match=r"main\.js:2"):
        joined(main=f"const before = 1;\n{line}\n", a="export const a = 1;\n")


def test_what_is_not_exported_cannot_be_imported():
    with pytest.raises(ValueError, match=r"main\.js:1: a\.js does not export b"):
        joined(main='import {b} from "./a.js";\n', a="export const a = 1;\n")


def test_no_circle():
    with pytest.raises(ValueError, match="main -> a -> main"):
        joined(main='import {a} from "./a.js";\n', a='import {b} from "./main.js";\n')


def test_words_that_only_begin_so_are_left():
    script = joined(main="const importance = { import: 1, exported: 2 };\n// an import of a log\n")
    assert "importance" in script


def test_every_module_is_in_a_page():
    read = set()
    for start in ("app", "live"):
        join(start, lambda name: read.add(name) or (HOME / f"{name}.js").read_text(encoding="utf-8"))
    assert sorted(read) == sorted(path.stem for path in HOME.glob("*.js"))
