"""Completing a witness over peeled lines.

The lines return in the reverse order of their drops. A returning line with data a on the lines S that it meets needs a
vector x with x . v_s = a_s for all s in S. Let P be a maximal independent part of the v_s; the others are combinations
v_s = sum_p c_p v_p and the equations are consistent when a_s = sum_p c_p a_p. Where that fails, v_s is moved along a
direction e outside the span of what is used already:

- for free, when e is orthogonal to the vectors of all lines that meet s and are there: their entries do not change;
- otherwise by a small rational step, whose effect on the cost, step^2 q - 2 step l with q = sum w (u . e)^2 and
  l = sum w r (u . e) over those lines, is computed exactly and kept within the allowance.

Zero data get the vector 0. Other equations that leave freedom in x are completed by generic integers when a line that
returns later meets this one, and by zeros otherwise. So a step is taken only where no freedom that is left avoids it;
it may be unavoidable (the infimum is not attained) or due to the given witnesses and earlier choices.

Numbers grow from line to line. A vector longer than ``_HEIGHT_BITS``, and every computed vector when ``bits`` is
given, is rounded to dyadics; it fitted exactly, so the rounding h costs sum_s w_s (h . v_s)^2, again computed exactly.

Guarantee: cost(lifted) <= sum of the components' costs + excess, and excess <= delta.
"""

from __future__ import annotations

import random
from bisect import bisect_left
from collections.abc import Sequence

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import log2_of, power_of_two
from wlra_exact.errors import InternalError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lift import Factors, Lifted, identity, pivots_of, rounded_rows
from wlra_exact.problem.reductions.peel import Drop, Peeling, meetings

__all__ = ["complete"]

#: Vectors with longer entries than this are rounded within delta, or else their length could double at every line.
_HEIGHT_BITS = 4096

#: Generic choices are tried this often before a step is accepted.
_ATTEMPTS = 3

_Vector = list[fmpq]


def complete(
    instance: Instance, peeling: Peeling, factors: Sequence[Factors], delta: fmpq, bits: int | None = None
) -> Lifted:
    """A witness of the whole instance from witnesses of the components that peeling left.

    Args:
        instance: the instance that was peeled, shape (m, n).
        peeling: its peeling.
        factors: for each component a pair (U, V), k columns and k rows.
        delta: allowed increase of the cost, above 0.
        bits: when given, every computed vector is rounded to this many bits, or more where delta needs more.

    >>> from wlra_exact.algebra.exact import matrix
    >>> from wlra_exact.problem.reductions.peel import peel
    >>> corner = Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1)
    >>> lifted = complete(corner, peel(corner), [], fmpq(1, 100))
    >>> 0 < corner.cost(*lifted.factors) <= lifted.excess <= fmpq(1, 100)
    True
    """
    meets = meetings(instance)
    attempts = []
    for seed in range(_ATTEMPTS):
        attempt = _Attempt(instance, meets, peeling, factors, seed)
        attempts.append(attempt.run(delta, bits))
        if not attempt.stepped:
            return attempts[-1]
    return min(attempts, key=lambda lifted: lifted.excess)


class _Attempt:
    """One choice of everything generic: the vectors of the lines that are there, and what was spent so far."""

    def __init__(
        self, instance: Instance, meets: list[list[int]], peeling: Peeling, factors: Sequence[Factors], seed: int
    ) -> None:
        self.instance, self.meets, self.drops = instance, meets, peeling.drops
        self.k, self.m = instance.k, instance.shape[0]
        self.needed = {line for drop in self.drops for line in drop.support}
        self.random, self.largest = random.Random(seed), 9 * 10**seed
        self.vectors: list[_Vector | None] = [None] * sum(instance.shape)
        self.excess = fmpq(0)
        self.stepped = False
        fitting = any(any(self._values(drop)) for drop in self.drops)
        for number, ((rows, columns), (U, V)) in enumerate(zip(peeling.components, factors, strict=True)):
            # U G^-1, G V is the same witness; for generic G the components' vectors are as independent as can be.
            G = self._unimodular() if number and fitting else identity(self.k)
            vectors = (U * G.inv()).tolist(), (G * V).transpose().tolist()
            placed = zip(rows, vectors[0], strict=True), zip(columns, vectors[1], strict=True)
            for offset, pairs in zip((0, self.m), placed, strict=True):
                for index, vector in pairs:
                    self.vectors[offset + index] = vector

    def run(self, delta: fmpq, bits: int | None) -> Lifted:
        """Return every dropped line, last one first."""
        allowance = delta / (2 * max(1, len(self.drops)))
        for drop in reversed(self.drops):
            x = self._fit(drop, allowance)
            self.vectors[drop.line] = self._shortened(drop, x, allowance, bits)
        entries = [[self._vector(line)[l] for l in range(self.k)] for line in range(len(self.vectors))]
        m, n = self.instance.shape
        U = fmpq_mat(m, self.k, [x for vector in entries[:m] for x in vector])
        V = fmpq_mat(n, self.k, [x for vector in entries[m:] for x in vector]).transpose()
        return Lifted(U, V, self.excess)

    def _fit(self, drop: Drop, allowance: fmpq) -> _Vector:
        """The x with x . v_s = a_s for all s in the support, after moving some v_s where there is none."""
        support, a, wanted = drop.support, self._values(drop), drop.line in self.needed
        if not any(a):
            return [fmpq(0)] * self.k
        echelon = fmpq_mat(self.k, len(support), _columns([self._vector(s) for s in support])).rref()
        pivots = pivots_of(echelon)
        basis, targets = [self._vector(support[p]) for p in pivots], [a[p] for p in pivots]
        for position in sorted(set(range(len(support))) - set(pivots)):
            implied = sum((echelon[0][t, position] * a[p] for t, p in enumerate(pivots)), fmpq(0))
            if implied != a[position]:
                moved = support[position]
                direction, step = self._move(moved, basis, allowance / self.k)
                pairs = zip(self._vector(moved), direction, strict=True)
                self.vectors[moved] = [v + step * e for v, e in pairs]
                basis.append(direction)
                targets.append((a[position] - implied) / step)
        for unit in self._complement(basis):
            basis.append(unit)
            targets.append(self._choice() if wanted else fmpq(0))
        square = fmpq_mat(self.k, self.k, [x for vector in basis for x in vector])
        return list(square.solve(fmpq_mat(self.k, 1, targets)).entries())

    def _move(self, line: int, basis: list[_Vector], allowance: fmpq) -> tuple[_Vector, fmpq]:
        """A direction outside the span of ``basis``, and how far the line's vector moves along it."""
        others = [s for s in self.meets[line] if self.vectors[s] is not None]
        for direction in _kernel([self._vector(s) for s in others], self.k):
            if fmpq_mat(len(basis) + 1, self.k, [x for v in [*basis, direction] for x in v]).rank() > len(basis):
                return direction, fmpq(1)
        self.stepped = True
        direction = self._complement(basis)[0]
        q = l = fmpq(0)
        for s in others:
            weight, slope = self._at(self.instance.omega, line, s), _dot(self._vector(s), direction)
            residual = self._at(self.instance.A, line, s) - _dot(self._vector(s), self._vector(line))
            q += weight * slope * slope
            l += weight * residual * slope
        # The longest step 2^-e, e >= 0: the excess falls with e, and is small enough once 4^-e q is.
        last = max(0, (log2_of(q) - log2_of(allowance)) // 2 + 2) if q != 0 else 0
        e = bisect_left(range(last), True, key=lambda e: _excess(power_of_two(-e), q, l) <= allowance)
        size = power_of_two(-e)
        self.excess += max(fmpq(0), _excess(size, q, l))
        return direction, size if l >= 0 else -size

    def _shortened(self, drop: Drop, x: _Vector, allowance: fmpq, bits: int | None) -> _Vector:
        """``x`` rounded, when that is asked for or needed, at a cost within the allowance."""
        if bits is None:
            if max(entry.height_bits() for entry in x) <= _HEIGHT_BITS:
                return x
            bits = 64
        while True:
            rounded = rounded_rows(fmpq_mat(1, self.k, x), bits).entries()
            h = [y - z for y, z in zip(rounded, x, strict=True)]
            costs = (self._at(self.instance.omega, drop.line, s) * _dot(h, self._vector(s)) ** 2 for s in drop.support)
            spent = sum(costs, fmpq(0))
            if spent <= allowance:
                self.excess += spent
                return list(rounded)
            bits *= 2

    def _values(self, drop: Drop) -> list[fmpq]:
        """The data of a dropped line on its support."""
        return [self._at(self.instance.A, drop.line, s) for s in drop.support]

    def _at(self, M: fmpq_mat, line: int, other: int) -> fmpq:
        """The entry where a row and a column cross, in either order."""
        return M[line, other - self.m] if line < self.m else M[other, line - self.m]

    def _vector(self, line: int) -> _Vector:
        vector = self.vectors[line]
        if vector is None:
            raise InternalError(f"complete: line {line} is used before it is there")
        return vector

    def _complement(self, basis: list[_Vector]) -> list[_Vector]:
        """The unit vectors that complete an independent list to a basis, first ones first."""
        units = [[fmpq(int(i == l)) for l in range(self.k)] for i in range(self.k)]
        echelon = fmpq_mat(self.k, len(basis) + self.k, _columns(basis + units)).rref()
        return [units[p - len(basis)] for p in pivots_of(echelon)[len(basis) :]]

    def _choice(self) -> fmpq:
        return fmpq(self.random.randint(1, self.largest) * self.random.choice((-1, 1)))

    def _unimodular(self) -> fmpq_mat:
        """A generic integer matrix of determinant 1: unit lower times unit upper triangular."""
        lower, upper = identity(self.k), identity(self.k)
        for i in range(self.k):
            for j in range(i):
                lower[i, j], upper[j, i] = self._choice(), self._choice()
        return lower * upper


def _excess(size: fmpq, q: fmpq, l: fmpq) -> fmpq:
    """What a step of this length costs, in the better direction."""
    return size * (size * q - 2 * abs(l))


def _columns(vectors: Sequence[_Vector]) -> list[fmpq]:
    """The entries, row by row, of the matrix with the given columns."""
    return [x for row in zip(*vectors, strict=True) for x in row]


def _dot(u: Sequence[fmpq], v: Sequence[fmpq]) -> fmpq:
    return sum((x * y for x, y in zip(u, v, strict=True)), fmpq(0))


def _kernel(vectors: Sequence[_Vector], k: int) -> list[_Vector]:
    """A basis of the space orthogonal to the vectors."""
    echelon = fmpq_mat(len(vectors), k, [x for vector in vectors for x in vector]).rref()
    pivots = pivots_of(echelon)
    basis = []
    for free in sorted(set(range(k)) - set(pivots)):
        vector = [fmpq(int(l == free)) for l in range(k)]
        for t, p in enumerate(pivots):
            vector[p] = -echelon[0][t, free]
        basis.append(vector)
    return basis
