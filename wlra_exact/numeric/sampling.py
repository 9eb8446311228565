"""Floating-point samples of exact things, for pictures: a proof never sees them.

The reduced cost of a column space is what is left when V is eliminated column by column,

    f(U) = sum_j min_v sum_i omega_ij (A_ij - (U v)_i)^2,

where a column with at most k positive weights counts 0, as in ``systems.reduced_cost``. It is sampled here on a line of
directions (two rows, k = 1) and on the unit box of a chart with two coordinates.

Guarantee: none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from flint import arb, fmpq, fmpq_mat, fmpz

from wlra_exact.errors import UnsupportedError
from wlra_exact.numeric.convert import Array, approx_array, approx_number
from wlra_exact.problem.instance import Instance

__all__ = [
    "angle",
    "approx_balls",
    "approx_log2",
    "approx_numbers",
    "chart_coordinates",
    "sample_angles",
    "sample_chart",
    "weighted_residual",
]


def approx_numbers(values: Sequence[fmpq]) -> Array:
    """The floats nearest to the values.

    >>> approx_numbers([fmpq(1, 2), fmpq(3)])
    array([0.5, 3. ])
    """
    return np.array([approx_number(x) for x in values], dtype=np.float64)


def approx_log2(values: Sequence[fmpq | None]) -> Array:
    """log2 of the values, far beyond the range of floats too; NaN for None and for 0.

    >>> approx_log2([fmpq(1, 4), fmpq(3, 2) / fmpq(2) ** 300000, fmpq(0), None]).round(3)
    array([-2.00000000e+00, -2.99999415e+05,             nan,             nan])
    """
    logarithms = []
    for x in values:
        if x is None or x <= 0:
            logarithms.append(np.nan)
            continue
        shift = int(x.p.bit_length()) - int(x.q.bit_length())
        size = fmpz(1) << abs(shift)
        logarithms.append(shift + np.log2(approx_number(x / size if shift >= 0 else x * size)))
    return np.array(logarithms, dtype=np.float64)


def approx_balls(balls: Sequence[arb]) -> Array:
    """The floats nearest to the midpoints of the balls."""
    return approx_numbers([ball.mid().fmpq() for ball in balls])


def angle(u: Array) -> float:
    """The direction of the line through u = (u_1, u_2), in degrees, in (-90, 90].

    >>> angle(np.array([-1.0, -1.0])), angle(np.array([0.0, -2.0]))
    (45.0, 90.0)
    """
    degrees = float(np.degrees(np.arctan2(u[1], u[0]))) % 180.0
    return degrees - 180.0 if degrees > 90.0 else degrees


def sample_angles(instance: Instance, count: int = 721) -> tuple[Array, Array]:
    """The reduced cost of U = (cos t, sin t) for ``count`` angles t from -90 to 90 degrees.

    Raises:
        UnsupportedError: unless the instance has two rows and k = 1.

    >>> from wlra_exact.algebra.exact import matrix
    >>> degrees, costs = sample_angles(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1), 3)
    >>> degrees, costs
    (array([-90.,   0.,  90.]), array([4., 1., 4.]))
    """
    if instance.shape[0] != 2 or instance.k != 1:
        raise UnsupportedError(f"a curve needs two rows and k = 1, got {instance.shape[0]} rows and k = {instance.k}")
    degrees = np.linspace(-90.0, 90.0, count)
    turned = np.radians(degrees)
    return degrees, _reduced_costs(instance, np.stack([np.cos(turned), np.sin(turned)], axis=1)[:, :, None])


def sample_chart(instance: Instance, pivots: Sequence[int], count: int = 161) -> tuple[Array, Array]:
    """The reduced cost on the unit box of a chart with two coordinates R_0, R_1.

    Returns:
        The ``count`` values that each coordinate takes, and the costs: row a, column b belongs to (R_1, R_0) =
        (value a, value b), as pictures want it.

    Raises:
        UnsupportedError: unless the chart has two coordinates, k (m - k) = 2.
    """
    m, k = instance.shape[0], instance.k
    if k * (m - k) != 2:
        raise UnsupportedError(f"a landscape needs k(m - k) = 2 chart coordinates, got {k * (m - k)}")
    values = np.linspace(-1.0, 1.0, count)
    across, up = np.meshgrid(values, values)
    R = np.stack([across.ravel(), up.ravel()], axis=1).reshape(-1, m - k, k)
    U = np.zeros((count * count, m, k))
    U[:, list(pivots), :] = np.eye(k)
    U[:, [i for i in range(m) if i not in pivots], :] = R
    return values, _reduced_costs(instance, U).reshape(count, count)


def _reduced_costs(instance: Instance, U: Array) -> Array:
    """f(U) for every U of a stack (count, m, k)."""
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    costs = np.zeros(U.shape[0])
    for j in range(A.shape[1]):
        if np.count_nonzero(omega[:, j]) <= instance.k:
            continue
        root = np.sqrt(omega[:, j])
        scaled, target = U * root[:, None], root * A[:, j]
        fitted = np.linalg.pinv(scaled) @ target
        costs += np.sum((np.einsum("gik,gk->gi", scaled, fitted) - target) ** 2, axis=1)
    return costs


def chart_coordinates(u: Array, pivots: Sequence[int], *, kernel: bool) -> tuple[float, float] | None:
    """Where a point of projective space lies in a chart with two coordinates; None outside its unit box.

    Args:
        u: (3,) the column space for rank one; for rank two its orthogonal complement, with ``kernel``.
        pivots: rows of the chart, one for rank one and two for rank two.
        kernel: which of the two ``u`` is.

    >>> chart_coordinates(np.array([2.0, 1.0, -1.0]), (0,), kernel=False)
    (0.5, -0.5)
    >>> chart_coordinates(np.array([2.0, 1.0, -1.0]), (1,), kernel=False) is None
    True
    """
    others = [i for i in range(3) if i not in pivots]
    # X = (Y on the pivots, R Y elsewhere): u is its column (k = 1), or u^T X = 0 gives R_l = -u_pivot / u_other.
    top, bottom = (-u[list(pivots)], u[others[0]]) if kernel else (u[others], u[pivots[0]])
    if bottom == 0 or np.any(np.abs(top) > np.abs(bottom) * (1 + 1e-9)):
        return None
    return float(top[0] / bottom), float(top[1] / bottom)


def weighted_residual(instance: Instance, U: fmpq_mat, V: fmpq_mat) -> Array:
    """The (m, n) matrix sqrt(omega) (A - U V): its squares add up to the cost. NaN where the weight is 0.

    >>> from wlra_exact.algebra.exact import matrix
    >>> one = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 0], [1, 4]]), 1)
    >>> weighted_residual(one, matrix([[1], [0]]), matrix([[2, 0]]))
    array([[ 0., nan],
           [ 0.,  2.]])
    """
    omega = approx_array(instance.omega)
    residual = np.sqrt(omega) * approx_array(instance.A - U * V)
    residual[omega == 0] = np.nan
    return residual
