"""The reduced cost as a sum of ratios of quadratic forms in the minors of U: what rule `plucker` is about.

For an m x k matrix U, k <= 2, let p_T be the minor of the rows T. A group of columns of A has weights s_j w. By
Cauchy-Binet its least cost is num(p) / den(p) with

    den = sum_T w_T p_T^2,    num = sum_S w_S sum_j s_j (sum_{i in S} +-a_ij p_{S - i})^2,    w_S = prod_{i in S} w_i,

over sets T of k rows and S of k + 1 rows. Minors satisfy p_ab p_cd - p_ac p_bd + p_ad p_bc = 0 for a < b < c < d when
k = 2. Forms are dictionaries from monomials, sorted tuples of positions of minors, to coefficients.

Guarantee: exact; ``docs/certificate-format.md`` has the proof.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations, combinations_with_replacement
from math import comb, prod
from typing import TypeAlias

from flint import fmpq

from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lines import weight_classes

__all__ = ["MOST_MINORS", "Form", "Group", "column_groups", "times"]

#: The rule is for at most so many minors.
MOST_MINORS = 15

#: A form of any degree: sorted positions of minors, each as often as its power, to coefficients.
Form: TypeAlias = dict[tuple[int, ...], fmpq]


@dataclass(frozen=True)
class Group:
    """A group of columns, and its forms.

    Attributes:
        m: number of rows.
        k: rank, 1 or 2.
        minors: sets of k rows, those of rows with weights first.
        inner: how many those are.
        num: see above, for integers w without a common factor.
        den: see above.
    """

    m: int
    k: int
    minors: tuple[tuple[int, ...], ...]
    inner: int
    num: Form
    den: Form

    @property
    def pairs(self) -> list[tuple[int, ...]]:
        """The monomials of degree 2 in the order of the format, which does not depend on the group."""
        place = {T: i for i, T in enumerate(self.minors)}
        sets = list(combinations(range(self.m), self.k))
        return [tuple(sorted((place[S], place[T]))) for S, T in combinations_with_replacement(sets, 2)]

    @property
    def basis(self) -> list[tuple[int, ...]]:
        """The monomials of degree 2 with a minor of rows with weights."""
        return [pair for pair in combinations_with_replacement(range(len(self.minors)), 2) if pair[0] < self.inner]

    @property
    def square(self) -> Form:
        """|p|^2."""
        return {(i, i): fmpq(1) for i in range(len(self.minors))}

    @property
    def relations(self) -> list[Form]:
        """The quadratic relations; the last monomial of each stands in no other."""
        place = {T: i for i, T in enumerate(self.minors)}
        found: list[Form] = []
        for a, b, c, d in combinations(range(self.m), 4) if self.k == 2 else ():
            terms = ((1, (a, b), (c, d)), (-1, (a, c), (b, d)), (1, (a, d), (b, c)))
            found.append({tuple(sorted((place[S], place[T]))): fmpq(sign) for sign, S, T in terms})
        return found


def column_groups(instance: Instance) -> Iterator[Group]:
    """The groups of columns with more than k positive weights, in the order of their first columns.

    >>> from wlra_exact.algebra.exact import matrix
    >>> group = next(column_groups(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)))
    >>> group.num, group.den
    ({(1, 1): 4, (0, 0): 1}, {(0, 0): 1, (1, 1): 1})
    """
    (m, _), k = instance.shape, instance.k
    A = instance.A.transpose().tolist()
    sets = list(combinations(range(m), k))
    classes, weights = weight_classes(instance, "column")
    for members in classes:
        w = [fmpq(x) for x in weights[members[0]].direction]
        support = [i for i in range(m) if w[i] != 0]
        if len(support) <= k:
            continue
        shares = [(weights[j].scale, A[j]) for j in members]
        minors = sorted(sets, key=lambda T: (any(w[i] == 0 for i in T), T))
        place = {T: i for i, T in enumerate(minors)}
        den: Form = {(place[T],) * 2: prod((w[i] for i in T), start=fmpq(1)) for T in combinations(support, k)}
        num: Form = {}
        for S in combinations(support, k + 1):
            weight = prod((w[i] for i in S), start=fmpq(1))
            terms = [(i, place[S[:x] + S[x + 1 :]], (-1) ** x) for x, i in enumerate(S)]
            for i, T, sign in terms:
                for l, R, other in terms:
                    value = sum((s * a[i] * a[l] for s, a in shares), fmpq(0)) * weight * sign * other
                    if value != 0:
                        key = (min(T, R), max(T, R))
                        num[key] = num.get(key, fmpq(0)) + value
        yield Group(m, k, tuple(minors), comb(len(support), k), num, den)


def times(f: Mapping[tuple[int, ...], fmpq], g: Mapping[tuple[int, ...], fmpq]) -> Form:
    """The product of two forms.

    >>> times({(0, 1): fmpq(2)}, {(0, 0): fmpq(3), (2, 2): fmpq(1)})
    {(0, 0, 0, 1): 6, (0, 1, 2, 2): 2}
    """
    result: Form = {}
    for x, c in f.items():
        for y, d in g.items():
            key = tuple(sorted(x + y))
            result[key] = result.get(key, fmpq(0)) + c * d
    return result
