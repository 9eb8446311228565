"""Gram compression: many rows with proportional weights become few.

Let the rows i of a group have weights omega_i = s_i omega. For a fixed row space spanned by V the least cost of such a
row is s_i a_i Q a_i^T, where Q >= 0 depends on V and omega only. The group therefore costs tr(Q G) with the Gram matrix
G = sum_i s_i a_i^T a_i on the support of omega, and may be replaced by any rows l_t with weights d_t omega, d_t > 0, as
long as sum_t d_t l_t^T l_t = G. An LDL^T factorisation of G gives rank(G) of them, and opt(parent) = opt(child).
A table of a million rows and n columns with three missingness patterns becomes at most 3n rows. Columns likewise.

The factorisation never forms G when it is large. Let the rows of B be the a_i on the support, S = diag(s), P the pivot
columns of B and R the non-zero rows of its reduced row echelon form, so B = B_P R and

    G = R^T M R,   M = B_P^T S B_P  (positive definite),   M = sum_t d_t x_t^T x_t,   l_t = x_t R.

M is factored without fractions (Bareiss): row t of the elimination is x_t, and d_t = 1 / (Delta_(t-1) Delta_t) with
the leading minors Delta. Each l_t is then made a primitive integer vector, its content moved into d_t. Minors of long
numbers are long, and d_t would leave the range in which floating point can propose anything: in a reduction, a d_t
beyond 2^128 or below 2^-128 is brought near 1 by a power of 4 that moves into l_t.

Guarantee: sum_t d_t l_t^T l_t = G exactly, checked before returning. Lifting solves each original row's own
least-squares problem for the child's V, so the lifted cost is at most the child's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import compress
from typing import Any, NamedTuple

from flint import fmpq, fmpq_mat, fmpz

from wlra_exact.algebra.exact import canonical, log2_of, power_of_two
from wlra_exact.errors import InternalError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lift import (
    Factors,
    Lifted,
    Reduction,
    least_squares,
    pivots_of,
    rank_of,
    rounded_rows,
)
from wlra_exact.problem.reductions.lines import Axis, lines, oriented, reoriented, weight_classes

__all__ = ["find_gram", "gram_rows"]

#: A group whose new entries could be longer than this is compressed only when that makes it shorter in bits as well.
_ENTRY_BITS = 4096

#: Beyond this it is never compressed: the weights d_t would exceed the length that a certificate allows a rational.
_MOST_BITS = 65536

#: Weights d_t that differ from 1 by more than this many binary digits are brought near 1.
_EVEN_BITS = 128


class _Group(NamedTuple):
    """Members (lines with weights s_i omega), and the lines that replace them."""

    members: list[int]
    s: list[fmpq]
    omega: list[fmpq]
    rows: list[list[fmpq]]
    weights: list[fmpq]

    def to_json(self) -> dict[str, Any]:
        return {
            "members": [[index, canonical(s)] for index, s in zip(self.members, self.s, strict=True)],
            "rows": [[canonical(x) for x in row] for row in self.rows],
            "weights": [canonical(d) for d in self.weights],
        }


def find_gram(instance: Instance, axis: Axis) -> Reduction | None:
    """Compress every group of lines with proportional weights that has more lines than its Gram matrix has rank.

    Args:
        instance: any instance; k >= min(m, n) is left alone, its opt is 0.
        axis: ``"row"`` or ``"column"``.

    Returns:
        - the reduction, whose one child has the lines of no group, in order, then each group's new lines; or
        - None when no group shrinks (or only at the price of very long numbers).

    >>> from wlra_exact.algebra.exact import matrix
    >>> reduction = find_gram(Instance(matrix([[1, 2], [3, 4], [5, 6]]), matrix([[1, 1]] * 3), 1), "row")
    >>> reduction.children[0].A, reduction.children[0].omega
    ([35, 44]
    [ 0,  1], [ 1/35,  1/35]
    [24/35, 24/35])
    """
    if instance.k >= min(instance.shape):
        return None
    classes, normal_forms = weight_classes(instance, axis)
    A, omega = oriented(instance.A, axis), oriented(instance.omega, axis)
    groups: list[_Group] = []
    for members in classes:
        if len(members) > 1:
            first = normal_forms[members[0]].scale
            s = [normal_forms[i].scale / first for i in members]
            factored = _factored([A[i] for i in members], s, omega[members[0]])
            if factored is not None:
                groups.append(_Group(members, s, omega[members[0]], *factored))
    gone = {i for group in groups for i in group.members}
    kept = [i for i in range(len(A)) if i not in gone]
    new_A = [A[i] for i in kept] + [row for group in groups for row in group.rows]
    if not groups or not new_A:
        return None
    new_omega = [omega[i] for i in kept] + [[d * w for w in g.omega] for g in groups for d in g.weights]
    child = reoriented(new_A, new_omega, instance.k, axis)
    payload = {"axis": axis, "groups": [group.to_json() for group in groups]}
    return Reduction("gram", instance, (child,), payload, _GramLift(A, axis, groups, kept))


def _factored(a: list[list[fmpq]], s: list[fmpq], omega: list[fmpq]) -> tuple[list[list[fmpq]], list[fmpq]] | None:
    """Rows l_t and weights d_t with sum d_t l_t^T l_t = sum s_i a_i^T a_i, or None when they are not worth it."""
    support = [j for j, w in enumerate(omega) if w]
    g, n = len(a), len(support)
    kept = [[row[j] for j in support] for row in a]
    B = fmpq_mat(g, n, [x for row in kept for x in row])
    SB = fmpq_mat(g, n, [x if s_i == 1 else s_i * x for s_i, row in zip(s, kept, strict=True) for x in row])
    rank = rank_of(B)
    if rank == g or not _worthwhile(B, SB, rank):
        return None
    # G and B have the same row space, hence the same echelon form: take the smaller matrix.
    echelon = (B if g <= n else B.transpose() * SB).rref()
    pivots = pivots_of(echelon)
    B_P, SB_P = (fmpq_mat(g, rank, [X[i, j] for i in range(g) for j in pivots]) for X in (B, SB))
    R = fmpq_mat(rank, n, echelon[0].entries()[: rank * n])
    M = B_P.transpose() * SB_P
    if B_P * R != B:
        raise InternalError("gram: the rows of a group are not in the span of their echelon form")
    return _evened(*_new_rows(M, R, support, len(omega)))


def gram_rows(G: fmpq_mat) -> tuple[list[list[fmpq]], list[fmpq]]:
    """Rows l_t and weights d_t > 0 with sum d_t l_t^T l_t = G: as many as G has rank.

    Args:
        G: (n, n) Gram matrix over Q: symmetric and positive semidefinite.

    Raises:
        InternalError: when G is not positive semidefinite.

    >>> gram_rows(fmpq_mat([[35, 44], [44, 56]]))
    ([[35, 44], [0, 1]], [1/35, 24/35])
    """
    n = G.nrows()
    echelon = G.rref()
    pivots = pivots_of(echelon)
    R = fmpq_mat(len(pivots), n, echelon[0].entries()[: len(pivots) * n])
    M = fmpq_mat(len(pivots), len(pivots), [G[i, j] for i in pivots for j in pivots])
    if R.transpose() * M * R != G:
        raise InternalError("gram: G is not of the form R^T M R")
    rows, weights = _new_rows(M, R, list(range(n)), n)
    if any(d <= 0 for d in weights):
        raise InternalError("gram: G is not positive semidefinite")
    return rows, weights


def _new_rows(M: fmpq_mat, R: fmpq_mat, support: list[int], n: int) -> tuple[list[list[fmpq]], list[fmpq]]:
    """Rows l_t of n entries and weights d_t with sum d_t l_t^T l_t = R^T M R on the support."""
    x, d = _ldl(M)
    rows: list[list[fmpq]] = []
    weights: list[fmpq] = []
    for line, weight in zip(lines(x * R, "row"), d, strict=True):
        row = [fmpq(0)] * n
        for j, entry in zip(support, line.direction, strict=True):
            row[j] = fmpq(entry)
        rows.append(row)
        weights.append(weight * line.scale * line.scale)
    return rows, weights


def _evened(rows: list[list[fmpq]], weights: list[fmpq]) -> tuple[list[list[fmpq]], list[fmpq]]:
    """The same sum of d_t l_t^T l_t without weights that are far from 1."""
    halves = [log2_of(d) // 2 if abs(log2_of(d)) > _EVEN_BITS else 0 for d in weights]
    scaled = [[x * power_of_two(e) for x in row] if e else row for row, e in zip(rows, halves, strict=True)]
    return scaled, [d * power_of_two(-2 * e) for d, e in zip(weights, halves, strict=True)]


def _worthwhile(B: fmpq_mat, SB: fmpq_mat, rank: int) -> bool:
    """Whether the new entries are of bearable length: at most ``_ENTRY_BITS``, or fewer bits in all than B has.

    They are minors of the cleared G, at most products of rank of its diagonal entries (Hadamard).
    """
    n = B.ncols()
    left, right = B.entries(), SB.entries()
    diagonal = [sum((x * y for x, y in zip(left[j::n], right[j::n], strict=True)), fmpq(0)) for j in range(n)]
    cleared, _ = fmpq_mat(1, n, diagonal).numer_denom()
    entry_bits = rank * max(int(x).bit_length() for x in cleared.entries())
    if entry_bits <= _ENTRY_BITS:
        return True
    return entry_bits <= _MOST_BITS and rank * n * entry_bits <= sum(x.p.bit_length() + x.q.bit_length() for x in left)


def _ldl(M: fmpq_mat) -> tuple[fmpq_mat, list[fmpq]]:
    """Upper triangular x and d > 0 with x^T diag(d) x = M, for positive definite M, without square roots."""
    r = M.nrows()
    if r == 0:
        return fmpq_mat(0, 0), []
    numerators, denominator = M.numer_denom()
    rows = numerators.tolist()
    previous = fmpz(1)
    d: list[fmpq] = []
    for t in range(r):
        pivot = rows[t][t]
        d.append(fmpq(1, previous * pivot * denominator))
        for i in range(t + 1, r):
            lead = rows[t][i]
            # Symmetric: only the upper triangle is kept up to date. The division is exact (Bareiss).
            rows[i][i:] = [(pivot * y - lead * z) // previous for y, z in zip(rows[i][i:], rows[t][i:], strict=True)]
        previous = pivot
    x = fmpq_mat(r, r, [fmpq(rows[i][j]) if j >= i else fmpq(0) for i in range(r) for j in range(r)])
    scaled = fmpq_mat(r, r, [d[i] * x[i, j] for i in range(r) for j in range(r)])
    if x.transpose() * scaled != M:
        raise InternalError("gram: x^T diag(d) x is not the Gram matrix")
    return x, d


@dataclass(frozen=True, eq=False)
class _GramLift:
    """Lines of a group get their own least-squares vectors for the child's V; the other lines keep theirs."""

    A: list[list[fmpq]]
    axis: Axis
    groups: list[_Group]
    kept: list[int]

    def __call__(self, factors: Sequence[Factors], delta: fmpq, bits: int | None) -> Lifted:
        ((U, V),) = factors
        if self.axis == "column":
            U, V = V.transpose(), U.transpose()
        vectors = dict(zip(self.kept, U.tolist(), strict=False))
        excess = fmpq(0)
        for group in self.groups:
            fitted, spent = self._fitted(group, V, delta / len(self.groups), bits)
            vectors.update(zip(group.members, fitted.tolist(), strict=True))
            excess += spent
        count = len(self.A)
        lifted = Lifted(fmpq_mat(count, U.ncols(), [u for i in range(count) for u in vectors[i]]), V, excess)
        return lifted if self.axis == "row" else lifted.transpose()

    def _fitted(self, group: _Group, V: fmpq_mat, allowance: fmpq, bits: int | None) -> tuple[fmpq_mat, fmpq]:
        """The members' least-squares vectors, rounded when bits are given, and what the rounding adds to the cost."""
        support = list(compress(range(V.ncols()), group.omega))
        g, k, n = len(group.members), V.nrows(), len(support)
        B = fmpq_mat(g, n, [self.A[i][j] for i in group.members for j in support])
        V_S = fmpq_mat(k, n, [V[l, j] for l in range(k) for j in support])
        U, N = least_squares(B, [group.omega[j] for j in support], V_S)
        while bits is not None:
            rounded = rounded_rows(U, bits)
            H = rounded - U
            squares = zip(group.s, H.tolist(), (H * N).tolist(), strict=True)
            spent = sum((s * h * h_N for s, row, row_N in squares for h, h_N in zip(row, row_N, strict=True)), fmpq(0))
            if spent <= allowance:
                return rounded, spent
            bits *= 2
        return U, fmpq(0)
