"""Better incumbents from the nodes of branch and bound (proposals only).

Where a node's relaxation attains its bound lies a point: chart coordinates, hence a row factor U, or a matrix M that
need not be of rank k. Of M the row factor is taken: its leading left singular vectors in weight-adapted inner products,
and for k = 1 with missing entries

    log |u_i| + log |v_j| = log |M_ij|,   weighted by omega_ij M_ij^2 (least squares),   signs by turns.

A descent goes on from there while it may end below the incumbent (``numeric.descent.propose_below``). A node that
cannot be closed because a matrix in it costs less than the incumbent shrinks about that matrix, and so does its point;
so the descent gets there.

Guarantee: none; the exact cost of what is found decides.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from flint import fmpq

from wlra_exact.numeric.convert import Array, approx_array, approx_number
from wlra_exact.numeric.decompose import svd
from wlra_exact.numeric.descent import Candidate, propose_below
from wlra_exact.numeric.scaling import fit_inner_products
from wlra_exact.problem.instance import Instance

__all__ = ["propose_better", "row_factor_of"]

#: A better incumbent costs less by this part of its distance to the cutoff, or of itself where that is less.
_STEP = 0.25
_PART = 1e-6

#: Turns of signs.
_TURNS = 4


@dataclass(frozen=True)
class _Floats:
    """An instance in floating point, with inner products near its weights."""

    A: Array
    omega: Array
    g2: Array
    g1: Array


def propose_better(
    instance: Instance, U: Array, cost: fmpq, cutoff: fmpq, *, thorough: bool = False
) -> Candidate | None:
    """Factors that cost less than the incumbent by more than rounding; None if none is in sight.

    Args:
        instance: the problem.
        U: (m, k) row factor to start from.
        cost: of the incumbent.
        cutoff: bound at which nodes are closed, below ``cost``.
        thorough: whether to polish in any case.

    >>> from wlra_exact.algebra.exact import matrix
    >>> problem = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> start = np.array([[1.0], [0.5]])
    >>> propose_better(problem, start, fmpq(1), fmpq(99, 100)) is None  # opt = 1
    True
    >>> round(propose_better(problem, start, fmpq(4), fmpq(399, 100)).cost, 9)
    1.0
    """
    floats, unit = _floats(instance), approx_number(cost)
    goal = unit - min(_STEP * approx_number(cost - cutoff), _PART * unit)
    return propose_below(floats.A, floats.omega, U, goal, thorough=thorough)


def row_factor_of(instance: Instance, M: Array) -> Array:
    """The (m, k) row factor of a matrix near those of rank k.

    Args:
        instance: the problem.
        M: (m, n) or (mn,); for k = 1 its missing entries do not count.

    >>> from wlra_exact.algebra.exact import matrix
    >>> omega = matrix([[1, 0], [1, 1]])
    >>> U = row_factor_of(Instance(matrix([[0, 0], [0, 0]]), omega, 1), np.array([[1.0, 0.0], [-2.0, 3.0]]))
    >>> (U / U[0]).round(9)
    array([[ 1.],
           [-2.]])
    """
    floats, M = _floats(instance), np.nan_to_num(M).reshape(instance.shape)
    root = np.sqrt(np.outer(floats.g2, floats.g1))
    left = svd(M * root)[0][:, : instance.k] / np.sqrt(floats.g2)[:, None]
    if instance.k > 1 or floats.omega.all():
        return np.asarray(left)
    return _of_observed(M, floats.omega, left[:, 0])[:, None]


def _of_observed(M: Array, omega: Array, start: Array) -> Array:
    """(m,) the row factor of a matrix of rank one, from its observed entries; signs begin with those of ``start``."""
    weights = omega * M * M
    size = np.log(np.where(weights > 0, np.abs(M), 1.0))
    # The normal equations of the logarithms; their null space, a common factor, is at the lower end of the spectrum.
    normal = np.block([[np.diag(weights.sum(1)), weights], [weights.T, np.diag(weights.sum(0))]])
    right = np.concatenate([(weights * size).sum(1), (weights * size).sum(0)])
    logs = np.linalg.lstsq(normal, right, rcond=1e-13)[0][: M.shape[0]]
    pull = omega * np.abs(M) * M
    signs = np.where(start < 0, -1.0, 1.0)
    for _ in range(_TURNS):
        signs = np.where(pull @ np.where(signs @ pull < 0, -1.0, 1.0) < 0, -1.0, 1.0)
    return np.asarray(signs * np.exp(logs - logs.max()))


@lru_cache(maxsize=16)
def _floats(instance: Instance) -> _Floats:
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    return _Floats(A, omega, *fit_inner_products(omega))
