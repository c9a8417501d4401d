"""A run under other clocks."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal, SupportsFloat, SupportsIndex, Unpack

from lamport._runs.recorded import Recorded

if TYPE_CHECKING:
    import pandas as pd

    from lamport._model.physical import Physical
    from lamport._runs.stamps import Clocked, StampOptions

__all__ = ["Stamped"]


class Stamped(Recorded):
    """The part of `Run` that asks what other clocks would have said."""

    def stamps(
        self,
        kind: Literal[
            "lamport",
            "vector",
            "vector_diff",
            "matrix",
            "direct",
            "hlc",
            "physical",
            "plausible",
            "bloom",
            "itc",
        ],
        start: SupportsFloat | None = None,
        stop: SupportsFloat | None = None,
        **options: "Unpack[StampOptions]",
    ) -> "pd.DataFrame":
        """Return what another clock would have said: its stamp of each event.

        The clock is told again from what happened before what, whatever the run's own clocks are. Of logs
        that leave something open it is told from what is certain: a receipt whose send is not known, or that
        was delivered by hand, is an event like any other and brings no news.

        Parameters
        ----------
        kind : str
            The clock, and its columns (numbers are int64; machines are by id):

            ``lamport`` : column ``lamport``, one more than the larger of what was there and what came [1]_.

            ``vector`` : a column for each machine: how many of its events an event knows of, itself
            included [2]_.

            ``vector_diff`` : column ``sent``: of an event that sends, ``{recipient: {machine: events}}``,
            the entries of its vector that have changed since its last message to that recipient; None of
            other events. Who raises entries so, message by message, has the vector clocks [3]_: if no
            message of a channel is missing, for the next ones do not say again what it said.

            ``matrix`` : a column for each pair (``knows``, ``machine_id``): the vector clock that a machine
            is known to have had. The least of ``table.T.groupby("machine_id").min().T`` is how many events
            of a machine all are known to know of [4]_.

            ``direct`` : a column for each machine: the number of its latest event whose message came
            straight here; of the own machine, the event's number. A message carries one number [5]_.

            ``hlc`` : columns ``l`` (ns), the largest physical time that an event knows of, and ``c``, which
            orders events that know of the same: 0 at the first of them. A machine knows of no time before
            its first event [6]_.

            ``physical`` : column ``physical`` (ns), what the clock of the machine's host showed.

            ``plausible`` : a column for each of ``entries``: a vector in whose entry i modulo ``entries``
            the machine at place i (of all, by id) counts [7]_.

            ``bloom`` : a column for each of ``size`` cells: each event raises ``hashes`` of them, as its
            machine and number tell; a message raises each to the larger [8]_.

            ``itc`` : columns ``id`` and ``event`` (texts), an interval tree clock as its authors write
            it; the seed is forked into halves until each machine has an interval [9]_.
        start, stop : float, optional
            Only rows with ``start <= time < stop``, in seconds from the beginning of ticking. The stamps are
            those of the whole run.
        **options : optional
            What the clock is told, and no other:

            ``physical`` (`Physical`, or mapping of machines to such), of ``hlc`` and ``physical``: how the
            clocks of hosts go, by true time, which is ``time`` of `events`; a mapping has a clock for each
            machine, ``None: ...`` for all others. Without it they are right in virtual time, and else show
            ``system_time``, as logged (whole µs). Of logs that may be of several hosts (all but what
            `run_local` and `simulate` made) it is refused: their clocks are in their times already.

            ``seed`` (int, default 0), of ``hlc`` and ``physical``: the seed of what `Physical` draws.

            ``on_top`` (bool, default False), of ``hlc`` and ``physical``: have clocks go wrong on top of
            those of several hosts.

            ``entries`` (int, default 8), of ``plausible``.

            ``size`` (int, default 32), of ``bloom``: these, or entries, by the number of machines are at
            most 10^8.

            ``hashes`` (int, default 3), of ``bloom``.

        Returns
        -------
        DataFrame
            One row per event, with the index that it has in `events`. It is made anew at each call, in
            memory that is the table's, 4 bytes an event, and a stamp for each machine and each message
            under way; of `physical` up to 50 bytes for each time that the clock of one machine is set.

        Raises
        ------
        ValueError
            There is no such clock or option, one is out of range, `start` is not below `stop`, there are no
            times, or the stamps have more than 10^8 numbers (of ``vector_diff`` 10^7): choose fewer events
            with `start` and `stop`. Or clocks are set more than 10^8 times, or cells of ``bloom`` could be
            raised beyond 2^32 - 1.
        LamportError
            What `causality` raises; or, of ``vector_diff``, messages of a channel were received in another
            order than they were sent.

        Notes
        -----
        If a happened before b, stamps of ``hlc`` have ``(l, c)`` of a below that of b, ``l`` is never below
        the physical time, and is that of the event itself or of one before it: always. That ``l`` is at most
        the largest difference of two clocks ahead, and ``c`` at most the number of machines times one
        more than that, holds only where physical clocks never go back and advance between two events of a
        machine.

        References
        ----------
        .. [1] L. Lamport, "Time, Clocks, and the Ordering of Events in a Distributed System", CACM 1978.
        .. [2] F. Mattern, "Virtual Time and Global States of Distributed Systems", 1989; C. Fidge, 1988.
        .. [3] M. Singhal and A. Kshemkalyani, "An efficient implementation of vector clocks", IPL 1992.
        .. [4] G. Wuu and A. Bernstein, "Efficient Solutions to the Replicated Log and Dictionary Problems",
           PODC 1984.
        .. [5] J. Fowler and W. Zwaenepoel, "Causal Distributed Breakpoints", ICDCS 1990.
        .. [6] S. Kulkarni, M. Demirbas, D. Madappa, B. Avva and M. Leone, "Logical Physical Clocks", OPODIS
           2014.
        .. [7] F. Torres-Rojas and M. Ahamad, "Plausible clocks: constant size logical clocks for distributed
           systems", Distributed Computing 1999.
        .. [8] L. Ramabaja, "The Bloom Clock", 2019.
        .. [9] P. Almeida, C. Baquero and V. Fonte, "Interval Tree Clocks: A Logical Clock for Dynamic
           Systems", OPODIS 2008.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.from_events({"machine_id": [1, 2, 1], "event": ["SEND", "RECEIVE", "INTERNAL"],
        ...                            "new_clock": [1, 2, 2], "sender": [None, 1, None],
        ...                            "sent_clock": [None, 1, None]})
        >>> run.stamps("vector")
        machine_id  1  2
        0           1  0
        1           1  1
        2           2  0
        >>> run.stamps("itc")["event"].tolist()
        ['(0, 1, 0)', '1', '(0, 2, 0)']
        """
        from lamport._runs import stamps

        return stamps.stamps(self._clocked, kind, start, stop, dict(options))

    def compare_clocks(
        self,
        kinds: str | Iterable[str] | None = None,
        *,
        samples: SupportsIndex | None = None,
        physical: "Physical | Mapping[int | str | None, Physical] | None" = None,
        seed: SupportsIndex = 0,
        on_top: bool = False,
    ) -> "pd.DataFrame":
        """Compare clocks: what each would have taken in messages, and gets wrong of the order of events.

        Of two events either one happened before the other, or they are concurrent; a clock says of their two
        stamps alone that one is before the other, or not. Each pair of events is counted.

        Parameters
        ----------
        kinds : str or sequence of str, optional
            Clocks of `stamps`, with their numbers in parentheses: ``"plausible(8)"`` has 8 entries,
            ``"bloom(32, 3)"`` 32 cells of which an event raises 3. All ten if None, but without ``physical``
            and ``hlc`` of a table that tells no times, and without clocks of more than 10^9 counters.
        samples : int, optional
            Number of events (2 to 2^20, with replacement) to compare with all others, instead of counting
            all pairs. All are counted of at most 4,096 machines and 2^30 events x machines; above, 1,024
            events are drawn. So are they for ``physical`` alone, if its clocks step back, and so far that it
            would take more than 2^30 steps to count.
        physical : Physical or mapping of machines to such, optional
            The clocks of hosts, as for `stamps`.
        seed : int, default 0
            The seed of what these draw, as for `stamps`, and of the events drawn.
        on_top : bool, default False
            Have the clocks of hosts go wrong on top of those of several hosts, as for `stamps`.

        Returns
        -------
        DataFrame
            One row per clock, in the order of `kinds`, indexed by ``clock``, its name with its numbers:

            ``bytes_mean``, ``bytes_max`` (float64, Int64) : what its stamp takes in a message, one to each
            recipient of a SEND. Each number is written in LEB128, 7 bits a byte, unsigned (a negative time
            as its 64 bits, in 10 bytes), and nothing else; who sends is in every message. ``hlc`` writes l
            (ns) and c; ``direct`` the number of the event; ``vector_diff`` for each entry that has changed
            the place of its machine among all, from 0, and the entry; ``itc`` the nodes of its event tree,
            the root first, each as twice its number, and one more if it has branches.

            ``bytes_packed`` (Int64) : in the form of fixed size that its paper has for it: 8 of ``hlc``, if
            its largest c fits into 16 of the 64 bits. Missing of others.

            ``entries_per_event`` (float64) : the cost in steps. Entries that an event sets (1; 2 of ``hlc``,
            `hashes` of ``bloom``), and that it is handed with the message it receives: those of the stamp,
            each of which is compared. Of a machine without messages it is what an event sets.

            ``kept``, ``false_orders``, ``missed`` (Int64) : pairs of which one happened before the other and
            its stamp is before the other's; concurrent pairs that the stamps put in order; pairs of which one
            happened before the other and its stamp is not before the other's. ``direct`` misses those that
            only follow from the stamps of events between, ``physical`` those whose clocks go wrong or tie.
            Missing of ``vector_diff``, and so are their errors, where a machine received a message without
            an earlier one of the same sender to it: lost, overtaken, or not in the logs. What had changed
            before is never heard of then.

            ``kept_error``, ``false_orders_error``, ``missed_error`` (float64) : the standard error, 0 of
            what is counted.

            ``hlc_ahead``, ``hlc_counter`` (float64, Int64) : of ``hlc``, the largest l - pt (s) and c.

            In `attrs` are ``pairs``, how many there are; ``undecided``, of how many the logs leave it open
            whether one happened before the other: only what is certain counts as happened before, so that
            of the true numbers ``false_orders`` may be fewer, and ``kept`` and ``missed`` more, by as many
            at most; ``messages``, how many were sent, one to each recipient; ``samples``, the number of
            events drawn, or None; and ``left_out``, by clock why it, or what it says of pairs, is not there.

            Above the size at which all pairs are counted, ``bytes_mean`` and ``bytes_max`` of ``vector`` are
            those of the events drawn, and what ``vector_diff``, ``matrix`` and ``itc`` take is missing.

        Raises
        ------
        ValueError
            A clock is not known, or has more than 10^9 counters for all events; an argument is out of range;
            or there are no times for ``physical``.
        LamportError
            What `causality` raises.

        Notes
        -----
        It takes O(machines x events) and memory for one clock at a time: 4 bytes an event and counter, and
        for vectors a row for each machine and each message under way. Along a machine all stamps but those
        of a clock that steps back only grow, so that what is before an event is a first part of each machine,
        and no pair is ever made.

        Examples
        --------
        >>> import lamport
        >>> run = lamport.simulate(machines=3, duration=5.0, seed=1)
        >>> table = run.compare_clocks(["lamport", "vector"])
        >>> table["bytes_max"].to_dict(), table["false_orders"].to_dict()
        ({'lamport': 1, 'vector': 3}, {'lamport': 406, 'vector': 0})
        """
        from lamport._runs.clock_table import clock_table

        return clock_table(self._clocked, kinds, samples=samples, physical=physical, seed=seed, on_top=on_top)

    def _clocked(self) -> "Clocked":
        """Return what clocks are told from."""
        from lamport._runs.stamps import Clocked

        return Clocked(self._logs, self.causality._native, self._events, self.parameters)
