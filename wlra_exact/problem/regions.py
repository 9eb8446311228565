"""Regions of matrix space: intersections of half-spaces <N, X> >= t.

A half-space and its opposite cover all matrices, so a bound on each of two opposite halves is a bound on their union
(rule `cut`). The normals are integer matrices: what matters is where the cut lies, not how exactly it is turned.

Guarantee: exact; a half-space is never rounded.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq, fmpq_mat

__all__ = ["EntryHalf", "HalfSpace", "Place", "Region", "half_space_rows"]

#: Where an entry stands: (i, j).
Place = tuple[int, int]


@dataclass(frozen=True)
class HalfSpace:
    """The matrices X with sum_p normal_p vec(X)_p >= offset.

    Attributes:
        normal: the mn integer entries of N, row by row.
        offset: t.

    >>> HalfSpace((1, 0, 0, 2), fmpq(3)).opposite
    HalfSpace(normal=(-1, 0, 0, -2), offset=-3)
    """

    normal: tuple[int, ...]
    offset: fmpq

    @property
    def opposite(self) -> HalfSpace:
        """The half-space on the other side of the same hyperplane."""
        return HalfSpace(tuple(-x for x in self.normal), -self.offset)

    def holds(self, X: fmpq_mat) -> bool:
        """Whether a matrix lies in the half-space.

        >>> HalfSpace((1, 0, 0, 2), fmpq(3)).holds(fmpq_mat([[1, 5], [5, 1]]))
        True
        """
        return bool(sum((x * y for x, y in zip(self.normal, X.entries(), strict=True)), fmpq(0)) >= self.offset)


#: All matrices that lie in every one of the half-spaces; the empty tuple is the whole space.
Region = tuple[HalfSpace, ...]


def half_space_rows(region: Region) -> fmpq_mat:
    """The (h, 1 + mn) matrix of the rows l_a = [-t_a, vec N_a], so that l_a [1; x] >= 0 on the region.

    >>> half_space_rows((HalfSpace((1, 0, 0, 2), fmpq(3)),))
    [-3, 1, 0, 0, 2]
    """
    return fmpq_mat([[-half.offset, *map(fmpq, half.normal)] for half in region])


@dataclass(frozen=True)
class EntryHalf:
    """The half-space sign * X_ij >= offset of a single entry.

    Attributes:
        place: (i, j).
        sign: 1 or -1.
        offset: t.

    >>> EntryHalf((0, 1), -1, fmpq(3)).opposite
    EntryHalf(place=(0, 1), sign=1, offset=-3)
    """

    place: Place
    sign: int
    offset: fmpq

    @property
    def opposite(self) -> EntryHalf:
        """The half-space on the other side of the same hyperplane."""
        return EntryHalf(self.place, -self.sign, -self.offset)

    def half_space(self, shape: tuple[int, int]) -> HalfSpace:
        """It as a half-space of matrices of that shape.

        >>> EntryHalf((0, 1), -1, fmpq(3)).half_space((2, 2))
        HalfSpace(normal=(0, -1, 0, 0), offset=3)
        """
        m, n = shape
        at = self.place[0] * n + self.place[1]
        return HalfSpace(tuple(self.sign if p == at else 0 for p in range(m * n)), self.offset)

    @classmethod
    def of(cls, half: HalfSpace, shape: tuple[int, int]) -> EntryHalf:
        """The entry's half-space that this one is.

        Raises:
            ValueError: when its normal is not a unit.

        >>> EntryHalf.of(HalfSpace((0, -1, 0, 0), fmpq(3)), (2, 2))
        EntryHalf(place=(0, 1), sign=-1, offset=3)
        """
        found = [(at, x) for at, x in enumerate(half.normal) if x != 0]
        if len(found) != 1 or abs(found[0][1]) != 1:
            raise ValueError(f"expected a half-space of one entry, got {len(found)} entries in its normal")
        [(at, sign)] = found
        i, j = divmod(at, shape[1])
        return cls((i, j), sign, half.offset)
