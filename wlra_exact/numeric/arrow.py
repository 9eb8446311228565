"""The Schur complement of the columns' semidefinite program, solved in time linear in the number of columns.

Each column has local variables y_j; the columns meet only in the matrix T = T_0 + sum_g y_g E_g + sum_j P_j y_j of
the summed prices (g: tau and the t_a). With D_j the Schur complement of column j's own blocks and H = <E, X_T E
Z_T^-1> on the entries of T,

    Schur = blockdiag(D_g, D_1, D_2, ...) + (E_g P_1 P_2 ...)^T H (E_g P_1 P_2 ...),

so that with w = H (E_g y_g + sum P_j y_j) one small system remains:

    (H^-1 + sum_j P_j D_j^-1 P_j^T) w - E_g y_g = sum_j P_j D_j^-1 r_j,      E_g^T w + D_g y_g = r_g.

Guarantee: none; this only solves linear equations in floating point.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.inequalities import Batch, Constraint
from wlra_exact.numeric.symmetric import diagonal_places, unit_matrices
from wlra_exact.problem.charts import ColumnForm

__all__ = ["Arrow", "Group"]


@dataclass(frozen=True)
class Group:
    """Columns of one form.

    Attributes:
        form: their monomials and relations.
        index: (g, p) positions of their variables.
        main: position of the batch of the M_j among the constraints.
        pairs: position of the batch of the 2 x 2 S_a (g times the centred coordinates), or None.
        singles: position of the batch of the 1 x 1 S_a (g times the bare coordinates), or None.
        places: (g, price entries) positions of the prices among the entries of T's lower triangle.
    """

    form: ColumnForm
    index: NDArray[np.intp]
    main: int
    pairs: int | None
    singles: int | None
    places: NDArray[np.intp]


@dataclass(frozen=True)
class Arrow:
    """The structure of one node's program.

    Attributes:
        constraints: all batches.
        groups: the columns.
        total: position of T's batch.
        simple: position of the batch t_a >= 0.
        d: coordinates of the box; the global variables are tau and t_0, ..., t_(d-1), in this order.
    """

    constraints: Sequence[Constraint]
    groups: Sequence[Group]
    total: int
    simple: int
    d: int

    def factor(self, X: Sequence[Array], inverse: Sequence[Array], size: int) -> Callable[[Array], Array]:
        """A function that solves with the Schur complement at (X, Z^-1); LinAlgError when it cannot."""
        d = self.d
        entries = (1 + d) * (2 + d) // 2
        E_T = unit_matrices(1 + d)
        moved = (X[self.total] @ E_T @ inverse[self.total]).reshape(entries, -1)
        H = E_T.reshape(entries, -1) @ moved.T
        K = np.linalg.inv((H + H.T) / 2)
        local: list[tuple[Group, Array]] = []
        for group in self.groups:
            D = self._local(group.main, X, inverse)
            self._add_multipliers(D, group, X, inverse)
            diagonal = np.einsum("gii->gi", D)
            diagonal += 1e-14 * diagonal.max(axis=1, keepdims=True)
            half = np.linalg.inv(np.linalg.cholesky((D + D.transpose(0, 2, 1)) / 2))
            inner = half.transpose(0, 2, 1) @ half
            local.append((group, inner))
            count = group.form.price_count
            cells = (group.places[:, :, None] * entries + group.places[:, None, :]).ravel()
            K += np.bincount(cells, inner[:, :count, :count].ravel(), entries**2).reshape(entries, entries)
        E = np.zeros((entries, 1 + d))
        E[0, :] = -1.0
        E[diagonal_places(1 + d)[1:], np.arange(1, 1 + d)] = 1.0
        D_g = np.zeros((1 + d, 1 + d))
        D_g[np.arange(1, 1 + d), np.arange(1, 1 + d)] = (X[self.simple] * inverse[self.simple])[:, 0, 0]
        small = np.linalg.inv(np.block([[K, -E], [E.T, D_g]]))

        def solve(r: Array) -> Array:
            right = np.zeros(entries)
            for group, inner in local:
                count = group.form.price_count
                moved = np.einsum("gij,gj->gi", inner[:, :count], r[group.index])
                np.add.at(right, group.places, moved)
            w = small @ np.concatenate([right, r[: 1 + d]])
            y = np.zeros(size)
            y[: 1 + d] = w[entries:]
            for group, inner in local:
                count = group.form.price_count
                rest = r[group.index].copy()
                rest[:, :count] -= w[group.places]
                y[group.index] = np.einsum("gij,gj->gi", inner, rest)
            return y

        return solve

    def _add_multipliers(self, D: Array, group: Group, X: Sequence[Array], inverse: Sequence[Array]) -> None:
        form, g = group.form, D.shape[0]
        for position, width, bare in ((group.pairs, 3, False), (group.singles, 1, True)):
            if position is None:
                continue
            offsets = [o for o, (_, l) in zip(form.box_offsets, form.coordinates, strict=False) if form.bare[l] is bare]
            parts = self._local(position, X, inverse).reshape(g, -1, width, width)
            for a, offset in enumerate(offsets):
                D[:, offset : offset + width, offset : offset + width] += parts[:, a]

    def _local(self, position: int, X: Sequence[Array], inverse: Sequence[Array]) -> Array:
        batch = self.constraints[position]
        assert isinstance(batch, Batch)
        return batch.local(X[position], inverse[position])
