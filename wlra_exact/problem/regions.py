"""Regions of matrix space: intersections of half-spaces <N, X> >= t.

A half-space and its opposite cover all matrices, so a bound on each of two opposite halves is a bound on their union
(rule `cut`). The normals are integer matrices: what matters is where the cut lies, not how exactly it is turned.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq, fmpq_mat

__all__ = ["HalfSpace", "Region", "half_space_rows"]


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
