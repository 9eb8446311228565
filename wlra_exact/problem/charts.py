"""Charts of the row factor, boxes in them, and the quadratic form of one column.

Every k-dimensional subspace of R^m has a basis [I; R] on the k rows P (the pivots) whose minor is largest in absolute
value, and then |R_il| <= 1 by Cramer's rule. So the C(m, k) unit boxes, one for each set of pivots, cover all X of
rank <= k:

    rows P of X: Y,   row i outside P: R_i Y,   R in [-1, 1]^{(m-k) x k},   Y in R^{k x n}.

On a box R = c + r o xi, |xi| <= 1, the cost of column j is a quadratic form in the monomials

    z = (1, xi_a, v_l, xi_a v_l),   v = column j of Y,   a = (i, l) with row i observed in column j.

``ColumnForm`` lists them, the identities between their products (z_1 z_{av} = z_a z_v, z_a z_{bv} = z_b z_{av}) and
the box terms (1 - xi_a^2) (1, v_l) S_a (1, v_l)^T. An l whose pivot row is not observed in the column may be *bare*:
then v_l is no monomial, and R_a v_l stands in place of xi_a v_l. This is needed when R_.l = 0 lies in the box: the
cost does not see v_l there, so no certificate can use it.

Guarantee: everything here is arithmetic in whatever numbers it is given (fmpq to prove, floats to propose).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import combinations
from typing import Any

from flint import fmpq

__all__ = ["Box", "ColumnForm", "all_pivots", "column_form", "unit_box"]

#: Entries (variable, row, column, coefficient) of symmetric data matrices, row <= column.
Terms = list[tuple[int, int, int, Any]]


@dataclass(frozen=True)
class Box:
    """A box in the chart of the given pivots.

    Attributes:
        pivots: k increasing rows.
        lower: (m - k) x k bounds in row-major order, rows outside the pivots in order.
        upper: the same.
    """

    pivots: tuple[int, ...]
    lower: tuple[fmpq, ...]
    upper: tuple[fmpq, ...]

    @cached_property
    def centre(self) -> tuple[fmpq, ...]:
        """The midpoint."""
        return tuple((a + b) / 2 for a, b in zip(self.lower, self.upper, strict=True))

    @cached_property
    def radius(self) -> tuple[fmpq, ...]:
        """Half the widths."""
        return tuple((b - a) / 2 for a, b in zip(self.lower, self.upper, strict=True))

    def split(self, coordinate: int, point: fmpq) -> tuple[Box, Box]:
        """The two boxes left and right of a rational cut.

        >>> left, right = unit_box((0,), 2).split(0, fmpq(1, 4))
        >>> left.upper, right.lower
        ((1/4,), (1/4,))
        """
        upper, lower = list(self.upper), list(self.lower)
        upper[coordinate] = lower[coordinate] = point
        return Box(self.pivots, self.lower, tuple(upper)), Box(self.pivots, tuple(lower), self.upper)


def unit_box(pivots: tuple[int, ...], m: int) -> Box:
    """The box |R_il| <= 1 in the chart of the pivots, for matrices of m rows."""
    size = (m - len(pivots)) * len(pivots)
    return Box(pivots, (fmpq(-1),) * size, (fmpq(1),) * size)


def all_pivots(m: int, k: int) -> list[tuple[int, ...]]:
    """All k-subsets of the rows, in lexicographic order."""
    return list(combinations(range(m), k))


@dataclass(frozen=True)
class ColumnForm:
    """Monomials, relations and box terms of one column.

    Attributes:
        q: observed rows outside the pivots.
        k: rank.
        bare: for each l whether v_l is bare.

    Monomials are ordered 1; xi_a for a = (i, l) in row-major order; v_l for the l that are not bare; xi_a v_l (or R_a
    v_l). Variables are ordered: the lower triangle of the price matrix on (1, xi), row by row; for each a the entries
    S_00 and, when l is not bare, S_01, S_11; for each a with l not bare the multiplier of 1 * (xi_a v_l) - xi_a *
    v_l; for each l and i < i' the multiplier of R_il (R_i'l v_l) - R_i'l (R_il v_l), divided by radii where l is not
    bare.
    """

    q: int
    k: int
    bare: tuple[bool, ...]

    @cached_property
    def coordinates(self) -> list[tuple[int, int]]:
        """The local coordinates a = (i, l)."""
        return [(i, l) for i in range(self.q) for l in range(self.k)]

    @cached_property
    def size(self) -> int:
        """Number of monomials."""
        return 1 + 2 * self.q * self.k + self.k - sum(self.bare)

    def v(self, l: int) -> int:
        """Position of v_l (not bare)."""
        return 1 + self.q * self.k + sum(not b for b in self.bare[:l])

    def xv(self, a: int) -> int:
        """Position of xi_a v_l, or R_a v_l."""
        return self.size - self.q * self.k + a

    @cached_property
    def price_count(self) -> int:
        """Number of price variables."""
        d = 1 + self.q * self.k
        return d * (d + 1) // 2

    @cached_property
    def box_offsets(self) -> list[int]:
        """First variable of S_a, for each a, and the end."""
        offsets = [self.price_count]
        for _, l in self.coordinates:
            offsets.append(offsets[-1] + (1 if self.bare[l] else 3))
        return offsets

    @cached_property
    def count(self) -> int:
        """Number of variables."""
        centred = sum(not self.bare[l] for _, l in self.coordinates)
        return self.box_offsets[-1] + centred + self.k * (self.q * (self.q - 1) // 2)

    def terms(self, centre: Sequence[Any], radius: Sequence[Any], one: int = 1) -> Terms:
        """The variables' contributions to M = cost - price - box terms + relations.

        Args:
            centre: c_a for the local coordinates, in units of 1/``one``.
            radius: r_a for the local coordinates, likewise.
            one: the contributions come in these units too; only 1 makes sense where no monomial is bare.
        """
        return self._plain_terms if not any(self.bare) else self._terms(centre, radius, one)

    @cached_property
    def _plain_terms(self) -> Terms:
        """Without bare monomials the terms are the same in all boxes."""
        return self._terms((), (), 1)

    def _terms(self, centre: Sequence[Any], radius: Sequence[Any], one: int) -> Terms:
        out: Terms = []
        variable = 0
        for p in range(1 + self.q * self.k):
            for s in range(p + 1):
                out.append((variable, s, p, -one))
                variable += 1
        for a, (_, l) in enumerate(self.coordinates):
            out += [(variable, 0, 0, -one), (variable, 1 + a, 1 + a, one)]
            variable += 1
            if not self.bare[l]:
                v, xv = self.v(l), self.xv(a)
                out += [(variable, 0, v, -one), (variable, 1 + a, xv, one)]
                out += [(variable + 1, v, v, -one), (variable + 1, xv, xv, one)]
                variable += 2
        for a, (_, l) in enumerate(self.coordinates):
            if not self.bare[l]:
                out += [(variable, 0, self.xv(a), one), (variable, 1 + a, self.v(l), -one)]
                variable += 1
        for l in range(self.k):
            for i, j in combinations(range(self.q), 2):
                a, b = i * self.k + l, j * self.k + l
                if self.bare[l]:  # (c_a + r_a xi_a) (R_b v_l) = (c_b + r_b xi_b) (R_a v_l)
                    out += [(variable, 0, self.xv(b), centre[a]), (variable, 1 + a, self.xv(b), radius[a])]
                    out += [(variable, 0, self.xv(a), -centre[b]), (variable, 1 + b, self.xv(a), -radius[b])]
                else:
                    out += [(variable, 1 + a, self.xv(b), one), (variable, 1 + b, self.xv(a), -one)]
                variable += 1
        return out

    def forms(
        self,
        centre: Sequence[Any],
        radius: Sequence[Any],
        pivot_values: Sequence[tuple[int, Any]],
        values: Sequence[Any],
        one: int = 1,
    ) -> list[list[tuple[int, Any]]]:
        """The residuals of the column as linear forms in the monomials, one for each observed row.

        Args:
            centre: c_a for the local coordinates, in units of 1/``one``.
            radius: r_a for the local coordinates, likewise.
            pivot_values: (l, A_pj) for the observed pivot rows, likewise.
            values: A_ij for the observed rows outside the pivots, likewise.
            one: the coefficients come in these units too.
        """
        forms: list[list[tuple[int, Any]]] = [[(0, value), (self.v(l), -one)] for l, value in pivot_values]
        for i, value in enumerate(values):
            form: list[tuple[int, Any]] = [(0, value)]
            for l in range(self.k):
                a = i * self.k + l
                if self.bare[l]:
                    form.append((self.xv(a), -one))
                else:
                    form += [(self.v(l), -centre[a]), (self.xv(a), -radius[a])]
            forms.append(form)
        return forms


@lru_cache(maxsize=1024)
def column_form(q: int, k: int, bare: tuple[bool, ...]) -> ColumnForm:
    """The form with the given structure; equal arguments share one object."""
    return ColumnForm(q, k, bare)
