"""Descent on a box of chart coordinates (proposals only).

On the chart of pivots P a matrix of rank k is X = U V, U the identity on the rows P and R elsewhere. For fixed R the
best V is a weighted least-squares fit, so the cost is a function of R alone,

    f(R) = min_V sum_ij omega_ij (A_ij - (U V)_ij)^2,     grad f(R) = -2 (omega o (A - U V))_{not P} V^T,

and is minimised over a box by a quasi-Newton method with bounds. Coordinates whose bounds agree are fixed.

Guarantee: none. The exact cost at the proposed R decides.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import minimize

from wlra_exact.numeric.convert import Array

__all__ = ["propose_on_box"]

#: Random starts beside the given one.
_STARTS = 6


def propose_on_box(
    A: Array, omega: Array, pivots: Sequence[int], lower: Array, upper: Array, start: Array
) -> tuple[Array, float]:
    """Chart coordinates of low cost in a box, and that cost.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of the squared residuals.
        pivots: k rows.
        lower: (d,) bounds of the coordinates, row by row.
        upper: (d,) bounds, not below ``lower``.
        start: (d,) where to begin; it is clipped into the box.
    """
    m, k = A.shape[0], len(pivots)
    others = [i for i in range(m) if i not in pivots]
    free = np.flatnonzero(upper > lower)
    U = np.zeros((m, k))
    U[list(pivots)] = np.eye(k)

    def evaluate(x: Array, fixed: Array) -> tuple[float, Array]:
        R = fixed.copy()
        R[free] = x
        U[others] = R.reshape(-1, k)
        normal = np.einsum("il,ij,ip->jlp", U, omega, U)
        ridge = 1e-13 * np.trace(normal, axis1=1, axis2=2) + 1e-300
        right = np.einsum("il,ij->jl", U, omega * A)
        V = np.linalg.solve(normal + ridge[:, None, None] * np.eye(k), right[:, :, None])[:, :, 0].T
        residual = omega * (A - U @ V)
        gradient = (-2 * residual[others] @ V.T).ravel()
        return float(np.sum(residual * (A - U @ V))), gradient[free]

    fixed = np.clip(start, lower, upper)
    if free.size == 0:
        return fixed, evaluate(fixed[free], fixed)[0]
    rng = np.random.default_rng(0)
    bounds = list(zip(lower[free], upper[free], strict=True))
    best, least = fixed, np.inf
    for attempt in range(1 + _STARTS):
        begin = fixed[free] if attempt == 0 else rng.uniform(lower[free], upper[free])
        scale = max(evaluate(begin, fixed)[0], 1e-300)

        def scaled(x: Array, scale: float = scale) -> tuple[float, Array]:
            value, gradient = evaluate(x, fixed)
            return value / scale, gradient / scale

        found = minimize(
            scaled, begin, jac=True, method="L-BFGS-B", bounds=bounds,
            options={"maxiter": 500, "ftol": 1e-16, "gtol": 1e-12},
        )  # fmt: skip
        value = evaluate(found.x, fixed)[0]
        if value < least:
            best, least = fixed.copy(), value
            best[free] = found.x
    return best, least
