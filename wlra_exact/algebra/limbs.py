"""Exact sums of products over millions of numbers, in bulk: integers of 64 bits that never overflow.

An array of binary floating-point numbers or integers is a matrix of dyadic rationals. Written in base 2^25 with signed
digits ("limbs"), x = sum_a d_a 2^(25 a), the products of two columns are

    sum_i x_i y_i = sum_(a, b) 2^(25 (a + b)) sum_i d_a(x_i) d_b(y_i),

and each inner sum over at most 2^12 rows is below 2^62: one integer product of NumPy. Floats are taken apart by their
bits, so no floating-point operation occurs.

Decimals come with digits in base 10^7, which is below 2^25 too.

Guarantee: exact for every finite input; memory is that of one block.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from flint import fmpq
from numpy.typing import NDArray

__all__ = ["GramSum"]

_LIMB = 25
_ROWS = 2**12  # 2 * 25 + 12 bits fit into 63

_MASK = np.uint64(2**_LIMB - 1)
_Digits = NDArray[np.int64]


class GramSum:
    """G = sum of x^T x over the rows x of all blocks so far.

    Args:
        n: columns.
        base: of the digits, at most 2^25.

    >>> total = GramSum(2)
    >>> total.add(np.array([[0.5, 3.0], [2.0, 0.0]]))
    >>> total.entries()
    [[17/4, 3/2], [3/2, 9]]
    """

    def __init__(self, n: int, base: int = 2**_LIMB) -> None:
        self.n = n
        self.base = base
        self._sums: dict[tuple[int, int], NDArray[np.object_]] = {}

    def add(self, block: NDArray[Any]) -> None:
        """Add the rows of a block.

        Args:
            block: (h, n) array of integers or of binary32 or binary64 numbers, all finite.

        Raises:
            ValueError: for infinities and NaN.
        """
        for first in range(0, block.shape[0], _ROWS):
            self._add(_limbs(np.ascontiguousarray(block[first : first + _ROWS].T)))

    def add_limbs(self, limbs: dict[int, _Digits]) -> None:
        """Add rows that are taken apart already.

        Args:
            limbs: a -> (n, h) digits d_a below the base in size; the rows are sum_a d_a base^a.
        """
        height = max((limb.shape[1] for limb in limbs.values()), default=0)
        for first in range(0, height, _ROWS):
            self._add({place: limb[:, first : first + _ROWS] for place, limb in limbs.items()})

    def _add(self, limbs: dict[int, _Digits]) -> None:
        places = sorted(limbs)
        for position, a in enumerate(places):
            for b in places[position:]:
                # Below 2^(25 + 25 + 12): no overflow.
                product = np.einsum("ih,jh->ij", limbs[a], limbs[b]).astype(object)
                if (a, b) in self._sums:
                    self._sums[a, b] += product
                else:
                    self._sums[a, b] = product

    def entries(self) -> list[list[fmpq]]:
        """G, (n, n)."""
        lowest = min((a + b for a, b in self._sums), default=0)
        total = np.zeros((self.n, self.n), dtype=object)
        for (a, b), product in self._sums.items():
            both = product if a == b else product + product.T
            total = total + both * self.base ** (a + b - lowest)
        unit = fmpq(self.base) ** lowest
        return [[int(x) * unit for x in row] for row in total.tolist()]


def _limbs(columns: NDArray[Any]) -> dict[int, _Digits]:
    """The digits d_a that are not all zero, by a: the columns are sum_a d_a 2^(25 a), with |d_a| < 2^25."""
    negative, magnitude, exponent = _taken_apart(columns)
    place, shift = np.divmod(exponent, _LIMB)
    found: dict[int, _Digits] = {}
    for at in np.unique(place[magnitude != 0]).tolist():
        here = np.where(place == at, magnitude, np.uint64(0))
        move = np.where(place == at, shift, 0).astype(np.uint64)
        # magnitude 2^shift has up to 64 + 24 bits: its lowest limb, and the rest, which is at most 63 bits again.
        low = (here << move) & _MASK
        rest = np.where(move > 0, here >> (np.uint64(_LIMB) - move), here >> np.uint64(_LIMB))
        limb = at
        while True:
            if low.any():
                digits = np.where(negative, -low.astype(np.int64), low.astype(np.int64))
                found[limb] = found[limb] + digits if limb in found else digits
            if not rest.any():
                break
            low, rest, limb = rest & _MASK, rest >> np.uint64(_LIMB), limb + 1
    return found


def _taken_apart(x: NDArray[Any]) -> tuple[NDArray[np.bool_], NDArray[np.uint64], NDArray[np.int64]]:
    """(negative, magnitude, e) with |x| = magnitude 2^e and magnitude < 2^64."""
    if x.dtype.kind in "iu":
        wide = x.astype(np.int64 if x.dtype.kind == "i" else np.uint64).view(np.uint64)
        negative = np.asarray(x < 0)
        return negative, np.where(negative, ~wide + np.uint64(1), wide), np.zeros(x.shape, dtype=np.int64)
    fraction, top = (52, 2047) if x.dtype.itemsize == 8 else (23, 255)
    bits = x.view(np.uint64 if x.dtype.itemsize == 8 else np.uint32).astype(np.uint64)
    high = (bits >> np.uint64(fraction)).astype(np.int64)
    e = high & top
    if (e == top).any():
        raise ValueError("expected finite numbers, got an infinity or NaN")
    # A normal number has a leading one; e = 0 marks the others, which have the exponent of e = 1.
    magnitude = (bits & np.uint64((1 << fraction) - 1)) | ((e > 0).astype(np.uint64) << np.uint64(fraction))
    return high > top, magnitude, np.maximum(e, 1) - (top >> 1) - fraction
