"""Rank one with missing entries: descent in the logarithms of the factors (proposals only).

The infimum need not be attained: the cost falls for ever while some factors tend to 0 against others. Steps in (U, V)
become shorter and shorter on that way; in y = log|u|, z = log|v| it is a straight line, along which the cost falls like
an exponential. With the signs kept, x_ij = s_ij exp(y_i + z_j) has the derivatives

    d cost / d(y_i + z_j) = 2 w x (x - a),      d^2 cost / d(y_i + z_j)^2 = 2 w x (2 x - a),

and the Hessian is a weighted sum of (e_i + e_j)(e_i + e_j)^T. Where a weight is negative its absolute value is taken,
which turns ascent into descent (a saddle-free Newton step); the diagonal is damped.

Guarantee: none; the exact cost of the rounded factors is evaluated elsewhere.
"""

from __future__ import annotations

import numpy as np

from wlra_exact.numeric.convert import Array

__all__ = ["polish_in_logarithms"]

_STEPS = 80
_LONGEST = 3.0  # of a step in a logarithm
_DAMPING = (1e-9, 1e8)
_STALLED = 1e-12  # a fall of the cost, relative
_TINY = 1e-8  # zeros among factors start as this part of the largest


def polish_in_logarithms(A: Array, omega: Array, u: Array, v: Array) -> tuple[Array, Array]:
    """Factors of no greater cost.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of the squared residuals.
        u: (m,) row factors.
        v: (n,) column factors.

    >>> A, omega = np.array([[0.0, 1.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 1.0]])
    >>> u, v = polish_in_logarithms(A, omega, np.array([1.0, 0.5]), np.array([1.0, 0.5]))
    >>> bool(np.sum(omega * (A - np.outer(u, v)) ** 2) < 1e-9)
    True
    """
    rows, columns = np.nonzero(omega)
    a, w = A[rows, columns], omega[rows, columns]
    if not (np.any(u) and np.any(v)):
        return u, v
    m, size = len(u), len(u) + len(v)
    signs = np.where(np.concatenate([u, v]) < 0, -1.0, 1.0)
    sign = signs[rows] * signs[m + columns]
    parts = (np.maximum(np.abs(f), _TINY * np.max(np.abs(f))) for f in (u, v))
    theta = np.log(np.concatenate(list(parts)))
    incidence = np.zeros((len(a), size))
    incidence[np.arange(len(a)), rows] = incidence[np.arange(len(a)), m + columns] = 1.0

    def products(point: Array) -> Array:
        return np.asarray(sign * np.exp(np.minimum(point[rows] + point[m + columns], 300.0)))

    x = products(theta)
    cost, damping = float(np.sum(w * (a - x) ** 2)), 1e-3
    before = float(np.sum(omega * (A - np.outer(u, v)) ** 2))
    for _ in range(_STEPS):
        curvature = w * np.maximum(np.abs(x * (2 * x - a)), x * x)
        H = incidence.T @ (curvature[:, None] * incidence)
        diagonal = np.where(np.diag(H) > 0, np.diag(H), 1.0)
        root = np.sqrt(diagonal)
        # Scaled by its diagonal, H sees factors of every size alike; the common scale of u and v is its null space.
        scaled = H / np.outer(root, root) + damping * np.eye(size)
        step = np.linalg.lstsq(scaled, (incidence.T @ (w * x * (a - x))) / root, rcond=1e-14)[0] / root
        step *= min(1.0, _LONGEST / max(float(np.max(np.abs(step))), 1e-300))
        new = products(theta + step)
        new_cost = float(np.sum(w * (a - new) ** 2))
        if new_cost < cost:
            stalled = cost - new_cost <= _STALLED * cost
            theta, x, cost = theta + step, new, new_cost
            damping = max(damping / 5, _DAMPING[0])
            if stalled:
                break
        else:
            damping *= 8
            if damping > _DAMPING[1]:
                break
    if not cost < before:
        return u, v
    common = (theta[:m].mean() - theta[m:].mean()) / 2  # u and v of equal size
    found = signs * np.exp(theta - np.repeat([common, -common], [m, size - m]))
    return found[:m], found[m:]
