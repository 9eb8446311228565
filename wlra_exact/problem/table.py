"""A table: what a file or an array says, exactly, before a rank and a weighting make it a problem.

    A in Q^{m x n},   observed in {True, False}^{m x n},   and, where the source carries them, omega in Q_{>=0}^{m x n}
    (weights of the squared residuals), labels of rows and columns, and a rank k.

Invariants, established by ``Table`` itself: all shapes agree, the table has an entry, A and omega are 0 where the
entry is missing, and omega is non-negative.

Guarantee: nothing here rounds, and no entry changes because of a label.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat

from wlra_exact.errors import InputError
from wlra_exact.problem.field import shown

__all__ = ["Table", "omega_where_observed", "square_weights", "table_of_rows"]


@dataclass(frozen=True)
class Table:
    """An exact matrix with missing entries, as one source gives it.

    Attributes:
        A: (m, n) matrix over Q, 0 where the entry is missing.
        observed: (m, n) truth values, False where the entry is missing.
        omega: (m, n) weights of the squared residuals when the source carries weights, 0 where the entry is missing.
        row_labels: m names, when the source names its rows.
        column_labels: n names, when the source names its columns.
        k: the rank, when the source carries one.

    Raises:
        InputError: for an empty matrix, shapes that disagree, or a negative weight.

    >>> table = table_of_rows([[fmpq(2), None], [fmpq(0), fmpq(1)]])
    >>> table.shape, table.observed
    ((2, 2), ((True, False), (True, True)))
    """

    A: fmpq_mat
    observed: tuple[tuple[bool, ...], ...]
    omega: fmpq_mat | None = None
    row_labels: tuple[str, ...] | None = None
    column_labels: tuple[str, ...] | None = None
    k: int | None = None

    def __post_init__(self) -> None:
        m, n = self.shape
        if m == 0 or n == 0:
            raise InputError("A", "at least one row and one column", f"shape {m}x{n}")
        if len(self.observed) != m or any(len(row) != n for row in self.observed):
            lengths = " or ".join(map(str, sorted({len(row) for row in self.observed})))
            raise InputError("observed", f"{m} rows of {n} truth values", f"{len(self.observed)} rows of {lengths}")
        for name, labels, count in (("row", self.row_labels, m), ("column", self.column_labels, n)):
            if labels is not None and len(labels) != count:
                raise InputError(f"{name} labels", f"{count} names", str(len(labels)))
        object.__setattr__(self, "A", _where_observed(self.A, self.observed))
        if self.omega is not None:
            object.__setattr__(self, "omega", omega_where_observed(self.omega, self.observed))

    @property
    def shape(self) -> tuple[int, int]:
        """(m, n)."""
        return self.A.nrows(), self.A.ncols()

    def labels(self) -> dict[str, list[str]]:
        """The names of rows and columns that the source carries, as a certificate's provenance tells them."""
        told = {"row_labels": self.row_labels, "column_labels": self.column_labels}
        return {key: list(names) for key, names in told.items() if names is not None}


def table_of_rows(
    rows: Sequence[Sequence[fmpq | None]],
    *,
    name: str = "A",
    row_labels: tuple[str, ...] | None = None,
    column_labels: tuple[str, ...] | None = None,
) -> Table:
    """The table with the given rows; None is a missing entry.

    Args:
        rows: m rows of n entries.
        name: what error messages call the table: a file's name, or an argument's.
        row_labels: m names.
        column_labels: n names.

    Raises:
        InputError: for no rows, no columns, or rows of different lengths.
    """
    m, n = len(rows), len(rows[0]) if rows else 0
    if m == 0 or n == 0:
        raise InputError(name, "at least one row and one column", f"shape {m}x{n}")
    for i, row in enumerate(rows, start=1):
        if len(row) != n:
            raise InputError(f"{name}, row {i}", f"{n} entries as in row 1", str(len(row)))
    zero = fmpq(0)
    A = fmpq_mat(m, n, [zero if x is None else x for row in rows for x in row])
    observed = tuple(tuple(x is not None for x in row) for row in rows)
    return Table(A, observed, row_labels=row_labels, column_labels=column_labels)


def omega_where_observed(omega: fmpq_mat, observed: tuple[tuple[bool, ...], ...], *, name: str = "omega") -> fmpq_mat:
    """``omega`` with 0 at the missing entries.

    Args:
        omega: (m, n) matrix over Q.
        observed: (m, n) truth values.
        name: what error messages call the matrix.

    Raises:
        InputError: for another shape, or a negative weight anywhere.
    """
    m, n = len(observed), len(observed[0])
    if (omega.nrows(), omega.ncols()) != (m, n):
        raise InputError(name, f"the shape of A, {m}x{n}", f"{omega.nrows()}x{omega.ncols()}")
    _refuse_negative(omega, name=name)
    return _where_observed(omega, observed)


def square_weights(W: fmpq_mat, *, name: str = "W") -> fmpq_mat:
    """The squared weights omega = W o W, entry by entry.

    Raises:
        InputError: for a negative weight: its square would hide a mistake.

    >>> square_weights(fmpq_mat(1, 2, [3, fmpq(1, 2)]))
    [9, 1/4]
    """
    _refuse_negative(W, name=name)
    return fmpq_mat(W.nrows(), W.ncols(), [w * w for w in W.entries()])


def _refuse_negative(weights: fmpq_mat, *, name: str) -> None:
    """Raise InputError at the first negative entry, with its row and column counted from 1."""
    for position, weight in enumerate(weights.entries()):
        if weight < 0:
            i, j = divmod(position, weights.ncols())
            raise InputError(f"{name}, row {i + 1}, column {j + 1}", "a weight >= 0", shown(weight))


def _where_observed(matrix: fmpq_mat, observed: tuple[tuple[bool, ...], ...]) -> fmpq_mat:
    if all(all(row) for row in observed):
        return matrix
    zero = fmpq(0)
    flat = (seen for row in observed for seen in row)
    kept = [x if seen else zero for x, seen in zip(matrix.entries(), flat, strict=True)]
    return fmpq_mat(matrix.nrows(), matrix.ncols(), kept)
