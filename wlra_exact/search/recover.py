"""Factors found entry by entry, each by a binary search whose decisions are certified (Lemma 4.1, part 2; Thm 7.1).

The paper looks at the set S = {cost <= Lambda} and at one entry of the factors after another: which half of the entry's
range does S meet? The entry is localised by bisection, then fixed, and joins the definition of S for the next entry.

A chart makes the entries of the row factor meaningful, and ``search.entries`` says how one entry is decided about.

*V.* For fixed U the cost splits into the columns, each a quadratic form in its column of V: the set of V with cost at
most Lambda is an ellipsoid, and its centre, the least-squares solution, is rational. No search is needed.

*Lambda* grows from entry to entry by equal shares, up to (1 + gap) upper, so that fixing one entry leaves room for the
next. All this happens on the leaves of the reductions; the factors are lifted to the whole table in the end.

Guarantee: the cost of the recovered factors is computed exactly; every decision is a step of the certificate, a witness
or a bound on a box.
"""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, replace

from flint import fmpq, fmpq_mat
from threadpoolctl import threadpool_limits

from wlra_exact.algebra.exact import canonical
from wlra_exact.certificate import Certificate, Json
from wlra_exact.errors import InternalError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import lift_tree
from wlra_exact.search.assemble import Ledger
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.entries import Entry, LeafEntries
from wlra_exact.search.parameters import provenance_of, relative_gap, seconds_of
from wlra_exact.search.progress import Budget, Event, Listener, silent
from wlra_exact.search.run import Search

__all__ = ["Recovery", "recover"]


@dataclass(frozen=True, eq=False)
class Recovery:
    """Recovered factors.

    Attributes:
        instance: the problem.
        U: (m, k).
        V: (k, n).
        cost: of U V, exactly.
        upper: the cost of the incumbent that the search started from.
        reached: whether cost <= (1 + gap) upper; or, where opt = 0, cost <= gap ||W o A||^2.
        entries: of the row factors of all leaves, in the order of the search.
        certificate: proves lower <= opt <= cost, and holds the step of every decision.
        seconds: wall-clock time.
    """

    instance: Instance
    U: fmpq_mat
    V: fmpq_mat
    cost: fmpq
    upper: fmpq
    reached: bool
    entries: tuple[Entry, ...]
    certificate: Certificate
    seconds: fmpq


def recover(
    instance: Instance,
    *,
    gap: object = "1e-6",
    time_limit: object = None,
    seed: int = 0,
    executor: Executor | None = None,
    workers: int = 1,
    shared_clock: bool = True,
    progress: Listener = silent,
    provenance: Mapping[str, Json] | None = None,
) -> Recovery:
    """Recover factors entry by entry.

    Args:
        instance: small: every decision is a branch and bound in k (m - k) coordinates after the reductions.
        gap: relative; the factors cost at most (1 + gap) times the incumbent, and the bracket is closed to it first.
        time_limit: seconds, or None; without time the remaining decisions are answered by the incumbent.
        seed: of the random starts of the descent.
        executor: where branch-and-bound nodes run; in this process by default.
        workers: how many nodes to keep in flight there.
        shared_clock: False where the executor works on other machines: their nodes then have no deadline.
        progress: called after every decision.
        provenance: entries to add to the certificate's field of that name.

    Raises:
        InputError: for a gap outside (0, 1), a time limit that is not positive, or numbers that no search takes.
        UnsupportedError: when an incumbent's row factor has rank below k, and so no chart.

    >>> from wlra_exact.algebra.exact import matrix
    >>> found = recover(Instance(matrix([[2, 1], [1, 3]]), matrix([[1, 2], [3, 1]]), 1), gap="1e-4")
    >>> found.cost <= found.upper * (1 + fmpq(1, 10**4)), found.reached
    (True, True)
    """
    wanted, budget = relative_gap(gap), Budget.of(seconds_of(time_limit))
    search = Search(instance, wanted, "auto", seed, budget, progress)
    search.run(1, None, None)
    ledger = Ledger(search.root)
    lower_step, lower = ledger.lower(search.proofs())
    entries: list[Entry] = []
    factors: list[tuple[fmpq_mat, fmpq_mat]] = []
    budget = replace(budget, shared_clock=shared_clock)
    with threadpool_limits(1):
        for index, (leaf, witness) in enumerate(zip(search.leaves, search.witnesses, strict=True)):
            state = LeafEntries(ledger, index, leaf, witness, wanted, budget, executor or InlineExecutor(), workers)
            while not state.done:
                entries.append(state.next_entry())
                told = f"entry {len(entries)} of leaf {index + 1}"
                progress(Event(told, lower, search.upper, state.nodes, budget.elapsed))
            factors.append(state.factors())
    U, V = _lifted(search, factors, wanted)
    upper_step, cost = ledger.upper(U, V)
    if cost < lower:
        raise InternalError(f"the certified lower bound {lower} exceeds the recovered factors' cost {cost}")
    details = provenance_of({"gap": canonical(wanted), "seed": seed}, provenance)
    details |= {
        "seconds": canonical(budget.elapsed),
        "recovery": {"incumbent": canonical(search.upper), "entries": [_told(entry) for entry in entries]},
    }
    certificate = ledger.certificate(lower, cost, (lower_step, upper_step), details)
    reached = bool(cost <= (1 + wanted) * search.upper or cost <= wanted * search.norm)
    return Recovery(instance, U, V, cost, search.upper, reached, tuple(entries), certificate, budget.elapsed)


def _lifted(search: Search, factors: list[tuple[fmpq_mat, fmpq_mat]], gap: fmpq) -> tuple[fmpq_mat, fmpq_mat]:
    """The factors of the whole table; lifting may use what the leaves left of the gap."""
    costs = (leaf.cost(U, V) for leaf, (U, V) in zip(search.leaves, factors, strict=True))
    total = sum(costs, fmpq(0))
    room = (1 + gap) * search.upper - total
    scale = search.upper if search.upper != 0 else search.norm
    delta = room if room > 0 else (gap * scale / 2**20 if scale != 0 else None)
    return lift_tree(search.root, factors, delta, 60 if search.upper != 0 else None).factors


def _told(entry: Entry) -> Json:
    return {
        "leaf": entry.leaf,
        "row": entry.row,
        "column": entry.column,
        "value": canonical(entry.value),
        "decisions": [[decided.kind, decided.step] for decided in entry.decisions],
    }
