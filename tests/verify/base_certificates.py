"""One valid certificate for each family of rules, each with its infimum known; mutations, corpus and parsing tests
start from them.
"""

from __future__ import annotations

from certificate_builders import (
    F,
    certificate,
    clone,
    cost,
    dyadic,
    encode,
    minors,
    orthogonal,
    product,
    spectral,
    step,
    step_of,
    witness,
)

ONES = [[1, 1], [1, 1]]
DIAGONAL = ([[2, 0], [0, 1]], ONES, 1)  # opt = 1
WEIGHTED = ([[2, 1, 0], [1, 3, 1]], [[1, 2, 1], [3, 1, 2]], 1)  # weights of rank 2, opt = 2.60882586...
MASK = ([[3, 1, 0], [1, 2, 1], [2, 1, 4]], [[1, 1, 0], [1, 2, 1], [1, 1, 1]], 1)  # opt = 4.90893505...
RANK_TWO = ([[4, 1, 0], [1, 3, 1], [2, 1, 3]], [[1, 2, 1], [2, 4, 2], [1, 2, 2]], 2)  # opt = 7.85545103...


def base_minors():
    """Opt proved exactly: M is singular, and so is its factor."""
    lower = step(
        "s1",
        "minors",
        ["instance"],
        threshold="1",
        multipliers=dyadic([[1]], -1),
        psd={"exponents": [-1] * 5, "factor": ["4", "-2 0", "0 0 0", "0 0 0 0", "-1 0 0 0 0"]},
    )
    return certificate(DIAGONAL, 1, 1, [lower, witness("s2", "instance", [[1], [0]], [[2, 0]])])


def base_weighted_minors():
    """Two rows: the relaxation is tight, and the multipliers leave room for rounding."""
    U, V = [[F(5, 4)], [F(8, 3)]], [[F(4, 9), 1, F(1, 3)]]
    steps = [minors("s1", "instance", WEIGHTED, F(19, 8), [[25, 26, -2]]), witness("s2", "instance", U, V)]
    return certificate(WEIGHTED, F(19, 8), F(27, 10), steps)


def base_mask():
    """A missing entry: its row of M is zero, and so are the multipliers that touch it."""
    U, V = [[3], [F(3, 2)], [F(14, 5)]], [[F(5, 6), F(1, 2), F(5, 4)]]
    multipliers = [[11, 0, 0], [9, 0, 0], [-5, 5, 29]]
    steps = [minors("s1", "instance", MASK, 4, multipliers), witness("s2", "instance", U, V)]
    return certificate(MASK, 4, 5, steps)


def base_orthogonal():
    """Rank 2, weights of rank 2, inner products other than the identity."""
    G = [[1, 0, 0], [0, 2, 0], [0, 0, 1]]
    lower = orthogonal(
        "s1",
        "instance",
        RANK_TWO,
        5,
        [[59, -13, 23], [-14, 41, -15], [-10, -15, 68]],
        G1=G,
        G2=G,
        Y1=[[-23, 12, 4], [12, -35, 13], [4, 13, -32]],
        Y2=[[-24, 8, 6], [8, -35, 16], [6, 16, -31]],
    )
    U = [[1, 0], [0, 1], [F(17, 16), F(1, 16)]]
    V = [[F(45, 16), F(7, 8), F(15, 8)], [F(15, 16), 3, F(17, 16)]]
    upper = cost(RANK_TWO[0], RANK_TWO[1], product(U, V))
    return certificate(RANK_TWO, 5, upper, [lower, witness("s2", "instance", U, V)])


def base_spectral():
    """diag(3, 2, 1) with one heavier weight, the minorant of ones, and a target a little off A there; opt = 1."""
    problem = ([[3, 0, 0], [0, 2, 0], [0, 0, 1]], [[1, 1, 1], [1, 1, 2], [1, 1, 1]], 2)
    lower = spectral(
        "s1",
        "instance",
        problem,
        F(15, 16),
        a=[1, 1, 1],
        b=[1, 1, 1],
        Z=[[1, 0, 0], [0, 1, 0], [0, 0, 1]],
        exponent=-8,
        target=[[3, 0, 0], [0, 2, F(1, 100)], [0, 0, 1]],
    )
    upper = witness("s2", "instance", [[3, 0], [0, 2], [0, 0]], [[1, 0, 0], [0, 1, 0]])
    return certificate(problem, F(9, 10), 1, [lower, upper])


def base_reductions():
    """Blocks, merge, transpose, and combine through each; opt = 1.

    Rows 0 and 2 merge (s = 2, c = -1/2); row 3 and column 2 are a block of their own.
    """
    A = [[2, 0, 0], [0, 1, 0], [-1, 0, 0], [0, 0, 7]]
    omega = [[1, 1, 0], [1, 1, 0], [2, 2, 0], [0, 0, 5]]
    blocks = [{"rows": [0, 1, 2], "columns": [0, 1]}, {"rows": [3], "columns": [2]}]
    innermost = ([[2, 0], [0, 1]], [[F(3, 2), 1], [F(3, 2), 1]], 1)
    steps = [
        step("s1", "blocks", ["instance"], blocks=blocks),
        step("s2", "merge", ["s1/0"], axis="row", groups=[{"into": 0, "members": [[2, "2", "-1/2"]]}]),
        step("s3", "transpose", ["s2/0"]),
        minors("s4", "s3/0", innermost, F(7, 8), [[31]]),
        step("s5", "combine", ["s3", "s4"]),
        step("s6", "combine", ["s2", "s5"]),
        step("s7", "nonnegative", ["s1/1"]),
        step("s8", "combine", ["s1", "s6", "s7"]),
        witness("s9", "instance", [[2], [0], [-1], [7]], [[1, 0, 1]]),
    ]
    return certificate((A, omega, 1), F(7, 8), 1, steps)


def base_gram():
    """Three rows with proportional weights become two, beside a row of its own; opt = 2.77320398..."""
    A = [[2, 0], [0, F(1, 2)], [0, F(-1, 2)], [1, 1]]
    omega = [[1, 2], [2, 4], [2, 4], [3, 1]]
    rows = [[2, 0], [0, 1]]
    group = {"members": [[0, "1"], [1, "2"], [2, "2"]], "rows": encode(rows), "weights": ["1", "1"]}
    child = ([[1, 1], *rows], [[3, 1], [1, 2], [1, 2]], 1)
    U, V = [[F(9, 5)], [F(2, 9)], [F(-2, 9)], [1]], [[1, F(1, 4)]]
    steps = [
        step("s1", "gram", ["instance"], axis="row", groups=[group]),
        minors("s2", "s1/0", child, F(3, 2), [[-25], [7], [48]]),
        step("s3", "combine", ["s1", "s2"]),
        witness("s4", "instance", U, V),
    ]
    return certificate((A, omega, 1), F(3, 2), 3, steps)


def base_columns():
    """Merge and gram along columns, for diag(2, 1) with both columns doubled; opt = 2."""
    A, omega = [[2, 0, 2, 0], [0, 1, 0, 1]], [[1, 1, 1, 1], [1, 1, 1, 1]]
    group = {"members": [[1, "1"], [2, "1"]], "rows": [["0", "1"]], "weights": ["2"]}
    steps = [
        step("s1", "merge", ["instance"], axis="column", groups=[{"into": 0, "members": [[2, "1", "1"]]}]),
        step("s2", "gram", ["s1/0"], axis="column", groups=[group]),
        minors("s3", "s2/0", ([[2, 0], [0, 1]], [[2, 2], [2, 2]], 1), F(7, 4), [[62]]),
        step("s4", "combine", ["s2", "s3"]),
        step("s5", "combine", ["s1", "s4"]),
        witness("s6", "instance", [[1], [0]], [[2, 0, 2, 0]]),
    ]
    return certificate((A, omega, 1), F(7, 4), 2, steps)


BASES = {
    "minors": base_minors(),
    "weighted_minors": base_weighted_minors(),
    "mask": base_mask(),
    "orthogonal": base_orthogonal(),
    "spectral": base_spectral(),
    "reductions": base_reductions(),
    "gram": base_gram(),
    "columns": base_columns(),
}


# What the corpus changes

TRUE_UPPER = witness("u", "instance", [[1], [0]], [[2, 0]])  # cost 1 for diag(2, 1)
LOWER_ONE = {**step_of(BASES["minors"], "s1"), "id": "l"}  # opt(diag(2, 1)) >= 1


def diagonal(lower, steps, upper=1):
    """A certificate about diag(2, 1) from the steps, whose last is the lower one, and the true witness."""
    return certificate(DIAGONAL, lower, upper, [*steps, TRUE_UPPER])


def changed(base, change):
    """A base certificate after ``change``."""
    result = clone(BASES[base])
    change(result)
    return result


def payload(base, name, **values):
    """A base certificate whose step has other payload values."""
    return changed(base, lambda c: step_of(c, name)["payload"].update(values))
