"""Determinants, adjugates and rank guesses over polynomial rings (Lemma 3.3 and step 4 of Thm 5.1).

For a square matrix M over Q[x]: M adj(M) = det(M) I, so M^{-1} = adj(M) / det(M) wherever det(M) != 0. Gram matrices
M = X^T X (or P P^T) are singular where X loses column rank; there the paper guesses a maximal independent subset J of
the k vectors. On the set where J is one,

    det M_J != 0   and   det M_{J + j} = 0 for every j outside J,

and the projection onto the span uses adj(M_J) / det(M_J) only. Gram determinants are never negative.

Guarantee: polynomial identities, no division.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from flint import fmpq_mpoly, fmpq_mpoly_ctx

__all__ = ["PolyMatrix", "Subset", "adjugate", "determinant", "principal", "rank_guesses", "subsets"]

#: A matrix over a polynomial ring, row by row.
PolyMatrix = list[list[fmpq_mpoly]]

#: A guessed maximal independent subset of the k vectors of one block, in increasing order.
Subset = tuple[int, ...]


def determinant(M: PolyMatrix, context: fmpq_mpoly_ctx) -> fmpq_mpoly:
    """The determinant by expansion along the first row; the empty determinant is 1.

    >>> from wlra_exact.systems.system import make_context
    >>> ring = make_context(["x", "y"])
    >>> x, y = ring.gens()
    >>> determinant([[x, y], [y, x]], ring)
    x^2 - y^2
    """
    if not M:
        return context.constant(1)
    total = context.constant(0)
    for column, entry in enumerate(M[0]):
        if not entry.is_zero():
            minor = determinant(_without(M, 0, column), context)
            total += entry * minor if column % 2 == 0 else -entry * minor
    return total


def adjugate(M: PolyMatrix, context: fmpq_mpoly_ctx) -> PolyMatrix:
    """The matrix adj(M) with M adj(M) = det(M) I.

    Source: Lemma 3.3 of the paper (Cramer).

    >>> from wlra_exact.systems.system import make_context
    >>> ring = make_context(["x", "y"])
    >>> x, y = ring.gens()
    >>> adjugate([[x, y], [1 - y, x]], ring)
    [[x, -y], [y - 1, x]]
    """
    size = len(M)
    rows = []
    for i in range(size):
        cofactors = [determinant(_without(M, j, i), context) for j in range(size)]
        rows.append([c if (i + j) % 2 == 0 else -c for j, c in enumerate(cofactors)])
    return rows


def principal(M: PolyMatrix, subset: Sequence[int]) -> PolyMatrix:
    """The principal submatrix of M on ``subset``."""
    return [[M[i][j] for j in subset] for i in subset]


def subsets(k: int, largest: int | None = None) -> tuple[Subset, ...]:
    """The subsets of 0..k-1 with at most ``largest`` elements, large ones first: 2^k of them for largest = k.

    >>> subsets(2)
    ((0, 1), (0,), (1,), ())
    """
    top = k if largest is None else min(k, largest)
    return tuple(s for size in range(top, -1, -1) for s in itertools.combinations(range(k), size))


def rank_guesses(k: int, largest: Sequence[int]) -> Iterator[tuple[Subset, ...]]:
    """Every guess: one subset a block, block l with at most ``largest[l]`` elements. The generic guess comes first.

    >>> list(rank_guesses(1, [1, 0])), sum(1 for _ in rank_guesses(2, [2, 2, 2]))
    ([((0,), ()), ((), ())], 64)
    """
    return itertools.product(*(subsets(k, bound) for bound in largest))


def _without(M: PolyMatrix, row: int, column: int) -> PolyMatrix:
    return [[x for j, x in enumerate(line) if j != column] for i, line in enumerate(M) if i != row]
