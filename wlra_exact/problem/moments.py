"""Columns with the same missing entries, and what their cost depends on.

For weights c of the rows and a column space W, the columns with entries in the rows S cost sum_j s_j a_j^T Z_S a_j, one
quadratic form Z_S for all of them, when their weights are s_j c on S, and at least that when they are larger. So what
bounds them below is B = sum_j s_j a_j a_j^T on S.

Guarantee: exact.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat

from wlra_exact.problem.instance import Instance

__all__ = ["SupportGroup", "row_weights", "support_groups", "supports"]


@dataclass(frozen=True)
class SupportGroup:
    """The columns with positive weights on the same rows.

    Attributes:
        support: those rows S, increasing.
        moments: (|S|, |S|) B, for the largest s_j with s_j c_i <= omega_ij on S.
    """

    support: tuple[int, ...]
    moments: fmpq_mat


def supports(instance: Instance) -> dict[tuple[int, ...], list[int]]:
    """The columns with more than k positive weights by their rows, in the order of the first columns; others cost 0.

    >>> from wlra_exact.algebra.exact import matrix
    >>> omega = matrix([[1, 2, 0], [3, 1, 3]])
    >>> supports(Instance(omega, omega, 1))
    {(0, 1): [0, 1]}
    """
    found: dict[tuple[int, ...], list[int]] = {}
    for j, weights in enumerate(instance.omega.transpose().tolist()):
        S = tuple(i for i, w in enumerate(weights) if w != 0)
        if len(S) > instance.k:
            found.setdefault(S, []).append(j)
    return found


def row_weights(instance: Instance) -> list[fmpq] | None:
    """(m,) c > 0 with omega_ij = s_j c_i or 0, the first of every connected part 1; None when there are none.

    >>> from wlra_exact.algebra.exact import matrix
    >>> omega = matrix([[1, 2, 0], [3, 0, 6], [0, 4, 4]])
    >>> row_weights(Instance(omega, omega, 1))
    [1, 3, 2]
    >>> row_weights(Instance(omega, matrix([[1, 2, 0], [3, 1, 6], [0, 4, 4]]), 1)) is None
    True
    """
    rows, columns = instance.omega.tolist(), instance.omega.transpose().tolist()
    c: dict[int, fmpq] = {}
    s: dict[int, fmpq] = {}
    for first in range(len(rows)):
        reached = [] if first in c else [first]
        for i in reached:  # grows
            c.setdefault(i, fmpq(1))
            for j in (j for j, w in enumerate(rows[i]) if w != 0 and j not in s):
                s[j] = rows[i][j] / c[i]
                for i2 in (i2 for i2, w in enumerate(columns[j]) if w != 0 and i2 not in c):
                    c[i2] = columns[j][i2] / s[j]
                    reached.append(i2)
    if any(w != c[i] * s[j] for i, row in enumerate(rows) for j, w in enumerate(row) if w != 0):
        return None
    return [c[i] for i in range(len(rows))]


def support_groups(instance: Instance, c: Sequence[fmpq]) -> Iterator[SupportGroup]:
    """The groups of ``supports``, in order.

    Args:
        instance: any problem.
        c: (m,) positive weights of the rows.

    >>> from wlra_exact.algebra.exact import matrix
    >>> [group] = support_groups(Instance(matrix([[2, 1], [0, 1]]), matrix([[1, 2], [1, 3]]), 1), [fmpq(1), fmpq(1)])
    >>> group.moments
    [6, 2]
    [2, 2]
    """
    for S, members in supports(instance).items():
        shares = [min(instance.omega[i, j] / c[i] for i in S) for j in members]
        A = fmpq_mat([[instance.A[i, j] for j in members] for i in S])
        scaled = fmpq_mat([[instance.A[i, j] * s for j, s in zip(members, shares, strict=True)] for i in S])
        yield SupportGroup(S, scaled * A.transpose())
