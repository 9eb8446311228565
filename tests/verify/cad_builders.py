"""The rule cad from its statement, on sympy's polynomials; an emitter; small certificates.

Nothing here follows the verifier's way: H is expanded from determinants of polynomials, resultants are sympy's, and
the coefficients on a section come from a substitution into the whole polynomial.
"""

from __future__ import annotations

import itertools
from fractions import Fraction
from math import lcm

import sympy
from base_certificates import DIAGONAL, WEIGHTED
from bernstein_builders import HOLE, RANK_TWO_OF_THREE, grouped
from certificate_builders import F, canonical, certificate, step, witness

X, Y = sympy.symbols("x y")

#: opt = 10, reached on a line of the chart: H = 8 y^2 at the threshold opt.
ROUND = ([[3, 0, 0], [0, 3, 0], [0, 0, 1]], [[1] * 3] * 3, 1)

#: opt = 2, reached at one point, which is a root of D.
POINT = ([[3, 0, 0], [0, 1, 0], [0, 0, 1]], [[1] * 3] * 3, 1)

#: Every matrix of rank one that fits best is optimal: H = 0 at the threshold opt = 2.
SPHERE = ([[1, 0, 0], [0, 1, 0], [0, 0, 1]], [[1] * 3] * 3, 1)

#: Missing entries: a denominator vanishes on a line.
SPARSE = ([[3, 1, 0], [1, 0, 2], [0, 1, 4]], [[1, 2, 0], [1, 0, 1], [0, 1, 3]], 1)


def q(x):
    x = Fraction(x)
    return sympy.Rational(x.numerator, x.denominator)


def excess(problem, pivots, tau):
    """H as a polynomial in the coordinates, the last of them y."""
    m, k = len(problem[0]), problem[2]
    names = iter([Y] if k * (m - k) == 1 else [X, Y])
    U = sympy.Matrix([[int(pivots[l] == i) if i in pivots else next(names) for l in range(k)] for i in range(m)])
    tops, bottoms = [], []
    for w, members in grouped(problem):
        D = sympy.diag(*map(q, w))
        bottoms.append((U.T * D * U).det())
        borders = [(s, sympy.Matrix(list(map(q, a))).row_join(U)) for s, a in members]
        tops.append(sum(q(s) * (B.T * D * B).det() for s, B in borders))
    H = -q(tau) * sympy.prod(bottoms)
    for g, top in enumerate(tops):
        H += top * sympy.prod(bottom for h, bottom in enumerate(bottoms) if h != g)
    return sympy.Poly(sympy.expand(H), X, Y)


def square_and_rest(H):
    """(S, T): H = S^2 T and no square divides T."""
    S, T = sympy.Poly(1, X, Y), sympy.Poly(H.LC(), X, Y)
    for factor, power in H.monic().sqf_list()[1]:
        S, T = S * factor ** (power // 2), T * factor ** (power % 2)
    return S, T


def whole(values):
    """Integers, a positive multiple of the values."""
    scale = lcm(*(int(v.q) for v in values))
    return [int(v * scale) for v in values]


def rows(p, width):
    """A polynomial of the format, times a positive number; rows of one entry when there is one coordinate."""
    n, a = max(0, p.degree(Y)), max(0, p.degree(X)) if width == 2 else 0
    entries = whole([sympy.Rational(p.coeff_monomial(X**i * Y**j)) for j in range(n + 1) for i in range(a + 1)])
    return [" ".join(map(str, entries[j * (a + 1) : (j + 1) * (a + 1)])) for j in range(n + 1)]


def on_section(coefficients, low, high):
    """The coefficients of sum c_i x^i on a section, as fractions."""

    def times(f, g):
        result = [F(0)] * (len(f) + len(g) - 1)
        for i, a in enumerate(f):
            for j, b in enumerate(g):
                result[i + j] += a * b
        return result

    if low is None or high is None:
        top, bottom = ([high, F(-1)] if low is None else [low, F(1)]), [F(1)]
    else:
        top, bottom = [low, high], [F(1), F(1)]
    total, n = [F(0)] * len(coefficients), len(coefficients) - 1
    for i, c in enumerate(coefficients):
        term = [F(c)]
        for factor in [top] * i + [bottom] * (n - i):
            term = times(term, factor)
        total = [a + b for a, b in zip(total, [*term, *[F(0)] * (n + 1 - len(term))], strict=True)]
    return total


def changes(line):
    signs = [c > 0 for c in line if c]
    return sum(a != b for a, b in itertools.pairwise(signs))


def sections(cuts):
    return list(zip([None, *cuts], [*cuts, None], strict=True))


def value(coefficients, x):
    return sum((F(c) * x**i for i, c in enumerate(coefficients)), F(0))


def cut_until(simple, roots, allowed=lambda x: True, depth=40):
    """Cuts, none of them a root, with ``simple`` sections; None when a cut is not allowed or the depth does not do."""
    cuts = [F(1, 3)]
    for _ in range(depth):
        if not all(map(allowed, cuts)):
            return None
        new = []
        for low, high in sections(cuts):
            if simple(low, high):
                continue
            middle = 2 * high - 1 if low is None else 2 * low + 1 if high is None else (low + high) / 2
            middle = next(
                m for m in (middle + F(i, 7**9) for i in range(9)) if not any(value(r, m) == 0 for r in roots)
            )
            new.append(middle - (4 if low is None else 0) + (4 if high is None else 0))
        if not new:
            return cuts
        cuts = sorted({*cuts, *new})
    return None


def fibre(T, x):
    """T(x, .), the constant first."""
    line = sympy.Poly(T.eval(X, q(x)), Y)
    return [Fraction(int(c.p), int(c.q)) for c in map(sympy.Rational, reversed(line.all_coeffs()))]


def positive_cuts(line):
    return cut_until(lambda low, high: min(on_section(line, low, high)) >= 0, [], lambda x: value(line, x) >= 0)


def resultant(T):
    """Of T and its derivative in y; T itself without y."""
    D = sympy.resultant(T, T.diff(Y), Y) if T.degree(Y) > 0 else T.as_expr()
    return sympy.Poly(D, X)


def proved(problem, tau, pivots=None, told=None):
    """The payload that proves tau on a chart, with the polynomials told for another threshold if there is one."""
    m, k = len(problem[0]), problem[2]
    d, pivots = k * (m - k), list(pivots or range(k))
    payload = {"threshold": canonical(tau), "pivots": pivots, "factors": [], "samples": []}
    H = excess(problem, pivots, tau)
    if H.is_zero:
        return payload
    S, T = square_and_rest(H)
    if S.total_degree() > 0:
        payload["square"] = {"root": rows(S, d), "rest": rows(T, d)}
    if d == 1:
        cuts = positive_cuts(fibre(T, 0))
        return None if cuts is None else payload | {"samples": [{"at": [], "cuts": list(map(canonical, cuts))}]}
    factors = [
        (power, whole([sympy.Rational(c) for c in reversed(factor.all_coeffs())]))
        for factor, power in resultant(T).monic().sqf_list()[1]
        if factor.degree() > 0
    ]
    lists = [f for _, f in factors]

    def count(low, high):
        return sum(changes(on_section(f, low, high)) for f in lists)

    xs = cut_until(lambda low, high: count(low, high) <= (low is not None and high is not None), lists)
    samples = [(x, positive_cuts(fibre(T, x))) for x in xs]
    if any(cuts is None for _, cuts in samples):
        return None
    return payload | {
        "factors": [{"power": power, "coefficients": " ".join(map(str, f))} for power, f in factors],
        "samples": [{"at": [canonical(x)], "cuts": list(map(canonical, cuts))} for x, cuts in samples],
    }


def cad(name, premise, payload):
    return {**step(name, "cad", [premise]), "payload": payload}


def small(problem, tau, U, V, upper, pivots=None):
    payload = proved(problem, tau, pivots)
    return certificate(problem, tau, upper, [cad("s1", "instance", payload), witness("s2", "instance", U, V)])


E1 = [[1], [0], [0]]

#: One and two coordinates, rank 1 and 2, missing entries; thresholds below opt, and opt itself.
CAD_BASES = {
    "line": small(DIAGONAL, F(7, 8), [[1], [0]], [[2, 0]], 1),
    "weighted": small(WEIGHTED, F(5, 2), [[F(5, 4)], [F(8, 3)]], [[F(4, 9), 1, F(1, 3)]], F(27, 10)),
    "line_at_opt": small(DIAGONAL, 1, [[1], [0]], [[2, 0]], 1, [1]),
    "mask": small(HOLE, 6, [[3], [F(3, 2)], [F(14, 5)]], [[F(5, 6), F(1, 2), 1]], 8),
    "plane": small(
        RANK_TWO_OF_THREE,
        5,
        [[1, 0], [0, 1], [F(17, 16), F(1, 16)]],
        [[F(45, 16), F(7, 8), F(15, 8)], [F(15, 16), 3, F(17, 16)]],
        9,
        [0, 2],
    ),
    "round": small(ROUND, 10, E1, [[3, 0, 0]], 10),
    "point": small(POINT, 2, E1, [[3, 0, 0]], 2),
    "sphere": small(SPHERE, 2, E1, [[1, 0, 0]], 2),
}
