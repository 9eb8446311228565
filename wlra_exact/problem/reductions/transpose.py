"""Transposition: rank X = rank X^T, so opt(A, omega, k) = opt(A^T, omega^T, k), and (U, V) lifts to (V^T, U^T)."""

from __future__ import annotations

from collections.abc import Sequence

from flint import fmpq

from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lift import Factors, Lifted, Reduction

__all__ = ["find_transpose"]


def find_transpose(instance: Instance) -> Reduction | None:
    """The transposition, when it makes the instance have at most as many rows as columns.

    >>> from wlra_exact.algebra.exact import matrix
    >>> tall = Instance(matrix([[1], [2]]), matrix([[1], [1]]), 1)
    >>> find_transpose(tall).children[0].shape, find_transpose(tall.transpose())
    ((1, 2), None)
    """
    m, n = instance.shape
    if m <= n:
        return None
    return Reduction("transpose", instance, (instance.transpose(),), {}, _lift)


def _lift(factors: Sequence[Factors], delta: fmpq, bits: int | None) -> Lifted:
    ((U, V),) = factors
    return Lifted(V.transpose(), U.transpose(), fmpq(0))
