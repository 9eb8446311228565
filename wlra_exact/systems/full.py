"""The full system of Lemma 4.1: every entry of U and V is a variable, and the cost is one quartic.

    minimise f(U, V) = sum_ij omega_ij (A_ij - sum_l u_il v_lj)^2     in k (m + n) variables, degree 4;
    decide   f(U, V) <= C                                             one constraint.

With *pivots* P (k row indices) the rows P of U are fixed to the identity: k (m + n - k) variables. Matrices whose rows
P span the row space are dense among those of rank <= k, so the infimum is the same; ``f < C`` has the same
answer, while ``f <= C`` may differ at C = opt alone.

On collapsed patterns the rows and columns are the joint groups and omega carries the multiplicities: the number of
variables does not depend on m and n.

*Compactness.* [JPT2013] needs a compact set. When omega > 0 a minimiser exists in an explicit ball: cost(X) <= cost(0)
gives min(omega) ||X - A||^2 <= ||W o A||^2, hence ||X||^2 <= rho = 2 ||A||^2 + 2 ||W o A||^2 / min(omega); a balanced
factorisation has ||U||^2 + ||V||^2 = 2 (sum of singular values) <= 2 sqrt(k rho) <= k + rho. With a zero weight no such
ball need exist (docs/theory.md).

Guarantee: the objective is the cost itself, as a polynomial identity in the entries of U and V.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flint import fmpq, fmpq_mpoly, fmpq_mpoly_ctx, fmpz

from wlra_exact.errors import InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.cramer import PolyMatrix
from wlra_exact.systems.patterns import Patterns
from wlra_exact.systems.system import Constraint, PolynomialSystem, clear_denominators, make_context

__all__ = [
    "CompactProblem",
    "bounded_full_system",
    "fixed_rows",
    "full_system",
    "row_factor",
    "row_names",
    "u_name",
    "v_name",
]


@dataclass(frozen=True)
class CompactProblem:
    """A minimisation over a compact set, in the form [JPT2013] asks for: integer coefficients.

    Attributes:
        system: the ball as constraint ``R^2 - |x|^2 >= 0``, and the integer objective ``scale * f``.
        scale: opt of the original problem is the system's minimum divided by ``scale``.
        radius_squared: R^2, an integer.
    """

    system: PolynomialSystem
    scale: fmpz
    radius_squared: fmpz


def u_name(i: int, l: int) -> str:
    """The variable of entry (i, l) of U; indices are written from 1."""
    return f"u{i + 1}_{l + 1}"


def v_name(l: int, j: int) -> str:
    """The variable of entry (l, j) of V; indices are written from 1."""
    return f"v{l + 1}_{j + 1}"


def fixed_rows(pivots: tuple[int, ...] | None, m: int, k: int) -> dict[int, int]:
    """Pivot row of U -> its row of the identity; none without pivots.

    Raises:
        InputError: for pivots that are not k distinct rows.
    """
    if pivots is None:
        return {}
    if len(set(pivots)) != k or len(pivots) != k or not all(0 <= i < m for i in pivots):
        raise InputError("pivots", f"{k} distinct row indices in 0..{m - 1}", repr(pivots))
    return {i: l for l, i in enumerate(pivots)}


def row_names(fixed: Mapping[int, int], m: int, k: int) -> list[str]:
    """The variables of U (m, k), row by row, those of fixed rows left out."""
    return [u_name(i, l) for i in range(m) if i not in fixed for l in range(k)]


def row_factor(context: fmpq_mpoly_ctx, fixed: Mapping[int, int], m: int, k: int) -> PolyMatrix:
    """U (m, k) over a ring that has ``row_names``."""
    entry = dict(zip(context.names(), context.gens(), strict=True))
    return [
        [context.constant(int(fixed[i] == l)) if i in fixed else entry[u_name(i, l)] for l in range(k)]
        for i in range(m)
    ]


def full_system(problem: Instance | Patterns, pivots: tuple[int, ...] | None = None) -> PolynomialSystem:
    """The cost as a quartic in the entries of U and V, without constraints.

    Args:
        problem: an instance, or patterns (then rows and columns are the joint groups, with multiplicities).
        pivots: k distinct row indices whose rows of U are fixed to the identity, or None.

    Returns:
        A system such that
        - its variables are the free entries of U (m x k), then all entries of V (k x n), row by row;
        - its objective at (U, V) is the cost of U V;
        - ``system.below(C)`` is the decision system for the threshold C.

    Raises:
        InputError: for pivots that are not k distinct row indices.

    Source: Lemma 4.1 of the paper.

    >>> from wlra_exact.algebra.exact import matrix
    >>> one = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> system = full_system(one)
    >>> system.variables, system.degree()
    (('u1_1', 'u2_1', 'v1_1', 'v1_2'), 4)
    >>> system.objective_value({"u1_1": 1, "u2_1": 0, "v1_1": 2, "v1_2": 0})
    1
    >>> print(full_system(one, pivots=(0,)).below(1).constraints[0])
    u2_1^2*v1_1^2 + u2_1^2*v1_2^2 + v1_1^2 - 2*u2_1*v1_2 + v1_2^2 - 4*v1_1 + 4 <= 0
    """
    collapsed = problem.collapsed() if isinstance(problem, Patterns) else problem
    (m, n), k = collapsed.shape, collapsed.k
    fixed = fixed_rows(pivots, m, k)
    names = row_names(fixed, m, k) + [v_name(l, j) for l in range(k) for j in range(n)]
    context = make_context(names)
    U = row_factor(context, fixed, m, k)
    entry = dict(zip(names, context.gens(), strict=True))
    V = [[entry[v_name(l, j)] for j in range(n)] for l in range(k)]
    terms = []
    for i in range(m):
        for j in range(n):
            if collapsed.omega[i, j] != 0:
                residual = _residual(collapsed.A[i, j], U[i], [V[l][j] for l in range(k)])
                terms.append(residual * residual * collapsed.omega[i, j])
    return PolynomialSystem(context, tuple(names), (), _balanced_sum(terms, context))


def _balanced_sum(terms: list[fmpq_mpoly], context: fmpq_mpoly_ctx) -> fmpq_mpoly:
    """The sum of many polynomials, added pairwise so that no long partial sum is copied again and again."""
    while len(terms) > 1:
        pairs = [a + b for a, b in zip(terms[::2], terms[1::2], strict=False)]
        terms = pairs + terms[2 * len(pairs) :]
    return terms[0] if terms else context.constant(0)


def bounded_full_system(problem: Instance | Patterns) -> CompactProblem:
    """The full system with the ball that makes its set compact, and with integer coefficients.

    Returns:
        A problem whose minimum is ``scale * opt``, attained in the ball.

    Raises:
        UnsupportedError: when some weight is zero: opt need not be attained, so no ball is valid in general.

    Source: the hypotheses of Thm 3.5, for Lemma 4.1.

    >>> from wlra_exact.algebra.exact import matrix
    >>> bounded = bounded_full_system(Instance(matrix([[2, 0], [0, "1/3"]]), matrix([[1, 1], [1, 1]]), 1))
    >>> bounded.scale, bounded.radius_squared, len(bounded.system.constraints), bounded.system.bitsize()
    (9, 18, 1, 6)
    """
    collapsed = problem.collapsed() if isinstance(problem, Patterns) else problem
    if any(w == 0 for w in collapsed.omega.entries()):
        raise UnsupportedError(
            "an instance with zero weights need not attain its infimum, so no ball makes Thm 3.5 apply; "
            "bounds.gap_bound needs no compactness"
        )
    system = full_system(collapsed)
    if system.objective is None:
        raise InputError("system", "an objective", "none")
    objective, scale = clear_denominators(system.objective)
    square_norm = sum((a * a for a in collapsed.A.entries()), fmpq(0))
    rho = 2 * square_norm + 2 * collapsed.norm() / min(collapsed.omega.entries())
    radius_squared = (rho + collapsed.k).ceil()
    ball = sum((-x * x for x in system.context.gens()), system.context.constant(radius_squared))
    bounded = PolynomialSystem(system.context, system.variables, (Constraint(ball, ">="),), objective)
    return CompactProblem(bounded, scale, radius_squared)


def _residual(a: fmpq, u: list[fmpq_mpoly], v: list[fmpq_mpoly]) -> fmpq_mpoly:
    context = u[0].context()
    return sum((-x * y for x, y in zip(u, v, strict=True)), context.constant(a))
