"""The door for Python objects: arrays, masked arrays, lists and data frames become exact tables.

What an entry may be, and what it then is:

- int, Fraction, fmpz, fmpq, gmpy2 and NumPy integers, finite Decimal: the rational number that it is;
- float and NumPy floats of any width: the dyadic rational that it is (0.1 is 3602879701896397/36028797018963968);
- text: what it writes ("0.1" is 1/10, "1/3" is 1/3), as in a CSV file;
- None, NaN, a masked entry, and the missing values of pandas and Polars: missing.

Infinite entries, complex numbers and truth values among numbers are refused. An array, or a column of a frame, of
truth values alone is a mask, and is read as numbers 0 and 1. pandas and Polars are recognised by name, never imported.

Guarantee: nothing here rounds, and the object is not changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from pathlib import PurePath
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat

from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError
from wlra_exact.problem.field import parse_field, shown
from wlra_exact.problem.labels import is_label_column
from wlra_exact.problem.table import Table, table_of_rows

__all__ = ["table_from"]

_Cells = list[fmpq | None]


def table_from(A: object, *, name: str = "A") -> Table:
    """The exact table that a Python object holds.

    Args:
        A: an (m, n) NumPy array, masked array, list of rows, pandas or Polars frame, ``fmpq_mat``, ``fmpz_mat``, or a
            ``Table``, which is returned as it is.
        name: what error messages call the table.

    Returns:
        The table, such that
        - row labels are the index of a pandas frame unless that merely counts, or else the first column where
          ``problem.labels`` says that it holds labels;
        - column labels are the names of a frame's columns unless they merely count.

    Raises:
        InputError: for another object, another number of dimensions, rows of different lengths, or an entry that is
            no finite number, with its row and column counted from 1.

    >>> table_from([[1, None], ["0.1", 0.5]]).A
    [   1,   0]
    [1/10, 1/2]
    """
    if isinstance(A, Table):
        return A
    if isinstance(A, fmpq_mat | fmpz_mat):
        if A.nrows() == 0 or A.ncols() == 0:
            raise InputError(name, "at least one row and one column", f"shape {A.nrows()}x{A.ncols()}")
        return Table(fmpq_mat(A), ((True,) * A.ncols(),) * A.nrows())
    if isinstance(A, np.ndarray):
        return _from_array(A, name)
    package = type(A).__module__.partition(".")[0]
    if package in ("pandas", "polars") and type(A).__name__ == "DataFrame":
        return _from_frame(A, package, name)
    if isinstance(A, list | tuple):
        return table_of_rows([_row_cells(row, name, i) for i, row in enumerate(A, start=1)], name=name)
    if isinstance(A, str | PurePath):
        raise InputError(name, "an array or a table; wlra_exact.read_table reads files", shown(str(A)))
    if package == "scipy":
        expected = (
            "a dense array, since what a sparse one does not store may be 0 (A.toarray()) or missing "
            "(scipy.io.mmwrite, then wlra_exact.read_table)"
        )
        raise InputError(name, expected, type(A).__name__)
    raise InputError(name, "a NumPy array, a list of rows, a data frame, an fmpq_mat or a Table", type(A).__name__)


def _from_array(array: np.ndarray[Any, Any], name: str) -> Table:
    if array.ndim != 2:
        raise InputError(name, "a 2-dimensional array", f"a {array.ndim}-dimensional one")
    if 0 in array.shape:
        raise InputError(name, "at least one row and one column", f"shape {array.shape[0]}x{array.shape[1]}")
    mask = np.ma.getmaskarray(array)
    values = np.ma.getdata(array) if isinstance(array, np.ma.MaskedArray) else np.asarray(array)
    cells = _array_cells(values, mask, name)
    m, n = array.shape
    return table_of_rows([cells[i * n : (i + 1) * n] for i in range(m)], name=name)


def _array_cells(values: np.ndarray[Any, Any], mask: np.ndarray[Any, Any], name: str) -> _Cells:
    """The entries of an (m, n) array, row after row."""
    n = values.shape[1]
    kind = values.dtype.kind
    if kind not in "biufO":
        raise InputError(name, "an array of integers, floats or exact objects", f"dtype {values.dtype}")
    missing = mask.ravel().tolist()
    if kind == "f":
        missing = (mask | np.isnan(values)).ravel().tolist()
        infinite = np.argwhere(np.isinf(values) & ~mask)
        if len(infinite):
            i, j = infinite[0]
            raise InputError(_where(name, i + 1, j + 1), "a finite number", str(values[i, j]))
    flat = values.ravel().tolist()
    if kind == "f":
        # as_integer_ratio is exact for every width, long double included.
        return [None if gone else fmpq(*x.as_integer_ratio()) for x, gone in zip(flat, missing, strict=True)]
    if kind == "O":
        return [
            None if gone else _cell(x, name, position // n + 1, position % n + 1)
            for position, (x, gone) in enumerate(zip(flat, missing, strict=True))
        ]
    return [None if gone else fmpq(int(x)) for x, gone in zip(flat, missing, strict=True)]


def _row_cells(row: object, name: str, i: int) -> _Cells:
    if isinstance(row, np.ndarray) and row.ndim == 1:
        row = list(row)
    if not isinstance(row, list | tuple):
        raise InputError(f"{name}, row {i}", "a list of numbers", type(row).__name__)
    return [_cell(x, name, i, j) for j, x in enumerate(row, start=1)]


def _cell(x: object, name: str, i: int, j: int) -> fmpq | None:
    if x is None or x is np.ma.masked or type(x).__name__ == "NAType":
        return None
    if isinstance(x, Decimal):
        x = str(x)  # its text is exact, and Decimal("1e999999999") is refused there instead of written out
    try:
        if isinstance(x, float | np.floating):
            return _ratio(x)
        return parse_field(x) if isinstance(x, str) else exact(x)
    except OverflowError as error:
        raise InputError(_where(name, i, j), "a finite number", str(x)) from error
    except (TypeError, ValueError) as error:
        if isinstance(x, str):
            raise InputError(_where(name, i, j), str(error), shown(x)) from error
        got = f"{shown(x)} ({type(x).__name__})"
        raise InputError(_where(name, i, j), "an exact number, a float or None", got) from error


def _where(name: str, i: int, j: int) -> str:
    return f"{name}, row {i}, column {j}"


def _ratio(x: Any) -> fmpq | None:
    try:
        return fmpq(*x.as_integer_ratio())
    except ValueError:  # NaN is no ratio
        return None


def _from_frame(frame: Any, package: str, name: str) -> Table:
    """A pandas or Polars frame, column by column: a common type of all columns could round integers to floats."""
    heads = [_label(head) for head in frame.columns]
    if package == "pandas":
        columns = [frame.iloc[:, j].to_numpy(dtype=object).tolist() for j in range(len(heads))]
        counted = [type(axis).__name__ == "RangeIndex" for axis in (frame.index, frame.columns)]
        row_labels = None if counted[0] else tuple(_label(label) for label in frame.index)
        column_labels = None if counted[1] else tuple(heads)
    else:
        columns = [frame.get_column(head).to_list() for head in heads]
        row_labels, column_labels = None, tuple(heads)
    if row_labels is None and column_labels is not None and len(columns) > 1 and is_label_column(heads[0], columns[0]):
        row_labels = tuple(_label(label) for label in columns[0])
        columns, column_labels = columns[1:], column_labels[1:]
    if not columns or not len(columns[0]):
        raise InputError(name, "at least one row and one column", f"shape {len(frame)}x{len(columns)}")
    cells = [_column_cells(column, name, j) for j, column in enumerate(columns, start=1)]
    rows: list[Sequence[fmpq | None]] = list(zip(*cells, strict=True))
    return table_of_rows(rows, name=name, row_labels=row_labels, column_labels=column_labels)


def _column_cells(column: Sequence[object], name: str, j: int) -> _Cells:
    if all(isinstance(x, bool) for x in column):
        return [fmpq(int(x is True)) for x in column]
    return [_cell(x, name, i, j) for i, x in enumerate(column, start=1)]


def _label(label: object) -> str:
    """A label as text; the parts of a compound label are joined by blanks."""
    return " ".join(map(str, label)) if isinstance(label, tuple) else str(label)
