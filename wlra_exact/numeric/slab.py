"""One node of branch and bound over regions: what to prove there, and which slab to cut out (proposals only).

Guarantee: none; ``search.slabs`` keeps only what ``deciders.orthogonal`` proves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import power_of_two
from wlra_exact.numeric.convert import Array, approx_array, approx_number
from wlra_exact.numeric.orthogonal import Multipliers
from wlra_exact.numeric.regions import propose_region
from wlra_exact.numeric.relaxation import Relaxation
from wlra_exact.numeric.scaling import InnerProducts
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import Region, half_space_rows

__all__ = ["SlabGuess", "propose_slab"]

#: The faces of a slab lie on a grid of its half-width over 2^_GRID_BITS.
_GRID_BITS = 6


@dataclass(frozen=True)
class SlabGuess:
    """What to prove on a region and where to cut it.

    Attributes:
        multipliers: a proposal for the rules `minors` and `orthogonal`.
        products: (h, h + 1) multipliers of the half-spaces.
        normal: (mn,) integers, not all zero.
        low: lower face of the slab low <= <normal, X> <= high.
        high: upper face, above ``low``.
    """

    multipliers: Multipliers
    products: Array
    normal: tuple[int, ...]
    low: fmpq
    high: fmpq


def propose_slab(
    instance: Instance,
    region: Region,
    X: fmpq_mat,
    cost: fmpq,
    cutoff: fmpq,
    inner: tuple[fmpq_mat, fmpq_mat] | None = None,
    expired: Callable[[], bool] = lambda: False,
) -> SlabGuess:
    """Bound a region in floating point and choose its slab.

    Args:
        instance: the problem.
        region: where.
        X: (m, n) incumbent.
        cost: unit of the bounds, positive.
        cutoff: bound at which the region is closed.
        inner: G2 (m, m) and G1 (n, n) to start from, or None for the rank-one fit of omega.
        expired: asked before every step of the interior-point method; True ends it.
    """
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    rows = approx_array(half_space_rows(region)) if region else np.zeros((0, 1 + A.size))
    start = InnerProducts.fitted(omega) if inner is None else InnerProducts(*map(approx_array, inner))
    relaxation = Relaxation(A, omega, instance.k, approx_number(cost), rows[:, 1:], -rows[:, 0])
    found = propose_region(relaxation, start, approx_array(X), approx_number(cutoff / cost), expired)
    exponent = int(np.frexp(found.half_width)[1]) - _GRID_BITS
    low, high = (round((found.centre + side * found.half_width) * 2.0**-exponent) for side in (-1, 1))
    unit = power_of_two(exponent)
    return SlabGuess(found.multipliers, found.products, tuple(map(int, found.normal)), low * unit, high * unit)
