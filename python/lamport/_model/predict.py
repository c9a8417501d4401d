"""What theory expects of machines, without a run."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lamport._model.public import public
from lamport._model.setting import BEHAVIOR, MODEL
from lamport._model.ticks import rate_list
from lamport._model.topology import resolve

if TYPE_CHECKING:
    import pandas as pd

    from lamport._model.ticks import Steps

__all__ = ["predict"]


@public
def predict(
    rates: "Sequence[float | Steps]",
    *,
    topology: object = "full",
    internal_probability: float | Sequence[float] = 0.7,
    broadcast_share: float | Sequence[float] = 1 / 3,
    weights: Mapping[int, Mapping[int, int]] | None = None,
) -> "pd.DataFrame":
    """Predict load, queue growth and clock growth of machines with these rates.

    Parameters
    ----------
    rates : sequence of float or Steps
        Ticks per second, one per machine. How they lie in time (``ticks``) changes nothing of what is
        predicted; where some change (`Steps`), there is no long run, and all is NaN.
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
        (arrivals per tick; above 1 the queue grows), ``queue_growth`` (messages per s) and
        ``clock_growth`` (clock per s). NaN where theory does not give one value: where machines do not all
        draw alike, that is where the iteration of its equations does not converge.

    Raises
    ------
    ValueError
        A rate, a probability or the topology is outside what the model allows.

    Examples
    --------
    >>> import lamport
    >>> table = lamport.predict([1, 3, 6])
    >>> table["queue_growth"].round(3).tolist()
    [0.5, 0.0, 0.0]
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
    columns = _lamport.predict(firsts, topology=shape, behavior=behavior)
    if changing:
        columns = {name: np.full(machines, np.nan) for name in columns}
    return pd.DataFrame(columns, index=pd.RangeIndex(1, machines + 1, name="machine_id"))
