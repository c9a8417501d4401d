"""What theory expects of machines, without a run."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, SupportsFloat, SupportsIndex

from lamport._model.public import public
from lamport._model.setting import BEHAVIOR, MODEL
from lamport._model.ticks import rate_list
from lamport._model.topology import resolve

if TYPE_CHECKING:
    import networkx as nx
    import pandas as pd

    from lamport._model.ticks import Steps

__all__ = ["predict"]


@public
def predict(
    rates: "Iterable[SupportsFloat | Steps]",
    *,
    topology: "str | Mapping[int, Iterable[int]] | nx.Graph[Any]" = "full",
    internal_probability: SupportsFloat | Iterable[SupportsFloat] = 0.7,
    broadcast_share: SupportsFloat | Iterable[SupportsFloat] = 1 / 3,
    weights: Mapping[int, Mapping[int, SupportsIndex]] | None = None,
) -> "pd.DataFrame":
    """Predict load, queue growth, clock growth and drift of machines with these rates.

    Parameters
    ----------
    rates : sequence of float or Steps
        Ticks per second, one per machine. How they lie in time (``ticks``) changes nothing of queues; what is
        said of clocks is of machines that tick evenly. Where some rates change (`Steps`), there is no long
        run, and all is NaN but the rates of the other machines.
    topology : str, mapping or graph
        Who sends to whom, as for `run_local`.
    internal_probability : float or sequence of float
        The probability that an idle tick is an internal event; one for all, or one per machine.
    broadcast_share : float or sequence of float
        The share of the sends of an idle tick that go to every peer; one for all, or one per machine.
    weights : mapping, optional
        How often a send to one peer goes to which, as for `run_local`.

    Returns
    -------
    DataFrame
        One row per machine, indexed by ``machine_id``: ``clock_rate`` (ticks per s), ``idle_rate``
        (ticks per s that find the queue empty), ``arrival_rate`` (messages per s), ``load``
        (arrivals per tick; above 1 the queue grows), ``queue_growth`` (messages per s), ``clock_growth``
        (clock per s: a fitted value), ``clock_growth_low`` and ``clock_growth_high`` (what is proved: it lies
        between them, both included) and ``mean_jump`` (of the clock per tick); all float64.

        All but ``clock_rate`` are NaN where the idle rates are not known to be unique. ``clock_growth`` and
        ``mean_jump`` are NaN too where the load is within 0.1 of 1, and where the growth depends on how
        phases lie to each other: where of machines that all hear of each other two are the fastest.

        ``attrs`` has what is said of all machines: ``fixed_point``, how many idle rates fulfil the
        equations: ``"unique"``, ``"several"``, ``"continuum"`` (infinitely many) or ``"not decided"``;
        ``solutions``, these, as tuples of floats, one per machine (of a continuum its corners: all others
        lie between them); ``is_continuum`` (bool; None if it is not decided); ``drift_growth``, the largest
        clock growth less the smallest (clock per s; NaN if that is not known).

    Raises
    ------
    ValueError
        A rate, a probability or the topology is outside what the model allows.

    Notes
    -----
    Idle rates u solve ``u = max(0, r - A u)``, with A the probabilities that an idle tick sends to a given
    machine. Between machines that are all connected they have a closed form. Elsewhere bounds are brought
    closer; what they leave open is solved where one step brings any two guesses closer, and else tried, up to
    20 machines and 1,000 solutions, in a few seconds at the most. ``clock_growth`` is for messages that take
    little of a period. What is proved and what is fitted is written in ``docs/explanation/theory.md``.

    Examples
    --------
    >>> import lamport
    >>> table = lamport.predict([1, 3, 6])
    >>> table["queue_growth"].round(3).tolist()
    [0.5, 0.0, 0.0]
    >>> table.attrs["fixed_point"], round(table.attrs["drift_growth"], 1)
    ('unique', 2.0)

    Two that send all to each other share what they have in any way:

    >>> attrs = lamport.predict([3, 3], internal_probability=0).attrs
    >>> attrs["is_continuum"], attrs["solutions"]
    (True, ((3.0, 0.0), (0.0, 3.0)))
    """
    given = dict(locals())
    import numpy as np
    import pandas as pd

    from lamport import _lamport

    known = rate_list("rates", rates)
    behavior = {name: MODEL[name].check(name, given[name]) for name in (*BEHAVIOR, "weights")}
    machines, shape = resolve(None, known, topology, behavior)
    changing = any(isinstance(rate, list) for rate in known)
    firsts = [rate[0][1] if isinstance(rate, list) else rate for rate in known]
    columns, attrs = _lamport.predict(firsts, topology=shape, behavior=behavior)
    columns["mean_jump"] = columns["clock_growth"] / columns["clock_rate"]
    if changing:
        columns = {name: np.full(machines, np.nan) for name in columns}
        columns["clock_rate"] = np.array([np.nan if isinstance(rate, list) else rate for rate in known])
        attrs = {"fixed_point": "not decided", "solutions": (), "is_continuum": None, "drift_growth": np.nan}
    table = pd.DataFrame(columns, index=pd.RangeIndex(1, machines + 1, name="machine_id"))
    table.attrs.update(attrs)
    return table
