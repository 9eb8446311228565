"""Instances whose opt is 0 at sight, with a witness.

- k >= min(m, n): every matrix of the shape has rank <= k, so X = A costs nothing.
- A = 0 on the support: X = 0.
- Every weight positive and rank(A) <= k: X = A, by the rank factorisation A = A_P R with the pivot columns P and the
  non-zero rows R of the reduced row echelon form.
- Everything peels off (see ``peel``): opt = 0, not necessarily attained.

Factors of rank below k are padded with zeros.

Guarantee: a witness costs 0, or in the last case at most what it says.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from flint import fmpq, fmpq_mat

from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lift import Lifted, Reduction, checked_limits, identity, pivots_of, rank_of

__all__ = ["Trivial", "find_trivial", "peeled_off"]


@dataclass(frozen=True, eq=False)
class Trivial:
    """opt(instance) = 0, and why.

    Attributes:
        instance: the instance.
        reason: one line for the reader.
        lifting: (delta, bits) -> a witness of cost at most its excess.
    """

    instance: Instance
    reason: str
    lifting: Callable[[fmpq, int | None], Lifted]

    def witness(self, delta: fmpq | None = None, bits: int | None = None) -> Lifted:
        """A witness of cost at most ``excess`` <= delta; of cost 0 unless the reason is peeling.

        Raises:
            InputError: for delta <= 0 or bits below 1.
        """
        return self.lifting(*checked_limits(self.instance, delta, bits))


def find_trivial(instance: Instance) -> Trivial | None:
    """The reason why opt is 0 with a minimiser at hand, if there is one of the first three.

    >>> from wlra_exact.algebra.exact import matrix
    >>> ones = matrix([[1, 1], [1, 1]])
    >>> trivial = find_trivial(Instance(matrix([[1, 2], [2, 4]]), ones, 1))
    >>> trivial.reason, trivial.witness().factors
    ('rank(A) <= k and every weight is positive', ([1]
    [2], [1, 2]))
    """
    (m, n), k, A = instance.shape, instance.k, instance.A
    if not any(A.entries()):
        return _at_once(instance, "A = 0 on the support", fmpq_mat(m, 0), fmpq_mat(0, n))
    if n <= k:
        return _at_once(instance, "k >= min(m, n)", A, identity(n))
    if m <= k:
        return _at_once(instance, "k >= min(m, n)", identity(m), A)
    if rank_of(A) <= k and all(instance.omega.entries()):
        R, r = A.rref()
        pivots = pivots_of((R, r))
        U = fmpq_mat(m, r, [A[i, j] for i in range(m) for j in pivots])
        return _at_once(instance, "rank(A) <= k and every weight is positive", U, fmpq_mat(r, n, R.entries()[: r * n]))
    return None


def peeled_off(reduction: Reduction) -> Trivial:
    """A ``blocks`` reduction without children as what it is: the statement that opt = 0."""
    return Trivial(reduction.parent, "every row and column drops", lambda delta, bits: reduction.lift([], delta, bits))


def _at_once(instance: Instance, reason: str, U: fmpq_mat, V: fmpq_mat) -> Trivial:
    (m, n), k, r = instance.shape, instance.k, U.ncols()
    zero = fmpq(0)
    padded_U = fmpq_mat(m, k, [U[i, l] if l < r else zero for i in range(m) for l in range(k)])
    padded_V = fmpq_mat(k, n, V.entries() + [zero] * ((k - r) * n))
    return Trivial(instance, reason, partial(_given, Lifted(padded_U, padded_V, zero)))


def _given(lifted: Lifted, delta: fmpq, bits: int | None) -> Lifted:
    return lifted
