"""The cost of one entry of a rank-one matrix as a function of s = log|x|, its convex envelope, and its conjugate.

On a rank-one X with entries x_ij = u_i v_j != 0 the logarithms log|x_ij| = y_i + z_j are linear in (y, z): the change
of variables of geometric programming [BKVH2007]. In s = log x the cost w (a - x)^2 is convex where x >= a/2, and
everywhere when a <= 0. On an interval that begins below a/2 its convex envelope is a chord up to a point of tangency;
on one that reaches down to 0 it is constant up to a. Its slopes are multipliers lambda of rule `geometric`.

Guarantee: none; ``deciders.geometric`` bounds the terms again in integers.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array

__all__ = ["Entries", "Envelope", "propose_least"]

#: Logarithms are cut off here: exp() of twice as much is still a double.
_FAR = 300.0


@dataclass(frozen=True, eq=False)
class Entries:
    """The observed entries of a problem with k = 1, and an interval for each.

    Attributes:
        shape: (m, n).
        rows: (N,) row of each entry.
        columns: (N,) column of each entry.
        w: (N,) weights of the squared residuals, positive.
        a: (N,) data.
        low: (N,) lower ends, or -inf.
        high: (N,) upper ends, or inf.
    """

    shape: tuple[int, int]
    rows: NDArray[np.intp]
    columns: NDArray[np.intp]
    w: Array
    a: Array
    low: Array
    high: Array

    @property
    def touching(self) -> NDArray[np.bool_]:
        """Whose interval holds 0: there no multiplier may be negative."""
        touching: NDArray[np.bool_] = (self.low <= 0) & (self.high >= 0)
        return touching


class Envelope:
    """Convex minorants of w (a - exp s)^2 on the intervals, with a steep parabola for what lies outside.

    Where an interval holds numbers of both signs, |x| and |a| take part.
    """

    def __init__(self, entries: Entries) -> None:
        flipped = entries.high <= 0
        low, high = np.where(flipped, -entries.high, entries.low), np.where(flipped, -entries.low, entries.high)
        both = low < 0
        self.w = entries.w
        self.a = np.where(both, np.abs(entries.a), np.where(flipped, -entries.a, entries.a))
        same = np.where(both & (entries.a < 0), -low, high)  # how far x of the sign of a may go
        high = np.where(both, np.maximum(high, -low), high)
        with np.errstate(divide="ignore"):
            self.L, self.H = np.log(np.maximum(low, 0)), np.log(high)
        self.touching = ~(low > 0)
        self.least = self.w * np.maximum(self.a - same, 0.0) ** 2  # of an interval that reaches down to 0
        half = np.log(np.maximum(self.a, 1e-300) / 2)
        self.chord = ~self.touching & (self.a > 0) & (half > self.L)
        start = np.where(self.touching, 0.0, self.L)
        below, above = half, half + np.log(2)
        f_low = self._smooth(start)[0]
        for _ in range(45):
            middle = (below + above) / 2
            value, slope, _ = self._smooth(middle)
            beyond = slope * (middle - start) - value + f_low > 0
            below, above = np.where(beyond, below, middle), np.where(beyond, middle, above)
        self.T = np.where(self.chord, np.minimum((below + above) / 2, self.H), self.L)
        f_end = self._smooth(np.where(self.chord, self.T, 0.0))[0]
        self.chord &= self.T > start  # none on an interval of one point
        with np.errstate(invalid="ignore"):
            self.slope = np.where(self.chord, (f_end - f_low) / np.where(self.chord, self.T - start, 1.0), 0.0)
        self.f_low = f_low

    def _smooth(self, s: Array) -> tuple[Array, Array, Array]:
        """Value, slope and curvature of w (a - exp s)^2."""
        x = np.exp(np.clip(s, -_FAR, _FAR))
        r = x - self.a
        return self.w * r * r, 2 * self.w * x * r, 2 * self.w * x * (x + r)

    def __call__(self, s: Array, steep: float) -> tuple[Array, Array, Array]:
        """Value, slope and curvature at s; outside an interval ``steep`` is the curvature of the parabola."""
        inside = np.clip(s, np.where(self.touching, -_FAR, self.L), np.minimum(self.H, _FAR))
        value, slope, curvature = self._smooth(inside)
        flat = self.touching & (inside < np.log(np.maximum(self.a, 1e-300)))
        value = np.where(flat, self.least, np.where(self.touching, np.maximum(value, self.least), value))
        slope, curvature = (np.where(flat, 0.0, part) for part in (slope, curvature))
        on = self.chord & (inside <= self.T)  # where the chord ends with the interval, the cost falls faster than it
        if on.any():
            value = np.where(on, self.f_low + self.slope * (inside - np.where(on, self.L, 0.0)), value)
            slope, curvature = np.where(on, self.slope, slope), np.where(on, 0.0, curvature)
        out = s - inside
        value = value + slope * out + steep / 2 * out * out
        return value, slope + steep * out, np.where(out != 0, steep, curvature)

    def excess(self, s: Array) -> Array:
        """How far the envelope lies below the cost of an entry of the right sign."""
        inside = np.clip(s, np.where(self.touching, -_FAR, self.L), np.minimum(self.H, _FAR))
        return self._smooth(inside)[0] - self(inside, 0.0)[0]


def propose_least(w: Array, a: Array, low: Array, high: Array, multipliers: Array) -> tuple[Array, Array]:
    """The least w (a - x)^2 - lambda log|x| over the intervals, -inf where there is none, and the x that takes it.

    Args:
        w: (N,) weights.
        a: (N,) data.
        low: (N,) lower ends.
        high: (N,) upper ends.
        multipliers: (N,) lambda.
    """
    best, place = np.full(len(w), np.inf), np.zeros(len(w))
    with np.errstate(divide="ignore", invalid="ignore"):
        for sign in (1.0, -1.0):
            l, h = (low, high) if sign > 0 else (-high, -low)
            l, data = np.maximum(l, 0.0), sign * a
            D = data * data + 2 * multipliers / w
            T = np.clip((data + np.sqrt(np.maximum(D, 0.0))) / 2, l, h)
            for x, fits in ((T, (D >= 0) & (h > 0)), (l, (multipliers < 0) & (h > 0))):
                log = np.where(multipliers == 0, 0.0, multipliers * np.log(x))
                value = np.where(fits, w * (data - x) ** 2 - log, np.inf)
                place = np.where(value < best, sign * x, place)
                best = np.minimum(best, value)
    return best, place
