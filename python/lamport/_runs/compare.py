"""Runs side by side."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from lamport._model.public import public
from lamport._model.setting import NUMBERS
from lamport._runs.run import Run

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["compare"]

PARAMETERS = ("seed", *NUMBERS)


@public
def compare(runs: Mapping[str, Run | Sequence[Run]]) -> "pd.DataFrame":
    """Put the machines of several runs into one tidy table.

    Parameters
    ----------
    runs : mapping of str to Run, or to a sequence of runs
        The runs by label; a sequence holds repetitions of one setting.

    Returns
    -------
    DataFrame
        One row per machine and run: ``label``, ``run`` (from 0 within a label), what the run was made
        with (``seed``, ``machines`` and every other parameter that is one number, from ``duration``
        on; missing where unknown), ``machine_id``, the columns of
        `Run.machines`, and the run's ``drift``.

    Raises
    ------
    ValueError
        There is nothing to compare.

    Examples
    --------
    >>> import lamport
    >>> one = lamport.from_events({"machine_id": [1], "event": ["INTERNAL"], "new_clock": [1]})
    >>> lamport.compare({"a": one, "b": one})[["label", "machine_id", "final_clock"]]
      label  machine_id  final_clock
    0     a           1            1
    1     b           1            1
    """
    import pandas as pd

    if not runs:
        raise ValueError("there are no runs to compare: give a mapping {label: run, ...}")
    tables = []
    for label, entry in runs.items():
        for number, run in enumerate([entry] if isinstance(entry, Run) else entry):
            table = run._machines.reset_index()
            known = {name: run.parameters.get(name) for name in PARAMETERS}
            facts = {"label": label, "run": number, "machines": len(table), **known}
            for position, (name, value) in enumerate(facts.items()):
                table.insert(position, name, value)
            table["drift"] = run.drift
            tables.append(table)
    return pd.concat(tables, ignore_index=True)
