"""Polynomial systems over Q: finite lists of constraints ``polynomial REL 0``, with an optional objective.

A system {x in R^v : p_1 REL_1 0, ..., p_m REL_m 0} describes a basic semialgebraic set. Its size is measured by the
four parameters of the decision procedure [Ren1992] and of the lower bound [JPT2013]: v (variables), m (constraints),
d (largest total degree) and H (bits of the largest integer coefficient once denominators are cleared).

Guarantee: all coefficients are rational and nothing here rounds. Objects are never mutated after construction.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, get_args

from flint import Ordering, fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpz

from wlra_exact.algebra.decimal import ceil_decimal
from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError

__all__ = [
    "Constraint",
    "PolynomialSystem",
    "Relation",
    "clear_denominators",
    "make_context",
    "polynomial_bits",
    "stated_levels",
]

#: Digits of a threshold that is short.
_SHORT = 6

#: How a polynomial is compared with 0.
Relation = Literal["=", "!=", "<", "<=", ">", ">="]


def make_context(variables: Iterable[str]) -> fmpq_mpoly_ctx:
    """The ring Q[variables] in degree reverse lexicographic order.

    >>> make_context(["x", "y"]).names()
    ('x', 'y')
    """
    return fmpq_mpoly_ctx.get(tuple(variables), Ordering.degrevlex)


def clear_denominators(p: fmpq_mpoly) -> tuple[fmpq_mpoly, fmpz]:
    """The integer polynomial ``s p`` and the least positive integer s that makes it one.

    >>> x, y = make_context(["x", "y"]).gens()
    >>> clear_denominators(x / 2 + y / 3)
    (3*x + 2*y, 6)
    """
    scale = fmpz(1)
    for c in p.coeffs():
        scale = scale.lcm(c.q)
    return p * scale, scale


def polynomial_bits(p: fmpq_mpoly) -> int:
    """Bits of the largest coefficient, in absolute value, of ``p`` with its denominators cleared; 0 for p = 0.

    >>> x, y = make_context(["x", "y"]).gens()
    >>> polynomial_bits(x / 2 - 4 * y)
    4
    """
    cleared, _ = clear_denominators(p)
    return max((int(abs(c.p)).bit_length() for c in cleared.coeffs()), default=0)


@dataclass(frozen=True, eq=False)
class Constraint:
    """One condition ``polynomial relation 0``.

    Raises:
        InputError: for an unknown relation.

    >>> (x,) = make_context(["x"]).gens()
    >>> print(Constraint(x**2 - 2, "<="))
    x^2 - 2 <= 0
    """

    polynomial: fmpq_mpoly
    relation: Relation

    def __post_init__(self) -> None:
        if self.relation not in get_args(Relation):
            raise InputError("constraint", f"a relation among {' '.join(get_args(Relation))}", repr(self.relation))

    def holds_for(self, value: fmpq) -> bool:
        """Whether ``value relation 0``, exactly."""
        match self.relation:
            case "=":
                return bool(value == 0)
            case "!=":
                return bool(value != 0)
            case "<":
                return bool(value < 0)
            case "<=":
                return bool(value <= 0)
            case ">":
                return bool(value > 0)
            case ">=":
                return bool(value >= 0)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Constraint):
            return NotImplemented
        return self.relation == other.relation and _same(self.polynomial, other.polynomial)

    def __hash__(self) -> int:
        return hash((self.relation, _key(self.polynomial)))

    def __str__(self) -> str:
        return f"{self.polynomial} {self.relation} 0"


@dataclass(frozen=True, eq=False)
class PolynomialSystem:
    """A finite list of polynomial constraints over Q in named variables, with an optional objective.

    Attributes:
        context: the ring Q[variables].
        variables: the names, in the ring's order.
        constraints: the conditions; a point belongs to the set when all hold.
        objective: a polynomial to be minimised over the set, or None.

    Raises:
        InputError: when the variables are not the ring's, or a polynomial lives in another ring.

    >>> ring = make_context(["x", "y"])
    >>> x, y = ring.gens()
    >>> disc = PolynomialSystem(ring, ("x", "y"), (Constraint(x**2 + y**2 - 1, "<="),), objective=x + y)
    >>> disc.degree(), disc.bitsize(), disc.is_satisfied_by({"x": "3/5", "y": "4/5"})
    (2, 1, True)
    >>> print(disc.below("-3/2").constraints[-1])
    x + y + 3/2 <= 0
    """

    context: fmpq_mpoly_ctx
    variables: tuple[str, ...]
    constraints: tuple[Constraint, ...]
    objective: fmpq_mpoly | None = None

    def __post_init__(self) -> None:
        if tuple(self.context.names()) != self.variables:
            raise InputError("system", f"the variables {self.context.names()} of its ring", repr(self.variables))
        for p in self.polynomials():
            if p.context() is not self.context:
                raise InputError("system", f"polynomials in Q{list(self.variables)}", str(p.context().names()))

    def polynomials(self) -> Iterator[fmpq_mpoly]:
        """Every polynomial of the system: those of the constraints, then the objective."""
        yield from (c.polynomial for c in self.constraints)
        if self.objective is not None:
            yield self.objective

    def degree(self) -> int:
        """The largest total degree of any polynomial (0 for an empty system)."""
        return max((max(int(p.total_degree()), 0) for p in self.polynomials()), default=0)

    def bitsize(self) -> int:
        """Bits of the largest integer coefficient, each polynomial with its own denominators cleared."""
        return max((polynomial_bits(p) for p in self.polynomials()), default=0)

    def values(self, point: Mapping[str, object]) -> tuple[fmpq, ...]:
        """The exact values of the constraints' polynomials at a rational point.

        Args:
            point: a value for every variable, and for nothing else.

        Raises:
            InputError: for a missing or an unknown variable.
        """
        ordered = self._ordered(point)
        return tuple(_evaluate(c.polynomial, ordered) for c in self.constraints)

    def objective_value(self, point: Mapping[str, object]) -> fmpq:
        """The exact value of the objective at a rational point.

        Raises:
            InputError: for a missing or an unknown variable, or a system without an objective.
        """
        if self.objective is None:
            raise InputError("system", "an objective", "none")
        return _evaluate(self.objective, self._ordered(point))

    def is_satisfied_by(self, point: Mapping[str, object]) -> bool:
        """Whether the rational point satisfies every constraint, decided exactly.

        Raises:
            InputError: for a missing or an unknown variable.
        """
        return all(c.holds_for(value) for c, value in zip(self.constraints, self.values(point), strict=True))

    def below(
        self, threshold: object, relation: Literal["<", "<="] = "<=", *, consequence: bool = False
    ) -> PolynomialSystem:
        """The decision system: the constraints together with ``objective relation threshold``.

        Args:
            threshold: C, a rational.
            relation: "<" or "<=".
            consequence: state the same for the next number of six digits above C first (``stated_levels``); the set
                stays the same.

        Raises:
            InputError: for a system without an objective.
        """
        if self.objective is None:
            raise InputError("system", "an objective to compare with the threshold", "none")
        levels = stated_levels(exact(threshold), consequence=consequence)
        conditions = tuple(Constraint(self.objective - level, relation) for level in levels)
        return PolynomialSystem(self.context, self.variables, (*self.constraints, *conditions))

    def to_sympy(self) -> Any:
        """The constraints as a tuple of sympy relations in real symbols (a view for reading and cross-checks)."""
        import sympy  # noqa: PLC0415  # Reasoning: importing sympy takes longer than building most systems.

        symbols = sympy.symbols(self.variables, real=True)
        relations = {"=": sympy.Eq, "!=": sympy.Ne, "<": sympy.Lt, "<=": sympy.Le, ">": sympy.Gt, ">=": sympy.Ge}
        return tuple(
            relations[c.relation](_sympy_polynomial(c.polynomial, symbols), 0, evaluate=False) for c in self.constraints
        )

    def _ordered(self, point: Mapping[str, object]) -> list[fmpq]:
        missing = [name for name in self.variables if name not in point]
        unknown = sorted(set(point) - set(self.variables))
        if missing or unknown:
            raise InputError("point", f"a value for each of {', '.join(self.variables)}", ", ".join(map(str, point)))
        return [exact(point[name]) for name in self.variables]

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PolynomialSystem):
            return NotImplemented
        if self.variables != other.variables or self.constraints != other.constraints:
            return False
        if self.objective is None or other.objective is None:
            return self.objective is other.objective
        return _same(self.objective, other.objective)

    def __hash__(self) -> int:
        return hash((self.variables, self.constraints, None if self.objective is None else _key(self.objective)))


def stated_levels(threshold: fmpq, *, consequence: bool) -> list[fmpq]:
    """The thresholds at which a decision system states its inequality: the last one is the threshold itself.

    With ``consequence`` a threshold of many digits follows the next number of six digits above it. That adds nothing to
    the set, and other software gains much: it refutes, and finds points, with the small coefficients of the first.

    >>> stated_levels(fmpq(10**12, 3), consequence=True), stated_levels(fmpq(1, 8), consequence=True)
    ([333334000000, 1000000000000/3], [1/8])
    """
    above = exact(ceil_decimal(threshold, _SHORT)) if consequence and threshold > 0 else threshold
    return [threshold] if above == threshold else [above, threshold]


def _evaluate(p: fmpq_mpoly, values: list[fmpq]) -> fmpq:
    return p(*values)


def _key(p: fmpq_mpoly) -> tuple[tuple[str, ...], frozenset[tuple[tuple[int, ...], fmpq]]]:
    return tuple(p.context().names()), frozenset(p.to_dict().items())


def _same(p: fmpq_mpoly, q: fmpq_mpoly) -> bool:
    return _key(p) == _key(q)


def _sympy_polynomial(p: fmpq_mpoly, symbols: Any) -> Any:
    import sympy  # noqa: PLC0415  # Reasoning: as in to_sympy.

    terms = []
    for monomial, c in p.to_dict().items():
        factors = [x**e for x, e in zip(symbols, monomial, strict=True) if e]
        terms.append(sympy.Mul(sympy.Rational(int(c.p), int(c.q)), *factors))
    return sympy.Add(*terms)
