"""The words that make the process of a machine of a run."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from lamport._model.setting import BEHAVIOR, SETTING, command_line
from lamport._model.ticks import rate_word, ticks_word

if TYPE_CHECKING:
    from lamport._lamport import _RunSetting

__all__ = ["LONGEST_WORD", "first_rates", "machine_words", "senders"]

LONGEST_WORD = 1000
"""Characters of JSON in a command line; what is longer is in a file beside the logs."""


def machine_words(setting: "_RunSetting", machine: int, addresses: Sequence[str], **more: Any) -> list[str]:
    """Return the words of a machine's command but for those that name it.

    Parameters
    ----------
    setting : dict
        What `run_setting` returns, every machine told its peers.
    machine : int
        Which machine, counted from 0.
    addresses : sequence of str
        Where its peers are, in their order, each ``host:port``.
    **more
        What else it is told, by the names of the setting; None for what it is not.
    """
    peers, rates = setting["topology"][machine], setting["rates"]
    assert not isinstance(peers, str), "every machine is told its peers"
    same: dict[str, Any] = {
        name: value for name, value in setting.items() if "machine" in SETTING[name].options
    }
    own = {
        "machine_id": machine + 1,
        "peer_addresses": ",".join(addresses),
        "clock_rate": None if rates is None else rate_word(rates[machine]),
        "ticks": ticks_word(setting["ticks"]),
        "peer_weights": _peer_weights(setting["weights"].get(machine + 1), peers),
        # The run was looked at as a whole.
        "limits": False,
        **{name: _of(same[name], machine) for name in BEHAVIOR},
    }
    return command_line("machine", {**same, **own, **more})


def senders(peers: Sequence[Sequence[int]]) -> list[list[int]]:
    """For each machine, the ids of those that send to it."""
    found: list[list[int]] = [[] for _ in peers]
    for machine, row in enumerate(peers, 1):
        for peer in row:
            found[peer].append(machine)
    return found


def first_rates(setting: "_RunSetting") -> list[float] | None:
    """Return the rate of each machine, of those that change the first; None if they are drawn."""
    rates = setting["rates"]
    if rates is None:
        return None
    return [float(rate[0][1] if isinstance(rate, Sequence) else rate) for rate in rates]


def _of(value: Any, machine: int) -> Any:
    """Return the value of a machine, of which there may be one for all."""
    return value[machine] if isinstance(value, Sequence) else value


def _peer_weights(weights: Mapping[int, int] | None, peers: Sequence[int]) -> str | None:
    """Return the weights of a machine's peers, in their order, as its command line has them."""
    return None if weights is None else ",".join(str(weights.get(peer + 1, 1)) for peer in peers)
