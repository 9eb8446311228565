"""Decide whether a finite system of polynomial constraints over Q has a real solution.

0. *At sight.* Conditions on one polynomial, up to a constant and a factor, are conditions on its value. Where these
   exclude each other, in the system or in one of its cases, nothing is searched.
1. *Cases.* An equation f = 0 holds where one irreducible factor of f vanishes; each choice of factors is a case.
   (x^5 = 0 becomes x = 0.)
2. *Substitution.* An equation c x + r = 0 with a constant c and r free of x eliminates x.
3. *Open search.* Without equations, the strict version of the system is decided on open cells over rational samples.
   A solution of the strict version is a solution; a system that was strict to begin with is thereby decided.
4. *Full search.* Otherwise a cylindrical algebraic decomposition by Lazard's projection, with algebraic samples;
   over each sample only the sections of an equation are visited.

What a short attempt does not settle, nor any of the points with coordinates 0, 1 and -1, runs in a process of its own,
which ends with the time (``algebra.deadline``).

Guarantee: YES carries a sample at which every constraint of the given system was evaluated exactly and holds. NO means
that every case was searched completely, or is excluded at sight. Everything else is UNKNOWN with the reason: no answer
rests on a genericity assumption.

Source: Collins 1975; Lazard 1994; McCallum, Parusinski, Paunescu 2019; paper, Theorem 3.4.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpq_poly

from wlra_exact.algebra.algebraic import RealAlgebraic
from wlra_exact.algebra.cells import CellBudget, CellSearch, Condition, search_cells
from wlra_exact.algebra.deadline import Unfinished, run_until
from wlra_exact.algebra.projection import coefficients_in
from wlra_exact.algebra.realroots import sign_of
from wlra_exact.algebra.samples import Sample
from wlra_exact.errors import Decision, InternalError
from wlra_exact.systems.system import PolynomialSystem, make_context, polynomial_bits

__all__ = ["SystemAnswer", "decide_system"]

_SIGNS = {
    "=": frozenset({0}),
    "!=": frozenset({-1, 1}),
    "<": frozenset({-1}),
    "<=": frozenset({-1, 0}),
    ">": frozenset({1}),
    ">=": frozenset({0, 1}),
}

#: How many combinations of factors of the equations are tried.
MAX_CASES = 256

#: The most variables in which all points with small coordinates are tried.
_SMALL_VARIABLES = 5

#: What is tried at once, without a process of its own: terms of all polynomials, degree and bits of each.
_SHORT_TERMS, _SHORT_DEGREE, _SHORT_BITS = 400, 16, 512


@dataclass(frozen=True, eq=False)
class SystemAnswer:
    """The answer to "does the system have a real solution?".

    Attributes:
        decision: YES, NO or UNKNOWN.
        sample: a solution, coordinates in the order of the system's variables, with YES.
        searches: the searches behind the answer, one or two a case; none behind a point that was tried, or where
            conditions exclude each other at sight.
        reason: why the answer is UNKNOWN; empty otherwise.
    """

    decision: Decision
    sample: Sample | None
    searches: tuple[CellSearch, ...]
    reason: str

    def point(self, system: PolynomialSystem) -> dict[str, RealAlgebraic]:
        """The solution by variable; empty without one."""
        if self.sample is None:
            return {}
        return {name: self.sample.number(i) for i, name in enumerate(system.variables)}


@dataclass(frozen=True, eq=False)
class _Case:
    """A conjunction of sign conditions, and the variables already expressed through the others, last one last."""

    conditions: tuple[Condition, ...]
    substitutions: tuple[tuple[int, fmpq_mpoly], ...]


def decide_system(system: PolynomialSystem, budget: CellBudget | None = None) -> SystemAnswer:
    """Whether some real point satisfies every constraint.

    Args:
        system: any constraints; the objective is ignored.
        budget: limits on time, for the whole of it, and on cells and degrees, for each search.

    >>> from wlra_exact.systems.system import Constraint, make_context
    >>> ring = make_context(["x", "y"])
    >>> x, y = ring.gens()
    >>> circle = Constraint(x**2 + y**2 - 2, "=")
    >>> meets = PolynomialSystem(ring, ("x", "y"), (circle, Constraint(x - y**3, "="), Constraint(x, ">")))
    >>> answer = decide_system(meets)
    >>> answer.decision, {name: str(value) for name, value in answer.point(meets).items()}
    (<Decision.YES: 'yes'>, {'x': '1', 'y': '1'})
    >>> misses = PolynomialSystem(ring, ("x", "y"), (circle, Constraint(x * y - 2, ">=")))
    >>> decide_system(misses).decision
    <Decision.NO: 'no'>
    """
    budget = (budget or CellBudget()).begun()
    if _is_short(system):
        answer = _decide(system, budget.short())
        if answer.decision is not Decision.UNKNOWN:
            return answer
    small = _small_solution(system)
    if small is not None:
        return SystemAnswer(Decision.YES, small, (), "")
    found = run_until(budget.ends(), _decide, system, budget)
    return SystemAnswer(Decision.UNKNOWN, None, (), found.reason) if isinstance(found, Unfinished) else found


def _is_short(system: PolynomialSystem) -> bool:
    """Whether no step on the given polynomials themselves takes long."""
    polynomials = [c.polynomial for c in system.constraints]
    return sum(len(p) for p in polynomials) <= _SHORT_TERMS and all(
        int(p.total_degree()) <= _SHORT_DEGREE and polynomial_bits(p) <= _SHORT_BITS for p in polynomials
    )


def _small_solution(system: PolynomialSystem) -> Sample | None:
    """A solution with coordinates 0, 1 and -1, which the largest exponents do not hide."""
    if len(system.variables) > _SMALL_VARIABLES:
        return None
    for point in itertools.product((fmpq(0), fmpq(1), fmpq(-1)), repeat=len(system.variables)):
        if all(c.holds_for(c.polynomial(*point)) for c in system.constraints):
            return Sample(RealAlgebraic.rational(fmpq(0)), tuple(fmpq_poly([x]) for x in point))
    return None


def _decide(system: PolynomialSystem, budget: CellBudget) -> SystemAnswer:
    if _exclude_each_other([Condition(c.polynomial, _SIGNS[c.relation]) for c in system.constraints]):
        return SystemAnswer(Decision.NO, None, (), "")
    cases = _cases(system)
    if cases is None:
        return SystemAnswer(Decision.UNKNOWN, None, (), f"the equations factor into more than {MAX_CASES} cases")
    searches: list[CellSearch] = []
    reasons: list[str] = []
    for i, case in enumerate(cases):
        now = time.monotonic_ns()
        share = replace(budget, deadline=now + (budget.ends() - now) // (len(cases) - i))
        sample, made, reason = _search_case(system, case, share)
        searches += made
        if sample is not None:
            if any(sample.sign(c.polynomial) not in _SIGNS[c.relation] for c in system.constraints):
                raise InternalError("a sample found by the search violates a constraint of the system")
            return SystemAnswer(Decision.YES, sample, tuple(searches), "")
        if reason:
            reasons.append(reason)
    if reasons:
        return SystemAnswer(Decision.UNKNOWN, None, tuple(searches), reasons[0])
    return SystemAnswer(Decision.NO, None, tuple(searches), "")


def _cases(system: PolynomialSystem) -> list[_Case] | None:
    """The choices of one irreducible factor for every equation; None when there are too many."""
    fixed = [Condition(c.polynomial, _SIGNS[c.relation]) for c in system.constraints if c.relation != "="]
    choices = []
    for c in system.constraints:
        if c.relation == "=" and not c.polynomial.is_zero():
            choices.append([factor for factor, _ in c.polynomial.factor()[1]])
    if math.prod(len(options) for options in choices) > MAX_CASES:
        return None
    zero = frozenset({0})
    return [
        _substituted(_Case((*(Condition(f, zero) for f in chosen), *fixed), ()))
        for chosen in itertools.product(*choices)
    ]


def _substituted(case: _Case) -> _Case:
    """Use every equation that is linear in a variable with a constant coefficient."""
    while True:
        found = _linear_equation(case)
        if found is None:
            return case
        position, index, value = found
        rest = [c for i, c in enumerate(case.conditions) if i != position]
        gens = list(value.context().gens())
        gens[index] = value
        conditions = tuple(Condition(c.polynomial.compose(*gens), c.signs) for c in rest)
        case = _Case(conditions, (*case.substitutions, (index, value)))


def _linear_equation(case: _Case) -> tuple[int, int, fmpq_mpoly] | None:
    for position, condition in enumerate(case.conditions):
        if condition.signs != frozenset({0}):
            continue
        f = condition.polynomial
        for index, degree in enumerate(f.degrees()):
            if degree != 1:
                continue
            parts = coefficients_in(f, index)
            if parts[1].is_constant():
                rest = parts.get(0, f.context().constant(0))
                return position, index, rest / -parts[1].leading_coefficient()
    return None


def _search_case(
    system: PolynomialSystem, case: _Case, budget: CellBudget
) -> tuple[Sample | None, list[CellSearch], str]:
    """A solution of the case or None, the searches made, and the reason when they prove nothing."""
    if _exclude_each_other(case.conditions):
        return None, [], ""
    order = _elimination_order(case)
    conditions = _renamed(case.conditions, order, system)
    searches = []
    equations = any(c.signs == frozenset({0}) for c in conditions)
    weak = any(0 in c.signs for c in conditions)
    if not equations:
        strict = [Condition(c.polynomial, c.signs - {0}) for c in conditions]
        search = search_cells(strict, len(order), True, budget)
        searches.append(search)
        if search.witness is not None:
            return _lifted(system, case, order, search.witness), searches, ""
        if not weak:
            return None, searches, search.reason
    search = search_cells(conditions, len(order), False, budget)
    searches.append(search)
    if search.witness is not None:
        return _lifted(system, case, order, search.witness), searches, ""
    return None, searches, search.reason


def _exclude_each_other(conditions: Sequence[Condition]) -> bool:
    """Whether conditions on the value of one polynomial, up to a constant and a factor, leave it no value."""
    levels: dict[str, list[tuple[fmpq, frozenset[int]]]] = {}
    for condition in conditions:
        p = condition.polynomial
        if p.is_constant():
            continue
        lead, constant = p.leading_coefficient(), p[(0,) * p.context().nvars()]
        signs = condition.signs if lead > 0 else frozenset(-s for s in condition.signs)
        levels.setdefault(str((p - constant) / lead), []).append((-constant / lead, signs))
    return not all(_some_value(found) for found in levels.values())


def _some_value(levels: list[tuple[fmpq, frozenset[int]]]) -> bool:
    """Whether some v has sign(v - level) among the signs for every pair."""
    ends = sorted({level for level, _ in levels})
    between = [(low + high) / 2 for low, high in itertools.pairwise(ends)]
    return any(
        all(sign_of(v - level) in signs for level, signs in levels)
        for v in (ends[0] - 1, *ends, *between, ends[-1] + 1)
    )


def _elimination_order(case: _Case) -> list[int]:
    """The variables that occur, the first to be eliminated last (Brown's heuristic: low degree first)."""
    keys: dict[int, tuple[int, int, int]] = {}
    for condition in case.conditions:
        for exponents in condition.polynomial.monoms():
            total = sum(int(e) for e in exponents)
            for index, e in enumerate(exponents):
                if e:
                    degree, reach, count = keys.get(index, (0, 0, 0))
                    keys[index] = (max(degree, int(e)), max(reach, total), count + 1)
    return sorted(keys, key=lambda index: keys[index], reverse=True)


def _renamed(conditions: Sequence[Condition], order: list[int], system: PolynomialSystem) -> list[Condition]:
    """The conditions in the ring of the given variables, in the given order."""
    ring: fmpq_mpoly_ctx = make_context([system.variables[i] for i in order])
    renamed = []
    for condition in conditions:
        terms = {tuple(int(e[i]) for i in order): c for e, c in condition.polynomial.to_dict().items()}
        renamed.append(Condition(ring.from_dict(terms), condition.signs))
    return renamed


def _lifted(system: PolynomialSystem, case: _Case, order: list[int], sample: Sample) -> Sample:
    """The sample in all variables: free ones 0, substituted ones from the others."""
    zero = fmpq_poly([fmpq(0)])
    coordinates = [zero] * len(system.variables)
    for position, index in enumerate(order):
        coordinates[index] = sample.coordinates[position]
    full = Sample(sample.alpha, tuple(coordinates))
    for index, value in reversed(case.substitutions):
        terms = {tuple(int(e) for e in exponents): c for exponents, c in value.to_dict().items()}
        coordinates[index] = full.value(terms) % fmpq_poly(full.alpha.polynomial)
        full = Sample(sample.alpha, tuple(coordinates))
    return full
