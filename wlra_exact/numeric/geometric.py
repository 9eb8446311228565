"""Multipliers for rule `geometric`: a convex program in the logarithms of a rank-one matrix, by damped Newton steps.

    minimise  sum_e envelope_e(y_i + z_j)   over y (m,), z (n,).

At the minimum the slopes of the envelopes are balanced: they sum to zero over every row and over every column. As
multipliers they give the bound sum_e min_x [w (a - x)^2 - lambda log|x|], which is the minimum. Slopes near the minimum
are rounded to integers and balanced exactly along a spanning forest of the observed entries.

A bound below the wanted one still says where cheaper matrices can lie: entry e costs at most its least term and what is
missing. ``propose_cuts`` turns that into shorter intervals, for which there are better multipliers.

Guarantee: multipliers come out balanced exactly; nothing else is certain, and ``deciders.geometric`` checks.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.envelopes import Entries, Envelope, Sides

__all__ = ["propose_balanced", "propose_cuts", "propose_logarithms"]

_STEPS = 60


def propose_logarithms(entries: Entries, start: Array, scale: float) -> tuple[Array, Array, Envelope]:
    """The minimum (y, z) of the convex program, one after the other, the slopes there, and the envelopes.

    Args:
        entries: the problem.
        start: (m + n,) where to begin.
        scale: size of the costs that matter.
    """
    envelope, theta = Envelope(entries), start
    slopes = np.zeros(len(entries.w))
    for steep in (1e2, 1e4, 1e6):
        theta, slopes = _minimum(entries, envelope, theta, steep * scale, scale)
        s = theta[entries.rows] + theta[entries.shape[0] + entries.columns]
        if not np.any((s > envelope.H) | (~envelope.touching & (s < envelope.L))):
            break
    return theta, slopes, envelope


def _minimum(entries: Entries, envelope: Envelope, theta: Array, steep: float, scale: float) -> tuple[Array, Array]:
    m, n = entries.shape
    i, j = entries.rows, entries.columns

    def at(point: Array) -> tuple[float, Array, Array]:
        value, slope, curvature = envelope(point[i] + point[m + j], steep)
        return float(value.sum()), slope, curvature

    f, slope, curvature = at(theta)
    damping = 1e-3
    for _ in range(_STEPS):
        gradient = np.concatenate([np.bincount(i, slope, m), np.bincount(j, slope, n)])
        if np.abs(gradient).max() <= 1e-11 * scale:
            break
        cross = np.zeros((m, n))
        cross[i, j] = curvature
        diagonal = np.concatenate([cross.sum(1), cross.sum(0)]) * (1 + 1e-9)
        for _ in range(12):
            step = _bordered_solve(diagonal + damping * scale, cross, -gradient)
            step *= min(1.0, 3.0 / max(np.abs(step).max(), 1e-300))
            g, slope_, curvature_ = at(theta + step)
            if g <= f:
                break
            damping = max(damping * 8, 1e-8)
        else:
            break
        done = f - g <= 1e-14 * abs(f)
        theta, f, slope, curvature = theta + step, g, slope_, curvature_
        damping = max(damping / 8, 1e-12)
        if done:
            break
    return theta, slope


def _bordered_solve(diagonal: Array, cross: Array, right: Array) -> Array:
    """Solve [[D_1, C], [C^T, D_2]] x = right for diagonal D_1, D_2: the longer side is eliminated, in linear time."""
    m, n = cross.shape
    if m > n:
        turned = _bordered_solve(np.roll(diagonal, n), cross.T, np.roll(right, n))
        return np.roll(turned, m)
    scaled = cross / diagonal[m:]
    schur = -(scaled @ cross.T)
    schur.flat[:: m + 1] += diagonal[:m]
    y = np.linalg.solve(schur, right[:m] - scaled @ right[m:])
    return np.concatenate([y, (right[m:] - y @ cross) / diagonal[m:]])


def propose_balanced(entries: Entries, slopes: Array, bits: int) -> tuple[list[int], int] | None:
    """Integers near slopes / 2^exponent with zero sums over rows and columns, and the exponent; None if none is found.

    Entries whose intervals hold 0 get no negative multiplier. One that is next to 0 there takes no part.

    Args:
        entries: the problem.
        slopes: (N,) nearly balanced.
        bits: of the largest integer, about.
    """
    size = float(np.abs(slopes).max(initial=0.0))
    if not 0 < size < np.inf:
        return None
    exponent = math.frexp(size)[1] - bits
    taking_part = ~entries.touching | (slopes > size * 1e-12)
    for _ in range(8):
        integers = np.where(taking_part, np.rint(np.ldexp(slopes, -exponent)), 0.0)
        values = [int(x) for x in integers]
        _balance(entries, values, taking_part, slopes)
        wrong = [e for e in np.flatnonzero(entries.touching) if values[e] < 0]
        if not wrong:
            return values, exponent
        taking_part[wrong] = False
    return None


def _balance(entries: Entries, values: list[int], taking_part: NDArray[np.bool_], slopes: Array) -> None:
    """Move values along a spanning forest, heavy and free entries first, until all sums vanish."""
    m, n = entries.shape
    rest = [0] * (m + n)
    ends = [(int(p), m + int(q)) for p, q in zip(entries.rows, entries.columns, strict=True)]
    for e, (p, q) in enumerate(ends):
        rest[p] += values[e]
        rest[q] += values[e]
    weight = np.where(entries.touching, slopes, np.inf)
    parent = list(range(m + n))

    def top(p: int) -> int:
        while parent[p] != p:
            parent[p] = parent[parent[p]]
            p = parent[p]
        return p

    neighbours: list[list[int]] = [[] for _ in range(m + n)]
    for e in sorted(np.flatnonzero(taking_part).tolist(), key=lambda e: -weight[e]):
        p, q = (top(end) for end in ends[e])
        if p != q:
            parent[p] = q
            for end in ends[e]:
                neighbours[end].append(e)
    degree = list(map(len, neighbours))
    leaves, used = [p for p in range(m + n) if degree[p] == 1], set()
    while leaves:
        p = leaves.pop()
        for e in neighbours[p]:
            if e not in used:
                used.add(e)
                q = sum(ends[e]) - p
                values[e] -= rest[p]
                rest[q] -= rest[p]
                rest[p] = 0
                degree[q] -= 1
                if degree[q] == 1:
                    leaves.append(q)


def propose_cuts(entries: Entries, multipliers: Array, wanted: float, margin: float) -> tuple[Array, Array]:
    """Shorter intervals, outside of which a matrix costs at least ``wanted``: new lower and upper ends.

    Args:
        entries: the problem.
        multipliers: (N,) balanced.
        wanted: the threshold.
        margin: relative, kept free for the rounding of the proof.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        sides = Sides(entries.w, entries.a, entries.low, entries.high, multipliers)
        least = sides.least()
        return sides.ends(least + (wanted - least.sum()) + margin * wanted)
