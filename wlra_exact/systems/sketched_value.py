"""The value of one pair of sketches at given blocks, exactly (Lemma 3.8; Thm 5.1, steps 2 to 4; Thm 6.1).

For a row space V (k x q, on the joint column groups) the blocks of the sketched system are P_l = V D_l T, and

    u_a = g_a P_l^+,   g_a = A_a D_a T         (one regression a row group, one sketch T for all: Lemma 3.8),
    Q_c = S D_c U^,    v_b = Q_c^+ h_b,        h_b = S D_b A_b.

A block may have no full rank (a weight row with few positive entries): then its guess, the maximal independent subset,
is found by going through all subsets, largest first, and u_a is 0 outside it.

The sketched system of Thm 5.1 is minimised over all blocks; these are the blocks that its proof looks at. So the
minimum is at most Lambda = cost(U^ V^), and a frequency with which Lambda succeeds is not above the theorem's.

Guarantee: exact. Lambda is the cost of a matrix of rank at most k, so Lambda >= opt whatever the sketches are.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from flint import fmpq, fmpq_mat

from wlra_exact.errors import InputError
from wlra_exact.systems.patterns import Patterns
from wlra_exact.systems.sketch import RationalSketch
from wlra_exact.systems.sketched import square_roots

__all__ = ["SketchedValue", "best_rows", "sketched_value"]

Subset = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class SketchedValue:
    """What one pair of sketches gives.

    Attributes:
        U: (p, k) row factor of the collapsed problem, by sketched regressions on V.
        V: (k, q) column factor, by sketched regressions on U.
        one_sided: cost of U and the given row space.
        value: Lambda, the cost of U V.
        guess: the independent subsets, of the blocks P and of the blocks Q.
    """

    U: fmpq_mat
    V: fmpq_mat
    one_sided: fmpq
    value: fmpq
    guess: tuple[tuple[Subset, ...], tuple[Subset, ...]]


def sketched_value(patterns: Patterns, S: RationalSketch, T: RationalSketch, V: fmpq_mat) -> SketchedValue:
    """Both sketched regressions at the row space V.

    Args:
        patterns: omega must consist of squares of rationals.
        S: (m, t) sketch of the rows.
        T: (n, t) sketch of the columns.
        V: (k, q) on the joint column groups.

    Raises:
        InputError: for a V or sketches that do not fit.
        UnsupportedError: when some omega has no rational square root.

    >>> import numpy as np
    >>> from wlra_exact.algebra.exact import matrix
    >>> from wlra_exact.problem.instance import Instance
    >>> from wlra_exact.systems.patterns import find_patterns
    >>> patterns = find_patterns(Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1))
    >>> exact_sketch = RationalSketch(np.array([[1, 0], [0, 1]]), 0)
    >>> sketched_value(patterns, exact_sketch, exact_sketch, matrix([[1, 0]])).value
    1
    """
    q = patterns.shape[1]
    if V.nrows() != patterns.k or V.ncols() != q:
        raise InputError("V", f"a {patterns.k}x{q} matrix", f"{V.nrows()}x{V.ncols()}")
    W = square_roots(patterns.omega)
    target = _entrywise(W, patterns.A)
    sums_T, sums_S = T.group_sums(patterns.columns), S.group_sums(patterns.rows)
    U, row_guess = _regress(target * sums_T, W, V, sums_T, patterns.rows.weight_patterns)
    turned, column_guess = _regress(
        target.transpose() * sums_S, W.transpose(), U.transpose(), sums_S, patterns.columns.weight_patterns
    )
    collapsed, fitted = patterns.collapsed(), turned.transpose()
    return SketchedValue(U, fitted, collapsed.cost(U, V), collapsed.cost(U, fitted), (row_guess, column_guess))


def best_rows(patterns: Patterns, V: fmpq_mat) -> fmpq:
    """The least cost of U V over all U: the sum of the exact regressions that Lemma 3.8 compares with."""
    omega, total = patterns.collapsed_omega(), fmpq(0)
    for a in range(patterns.shape[0]):
        w, target = omega.tolist()[a], patterns.A.tolist()[a]
        weighted = _entrywise(fmpq_mat([w] * V.nrows()), V)
        right = weighted * fmpq_mat([target]).transpose()
        gram = weighted * V.transpose()
        J = _independent(gram)
        norm = sum((x * y * y for x, y in zip(w, target, strict=True)), fmpq(0))
        total += norm - (right.transpose() * _solved(gram, right, J))[0, 0]
    return total


def _regress(
    targets: fmpq_mat, W: fmpq_mat, V: fmpq_mat, sums: fmpq_mat, weight_patterns: tuple[int, ...]
) -> tuple[fmpq_mat, tuple[Subset, ...]]:
    """u_a = targets_a (V D_a sums)^+ for every line, and the subset that each weight pattern's block rests on."""
    k, blocks = V.nrows(), {}
    rows = []
    for a, pattern in enumerate(weight_patterns):
        if pattern not in blocks:
            weights = fmpq_mat([W.tolist()[a]] * k)
            P = _entrywise(weights, V) * sums
            gram = P * P.transpose()
            blocks[pattern] = P, gram, _independent(gram)
        P, gram, J = blocks[pattern]
        target = fmpq_mat([targets.tolist()[a]])
        rows.append(_solved(gram, P * target.transpose(), J).entries())
    return fmpq_mat(rows), tuple(blocks[pattern][2] for pattern in sorted(blocks))


def _independent(gram: fmpq_mat) -> Subset:
    """The first of the largest subsets with a Gram determinant that is not 0."""
    return next(J for J in _subsets(gram.nrows()) if not J or _principal(gram, J).det() != 0)


def _subsets(k: int) -> Iterator[Subset]:
    for size in range(k, -1, -1):
        yield from combinations(range(k), size)


def _principal(gram: fmpq_mat, J: Subset) -> fmpq_mat:
    return fmpq_mat([[gram[i, j] for j in J] for i in J])


def _solved(gram: fmpq_mat, right: fmpq_mat, J: Subset) -> fmpq_mat:
    """The solution of gram x = right on the subset J, 0 elsewhere: a basic solution of the regression."""
    x = fmpq_mat(gram.nrows(), 1)
    if J:
        found = _principal(gram, J).solve(fmpq_mat([[right[j, 0]] for j in J]))
        for place, j in enumerate(J):
            x[j, 0] = found[place, 0]
    return x


def _entrywise(M: fmpq_mat, N: fmpq_mat) -> fmpq_mat:
    return fmpq_mat(M.nrows(), M.ncols(), [x * y for x, y in zip(M.entries(), N.entries(), strict=True)])
