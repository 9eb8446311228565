"""Rational multipliers for rule `projections` from floating-point ones, with growing slack (proposals only).

The instance is taken to coordinates where the row weights c, near the geometric rank-one fit of omega, are 1 and the
incumbent's cost is 1. The solution is taken back; roots of Y_g and R are rounded to a grid far finer than the slack, by
which z_g is lowered and t raised, so that the matrices have the interior that exact proofs need.

Guarantee: none; ``deciders.projections`` checks every candidate exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq

from wlra_exact.numeric.convert import Array, approx_array, approx_number, dyadic_number
from wlra_exact.numeric.decompose import eigh
from wlra_exact.numeric.projections import GroupMoments, propose_projections
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.numeric.scaling import few_bits, geometric_fit
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.moments import SupportGroup, row_weights

__all__ = ["RationalProjections", "approximate_groups", "propose_rational_projections", "propose_row_weights"]

#: Significant bits of c, z and t, and bits of the grid of a root.
_NUMBER_BITS = 50
_ROOT_BITS = 44

#: In units of the incumbent's cost.
_SLACKS = (1e-11, 1e-9, 1e-7)


@dataclass(frozen=True)
class RationalProjections:
    """Multipliers of the rule.

    Attributes:
        t: a number.
        root: (p, m), of R.
        z: (g,) not negative.
        roots: (g,) of the Y_g.
    """

    t: fmpq
    root: Dyadic
    z: Sequence[fmpq]
    roots: Sequence[Dyadic]


def propose_row_weights(instance: Instance) -> list[fmpq]:
    """(m,) positive: c where omega is c b^T or 0, and otherwise near a fit.

    >>> from wlra_exact.algebra.exact import matrix
    >>> omega = matrix([[1, 2, 0], [4, 0, 12]])
    >>> c = propose_row_weights(Instance(omega, omega, 1))
    >>> c[1] / c[0]
    4
    """
    known = row_weights(instance)
    if known is not None:
        return known
    fitted, _ = geometric_fit(approx_array(instance.omega))
    return [dyadic_number(float(x), _NUMBER_BITS) for x in few_bits(fitted, _NUMBER_BITS)]


def propose_rational_projections(
    groups: Sequence[SupportGroup],
    c: Sequence[fmpq],
    k: int,
    cost: fmpq,
    target: float,
    expired: Callable[[], bool],
) -> Iterator[RationalProjections]:
    """Candidates, the sharpest first; none where numbers leave the range of floats.

    Args:
        groups: of the columns, at least one.
        c: (m,) row weights.
        k: rank, below m.
        cost: the incumbent's, positive.
        target: relative gap to it that is enough.
        expired: asked at every step.
    """
    unit, root_c = approx_number(cost), np.sqrt([approx_number(x) for x in c])
    approximate = list(approximate_groups(groups, c, cost))
    if len(approximate) < len(groups):
        return
    found = propose_projections(approximate, len(c), k, target, expired)
    *roots, root = (_rounded_root(M, unit, root_c) for M in (*found.Y, found.R))
    for slack in _SLACKS:
        z = [max(dyadic_number((float(x) - slack) * unit, _NUMBER_BITS), fmpq(0)) for x in found.z]
        yield RationalProjections(dyadic_number((found.t + slack) * unit, _NUMBER_BITS), root, z, roots)


def approximate_groups(groups: Sequence[SupportGroup], c: Sequence[fmpq], cost: fmpq) -> Iterator[GroupMoments]:
    """The groups in the coordinates above; ends where numbers leave the range of floats."""
    root_c = np.sqrt([approx_number(x) for x in c])
    for group in groups:
        S = np.array(group.support)
        moments = approx_array(group.moments * (1 / cost)) * np.outer(root_c[S], root_c[S])
        if not np.isfinite(moments).all():
            return
        yield GroupMoments(S, moments)


def _rounded_root(M: Array, unit: float, root_c: Array) -> Dyadic:
    """A root of unit D_c^-1/2 M D_c^-1/2, about, for a semidefinite M."""
    values, vectors = eigh(M)
    root = (vectors * np.sqrt(np.maximum(values, 0.0) * unit)).T / root_c
    return Dyadic.of(root, int(np.frexp(np.abs(root).max())[1]) - _ROOT_BITS)
