"""The reduced cost as a sum of ratios of quadratic forms on projective space, for rank one and for corank one.

*Rank one*, X = u v^T with u in R^m: the best v costs column j

    c_j - l_j(u)^2 / q_j(u),   c_j = sum_i omega_ij A_ij^2,
    l_j(u) = sum_i omega_ij A_ij u_i,   q_j(u) = sum_i omega_ij u_i^2.

*Corank one*, k = m - 1, w^T X = 0 with w in R^m: when the column has no missing entry its cost is

    (sum_i A_ij w_i)^2 / sum_i w_i^2 / omega_ij   (Cauchy-Schwarz).

Both are B_j(u) / q_j(u) with a quadratic form B_j >= 0 and a diagonal form q_j >= 0, homogeneous of degree 0. Columns
with proportional q_j share one term. So opt = inf of F(u) = sum_g B_g(u) / q_g(u) over the u with every q_g(u) > 0.

Columns with at most k positive weights are *loose*: for generic u they cost nothing, so they do not enter F (the
infimum over generic u is the infimum, since cost(u v^T) is continuous in u for fixed v). At special u they may cost
something: then the infimum is not attained there, which ``obstructions`` records.

Guarantee: exact. F(u) is the least cost over all X with column space u (left kernel w) up to loose columns.

Source: variable projection (Golub, Pereyra 1973); the corank-one form is the distance to a hyperplane.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat, fmpq_mpoly

from wlra_exact.errors import UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lift import best_columns
from wlra_exact.systems.system import make_context

__all__ = ["Obstruction", "Ratio", "RatioSum", "ratio_sum"]


@dataclass(frozen=True, eq=False)
class Ratio:
    """One term B(u) / q(u).

    Attributes:
        form: (p, p) symmetric positive semidefinite matrix of B.
        weights: the p non-negative coefficients of the diagonal form q, not all zero; the first positive one is 1.
    """

    form: fmpq_mat
    weights: tuple[fmpq, ...]

    def value(self, u: Sequence[fmpq]) -> fmpq:
        """B(u) / q(u).

        Raises:
            ZeroDivisionError: where q vanishes.
        """
        p = len(self.weights)
        top = sum((self.form[i, j] * u[i] * u[j] for i in range(p) for j in range(p)), fmpq(0))
        return top / sum((w * x * x for w, x in zip(self.weights, u, strict=True)), fmpq(0))


@dataclass(frozen=True)
class Obstruction:
    """A loose column costs something at u when u_i = 0 for every i in ``zeros`` and, if given, ``form`` . u != 0."""

    zeros: frozenset[int]
    form: tuple[fmpq, ...] | None


@dataclass(frozen=True, eq=False)
class RatioSum:
    """F(u) = sum of ratios on projective space P^(size - 1), opt = inf F.

    Attributes:
        size: number of homogeneous coordinates (the number m of rows).
        terms: the ratios, with pairwise different weights.
        obstructions: where loose columns add to F.
        corank: whether u is a left kernel vector (corank one) rather than the column space (rank one).

    >>> from wlra_exact.algebra.exact import matrix
    >>> F = ratio_sum(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1))
    >>> F.value([fmpq(1), fmpq(0)]), F.value([fmpq(1), fmpq(1)])
    (1, 5/2)
    """

    size: int
    terms: tuple[Ratio, ...]
    obstructions: tuple[Obstruction, ...]
    corank: bool

    def value(self, u: Sequence[fmpq]) -> fmpq:
        """F(u) at a rational point where every q_g is positive.

        Raises:
            ZeroDivisionError: where some q_g vanishes.
        """
        return sum((term.value(u) for term in self.terms), fmpq(0))

    def fractions(self, generators: Sequence[fmpq_mpoly]) -> list[tuple[fmpq_mpoly, fmpq_mpoly]]:
        """(B_g, q_g) as polynomials, with the given polynomials in place of u."""
        p = self.size
        zero = generators[0] * 0
        return [
            (
                sum((term.form[i, j] * generators[i] * generators[j] for i in range(p) for j in range(p)), zero),
                sum((w * x * x for w, x in zip(term.weights, generators, strict=True)), zero),
            )
            for term in self.terms
        ]

    def chart(self, pivot: int = 0) -> tuple[list[fmpq_mpoly], list[tuple[fmpq_mpoly, fmpq_mpoly]]]:
        """The coordinates u with u_pivot = 1 as polynomials in r1, r2, ..., and the (B_g, q_g) there."""
        ring = make_context([f"r{i}" for i in range(1, self.size)])
        coordinates = list(ring.gens())
        coordinates.insert(pivot, ring.constant(1))
        return coordinates, self.fractions(coordinates)

    def witness(self, instance: Instance, u: Sequence[fmpq]) -> tuple[fmpq_mat, fmpq_mat]:
        """A pair (U, V), (m, k) and (k, n), with cost F(u) plus that of the loose columns, for a rational u != 0."""
        U = _kernel_basis(u) if self.corank else fmpq_mat(len(u), 1, list(u))
        return U, best_columns(instance, U)


def ratio_sum(instance: Instance) -> RatioSum:
    """The reduced cost of an instance with k = 1 or k = m - 1.

    Raises:
        UnsupportedError: for every other rank.
    """
    m, n = instance.shape
    corank = instance.k == m - 1 and instance.k > 1
    if instance.k != 1 and not corank:
        raise UnsupportedError(
            f"sums of ratios need rank 1 or rank m - 1, got rank {instance.k} of {m} rows: use charts (reduced_cost)"
        )
    forms: dict[tuple[fmpq, ...], fmpq_mat] = {}
    obstructions: list[Obstruction] = []
    for j in range(n):
        weights = [instance.omega[i, j] for i in range(m)]
        entries = [instance.A[i, j] for i in range(m)]
        support = [i for i in range(m) if weights[i] > 0]
        if len(support) <= instance.k:
            obstructions += _obstruction(m, support, entries, corank)
            continue
        if corank:
            form = fmpq_mat(m, m, [a * b for a in entries for b in entries])
            denominator = [1 / w for w in weights]
        else:
            form = _rank_one_form(weights, entries)
            denominator = weights
        scale = next(w for w in denominator if w > 0)
        key = tuple(w / scale for w in denominator)
        form = form / scale
        forms[key] = forms[key] + form if key in forms else form
    terms = tuple(Ratio(form, key) for key, form in forms.items())
    return RatioSum(m, terms, tuple(obstructions), corank)


def _rank_one_form(weights: list[fmpq], entries: list[fmpq]) -> fmpq_mat:
    """C q - l l^T, the numerator of c - l^2/q."""
    m = len(weights)
    l = [w * a for w, a in zip(weights, entries, strict=True)]
    c = sum((x * a for x, a in zip(l, entries, strict=True)), fmpq(0))
    return fmpq_mat(m, m, [(c * weights[i] if i == j else fmpq(0)) - l[i] * l[j] for i in range(m) for j in range(m)])


def _obstruction(m: int, support: list[int], entries: list[fmpq], corank: bool) -> list[Obstruction]:
    if all(entries[i] == 0 for i in support):
        return []
    if not corank:
        return [Obstruction(frozenset(support), None)]
    free = frozenset(range(m)) - frozenset(support)
    return [Obstruction(free, tuple(entries))]


def _kernel_basis(w: Sequence[fmpq]) -> fmpq_mat:
    """An (m, m - 1) basis of the vectors orthogonal to w."""
    m = len(w)
    pivot = next(i for i in range(m) if w[i] != 0)
    basis = [[fmpq(0)] * (m - 1) for _ in range(m)]
    for column, i in enumerate(i for i in range(m) if i != pivot):
        basis[i][column] = fmpq(1)
        basis[pivot][column] = -w[i] / w[pivot]
    return fmpq_mat(basis)
