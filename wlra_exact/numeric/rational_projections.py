"""Rational multipliers for rule `projections` from floating-point ones, with growing slack (proposals only).

The instance is taken to the coordinates of ``numeric.projections``: row weights c near the geometric rank-one fit of
omega, costs in units of the incumbent's. The solution is taken back; roots of Y_g and R are rounded to a grid far finer
than the slack, by which z_g is lowered and t raised, so that the matrices have the interior that exact proofs need.

Guarantee: none; ``deciders.projections`` checks every candidate exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq

from wlra_exact.numeric.convert import Array, approx_array, approx_number, dyadic_number
from wlra_exact.numeric.projections import GroupMoments, propose_projections
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.numeric.scaling import few_bits, geometric_fit
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.moments import WeightGroup

__all__ = ["RationalProjections", "propose_rational_projections"]

#: Significant bits of c, z and t, and bits of the grid of a root.
_NUMBER_BITS = 50
_ROOT_BITS = 44

#: In units of the incumbent's cost.
_SLACKS = (1e-11, 1e-9, 1e-7)


@dataclass(frozen=True)
class RationalProjections:
    """Multipliers of the rule.

    Attributes:
        c: (m,) positive.
        t: a number.
        root: (p, m), of R.
        z: (g,) not negative.
        roots: (g,) of the Y_g.
    """

    c: Sequence[fmpq]
    t: fmpq
    root: Dyadic
    z: Sequence[fmpq]
    roots: Sequence[Dyadic]


def propose_rational_projections(
    instance: Instance, groups: Sequence[WeightGroup], cost: fmpq, target: float, expired: Callable[[], bool]
) -> Iterator[RationalProjections]:
    """Candidates, the sharpest first; none where numbers leave the range of floats.

    Args:
        instance: of a rank below the number of rows.
        groups: of its columns, at least one.
        cost: the incumbent's, positive.
        target: relative gap to it that is enough.
        expired: asked at every step.
    """
    (m, _), k, unit = instance.shape, instance.k, approx_number(cost)
    fitted = few_bits(geometric_fit(approx_array(instance.omega))[0], _NUMBER_BITS)
    c = [dyadic_number(float(x), _NUMBER_BITS) for x in fitted]
    rho = [max(group.weights[i] / c[i] for i in group.support) for group in groups]
    approximate = [_approximate(group, c, x, cost) for group, x in zip(groups, rho, strict=True)]
    if not all(np.isfinite(group.moments).all() for group in approximate):
        return
    found = propose_projections(approximate, m, k, target, expired)
    scales = [approx_number(cost / x) for x in rho]
    roots = [_rounded_root(Y, x, fitted) for Y, x in zip(found.Y, scales, strict=True)]
    root = _rounded_root(found.R, unit, fitted)
    for slack in _SLACKS:
        z = [max(dyadic_number((float(x) - slack) * unit, _NUMBER_BITS), fmpq(0)) for x in found.z]
        yield RationalProjections(c, dyadic_number((found.t + slack) * unit, _NUMBER_BITS), root, z, roots)


def _approximate(group: WeightGroup, c: Sequence[fmpq], rho: fmpq, cost: fmpq) -> GroupMoments:
    S = list(group.support)
    delta = [approx_number(group.weights[i] / (rho * c[i])) for i in S]
    root = np.sqrt([approx_number(c[i]) for i in S])
    return GroupMoments(np.array(S), approx_array(group.moments * (rho / cost)) * np.outer(root, root), np.array(delta))


def _rounded_root(M: Array, scale: float, c: Array) -> Dyadic:
    """A root of scale D_c^-1/2 M D_c^-1/2, about, for a semidefinite M."""
    values, vectors = np.linalg.eigh(M)
    root = (vectors * np.sqrt(np.maximum(values, 0.0) * scale)).T / np.sqrt(c)
    return Dyadic.of(root, int(np.frexp(np.abs(root).max())[1]) - _ROOT_BITS)
