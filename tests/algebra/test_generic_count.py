"""The number of critical points of generic weights, for every rank."""

from __future__ import annotations

from math import comb

import pytest

from wlra_exact.algebra.generic_count import generic_count


def rank_one(m: int, n: int) -> int:
    """The same for k = 1 by Chern classes of P^(m-1) x P^(n-1), a smooth variety [DHOST2016, theorem 5.8]."""
    a, b = m - 1, n - 1
    return sum(
        (-1) ** (p + q) * (2 ** (a + b - p - q + 1) - 1) * comb(m, p) * comb(n, q) * comb(a + b - p - q, a - p)
        for p in range(a + 1)
        for q in range(b + 1)
    )


@pytest.mark.parametrize(("m", "n"), [(m, n) for m in range(2, 6) for n in range(m, 8)])
def test_rank_one_and_corank_one_are_those_of_the_segre_variety(m, n):
    assert generic_count(m, n, 1) == generic_count(m, n, m - 1) == rank_one(m, n)


def test_the_published_numbers():
    # Ottaviani, Spaenlehauer, Sturmfels 2014, generic weights; 2 x n gives 4n - 2
    assert [generic_count(2, n, 1) for n in range(2, 7)] == [4 * n - 2 for n in range(2, 7)]
    shapes = ((3, 3, 1), (3, 4, 1), (3, 5, 1), (4, 4, 1), (4, 4, 2), (4, 5, 1), (5, 5, 1))
    assert [generic_count(*shape) for shape in shapes] == [39, 83, 143, 284, 1350, 676, 2205]


@pytest.mark.parametrize(("m", "n", "k"), [(4, 5, 2), (5, 5, 2), (5, 6, 3)])
def test_transposing_and_duality_keep_the_number(m, n, k):
    assert generic_count(m, n, k) == generic_count(n, m, k) == generic_count(m, n, m - k)
