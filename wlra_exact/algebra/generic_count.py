"""How many complex critical points generic weights and data have, for every rank.

The number is the sum of the polar degrees of the variety of matrices of rank at most k [DHOST2016, Theorem 5.4], whose
conormal variety is the closure of the pairs (X, Y) with X^T Y = 0 = X Y^T and rank X = k. Over pairs of a column space
and a row space, (S, S') in Gr(k, m) x Gr(k, n), X runs through S x S' and Y through their annihilators Q x Q', so

    number = integral over Gr(k, m) x Gr(k, n) of 1 / (c(S x S') c(Q x Q')),

a sum over the coordinate subspaces by localisation: at the pair (I, J) the classes are products of linear forms in
t_1, ..., t_m, s_1, ..., s_n, the sum is a constant, and any numbers without a vanishing denominator give it. Weights
on the entries are generic enough: quadrics sum omega_ij x_ij^2 have no common zero (Bertini).

*Nothing more.* Isolated zeros of a square polynomial system survive a small change of its coefficients, so on a chart
no weights and no data have more isolated critical points.

Guarantee: exact.

Source: [DHOST2016]; [Fulton1998]; published numbers: [OSS2014].
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction

__all__ = ["generic_count"]


def generic_count(m: int, n: int, k: int) -> int:
    """The number of complex critical points of rank k for generic m x n weights and data, 1 <= k < min(m, n).

    >>> [generic_count(2, 2, 1), generic_count(3, 3, 1), generic_count(3, 3, 2), generic_count(3, 4, 1)]
    [6, 39, 39, 83]
    >>> [generic_count(4, 4, k) for k in (1, 2, 3)]
    [284, 1350, 284]
    """
    dimension = k * (m - k) + k * (n - k)
    t, s = [3**i for i in range(m)], [5 * 7**j for j in range(n)]
    total = Fraction(0)
    for I, J in itertools.product(itertools.combinations(range(m), k), itertools.combinations(range(n), k)):
        other_I, other_J = (tuple(sorted(set(range(size)) - set(P))) for size, P in ((m, I), (n, J)))
        roots = [-t[a] - s[b] for a in I for b in J] + [t[a] + s[b] for a in other_I for b in other_J]
        tangent = [t[b] - t[a] for a in I for b in other_I] + [s[b] - s[a] for a in J for b in other_J]
        total += Fraction(_complete(roots, dimension), math.prod(tangent))
    assert total.denominator == 1
    return int(total)


def _complete(roots: list[int], degree: int) -> int:
    """The coefficient of z^degree in the product of 1 / (1 - root z)."""
    series = [1] + [0] * degree
    for root in roots:
        for i in range(1, degree + 1):
            series[i] += root * series[i - 1]
    return series[degree]
