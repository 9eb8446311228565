"""Reductions as apply/lift pairs, and the exact linear algebra of lifting.

A reduction replaces an instance by smaller ones with

    opt(parent) = sum of opt(child),

and lifts witnesses back: from factor pairs (U_c, V_c) of the children to a pair (U, V) of the parent with

    cost(U V) <= sum of cost_c(U_c V_c) + excess,     0 <= excess <= delta.

``excess`` is 0 unless the lift had to move off an exact fit: because the infimum is not attained (then no exact lift
exists), or because short numbers were asked for with ``bits``. Every excess is computed exactly, never estimated.

Least squares: for one line a with weights w and the factor V, the minimisers u of sum_j w_j (a_j - (u V)_j)^2 are the
solutions of u N = a D V^T with D = diag(w), N = V D V^T. The equations are always consistent, and for any other vector
u + h the cost is larger by h N h^T exactly: this is what rounding a minimiser costs.

Guarantee: everything here is exact, roundings of witnesses included: their cost is computed afterwards.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flint import fmpq, fmpq_mat, nmod_mat

from wlra_exact.algebra.exact import power_of_two
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance

__all__ = [
    "Factors",
    "Lifted",
    "Reduction",
    "best_columns",
    "checked_limits",
    "default_delta",
    "identity",
    "least_squares",
    "pivots_of",
    "rank_of",
    "rounded_rows",
]

_PRIME = 2**61 - 1

#: A witness: U of shape (m, k) and V of shape (k, n).
Factors = tuple[fmpq_mat, fmpq_mat]


@dataclass(frozen=True, eq=False)
class Lifted:
    """A lifted witness.

    Attributes:
        U: (m, k) matrix.
        V: (k, n) matrix.
        excess: at least 0, with cost(U V) <= sum of the children's costs + excess.
    """

    U: fmpq_mat
    V: fmpq_mat
    excess: fmpq

    @property
    def factors(self) -> Factors:
        """(U, V)."""
        return self.U, self.V

    @property
    def exact(self) -> bool:
        """Whether cost(U V) is at most the sum of the children's costs, with nothing added."""
        return not self.excess

    def transpose(self) -> Lifted:
        """The witness of the transposed instance."""
        return Lifted(self.V.transpose(), self.U.transpose(), self.excess)


#: (factors of the children, delta, bits) -> the lifted witness.
Lift = Callable[[Sequence[Factors], fmpq, int | None], Lifted]


@dataclass(frozen=True, eq=False)
class Reduction:
    """One exact reduction of an instance, with everything its certificate step needs.

    Attributes:
        rule: the step's rule: ``transpose``, ``blocks``, ``merge`` or ``gram``.
        parent: the instance that was reduced.
        children: the instances it was reduced to; opt(parent) is the sum of their opt.
        payload: the step's payload, ready for JSON.
        lifting: the lift, called by ``lift`` with checked arguments.
    """

    rule: str
    parent: Instance
    children: tuple[Instance, ...]
    payload: Mapping[str, Any]
    lifting: Lift

    def lift(self, factors: Sequence[Factors], delta: fmpq | None = None, bits: int | None = None) -> Lifted:
        """The parent's witness from the children's.

        Args:
            factors: for each child its U of shape (m_c, k) and V of shape (k, n_c).
            delta: what the lift may add to the cost, above 0; ``default_delta(parent)`` when None.
            bits: when given, vectors that the lift computes are rounded to dyadics with this many bits relative to
                their largest entry (or more, where delta needs more).

        Raises:
            InputError: for factors that do not fit the children, delta <= 0, or bits below 1.
        """
        if len(factors) != len(self.children):
            raise InputError("factors", f"{len(self.children)} pairs (U, V), one for each child", str(len(factors)))
        for index, (child, (U, V)) in enumerate(zip(self.children, factors, strict=True)):
            (m, n), k = child.shape, self.parent.k
            if (U.nrows(), U.ncols(), V.nrows(), V.ncols()) != (m, k, k, n):
                got = f"{U.nrows()}x{U.ncols()} and {V.nrows()}x{V.ncols()}"
                raise InputError(f"factors of child {index}", f"U {m}x{k} and V {k}x{n}", got)
        return self.lifting(factors, *checked_limits(self.parent, delta, bits))


def checked_limits(instance: Instance, delta: fmpq | None, bits: int | None) -> tuple[fmpq, int | None]:
    """``delta`` with its default filled in, and ``bits``; both checked.

    Raises:
        InputError: for delta <= 0 or bits below 1.
    """
    if delta is not None and delta <= 0:
        raise InputError("delta", "a rational above 0", str(delta))
    if bits is not None and bits < 1:
        raise InputError("bits", "at least 1", str(bits))
    return (default_delta(instance) if delta is None else delta), bits


def default_delta(instance: Instance) -> fmpq:
    """What a lift may add to the cost unless told otherwise: 2^-64 of cost(0), and above 0.

    >>> from wlra_exact.algebra.exact import matrix
    >>> default_delta(Instance(matrix([[3, 4]]), matrix([[1, 0]]), 1)) == fmpq(9, 2**64)
    True
    """
    return (instance.norm() or fmpq(1)) / 2**64


def least_squares(A: fmpq_mat, weights: Sequence[fmpq], V: fmpq_mat) -> tuple[fmpq_mat, fmpq_mat]:
    """The exact weighted least-squares rows for a fixed factor.

    Args:
        A: (g, n) matrix, whose rows share the weights.
        weights: n weights, at least 0.
        V: (k, n) matrix.

    Returns:
        - U of shape (g, k): row i minimises sum_j weights_j (A_ij - (U V)_ij)^2; of all minimisers the one that is 0
          outside the first independent rows of N;
        - N = V diag(weights) V^T of shape (k, k).

    >>> from wlra_exact.algebra.exact import matrix
    >>> least_squares(matrix([[1, 3]]), [fmpq(1), fmpq(1)], matrix([[1, 1], [1, 1]]))
    ([2, 0], [2, 2]
    [2, 2])
    """
    k, n = V.nrows(), V.ncols()
    DVt = fmpq_mat(n, k, [w * v for w, column in zip(weights, V.transpose().tolist(), strict=True) for v in column])
    N = V * DVt
    pivots = pivots_of(N.rref())
    U = fmpq_mat(A.nrows(), k)
    if not pivots:
        return U, N
    r = len(pivots)
    # N is positive semidefinite, so its rows at the pivots of its columns are independent and N_PP is invertible.
    N_PP = fmpq_mat(r, r, [N[i, j] for i in pivots for j in pivots])
    DVt_P = fmpq_mat(n, r, [DVt[j, l] for j in range(n) for l in pivots])
    solved = (A * DVt_P) * N_PP.inv()  # in this order no long fraction meets the n columns
    for t, l in enumerate(pivots):
        for i in range(A.nrows()):
            U[i, l] = solved[i, t]
    return U, N


def best_columns(instance: Instance, U: fmpq_mat) -> fmpq_mat:
    """The (k, n) matrix V of least cost(U V) for a given (m, k) matrix U, of any rank.

    >>> from wlra_exact.algebra.exact import matrix
    >>> best_columns(Instance(matrix([[2, 0], [4, 1]]), matrix([[1, 1], [1, 1]]), 1), matrix([[1], [2]]))
    [2, 2/5]
    """
    columns = zip(instance.A.transpose().tolist(), instance.omega.transpose().tolist(), strict=True)
    fits = [least_squares(fmpq_mat([a]), w, U.transpose())[0] for a, w in columns]
    return fmpq_mat([fit.entries() for fit in fits]).transpose()


def pivots_of(echelon: tuple[fmpq_mat, int]) -> list[int]:
    """The pivot columns of a reduced row echelon form and its rank, as ``fmpq_mat.rref`` returns them.

    >>> from wlra_exact.algebra.exact import matrix
    >>> pivots_of(matrix([[0, 2, 4], [0, 1, 3]]).rref())
    [1, 2]
    """
    R, rank = echelon
    pivots: list[int] = []
    column = 0
    for row in range(rank):
        while not R[row, column]:
            column += 1
        pivots.append(column)
        column += 1
    return pivots


def rank_of(M: fmpq_mat) -> int:
    """The rank over Q.

    The rank modulo a prime is a lower bound, so where it is full nothing slower is needed.

    >>> from wlra_exact.algebra.exact import matrix
    >>> rank_of(matrix([["1/2", 1], [1, 2]]))
    1
    """
    numerators, _ = M.numer_denom()
    full = min(M.nrows(), M.ncols())
    return full if nmod_mat(numerators, _PRIME).rank() == full else int(numerators.rank())


def identity(size: int) -> fmpq_mat:
    """The identity matrix.

    >>> identity(2)
    [1, 0]
    [0, 1]
    """
    return fmpq_mat(size, size, [fmpq(int(i == j)) for i in range(size) for j in range(size)])


def rounded_rows(U: fmpq_mat, bits: int) -> fmpq_mat:
    """``U`` with every row rounded to dyadics of ``bits`` bits relative to the row's largest entry.

    >>> from wlra_exact.algebra.exact import matrix
    >>> rounded_rows(matrix([["1/3", 1], [0, 0]]), 4)
    [5/16, 1]
    [   0, 0]
    """
    rounded: list[fmpq] = []
    for row in U.tolist():
        top = max(map(abs, row))
        # 2^(length - 1) < top < 2^(length + 1), so bits - length binary places keep at least `bits` bits of top.
        length = top.p.bit_length() - top.q.bit_length()
        scale, unit = power_of_two(bits - length), power_of_two(length - bits)
        half = fmpq(1, 2)
        rounded.extend((x * scale + half).floor() * unit for x in row)
    return fmpq_mat(U.nrows(), U.ncols(), rounded)
