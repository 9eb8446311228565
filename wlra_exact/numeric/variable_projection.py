"""Descent in a chart of the row factor, with V eliminated: the last digits of an incumbent (proposals only).

U = [I; R] on k pivot rows, and V is the weighted least squares fit of every column. Only the k (m - k) entries of R are
left, and a trust region whose axes follow the columns of the Jacobian walks along flat valleys [GolubPereyra1973]. With
missing entries the infimum need not be attained: U then tends to a factor at which a column loses rank, V grows, and
descents in U and V together stop early.

Guarantee: none.
"""

from __future__ import annotations

from itertools import combinations

import numpy as np
from scipy.optimize import least_squares

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.descent import Candidate

__all__ = ["propose_projected"]

#: Evaluations of the Jacobian.
_STEPS = 200

#: Relative size of steps and of decrease at which to stop.
_TOLERANCE = 1e-15


def propose_projected(A: Array, omega: Array, candidate: Candidate) -> Candidate:
    """A candidate that costs no more, from the chart of the largest minor of U.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of the squared residuals.
        candidate: where to start, with k < m.

    >>> A = np.array([[2.0, 0.0], [0.0, 1.0]])
    >>> start = Candidate(np.array([[1.0], [0.5]]), np.array([[1.6, 0.4]]), 1.6)
    >>> bool(abs(propose_projected(A, np.ones((2, 2)), start).cost - 1) < 1e-9)
    True
    """
    m, k = candidate.U.shape
    root = np.sqrt(omega)
    pivots = max(combinations(range(m), k), key=lambda rows: abs(np.linalg.det(candidate.U[list(rows)])))
    others = [i for i in range(m) if i not in pivots]
    try:
        start = np.linalg.solve(candidate.U[list(pivots)].T, candidate.U[others].T).T
    except np.linalg.LinAlgError:
        return candidate

    def factors(x: Array) -> tuple[Array, Array]:
        U = np.zeros((m, k))
        U[list(pivots)] = np.eye(k)
        U[others] = x.reshape(-1, k)
        columns = zip(root.T, (root * A).T, strict=True)
        return U, np.stack([np.linalg.lstsq(w[:, None] * U, a, rcond=None)[0] for w, a in columns], axis=1)

    def residuals(x: Array) -> Array:
        U, V = factors(x)
        return np.asarray((root * (A - U @ V)).ravel())

    found = least_squares(
        residuals, start.ravel(), x_scale="jac", ftol=_TOLERANCE, xtol=_TOLERANCE, gtol=_TOLERANCE, max_nfev=_STEPS
    )
    U, V = factors(found.x)
    cost = float(np.sum(omega * (A - U @ V) ** 2))
    return Candidate(U, V, cost) if cost < candidate.cost else candidate
