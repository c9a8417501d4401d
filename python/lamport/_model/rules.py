"""What is taken for true of a program whose log is read."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, Literal, SupportsIndex

from lamport._model import check
from lamport._model.public import public

__all__ = ["Rules", "as_rules"]

STAMPS = ("after", "before")
RECEIPTS = ("max + 1", "max(clock + 1, T)", "max(clock, T)")
CHANNELS = ("unordered", "lossy", "duplicating")
MACHINES = ("these", "more")

Channel = Literal["unordered", "lossy", "duplicating"]


@public
@dataclass(frozen=True, kw_only=True)
class Rules:
    """What is taken for true of a program whose log is read, matched, drawn and judged.

    The defaults are what the machines of this package do. Logs prove what they can; values say the rest.

    Parameters
    ----------
    step : int or "any", default 1
        By how much an event moves the clock; "any" is only forward, as with holes and hybrid clocks.
    start : int or "any" or "log", default "log"
        Where the clock of a machine stands before its first event, which tells whether a log begins at the
        beginning: a number, or anywhere; "log" is 0, where the log proves it.
    stamp : {"after", "before"}, default "after"
        Which clock a message carries: that after its SEND, or that before.
    receive : {"max + 1", "max(clock + 1, T)", "max(clock, T)"}, default "max + 1"
        What the receipt of a message with timestamp T makes of the clock; for 1 read `step`. With the last,
        a receipt may leave the clock as it is, so that nothing shows if its line is missing: none is taken
        to be, between lines whose clocks agree.
    channel : str or tuple of str, default "fifo"
        What a channel may do to messages: "fifo" (nothing), or one or several of "unordered", "lossy",
        "duplicating".
    machines : {"these", "more"}, default "these"
        Whether the machines that logs and messages name are all, where nothing tells of others.
    pace : {"log", True, False}, default "log"
        Whether a queue is emptied before anything else and events come at the rate of their machine: where
        the log says so, always, never.

    Raises
    ------
    ValueError
        A value is not one of these.

    Examples
    --------
    >>> import lamport
    >>> lamport.Rules(receive="max(clock, T)", channel=("lossy", "unordered")).channel
    ('unordered', 'lossy')
    """

    step: int | Literal["any"] = 1
    start: int | Literal["any", "log"] = "log"
    stamp: Literal["after", "before"] = "after"
    receive: Literal["max + 1", "max(clock + 1, T)", "max(clock, T)"] = "max + 1"
    channel: Literal["fifo"] | Channel | tuple[Channel, ...] = "fifo"
    machines: Literal["these", "more"] = "these"
    pace: Literal["log"] | bool = "log"

    if TYPE_CHECKING:

        def __init__(
            self,
            *,
            step: SupportsIndex | Literal["any"] = 1,
            start: SupportsIndex | Literal["any", "log"] = "log",
            stamp: Literal["after", "before"] = "after",
            receive: Literal["max + 1", "max(clock + 1, T)", "max(clock, T)"] = "max + 1",
            channel: Literal["fifo"] | Channel | Iterable[Channel] = "fifo",
            machines: Literal["these", "more"] = "these",
            pace: Literal["log"] | bool = "log",
        ) -> None: ...

    def __post_init__(self) -> None:
        step = _number("step", self.step, ("any",))
        if step == 0:
            raise ValueError('step=0 is out of range: an event moves the clock by 1 or more, or "any"')
        values = {
            "step": step,
            "start": _number("start", self.start, ("log", "any")),
            "stamp": _word("stamp", self.stamp, STAMPS),
            "receive": _word("receive", self.receive, RECEIPTS),
            "channel": _channel(self.channel),
            "machines": _word("machines", self.machines, MACHINES),
            "pace": _pace(self.pace),
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)


def as_rules(value: object) -> Rules | None:
    """Take rules in any of their forms.

    Parameters
    ----------
    value : Rules, mapping or None
        A mapping has some of the names of `Rules`, as a file has them.

    Raises
    ------
    ValueError
        It is neither, or a value of it is not what `Rules` takes.

    Examples
    --------
    >>> as_rules({"stamp": "before"}) == Rules(stamp="before")
    True
    """
    if value is None or isinstance(value, Rules):
        return value
    names = [field.name for field in fields(Rules)]
    if not isinstance(value, Mapping):
        raise ValueError(f'rules={value!r}: give lamport.Rules, like lamport.Rules(stamp="before")')
    strange = [name for name in value if name not in names]
    if strange:
        raise ValueError(f"rules have no {strange[0]!r}: they have {', '.join(names)}")
    given: dict[str, Any] = dict(value)
    return Rules(**given)


def _number(name: str, value: object, words: tuple[str, ...]) -> Any:
    if isinstance(value, str):
        if value in words:
            return value
        known = " or ".join(f'"{word}"' for word in words)
        raise ValueError(f"{name}={value!r} is not known: give a whole number or {known}")
    return check.whole(name, value)


def _word(name: str, value: object, words: tuple[str, ...]) -> Any:
    if isinstance(value, str) and value in words:
        return value
    known = " or ".join(f'"{word}"' for word in words)
    raise ValueError(f"{name}={value!r} is not known: give {known}")


def _channel(value: object) -> Any:
    """Return "fifo", the only word, or a tuple of them in their order."""
    words = [value] if isinstance(value, str) or not isinstance(value, Iterable) else list(value)
    if words in (["fifo"], []):
        return "fifo"
    for word in words:
        if word == "fifo":
            raise ValueError(
                f'channel={value!r}: "fifo" stands alone, it is a channel that does none of these'
            )
        if word not in CHANNELS:
            known = ", ".join(f'"{word}"' for word in CHANNELS)
            raise ValueError(f'channel={value!r} is not known: give "fifo", or one or several of {known}')
    kept = tuple(word for word in CHANNELS if word in words)
    return kept if len(kept) > 1 else kept[0]


def _pace(value: object) -> Any:
    if isinstance(value, str) and value == "log":
        return value
    try:
        return check.flag("pace", value)
    except ValueError:
        raise ValueError(f'pace={value!r} is not known: give "log", True or False') from None
