"""What commands print with --json, held against its schema."""

import json

from jsonschema import Draft202012Validator

from lamport._cli.schema import SCHEMA

WHOLE = json.loads(SCHEMA.read_text(encoding="utf-8"))
Draft202012Validator.check_schema(WHOLE)


def document(text):
    """The one document that a text is, if the schema of its kind allows it."""
    found = json.loads(text, parse_constant=refuse)
    assert text.endswith("}\n")
    kind = {"$ref": f"#/$defs/{found['kind']}", "$defs": WHOLE["$defs"]}
    Draft202012Validator(kind).validate(found)
    Draft202012Validator(WHOLE).validate(found)
    return found


def refuse(word):
    raise AssertionError(f"{word} is not JSON")
