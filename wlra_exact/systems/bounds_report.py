"""Theory beside practice: the theorems' quantities for one instance, next to its certified bracket.

    proved lower bound of a theorem <= certified lower <= opt <= certified upper <= ||W o A||_F^2.

An instance over Q becomes the integer problem of a ``Setting`` by clearing denominators: with s_A A and s_omega omega
integral its opt is s_A^2 s_omega times larger, so a bound for the integer problem is divided by that factor.

Guarantee: exact integers and rationals; ``chain_holds`` compares them exactly.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from flint import fmpq, fmpq_mat, fmpz

from wlra_exact.errors import InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.bounds import LowerBound, ceil_log2, compact_bound, floor_log2, gap_bound
from wlra_exact.systems.bounds_lemmas import THEOREMS, Quantities, Setting, enumeration
from wlra_exact.systems.full import full_system
from wlra_exact.systems.patterns import Patterns, find_patterns
from wlra_exact.systems.reduced import reduced_problem
from wlra_exact.systems.sketch import RationalSketch
from wlra_exact.systems.sketched import sketched_problem

__all__ = ["BoundsReport", "bounds_report", "log2_text", "prediction", "setting_of"]


#: Systems with more than so many products of factor entries are counted by formula only.
_SMALL = 120

#: Determinants of larger blocks of a sketch are not expanded for a count.
_SMALL_RANK = 2

_FULL, _CHART = "full", "full on patterns, one chart"
_REDUCED, _SKETCHED = "reduced, one chart", "sketched, product form"
_TOO_LARGE = "too large to be built for a count"


@dataclass(frozen=True)
class BoundsReport:
    """What theory says about an instance, and what was certified.

    Attributes:
        setting: the sizes of the integer problem.
        predictions: the quantities of each theorem; their lower bounds are for the instance itself.
        proved: the lower bounds whose hypotheses were checked on the instance.
        variables: name of a system -> the variables it has when it is built.
        formulas: name of a system -> the variables that its formula predicts.
        unbuilt: name of a system -> why it was not built.
        log2_enumeration: log2 of the trivial enumeration.
        lower: the certified lower bound, or None.
        upper: the certified upper bound, or None.
        norm: ||W o A||_F^2.
        is_emptied: whether exact reductions leave nothing open, so that witnesses of every positive cost exist.
    """

    setting: Setting
    predictions: tuple[Quantities, ...]
    proved: tuple[LowerBound, ...]
    variables: dict[str, int]
    formulas: dict[str, int]
    unbuilt: dict[str, str]
    log2_enumeration: int
    lower: fmpq | None
    upper: fmpq | None
    norm: fmpq
    is_emptied: bool = False

    @property
    def chain_holds(self) -> bool:
        """Whether theory, bracket and norm are consistent.

        - lower <= upper <= norm, where a bracket is known;
        - no proved theorem excludes the bracket: opt may be 0, or some number of it reaches the theorem's bound.
        """
        if self.lower is None or self.upper is None:
            return True
        ordered = bool(0 <= self.lower <= self.upper <= self.norm)
        return ordered and (self.lower == 0 or all(bound.admits(self.upper) for bound in self.proved))

    @property
    def zero_by(self) -> str | None:
        """What proves opt = 0, or None.

        Returns:
            "witness" where its cost is 0; the name of a theorem whose least non-zero value is above the upper bound;
            "reductions" where they leave nothing open.
        """
        if self.upper is None:
            return None
        if self.upper == 0:
            return "witness"
        theorems = (b.theorem for b in self.proved if b.is_proved and not b.admits(self.upper))
        return next(theorems, "reductions" if self.is_emptied else None)

    @property
    def is_zero(self) -> bool:
        """Whether opt = 0 is proved."""
        return self.zero_by is not None


def setting_of(problem: Instance | Patterns, eps: str = "1/2") -> tuple[Setting, int]:
    """The sizes of the integer problem that clearing denominators makes, and log2 of how much larger its opt is.

    Returns:
        A setting whose ``bits`` H satisfy |s_A A| < 2^H and s_omega omega < 2^2H, and ceil log2(s_A^2 s_omega).

    >>> from wlra_exact.algebra.exact import matrix
    >>> setting, shift = setting_of(Instance(matrix([["1/2", 3]]), matrix([[1, "1/3"]]), 1))
    >>> setting.bits, shift
    (3, 4)
    """
    patterns = problem if isinstance(problem, Patterns) else find_patterns(problem)
    A, scale_a = _cleared(patterns.A)
    omega, scale_omega = _cleared(patterns.omega)
    largest_a = max((int(abs(x)) for x in A), default=0)
    largest_omega = max((int(x) for x in omega), default=0)
    bits = max(1, largest_a.bit_length(), (largest_omega.bit_length() + 1) // 2)
    setting = Setting(
        patterns.rows.length,
        patterns.columns.length,
        patterns.k,
        patterns.rows.weight_pattern_count,
        patterns.columns.weight_pattern_count,
        patterns.rows.size,
        patterns.columns.size,
        bits,
        eps,
        positive_weights=all(w > 0 for w in omega),
    )
    return setting, ceil_log2(scale_a * scale_a * scale_omega)


def bounds_report(
    problem: Instance | Patterns, *, lower: fmpq | None = None, upper: fmpq | None = None, eps: str = "1/2"
) -> BoundsReport:
    """Evaluate every theorem on an instance, beside a bracket if one is known.

    Args:
        problem: an instance or patterns.
        lower: a certified lower bound on opt.
        upper: a certified upper bound on opt.
        eps: the accuracy of the sketches and of the search.

    Raises:
        InputError: for only one of the two bounds.

    >>> from wlra_exact.algebra.exact import matrix
    >>> one = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> report = bounds_report(one, lower=fmpq(1), upper=fmpq(1))
    >>> report.chain_holds, report.is_zero, report.variables
    (True, False, {'full': 4, 'full on patterns, one chart': 3, 'reduced, one chart': 1, 'sketched, product form': 9})
    >>> [(found.theorem, found.variables, found.log2_lower) for found in report.predictions[:1]]
    [('Lemma 4.1', 4, -376832)]
    """
    if (lower is None) != (upper is None):
        raise InputError("bracket", "both bounds or none", "one")
    patterns = problem if isinstance(problem, Patterns) else find_patterns(problem)
    setting, shift = setting_of(patterns, eps)
    predictions = [_shifted(theorem(setting), shift) for theorem in THEOREMS.values()]
    proved = [gap_bound(patterns)]
    if setting.positive_weights:
        proved.append(compact_bound(patterns))
    variables, unbuilt = _built_variables(problem, patterns, setting)
    return BoundsReport(
        setting=setting,
        predictions=tuple(predictions),
        proved=tuple(proved),
        variables=variables,
        formulas=_predicted_variables(setting, predictions),
        unbuilt=unbuilt,
        log2_enumeration=enumeration(setting),
        lower=lower,
        upper=upper,
        norm=patterns.norm(),
    )


def prediction(problem: Instance | Patterns, theorem: str, eps: str = "1/2") -> Quantities:
    """One row of ``bounds_report``: cheap for the theorems without a sketch, however small eps is.

    Args:
        problem: an instance or patterns.
        theorem: a name of ``THEOREMS``.
        eps: the accuracy of the search.

    >>> from wlra_exact.algebra.exact import matrix
    >>> one = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> prediction(one, "Lemma 4.1", "1/1000000").steps
    40
    """
    setting, shift = setting_of(problem, eps)
    return _shifted(THEOREMS[theorem](setting), shift)


def _shifted(found: Quantities, shift: int) -> Quantities:
    """The quantities of the integer problem, for the instance itself: its opt is 2^shift times smaller."""
    lower = None if found.log2_lower is None else found.log2_lower - shift
    return replace(found, log2_lower=lower, log2_upper=found.log2_upper - shift + 1)


def log2_text(x: fmpq | None, *, up: bool = False) -> str:
    """log2 of a positive number, rounded to an integer on the sound side, for reading.

    >>> log2_text(fmpq(1, 3)), log2_text(fmpq(1, 3), up=True), log2_text(fmpq(0)), log2_text(None)
    ('-2', '-1', '-oo', '?')
    """
    if x is None:
        return "?"
    if x == 0:
        return "-oo"
    return str(ceil_log2(x) if up else floor_log2(x))


def _predicted_variables(setting: Setting, predictions: list[Quantities]) -> dict[str, int]:
    """Variables of the systems by their formulas."""
    s, k = setting, setting.k
    by_theorem = {found.theorem: found.variables for found in predictions}
    counts = {_FULL: by_theorem["Lemma 4.1"], _SKETCHED: by_theorem["Thm 5.1"]}
    if k < min(s.p_rows, s.p_columns):
        counts |= {_CHART: k * (s.p_rows + s.p_columns - k), _REDUCED: k * (s.p_rows - k)}
    return counts


def _built_variables(
    problem: Instance | Patterns, patterns: Patterns, setting: Setting
) -> tuple[dict[str, int], dict[str, str]]:
    """Variables counted on the systems themselves, and the reasons why a system was not built."""
    built: dict[str, int] = {}
    unbuilt: dict[str, str] = {}
    k, (p, q) = patterns.k, patterns.shape
    if isinstance(problem, Instance) and k * problem.shape[0] * problem.shape[1] <= _SMALL:
        built[_FULL] = len(full_system(problem).variables)
    else:
        unbuilt[_FULL] = _TOO_LARGE
    if k < min(p, q) and k * p * q <= _SMALL:
        pivots = tuple(range(k))
        built[_CHART] = len(full_system(patterns, pivots=pivots).variables)
        built[_REDUCED] = len(reduced_problem(patterns, pivots=pivots).variables)
    elif k < min(p, q):
        unbuilt[_CHART] = unbuilt[_REDUCED] = _TOO_LARGE
    if setting.sketch_size * (setting.r_rows + setting.r_columns) > _SMALL or k > _SMALL_RANK:
        unbuilt[_SKETCHED] = _TOO_LARGE
    else:
        # The number of variables is the same for all sketches of one size; with y it is that of the product form.
        t = setting.sketch_size
        S, T = (RationalSketch(np.ones((length, t), np.int64), 0) for length in (setting.m, setting.n))
        try:
            built[_SKETCHED] = len(sketched_problem(patterns, S, T).variables) + 1
        except UnsupportedError:
            unbuilt[_SKETCHED] = "omega has no rational square roots W, by which a sketch multiplies"
    return built, unbuilt


def _cleared(M: fmpq_mat) -> tuple[list[fmpz], fmpz]:
    scale = fmpz(1)
    for x in M.entries():
        scale = scale.lcm(x.q)
    return [(x * scale).p for x in M.entries()], scale
