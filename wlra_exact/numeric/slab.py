"""One node of branch and bound over regions: what to prove there, and where to cut it (proposals only).

Regions of all kinds have a slab cut out; those that are bounded by half-spaces of single entries are cut in two.

Guarantee: none; ``search.slabs`` and ``search.ratios`` keep only what ``deciders.orthogonal`` proves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import exact_binary64, power_of_two
from wlra_exact.numeric.convert import Array, approx_array, approx_number
from wlra_exact.numeric.orthogonal import Multipliers
from wlra_exact.numeric.regions import propose_region
from wlra_exact.numeric.relaxation import Relaxation
from wlra_exact.numeric.scaling import InnerProducts
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import EntryHalf, Region, half_space_rows

__all__ = ["EntryGuess", "Moments", "SlabGuess", "propose_entry", "propose_slab"]

#: The faces of a slab lie on a grid of its half-width over 2^_GRID_BITS.
_GRID_BITS = 6

#: How far above the cutoff, in units of its distance to the cost, a bound on intervals aims; and the share of what it
#: lacks up to which it is found.
_ROOM, _COARSE = 0.2, 2e-2

#: An interval that holds 0 is cut there, unless the pseudo-mean is so many standard deviations away.
_FAR = 2.0

#: A standard deviation counts as at least this share of the square root of the cost.
_LEAST = 1e-6

#: Cuts keep such a share of an interval away from its ends.
_MARGIN = 0.1

#: Bits of the point of a cut.
_CUT_BITS = 20


@dataclass(frozen=True)
class Moments:
    """Pseudo-moments of the entries.

    Attributes:
        mean: (mn,) pseudo-means.
        square: (mn,) pseudo-means of the squares.
    """

    mean: Array
    square: Array

    def lies_in(self, region: Region) -> bool:
        """Whether half-spaces of single entries leave the pseudo-moments what they are: then the bound stays, too."""
        ends: dict[int, list[float]] = {}
        for half in region:
            [at] = [place for place, x in enumerate(half.normal) if x != 0]
            sign, offset = half.normal[at], approx_number(half.offset)
            if sign * self.mean[at] < offset:
                return False
            ends.setdefault(at, []).append(sign * offset)
        pairs = ((at, pair) for at, pair in ends.items() if len(pair) > 1)
        return all(self.square[at] <= sum(pair) * self.mean[at] - pair[0] * pair[1] for at, pair in pairs)


@dataclass(frozen=True)
class EntryGuess:
    """What to prove on intervals of the entries and where to cut them.

    Attributes:
        multipliers: a proposal for the rule `minors`.
        products: (h, h + 1) multipliers of the half-spaces.
        face: a half-space of the entry of largest pseudo-variance, in units of the weights.
        spread: the pseudo-variances, in these units, beside what the bound lacks: small where the pseudo-moments are
            those of a point, which satisfies the minors but is not of rank one.
        moments: the pseudo-moments.
    """

    multipliers: Multipliers
    products: Array
    face: EntryHalf
    spread: float
    moments: Moments


@dataclass(frozen=True)
class SlabGuess:
    """What to prove on a region and where to cut it.

    Attributes:
        multipliers: a proposal for the rules `minors` and `orthogonal`.
        products: (h, h + 1) multipliers of the half-spaces.
        normal: (mn,) integers, not all zero.
        low: lower face of the slab low <= <normal, X> <= high.
        high: upper face, above ``low``.
        mean: (mn,) the pseudo-means of the entries.
    """

    multipliers: Multipliers
    products: Array
    normal: tuple[int, ...]
    low: fmpq
    high: fmpq
    mean: Array


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
    normal = tuple(map(int, found.normal))
    return SlabGuess(found.multipliers, found.products, normal, low * unit, high * unit, found.mean)


def propose_entry(
    instance: Instance,
    region: Region,
    cost: fmpq,
    cutoff: fmpq,
    expired: Callable[[], bool] = lambda: False,
) -> EntryGuess:
    """Bound the rank-one matrices on intervals of the entries in floating point, and choose an entry to cut.

    Only the two half-spaces of one entry are multiplied, so that a node stays cheap.

    Args:
        instance: of rank 1.
        region: half-spaces of single entries, at most two for each.
        cost: unit of the bounds, positive.
        cutoff: bound at which the region is closed.
        expired: asked before every step of the interior-point method; True ends it.
    """
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    rows = approx_array(half_space_rows(region)) if region else np.zeros((0, 1 + A.size))
    relaxation = Relaxation(A, omega, 1, approx_number(cost), rows[:, 1:], -rows[:, 0], crossed=False)
    bar = approx_number(cutoff / cost)
    enough = bar + _ROOM * max(1 - bar, 1e-9)

    def stop(primal: float, dual: float) -> bool:
        return dual >= enough or (primal < bar and primal - dual < _COARSE * max(1 - primal, 0.05))

    found = relaxation.solve(InnerProducts.fitted(omega), tolerance=1e-8, stop=stop, expired=expired)
    variance = np.maximum(omega.ravel() * np.nan_to_num(np.diag(found.covariance)), 0.0)
    at = int(np.argmax(np.where(omega.ravel() > 0, variance, -1.0)))
    deviation = max(float(np.sqrt(variance[at] / omega.flat[at])), _LEAST * float(np.sqrt(relaxation.cost)))
    low, high = -np.inf, np.inf
    for half in region:
        if half.normal[at] != 0:
            end = half.normal[at] * approx_number(half.offset)
            low, high = (max(low, end), high) if half.normal[at] > 0 else (low, min(high, end))
    point = _inside(low, high, float(np.nan_to_num(found.mean[at])), deviation)
    i, j = divmod(at, A.shape[1])
    face = EntryHalf((i, j), 1, exact_binary64(point))
    lacking = max(relaxation.cost - found.value, 1e-12 * relaxation.cost)
    moments = Moments(found.mean, found.mean**2 + np.diag(found.covariance))
    return EntryGuess(found.multipliers, found.products, face, float(variance.sum()) / lacking, moments)


def _inside(low: float, high: float, mean: float, deviation: float) -> float:
    """A short number inside an interval, near a pseudo-mean or 0."""
    if low < 0 < high and not (
        np.isfinite(high - low) and abs(mean) > _FAR * deviation and 0.8 * low < mean < 0.8 * high
    ):
        return 0.0
    if np.isfinite(high - low):
        margin = _MARGIN * (high - low)
        mean = min(max(mean, low + margin), high - margin)
    else:
        mean = max(mean, low + deviation + _MARGIN * abs(low)) if np.isfinite(low) else mean
        mean = min(mean, high - deviation - _MARGIN * abs(high)) if np.isfinite(high) else mean
    fraction, exponent = np.frexp(mean)
    short = float(np.ldexp(np.rint(np.ldexp(fraction, _CUT_BITS)), int(exponent) - _CUT_BITS))
    return short if low < short < high else low / 2 + high / 2
