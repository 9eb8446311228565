"""Long tables with few different weight rows: a million rows become a few dozen, read from a file block by block.

Rows with one weight row w cost, for a given row space, tr(Q G) with G = sum_i A_i^T A_i on the support of w. So a group
of them may be replaced by any rows l_t with weights d_t w, d_t > 0, such that sum_t d_t l_t^T l_t = G (the rule `gram`,
lemma compression of the certificate format). A weight row is a missingness pattern where weights are 0 and 1.

Each G is summed exactly in bulk (``algebra.limbs``); one fraction-free LDL^T for each group makes its rows.

Guarantee: exact; memory is that of one block and one Gram matrix for each group. A verifier that reads the same file
arrives at the same Gram matrices.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from wlra_exact.algebra.exact import canonical, power_of_two
from wlra_exact.algebra.limbs import GramSum
from wlra_exact.errors import InputError
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.distinct import DistinctRows, TooManyRowsError
from wlra_exact.problem.fields import DECIMAL_BASE
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import gram_rows
from wlra_exact.problem.source import ArrayFile, Source
from wlra_exact.problem.source_text import TextFile

__all__ = ["MOST_COLUMNS", "MOST_ROWS", "Compressed", "compress_file", "compress_text"]

#: Tables with more columns are not compressed: the numbers grow with them.
MOST_COLUMNS = 64

#: Nor tables whose groups may need more rows than this.
MOST_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Compressed:
    """A core whose rows stand for groups of rows of a file: the problem that a certificate calls the subject.

    Attributes:
        A: (p, n) core over Q.
        omega: (p, n) weights: row t of a group has d_t times the group's weights.
        groups: how many core rows each group has, in the order of the groups' first appearance.
        sizes: how many rows of the file each group has; None when the file has not been read.
        source: the file.
    """

    A: fmpq_mat
    omega: fmpq_mat
    groups: tuple[int, ...]
    sizes: tuple[int, ...] | None
    source: Source

    def root(self, k: int) -> Instance:
        """The core as an instance: it has the opt of the file's table.

        Raises:
            InputError: for a rank below 1 or above both sides of the core.
        """
        return Instance(self.A, self.omega, k)

    def to_json(self, k: int) -> dict[str, Any]:
        """The field ``instance`` of a certificate (section 4.1 of the format)."""
        return {
            "A": [[canonical(x) for x in row] for row in self.A.tolist()],
            "omega": [[canonical(x) for x in row] for row in self.omega.tolist()],
            "k": k,
            "groups": list(self.groups),
            "source": self.source.to_json(),
        }

    def describe(self) -> str:
        """The problem in a few words for a reader."""
        p, n = self.A.nrows(), self.A.ncols()
        before = f"{n} columns" if self.sizes is None else f"{sum(self.sizes)}x{n}"
        return f"{before} in {len(self.groups)} weight patterns, compressed to {p}x{n}"


def compress_file(file: ArrayFile) -> Compressed | None:
    """Compress the rows of a file that has no labels.

    Returns:
        None when the table has more than ``MOST_COLUMNS`` columns, or so many weight rows that more than ``MOST_ROWS``
        core rows could be needed.

    Raises:
        InputError: for an entry that is infinite, or a weight that is negative, infinite, or missing where the entry
            is not.

    >>> import tempfile, pathlib
    >>> from wlra_exact.problem.source import open_source
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "A.npy")
    ...     np.save(path, np.array([[2, 0], [0, 1], [0, -1], [3, np.nan]]))
    ...     found = compress_file(open_source(path))
    >>> found.describe(), found.A, found.omega
    ('4x2 in 2 weight patterns, compressed to 3x2', [1/2,   0]
    [  0, 1/2]
    [1/2,   0], [16, 16]
    [ 8,  8]
    [36,  0])
    """
    n = file.shape[1]
    if n > MOST_COLUMNS:
        return None
    most = MOST_ROWS // n
    try:
        sums, patterns, sizes = _moments(file, most)
    except TooManyRowsError:
        return None
    return _compressed(file, sums, _weights(file, patterns), sizes)


def compress_text(file: TextFile) -> Compressed | None:
    r"""Compress the rows of a text file; its weights are 1 where a number stands.

    Returns:
        None as ``compress_file``.

    Raises:
        UnusualTextError: for a file that the ordinary reader has to judge.

    >>> import tempfile, pathlib
    >>> from wlra_exact.problem.source_text import open_text
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder, "A.csv")
    ...     _ = path.write_text("x,y\n0.2,0\n0,.1\n0,-1e-1\n0.3,\n")
    ...     found = compress_text(open_text(path))
    >>> found.describe(), found.sizes
    ('4x2 in 2 weight patterns, compressed to 3x2', (3, 1))
    """
    n = file.columns
    if n > MOST_COLUMNS:
        return None
    seen = DistinctRows(n, 1, MOST_ROWS // n)
    sums: list[GramSum] = []
    sizes: list[int] = []
    try:
        for fields in file.numbers():
            labels = seen.label(fields.there.astype(np.int8))
            for label in range(seen.count):
                chosen = np.flatnonzero(labels == label)
                if label == len(sums):
                    sums.append(GramSum(n, DECIMAL_BASE))
                    sizes.append(0)
                sizes[label] += len(chosen)
                sums[label].add_limbs({place: limb[:, chosen] for place, limb in fields.limbs.items()})
    except TooManyRowsError:
        return None
    weights = [[fmpq(byte) for byte in seen.row(label)] for label in range(seen.count)]
    return _compressed(file, sums, weights, sizes)


def _compressed(
    file: ArrayFile | TextFile, sums: list[GramSum], weights: list[list[fmpq]], sizes: list[int]
) -> Compressed:
    n = len(weights[0])
    A: list[list[fmpq]] = []
    omega: list[list[fmpq]] = []
    groups: list[int] = []
    for total, w in zip(sums, weights, strict=True):
        rows, scales = _rows(total, w)
        A += rows
        omega += [[d * x for x in w] for d in scales]
        groups.append(len(rows))
    core, core_omega = (fmpq_mat(len(A), n, [x for row in M for x in row]) for M in (A, omega))
    # The sum of the file last: what is refused above costs one reading only.
    empty = Source("", "", file.format)
    return replace(Compressed(core, core_omega, tuple(groups), tuple(sizes), empty), source=file.named())


def _moments(file: ArrayFile, most: int) -> tuple[list[GramSum], NDArray[Any], list[int]]:
    """For each group by first appearance: its Gram sums, its weight row (as in the file), and its size."""
    n, name, weights = file.shape[1], os.fspath(file.path), file.weights
    seen: DistinctRows | None = None
    sums: list[GramSum] = []
    sizes: list[int] = []
    first_row = 0
    kind = np.dtype(np.int8)
    for parts in file.blocks(*(["A"] if weights is None else ["A", weights])):
        A = parts[0]
        there = ~np.isnan(A) if A.dtype.kind == "f" else np.ones(A.shape, dtype=bool)
        if weights is None:
            W = there.astype(np.int8)
        else:
            W = np.where(there, parts[1], parts[1].dtype.type(0))
            _check_weights(W, first_row, f"{name}, {weights}")
            W[W == 0] = 0  # one zero, not two
        kind = W.dtype
        seen = seen or DistinctRows(n, kind.itemsize, most)
        labels = seen.label(W)
        A = np.where(W != 0, A, A.dtype.type(0))
        _check_finite(A, first_row, f"{name}, A")
        for label in range(seen.count):
            chosen = A[labels == label]
            if label == len(sums):
                sums.append(GramSum(n))
                sizes.append(0)
            sizes[label] += len(chosen)
            sums[label].add(chosen)
        first_row += len(A)
    assert seen is not None  # a source has a row
    raw = b"".join(seen.row(label) for label in range(seen.count))
    return sums, np.frombuffer(raw, dtype=kind).reshape(seen.count, n), sizes


def _check_weights(W: NDArray[Any], first_row: int, name: str) -> None:
    if W.dtype.kind == "u":
        return
    bad = W < 0 if W.dtype.kind == "i" else ~((W >= 0) & np.isfinite(W))
    _refuse(bad, W, first_row, name, "a finite weight >= 0")


def _check_finite(A: NDArray[Any], first_row: int, name: str) -> None:
    if A.dtype.kind == "f":
        _refuse(np.isinf(A), A, first_row, name, "a finite number")


def _refuse(bad: NDArray[np.bool_], values: NDArray[Any], first_row: int, name: str, expected: str) -> None:
    if bad.any():
        i, j = np.argwhere(bad)[0]
        raise InputError(f"{name}, row {first_row + i + 1}, column {j + 1}", expected, str(values[i, j]))


def _weights(file: ArrayFile, patterns: NDArray[Any]) -> list[list[fmpq]]:
    rows: list[list[fmpq]] = table_from(patterns).A.tolist()
    return [[w * w for w in row] for row in rows] if file.weights == "W" else rows


def _rows(total: GramSum, w: list[fmpq]) -> tuple[list[list[fmpq]], list[fmpq]]:
    """Rows and scales of one group; a group always has a row, be it 0."""
    n = len(w)
    entries = total.entries()
    G = fmpq_mat(n, n, [x for row in entries for x in row])
    rows, scales = gram_rows(G)
    if not rows:
        return [[fmpq(0)] * n], [fmpq(1)]
    moderate_rows, moderate_scales = [], []
    for row, d in zip(rows, scales, strict=True):
        # Primitive integer vectors may be long; a power of two brings them near 1 for the search.
        s = max(int(abs(x.p)).bit_length() for x in row)
        moderate_rows.append([x * power_of_two(-s) for x in row])
        moderate_scales.append(d * power_of_two(2 * s))
    return moderate_rows, moderate_scales
