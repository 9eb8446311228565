"""Cells of a cylindrical algebraic decomposition, one sample point each, visited depth first with early cuts.

Over a sample of the first k - 1 variables the projection factors of level k cut the line into *sections* (their roots)
and *sectors* (the gaps). Every cell of the decomposition meets exactly one of the samples produced this way, and the
sign of every input polynomial is constant on each cell. A condition is tested as soon as its last variable has a value,
and a cell that fails is not refined.

*Open* search visits sectors only, over rational samples. It is complete for the question whether an open set defined by
the signs of the input polynomials is empty, since a non-empty open set meets an open cell.

Guarantee: exact signs. A search that ends without a sample proves that there is none (in open mode: that the set has no
interior); a search that was cut by the budget says so.

Source: Collins 1975; Lazard 1994; Strzebonski 2000.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from flint import fmpq, fmpq_mpoly

from wlra_exact.algebra.algebraic import RealAlgebraic, compare, gaps
from wlra_exact.algebra.exact import simplest_between
from wlra_exact.algebra.projection import ProjectionLimits, level_of, projection_levels
from wlra_exact.algebra.samples import (
    Coefficients,
    Sample,
    StackRoot,
    adjoin,
    evaluate_lazard,
    roots_over,
    sign_at_root,
    sign_over,
)

__all__ = ["Cell", "CellBudget", "CellSearch", "Condition", "search_cells"]


@dataclass(frozen=True, eq=False)
class Condition:
    """A sign condition: the sign of the polynomial must be among ``signs``."""

    polynomial: fmpq_mpoly
    signs: frozenset[int]


#: How long a first attempt may take.
_MOMENT_NS = 10**9


@dataclass(frozen=True)
class CellBudget:
    """Limits of a search; exhausting them is an answer, not an error.

    Attributes:
        seconds: time for all of the work that the budget is given to, from its beginning.
        cells: number of cells visited.
        extension_degree: largest degree of a number field that a section may need.
        norm_degree: largest degree of a rational polynomial whose roots are isolated.
        limits: how large the projection may become.
        deadline: the ``time.monotonic_ns`` at which the time is over, for work that has begun (``begun``). A search
            asks the clock between cells and between resultants.
    """

    seconds: int = 120
    cells: int = 200_000
    extension_degree: int = 64
    norm_degree: int = 900
    limits: ProjectionLimits = field(default_factory=ProjectionLimits)
    deadline: int | None = None

    def ends(self) -> int:
        """The deadline; for work that begins now, when none is set."""
        return time.monotonic_ns() + self.seconds * 10**9 if self.deadline is None else self.deadline

    def left(self) -> int:
        """Seconds until the deadline, rounded up; not below 0."""
        return max(0, -((time.monotonic_ns() - self.ends()) // 10**9))

    def begun(self) -> CellBudget:
        """The same for parts of a work that begins now."""
        return replace(self, deadline=self.ends())

    def short(self) -> CellBudget:
        """For a first attempt that takes a moment at most: it succeeds on most small problems, and is cheap to lose.

        Every polynomial is so small that no single step takes long.
        """
        return CellBudget(
            seconds=self.seconds,
            cells=min(self.cells, 2000),
            extension_degree=min(self.extension_degree, 8),
            norm_degree=min(self.norm_degree, 64),
            limits=ProjectionLimits(min(self.limits.plane_degree, 12), min(self.limits.line_degree, 64)),
            deadline=min(self.ends(), time.monotonic_ns() + _MOMENT_NS),
        )


@dataclass(frozen=True, eq=False)
class Cell:
    """A cell by its sample, and why the search stopped there.

    Attributes:
        sample: a point of the cell; its first coordinates only, when a condition failed early.
        failed: the first condition that fails there, by index; None when all hold.
        sign: the sign of that condition's polynomial.
        last: for a section that failed, the coordinate that follows those of the sample.
    """

    sample: Sample
    failed: int | None
    sign: int
    last: RealAlgebraic | None = None


@dataclass(frozen=True, eq=False)
class CellSearch:
    """The result of a search.

    Attributes:
        witness: a sample that satisfies every condition, or None.
        cells: the cells visited, in order.
        complete: whether all cells were visited or cut by a failed condition.
        levels: the projection factors by level; empty when the projection was too large.
        reason: why the search is not complete; empty otherwise.
    """

    witness: Sample | None
    cells: tuple[Cell, ...]
    complete: bool
    levels: tuple[tuple[fmpq_mpoly, ...], ...]
    reason: str


#: A condition, its index, and its polynomial over the sample.
_Line = tuple[int, Condition, Coefficients]


def _projection_reason(limits: ProjectionLimits, deadline: int) -> str:
    if time.monotonic_ns() >= deadline:
        return "the projection did not end within the time limit"
    return (
        f"a polynomial of the projection may exceed the limits of degree: {limits.plane_degree} in two or more "
        f"variables, {limits.line_degree} in one"
    )


class _OutOfBudgetError(Exception):
    """Unwinds a search that exceeds its budget."""


def search_cells(
    conditions: Sequence[Condition],
    variables: int,
    is_open: bool,
    budget: CellBudget | None = None,
) -> CellSearch:
    """Search a sample that satisfies every condition.

    Args:
        conditions: polynomials in one ring with ``variables`` variables, eliminated from the last to the first.
        variables: number of variables.
        is_open: visit open cells only.
        budget: limits.

    >>> from flint import fmpq_mpoly_ctx, Ordering
    >>> x, y = fmpq_mpoly_ctx.get(("x", "y"), Ordering.lex).gens()
    >>> inside = Condition(x**2 + y**2 - 1, frozenset({-1}))
    >>> found = search_cells([inside, Condition(x * y - fmpq(1, 3), frozenset({1}))], 2, True)
    >>> found.witness.rationals()
    (-2/3, -2/3)
    """
    budget = budget or CellBudget()
    for index, condition in enumerate(conditions):
        if level_of(condition.polynomial) == 0:
            s = Sample.empty().sign(condition.polynomial) if variables == 0 else _constant_sign(condition.polynomial)
            if s not in condition.signs:
                return CellSearch(None, (Cell(Sample.empty(), index, s),), True, (), "")
    inputs = [c.polynomial for c in conditions if level_of(c.polynomial) > 0]
    deadline = budget.ends()
    levels = projection_levels(inputs, variables, replace(budget.limits, deadline=deadline), is_open)
    if levels is None:
        return CellSearch(None, (), False, (), _projection_reason(budget.limits, deadline))
    frozen = tuple(tuple(level) for level in levels)
    visited: list[Cell] = []
    search = _Search(conditions, frozen, is_open, budget, deadline, visited)
    try:
        witness = search.descend(Sample.empty())
    except _OutOfBudgetError as spent:
        return CellSearch(None, tuple(visited), False, frozen, str(spent))
    return CellSearch(witness, tuple(visited), True, frozen, "")


def _constant_sign(f: fmpq_mpoly) -> int:
    value = f.to_dict()
    c = next(iter(value.values()), fmpq(0))
    return int(c > 0) - int(c < 0)


@dataclass(frozen=True, eq=False)
class _Search:
    conditions: Sequence[Condition]
    levels: tuple[tuple[fmpq_mpoly, ...], ...]
    is_open: bool
    budget: CellBudget
    deadline: int
    visited: list[Cell]

    def descend(self, sample: Sample) -> Sample | None:
        """A satisfying sample over the given one, or None."""
        k = len(sample.coordinates)
        if k == len(self.levels):
            self.visited.append(Cell(sample, None, 0))
            return sample
        active = [(i, c) for i, c in enumerate(self.conditions) if level_of(c.polynomial) == k + 1]
        lines = [evaluate_lazard(f, sample) for f in self.levels[k]]
        degree = sample.alpha.polynomial.degree()
        self._within(degree * max((len(line) - 1 for line in lines), default=0), self.budget.norm_degree)
        roots = _merged(lines, sample)
        plain = [(i, c, _over_sample(c.polynomial, sample)) for i, c in active]
        if not any(c.signs == frozenset({0}) and line for _, c, line in plain):
            for lo, hi in gaps([root.number for root in roots]):
                found = self._visit_sector(sample, simplest_between(lo, hi), plain)
                if found is not None:
                    return found
        for root in () if self.is_open else roots:
            found = self._visit_section(sample, root, plain)
            if found is not None:
                return found
        return None

    def _visit_sector(self, sample: Sample, y: fmpq, plain: Sequence[_Line]) -> Sample | None:
        self._count()
        extended = sample.extended_by(y)
        for index, condition, line in plain:
            s = sign_over(line, sample.alpha, y)
            if s not in condition.signs:
                self.visited.append(Cell(extended, index, s))
                return None
        return self.descend(extended)

    def _visit_section(self, sample: Sample, root: StackRoot, plain: Sequence[_Line]) -> Sample | None:
        self._count()
        for index, condition, line in plain:
            s = sign_at_root(line, sample.alpha, root) if line else 0
            if s not in condition.signs:
                self.visited.append(Cell(sample, index, s, root.number))
                return None
        if not root.number.is_exact:
            degree = sample.alpha.polynomial.degree()
            self._within(degree * (len(root.polynomial) - 1), self.budget.extension_degree)
        return self.descend(adjoin(sample, root))

    def _count(self) -> None:
        if len(self.visited) >= self.budget.cells or time.monotonic_ns() > self.deadline:
            raise _OutOfBudgetError("the budget of time or cells is spent")

    def _within(self, degree: int, limit: int) -> None:
        if degree > limit:
            raise _OutOfBudgetError(f"algebraic numbers of degree {degree} exceed the limit {limit}")


def _merged(lines: list[Coefficients], sample: Sample) -> list[StackRoot]:
    """The different roots of several polynomials over a sample, in increasing order."""
    roots = [root for line in lines for root in roots_over(line, sample.alpha)]
    roots.sort(key=functools.cmp_to_key(lambda a, b: compare(a.number, b.number)))
    merged: list[StackRoot] = []
    for root in roots:
        if not merged or compare(merged[-1].number, root.number) != 0:
            merged.append(root)
        elif len(root.polynomial) < len(merged[-1].polynomial):
            merged[-1] = root  # a smaller extension
    return merged


def _over_sample(f: fmpq_mpoly, sample: Sample) -> Coefficients:
    """F over the sample as a polynomial in the next variable; empty when it vanishes identically."""
    k = len(sample.coordinates)
    parts: dict[int, dict[tuple[int, ...], fmpq]] = {}
    for exponents, c in f.to_dict().items():
        parts.setdefault(int(exponents[k]), {})[tuple(int(e) for e in exponents[:k])] = c
    line = [sample.value(parts.get(e, {})) for e in range(max(parts, default=-1) + 1)]
    while line and line[-1].is_zero():
        line.pop()
    return tuple(line)
