"""Columns with proportional weights, and what their cost depends on.

The columns of a group have weights s_j w. For a column space W their least cost is sum_j s_j a_j^T Z a_j, with one
quadratic form Z for all of them, zero off the support S of w. So it depends on B = sum_j s_j a_j a_j^T on S only.

Guarantee: exact.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flint import fmpq_mat

from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lines import weight_classes

__all__ = ["WeightGroup", "weight_groups"]


@dataclass(frozen=True)
class WeightGroup:
    """A group of columns with more than k positive weights.

    Attributes:
        weights: (m,) integers w without a common factor.
        support: the rows with positive weights, S.
        moments: (|S|, |S|) B.
    """

    weights: tuple[int, ...]
    support: tuple[int, ...]
    moments: fmpq_mat


def weight_groups(instance: Instance) -> Iterator[WeightGroup]:
    """The groups in the order of their first columns; columns with at most k positive weights cost 0 and are in none.

    >>> from wlra_exact.algebra.exact import matrix
    >>> omega = matrix([[1, 2, 0], [1, 2, 3]])
    >>> [group] = weight_groups(Instance(matrix([[2, 1, 0], [0, 1, 1]]), omega, 1))
    >>> group.weights, group.moments
    ((1, 1), [6, 2]
    [2, 2])
    """
    classes, weights = weight_classes(instance, "column")
    for members in classes:
        w = weights[members[0]].direction
        support = tuple(i for i, x in enumerate(w) if x)
        if len(support) > instance.k:
            A = fmpq_mat([[instance.A[i, j] for j in members] for i in support])
            scaled = fmpq_mat([[instance.A[i, j] * weights[j].scale for j in members] for i in support])
            yield WeightGroup(w, support, scaled * A.transpose())
