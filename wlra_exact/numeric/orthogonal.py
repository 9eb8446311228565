"""Proposals for the rules `minors` and `orthogonal`: multipliers, inner products and the bound they should prove.

With inner products G2 = C2 C2^T and G1 = C1 C1^T (Cholesky factors) the scaled coordinates X' = C2^T X C1 turn both
into identities, keep ranks and keep the form of every multiplier. For G2 = diag(g2), G1 = diag(g1) they are
x'_ij = sqrt(g2_i g1_j) x_ij. Here are the two first-order ways: splitting on the face of the
incumbent (a few hundred eigendecompositions when the relaxation is tight) and without it (large relaxations that are
not). ``numeric.relaxation`` has the interior-point way.

Guarantee: none; ``deciders.orthogonal`` rounds and checks exactly.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.scaling import InnerProducts
from wlra_exact.numeric.splitting import propose_free, propose_on_face

__all__ = ["Multipliers", "propose_fast", "propose_large"]


@dataclass(frozen=True)
class Multipliers:
    """A proposed dual point.

    Attributes:
        value: the lower bound it should prove, in the units of the cost.
        inner: the inner products, with entries of few bits.
        L: (mn, mn) in scaled coordinates.
        Y1: (n, n) in scaled coordinates.
        Y2: (m, m) in scaled coordinates.
    """

    value: float
    inner: InnerProducts
    L: Array
    Y1: Array
    Y2: Array


def propose_fast(
    A: Array,
    omega: Array,
    X: Array,
    k: int,
    cost: float,
    *,
    expired: Callable[[], bool] = lambda: False,
) -> Multipliers | None:
    """Multipliers whose bound is ``cost`` up to rounding where splitting on the incumbent's face succeeds.

    Where it fails they prove less (k = 1), or there are none.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of squared residuals.
        X: (m, n) incumbent of rank k.
        k: rank.
        cost: cost of the incumbent, positive.
        expired: asked now and then; True ends the search.
    """
    inner = InnerProducts.fitted(omega)
    scale = np.outer(inner.C2.diagonal(), inner.C1.diagonal())
    found = propose_on_face(A * scale, omega / scale**2, X * scale, k, cost, expired=expired)
    return Multipliers(found.value * cost, inner, found.L, found.Y1, found.Y2) if found.value > 0 else None


def propose_large(
    A: Array, omega: Array, k: int, cost: float, *, expired: Callable[[], bool] = lambda: False
) -> Multipliers:
    """Multipliers for a relaxation that is too large for an interior-point method and need not be tight.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of squared residuals.
        k: rank.
        cost: cost of the incumbent, positive; fixes the units.
        expired: asked now and then; True ends the search.
    """
    inner = InnerProducts.fitted(omega)
    scale = np.outer(inner.C2.diagonal(), inner.C1.diagonal())
    found, value = propose_free(A * scale, omega / scale**2, k, cost, expired=expired)
    return Multipliers(value, inner, found.L, found.Y1, found.Y2)
