"""Patterns in arrays and files: which rows are equal, which columns, and the core that is left (``problem.patterned``).

An array arrives in blocks of rows and may be larger than memory. Rows are compared by their bytes first
(``problem.distinct``), then columns of the few that are left, and the core's lines at last as rational numbers.

Guarantee: exact; time is linear in the array's size, memory in the number of labels and the size of the core.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.distinct import DistinctRows, TooManyRowsError, merge_labels
from wlra_exact.problem.patterned import Labels, Patterned, collapsed, of_table, with_weights
from wlra_exact.problem.source import ArrayFile

__all__ = ["MOST_ENTRIES", "MOST_LINES", "Found", "find_labels", "find_patterns_in", "patterns_of_file"]

#: More distinct rows than this are no patterns.
MOST_LINES = 4096

#: Nor is a core of more entries than this.
MOST_ENTRIES = 2**19


@dataclass(frozen=True, eq=False)
class Found:
    """Lines that agree byte for byte.

    Attributes:
        row_labels: for each row its group, counted by first appearance.
        column_labels: likewise for columns.
        cores: one row and column of each group: of A and, when there are weights, of those.
    """

    row_labels: Labels
    column_labels: Labels
    cores: tuple[NDArray[Any], ...]


def find_labels(blocks: Iterable[tuple[NDArray[Any], ...]]) -> Found | None:
    """Group the equal rows, and then the equal columns, of arrays of one shape that arrive in blocks of rows.

    Returns:
        None when there are more than ``MOST_LINES`` distinct rows, or more than ``MOST_ENTRIES`` entries in the cores.

    >>> found = find_labels([(np.array([[1, 2, 1], [3, 3, 3]]),), (np.array([[1, 2, 1]]),)])
    >>> found.row_labels, found.column_labels, found.cores[0]
    (array([0, 1, 0]), array([0, 1, 0]), array([[1, 2],
           [3, 3]]))
    """
    seen: list[DistinctRows] = []
    kinds: list[np.dtype[Any]] = []
    labels: list[list[Labels]] = []
    try:
        for parts in blocks:
            if not seen:
                kinds = [part.dtype for part in parts]
                seen = [DistinctRows(parts[0].shape[1], kind.itemsize, MOST_LINES) for kind in kinds]
                labels = [[] for _ in parts]
            for one, part, found in zip(seen, parts, labels, strict=True):
                found.append(one.label(part))
        whole = [np.concatenate(found) for found in labels]
        rows, firsts = _joined(whole)
        cores = [_rows_at(one, found[firsts], kind) for one, found, kind in zip(seen, whole, kinds, strict=True)]
        most = MOST_ENTRIES // len(firsts)
        turned = [np.ascontiguousarray(core.T) for core in cores]
        columns, firsts = _joined([DistinctRows(a.shape[1], a.itemsize, most).label(a) for a in turned])
    except TooManyRowsError:
        return None
    return Found(rows, columns, tuple(np.ascontiguousarray(core[:, firsts]) for core in cores))


def find_patterns_in(
    blocks: Iterable[tuple[NDArray[Any], ...]], weights: str | None = None, *, name: str = "A"
) -> Patterned | None:
    """The patterns of an array that arrives in blocks of rows.

    Args:
        blocks: tuples of a block of A and, when there are weights, the block of those, of one number of rows.
        weights: "omega" (taken as they are) or "W" (squared); None when there are none.
        name: what error messages call the array.

    Returns:
        The core, with labels; None when there are too many patterns (see ``find_labels``).

    Raises:
        InputError: for an entry that is no finite number, or a weight that is negative or missing.

    >>> A = np.array([[1.0, 2.0, 1.0], [np.nan, 3.0, np.nan], [1.0, 2.0, 1.0]])
    >>> found = find_patterns_in([(A[:1],), (A[1:],)])
    >>> found.A, found.omega, found.rows.counts, found.columns.counts
    ([1, 2]
    [0, 3], [1, 1]
    [0, 1], (2, 1), (2, 1))
    """
    found = find_labels(blocks)
    if found is None:
        return None
    table = table_from(found.cores[0], name=f"{name}, one row of each kind")
    if weights is not None:
        table = with_weights(table, found.cores[1], squared=weights == "W", name=f"{name}, {weights}")
    return collapsed(table, found.row_labels, found.column_labels)


def _joined(labels: list[Labels]) -> tuple[Labels, Labels]:
    """Labels of tuples, and where each first appears."""
    return merge_labels(labels[0], labels[1] if len(labels) > 1 else np.zeros_like(labels[0]))


def _rows_at(seen: DistinctRows, labels: Labels, kind: np.dtype[Any]) -> NDArray[Any]:
    """The rows with these labels, as numbers."""
    return np.frombuffer(b"".join(seen.row(int(label)) for label in labels), dtype=kind).reshape(len(labels), -1)


def patterns_of_file(file: ArrayFile) -> Patterned | None:
    """The patterns of a file, found or given by its labels; None when there are too many.

    The result names the file as its source. It is read twice: for its patterns and for its sum.

    Raises:
        InputError: for a file that is no problem.
    """
    name = os.fspath(file.path)
    names = ["A"] + ([file.weights] if file.weights is not None else [])
    if not file.labelled:
        found = find_patterns_in(file.blocks(*names), file.weights, name=name)
    else:
        table = table_from(file.whole("A"), name=f"{name}, A")
        if file.weights is not None:
            given, told = file.whole(file.weights), f"{name}, {file.weights}"
            table = with_weights(table, given, squared=file.weights == "W", name=told)
        found = of_table(table, file.whole("row_labels"), file.whole("col_labels"), name=name)
    return None if found is None else replace(found, source=file.named())
