"""Distinct rows and columns, and the joint groups Q_{l,o} of the paper (Def. 3.1, Thm 6.1).

Row i of an instance has a *weight pattern* l (its row of omega) and a *joint pattern* (l, o): its row of omega together
with its row of A on the support of omega. Q_{l,o} is the set of rows with that joint pattern; its representative is its
smallest index. Columns likewise. A and omega are constant on a row group times a column group, so

    cost(X) = sum_{a, b} omega_ab sum_{i in Q_a, j in Q_b} (A_ab - X_ij)^2,

and for a best X the sum collapses to |Q_a| |Q_b| omega_ab (A_ab - X_ab)^2: equal rows of a cost that is a sum over rows
are best served equally. The collapsed problem has one row a joint row pattern and one column a joint column pattern.

Inputs come in two forms: an ``Instance`` (every entry is looked at once) and labels with a core (index i has the core
row ``row_labels[i]``), where the work is linear in the number of labels, in bulk integer operations, and never touches
an m x n table.

Guarantee: grouping compares exact rationals; nothing is hashed to a float or rounded.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance

__all__ = ["Groups", "Patterns", "find_patterns", "patterns_from_labels"]

Labels = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Groups:
    """The joint groups of one side (the rows, or the columns).

    Attributes:
        representatives: group -> its smallest index in the original.
        multiplicities: group -> its size |Q|.
        weight_patterns: group -> its weight pattern, numbered by first appearance.
        labels: original index -> group.
    """

    representatives: tuple[int, ...]
    multiplicities: tuple[int, ...]
    weight_patterns: tuple[int, ...]
    labels: Labels

    @property
    def size(self) -> int:
        """The number p of joint patterns."""
        return len(self.representatives)

    @property
    def weight_pattern_count(self) -> int:
        """The number r of weight patterns."""
        return len(set(self.weight_patterns))

    @property
    def length(self) -> int:
        """The number of original indices."""
        return len(self.labels)


@dataclass(frozen=True, eq=False)
class Patterns:
    """A problem with its patterns: the collapsed core and the groups of both sides.

    Attributes:
        A: (p_rows, p_columns) core over Q.
        omega: (p_rows, p_columns) weights of one original entry each (multiplicities not included).
        k: rank.
        rows, columns: the joint groups.
    """

    A: fmpq_mat
    omega: fmpq_mat
    k: int
    rows: Groups
    columns: Groups

    def __reduce__(self) -> tuple[object, ...]:
        # FLINT matrices do not pickle; their entries do.
        return _rebuilt, (self.A.tolist(), self.omega.tolist(), self.k, self.rows, self.columns)

    @property
    def shape(self) -> tuple[int, int]:
        """The core's shape, (p_rows, p_columns)."""
        return self.A.nrows(), self.A.ncols()

    def collapsed_omega(self) -> fmpq_mat:
        """The core's weights with multiplicities: omega_ab |Q_a| |Q_b|."""
        p, q = self.shape
        mu, nu = self.rows.multiplicities, self.columns.multiplicities
        return fmpq_mat(p, q, [self.omega[a, b] * (mu[a] * nu[b]) for a in range(p) for b in range(q)])

    def collapsed(self) -> Instance:
        """The collapsed problem as an instance. It has the same opt; the rank is capped at the core's shape."""
        return Instance(self.A, self.collapsed_omega(), min(self.k, max(self.shape)))

    def norm(self) -> fmpq:
        """||W o A||_F^2 of the original problem."""
        pairs = zip(self.collapsed_omega().entries(), self.A.entries(), strict=True)
        return sum((w * a * a for w, a in pairs), fmpq(0))


def _rebuilt(A: list[list[fmpq]], omega: list[list[fmpq]], k: int, rows: Groups, columns: Groups) -> Patterns:
    return Patterns(fmpq_mat(A), fmpq_mat(omega), k, rows, columns)


def find_patterns(instance: Instance) -> Patterns:
    """Group the equal rows and columns of an instance.

    Args:
        instance: A and omega of shape (m, n).

    Returns:
        Patterns such that
        - A[i, j] = core A[rows.labels[i], columns.labels[j]] wherever omega[i, j] > 0, and likewise omega everywhere;
        - no two core rows (columns) agree in omega and in A on its support.

    Source: Def. 3.1 and Thm 6.1 of the paper.

    >>> from wlra_exact.algebra.exact import matrix
    >>> found = find_patterns(Instance(matrix([[1, 9], [1, 7], [2, 9]]), matrix([[1, 0], [1, 0], [1, 0]]), 1))
    >>> found.rows.multiplicities, found.rows.weight_pattern_count, found.columns.size
    ((2, 1), 1, 2)
    >>> found.collapsed().omega
    [2, 0]
    [1, 0]
    """
    m, n = instance.shape
    identity_rows, identity_columns = np.arange(m, dtype=np.int64), np.arange(n, dtype=np.int64)
    return _collapse(instance.A, instance.omega, instance.k, identity_rows, identity_columns)


def patterns_from_labels(
    A: fmpq_mat,
    omega: fmpq_mat,
    k: int,
    row_labels: Sequence[int] | NDArray[Any],
    column_labels: Sequence[int] | NDArray[Any],
) -> Patterns:
    """Group a problem given as labels and a core, without forming its m x n table.

    Args:
        A: (p, q) core over Q.
        omega: (p, q) core weights over Q, non-negative.
        k: rank, at least 1.
        row_labels: m integers in 0..p-1; index i has the core row ``row_labels[i]``.
        column_labels: n integers in 0..q-1.

    Returns:
        As ``find_patterns`` for the (m, n) problem that the labels describe.

    Raises:
        InputError: for labels that are not integers, or out of range, or empty; for a core that is no problem.

    >>> from wlra_exact.algebra.exact import matrix
    >>> core = matrix([[1, 2], [3, 4]])
    >>> found = patterns_from_labels(core, matrix([[1, 1], [1, 1]]), 1, [0, 1, 1, 0, 1], [0, 1, 1])
    >>> found.rows.multiplicities, found.columns.multiplicities, found.rows.representatives
    ((2, 3), (1, 2), (0, 1))
    """
    core = Instance(A, omega, min(k, max(A.nrows(), A.ncols()))) if k >= 1 else Instance(A, omega, k)
    rows = _checked_labels("row labels", row_labels, core.shape[0])
    columns = _checked_labels("column labels", column_labels, core.shape[1])
    if k > max(len(rows), len(columns)):
        raise InputError("rank", f"at most {max(len(rows), len(columns))}", str(k))
    return _collapse(core.A, core.omega, k, rows, columns)


def _checked_labels(name: str, labels: Sequence[int] | NDArray[Any], count: int) -> Labels:
    array = np.asarray(labels)
    if array.ndim != 1 or array.size == 0 or not np.issubdtype(array.dtype, np.integer):
        raise InputError(name, "a non-empty list of integers", f"shape {array.shape}, type {array.dtype}")
    low, high = int(array.min()), int(array.max())
    if low < 0 or high >= count:
        raise InputError(name, f"integers in 0..{count - 1}", f"values in {low}..{high}")
    return array.astype(np.int64)


def _collapse(A: fmpq_mat, omega: fmpq_mat, k: int, row_labels: Labels, column_labels: Labels) -> Patterns:
    row_use, column_use = _first_uses(row_labels, A.nrows()), _first_uses(column_labels, A.ncols())
    # Core rows nobody uses must not keep two columns apart, so only used ones are compared.
    used_rows = [i for i, first in enumerate(row_use) if first is not None]
    used_columns = [j for j, first in enumerate(column_use) if first is not None]
    kept_rows = [([omega[i, j] for j in used_columns], [A[i, j] for j in used_columns]) for i in used_rows]
    kept_columns = [([omega[i, j] for i in used_rows], [A[i, j] for i in used_rows]) for j in used_columns]
    rows, row_choice = _group(kept_rows, used_rows, row_labels, A.nrows())
    columns, column_choice = _group(kept_columns, used_columns, column_labels, A.ncols())
    shape = len(row_choice), len(column_choice)
    core = fmpq_mat(*shape, [A[i, j] for i in row_choice for j in column_choice])
    weights = fmpq_mat(*shape, [omega[i, j] for i in row_choice for j in column_choice])
    return Patterns(core, weights, k, rows, columns)


def _first_uses(labels: Labels, count: int) -> list[int | None]:
    first = np.full(count, len(labels), dtype=np.int64)
    np.minimum.at(first, labels, np.arange(len(labels), dtype=np.int64))
    return [int(i) if i < len(labels) else None for i in first]


def _group(
    lines: list[tuple[list[fmpq], list[fmpq]]], used: list[int], labels: Labels, count: int
) -> tuple[Groups, list[int]]:
    """Groups of one side, and the core index that stands for each group, in order of first original index."""
    first = _first_uses(labels, count)
    order = sorted(range(len(used)), key=lambda position: first[used[position]] or 0)
    joint: dict[tuple[object, ...], int] = {}
    weight: dict[tuple[fmpq, ...], int] = {}
    choice: list[int] = []
    weight_patterns: list[int] = []
    group_of_core = np.zeros(count, dtype=np.int64)
    for position in order:
        omega_line, a_line = lines[position]
        # An instance stores A as 0 under a zero weight, so comparing A entire compares it on the support.
        key = (tuple(omega_line), tuple(a_line))
        if key not in joint:
            joint[key] = len(choice)
            choice.append(used[position])
            weight_patterns.append(weight.setdefault(tuple(omega_line), len(weight)))
        group_of_core[used[position]] = joint[key]
    new_labels = group_of_core[labels]
    sizes = np.bincount(new_labels, minlength=len(choice))
    representatives = tuple(first[i] or 0 for i in choice)
    return Groups(representatives, tuple(int(s) for s in sizes), tuple(weight_patterns), new_labels), choice
