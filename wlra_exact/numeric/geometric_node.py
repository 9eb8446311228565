"""One region of a search with rule `geometric`: rounds of multipliers and cuts, and where to cut the region in two.

The first round has no multipliers: no entry costs more than the threshold. Each further round minimises the convex
envelopes on the shorter intervals. After each the intervals are cut to where minimisers can lie
(``numeric.scalings``). While the threshold is not reached, the region is best cut where the envelope of an
entry lies farthest below its cost; and where it lies nowhere far below, the signs of the entries contradict each other
round a cycle, and one of them is decided.

Guarantee: none; ``deciders.geometric`` keeps what it can prove.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

from wlra_exact.algebra.exact import exact_binary64, log2_of
from wlra_exact.numeric.convert import Array, approx_array, approx_number
from wlra_exact.numeric.envelopes import Entries, Envelope, propose_least
from wlra_exact.numeric.geometric import propose_balanced, propose_cuts, propose_logarithms
from wlra_exact.numeric.scalings import Scaling, propose_scalings, short_below
from wlra_exact.numeric.sign_cycles import propose_contradictions
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import EntryHalf, Place, Region

__all__ = ["RegionGuess", "Round", "propose_rounds"]

#: Rounds of multipliers on one region.
_ROUNDS = 20

#: A further round should raise the bound by this part of what is missing.
_PROGRESS = 0.1

#: Bits of the multipliers.
_BITS = 48

#: What the rounding of a proof may cost, relative to the threshold.
_MARGIN = 1e-10


@dataclass(frozen=True)
class Round:
    """Multipliers, and the cuts that they justify.

    Attributes:
        exponent: of the multipliers' unit, a power of two.
        multipliers: the integer at each place that is not 0; sums over rows and columns vanish.
        cuts: half-spaces of single entries that hold every X below the threshold.
        scalings: then, one after the other, half-spaces that hold every minimiser.
    """

    exponent: int
    multipliers: dict[Place, int]
    cuts: tuple[EntryHalf, ...] = ()
    scalings: tuple[Scaling, ...] = ()


@dataclass(frozen=True)
class RegionGuess:
    """What floating point says about a region.

    Attributes:
        rounds: to be proved in order.
        cycle: places round which the signs contradict each other, or none.
        face: a half-space that cuts the region in two.
        precision: bits for the proof.
        value: the bound they should prove; the threshold when the region holds no minimiser below it.
        point: (m, n) a matrix near which the bound lies; 0 at missing entries.
        logs: (m + n,) the minimum of the last convex program.
    """

    rounds: tuple[Round, ...]
    cycle: tuple[Place, ...]
    face: EntryHalf
    precision: int
    value: float
    point: Array
    logs: Array


def propose_rounds(
    instance: Instance,
    region: Region,
    X: Array,
    threshold: fmpq,
    cost: fmpq,
    expired: Callable[[], bool] = lambda: False,
    start: Array | None = None,
) -> RegionGuess:
    """Rounds for one region, and the next cut.

    Args:
        instance: of rank 1.
        region: half-spaces of single entries.
        X: (m, n) incumbent, where Newton's method starts, if it has no other start.
        threshold: wanted, positive.
        cost: of the incumbent.
        expired: asked between rounds.
        start: ``logs`` of a region around this one.
    """
    entries = _entries(instance, region)
    wanted, scale = approx_number(threshold), approx_number(cost)
    theta = _start(X) if start is None else start
    zero = np.zeros(len(entries.w))
    rounds, multipliers, envelope, s = [Round(0, {})], zero, None, zero
    cycle: list[int] = []
    empty, missing = False, wanted
    for _ in range(_ROUNDS):
        low, high = propose_cuts(entries, multipliers, wanted, _MARGIN)
        rounds[-1], entries = _with_cuts(rounds[-1], entries, low, high)
        scalings, entries, empty = propose_scalings(entries)
        rounds[-1] = replace(rounds[-1], scalings=scalings)
        cycle = [] if empty else _contradiction(entries)
        if empty or cycle or expired():
            break
        theta, slopes, envelope = propose_logarithms(entries, theta, scale)
        s = theta[entries.rows] + theta[entries.shape[0] + entries.columns]
        balanced = propose_balanced(entries, slopes, _BITS)
        if balanced is None:
            break
        values, exponent = balanced
        multipliers = np.ldexp(np.array(values, dtype=np.float64), exponent)
        places = zip(entries.rows.tolist(), entries.columns.tolist(), values, strict=True)
        rounds.append(Round(exponent, {(i, j): x for i, j, x in places if x}))
        before = missing
        missing = wanted - propose_least(entries.w, entries.a, entries.low, entries.high, multipliers).sum()
        if missing <= -_MARGIN / 2 * wanted or missing > (1 - _PROGRESS) * before:
            break
    face = _face(entries, envelope, s, missing) or _widest(entries)
    where = list(zip(entries.rows.tolist(), entries.columns.tolist(), strict=True))
    value = wanted if empty or cycle else wanted - missing
    point = X if envelope is None else _matrix(entries, s)
    precision = _precision(instance, threshold)
    return RegionGuess(tuple(rounds), tuple(where[e] for e in cycle), face, precision, value, point, theta)


def _entries(instance: Instance, region: Region) -> Entries:
    omega, A = approx_array(instance.omega), approx_array(instance.A)
    rows, columns = np.nonzero(omega)
    low, high = np.full(A.shape, -np.inf), np.full(A.shape, np.inf)
    for half in region:
        cut = EntryHalf.of(half, A.shape)
        end = cut.sign * approx_number(cut.offset)
        if cut.sign > 0:
            low[cut.place] = max(low[cut.place], end)
        else:
            high[cut.place] = min(high[cut.place], end)
    at = (rows, columns)
    return Entries(A.shape, rows, columns, omega[at], A[at], low[at], high[at])


def _start(X: Array) -> Array:
    """Logarithms of factors of |X|, as if zeros were small numbers."""
    size = np.abs(X)
    logs = np.log(np.maximum(size, 1e-6 * max(size.max(), 1e-300)))
    z = logs.mean(axis=0)
    return np.concatenate([(logs - z).mean(axis=1), z])


def _with_cuts(done: Round, entries: Entries, low: Array, high: Array) -> tuple[Round, Entries]:
    """The round with its cuts on short numbers, and the entries with the intervals that they leave.

    Args:
        done: the round.
        entries: with the intervals before.
        low: (N,) new lower ends.
        high: (N,) new upper ends.
    """
    low, high = np.maximum(short_below(low), entries.low), np.minimum(-short_below(-high), entries.high)
    cuts = []
    for sign, new, old in ((1, low, entries.low), (-1, -high, -entries.high)):
        for e in np.flatnonzero(new > old).tolist():
            cuts.append(EntryHalf((int(entries.rows[e]), int(entries.columns[e])), sign, exact_binary64(new[e])))
    return replace(done, cuts=tuple(cuts)), replace(entries, low=low, high=high)


def _contradiction(entries: Entries) -> list[int]:
    """A cycle of entries with known signs that contradict each other, every other one of them away from 0; or none."""
    known = (entries.low >= 0) | (entries.high <= 0)
    signs = np.where(entries.low >= 0, 1, -1)
    for cycle in propose_contradictions(entries, signs, (~entries.touching).astype(np.float64), known):
        for turn in (cycle, [*cycle[1:], cycle[0]]):
            if not entries.touching[turn[::2]].any():
                return turn
    return []


def _face(entries: Entries, envelope: Envelope | None, s: Array, missing: float) -> EntryHalf | None:
    """Where to cut the region, if its relaxation says so."""
    if envelope is None:
        return None
    x = np.exp(np.clip(s, -300, 300))
    excess = envelope.excess(s)
    worst = int(np.argmax(excess))
    signs = _signs(entries)
    flip = 4 * entries.w * np.abs(entries.a) * x
    undecided = (entries.low < 0) & (entries.high > 0)
    matters = ~undecided | (flip > missing / (8 * len(s)))
    for cycle in propose_contradictions(entries, signs, flip, matters):
        if excess[worst] > max(min(flip[cycle]), missing / (8 * len(s))):
            break
        for which, value in ((undecided, flip), (entries.touching, x)):
            found = [e for e in cycle if which[e]]
            if found:
                e = max(found, key=lambda e: value[e])
                return _cut(entries, e, 0.0 if undecided[e] else _point(entries, e, x[e]))
    return _cut(entries, worst, _point(entries, worst, x[worst])) if excess[worst] > 0 else None


def _signs(entries: Entries) -> NDArray[np.intp]:
    """Those that are known, and those of the data elsewhere."""
    return np.where(entries.low >= 0, 1, np.where(entries.high <= 0, -1, np.where(entries.a >= 0, 1, -1)))


def _matrix(entries: Entries, s: Array) -> Array:
    """(m, n) the matrix whose observed entries have these logarithms."""
    point = np.zeros(entries.shape)
    point[entries.rows, entries.columns] = _signs(entries) * np.exp(np.clip(s, -300, 300))
    return point


def _widest(entries: Entries) -> EntryHalf:
    """A cut through the middle of the interval that is longest beside its ends."""
    low, high = np.maximum(entries.low, -1e300), np.minimum(entries.high, 1e300)
    e = int(np.argmax((high - low) / (np.abs(low) + np.abs(high) + 1e-300)))
    return _cut(entries, e, float(low[e] / 2 + high[e] / 2))


def _cut(entries: Entries, e: int, point: float) -> EntryHalf:
    return EntryHalf((int(entries.rows[e]), int(entries.columns[e])), 1, exact_binary64(point))


def _point(entries: Entries, e: int, x: float) -> float:
    """Where to cut the interval of an entry whose relaxed size is x."""
    low, high, a = float(entries.low[e]), float(entries.high[e]), float(entries.a[e])
    if low < 0 < high:
        point = float(np.copysign(max(x, abs(a) / 4), a))
        return _short(point) if 0.8 * low < point < 0.8 * high else 0.0
    sign = 1.0 if low >= 0 else -1.0
    near, far = (low, high) if sign > 0 else (-high, -low)
    if near == 0:
        half = sign * a / 2  # beyond it the cost is convex
        if far / 20 < half < far * 0.85:
            return sign * _short(half)
        return sign * _short(min(max(x, far / 16), far * 0.8))
    ratio = float(np.log(far / near))
    point = _short(near * float(np.exp(min(max(np.log(max(x, 1e-300) / near), 0.2 * ratio), 0.8 * ratio))))
    return sign * (point if near < point < far else near / 2 + far / 2)  # a cut at an end would be none


def _short(x: float) -> float:
    return float(np.ldexp(np.rint(np.ldexp(np.frexp(x)[0], 12)), int(np.frexp(x)[1]) - 12))


def _precision(instance: Instance, threshold: fmpq) -> int:
    """Bits after the point for which the rounding of all terms is far below the margin."""
    size = max(1, log2_of(instance.norm() / threshold)) + len(instance.A.entries()).bit_length()
    least = min((log2_of(w) for w in instance.omega.entries() if w != 0), default=0)
    return max(40, 60 + size - min(0, log2_of(threshold)) - min(0, least))
