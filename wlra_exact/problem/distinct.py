"""Distinct rows of a large array, found at the speed of reading it.

Rows arrive in blocks, as they lie in memory. A *key* of 64 bits, made of a sample of a row's words, names a candidate
among the distinct rows so far; the whole row is then compared with it, word for word. What differs is looked up by all
of its bytes. So the answer is exact whatever the keys do, they only decide how soon it comes: a row that was seen
before is read once and compared once.

Rows are equal here when their bytes are. Equal bytes are equal numbers; that 0 and -0 are equal too, or two ways to
write a missing entry, is for the exact comparison of the few distinct rows (``problem.patterned``).

Guarantee: two rows get one label exactly when their bytes agree; labels count from 0 by first appearance. Memory is
bounded by the distinct rows, whose bytes have a limit.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["MOST_DISTINCT_BYTES", "DistinctRows", "TooManyRowsError", "merge_labels"]

#: The verifier keeps the distinct rows of a source too, and no more than this (section 6 of the format).
MOST_DISTINCT_BYTES = 2**26

#: Words of a row in its key.
_SAMPLE = 64

#: Rows of at least so many bytes are compared one by one, shorter ones in bulk.
_WIDE = 4096

_Words = NDArray[np.unsignedinteger[Any]]


class TooManyRowsError(Exception):
    """More distinct rows than asked for: the array has no patterns worth the name."""


class DistinctRows:
    """The distinct rows of one array so far.

    Args:
        width: items in a row.
        itemsize: bytes of an item: 1, 2, 4 or 8.
        most: how many distinct rows there may be.

    >>> seen = DistinctRows(2, 8, most=10)
    >>> seen.label(np.array([[1, 2], [3, 4], [1, 2]])), seen.label(np.array([[5, 6], [3, 4]])), seen.count
    (array([0, 1, 0]), array([2, 1]), 3)
    """

    def __init__(self, width: int, itemsize: int, most: int) -> None:
        self.row_bytes = width * itemsize
        self.most = min(most, MOST_DISTINCT_BYTES // self.row_bytes)
        size = next(size for size in (8, 4, 2, 1) if self.row_bytes % size == 0)
        self._type = np.dtype(f"u{size}")
        words = self.row_bytes // size
        rng = np.random.default_rng(words)
        sample = np.arange(words) if words <= _SAMPLE else np.sort(rng.choice(words, _SAMPLE, replace=False))
        self._sample = sample
        self._factors = rng.integers(0, 2**63, sample.size, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
        self._labels: dict[bytes, int] = {}
        self._rows: list[bytearray] = []
        self._known: dict[int, int] = {}  # key -> label
        self._keys = np.empty(0, dtype=np.uint64)  # sorted
        self._targets = np.empty(0, dtype=np.int64)
        self._table = np.empty((0, words), dtype=self._type)

    @property
    def count(self) -> int:
        """How many distinct rows there are."""
        return len(self._rows)

    def row(self, label: int) -> bytes:
        """The bytes of the row with this label."""
        return bytes(self._rows[label])

    def label(self, block: NDArray[Any]) -> NDArray[np.int64]:
        """The labels of a block's rows.

        Args:
            block: (h, width) array in row order, of the item size given.

        Raises:
            TooManyRowsError: when there are more distinct rows than asked for.
        """
        height = block.shape[0]
        words = np.ascontiguousarray(block).reshape(height, -1).view(self._type)
        keys = self._row_keys(words)
        place = np.searchsorted(self._keys, keys)
        labels = np.full(height, -1, dtype=np.int64)
        if self._keys.size:
            place[place == self._keys.size] = 0
            labels = np.where(self._keys[place] == keys, self._targets[place], -1)
            labels[~self._equal(words, labels)] = -1
        fresh = np.flatnonzero(labels < 0)
        if fresh.size:
            raw = words.view(np.uint8).reshape(-1).data
            for i in fresh.tolist():
                labels[i] = self._look_up(bytes(raw[i * self.row_bytes : (i + 1) * self.row_bytes]), int(keys[i]))
            self._index()
        return labels

    def _row_keys(self, words: _Words) -> NDArray[np.uint64]:
        # Numbers of few bits have them all at the top (floats) or at the bottom (integers); a product keeps what stands
        # high only in its highest bits. The shift brings the top down first.
        sample = words[:, self._sample].astype(np.uint64)
        sample ^= sample >> np.uint64(32)
        keys = sample @ self._factors
        return np.asarray(keys ^ (keys >> np.uint64(29)), dtype=np.uint64)

    def _equal(self, words: _Words, labels: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Which rows are those of their labels; False for the label -1."""
        if self.row_bytes < _WIDE:
            same = (words == self._table[labels]).all(axis=1)
            return np.asarray(same & (labels >= 0))
        raw, width, rows = words.view(np.uint8).reshape(-1).data, self.row_bytes, self._rows
        # A bytearray compares itself with a view at the speed of memory, without a copy.
        return np.array(
            [l >= 0 and rows[l] == raw[i * width : (i + 1) * width] for i, l in enumerate(labels.tolist())], dtype=bool
        )

    def _look_up(self, row: bytes, key: int) -> int:
        label = self._labels.get(row)
        if label is None:
            label = self._labels[row] = len(self._rows)
            self._rows.append(bytearray(row))
            if label >= self.most:
                raise TooManyRowsError
            self._known.setdefault(key, label)
        return label

    def _index(self) -> None:
        """Bring the sorted keys and the table of rows up to date."""
        self._keys = np.array(sorted(self._known), dtype=np.uint64)
        self._targets = np.array([self._known[int(key)] for key in self._keys], dtype=np.int64)
        if self.row_bytes < _WIDE:
            raw = b"".join(self._rows)
            self._table = np.frombuffer(raw, dtype=self._type).reshape(len(self._rows), -1)


def merge_labels(first: NDArray[np.int64], second: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Labels of the pairs (first_i, second_i), counting from 0 by first appearance, and where each pair first appears.

    >>> merge_labels(np.array([1, 0, 1, 1]), np.array([0, 0, 0, 2]))
    (array([0, 1, 0, 2]), array([0, 1, 3]))
    """
    codes = first * np.int64(int(second.max(initial=0)) + 1) + second
    _, where, inverse = np.unique(codes, return_index=True, return_inverse=True)
    order = np.argsort(where, kind="stable")
    rank = np.empty_like(order)
    rank[order] = np.arange(order.size)
    return rank[inverse.reshape(-1)].astype(np.int64), where[order].astype(np.int64)
