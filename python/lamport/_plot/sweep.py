"""Sweeps as figures: means with their confidence bands."""

from typing import TYPE_CHECKING, Any, Literal, SupportsFloat

import pandas as pd

from lamport._model.public import public
from lamport._model.setting import MODEL, NUMBERS
from lamport._plot.axes import as_axes
from lamport._plot.legend import put_legend
from lamport._plot.look import Style, look_of
from lamport._runs.frame import Table, as_frame
from lamport._runs.summarize import METRICS, Statistic, summarize

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["plot_sweep"]

UNITS = {
    **{name: MODEL[name].axis for name in ("machines", *NUMBERS, "latency")},
    "drift": "drift (clock values)",
    "mean_drift": "mean drift over time (clock values)",
    "max_drift": "largest drift (clock values)",
    "mean_wait": "mean wait in the queue (s)",
    "mean_queue_len": "messages in queues, on average over time",
    "mean_jump": "mean jump of the clock (per event)",
    "max_jump": "largest jump of the clock",
    "max_queue_len": "longest queue after a RECEIVE or at the end (messages)",
    "final_queue_len": "messages left in queues",
    "queue_growth": "fastest queue growth (messages/s)",
    "slowest_queue_growth": "queue growth of the slowest machine (messages/s)",
    "final_clock": "largest final clock",
}
BAND = 0.2
APART = 0.4
"""How far the values of hue lie apart at a label, whose next one is 1 away."""
MOST_LETTERS = 60
"""Labels of more letters than these are turned: side by side they would run into each other."""


@public
def plot_sweep(
    frame: Table,
    x: str,
    y: str,
    hue: str | None = None,
    ax: "Axes | None" = None,
    *,
    statistic: Statistic = "mean",
    confidence: SupportsFloat = 0.95,
    interval: Literal["student", "bootstrap"] | None = None,
) -> "Axes":
    """Draw a metric of a sweep against a parameter: means or quantiles, with bands of confidence.

    Parameters
    ----------
    frame : DataFrame
        What `sweep` returns.
    x : str
        The column along the axis; labels are drawn as points at equal distances.
    y : str
        A metric of `summarize`, ``"drift"`` for example, or what was measured.
    hue : str, optional
        A column that gives each of its values a line of its own.
    ax : Axes, optional
        Where to draw; a new figure if None.
    statistic, confidence, interval : optional
        What to draw, and its bands, as for `summarize`.

    Returns
    -------
    Axes
        Where it was drawn. Nothing is shown.

    Raises
    ------
    ValueError
        A column is missing, `y` is not a metric, or `summarize` refuses an argument.

    Notes
    -----
    Parameters of the grid other than `x` and `hue` are averaged over, as `summarize` does it. Bands end where
    the metric does, at 0 say; `summarize` says how often they hold what they are of. Where there is no end,
    no band is drawn.

    Examples
    --------
    >>> import lamport
    >>> frame = lamport.sweep({"max_rate": [2, 6], "internal_probability": [0.3, 0.7]}, runs=10)
    >>> ax = lamport.plot_sweep(frame, "internal_probability", "drift", hue="max_rate")
    >>> ax.get_ylabel()
    'drift (clock values)'
    """
    _check_name("x", x)
    _check_name("y", y)
    _check_name("hue", hue or "")
    frame = as_frame(frame, "a sweep")
    if x == hue:
        raise ValueError(f"x and hue are both {x!r}: give two columns, or no hue")
    if x == y:
        raise ValueError(f"x and y are both {x!r}")
    by = [x] if hue is None else [hue, x]
    table = summarize(frame, by, statistic=statistic, confidence=confidence, interval=interval)
    known = [name for name in dict.fromkeys(table.columns.get_level_values(0)) if name != "runs"]
    if y not in known:
        if y in METRICS:
            raise ValueError(f"the table has no column {y}")
        raise ValueError(f"y={y!r} is not a metric of a sweep: they are {', '.join(known)}")
    said = statistic if isinstance(statistic, str) else "quantile"
    values = pd.DataFrame(table[y]).rename(columns={said: "middle"}).reset_index()
    axes = as_axes("ax", ax) if ax is not None else _axes()
    labels = None if pd.api.types.is_numeric_dtype(values[x]) else list(dict.fromkeys(values[x]))
    groups = [(None, values)] if hue is None else list(values.groupby(hue, observed=True, sort=True))
    is_ordered = hue is not None and pd.api.types.is_numeric_dtype(values[hue]) and len(groups) > 2
    look = look_of(axes)
    styles = look.ordered(len(groups)) if is_ordered else look.styles(len(groups))
    for number, ((name, group), style) in enumerate(zip(groups, styles, strict=True)):
        label = None if name is None else f"{name:g}" if isinstance(name, float) else str(name)
        shift = APART * ((number + 0.5) / len(groups) - 0.5)
        _draw(axes, group, x, labels, shift=shift, style=style, label=label)
    _dress(axes, x, y, labels)
    if said != "mean":
        what = said if said == "median" else f"{statistic:g} quantile"
        axes.set_ylabel(f"{axes.get_ylabel()}, {what}")
    if hue is not None:
        title = UNITS.get(hue, hue.replace("_", " "))
        put_legend(axes, axes.get_legend_handles_labels()[0], title=title, title_fontsize="small")
    return axes


def _check_name(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise ValueError(f"{name}={value!r} is not the name of a column")


def _axes() -> "Axes":
    import matplotlib.pyplot as plt

    _, axes = plt.subplots(figsize=(8.0, 4.5), layout="constrained")
    return axes


def _draw(
    axes: "Axes",
    group: pd.DataFrame,
    x: str,
    labels: list[Any] | None,
    *,
    shift: float,
    style: Style,
    label: str | None,
) -> None:
    """Draw a line with its band; at labels, points side by side by `shift` with their intervals."""
    mark: dict[str, Any] = {"color": style.color, "marker": style.marker, "label": label}
    if labels is None:
        line: dict[str, Any] = {"linestyle": style.dashes, "markersize": 4, "linewidth": 1.6, **mark}
        axes.plot(group[x], group["middle"], **line)
        axes.fill_between(group[x], group["low"], group["high"], color=style.color, alpha=BAND, linewidth=0)
        return
    places = [labels.index(value) + shift for value in group[x]]
    ends = [group["middle"] - group["low"], group["high"] - group["middle"]]
    reach = [end.clip(lower=0.0) for end in ends]
    axes.errorbar(places, group["middle"], yerr=reach, linestyle="", capsize=4, **mark)


def _dress(axes: "Axes", x: str, y: str, labels: list[Any] | None) -> None:
    axes.set_xlabel(UNITS.get(x, x.replace("_", " ")))
    axes.set_ylabel(UNITS.get(y, y.replace("_", " ")))
    if labels is not None:
        names = [str(label) for label in labels]
        axes.set_xticks(range(len(labels)), names)
        if sum(map(len, names)) > MOST_LETTERS:
            for tick in axes.get_xticklabels():
                tick.set(rotation=25, ha="right", rotation_mode="anchor")
        axes.margins(x=0.1)
    axes.grid(visible=True, color=look_of(axes).grey(0.9), linewidth=0.8)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
