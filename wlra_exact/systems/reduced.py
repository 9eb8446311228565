"""The reduced system without a sketch: U on the distinct rows, V eliminated by Cramer (Thm 5.1 steps 1, 4-6; Thm 6.1).

Let a run over the joint row groups, c over the distinct weight columns, b over the joint column groups, c(b) the weight
column of b, and w_ac = omega_ac |Q_a|. For a given U (one row u_a in R^k a group) column b is a weighted least-squares
problem with the Gram matrix M_c = sum_a w_ac u_a u_a^T, the same for all b with c(b) = c. With
r_b = sum_a w_ac A_ab u_a its optimal value is

    cost_b(U) = num_b / den_c,   den_c = det M_c,   num_b = (sum_a w_ac A_ab^2) det M_c - r_b^T adj(M_c) r_b,

so the cost is p / q with q = prod_c den_c and p = sum_b |Q_b| num_b prod_{c' != c(b)} den_c'. Only as many denominators
occur as there are distinct weight columns, each of degree 2k. The variables are k times the distinct rows: neither m
nor n enters. Three equivalent forms:

- *product* (the paper's): one auxiliary y with q y = 1, objective p y;
- *separate*: one auxiliary y_c a denominator with den_c y_c = 1, objective sum_b |Q_b| num_b y_c(b), of low degree;
- *cleared* at a threshold C: p - C q <= 0 and q > 0, no auxiliary.

Rank-deficient blocks: a *guess* names, for each c, a maximal independent subset J_c of the k columns of U (as weighted
by c). M_c is replaced by its principal submatrix on J_c, and det M_{J + j} = 0 is added for j outside J_c. The guesses
cover all U. The *generic* guess takes min(k, |support of c|) columns and suffices for the infimum: it holds on a dense
open set of U, and the eliminated cost is upper semicontinuous in U (a minimum over V of continuous functions).

Guarantee: at every U that satisfies the guess, p / q is exactly min_V cost(U V).
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping
from dataclasses import dataclass
from functools import reduce
from typing import Literal

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx

from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError, InternalError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.cramer import PolyMatrix, Subset, adjugate, determinant, principal
from wlra_exact.systems.full import fixed_rows, row_factor, row_names
from wlra_exact.systems.patterns import Patterns, find_patterns
from wlra_exact.systems.system import Constraint, PolynomialSystem, make_context, stated_levels

__all__ = ["ReducedProblem", "lift_to", "reduced_problem", "support_sizes"]


@dataclass(frozen=True, eq=False)
class ReducedProblem:
    """The cost after eliminating V, as a sum of fractions with few denominators.

    Attributes:
        context, variables: the ring of the entries of U on the joint row groups, row by row.
        numerators: one a joint column group, multiplied by the group's multiplicity |Q_b|.
        denominators: one a distinct weight column; >= 0 everywhere.
        denominator_of: joint column group -> its denominator.
        dependencies: polynomials that vanish on the guess (empty for the full-rank guess).
        guess: the independent subset of each weight column.
        patterns: the problem.
    """

    context: fmpq_mpoly_ctx
    variables: tuple[str, ...]
    numerators: tuple[fmpq_mpoly, ...]
    denominators: tuple[fmpq_mpoly, ...]
    denominator_of: tuple[int, ...]
    dependencies: tuple[fmpq_mpoly, ...]
    guess: tuple[Subset, ...]
    patterns: Patterns

    def holds_at(self, point: Mapping[str, object]) -> bool:
        """Whether the guess holds at U: denominators non-zero, dependencies zero."""
        values = [exact(point[name]) for name in self.variables]
        return all(d(*values) != 0 for d in self.denominators) and all(g(*values) == 0 for g in self.dependencies)

    def cost(self, point: Mapping[str, object]) -> fmpq:
        """The least cost over all V at a rational U that satisfies the guess.

        Raises:
            InputError: where the guess does not hold.
        """
        if not self.holds_at(point):
            raise InputError("point", f"a U on which the guess {self.guess} holds", "one where it fails")
        values = [exact(point[name]) for name in self.variables]
        divisors = [d(*values) for d in self.denominators]
        terms = (p(*values) / divisors[c] for p, c in zip(self.numerators, self.denominator_of, strict=True))
        return sum(terms, fmpq(0))

    def fraction(self) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """(p, q) with cost = p / q and q the product of the denominators."""
        q = _product(self.denominators, self.context)
        p = self.context.constant(0)
        for c in range(len(self.denominators)):
            others = _product(self.denominators[:c] + self.denominators[c + 1 :], self.context)
            p += self._numerator_over(c) * others
        return p, q

    def product_system(self) -> PolynomialSystem:
        """The paper's form: one auxiliary variable y, q y = 1, objective p y, and the guess's dependencies."""
        p, q = self.fraction()
        lifted = make_context((*self.variables, "y"))
        y = lifted.gen(len(self.variables))
        constraints = (Constraint(lift_to(q, lifted) * y - 1, "="), *self._dependencies_in(lifted))
        return PolynomialSystem(lifted, (*self.variables, "y"), constraints, lift_to(p, lifted) * y)

    def separate_system(self) -> PolynomialSystem:
        """One auxiliary variable a denominator: den_c y_c = 1, objective sum_c num_c y_c."""
        names = tuple(f"y{c + 1}" for c in range(len(self.denominators)))
        lifted = make_context(self.variables + names)
        ys = lifted.gens()[len(self.variables) :]
        inverses = tuple(
            Constraint(lift_to(d, lifted) * y - 1, "=") for d, y in zip(self.denominators, ys, strict=True)
        )
        objective = lifted.constant(0)
        for c, y in enumerate(ys):
            objective += lift_to(self._numerator_over(c), lifted) * y
        return PolynomialSystem(lifted, self.variables + names, (*inverses, *self._dependencies_in(lifted)), objective)

    def cleared_system(
        self, threshold: object, relation: Literal["<", "<="] = "<=", *, consequence: bool = False
    ) -> PolynomialSystem:
        """The decision system ``p - C q relation 0`` and ``q > 0``: no auxiliary variable.

        Args:
            threshold: C, a rational.
            relation: "<" or "<=".
            consequence: as in ``PolynomialSystem.below``.
        """
        p, q = self.fraction()
        levels = stated_levels(exact(threshold), consequence=consequence)
        conditions = (*(Constraint(p - q * level, relation) for level in levels), Constraint(q, ">"))
        return PolynomialSystem(self.context, self.variables, conditions + self._dependencies_in(self.context))

    def point(self, U: Mapping[str, object]) -> dict[str, fmpq]:
        """The point of ``product_system`` above a rational U: y = 1 / q.

        Raises:
            InputError: where the guess does not hold.
        """
        if not self.holds_at(U):
            raise InputError("point", f"a U on which the guess {self.guess} holds", "one where it fails")
        values = [exact(U[name]) for name in self.variables]
        q = fmpq(1)
        for d in self.denominators:
            q *= d(*values)
        return dict(zip(self.variables, values, strict=True)) | {"y": 1 / q}

    def _numerator_over(self, c: int) -> fmpq_mpoly:
        chosen = (p for p, over in zip(self.numerators, self.denominator_of, strict=True) if over == c)
        return sum(chosen, self.context.constant(0))

    def _dependencies_in(self, context: fmpq_mpoly_ctx) -> tuple[Constraint, ...]:
        return tuple(Constraint(lift_to(g, context), "=") for g in self.dependencies)


def reduced_problem(
    problem: Instance | Patterns,
    guess: tuple[Subset, ...] | None = None,
    pivots: tuple[int, ...] | None = None,
) -> ReducedProblem:
    """Eliminate V from the collapsed problem.

    Args:
        problem: an instance (its patterns are found first) or patterns.
        guess: an independent subset of 0..k-1 for each distinct weight column, or None for the generic guess.
        pivots: k joint row groups whose rows of U are fixed to the identity, or None. Fixing them keeps the infimum.

    Returns:
        A problem such that
        - it has k * (joint row groups) variables, less k^2 with pivots;
        - its denominators have degree at most 2k, one for each distinct weight column;
        - at every U on which the guess holds its cost is min_V cost(U V).

    Raises:
        InputError: for a guess or pivots that do not fit.

    Source: Thm 5.1 and Thm 6.1 of the paper, without the sketch.

    >>> from wlra_exact.algebra.exact import matrix
    >>> reduced = reduced_problem(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1))
    >>> reduced.variables, len(reduced.denominators), reduced.fraction()
    (('u1_1', 'u2_1'), 1, (u1_1^2 + 4*u2_1^2, u1_1^2 + u2_1^2))
    >>> print(*reduced.product_system().below(1).constraints, sep="; ")
    u1_1^2*y + u2_1^2*y - 1 = 0; u1_1^2*y + 4*u2_1^2*y - 1 <= 0
    """
    patterns = problem if isinstance(problem, Patterns) else find_patterns(problem)
    k, groups = patterns.k, patterns.rows.size
    fixed = fixed_rows(pivots, groups, k)
    names = tuple(row_names(fixed, groups, k))
    context = make_context(names)
    U = row_factor(context, fixed, groups, k)
    weight_columns = patterns.columns.weight_patterns
    first_group = [weight_columns.index(c) for c in range(patterns.columns.weight_pattern_count)]
    grams = [_gram(U, _row_weights(patterns, b), k, context) for b in first_group]
    if guess is None:
        chosen = tuple(
            _generic_subset(M, min(k, size), context) for M, size in zip(grams, support_sizes(patterns), strict=True)
        )
    else:
        _check_guess(guess, patterns)
        chosen = guess
    denominators = tuple(determinant(principal(M, J), context) for M, J in zip(grams, chosen, strict=True))
    adjugates = [adjugate(principal(M, J), context) for M, J in zip(grams, chosen, strict=True)]
    dependencies = tuple(
        determinant(principal(M, tuple(sorted((*J, j)))), context)
        for M, J in zip(grams, chosen, strict=True)
        for j in range(k)
        if j not in J
    )
    numerators = tuple(
        _numerator(patterns, U, b, (chosen[c], adjugates[c], denominators[c])) for b, c in enumerate(weight_columns)
    )
    return ReducedProblem(
        context,
        names,
        numerators,
        denominators,
        weight_columns,
        tuple(g for g in dependencies if not g.is_zero()),
        chosen,
        patterns,
    )


def support_sizes(patterns: Patterns) -> tuple[int, ...]:
    """For each distinct weight column, the number of joint row groups in its support: a bound on the rank of D_c U."""
    weight_columns = patterns.columns.weight_patterns
    first_group = [weight_columns.index(c) for c in range(patterns.columns.weight_pattern_count)]
    return tuple(sum(patterns.omega[a, b] != 0 for a in range(patterns.rows.size)) for b in first_group)


def lift_to(p: fmpq_mpoly, context: fmpq_mpoly_ctx) -> fmpq_mpoly:
    """The polynomial in a ring that appends variables to the ring of ``p``."""
    extra = context.nvars() - p.context().nvars()
    return context.from_dict({(*monomial, *([0] * extra)): c for monomial, c in p.to_dict().items()})


def _generic_subset(M: PolyMatrix, rank: int, context: fmpq_mpoly_ctx) -> Subset:
    """The first subset of ``rank`` columns whose Gram determinant is not identically zero."""
    for J in itertools.combinations(range(len(M)), rank):
        if not determinant(principal(M, J), context).is_zero():
            return J
    raise InternalError("a block's generic rank is the smaller of k and its support")


def _check_guess(guess: tuple[Subset, ...], patterns: Patterns) -> None:
    blocks = patterns.columns.weight_pattern_count
    fits = len(guess) == blocks and all(
        tuple(sorted(set(J))) == J and all(0 <= l < patterns.k for l in J) for J in guess
    )
    if not fits:
        expected = f"{blocks} increasing subsets of 0..{patterns.k - 1}, one a distinct weight column"
        raise InputError("guess", expected, repr(guess))


def _row_weights(patterns: Patterns, b: int) -> list[fmpq]:
    sizes = patterns.rows.multiplicities
    return [patterns.omega[a, b] * sizes[a] for a in range(patterns.rows.size)]


def _gram(U: PolyMatrix, weights: list[fmpq], k: int, context: fmpq_mpoly_ctx) -> PolyMatrix:
    """M = sum_a w_a u_a u_a^T."""
    M = [[context.constant(0) for _ in range(k)] for _ in range(k)]
    for l in range(k):
        for h in range(l, k):
            for u, w in zip(U, weights, strict=True):
                if w != 0:
                    M[l][h] += u[l] * u[h] * w
            M[h][l] = M[l][h]
    return M


def _numerator(patterns: Patterns, U: PolyMatrix, b: int, block: tuple[Subset, PolyMatrix, fmpq_mpoly]) -> fmpq_mpoly:
    """|Q_b| ((sum_a w_a A_ab^2) det M_J - r^T adj(M_J) r), with r_l = sum_a w_a A_ab u_al for l in J."""
    J, adj, den = block
    weights = _row_weights(patterns, b)
    target = [patterns.A[a, b] for a in range(patterns.rows.size)]
    constant = sum((w * x * x for w, x in zip(weights, target, strict=True)), fmpq(0))
    zero = den.context().constant(0)
    r = [sum((u[l] * (w * x) for u, w, x in zip(U, weights, target, strict=True)), zero) for l in J]
    form = sum((r[i] * adj[i][j] * r[j] for i in range(len(J)) for j in range(len(J))), zero)
    return (den * constant - form) * patterns.columns.multiplicities[b]


def _product(factors: tuple[fmpq_mpoly, ...], context: fmpq_mpoly_ctx) -> fmpq_mpoly:
    return reduce(lambda p, f: p * f, factors, context.constant(1))
