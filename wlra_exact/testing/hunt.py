"""The search behind ``falsify``: instances on which a claimed lower bound is above the cost of a witness.

    random and targeted examples (Hypothesis, target = how far the claim is above the witness)
      -> local ascent on single entries from the highest of them
      -> simplification of what was found, one change at a time, for as long as the claim stays false

The search needs no lower bound on opt: a claim is refuted by one matrix of rank <= k that costs less, and costs are
exact. Descents are cheap (a few milliseconds), and a poor one only misses a refutation.

Guarantee: a ``Measure`` that is refuted has an exact witness with cost < claimed - tolerance ||W o A||_F^2.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from flint import fmpq, fmpq_mat
from hypothesis import HealthCheck, Phase, given, seed, settings, target
from hypothesis import strategies as st
from hypothesis.errors import Flaky

from wlra_exact.errors import InputError
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.problem.instance import Instance
from wlra_exact.search.progress import Budget
from wlra_exact.search.witness import Witness, best_witness, zero_witness
from wlra_exact.testing.claims import Bound, binary64_instance, claimed_bound

__all__ = ["Hunt", "Measure", "cheap_witness", "simpler", "size"]

#: How scores are counted: millionths of ||W o A||_F^2.
_UNIT = 10**6

#: Numerators and denominators that the ascent may reach.
_LARGEST = 10**9

#: Instances that are remembered: the ascent starts from them.
_STARTS = 4


@dataclass(frozen=True, eq=False)
class Measure:
    """A claim about one instance beside a witness.

    Attributes:
        instance: the instance that the function saw.
        claimed: what it claims to be a lower bound on opt.
        witness: a matrix of rank <= k with its exact cost.
        refuted: whether claimed exceeds that cost by more than the tolerance.
        score: (claimed - cost) / ||W o A||_F^2 in millionths, rounded down: what the search increases.
    """

    instance: Instance
    claimed: fmpq
    witness: Witness
    refuted: bool
    score: int


class _EndedError(Exception):
    """Ends Hypothesis' search."""


class Hunt:
    """One search in progress: ``random``, ``ascend`` and ``simplify`` in this order; ``tried`` counts instances."""

    def __init__(self, bound: Bound, *, exact: bool, tolerance: fmpq, budget: Budget, positive: bool) -> None:
        self.bound, self.exact, self.tolerance = bound, exact, tolerance
        self.budget, self.positive = budget, positive
        self.tried = 0
        self.best: list[Measure] = []

    def measure(self, instance: Instance) -> Measure:
        """The claim about an instance, against the best witness of a short descent.

        Raises:
            InputError: when the claim is no finite number.
        """
        seen = instance if self.exact else binary64_instance(instance)
        claimed = claimed_bound(self.bound, seen, exact=self.exact)
        self.tried += 1
        norm = seen.norm()
        margin = self.tolerance * norm
        witness = zero_witness(seen)
        if claimed > margin:  # below it nothing can be refuted, and opt need not be known
            witness = cheap_witness(seen, thorough=False)
            excess = claimed - witness.cost
            if excess <= margin and 1000 * excess > -norm:
                witness = cheap_witness(seen, thorough=True)
        excess = claimed - witness.cost
        score = int((excess * _UNIT / norm).floor()) if norm != 0 else -_UNIT
        return Measure(seen, claimed, witness, bool(excess > margin and claimed > 0), min(score, _UNIT))

    def random(self, strategy: st.SearchStrategy[Instance], examples: int, number: int) -> Measure | None:
        """Random and targeted examples; the first that is refuted, or None.

        Raises:
            InputError: when a claim is no finite number.
        """
        ended: list[Measure | InputError | None] = []

        def examine(instance: Instance) -> None:
            try:
                found = None if self.budget.exhausted else self.measure(instance)
            except InputError as error:
                ended.append(error)
                return
            if found is None or found.refuted:
                ended.append(found)
                return
            self._remember(found)
            target(found.score)

        @seed(number)
        @settings(
            max_examples=examples,
            database=None,
            deadline=None,
            derandomize=False,  # Reasoning: the seed above decides, whatever the profile says.
            phases=(Phase.generate, Phase.target),
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            report_multiple_bugs=False,
        )
        @given(strategy)
        def look(instance: Instance) -> None:
            if not ended:
                examine(instance)
            if ended:  # one place to raise from, which Hypothesis takes for one failure and repeats
                raise _EndedError

        try:
            look()
        except (_EndedError, Flaky):  # Flaky: it ended on an example that had passed before
            if not ended:
                raise
        if ended and isinstance(ended[0], InputError):
            raise ended[0]
        return ended[0] if ended and isinstance(ended[0], Measure) else None

    def ascend(self, number: int, most: int) -> Measure | None:
        """Local ascent on the score from the best instances so far; the first that is refuted, or None.

        Args:
            number: seed of the order in which neighbours are tried.
            most: instances to try at most.

        Raises:
            InputError: when a claim is no finite number.
        """
        random = Random(number)
        last = self.tried + most
        for start in list(self.best):
            here: Measure | None = start
            while here is not None and self.tried < last:
                here = self._better_neighbour(here, random)
                if here is not None and here.refuted:
                    return here
                if here is not None:
                    self._remember(here)
        return None

    def simplify(self, found: Measure) -> Measure:
        """A refuted instance that no single simplification (``simpler``) keeps refuted, if the budget lasts."""
        while (smaller := self._simplified(found)) is not None:
            found = smaller
        return found

    def _simplified(self, found: Measure) -> Measure | None:
        for candidate in simpler(found.instance, positive=self.positive):
            if self.budget.exhausted:
                return None
            try:
                measured = self.measure(candidate)
            except InputError:  # the function fails there; it is refuted here
                continue
            if measured.refuted:
                return measured
        return None

    def _remember(self, found: Measure) -> None:
        self.best.append(found)
        self.best.sort(key=lambda measure: -measure.score)
        del self.best[_STARTS:]

    def _better_neighbour(self, here: Measure, random: Random) -> Measure | None:
        moves = list(_moves(here.instance, positive=self.positive))
        random.shuffle(moves)
        for instance in moves:
            if self.budget.exhausted:
                return None
            there = self.measure(instance)
            if there.refuted or there.score > here.score:
                return there
        return None


def cheap_witness(instance: Instance, *, thorough: bool) -> Witness:
    """A matrix of rank <= k of low cost, found in milliseconds.

    >>> from wlra_exact.algebra.exact import matrix
    >>> cheap_witness(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1), thorough=False).cost
    1
    """
    (m, n), k = instance.shape, instance.k
    if k >= min(m, n):
        wide = m <= n
        eye = fmpq_mat(m, k, [int(i == l) for i in range(m) for l in range(k)])
        U = eye if wide else _padded(instance.A, m, k)
        V = _padded(instance.A, k, n) if wide else fmpq_mat(k, n, [int(l == j) for l in range(k) for j in range(n)])
        return Witness(U, V, instance.cost(U, V))
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    if thorough:
        found = propose_factors(A, omega, k)[0]
    else:
        found = propose_factors(A, omega, k, starts=8, sweeps=24, polish=2)[0]
    witness = best_witness(instance, found.U)
    zero = zero_witness(instance)
    return witness if witness.cost <= zero.cost else zero


def _padded(A: fmpq_mat, rows: int, columns: int) -> fmpq_mat:
    entries = [A[i, j] if i < A.nrows() and j < A.ncols() else fmpq(0) for i in range(rows) for j in range(columns)]
    return fmpq_mat(rows, columns, entries)


def size(instance: Instance) -> tuple[int, int, int]:
    """How much there is to read: entries, rank, digits. Weights 1 and values 0 count least.

    >>> from wlra_exact.algebra.exact import matrix
    >>> size(Instance(matrix([[0, 3]]), matrix([[1, 1]]), 1))
    (2, 1, 6)
    """
    m, n = instance.shape
    values = sum(2 * (abs(x.p) + x.q - 1) + int(x < 0) for x in instance.A.entries())
    weights = sum(0 if w == 1 else 2 * (abs(w.p) + w.q) for w in instance.omega.entries())
    return m * n, instance.k, int(values + weights)


def simpler(instance: Instance, *, positive: bool = False) -> Iterator[Instance]:
    """Instances one change away that are smaller by ``size``: a line less, rank less, one entry nearer to 0 or 1."""
    (m, n), k = instance.shape, instance.k
    rows, columns = list(range(m)), list(range(n))
    if m > 1:
        yield from (instance.submatrix(rows[:i] + rows[i + 1 :], columns) for i in rows)
    if n > 1:
        yield from (instance.submatrix(rows, columns[:j] + columns[j + 1 :]) for j in columns)
    if k > 1:
        yield Instance(instance.A, instance.omega, k - 1)
    here = size(instance)
    zero, one = fmpq(0), fmpq(1)
    for position, w in enumerate(instance.omega.entries()):
        whole = fmpq(w.floor())
        for other in dict.fromkeys((one, zero, fmpq((w / 2).floor()), whole, w - 1)):
            if other > 0 or (other == 0 and not positive):
                changed = _with_entry(instance, "omega", position, other)
                if size(changed) < here:
                    yield changed
    for position, a in enumerate(instance.A.entries()):
        toward = a - 1 if a > 0 else a + 1
        for other in dict.fromkeys((zero, one, abs(a), _truncated(a / 2), _truncated(a), toward)):
            changed = _with_entry(instance, "A", position, other)
            if size(changed) < here:
                yield changed


def _moves(instance: Instance, *, positive: bool) -> Iterator[Instance]:
    """Neighbours for the ascent: one entry of A or omega changed."""
    for position, a in enumerate(instance.A.entries()):
        for other in dict.fromkeys((a + 1, a - 1, 2 * a, -a, fmpq(0))):
            if other != a and _short(other):
                yield _with_entry(instance, "A", position, other)
    for position, w in enumerate(instance.omega.entries()):
        for other in dict.fromkeys((2 * w, w / 2, w + 1, fmpq(1), fmpq(0))):
            if other != w and _short(other) and (other > 0 or not positive):
                yield _with_entry(instance, "omega", position, other)


def _short(x: fmpq) -> bool:
    """Whether an entry is in the range where a table can be read, and squares of floats neither vanish nor overflow."""
    return bool(max(abs(x.p), x.q) <= _LARGEST)


def _truncated(x: fmpq) -> fmpq:
    return fmpq(x.floor() if x >= 0 else x.ceil())


def _with_entry(instance: Instance, name: str, position: int, value: fmpq) -> Instance:
    entries = {"A": instance.A.entries(), "omega": instance.omega.entries()}
    entries[name][position] = value
    A, omega = (fmpq_mat(*instance.shape, entries[key]) for key in ("A", "omega"))
    return Instance(A, omega, instance.k)
