"""Bounds and heuristics against certified truth: ``check_bound``, ``check_heuristic`` and ``certify``.

A case carries a certified bracket lower <= opt <= upper. A number b that claims opt >= b is *false* when b > upper, and
*true* when b <= lower; in between the bracket is too wide to say. A number c that claims opt <= c is false when
c < lower. When a heuristic reaches the global optimum is defined in ``search.compare``.

Guarantee: exact comparisons of exact numbers with the case's bracket. Whether the bracket itself holds is proved by its
certificate (``wlra-exact verify``). Factors are judged by their exact cost on the case's own instance; a claimed number
by what it says about the instance rounded to binary64, within the tolerance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import groupby

from flint import fmpq

from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal
from wlra_exact.errors import Decision, InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.search.compare import reaches, relative_tolerance
from wlra_exact.search.solve import solve_instance
from wlra_exact.testing.benchmark import Case, load_benchmark
from wlra_exact.testing.claims import Bound, Heuristic, binary64_instance, claimed_bound, claimed_value, name_of

__all__ = ["BoundRow", "BoundScore", "HeuristicRow", "HeuristicScore", "certify", "check_bound", "check_heuristic"]


@dataclass(frozen=True, eq=False)
class BoundRow:
    """A claimed lower bound on one case.

    Attributes:
        case: the case.
        claimed: the number.
        holds: YES when claimed <= lower, NO when claimed > upper (both up to the tolerance), else UNKNOWN.
    """

    case: Case
    claimed: fmpq
    holds: Decision

    def __repr__(self) -> str:
        return f"BoundRow({self.case!r}, claimed={floor_decimal(self.claimed, 9)}, holds={self.holds.value})"

    @property
    def ratio(self) -> fmpq | None:
        """max(0, claimed) / upper: how close to opt the bound comes; None where upper is 0."""
        return max(self.claimed, fmpq(0)) / self.case.upper if self.case.upper != 0 else None


@dataclass(frozen=True, eq=False)
class BoundScore:
    """A claimed lower bound on many cases."""

    name: str
    rows: tuple[BoundRow, ...]

    def __repr__(self) -> str:
        told = f"{len(self.rows)} cases, {len(self.refuted)} refuted"
        return f"BoundScore({self.name}: {told}, median ratio {_short(self.median_ratio)})"

    @property
    def refuted(self) -> tuple[BoundRow, ...]:
        """Where the bound is false."""
        return tuple(row for row in self.rows if row.holds is Decision.NO)

    @property
    def median_ratio(self) -> fmpq | None:
        """Of bound to upper; None when every upper is 0."""
        return _median([row.ratio for row in self.rows if row.ratio is not None])


@dataclass(frozen=True, eq=False)
class HeuristicRow:
    """A heuristic on one case.

    Attributes:
        case: the case.
        value: the number it claims opt to be at most, or the exact cost of its factors.
        valid: False when value is a claim below the certified lower bound; factors are always valid.
        reached: whether value is opt, up to the tolerance.
    """

    case: Case
    value: fmpq
    valid: bool
    reached: Decision

    def __repr__(self) -> str:
        return f"HeuristicRow({self.case!r}, value={ceil_decimal(self.value, 9)}, reached={self.reached.value})"

    @property
    def ratio(self) -> fmpq | None:
        """Value / lower: at least the true ratio to opt; None where lower is 0."""
        return self.value / self.case.lower if self.case.lower != 0 else None


@dataclass(frozen=True, eq=False)
class HeuristicScore:
    """A heuristic on many cases.

    >>> from wlra_exact.algebra.exact import matrix
    >>> case = certify(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1))
    >>> found = check_heuristic(lambda A, omega, k: ([[1], [0]], [[2, 0]]), [case])
    >>> found.reached, found.missed, found.share, found.worst_ratio < 2
    (1, 0, 1, True)
    >>> found
    HeuristicScore(<lambda>: 1 reached, 0 missed, 0 open; worst ratio 1.00001)
    """

    name: str
    rows: tuple[HeuristicRow, ...]

    def __repr__(self) -> str:
        told = f"{self.reached} reached, {self.missed} missed, {self.open} open"
        return f"HeuristicScore({self.name}: {told}; worst ratio {_short(self.worst_ratio)})"

    @property
    def reached(self) -> int:
        """Cases where it is at the global optimum, proved."""
        return sum(row.reached is Decision.YES for row in self.rows)

    @property
    def missed(self) -> int:
        """Cases where it is not, proved."""
        return sum(row.reached is Decision.NO for row in self.rows)

    @property
    def open(self) -> int:
        """Cases whose bracket is too wide to say."""
        return len(self.rows) - self.reached - self.missed

    @property
    def share(self) -> fmpq | None:
        """Of the decided cases, those at the optimum: reached / (reached + missed); None when there are none."""
        decided = self.reached + self.missed
        return fmpq(self.reached, decided) if decided else None

    @property
    def invalid(self) -> tuple[HeuristicRow, ...]:
        """Where it claims less than the certified lower bound."""
        return tuple(row for row in self.rows if not row.valid)

    @property
    def ratios(self) -> list[fmpq]:
        """Every value / lower, in increasing order, of the cases with lower > 0."""
        return sorted(row.ratio for row in self.rows if row.ratio is not None)

    @property
    def worst_ratio(self) -> fmpq | None:
        """The largest ratio to the certified lower bound."""
        return max(self.ratios, default=None)

    @property
    def median_ratio(self) -> fmpq | None:
        """The median ratio to the certified lower bound."""
        return _median(self.ratios)

    def by_family(self) -> dict[str, HeuristicScore]:
        """The score of every family, in the order of the cases."""
        order = list(dict.fromkeys(row.case.family for row in self.rows))
        rows = sorted(self.rows, key=lambda row: order.index(row.case.family))
        return {
            family: HeuristicScore(self.name, tuple(members))
            for family, members in groupby(rows, key=lambda row: row.case.family)
        }


def certify(
    instance: Instance, *, name: str = "case", family: str = "own", gap: object = "1e-6", time_limit: object = 10
) -> Case:
    """A case of one's own, with a certified bracket.

    Args:
        instance: the problem.
        name: for the reader.
        family: for the reader.
        gap: as in ``solve``.
        time_limit: seconds.
    """
    found = solve_instance(instance, gap=gap, time_limit=time_limit)
    return Case(name, family, instance, found.lower, found.upper)


def check_bound(
    bound: Bound, cases: Iterable[Case] | None = None, *, exact_input: bool = False, tolerance: object = "1e-9"
) -> BoundScore:
    """Compare a claimed lower bound with the certified brackets of many cases.

    Args:
        bound: as in ``falsify``.
        cases: such as ``load_benchmark()``, which None stands for, or cases from ``certify``.
        exact_input: call it with lists of Fractions; by default with float arrays.
        tolerance: of the comparisons, as a multiple of ||W o A||_F^2.

    Raises:
        InputError: when the bound raises or returns anything but a finite number; for a tolerance outside [0, 1).

    >>> from wlra_exact.algebra.exact import matrix
    >>> case = certify(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1))
    >>> [check_bound(lambda A, omega, k, b=b: b, [case]).rows[0].holds.value for b in (0.5, 1.5)]
    ['yes', 'no']
    """
    margin = relative_tolerance(tolerance)
    rows = []
    for case in load_benchmark() if cases is None else cases:
        seen = case.instance if exact_input else binary64_instance(case.instance)
        with _on(case):
            claimed = claimed_bound(bound, seen, exact=exact_input)
        slack = margin * case.instance.norm()
        holds = Decision.UNKNOWN
        if claimed > case.upper + slack:
            holds = Decision.NO
        elif claimed <= case.lower + slack:
            holds = Decision.YES
        rows.append(BoundRow(case, claimed, holds))
    return BoundScore(name_of(bound), tuple(rows))


def check_heuristic(
    heuristic: Heuristic, cases: Iterable[Case] | None = None, *, exact_input: bool = False, tolerance: object = "1e-5"
) -> HeuristicScore:
    """Compare a heuristic with the certified brackets of many cases.

    Args:
        heuristic: called as ``heuristic(A, omega, k)``; returns factors (U, V) of shapes (m, k) and (k, n), or a
            number that it claims opt to be at most.
        cases: such as ``load_benchmark()``, which None stands for, or cases from ``certify``.
        exact_input: call it with lists of Fractions; by default with float arrays.
        tolerance: relative; what counts as the optimum.

    Raises:
        InputError: when the heuristic raises, or returns no finite number and no finite factors; for a tolerance
            outside [0, 1).
    """
    margin = relative_tolerance(tolerance)
    rows = []
    for case in load_benchmark() if cases is None else cases:
        seen = case.instance if exact_input else binary64_instance(case.instance)
        with _on(case):
            value, factors = claimed_value(heuristic, seen, exact=exact_input)
        if factors is not None:
            value = case.instance.cost(*factors)
        floor = margin * case.instance.norm()
        valid = factors is not None or bool(value >= case.lower - floor)
        reached = reaches(value, case.lower, case.upper, case.instance.norm(), margin)
        rows.append(HeuristicRow(case, value, valid, reached))
    return HeuristicScore(name_of(heuristic), tuple(rows))


@contextmanager
def _on(case: Case) -> Iterator[None]:
    """Refusals within the block name the case."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{case.name}: {error.where}", error.expected, error.got) from error


def _short(ratio: fmpq | None) -> str:
    return "unknown" if ratio is None else ceil_decimal(ratio, 6)


def _median(values: list[fmpq]) -> fmpq | None:
    ordered = sorted(values)
    half = len(ordered) // 2
    if not ordered:
        return None
    return ordered[half] if len(ordered) % 2 else (ordered[half - 1] + ordered[half]) / 2
