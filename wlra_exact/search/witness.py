"""Rational witnesses from floating-point factors.

The row factor U is rounded to a dyadic grid; for that U the best V is an exact weighted least-squares solution, rounded
again to keep its numbers short. The cost near a minimiser is flat, so rounding at 2^-53 loses about 2^-100 of it.

A witness that is to be written down needs even fewer digits: those that its part of the gap is worth (``shortened``).

U is also read as [I; R] on well-chosen rows with R of small denominators: where the optimum is attained at such a point
(planted instances, opt = 0 with missing entries), that witness is exact and short.

Guarantee: ``Witness.cost`` is the exact cost of the factors.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import log2_of, power_of_two
from wlra_exact.numeric.convert import Array, approx_array
from wlra_exact.numeric.rounding import propose_chart, propose_dyadic_rows, propose_integers
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lift import best_columns, rounded_rows

__all__ = ["Witness", "balanced", "best_witness", "fitted", "shortened", "zero_witness"]

_BITS = 60

#: In instances of so few entries unrounded fits are tried in any case.
_FEW_ENTRIES = 1000


@dataclass(frozen=True, eq=False)
class Witness:
    """A factor pair of an instance and its exact cost.

    Attributes:
        U: (m, k).
        V: (k, n).
        cost: exact cost of U V.
    """

    U: fmpq_mat
    V: fmpq_mat
    cost: fmpq


def zero_witness(instance: Instance) -> Witness:
    """U = 0, V = 0: cost ||W o A||_F^2."""
    m, n = instance.shape
    return Witness(fmpq_mat(m, instance.k), fmpq_mat(instance.k, n), instance.norm())


def fitted(instance: Instance, U: fmpq_mat, bits: int | None = _BITS) -> Witness:
    """The witness with the given U and the best V for it, rounded to ``bits`` when given."""
    V = best_columns(instance, U)
    if bits is not None:
        V = rounded_rows(V.transpose(), bits).transpose()
    return Witness(U, V, instance.cost(U, V))


def best_witness(instance: Instance, U: Array) -> Witness:
    """A rational witness near the floating-point row factor ``U`` (m, k)."""
    witness = fitted(instance, propose_dyadic_rows(U))
    # Unrounded fits have a denominator for each column: in a large instance only an exact fit is worth their sum.
    if len(instance.A.entries()) > _FEW_ENTRIES and witness.cost > instance.norm() * power_of_two(-_BITS):
        return witness
    chart = propose_chart(U)
    if chart is None:
        return witness
    simple = fitted(instance, chart, bits=None)
    return simple if simple.cost <= witness.cost else witness


def shortened(instance: Instance, U: fmpq_mat, V: fmpq_mat, most: fmpq, excess: fmpq) -> Witness | None:
    """A witness near a minimiser with few digits: the longer factor is integral. None when there is none shorter.

    Args:
        instance: the problem.
        U: (m, k).
        V: (k, n).
        most: what the witness may cost.
        excess: positive; about how much of that is to be lost by rounding.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = matrix([[1, 2]])
    >>> U, V = matrix([["10000/30001"]]), matrix([[3, "70001/10000"]])
    >>> witness = shortened(Instance(A, A, 1), U, V, fmpq(1, 2), fmpq(1, 100))
    >>> witness.U, witness.V, witness.cost
    ([21/256], [12, 28], 723/4096)
    """
    found = propose_integers(approx_array(instance.omega), approx_array(U), approx_array(V), log2_of(excess))
    if found is None:
        return None
    S, T, exponent = found
    scale, (m, n) = power_of_two(exponent), instance.shape
    left, right = (fmpq_mat(S), fmpq_mat(T) * scale) if m > n else (fmpq_mat(S) * scale, fmpq_mat(T))
    witness = Witness(left, right, instance.cost(left, right))
    return witness if witness.cost <= most and _length(left, right) < _length(U, V) else None


def _length(U: fmpq_mat, V: fmpq_mat) -> int:
    """The bits of all numerators and denominators."""
    return sum(x.p.bit_length() + x.q.bit_length() for x in U.entries() + V.entries())


def balanced(U: fmpq_mat, V: fmpq_mat) -> tuple[fmpq_mat, fmpq_mat]:
    """Factors of the same product, of similar size: each column of U times a power of two, its row of V by the same.

    >>> balanced(fmpq_mat([[64], [32]]), fmpq_mat([[1, fmpq(1, 2)]]))
    ([8]
    [4], [8, 4])
    """
    scales = []
    for column, row in zip(U.transpose().tolist(), V.tolist(), strict=True):
        left, right = (max((log2_of(abs(x)) for x in entries if x != 0), default=None) for entries in (column, row))
        scales.append(0 if left is None or right is None else (right - left) // 2)
    left_rows = [[x * power_of_two(e) for x, e in zip(row, scales, strict=True)] for row in U.tolist()]
    right_rows = [[x * power_of_two(-e) for x in row] for row, e in zip(V.tolist(), scales, strict=True)]
    return fmpq_mat(left_rows), fmpq_mat(right_rows)
