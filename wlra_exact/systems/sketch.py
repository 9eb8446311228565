"""Rational sketches: an (n, t) matrix of dyadic numbers, and its sums over groups.

The sketched regression min_u |(u V D - a D) T| needs, for a row a that is constant on the column groups, only the sums
of the rows of T over each group: sum_j a_j w_j T_j = sum_b a_b w_b (sum_{j in Q_b} T_j). Forming these sums is the only
work that depends on n; it is linear in n and done in bulk integer operations.

The size t = ceil(c k / eps) is Lemma 3.8's O(k / eps). For an exact Gaussian matrix with t > k + 1 a regression of rank
k has expected cost (1 + k / (t - k - 1)) times the least one, so the default c = 2 makes the expected excess at most
eps for every eps <= 1/2. (Markov's inequality turns that into a probability: for an excess of at most eps with
probability 0.99 take c = 101.)

Guarantee: integers only; the sums are exact, and refused when they could leave 63 bits.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from flint import fmpq, fmpq_mat
from numpy.typing import NDArray

from wlra_exact.algebra.exact import exact
from wlra_exact.errors import InputError
from wlra_exact.systems.patterns import Groups

__all__ = ["RationalSketch", "sketch_size"]


@dataclass(frozen=True, eq=False)
class RationalSketch:
    """An (n, t) matrix over Q with a common power of two below: ``numerators * 2^-bits``.

    Raises:
        InputError: when the numerators are not a two-dimensional int64 array, or bits is negative.

    >>> RationalSketch(np.array([[1], [3]]), 2).matrix()
    [1/4]
    [3/4]
    """

    numerators: NDArray[np.int64]
    bits: int

    def __post_init__(self) -> None:
        array = self.numerators
        if array.ndim != 2 or array.dtype != np.int64 or array.size == 0 or self.bits < 0:
            raise InputError("sketch", "a non-empty (n, t) int64 array and bits >= 0", f"{array.shape} {array.dtype}")

    @property
    def length(self) -> int:
        """n, the number of sketched coordinates."""
        return int(self.numerators.shape[0])

    @property
    def size(self) -> int:
        """t, the number of sketch dimensions."""
        return int(self.numerators.shape[1])

    def matrix(self) -> fmpq_mat:
        """The sketch as an (n, t) matrix over Q."""
        return _scaled(self.numerators, self.bits)

    def group_sums(self, groups: Groups) -> fmpq_mat:
        """The (groups, t) matrix of the sums of the sketch's rows over each group.

        Raises:
            InputError: when the groups have another length, or the sums could overflow.

        >>> labels = np.array([0, 1, 0])
        >>> groups = Groups((0, 1), (2, 1), (0, 0), labels)
        >>> RationalSketch(np.array([[1], [2], [4]]), 1).group_sums(groups)
        [5/2]
        [  1]
        """
        if groups.length != self.length:
            raise InputError("sketch", f"length {groups.length}", str(self.length))
        largest = max(abs(int(self.numerators.max())), abs(int(self.numerators.min())))
        if largest * self.length >= 2**63:
            raise InputError("sketch", "numerators whose sums fit in 63 bits", f"{largest} times {self.length}")
        sums = np.zeros((groups.size, self.size), dtype=np.int64)
        np.add.at(sums, groups.labels, self.numerators)
        return _scaled(sums, self.bits)


def sketch_size(k: int, eps: object, constant: object = 2) -> int:
    """The sketch dimension ceil(c k / eps), and never below k.

    Args:
        k: rank, at least 1.
        eps: accuracy, 0 < eps <= 1/2.
        constant: c > 0, the constant hidden in Lemma 3.8's O(k / eps).

    Raises:
        InputError: for arguments out of range.

    >>> sketch_size(1, "1/2"), sketch_size(3, "0.1", constant=1)
    (4, 30)
    """
    e, c = exact(eps), exact(constant)
    for name, good, expected, got in (
        ("rank", k >= 1, "an integer of at least 1", k),
        ("eps", 0 < e <= fmpq(1, 2), "a number above 0 and at most 1/2", e),
        ("constant", c > 0, "a positive number", c),
    ):
        if not good:
            raise InputError(f"sketch size, {name}", expected, str(got))
    return max(k, int((c * k / e).ceil()))


def _scaled(numerators: NDArray[np.int64], bits: int) -> fmpq_mat:
    rows, columns = numerators.shape
    below = 1 << bits
    return fmpq_mat(rows, columns, [fmpq(int(x), below) for x in numerators.ravel()])
