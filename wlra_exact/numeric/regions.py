"""Proposals for the rules `minors` and `orthogonal` on a region, and where to cut it (proposals only).

On a region of half-spaces l_a [1; x] >= 0 the relaxation of ``numeric.ascent`` gains the multipliers p_ab >= 0 of the
products l_a l_b >= 0 and of l_a >= 0 itself (b = -1):

    maximise tau   subject to   M_0 - tau E_00 + pad(B + K/k) - sum_{a > b} p_ab sym(l_a, l_b) >= 0,   K >= 0.

Two opposite half-spaces a small distance apart bound the variance of their common normal. The dual matrix of the
inequality holds pseudo-moments of X: a tight relaxation has the moments of a point, and one that is not has variance
in few directions. Cutting out a slab around the incumbent in the direction of the largest variance (in units of the
weights) therefore raises the bound in the slab and on both sides of it.

Guarantee: none; ``deciders.orthogonal`` rounds and checks exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from numpy.typing import NDArray

from wlra_exact.numeric.ascent import read_multipliers, root_blocks
from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.interior import Batch, Block, Constraint, propose_sdp
from wlra_exact.numeric.orthogonal import Multipliers

__all__ = ["RegionProposal", "propose_region"]

#: Normals are rounded to integers up to this size.
_NORMAL_SIZE = 256

#: Half the width of a slab, in standard deviations of the pseudo-moments.
_HALF_WIDTH = 0.35

#: The slab is centred at the incumbent when that is at most so many standard deviations from the pseudo-mean.
_NEAR = 3.0

#: Multipliers below this (of unit normals) are dropped.
_NEGLIGIBLE = 1e-9


@dataclass(frozen=True)
class RegionProposal:
    """A proposed bound on a region, and a slab to cut out of it.

    Attributes:
        multipliers: of the relaxation; its value is the bound it should prove.
        products: (h, h + 1) the multipliers p_ab >= 0, p_{a,-1} first; zero from b = a on.
        normal: (mn,) integers; the direction of the largest pseudo-variance.
        centre: value of the normal at the middle of the slab.
        half_width: positive.
    """

    multipliers: Multipliers
    products: Array
    normal: NDArray[np.int64]
    centre: float
    half_width: float


def propose_region(
    A: Array,
    omega: Array,
    k: int,
    cost: float,
    cutoff: float,
    X: Array,
    inner: tuple[Array, Array],
    normals: Array,
    offsets: Array,
    expired: Callable[[], bool] = lambda: False,
) -> RegionProposal:
    """The best bound on a region, or the first one above ``cutoff``.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of squared residuals; all positive when k >= 2.
        k: rank.
        cost: unit of the bound: the incumbent's cost, positive.
        cutoff: bound at which the region can be closed, in units of the cost.
        X: (m, n) incumbent.
        inner: (g2, g1), the diagonals of the inner products.
        normals: (h, mn) of the half-spaces.
        offsets: (h,) of the half-spaces.
        expired: asked before every step; True ends the search.
    """
    m, n = A.shape
    g2, g1 = inner
    scale = np.sqrt(np.outer(g2, g1))
    blocks, objective = root_blocks(A * scale, omega / scale**2, k, cost)
    seen = np.ones(m * n, dtype=bool) if k > 1 else omega.ravel() > 0
    s = scale.ravel()[seen]
    # In the coordinates [sqrt(cost); s x] of the blocks, with normals of length 1.
    lengths = np.linalg.norm(normals[:, seen] / s, axis=1)
    lines = np.concatenate([-offsets[:, None] / np.sqrt(cost), normals[:, seen] / s], axis=1) / lengths[:, None]
    pairs = [(a, b) for a in range(len(lines)) for b in range(-1, a)]
    constraints = _with_products(blocks, lines, pairs, objective.size)
    b = np.concatenate([objective, np.zeros(len(pairs))])

    def stop(primal: float, dual: float) -> bool:
        return dual >= cutoff or (primal < cutoff and primal - dual < 2e-3 * (1.0 - primal))

    result = propose_sdp(constraints, b, stop=stop, expired=expired)
    products = np.zeros((len(lines), len(lines) + 1))
    for (a, c), value in zip(pairs, result.y[objective.size :], strict=True):
        if value > _NEGLIGIBLE:
            products[a, c + 1] = value / lengths[a] * (np.sqrt(cost) if c < 0 else 1 / lengths[c])
    multipliers = read_multipliers(result, m, n, k, cost, g1, g2)
    moments = result.X[len(blocks) - 1][0]
    moments = moments / max(moments[0, 0], 1e-300)
    mean = moments[0, 1:] * np.sqrt(cost) / s
    covariance = (moments[1:, 1:] - np.outer(moments[0, 1:], moments[0, 1:])) * cost / np.outer(s, s)
    normal = np.zeros(m * n, dtype=np.int64)
    normal[seen] = _direction(covariance, np.sqrt(omega.ravel()[seen]))
    along = normal[seen].astype(float)
    centre, deviation = float(along @ mean), float(np.sqrt(max(along @ covariance @ along, 0.0)))
    at = float(along @ X.ravel()[seen])
    if abs(at - centre) <= _NEAR * deviation and np.all(normals @ X.ravel() >= offsets):
        centre = at
    size = float(np.abs(along) @ np.abs(X.ravel()[seen])) + np.sqrt(cost)
    return RegionProposal(multipliers, products, normal, centre, max(_HALF_WIDTH * deviation, 1e-12 * size))


def _with_products(blocks: list[Block], lines: Array, pairs: list[tuple[int, int]], size: int) -> list[Constraint]:
    """The blocks with the variables p_ab >= 0 behind their own, each -sym(l_a, l_b) in the last block."""
    if not pairs:
        return list(blocks)
    unit = np.zeros(lines.shape[1])
    unit[0] = 1.0
    columns = []
    for a, b in pairs:
        other = lines[b] if b >= 0 else unit
        outer = np.outer(lines[a], other)
        columns.append(-(outer + outer.T).ravel() / 2)
    extra = [scipy.sparse.csc_array((block.F.shape[0], len(pairs))) for block in blocks[:-1]]
    extra.append(scipy.sparse.csc_array(np.array(columns).T))
    wider: list[Constraint] = [
        Block(block.C, scipy.sparse.hstack([block.F, more]).tocsc()) for block, more in zip(blocks, extra, strict=True)
    ]
    count = len(pairs)
    wider.append(Batch(np.zeros((count, 1, 1)), np.ones((count, 1, 1, 1)), size + np.arange(count)[:, None]))
    return wider


def _direction(covariance: Array, weights: Array) -> NDArray[np.int64]:
    """The normal of the largest variance in units of the weights, as integers."""
    _, vectors = np.linalg.eigh(weights[:, None] * covariance * weights)
    normal: Array = vectors[:, -1] * weights
    return np.rint(normal * (_NORMAL_SIZE / float(np.abs(normal).max()))).astype(np.int64)
