"""Rule `geometric`: a lower bound for k = 1 from multipliers of log|x_ij|, on the whole space or on a region.

On a rank-one X without zeros sum lambda_ij log|x_ij| = 0 for multipliers whose sums over rows and over columns vanish:

    cost(X) = sum_e [ w (a - x)^2 - lambda log|x| ] >= sum_e min over the interval of e.

An interval may be cut shorter where the rest of it costs too much, or where scaling a row or a column improves what is
in the rest, and the next round has better multipliers; or signs round a cycle of entries contradict each other.
Statement and proof: ``docs/certificate-format.md``, section 3.4.

Guarantee: a returned ``RegionProof`` has passed the exact check, in integers and as the format defines it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from math import isqrt

from flint import fmpq

from wlra_exact.algebra.exact import canonical, power_of_two
from wlra_exact.certificate import Json, LowerProof, RegionProof, encode_rows
from wlra_exact.numeric.geometric_node import Round
from wlra_exact.numeric.scalings import Scaling
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import EntryHalf, Place, Region

__all__ = ["Terms", "logarithm", "prove_with_rounds"]

#: The verifier's limit.
_MOST_EFFORT = 2**40

#: An interval of integers, in units of 2^-precision; None is infinite.
Interval = tuple[int | None, int | None]


@cache
def _series(s: int, precision: int) -> int:
    """At most 2^precision log((1 + t) / (1 - t)) for t = s / 2^precision <= 1/3."""
    power, total, odd = s, 0, 1
    while power:
        total += power // odd
        power = (power * s >> precision) * s >> precision
        odd += 2
    return 2 * total


def logarithm(y: int, precision: int) -> tuple[int, int]:
    """Integers around 2^precision log y, for an integer y >= 1: see the format.

    >>> logarithm(1000, 20)
    (7243234, 7243794)
    """
    k = y.bit_length() - 1
    power = 1 << k
    below = k * _series((1 << precision) // 3, precision)
    below += _series.__wrapped__(((y - power) << precision) // (y + power), precision)
    return below, below + (k + 1) * (2 * precision + 16)


@dataclass(frozen=True)
class _Datum:
    """An entry's weight r / s, that rounded down, its value p / q, and that rounded down and up, in units."""

    weight: int
    below: int
    above: int
    p: int
    q: int
    r: int
    s: int


class Terms:
    """The terms of one problem at one precision: integers in units of 2^-precision.

    Args:
        instance: of rank 1.
        region: half-spaces of single entries.
        precision: p.
    """

    def __init__(self, instance: Instance, region: Region, precision: int) -> None:
        self.precision, self.shape = precision, instance.shape
        self.region = [EntryHalf.of(half, instance.shape) for half in region]
        self._data: dict[Place, _Datum] = {}
        self._lines: dict[tuple[str, int], list[Place]] = {}
        self.intervals: dict[Place, Interval] = {}
        for i, (values, weights) in enumerate(zip(instance.A.tolist(), instance.omega.tolist(), strict=True)):
            for j, (a, w) in enumerate(zip(values, weights, strict=True)):
                if w != 0:
                    self._data[i, j] = _Datum(
                        self.floor(w), self.floor(a), -self.floor(-a), int(a.p), int(a.q), int(w.p), int(w.q)
                    )
                    self.intervals[i, j] = None, None
                    for line in (("row", i), ("column", j)):
                        self._lines.setdefault(line, []).append((i, j))
        for cut in self.region:
            self.intervals[cut.place] = self.shortened(cut)

    def floor(self, x: fmpq) -> int:
        """2^p x, rounded down."""
        return (int(x.p) << self.precision) // int(x.q)

    def shortened(self, cut: EntryHalf) -> Interval:
        """The interval of an entry in a half-space."""
        low, high = self.intervals[cut.place]
        end = self.floor(cut.offset)
        if cut.sign > 0:
            return (end if low is None else max(low, end)), high
        return low, (-end if high is None else min(high, -end))

    def least(self, place: Place, multiplier: int, exponent: int, interval: Interval) -> int | None:
        """At most 2^p min (w (a - x)^2 - lambda log|2^p x|) over the interval; None where the format gives none."""
        p, datum, (low, high) = self.precision, self._data[place], interval
        W = datum.weight
        if low is not None and high is not None and low > high:
            return None
        if multiplier == 0:
            d = max(0, 0 if low is None else low - datum.above, 0 if high is None else datum.below - high)
            return W * d * d >> 2 * p
        if W < 1:
            return None
        shift, scale = exponent + 3 * p, datum.q * datum.q * W  # 2^2p (a^2 + 2 lambda / w), rounded down
        up, down = max(0, shift), max(0, -shift)
        square = (datum.p * datum.p * W << 2 * p + down) + (2 * multiplier * datum.q * datum.q << up)
        square //= scale << down
        found: list[int] = []
        sides = (datum.below, datum.above, low, high), (-datum.above, -datum.below, _minus(high), _minus(low))
        for floor, ceil, l, h in sides:
            if h is not None and h < 1:
                continue
            start = max(l or 0, 0)
            points = [(start, start)] if multiplier < 0 else []
            if square >= 0:
                root = isqrt(square)
                points.append(((floor + root) >> 1, (ceil + root + 2) >> 1))
            for pair in points:
                s, S = (max(start, x if h is None else min(x, h)) for x in pair)
                d = max(0, s - ceil, floor - S)
                if (s if multiplier < 0 else S) < 1:
                    return None
                log = logarithm(s, p)[0] if multiplier < 0 else logarithm(S, p)[1]
                shifted = -multiplier * log
                found.append((W * d * d >> 2 * p) + (shifted << exponent if exponent >= 0 else shifted >> -exponent))
        return min(found, default=None)

    def scaling_range(self, place: Place, interval: Interval) -> tuple[int | None, int]:
        """The least 2^p w x (a - x) on an interval, rounded down, None for -infinity; and the greatest, rounded up."""
        datum, (low, high) = self._data[place], interval
        q, twice, unit = datum.q, datum.p << self.precision, datum.s * datum.q << self.precision
        ends = [datum.r * x * (twice - q * x) for x in interval if x is not None]
        least = min(ends) // unit if len(ends) == 2 else None
        if (low is None or 2 * q * low <= twice) and (high is None or 2 * q * high >= twice):
            peak = datum.r * datum.p * datum.p << self.precision
            return least, -(-peak // (4 * datum.s * q * q))
        return least, -(-max(ends) // unit)

    def scale(self, scaling: Scaling) -> bool:
        """Shorten an interval if no best scaling of its line lies in what falls away; return whether."""
        half = scaling.half
        line = self._lines[scaling.axis, half.place[scaling.axis == "column"]]
        away = self.shortened(half.opposite)
        ranges = [self.scaling_range(place, away if place == half.place else self.intervals[place]) for place in line]
        below = sum(greatest for _, greatest in ranges) < 0
        lows = [least for least, _ in ranges if least is not None]
        if below or (len(lows) == len(ranges) and sum(lows) > 0):
            self.intervals[half.place] = self.shortened(half)
            return True
        return False

    @property
    def empty(self) -> bool:
        """Whether an interval holds nothing."""
        return any(low is not None and high is not None and low > high for low, high in self.intervals.values())

    def least_terms(self, done: Round) -> dict[Place, int] | None:
        """The least terms of all entries, or None when the multipliers do not go with the intervals."""
        found = {}
        for place, interval in self.intervals.items():
            least = self.least(place, done.multipliers.get(place, 0), done.exponent, interval)
            if least is None:
                return None
            found[place] = least
        return found

    def contradicts(self, cycle: Sequence[Place]) -> bool:
        """Whether the intervals force a product of signs round a cycle that no rank-one matrix has."""
        negative = 0
        for position, place in enumerate(cycle):
            low, high = self.intervals[place]
            strict = 1 - position % 2
            if low is None or low < strict:
                if high is None or high > -strict:
                    return False
                negative += 1
        return negative % 2 == 1


def prove_with_rounds(
    instance: Instance,
    region: Region,
    rounds: Sequence[Round],
    cycle: Sequence[Place],
    threshold: fmpq,
    precision: int,
) -> RegionProof | None:
    """The best proof up to the threshold that the rounds give, or None.

    Args:
        instance: of rank 1.
        region: half-spaces of single entries.
        rounds: in order; the cuts of the last one matter for the cycle and for an empty interval only.
        cycle: entries round which signs contradict each other after the last round's cuts; or none.
        threshold: wanted.
        precision: of the integers, in bits.
    """
    terms = Terms(instance, region, precision)
    wanted = -int((-threshold * power_of_two(precision)).floor())
    totals: list[int] = []
    kept: list[Round] = []
    for done in rounds:
        least = terms.least_terms(done)
        if least is None:
            break
        totals.append(sum(least.values()))
        kept.append(replace(done, cuts=(), scalings=()))
        if totals[-1] >= wanted:
            break
        cuts = []
        for cut in done.cuts:
            multiplier = done.multipliers.get(cut.place, 0)
            away = terms.least(cut.place, multiplier, done.exponent, terms.shortened(cut.opposite))
            if away is not None and totals[-1] - least[cut.place] + away >= wanted:
                cuts.append(cut)
        for cut in cuts:
            terms.intervals[cut.place] = terms.shortened(cut)
        kept[-1] = replace(done, cuts=tuple(cuts), scalings=tuple(filter(terms.scale, done.scalings)))
    if not totals:
        return None
    if max(totals) < wanted and terms.empty:
        bound, cycle = threshold, ()
    elif max(totals) < wanted and cycle and terms.contradicts(cycle):
        bound = threshold
    else:
        last = totals.index(max(totals))
        kept, cycle = [*kept[:last], replace(kept[last], cuts=(), scalings=())], ()
        bound = min(threshold, totals[last] * power_of_two(-precision))
        if bound <= 0:
            return None
    payload = _payload(terms, kept, cycle, bound)
    return RegionProof(region, LowerProof("geometric", bound, payload)) if _fits(instance, payload) else None


def _fits(instance: Instance, payload: Json) -> bool:
    """Whether the verifier's limit on the rounds allows them."""
    dyadics = [done["multipliers"] for done in payload["rounds"]]
    longest = max(len(word) for dyadic in dyadics for row in dyadic["rows"] for word in row.split(" "))
    numbers = [*instance.A.entries(), *instance.omega.entries()]
    width = 4 * payload["precision"] + max(abs(dyadic["exponent"]) for dyadic in dyadics) + 4 * longest
    width += 2 * max(int(x.p).bit_length() + int(x.q).bit_length() for x in numbers)
    evaluations = sum(
        len(numbers) // 2 + len(done["cuts"]) + len(done.get("scalings", ())) * sum(instance.shape)
        for done in payload["rounds"]
    )
    return bool(evaluations * width**2 <= _MOST_EFFORT)


def _payload(terms: Terms, rounds: Sequence[Round], cycle: Sequence[Place], threshold: fmpq) -> Json:
    m, n = terms.shape
    return {
        "threshold": canonical(threshold),
        "precision": terms.precision,
        "half_spaces": _half_spaces(terms.region),
        "rounds": [
            {
                "multipliers": {
                    "exponent": done.exponent,
                    "rows": encode_rows([done.multipliers.get((i, j), 0) for j in range(n)] for i in range(m)),
                },
                "cuts": _half_spaces(done.cuts),
            }
            | ({"scalings": _scalings(done.scalings)} if done.scalings else {})
            for done in rounds
        ],
        "cycle": [list(place) for place in cycle],
    }


def _half_spaces(cuts: Sequence[EntryHalf]) -> Json:
    return [[*cut.place, cut.sign, canonical(cut.offset)] for cut in cuts]


def _scalings(scalings: Sequence[Scaling]) -> Json:
    halves = _half_spaces([scaling.half for scaling in scalings])
    return [[scaling.axis, *half] for scaling, half in zip(scalings, halves, strict=True)]


def _minus(end: int | None) -> int | None:
    return None if end is None else -end
