"""The rule bernstein from its statement, by values of H and interpolation; an emitter; small certificates.

Nothing here follows the verifier's way: H is evaluated as a sum of determinants at rational points, and the Bernstein
coefficients on a box are those of the one polynomial of the degree bound that takes these values.
"""

from __future__ import annotations

import functools
import itertools
from fractions import Fraction
from math import comb, prod

from base_certificates import DIAGONAL, WEIGHTED
from certificate_builders import F, canonical, certificate, fractions, step, witness

RANK_TWO_OF_THREE = ([[4, 1, 0], [1, 3, 1], [2, 1, 3]], [[1, 2, 1], [2, 4, 2], [1, 2, 1]], 2)

#: A missing entry; where the rest of column 2 of U vanishes, so does a denominator.
HOLE = ([[3, 1, 0], [1, 2, 0], [2, 1, 4]], [[1, 1, 0], [1, 2, 1], [1, 1, 1]], 1)


def determinant(rows):
    rows, result = [list(row) for row in rows], F(1)
    for i in range(len(rows)):
        pivot = next((p for p in range(i, len(rows)) if rows[p][i]), None)
        if pivot is None:
            return F(0)
        if pivot != i:
            rows[i], rows[pivot], result = rows[pivot], rows[i], -result
        result *= rows[i][i]
        for p in range(i + 1, len(rows)):
            c = rows[p][i] / rows[i][i]
            rows[p] = [x - c * y for x, y in zip(rows[p], rows[i], strict=True)]
    return result


def gram(rows, weights):
    """The determinant of B^T D B."""
    size = range(len(rows[0]))
    return determinant(
        [[sum((w * b[x] * b[y] for w, b in zip(weights, rows, strict=True)), F(0)) for y in size] for x in size]
    )


def grouped(problem):
    """[(w, [(s_j, a_j), ...]), ...] for the columns with more than k positive weights."""
    A, omega, k = problem
    groups = []
    for a, weights in zip(zip(*fractions(A), strict=True), zip(*fractions(omega), strict=True), strict=True):
        if sum(w > 0 for w in weights) <= k:
            continue
        for w, members in groups:
            s = sum(weights) / sum(w)
            if all(x == s * y for x, y in zip(weights, w, strict=True)):
                members.append((s, a))
                break
        else:
            groups.append((weights, [(F(1), a)]))
    return groups


def chart_factor(pivots, m, R):
    """U = [I; R]."""
    k, rows = len(pivots), iter(range(len(R)))
    return [[F(pivots[l] == i) if i in pivots else None for l in range(k)] if i in pivots
            else [R[next(rows)] for _ in range(k)] for i in range(m)]  # fmt: skip


def excess(problem, groups, pivots, tau, R):
    """H(R)."""
    U = chart_factor(pivots, len(problem[0]), R)
    tops = [sum(s * gram([[x, *row] for x, row in zip(a, U, strict=True)], w) for s, a in members)
            for w, members in groups]  # fmt: skip
    bottoms = [gram(U, w) for w, _ in groups]
    result = -tau * prod(bottoms)
    for g, top in enumerate(tops):
        result += top * prod(bottom for h, bottom in enumerate(bottoms) if h != g)
    return result


@functools.cache
def interpolation(degree):
    """The matrix from values at 0, 1/n, ..., 1 to Bernstein coefficients."""
    nodes = [F(i, degree) if degree else F(0) for i in range(degree + 1)]
    size = degree + 1
    rows = [
        [comb(degree, j) * t**j * (1 - t) ** (degree - j) for j in range(size)] + [F(i == p) for p in range(size)]
        for i, t in enumerate(nodes)
    ]
    for i in range(size):
        pivot = next(p for p in range(i, size) if rows[p][i])
        rows[i], rows[pivot] = rows[pivot], rows[i]
        rows[i] = [x / rows[i][i] for x in rows[i]]
        for p in range(size):
            if p != i:
                rows[p] = [x - rows[p][i] * y for x, y in zip(rows[p], rows[i], strict=True)]
    return [row[size:] for row in rows]


def coefficients(function, degree, box):
    """The Bernstein coefficients on a box [(l, u), ...] of a polynomial of at most that degree in every variable."""
    nodes = [F(i, degree) if degree else F(0) for i in range(degree + 1)]
    tensor = {
        index: function([l + (u - l) * nodes[i] for i, (l, u) in zip(index, box, strict=True)])
        for index in itertools.product(range(degree + 1), repeat=len(box))
    }
    for axis in range(len(box)):
        tensor = {
            index: sum(c * tensor[(*index[:axis], i, *index[axis + 1 :])] for i, c in enumerate(row))
            for index in tensor
            for row in [interpolation(degree)[index[axis]]]
        }
    return list(tensor.values())


def halves(box, axis):
    l, u = box[axis]
    middle = (l + u) / 2
    return [[*box[:axis], part, *box[axis + 1 :]] for part in ((l, middle), (middle, u))]


def charts(problem):
    """(pivots, H, degree, the unit box) for every chart."""
    m, k, groups = len(problem[0]), problem[2], grouped(problem)
    for pivots in itertools.combinations(range(m), k):
        yield (
            pivots,
            functools.partial(excess, problem, groups, pivots),
            2 * len(groups),
            [(F(-1), F(1))] * (k * (m - k)),
        )


def grown(problem, tau, depth=12):
    """Trees that prove tau, each box cut along its longest edges in turn; None when the depth does not do."""
    trees = []
    for _, H, degree, unit in charts(problem):
        text, pending = "", [(unit, 0)]
        while pending:
            box, level = pending.pop()
            if min(coefficients(functools.partial(H, Fraction(tau)), degree, box)) >= 0:
                text += "."
            elif level == depth:
                return None
            else:
                text += str(level % len(unit))
                pending += [(half, level + 1) for half in reversed(halves(box, level % len(unit)))]
        trees.append(text)
    return trees


def proves(problem, tau, trees):
    """Whether the trees prove tau, by the words of the rule."""
    for (_, H, degree, unit), tree in zip(charts(problem), trees, strict=True):
        pending = [unit]
        for symbol in tree:
            if not pending:
                return False
            box = pending.pop()
            if symbol == ".":
                if min(coefficients(functools.partial(H, Fraction(tau)), degree, box)) < 0:
                    return False
            elif int(symbol) >= len(unit):
                return False
            else:
                pending += reversed(halves(box, int(symbol)))
        if pending:
            return False
    return True


def bernstein(name, premise, tau, trees):
    return step(name, "bernstein", [premise], threshold=canonical(tau), trees=list(trees))


def small(problem, tau, U, V, upper):
    trees = grown(problem, tau)
    return certificate(problem, tau, upper, [bernstein("s1", "instance", tau, trees), witness("s2", "instance", U, V)])


#: One and two coordinates, one and three groups, a missing entry, rank 1 and 2, a column that is left out.
BERNSTEIN_BASES = {
    "line": small(DIAGONAL, F(7, 8), [[1], [0]], [[2, 0]], 1),
    "weighted": small(WEIGHTED, F(5, 2), [[F(5, 4)], [F(8, 3)]], [[F(4, 9), 1, F(1, 3)]], F(27, 10)),
    "mask": small(HOLE, 6, [[3], [F(3, 2)], [F(14, 5)]], [[F(5, 6), F(1, 2), 1]], 8),
    "plane": small(
        RANK_TWO_OF_THREE,
        5,
        [[1, 0], [0, 1], [F(17, 16), F(1, 16)]],
        [[F(45, 16), F(7, 8), F(15, 8)], [F(15, 16), 3, F(17, 16)]],
        9,
    ),
    "loose": small(([[2, 0, 5], [0, 1, 0]], [[1, 1, 3], [1, 1, 0]], 1), F(3, 4), [[1], [0]], [[2, 0, 5]], 1),
}
