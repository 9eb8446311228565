"""The reduced cost on a chart of the Grassmannian: f(R) = sum_j g_j(R), V eliminated column by column, for every k.

On the chart of the pivot rows P, U has the identity on P and the (m - k) x k matrix R of unknowns on the other rows.
With D_j the diagonal matrix of column j of omega, G_j = U^T D_j U and b_j = U^T D_j a_j, Cramer's rule gives the
weighted squared distance of column j to the range of U:

    g_j(R) = a_j^T D_j a_j - b_j^T G_j^{-1} b_j = det [[a_j^T D_j a_j, b_j^T], [b_j, G_j]] / det G_j.

The denominators are sums of squares (Cauchy-Binet: det G_j = sum over k-sets S of prod_{i in S} omega_ij (det U_S)^2),
so they are >= 0, and > 0 for generic R as soon as column j has k positive weights. A column with at most k positive
weights costs nothing for generic R and is left out. The chart is dense and cost(U V) is continuous in U, so

    opt = inf { f(R) : R real, every det G_j(R) > 0 }.

Guarantee: exact polynomials over Q; f(R) is the least cost over V, apart from the columns left out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat, fmpq_mpoly, fmpq_mpoly_ctx

from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.cramer import determinant
from wlra_exact.systems.system import make_context

__all__ = ["ReducedCost", "chart_matrix", "reduced_cost"]


@dataclass(frozen=True, eq=False)
class ReducedCost:
    """f(R) = sum of numerator / denominator on one chart.

    Attributes:
        context: the ring Q[r_<row>_<column>], row by row.
        pivots: the k rows on which U is the identity.
        terms: pairs (numerator, denominator); equal denominators are gathered.

    >>> from wlra_exact.algebra.exact import matrix
    >>> f = reduced_cost(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1))
    >>> print(*f.fraction(), sep=" over ")
    4*r_1_0^2 + 1 over r_1_0^2 + 1
    >>> f.value([fmpq(1)])
    5/2
    """

    context: fmpq_mpoly_ctx
    pivots: tuple[int, ...]
    terms: tuple[tuple[fmpq_mpoly, fmpq_mpoly], ...]

    def value(self, point: Sequence[fmpq]) -> fmpq:
        """F at a rational point.

        Raises:
            ZeroDivisionError: where a denominator vanishes.
        """
        return sum((top(*point) / bottom(*point) for top, bottom in self.terms), fmpq(0))

    def fraction(self) -> tuple[fmpq_mpoly, fmpq_mpoly]:
        """(N, D) with f = N / D and D the product of the different denominators."""
        layer = list(self.terms) or [(self.context.constant(0), self.context.constant(1))]
        while len(layer) > 1:
            merged = [_sum(a, b) for a, b in zip(layer[::2], layer[1::2], strict=False)]
            layer = merged + layer[len(merged) * 2 :]
        return layer[0]

    def excess(self, threshold: fmpq) -> fmpq_mpoly:
        """N - threshold D: negative exactly where f < threshold (D >= 0, and N = 0 where D = 0)."""
        top, bottom = self.fraction()
        return top - bottom * threshold


def _sum(a: tuple[fmpq_mpoly, fmpq_mpoly], b: tuple[fmpq_mpoly, fmpq_mpoly]) -> tuple[fmpq_mpoly, fmpq_mpoly]:
    return a[0] * b[1] + b[0] * a[1], a[1] * b[1]


def reduced_cost(instance: Instance, pivots: Sequence[int] | None = None) -> ReducedCost:
    """The reduced cost on the chart of the given pivot rows (the first k by default).

    Raises:
        InputError: unless the pivots are k different rows.
    """
    m, n = instance.shape
    k = instance.k
    rows = tuple(range(k)) if pivots is None else tuple(pivots)
    if len(rows) != k or len(set(rows)) != k or not all(0 <= i < m for i in rows):
        raise InputError("chart", f"{k} different rows below {m}", str(rows))
    others = [i for i in range(m) if i not in rows]
    ring = make_context([f"r_{i}_{l}" for i in others for l in range(k)])
    generators = ring.gens()
    unknown = {(i, l): generators[a * k + l] for a, i in enumerate(others) for l in range(k)}
    one, zero = ring.constant(1), ring.constant(0)
    pivot_rows = {i: [one if l == position else zero for l in range(k)] for position, i in enumerate(rows)}
    U = [pivot_rows[i] if i in pivot_rows else [unknown[i, l] for l in range(k)] for i in range(m)]
    tops: dict[tuple[fmpq, ...], fmpq_mpoly] = {}
    bottoms: dict[tuple[fmpq, ...], fmpq_mpoly] = {}
    for j in range(n):
        weights = [instance.omega[i, j] for i in range(m)]
        support = [i for i in range(m) if weights[i] > 0]
        if len(support) <= k:
            continue
        scale = weights[support[0]]
        key = tuple(w / scale for w in weights)
        border = _bordered_gram(U, key, [instance.A[i, j] for i in range(m)], support)
        if key not in bottoms:
            bottoms[key] = determinant([row[1:] for row in border[1:]], ring)
        top = determinant(border, ring) * scale
        tops[key] = tops[key] + top if key in tops else top
    return ReducedCost(ring, rows, tuple((tops[key], bottoms[key]) for key in tops))


def _bordered_gram(
    U: list[list[fmpq_mpoly]], weights: Sequence[fmpq], column: Sequence[fmpq], support: list[int]
) -> list[list[fmpq_mpoly]]:
    """[[a^T D a, a^T D U], [U^T D a, U^T D U]]."""
    zero = U[0][0] * 0
    extended = {i: [zero + column[i], *U[i]] for i in support}
    size = len(U[0]) + 1
    return [
        [sum((extended[i][s] * extended[i][t] * weights[i] for i in support), zero) for t in range(size)]
        for s in range(size)
    ]


def chart_matrix(instance: Instance, pivots: Sequence[int], point: Sequence[fmpq]) -> fmpq_mat:
    """The (m, k) matrix U of a rational point of the chart."""
    m, _ = instance.shape
    k = instance.k
    position = {i: a for a, i in enumerate(i for i in range(m) if i not in set(pivots))}
    pivot = {i: l for l, i in enumerate(pivots)}
    entries = [
        fmpq(int(pivot[i] == l)) if i in pivot else point[position[i] * k + l] for i in range(m) for l in range(k)
    ]
    return fmpq_mat(m, k, entries)
