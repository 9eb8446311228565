"""Hand-rolled emitters for the rules on boxes, and M_j a second time: from the text of the format, over names.

A quadratic form is a dictionary from pairs of monomial names to its symmetric coefficients. The names are "1",
("xi", i, l), ("v", l) and ("xv", i, l), with i counting the rows outside the pivots; ("xv", i, l) stands for xi v, or
for R v when l is bare. Nothing here is shared with the package, and positions are looked up, never computed.
"""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations

from base_certificates import DIAGONAL, MASK
from certificate_builders import (
    F,
    canonical,
    certificate,
    cost,
    fractions,
    problem_of,
    product,
    prove_psd,
    step,
    witness,
)


class Form:
    """A quadratic form over named monomials."""

    def __init__(self):
        self.coefficients = defaultdict(F)

    def add(self, factor, left, right):
        """Add factor times the product of two linear forms {name: coefficient}."""
        for x, a in left.items():
            for y, b in right.items():
                self.coefficients[x, y] += factor * a * b / 2
                self.coefficients[y, x] += factor * a * b / 2

    def matrix(self, names):
        assert set(sum(self.coefficients, ())) <= set(names)
        return [[self.coefficients[x, y] for y in names] for x in names]

    def value(self, point):
        """The form where the monomial x has the value point[x]."""
        return sum(c * point[x] * point[y] for (x, y), c in self.coefficients.items())


def local_rows(problem, pivots, j):
    """(i, row) for the rows outside the pivots that column j observes; i counts the rows outside the pivots."""
    others = [row for row in range(len(problem[0])) if row not in pivots]
    return [(i, row) for i, row in enumerate(others) if problem[1][row][j] > 0]


def column_names(problem, pivots, j, bare):
    """The monomials of column j in the order of the format."""
    k, rows = problem[2], local_rows(problem, pivots, j)
    places = [(i, l) for i, _ in rows for l in range(k)]
    centred = [("v", l) for l in range(k) if l not in bare]
    return ["1", *(("xi", *a) for a in places), *centred, *(("xv", *a) for a in places)]


def variable_count(problem, pivots, j, bare):
    k, q = problem[2], len(local_rows(problem, pivots, j))
    d, centred = q * k, k - len(bare)
    return (d + 1) * (d + 2) // 2 + q * len(bare) + 4 * q * centred + k * q * (q - 1) // 2


def column_forms(problem, pivots, lower, upper, j, bare, values):
    """(the form of M_j, the form of s_j) from section 3.3, for rational values of the variables."""
    A, omega, k = fractions(problem[0]), fractions(problem[1]), problem[2]
    rows, variables = local_rows(problem, pivots, j), iter(values)
    places = [(i, l) for i, _ in rows for l in range(k)]
    c = {(i, l): (F(lower[i * k + l]) + F(upper[i * k + l])) / 2 for i, l in places}
    r = {(i, l): (F(upper[i * k + l]) - F(lower[i * k + l])) / 2 for i, l in places}
    one = {"1": F(1)}
    xi, xv = ({a: {(kind, *a): F(1)} for a in places} for kind in ("xi", "xv"))
    v = {l: {("v", l): F(1)} for l in range(k) if l not in bare}
    M, price = Form(), Form()
    base = [one, *(xi[a] for a in places)]
    for p, x in enumerate(base):  # 1
        for y in base[: p + 1]:
            Q = next(variables)
            price.add(Q if x is y else 2 * Q, x, y)
    for pair, Q in price.coefficients.items():
        M.coefficients[pair] -= Q
    for a in places:  # 2
        S00 = next(variables)
        M.add(-S00, one, one)
        M.add(S00, xi[a], xi[a])
        if a[1] in v:
            S01, S11 = next(variables), next(variables)
            M.add(-2 * S01, one, v[a[1]])
            M.add(2 * S01, xi[a], xv[a])
            M.add(-S11, v[a[1]], v[a[1]])
            M.add(S11, xv[a], xv[a])
    for a in places:  # 3
        if a[1] in v:
            mu = next(variables)
            M.add(2 * mu, one, xv[a])
            M.add(-2 * mu, xi[a], v[a[1]])
    for l in range(k):  # 4
        for (i, _), (i2, _) in combinations(rows, 2):
            a, b, mu = (i, l), (i2, l), next(variables)
            first = {x: xi[x] if l in v else {"1": c[x]} | {("xi", *x): r[x]} for x in (a, b)}
            M.add(2 * mu, first[a], xv[b])
            M.add(-2 * mu, first[b], xv[a])
    assert next(variables, None) is None
    for l, p in enumerate(pivots):
        if omega[p][j] > 0:
            residual = {"1": A[p][j], ("v", l): F(-1)}
            M.add(omega[p][j], residual, residual)
    for i, row in rows:
        residual = {"1": A[row][j]}
        for l in range(k):
            residual |= {("v", l): -c[i, l], ("xv", i, l): -r[i, l]} if l in v else {("xv", i, l): F(-1)}
        M.add(omega[row][j], residual, residual)
    return M, price


def total_form(prices, tau, total_box, k):
    """sum_j s_j - tau - sum_a t_a (1 - xi_a^2), for rational t."""
    T = Form()
    for price in prices:
        for pair, Q in price.coefficients.items():
            T.coefficients[pair] += Q
    T.add(-F(tau), {"1": F(1)}, {"1": F(1)})
    for a, t in enumerate(total_box):
        xi = {("xi", *divmod(a, k)): F(1)}
        T.add(-F(t), {"1": F(1)}, {"1": F(1)})
        T.add(F(t), xi, xi)
    return T


def total_names(d, k):
    return ["1", *(("xi", *divmod(a, k)) for a in range(d))]


def scaled(integers, exponent):
    return [F(x) * F(2) ** exponent for x in integers]


def row_text(integers):
    return " ".join(map(str, integers))


def columns(name, premise, problem, pivots, box, tau, total_box, parts, *, exponent=-5):
    """A step of rule columns from integers; parts are (column, bare, variables)."""
    lower, upper = box
    prices, encoded = [], []
    for j, bare, integers in parts:
        M, price = column_forms(problem, pivots, lower, upper, j, bare, scaled(integers, exponent))
        prices.append(price)
        encoded.append(
            {
                "column": j, "bare": list(bare), "exponent": exponent, "variables": row_text(integers),
                "psd": prove_psd(M.matrix(column_names(problem, pivots, j, bare))),
            }
        )  # fmt: skip
    T = total_form(prices, tau, scaled(total_box, exponent), problem[2])
    return step(
        name, "columns", [premise],
        pivots=list(pivots), lower=[canonical(x) for x in lower], upper=[canonical(x) for x in upper],
        threshold=canonical(tau), exponent=exponent, total_box=row_text(total_box),
        psd=prove_psd(T.matrix(total_names(len(lower), problem[2]))), columns=encoded,
    )  # fmt: skip


def split(name, premise, left, right, coordinate, point):
    return step(name, "split", [premise, left, right], coordinate=coordinate, point=canonical(point))


def cover(name, premise, *parts):
    return step(name, "chart_cover", [premise, *parts])


def nothing(name, premise, problem, pivots, box, tau=0):
    """The step that proves tau <= 0: no column takes part."""
    return columns(name, premise, problem, pivots, box, tau, [0] * len(box[0]), [])


def unit(d):
    return [F(-1)] * d, [F(1)] * d


# Base certificates; the integers were found by an interior-point method and rounded

CUT = [  # the two halves of the chart of row 1 of diag(2, 1), opt = 1
    (([-1], [0]), [(0, [], [78, 14, -1, 23, 16, 17, 15]), (1, [], [-19, -11, -1, 21, -12, 16, 3])]),
    (([0], [1]), [(0, [], [78, -14, -1, 23, -16, 17, 15]), (1, [], [-19, 11, -1, 21, -12, 16, -3])]),
]
DIAGONAL_PARTS = [(0, [], [-4, 0, 51, 106, -52, 26, 0]), (1, [], [31, 0, -44, 0, 0, 4, 32])]


def diagonal_boxes(names, premise):
    """Steps on the boxes of diag(2, 1): the chart of row 0, and the two halves of that of row 1."""
    whole, *halves = names
    return [
        columns(whole, premise, DIAGONAL, [0], unit(1), F(3, 4), [1], DIAGONAL_PARTS),
        *(
            columns(name, premise, DIAGONAL, [1], box, F(5, 4), [10], parts)
            for name, (box, parts) in zip(halves, CUT, strict=True)
        ),
    ]


def base_cut():
    """diag(2, 1): one chart at the root, the other cut at 0."""
    steps = [
        *diagonal_boxes(["s1", "s2", "s3"], "instance"),
        split("s4", "instance", "s2", "s3", 0, 0),
        cover("s5", "instance", "s1", "s4"),
        witness("s6", "instance", [[1], [0]], [[2, 0]]),
    ]
    return certificate(DIAGONAL, F(3, 4), 1, steps)


MASK_PARTS = [
    (F(7, 2), [2, 2], [
        (0, [], [1, -33, 108, -17, -3, 46, 190, -66, 23, 71, -21, 7, -1, -4, 2]),
        (1, [], [134, -81, -82, 46, 3, -21, 26, -14, 8, 1, 0, 0, 36, 3, -38]),
        (2, [0], [-7, 114, -26, -28, 0, -26, 1, 1, 28]),
    ]),
    (6, [15, 23], [
        (0, [], [71, -13, -27, 22, -13, 13, 46, -16, 9, 69, -19, 8, 21, 12, -10]),
        (1, [], [-71, -2, 35, -8, 8, 58, 103, -45, 23, 139, -51, 23, -4, -3, 2]),
        (2, [], [265, -30, -70, 71, -22, 10, 45]),
    ]),
    (F(15, 4), [6, 2], [
        (0, [], [99, -61, 19, 0, 3, 35, 75, -28, 12, 70, -28, 12, 13, 1, -9]),
        (1, [], [107, 53, -14, -63, -5, -101, 23, -10, 6, 20, -11, 7, 1, 34, 40]),
        (2, [], [-62, 60, 74, 235, -65, 18, -28]),
    ]),
]  # fmt: skip


def base_bare():
    """Three rows, a missing entry: v of column 2 is bare in the chart of row 0. opt = 4.90893505..."""
    steps = [
        columns(f"s{p}", "instance", MASK, [p], unit(2), tau, total_box, parts)
        for p, (tau, total_box, parts) in enumerate(MASK_PARTS)
    ]
    U, V = [[3], [F(3, 2)], [F(14, 5)]], [[F(5, 6), F(1, 2), F(5, 4)]]
    return certificate(
        MASK, F(7, 2), 5, [*steps, cover("s3", "instance", "s0", "s1", "s2"), witness("s4", "instance", U, V)]
    )


PAIR = ([[4, 1, 0, 1], [1, 3, 1, 0], [2, 1, 3, 0]], [[1, 2, 1, 1], [2, 4, 2, 0], [1, 2, 2, 1]], 2)
PAIR_PARTS = {
    (0, 1): (F(11, 2), [2, 2], [
        (0, [], [-9, -70, 181, 7, 26, -26, 530, -128, 31, 46, -48, 52, 0, -11]),
        (1, [], [-41, 23, -18, -5, 26, 150, 27, -33, 42, 894, -297, 99, -17, -12]),
        (2, [], [277, 20, -134, -36, -22, -86, 2, 0, 1, 2, 0, 1, 60, 60]),
        (3, [1], [-26, 14, -18, 18, -16, -21, 38, -32, 30, 2, 0]),
    ]),
    (0, 2): (F(13, 2), [3, 4], [
        (0, [], [-59, 13, 137, 33, 49, -9, 401, -96, 23, 59, -35, 22, -9, -14]),
        (1, [], [336, -53, -84, -51, -14, -84, 2, 0, 0, 4, -2, 2, 66, 65]),
        (2, [], [-49, 30, -44, 7, -25, 103, 4, 6, 22, 577, -188, 62, -17, 0]),
    ]),
    (1, 2): (F(11, 2), [2, 2], [
        (0, [], [268, -28, -66, -86, -16, -51, 15, -14, 14, 58, -17, 5, 40, 41]),
        (1, [], [-3, -54, 193, -9, 50, 5, 1162, -384, 127, 66, -64, 63, 0, 0]),
        (2, [], [-50, 51, -76, 72, 2, 73, 24, -27, 32, 369, -119, 39, -38, -18]),
        (3, [0], [-18, 16, -26, 11, -19, -15, 2, 2, 0, 5, -3]),
    ]),
}  # fmt: skip


def base_pair():
    """Rank 2 with a missing entry, without reductions; column 3 has a bare index or no row outside the pivots."""
    steps = [
        columns(f"s{i}", "instance", PAIR, list(pivots), unit(2), tau, total_box, parts)
        for i, (pivots, (tau, total_box, parts)) in enumerate(PAIR_PARTS.items())
    ]
    U, V = [[1, 0], [0, 1], [F(1, 2), F(1, 2)]], [[4, 1, F(1, 2), F(1, 2)], [1, 3, F(3, 2), 0]]
    upper = cost(PAIR[0], PAIR[1], product(fractions(U), fractions(V)))
    return certificate(
        PAIR, F(11, 2), upper, [*steps, cover("s3", "instance", "s0", "s1", "s2"), witness("s4", "instance", U, V)]
    )


TWICE = ([[2, 0, 2, 0], [0, 1, 0, 1]], [[1, 1, 1, 1]] * 2, 1)


def base_beside():
    """diag(2, 1) twice: boxes of the first two columns beside a bound for the other two. opt = 2."""
    blocks = [{"rows": [0, 1], "columns": [0, 1]}, {"rows": [0, 1], "columns": [2, 3]}]
    steps = [
        step("b0", "blocks", ["instance"], blocks=blocks),
        *diagonal_boxes(["s1", "s2", "s3"], "b0/1"),
        split("s4", "b0/1", "s2", "s3", 0, 0),
        cover("s5", "b0/1", "s1", "s4"),
        *diagonal_boxes(["s6", "s7", "s8"], "b0/0"),
        *(step(f"c{i}", "combine", ["b0", f"s{5 + i}", "s5"]) for i in (1, 2, 3)),
        split("s9", "instance", "c2", "c3", 0, 0),
        cover("s10", "instance", "c1", "s9"),
        witness("s11", "instance", [[1], [0]], [[2, 0, 2, 0]]),
    ]
    return certificate(TWICE, F(3, 2), 2, steps)


BOX_BASES = {"cut": base_cut(), "bare": base_bare(), "pair": base_pair(), "beside": base_beside()}

#: The instance and the payload of every step of rule columns in the bases.
COLUMN_PAYLOADS = {
    f"{name}_{s['id']}": (base["instance"], s["payload"])
    for name, base in BOX_BASES.items()
    for s in base["steps"]
    if s["rule"] == "columns" and s["premises"] == ["instance"]
}


def problem_in(instance):
    """The verifier's problem of a field ``instance``."""
    return problem_of(fractions(instance["A"]), fractions(instance["omega"]), instance["k"])
