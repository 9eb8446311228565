"""All complex critical points of generic weights and data by monodromy, and with them those of given ones.

*One point.* For any factors (U, V) and weights Omega, every R with U^T R = 0 = R V^T makes (U, V) critical for the
data L = Omega o U V - R.

*The others.* The pairs of data and critical points are an irreducible variety. So when the data go round a loop in
the complex numbers, the points are permuted, and those that all loops reach from one point are all. The loops go from
one generic pair of data to another and back along segments; the segments end at random multiples of the data, which
have the same critical points, so that every loop is another one.

*The given ones.* The points of generic data are followed to those of the given ones, along a segment again.

Guarantee: none; floating point. What comes back is proposed, and the caller proves it.

Source: [DHJLLS2019].
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from flint import acb, fmpq_mat
from numpy.typing import NDArray

from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.paths import Complex, Data, Points, follow

__all__ = ["propose_critical_points"]

#: Loops without a new point after which the search ends.
_STALE = 4

#: Journeys to the given data; a path that is lost on one may arrive on another.
_JOURNEYS = 3

#: Points closer than this, relatively, are taken for the same.
_SAME = 1e-6


def propose_critical_points(
    A: fmpq_mat, omega: fmpq_mat, k: int, chart: NDArray[np.intp], count: int, in_time: Callable[[], bool]
) -> tuple[list[list[acb]], int]:
    """Complex critical points of rank k, on a chart.

    Args:
        A: (m, n), m <= n, with entries of about 1 at most.
        omega: (m, n) squared weights, likewise.
        k: below m.
        chart: (k, m - k) integers C; the factors have U = [1 - C T; T].
        count: the number of points to look for.
        in_time: asked all the time.

    Returns:
        The coordinates (T, V), row by row, near every point found, and how many points the generic data had.
    """
    generator = np.random.default_rng(count)
    weights, values = approx_array(omega), approx_array(A)
    given = Data(weights.astype(complex), (weights * values).astype(complex))
    points, data = _generic_points(generator, (*values.shape, k), count, in_time)
    found = points.at(np.zeros(0, np.intp))
    for _ in range(_JOURNEYS):
        before = len(found)
        found = _distinct(found.with_others(follow(points, data, given.times(_unit(generator)), in_time)))
        if len(found) in (before, len(points)) or not in_time():
            break
    return [[acb(complex(z)) for z in row] for row in _on_chart(found, chart)], len(points)


def _generic_points(
    generator: np.random.Generator, shape: tuple[int, int, int], count: int, in_time: Callable[[], bool]
) -> tuple[Points, Data]:
    """Generic data with (hopefully) all of their critical points."""
    m, n, _ = shape
    here, data = _one_point(generator, shape)
    other = _random_data(generator, m, n)
    there = here.at(np.zeros(0, np.intp))
    stale = 0
    while len(here) < count and stale < 2 * _STALE and in_time():
        before = len(there)
        there = _distinct(there.with_others(follow(here, data, other.times(_unit(generator)), in_time)))
        stale = stale + 1 if len(there) == before else 0
        here, data, there, other = there, other, here, data
    return (here, data) if len(here) >= len(there) else (there, other)


def _one_point(generator: np.random.Generator, shape: tuple[int, int, int]) -> tuple[Points, Data]:
    m, n, k = shape
    U, V = _gaussian(generator, m, k), _gaussian(generator, k, n)
    left, right = (np.linalg.svd(M)[2][k:].conj() for M in (U.T, V))  # rows: bases of the kernels of U^T and of V
    omega = _random_data(generator, m, n).omega
    return Points(U[None], V[None]), Data(omega, omega * (U @ V) - left.T @ _gaussian(generator, m - k, n - k) @ right)


def _random_data(generator: np.random.Generator, m: int, n: int) -> Data:
    return Data(np.exp(2j * np.pi * generator.random((m, n))), _gaussian(generator, m, n))


def _gaussian(generator: np.random.Generator, *shape: int) -> Complex:
    return generator.normal(size=shape) + 1j * generator.normal(size=shape)


def _unit(generator: np.random.Generator) -> complex:
    return complex(np.exp(2j * np.pi * generator.random()))


def _distinct(points: Points) -> Points:
    """Every point once: equal ones are neighbours in the order of a random projection."""
    if not len(points):
        return points
    X = (points.U @ points.V).reshape(len(points), -1)
    X = X[order := np.argsort((X @ np.random.default_rng(0).normal(size=X.shape[1])).real)]
    apart = np.linalg.norm(np.diff(X, axis=0), axis=1) > _SAME * np.linalg.norm(X[1:], axis=1)
    return points.at(order[np.concatenate([[True], apart])])


def _on_chart(points: Points, chart: NDArray[np.intp]) -> Complex:
    """(N, k (m - k) + k n) coordinates (T, V) on the chart."""
    k = points.U.shape[2]
    M = points.U[:, :k] + chart @ points.U[:, k:]
    T = np.linalg.solve(M.transpose(0, 2, 1), points.U[:, k:].transpose(0, 2, 1)).transpose(0, 2, 1)
    return np.concatenate([X.reshape(len(X), X.shape[1] * X.shape[2]) for X in (T, M @ points.V)], axis=1)
