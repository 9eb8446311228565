"""Proposals for the rules `minors` and `orthogonal` on a region, and where to cut it (proposals only).

Two opposite half-spaces a small distance apart bound the variance of their common normal in ``numeric.relaxation``. A
tight relaxation has the pseudo-moments of a point, and one that is not has variance in few directions. Cutting out a
slab around the incumbent in the direction of the largest variance (in units of the weights) therefore raises the bound
in the slab and on both sides of it. The inner products are improved at every node, as long as that pays.

Guarantee: none; ``deciders.orthogonal`` rounds and checks exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.ascent import improve, near
from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.decompose import eigh
from wlra_exact.numeric.orthogonal import Multipliers
from wlra_exact.numeric.relaxation import Relaxation
from wlra_exact.numeric.scaling import InnerProducts

__all__ = ["RegionProposal", "propose_region"]

#: Normals are rounded to integers up to this size.
_NORMAL_SIZE = 256

#: Half the width of a slab, in standard deviations of the pseudo-moments.
_HALF_WIDTH = 0.35

#: The slab is centred at the incumbent when that is at most so many standard deviations from the pseudo-mean.
_NEAR = 3.0

#: How far above the cutoff, in units of its distance to the cost, a proposal aims, and how far is enough.
_ROOM, _ENOUGH = 0.2, 0.05

#: Steps of the inner products at a node, while each closes such a share of what is missing.
_STEPS, _PAYING = 8, 0.3


@dataclass(frozen=True)
class RegionProposal:
    """A proposed bound on a region, and a slab to cut out of it.

    Attributes:
        multipliers: of the relaxation; its value is the bound it should prove.
        products: (h, h + 1) the multipliers p_ab >= 0, p_{a,-1} first; zero from b = a on.
        normal: (mn,) integers; the direction of the largest pseudo-variance.
        centre: value of the normal at the middle of the slab.
        half_width: positive.
        mean: (mn,) the pseudo-means of the entries.
    """

    multipliers: Multipliers
    products: Array
    normal: NDArray[np.int64]
    centre: float
    half_width: float
    mean: Array


def propose_region(
    relaxation: Relaxation,
    inner: InnerProducts,
    X: Array,
    cutoff: float,
    expired: Callable[[], bool] = lambda: False,
) -> RegionProposal:
    """The best bound found on a region, or the first one above ``cutoff``.

    Args:
        relaxation: the problem on the region.
        inner: inner products to start from.
        X: (m, n) incumbent.
        cutoff: bound at which the region can be closed, in units of the cost.
        expired: asked before every step; True ends the search.
    """
    # Stopping a little above the cutoff leaves room for the exact proof.
    room = max(1 - cutoff, 1e-9)
    stop = near(cutoff + _ROOM * room)
    found = relaxation.solve(inner, stop=stop, expired=expired)
    if relaxation.k > 1:
        enough = cutoff + _ENOUGH * room
        found = improve(relaxation, found, enough, stop, steps=_STEPS, paying=_PAYING, expired=expired)
    seen = relaxation.omega.ravel() > 0
    normal = np.zeros(X.size, dtype=np.int64)
    normal[seen] = _direction(found.covariance[np.ix_(seen, seen)], np.sqrt(relaxation.omega.ravel()[seen]))
    along = normal.astype(float)
    centre = float(along @ found.mean)
    deviation = float(np.sqrt(max(along @ found.covariance @ along, 0.0)))
    at = float(along @ X.ravel())
    if abs(at - centre) <= _NEAR * deviation and np.all(relaxation.normals @ X.ravel() >= relaxation.offsets):
        centre = at
    size = float(np.abs(along) @ np.abs(X.ravel())) + np.sqrt(relaxation.cost)
    half_width = max(_HALF_WIDTH * deviation, 1e-12 * size)
    return RegionProposal(found.multipliers, found.products, normal, centre, half_width, found.mean)


def _direction(covariance: Array, weights: Array) -> NDArray[np.int64]:
    """The normal of the largest variance in units of the weights, as integers."""
    _, vectors = eigh(weights[:, None] * covariance * weights)
    normal: Array = vectors[:, -1] * weights
    return np.rint(normal * (_NORMAL_SIZE / float(np.abs(normal).max()))).astype(np.int64)
