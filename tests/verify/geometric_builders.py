"""Small certificates with the rule geometric, made by hand, and its terms by their definition."""

from __future__ import annotations

from certificate_builders import F, canonical, certificate, dyadic, problem_of, step, witness

from wlra_exact import verify

#: Positive data; opt = (3 - sqrt 5)^2 = 0.5835...
POSITIVE = ([[4, 2], [2, 2]], [[1, 1], [1, 1]], 1)
#: Signs that contradict each other round the only cycle; opt = 5.
FRUSTRATED = ([[2, 1], [-1, 2]], [[1, 1], [1, 1]], 1)
#: Six observed entries round one cycle, of different weights.
HEXAGON = ([[3, 1, 0], [0, 2, 1], [1, 0, 2]], [[1, 2, 0], [0, 1, 1], [1, 0, 1]], 1)
#: Like POSITIVE with a negative row and column.
NEGATIVE = ([[-4, 2], [2, -2]], [[1, 1], [1, 1]], 1)


def half(i, j, sign, offset):
    return [i, j, sign, canonical(offset)]


def turn(multipliers, cuts=(), exponent=0, scalings=()):
    content = {"multipliers": dyadic(multipliers, exponent), "cuts": [half(*cut) for cut in cuts]}
    return content | ({"scalings": [[axis, *half(*rest)] for axis, *rest in scalings]} if scalings else {})


def payload(threshold, rounds, half_spaces=(), cycle=(), precision=40):
    return {
        "threshold": canonical(threshold),
        "precision": precision,
        "half_spaces": [half(*x) for x in half_spaces],
        "rounds": list(rounds),
        "cycle": [list(place) for place in cycle],
    }


def geometric(name, premise, *arguments, **options):
    return step(name, "geometric", [premise], **payload(*arguments, **options))


NOTHING = [[0, 0], [0, 0]]
SQUARE = [[-105, 105], [105, -105]]  # times 2^-6, near the slopes at the minimiser
ROUND = [(0, 0), (0, 1), (1, 1), (1, 0)]
#: No entry of POSITIVE is farther than 1 from its datum where the cost is below 1.
NEAR = [(0, 0, 1, 3), (0, 1, 1, 1), (1, 0, 1, 1), (1, 1, 1, 1)]

positive = payload(F(4, 7), [turn(NOTHING, NEAR), turn(SQUARE, exponent=-6)])
negative = payload(F(4, 7), [turn(NOTHING, [(0, 0, -1, 3), *NEAR[1:3], (1, 1, -1, 1)]), turn(SQUARE, exponent=-6)])
hexagon = payload(
    1,
    [
        turn([[0] * 3] * 3, [(0, 0, 1, 2), (1, 1, 1, 1), (2, 2, 1, 1)]),
        turn([[-2, 2, 0], [0, -2, 2], [2, 0, -2]], [(0, 1, -1, -40)]),
        turn([[-2, 2, 0], [0, -2, 2], [2, 0, -2]]),
    ],
)
frustrated = payload(1, [turn(NOTHING, [(0, 0, 1, 1), (0, 1, 1, 0), (1, 1, 1, 1)])], [(1, 0, -1, 0)], ROUND)
other_half = payload(1, [turn(NOTHING)], [(1, 0, 1, 0)])

#: Where x_22 is small the best scalings of its row and its column keep x_20 and x_12 from their data: this costs
#: (9/10)^2 + 2 (7/16)^2 = 1.19...
NEVER = [[0] * 3] * 3
SCALINGS = [("row", 2, 0, 1, F(23, 16)), ("column", 1, 2, 1, F(23, 16))]
SMALL_CORNER = [(2, 2, 1, F(13, 32)), (2, 0, 1, F(-5, 16)), (1, 2, 1, F(-5, 16))]
scaled = payload(
    F(9, 8),
    [turn(NEVER, SMALL_CORNER, scalings=SCALINGS), turn(NEVER)],
    [(2, 2, -1, F(-11, 10))],
)
large_corner = payload(
    F(9, 8),
    [
        turn(NEVER, [(0, 0, 1, 1), (1, 1, 1, F(13, 32))]),
        turn([[-113, 113, 0], [0, -113, 113], [113, 0, -113]], exponent=-6),
    ],
    [(2, 2, 1, F(11, 10))],
)

ALMOST = [[F(227, 60)], [F(281, 120)]], [[1, F(21, 34)]]

GEOMETRIC_BASES = {
    "positive": certificate(
        POSITIVE, F(4, 7), 1, [step("s1", "geometric", ["instance"], **positive), witness("s2", "instance", *ALMOST)]
    ),
    "negative": certificate(
        NEGATIVE, F(4, 7), 1,
        [
            step("s1", "geometric", ["instance"], **negative),
            witness("s2", "instance", [[F(227, 60)], [F(-281, 120)]], [[-1, F(21, 34)]]),
        ],
    ),
    "hexagon": certificate(
        HEXAGON, 1, 8,
        [
            step("s1", "geometric", ["instance"], **hexagon),
            witness("s2", "instance", [[1], [1], [1]], [[2, F(3, 2), F(3, 2)]]),
        ],
    ),
    "cut": certificate(
        FRUSTRATED, 1, 5,
        [
            step("s1", "geometric", ["instance"], **other_half),
            step("s2", "geometric", ["instance"], **frustrated),
            step("s3", "cut", ["instance", "s1", "s2"], first=0, second=0),
            witness("s4", "instance", [[2], [-1]], [[1, 0]]),
        ],
    ),
    "scaled": certificate(
        HEXAGON, F(9, 8), 8,
        [
            step("s1", "geometric", ["instance"], **scaled),
            step("s2", "geometric", ["instance"], **large_corner),
            step("s3", "cut", ["instance", "s1", "s2"], first=0, second=0),
            witness("s4", "instance", [[1], [1], [1]], [[2, F(3, 2), F(3, 2)]]),
        ],
    ),
}  # fmt: skip


def at_the_limit(beyond):
    """A certificate whose rounds take as much work as section 6 of the format allows, or more: by ``beyond`` bits.

    With 256 rounds of 2x2 entries b is at most 2^15. Of these 4 * 2^12 are the precision's, 4 an integer's of one
    character, 3 an entry's (2 and 1), 3 its weight's, and the rest the exponent's.
    """
    problem = ([[2, 2], [2, 2]], [[2, 2], [2, 2]], 1)
    rounds = [turn(NOTHING, exponent=2**15 - 4 * 2**12 - 4 - 3 - 3 + beyond)] * 256
    steps = [geometric("s1", "instance", 0, rounds, precision=2**12), witness("s2", "instance", [[2], [2]], [[1, 1]])]
    return certificate(problem, 0, 0, steps)


def least_sum(problem, multipliers, exponent, intervals, precision=40):
    """The sum of the least terms, in units, by the verifier's own function."""
    P, log_2 = problem_of(*problem), verify.log_series((1 << precision) // 3, precision)
    return sum(
        verify.least_term(P.A[i][j], P.omega[i][j], multipliers[i][j], exponent, intervals[i, j], log_2, precision)
        for i, j in intervals
    )
