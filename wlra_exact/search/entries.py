"""The entries of one leaf's row factor, localised by bisection and fixed one after another (see ``search.recover``).

*Gauge.* (U, V) and (U C, C^-1 V) have the same product, so the set S = {cost <= Lambda} is unbounded and an entry of U
alone means nothing. A chart removes this freedom: with pivots whose minor of the witness is largest, U is the identity
on the pivots and R in [-1, 1]^d, d = k (m - k), elsewhere. The entries that are searched for are those of R.

*One decision*, about the entry a with range [l, u] and the midpoint c, while the entries before it are fixed:

1. Is there a point of S with R_a = c? A witness answers; then R_a = c is fixed. (A cut through S ends the search of the
   entry: c has as many digits as there were halvings.)
2. Does S miss the half that does not hold the incumbent? A proof that cost > Lambda there answers: rules `columns` and
   `split` on that half. Its fixed entries are boxes of width 2^-_THIN around their values, so what is proved covers
   more than what is asked.
3. Otherwise the incumbent itself proves that S meets its own half, and the search goes on there.

Guarantee: every decision is a step of the certificate, a witness or a bound on a box.
"""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import power_of_two
from wlra_exact.certificate import LowerProof
from wlra_exact.errors import UnsupportedError
from wlra_exact.numeric.chart_descent import propose_on_box
from wlra_exact.numeric.convert import approx_array, approx_number, dyadic_matrix, dyadic_number
from wlra_exact.problem.charts import Box
from wlra_exact.problem.instance import Instance
from wlra_exact.search.assemble import Ledger
from wlra_exact.search.branch import Tree
from wlra_exact.search.progress import Budget
from wlra_exact.search.witness import Witness, fitted

__all__ = ["Decided", "Entry", "LeafEntries", "chart_of"]

#: Fixed entries are boxes of half-width 2^-_THIN.
_THIN = 40

#: Coordinates of proposed points lie on the grid of 2^-_GRID.
_GRID = 52

#: Halvings of one entry, and branch-and-bound nodes of one decision.
_HALVINGS, _NODES = 60, 200


@dataclass(frozen=True)
class Decided:
    """One decision about an entry.

    Attributes:
        kind: "fixed" (a witness at the midpoint), "empty" (the other half is proved empty) or "kept" (the incumbent is
            in its half, and the other was not proved empty).
        step: the step that certifies it.
        lower: the range decided about.
        upper: the range decided about.
    """

    kind: str
    step: str
    lower: fmpq
    upper: fmpq


@dataclass(frozen=True)
class Entry:
    """One entry of the row factor of a leaf.

    Attributes:
        leaf: index of the leaf.
        row: of the leaf's U.
        column: of the leaf's U.
        value: what it was fixed to.
        decisions: in order.
    """

    leaf: int
    row: int
    column: int
    value: fmpq
    decisions: tuple[Decided, ...]


def chart_of(U: fmpq_mat) -> tuple[tuple[int, ...], list[fmpq]]:
    """The k rows with the largest minor, and the coordinates R (row by row) of U's column space in their chart.

    All coordinates lie in [-1, 1], by Cramer's rule.

    Raises:
        UnsupportedError: when U has rank below k.

    >>> chart_of(fmpq_mat([[1], [-2], [1]]))
    ((1,), [-1/2, -1/2])
    """
    m, k = U.nrows(), U.ncols()
    rows = U.tolist()
    minors = {P: abs(fmpq_mat([rows[p] for p in P]).det()) for P in combinations(range(m), k)}
    pivots = max(minors, key=lambda P: minors[P])
    if minors[pivots] == 0:
        raise UnsupportedError("the incumbent has rank below k: its column space lies in no single chart")
    inverse = fmpq_mat([rows[p] for p in pivots]).inv()
    others = [rows[i] for i in range(m) if i not in pivots]
    return pivots, (fmpq_mat(others) * inverse).entries() if others else []


@dataclass
class LeafEntries:
    """The search on one leaf: which entries are fixed, and the incumbent that agrees with them.

    Attributes:
        ledger: where the step of every decision goes.
        index: of the leaf.
        instance: the leaf.
        start: its incumbent at first.
        gap: relative; the factors cost at most (1 + gap) times ``start``.
        budget: once exhausted nothing more is proved empty.
        executor: where branch-and-bound nodes run.
        workers: how many nodes to keep in flight there.
        pivots: the chart.
        R: the coordinates of the incumbent, of which the first ``fixed`` stay as they are.
        incumbent: the witness with these coordinates.
        fixed: how many entries are fixed.
        nodes: branch-and-bound nodes so far.
    """

    ledger: Ledger
    index: int
    instance: Instance
    start: Witness
    gap: fmpq
    budget: Budget
    executor: Executor
    workers: int
    pivots: tuple[int, ...] = field(init=False)
    R: list[fmpq] = field(init=False)
    incumbent: Witness = field(init=False)
    fixed: int = field(init=False, default=0)
    nodes: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        self.pivots, self.R = chart_of(self.start.U)
        self.A, self.omega = approx_array(self.instance.A), approx_array(self.instance.omega)
        self.incumbent = self.witness(self.R)
        self._incumbent_step: str | None = None

    @property
    def room(self) -> fmpq:
        """What the leaf's factors may cost beyond the incumbent; where that is 0, a part of the cost of X = 0."""
        return self.gap * max(self.start.cost, self.gap * self.instance.norm())

    @property
    def done(self) -> bool:
        """Whether all entries are fixed."""
        return self.fixed == len(self.R)

    def limit(self, entry: int) -> fmpq:
        """Lambda for an entry; what is left to (1 + gap) upper after the last is for rounding and lifting."""
        return self.start.cost + self.room * fmpq(entry + 1, len(self.R) + 1)

    def row_factor(self, R: list[fmpq]) -> fmpq_mat:
        """U of the chart coordinates."""
        m, k = self.instance.shape[0], self.instance.k
        rest = iter(R)
        rows = []
        for i in range(m):
            if i in self.pivots:
                rows.append([fmpq(int(i == p)) for p in self.pivots])
            else:
                rows.append([next(rest) for _ in range(k)])
        return fmpq_mat(rows)

    def witness(self, R: list[fmpq]) -> Witness:
        """The best witness with these coordinates, V rounded."""
        return fitted(self.instance, self.row_factor(R))

    def factors(self) -> tuple[fmpq_mat, fmpq_mat]:
        """The factors with all entries fixed."""
        found = self.witness(self.R)
        return found.U, found.V

    def next_entry(self) -> Entry:
        """Localise the next entry, and fix it."""
        a = self.fixed
        lower, upper = fmpq(-1), fmpq(1)
        decisions: list[Decided] = []
        for _ in range(_HALVINGS):
            middle = (lower + upper) / 2
            through = self._at(a, middle)
            if through is not None:
                self.R, self.incumbent = through
                self._incumbent_step = self._step()
                decisions.append(Decided("fixed", self._incumbent_step, middle, middle))
                break
            below = self.R[a] < middle
            other = (middle, upper) if below else (lower, middle)
            proof = None if self.budget.exhausted else self._emptiness(a, *other)
            if proof is not None:
                step = self.ledger.leaf_proof(self.index, proof)
                decisions.append(Decided("empty", step, *other))
            lower, upper = (lower, middle) if below else (middle, upper)
            if proof is None:
                self._incumbent_step = self._incumbent_step or self._step()
                decisions.append(Decided("kept", self._incumbent_step, lower, upper))
        else:  # the incumbent's own value is rational too
            self._incumbent_step = self._incumbent_step or self._step()
            decisions.append(Decided("fixed", self._incumbent_step, self.R[a], self.R[a]))
        self.fixed += 1
        k = self.instance.k
        others = [i for i in range(self.instance.shape[0]) if i not in self.pivots]
        return Entry(self.index, others[a // k], a % k, self.R[a], tuple(decisions))

    def _step(self) -> str:
        return self.ledger.leaf_upper(self.index, self.incumbent.U, self.incumbent.V)

    def _at(self, a: int, value: fmpq) -> tuple[list[fmpq], Witness] | None:
        """A point of S with the entry a at a value and the entries before it as they are fixed."""
        R = self._proposed(a, value, value)[0]
        witness = self.witness(R)
        return (R, witness) if witness.cost <= self.limit(a) else None

    def _proposed(self, a: int, lower: fmpq, upper: fmpq) -> tuple[list[fmpq], fmpq]:
        """A point of low cost with the entry a in a range, and roughly its cost."""
        ends = [(x, x) for x in self.R[:a]] + [(lower, upper)] + [(fmpq(-1), fmpq(1))] * (len(self.R) - a - 1)
        low, high = (np.array([approx_number(end[side]) for end in ends]) for side in (0, 1))
        start = np.array([approx_number(x) for x in self.R])
        found, cost = propose_on_box(self.A, self.omega, self.pivots, low, high, start)
        grid = dyadic_matrix(found[None, :], -_GRID).entries()
        inside = [min(max(x, one), two) for x, (one, two) in zip(grid, ends, strict=True)]
        return inside, dyadic_number(cost, 40)

    def _emptiness(self, a: int, lower: fmpq, upper: fmpq) -> LowerProof | None:
        """A proof that the cost exceeds Lambda on a half of the entry's range, or None."""
        above = self.limit(a) + self.room / (64 * (len(self.R) + 1))
        least = self._proposed(a, lower, upper)[1]
        if least <= above:
            return None
        thin = power_of_two(-_THIN)
        free = len(self.R) - a - 1
        box = Box(
            self.pivots,
            (*(x - thin for x in self.R[:a]), lower, *[fmpq(-1)] * free),
            (*(x + thin for x in self.R[:a]), upper, *[fmpq(1)] * free),
        )
        tree = Tree(self.instance, min(least, 2 * above), above, self.budget.deadline_ns, boxes=[box])
        nodes = 0

        def count() -> None:
            nonlocal nodes
            nodes += 1

        tree.run(self.executor, self.workers, self._stopper(tree, above, lambda: nodes), count)
        self.nodes += nodes
        return tree.box_proof() if tree.bound >= above else None

    def _stopper(self, tree: Tree, above: fmpq, nodes: Callable[[], int]) -> Callable[[], bool]:
        return lambda: bool(tree.bound >= above) or nodes() >= _NODES or self.budget.exhausted
