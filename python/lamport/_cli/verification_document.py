"""What a verification found, as a document."""

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from lamport._cli.run_document import rows

if TYPE_CHECKING:
    from lamport._runs.reading import Reading
    from lamport._runs.verification import Verification

__all__ = ["verification_document"]


def verification_document(done: "Verification", *, strict: bool) -> dict[str, Any]:
    """Return a verdict, how often each rule was checked and broken, where, and what would explain it."""
    return {
        "ok": done.ok,
        "strict": strict,
        "received": done.received,
        "matched": done.matched,
        "rules": {
            rule: {"checked": done.checked[rule], "violations": count} for rule, count in done.counts.items()
        },
        "violations": rows(done.violations),
        "diagnosis": [_reading(each) for each in done.diagnosis],
        "unchecked": done.unchecked,
    }


def _reading(reading: "Reading") -> dict[str, Any]:
    return {
        "words": reading.words,
        "rules": asdict(reading.rules),
        "options": reading.options,
        "violations": reading.violations,
        "explained": reading.explained,
    }
