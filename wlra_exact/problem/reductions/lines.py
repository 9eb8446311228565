"""Lines and their normal forms.

A *line* of a matrix is one of its rows or one of its columns; the *axis* says which. Every line is written uniquely as
``scale * direction``: the direction is a primitive integer vector (greatest common divisor 1) whose first non-zero
entry is positive, and the zero line has scale 0. Two lines are proportional exactly when their directions are equal, so
equal and proportional lines are found by hashing directions instead of comparing pairs.

Guarantee: exact; the cost is linear in the number of entries (each line is cleared of denominators on its own when the
common denominator of the whole matrix would be long).
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import compress
from math import gcd
from typing import Literal, NamedTuple

from flint import fmpq, fmpq_mat

from wlra_exact.problem.instance import Instance

__all__ = ["Axis", "Line", "lines", "oriented", "reoriented", "weight_classes"]

#: Which lines of a matrix are meant.
Axis = Literal["row", "column"]

#: A common denominator of more bits than this is not used: lines are then cleared one by one.
_COMMON_BITS = 4096


class Line(NamedTuple):
    """One row or column as ``scale * direction``."""

    scale: fmpq
    direction: tuple[int, ...]

    def __bool__(self) -> bool:
        """Whether the line is not zero."""
        return bool(self.scale)


def lines(M: fmpq_mat, axis: Axis) -> list[Line]:
    """The normal forms of the rows or columns of ``M``, in order.

    >>> from wlra_exact.algebra.exact import matrix
    >>> lines(matrix([["-1/2", 1], [3, 0]]), "row")
    [Line(scale=-1/2, direction=(1, -2)), Line(scale=3, direction=(1, 0))]
    """
    known: dict[tuple[tuple[int, ...], int], Line] = {}
    normal_forms = []
    for cleared in _cleared(M, axis):
        line = known.get(cleared)
        if line is None:
            line = known[cleared] = _normal_form(*cleared)
        normal_forms.append(line)
    return normal_forms


def weight_classes(instance: Instance, axis: Axis) -> tuple[list[list[int]], list[Line]]:
    """The lines grouped by the direction of their weights, and the normal forms of the weights.

    Lines without any weight are in no class. Classes are ordered by their first member, members increase.

    >>> from wlra_exact.algebra.exact import matrix
    >>> omega = matrix([[1, 2], [0, 0], [1, 1], [3, 6]])
    >>> weight_classes(Instance(omega, omega, 1), "row")[0]
    [[0, 3], [2]]
    """
    weights = lines(instance.omega, axis)
    classes: dict[tuple[int, ...], list[int]] = {}
    for index in compress(range(len(weights)), weights):
        classes.setdefault(weights[index].direction, []).append(index)
    return list(classes.values()), weights


def oriented(M: fmpq_mat, axis: Axis) -> list[list[fmpq]]:
    """The chosen lines of ``M`` as lists: its rows, or the rows of its transpose."""
    rows = M if axis == "row" else M.transpose()
    return rows.tolist()


def reoriented(A: list[list[fmpq]], omega: list[list[fmpq]], k: int, axis: Axis) -> Instance:
    """The instance whose lines along ``axis`` are the given ones: the inverse of ``oriented``."""
    shape = (len(A), len(A[0]))
    flat_A, flat_omega = (fmpq_mat(*shape, [x for line in M for x in line]) for M in (A, omega))
    if axis == "column":
        flat_A, flat_omega = flat_A.transpose(), flat_omega.transpose()
    return Instance(flat_A, flat_omega, k)


def _cleared(M: fmpq_mat, axis: Axis) -> Iterator[tuple[tuple[int, ...], int]]:
    """Each line as integers over a denominator."""
    rows = M if axis == "row" else M.transpose()
    length = rows.ncols()
    numerators, common = rows.numer_denom()
    if common.bit_length() <= _COMMON_BITS:
        denominator = int(common)
        integers = tuple(map(int, numerators.entries()))
        for start in range(0, len(integers), length):
            yield integers[start : start + length], denominator
        return
    for line in rows.tolist():
        numerators, common = fmpq_mat(1, length, line).numer_denom()
        yield tuple(map(int, numerators.entries())), int(common)


def _normal_form(numerators: tuple[int, ...], denominator: int) -> Line:
    content = gcd(*numerators)
    if content == 0:
        return Line(fmpq(0), numerators)
    if next(filter(None, numerators)) < 0:
        content = -content
    direction = numerators if content == 1 else tuple([x // content for x in numerators])
    return Line(fmpq(content, denominator), direction)
