"""Merging proportional lines.

Let row i have weights omega_i = s omega_p and data A_i = c A_p on the support of omega_p (s > 0; c may be 0 or
negative). For a fixed row space the distance scales: the least weighted cost of row i is s c^2 times that of row p.
So a group of such rows is replaced by row p with weights (1 + sum s c^2) omega_p, and

    opt(parent) = opt(child),

since the two costs agree for every row space. Columns likewise. This is the paper's grouping of equal patterns, with
proportional ones included. Lifting copies: U_i = c U_p, and the cost of the lifted witness equals the child's exactly.

Groups are found by hashing normal forms, in time linear in the number of entries.

Guarantee: every member is proportional to its target, exactly, on the support.

Source: [RSW2016], the grouping of rows and columns with equal weights.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import canonical
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lift import Factors, Lifted, Reduction
from wlra_exact.problem.reductions.lines import Axis, lines, oriented, reoriented, weight_classes

__all__ = ["find_merge"]


class _Member(NamedTuple):
    """A line with weights s * (weights of the target) and values c * (values of the target)."""

    line: int
    s: fmpq
    c: fmpq


class _Group(NamedTuple):
    into: int
    members: list[_Member]

    def to_json(self) -> dict[str, Any]:
        members = [[line, canonical(s), canonical(c)] for line, s, c in self.members]
        return {"into": self.into, "members": members}


def find_merge(instance: Instance, axis: Axis) -> Reduction | None:
    """Merge all proportional rows (or columns).

    Args:
        instance: any instance; k >= min(m, n) is left alone, its opt is 0.
        axis: ``"row"`` or ``"column"``.

    Returns:
        - the reduction, with one child in which no two lines along the axis are proportional in weights and in data
          (zero data is proportional to everything); or
        - None when there is nothing to merge.

    >>> from wlra_exact.algebra.exact import matrix
    >>> reduction = find_merge(Instance(matrix([[1, 2], [3, 4], [-2, -4]]), matrix([[1, 1]] * 3), 1), "row")
    >>> reduction.payload["groups"], reduction.children[0].omega
    ([{'into': 0, 'members': [[2, '1', '-2']]}], [5, 5]
    [1, 1])
    """
    if instance.k >= min(instance.shape):
        return None
    groups = _groups(instance, axis)
    if not groups:
        return None
    gone = {member.line for group in groups for member in group.members}
    factor = {group.into: 1 + sum((s * c * c for _, s, c in group.members), fmpq(0)) for group in groups}
    A, omega = oriented(instance.A, axis), oriented(instance.omega, axis)
    kept = [i for i in range(len(A)) if i not in gone]
    weights = [[factor[i] * w for w in omega[i]] if i in factor else omega[i] for i in kept]
    child = reoriented([A[i] for i in kept], weights, instance.k, axis)
    payload = {"axis": axis, "groups": [group.to_json() for group in groups]}
    return Reduction("merge", instance, (child,), payload, _MergeLift(len(A), axis, groups))


def _groups(instance: Instance, axis: Axis) -> list[_Group]:
    """The groups of two or more proportional lines."""
    classes, weights = weight_classes(instance, axis)
    values = lines(instance.A, axis)
    groups = []
    for indices in classes:
        by_direction: dict[tuple[int, ...], list[int]] = {}
        zeros = [i for i in indices if not values[i]]
        for i in indices:
            if values[i]:
                by_direction.setdefault(values[i].direction, []).append(i)
        # A line of zeros has c = 0 for any target of its weight class: the first group takes them all.
        chosen = list(by_direction.values()) or [[]]
        chosen[0] = chosen[0] + zeros
        for into, *members in chosen:
            scale, value = weights[into].scale, values[into].scale
            group = [_Member(i, weights[i].scale / scale, values[i].scale / (value or 1)) for i in members]
            if group:
                groups.append(_Group(into, group))
    return groups


@dataclass(frozen=True, eq=False)
class _MergeLift:
    """Members get c times the vector of their target; the other lines keep theirs."""

    count: int
    axis: Axis
    groups: list[_Group]

    def __call__(self, factors: Sequence[Factors], delta: fmpq, bits: int | None) -> Lifted:
        ((U, V),) = factors
        if self.axis == "column":
            U, V = V.transpose(), U.transpose()
        gone = {member.line for group in self.groups for member in group.members}
        kept = [i for i in range(self.count) if i not in gone]
        vectors = dict(zip(kept, U.tolist(), strict=True))
        for group in self.groups:
            for line, _, c in group.members:
                vectors[line] = [c * u for u in vectors[group.into]]
        U = fmpq_mat(self.count, U.ncols(), [u for i in range(self.count) for u in vectors[i]])
        lifted = Lifted(U, V, fmpq(0))
        return lifted if self.axis == "row" else lifted.transpose()
