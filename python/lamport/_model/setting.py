"""The parameters of a run in virtual time: checked, for the native module and for ``run.json``."""

import secrets
from collections.abc import Iterable, Mapping
from collections.abc import Set as AbstractSet
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

from lamport._model.fault import as_faults, faults_json, faults_text
from lamport._model.latency import as_latency, to_json, to_native
from lamport._model.topology import resolve, to_mapping

if TYPE_CHECKING:
    from lamport._lamport import _Point

__all__ = ["DEFAULT_LATENCY", "make_seed", "native_point", "whole"]

DEFAULT_LATENCY = 0.0005


def native_point(
    *,
    machines: int | None,
    duration: object,
    rates: object,
    max_rate: object,
    internal_probability: object,
    broadcast_share: object,
    topology: object,
    latency: object,
    faults: object,
) -> "tuple[_Point, dict[str, Any]]":
    """Turn the parameters of a run into those of the native module, and into those of ``run.json``."""
    speeds = _rates(rates)
    machines, shape = resolve(machines, speeds, topology)
    delays = as_latency(latency)
    schedule = as_faults(faults)
    point: _Point = {
        "machines": machines,
        "topology": shape,
        "duration": _real("duration", duration),
        "rates": speeds,
        "max_rate": whole("max_rate", max_rate),
        "internal_probability": _real("internal_probability", internal_probability),
        "broadcast_share": _real("broadcast_share", broadcast_share),
        "latency": to_native(delays),
        "faults": faults_text(schedule),
    }
    shown: dict[str, Any] = {
        **point,
        "topology": shape if isinstance(shape, str) else to_mapping(shape),
        "latency": to_json(delays),
        "faults": faults_json(schedule),
    }
    return point, shown


def make_seed(seed: object) -> int:
    """Return the seed, drawn if None."""
    return secrets.randbelow(2**53) if seed is None else whole("seed", seed)


def whole(name: str, value: object) -> int:
    """Return a parameter that is a whole number.

    Raises
    ------
    ValueError
        It is not one from 0 to 2^53 - 1.
    """
    if isinstance(value, bool) or not isinstance(value, Integral):
        raise ValueError(f"{name}={value!r} is not a whole number")
    if not 0 <= int(value) < 2**53:
        raise ValueError(f"{name}={value} is out of range: give a whole number, 0 to 2^53 - 1")
    return int(value)


def _real(name: str, value: object) -> float:
    if isinstance(value, (bool, str)) or not isinstance(value, Real):
        raise ValueError(f"{name}={value!r} is not a number")
    return float(value)


def _rates(rates: object) -> list[float] | None:
    if rates is None:
        return None
    if isinstance(rates, (str, Mapping, AbstractSet)) or not isinstance(rates, Iterable):
        raise ValueError(f"rates={rates!r} is not a list of rates: give one per machine, like [1, 3, 6]")
    return [_real("rate", rate) for rate in rates]
