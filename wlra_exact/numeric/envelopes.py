"""The cost of one entry of a rank-one matrix as a function of s = log|x|, its convex envelope, and its conjugate.

On a rank-one X with entries x_ij = u_i v_j != 0 the logarithms log|x_ij| = y_i + z_j are linear in (y, z): the change
of variables of geometric programming [BKVH2007]. In s = log x the cost w (a - x)^2 is convex where x >= a/2, and
everywhere when a <= 0. On an interval that begins below a/2 its convex envelope is a chord up to a point of tangency;
on one that reaches down to 0 it is constant up to a. Its slopes are multipliers lambda of rule `geometric`.

Guarantee: none; ``deciders.geometric`` bounds the terms again in integers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array

__all__ = ["Entries", "Envelope", "Sides", "propose_least"]

#: Logarithms are cut off here: exp() of twice as much is still a double.
_FAR = 300.0

_LOG_2 = math.log(2)

#: Steps to a tangent; five are enough for most.
_MOST_NEWTON = 60

#: Halvings that find the end of an interval.
_HALVINGS = 16


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
        self._low = np.maximum(np.where(self.touching, -_FAR, self.L), -_FAR)
        self._high = np.maximum(np.minimum(self.H, _FAR), -_FAR)
        self._flat = np.where(self.touching, self.a, -np.inf)  # up to here the envelope is constant
        self._floor = np.where(self.touching, self.least, -np.inf)
        logs = np.log(np.maximum(self.a, 1e-300))
        self.chord = ~self.touching & (logs - _LOG_2 > self.L)
        self.slope = np.zeros(len(self.w))
        self._start, self._f_start, self._end = np.zeros(len(self.w)), self.slope, np.full(len(self.w), -np.inf)
        if self.chord.any():
            self._start = np.where(self.chord, self.L, 0.0)
            end = np.minimum(logs + _tangents(np.where(self.chord, logs - self.L, 1.0)), self.H)
            self.chord &= end > self.L  # none on an interval of one point
            self._f_start = self._smooth(np.exp(self._start))[0]
            rise = self._smooth(np.exp(np.where(self.chord, end, 0.0)))[0] - self._f_start
            self.slope = np.where(self.chord, rise / np.where(self.chord, end - self._start, 1.0), 0.0)
            self._end = np.where(self.chord, end, -np.inf)

    def _smooth(self, x: Array) -> tuple[Array, Array, Array]:
        """Value, slope and curvature of w (a - exp s)^2 where exp s = x."""
        r = x - self.a
        steepness = 2 * self.w * x
        return self.w * r * r, steepness * r, steepness * (x + r)

    def __call__(self, s: Array, steep: float) -> tuple[Array, Array, Array]:
        """Value, slope and curvature at s; outside an interval ``steep`` is the curvature of the parabola."""
        inside = np.minimum(np.maximum(s, self._low), self._high)
        x = np.exp(inside)
        value, slope, curvature = self._smooth(x)
        value = np.maximum(value, self._floor)
        flat = x < self._flat
        np.copyto(value, self.least, where=flat)
        np.copyto(slope, 0.0, where=flat)
        np.copyto(curvature, 0.0, where=flat)
        on = inside <= self._end  # where the chord ends with the interval, the cost falls faster than it
        if on.any():
            np.copyto(value, self._f_start + self.slope * (inside - self._start), where=on)
            np.copyto(slope, self.slope, where=on)
            np.copyto(curvature, 0.0, where=on)
        out = s - inside
        if out.any():
            value += (slope + steep / 2 * out) * out
            slope += steep * out
            np.copyto(curvature, steep, where=out != 0)
        return value, slope, curvature

    def excess(self, s: Array) -> Array:
        """How far the envelope lies below the cost of an entry of the right sign."""
        inside = np.minimum(np.maximum(s, self._low), self._high)
        return self._smooth(np.exp(inside))[0] - self(inside, 0.0)[0]


def _tangents(width: Array) -> Array:
    """Where the tangent of (1 - exp t)^2 from the point at t = -width touches it: between -log 2 and 0.

    Args:
        width: (N,) above log 2.
    """
    start = (1 - np.exp(-width)) ** 2
    below, above = np.full(len(width), -_LOG_2), np.zeros(len(width))
    t = -np.minimum(1 / (2 * width), 0.6)
    for _ in range(_MOST_NEWTON):
        x = np.exp(t)
        excess = 2 * x * (x - 1) * (t + width) - (1 - x) ** 2 + start  # grows with t
        beyond = excess > 0
        np.copyto(above, t, where=beyond)
        np.copyto(below, t, where=~beyond)
        new = t - excess / np.maximum(2 * x * (2 * x - 1) * (t + width), 1e-300)
        new = np.where((new > below) & (new < above), new, (below + above) / 2)
        done = np.abs(new - t).max() < 1e-12
        t = new
        if done:
            break
    return t


def propose_least(w: Array, a: Array, low: Array, high: Array, multipliers: Array) -> Array:
    """The least w (a - x)^2 - lambda log|x| over the intervals, -inf where there is none.

    Args:
        w: (N,) weights.
        a: (N,) data.
        low: (N,) lower ends.
        high: (N,) upper ends.
        multipliers: (N,) lambda.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return Sides(w, a, low, high, multipliers).least()


class Sides:
    """The positive and the negative part of each interval, for w (a - x)^2 - lambda log|x| as a function of |x|.

    Attributes:
        low: (2, N) lower ends of |x|.
        high: (2, N) upper ends of |x|; not positive where a side is empty.
        there: (2, N) whether a side holds something.
        T: (2, N) the local minimum of larger |x|, moved into the interval; its lower end if there is none.
        at_T: (2, N) the value there, or inf if there is none.
    """

    def __init__(self, w: Array, a: Array, low: Array, high: Array, multipliers: Array) -> None:
        self.w, self.multipliers = w, multipliers
        self.a = np.stack([a, -a])
        self.low, self.high = np.maximum(np.stack([low, -high]), 0.0), np.stack([high, -low])
        self.there = (self.high > 0) | ((self.high == 0) & (multipliers == 0))
        D = self.a * self.a + 2 * multipliers / w
        real = self._real = D >= 0
        roots = (self.a + np.sqrt(np.maximum(D, 0.0))) / 2
        self.T = np.minimum(np.maximum(np.where(real, roots, self.low), self.low), self.high)
        self.at_T = np.where(real, self(self.T), np.inf)

    def __call__(self, x: Array) -> Array:
        """The values at (2, N) or more x >= 0; without a multiplier also at 0."""
        r = x - self.a
        logs = self.multipliers * np.log(x)
        np.copyto(logs, 0.0, where=self.multipliers == 0)
        value: Array = self.w * r * r - logs
        return value

    def least(self) -> Array:
        """The least values over the intervals."""
        near = np.where(self.multipliers < 0, self(self.low), np.inf)
        least: Array = np.where(self.there, np.minimum(self.at_T, near), np.inf).min(axis=0)
        return least

    def ends(self, bar: Array) -> tuple[Array, Array]:
        """New lower and upper ends of x: outside of them the values are at least ``bar``.

        Beyond T the value grows. Below T it falls, or, for lambda < 0, first grows; without roots it grows. So halving
        finds the ends.

        Args:
            bar: (N,).
        """
        reach = np.abs(self.a) + np.sqrt(np.maximum(bar, 0) / self.w) + 4 * np.sqrt(np.abs(self.multipliers) / self.w)
        far = np.minimum(self.high, np.maximum(4 * (reach + 1), self.T))
        open_far, open_near, inner = self(far) < bar, self(self.low) < bar, self.at_T < bar
        below, above = np.stack([far, self.low]), np.stack([self.T, self.T])  # where it costs the bar, and where less
        for _ in range(_HALVINGS):
            middle = (below + above) / 2
            less = self(middle) < bar
            np.copyto(above, middle, where=less)
            np.copyto(below, middle, where=~less)
        top = np.where(inner | (open_near & ~self._real), np.where(open_far, self.high, below[0]), self.T)
        bottom = np.where(open_near, self.low, below[1])
        positive, negative = self.there & (inner | open_near)
        high = np.where(positive, top[0], np.where(negative, -bottom[1], self.high[0]))
        low = np.where(negative, -top[1], np.where(positive, bottom[0], -self.high[1]))
        return low, high
