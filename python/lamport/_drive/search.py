"""Simulate run after run until one breaks what is to be true of all."""

from collections.abc import Callable, Iterable
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import TYPE_CHECKING, Any, SupportsIndex, cast

from lamport._drive.algorithm import OWN
from lamport._drive.counterexample import Counterexample
from lamport._drive.progress import Count
from lamport._lamport import LamportError
from lamport._model.check import whole
from lamport._model.fault import Fault, as_faults
from lamport._model.public import public
from lamport._model.setting import MODEL, of_function

if TYPE_CHECKING:
    from lamport._drive.trial import Found, Trial
    from lamport._runs.run import Run

__all__ = ["search"]

BATCH = 1000
"""Runs whose seeds are made at once."""


@public
def search(
    property: "Callable[[Run], object] | None" = None,  # noqa: A002
    *,
    invariant: Callable[[dict[int, dict[str, Any]]], object] | None = None,
    runs: SupportsIndex = 1000,
    seed: SupportsIndex = 0,
    faults: Iterable[Fault] | Callable[[int], Iterable[Fault]] | None = None,
    executor: Executor | None = None,
    progress: bool | Callable[[int], object] | None = None,
    **parameters: Any,
) -> Counterexample | None:
    """Look for a run that breaks a property: simulate one after the other, each with faults of its own.

    The first that is broken, in the order of the runs, is returned, wherever they were run. A handler of an
    algorithm that raises an exception breaks its run too.

    Parameters
    ----------
    property : callable, optional
        What is to be true of every run: it gets the `Run`, recorded, and returns True (or None), or False or
        a text that says what is wrong, or such a text and the event where it shows: ``(text, (machine,
        clock))``. Looking at a run takes longer than to simulate it: ask for few tables.
    invariant : callable, optional
        What is to be true at all times, of the states that handlers of an algorithm declare (``me.state``):
        it is called after each step that declares one, with a mapping of the ids of machines to their values,
        which it must not change, and returns the same as `property`. A run ends where it does not hold.
    runs : int
        How many runs to make at most.
    seed : int
        What the seeds of the runs are made from, as for `sweep`: run k of both is the same.
    faults : iterable of faults, or callable, optional
        What goes wrong in every run, ``()`` for nothing; or a function that gets the seed of a run and
        returns that. If None, `random_faults` of all kinds: one in ten seconds, six in a shorter run.
    executor : concurrent.futures.Executor, optional
        Where to run: a ``ProcessPoolExecutor``, a ``Client`` of Dask, ... If None: here, in this thread.
    progress : bool or callable, optional
        A progress bar; None: in a terminal or a notebook, if it takes long enough to be seen. A callable gets
        the number of finished runs.
    **parameters
        Parameters of `simulate`: ``machines``, ``duration``, ``algorithm``, ``arguments``, ...

    Returns
    -------
    Counterexample or None
        The first broken run; None if all of them were as they should be.

    Raises
    ------
    ValueError
        A parameter is unknown or outside what the model allows, there is nothing to look for, or something
        does not pickle that is to go to the processes of `executor`.
    TypeError
        An algorithm is none, or `property` or `invariant` cannot be called.
    LamportError
        A function failed, or returned something else, in a run: the message names the run and its seed. What
        was found is another run when it is made again. Or the executor failed.
    KeyboardInterrupt
        Ctrl-C: runs that were not looked at may be broken.

    See Also
    --------
    Counterexample.shrink : Find how little of it is enough.

    Examples
    --------
    Clocks are never as far apart as five, unless a machine stands still:

    >>> import lamport
    >>> def is_close(run):
    ...     return run.drift <= 5 or f"clocks are {run.drift} apart at the end"
    >>> faults = [lamport.Crash(2, at=3), lamport.Pause(1, at=6, duration=1)]
    >>> lamport.search(is_close, faults=(), runs=50, duration=10, rates=[9, 9, 9]) is None
    True
    >>> found = lamport.search(is_close, faults=faults, duration=10, rates=[9, 9, 9])
    >>> found.shrink().faults
    (Crash(machine_id=2, at=3.0, down_for=None),)
    """
    if callable(get := getattr(executor, "get_executor", None)):
        with get() as own:
            return search(
                property,
                invariant=invariant,
                runs=runs,
                seed=seed,
                faults=faults,
                executor=own,
                progress=progress,
                **parameters,
            )
    from lamport._drive.trial import Trial
    from lamport._model.run_setting import make_seed

    if executor is not None and not callable(getattr(executor, "submit", None)):
        raise ValueError(f"executor={executor!r} is not an Executor: it has no method submit")
    _check_functions(property, invariant)
    if (most := whole("runs", runs)) < 1:
        raise ValueError(f"runs={runs!r}: give a whole number, 1 or more")
    base = make_seed(whole("seed", seed))
    schedule = faults if faults is None or callable(faults) else as_faults(faults)
    given = _given(parameters, () if schedule is None or callable(schedule) else schedule)
    trial = Trial.of(given, property, invariant)
    if trial.plan is None and invariant is not None:
        raise ValueError(
            "invariant= is asked about the states that handlers of an algorithm declare: give algorithm=, or "
            "a property= of whole runs"
        )
    if property is None and invariant is None and trial.plan is None:
        raise ValueError("there is nothing to look for: give property=, a function of a Run")
    with Count(progress, most, "search", "runs") as tell:
        if executor is None:
            found = _here(trial, schedule, base, most, tell)
        else:
            found = _on_executor(trial, schedule, base, most, executor, tell)
        tell.end(done=found is None)
    if found is None:
        return None
    number, of_run, drawn, broken = found
    if not trial.is_repeatable(of_run, drawn):
        from lamport._model.algorithm import REMEDY

        raise LamportError(
            f"run {number} with seed {of_run} is broken ({broken.message}), and made again it is another "
            f"run: the algorithm is not deterministic. {REMEDY}"
        )
    return Counterexample._of(given, trial, of_run, drawn, broken, number=number)


def _here(trial: "Trial", faults: Any, base: int, runs: int, tell: Count) -> "Found | None":
    from lamport._drive.measure import Unmeasured
    from lamport._drive.seeds import seeds
    from lamport._drive.trial import search_through

    for first in range(0, runs, BATCH):
        numbered = list(seeds(base, first, min(BATCH, runs - first)))
        try:
            found = search_through(trial, faults, numbered, tell)
        except Unmeasured as error:
            raise _failed(error) from error.__cause__
        if found is not None:
            return found
    return None


def _on_executor(  # noqa: PLR0917
    trial: "Trial", faults: Any, base: int, runs: int, executor: Executor, tell: Count
) -> "Found | None":
    """Look through chunks of runs, and take the first of them in order that finds something."""
    from lamport._drive.by_value import ByValue, check_pickles
    from lamport._drive.chunks import split
    from lamport._drive.measure import Unmeasured

    if isinstance(executor, ProcessPoolExecutor):
        things = {"property": trial.property, "invariant": trial.invariant, "faults": faults}
        check_pickles({**things, "algorithm": trial.plan}, "search")
    futures: list[Any] = []
    work = ByValue((trial, faults))
    try:
        for chunk in split([trial.setting], runs, is_looked_at=True):
            future = executor.submit(_chunk, work, base, chunk.first_run, chunk.runs)
            futures.append(future)
        done = 0
        for future in futures:
            number, found = cast("tuple[int, Found | None]", future.result())
            if found is not None:
                return found
            done += number
            tell(done)
    except Unmeasured as error:
        raise _failed(error) from error
    except Exception as error:  # an executor may raise anything
        raise LamportError(
            f"the executor failed: {type(error).__name__}: {error}; modules that it needs must be importable "
            "where it runs"
        ) from error
    finally:
        for future in futures:
            future.cancel()
    return None


def _chunk(work: Any, base: int, first: int, runs: int) -> "tuple[int, Found | None]":
    """Look through consecutive runs: what an executor gets."""
    from lamport._drive.by_value import ByValue
    from lamport._drive.seeds import seeds
    from lamport._drive.trial import search_through

    trial, faults = ByValue.of(work)
    return runs, search_through(trial, faults, list(seeds(base, first, runs)))


def _failed(error: Any) -> LamportError:
    return LamportError(f"run {error.run} with seed {error.seed}: {error.why}")


def _check_functions(property: Any, invariant: Any) -> None:  # noqa: A002
    for name, each in (("property", property), ("invariant", invariant)):
        if each is not None and not callable(each):
            shown = repr(each) if len(repr(each)) <= 60 else f"a {type(each).__name__}"
            raise TypeError(f"{name}={shown} cannot be called: give a function, not what it returns")


def _given(parameters: dict[str, Any], faults: Iterable[Fault]) -> dict[str, Any]:
    """Return all parameters of a simulation, each of which can be read again and again."""
    from lamport._drive.grid import Settled

    every = of_function("simulate")
    known = [name for name in (*MODEL, *OWN) if name != "faults"]
    for name in parameters:
        if name not in known:
            raise ValueError(
                f"{name!r} is not a parameter of the runs of a search: they are {', '.join(known)}"
            )
    given = {name: every[name].of["simulate"] for name in known} | parameters
    given["inputs"] = list(given["inputs"])
    settled = Settled()({name: given[name] for name in MODEL if name != "faults"})
    return {**given, **settled, "faults": tuple(faults)}
