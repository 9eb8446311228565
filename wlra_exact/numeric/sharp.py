"""Multipliers of `minors` and `orthogonal` that are tight at a critical point to any number of digits (proposals only).

Where a relaxation is tight at X = U V, complementary slackness fixes the null vectors of its matrices: with x = vec X,
the singular components x_l of X in the inner products G2, G1, and Q = B + K/k,

    Q x = omega o (A - x),   K (x_1 - x_l) = 0   (k >= 2).

These are linear in the multipliers (lambda, Y1, Y2); ``numeric.correction`` makes them hold. Off the null vectors the
matrices keep the least eigenvalues that they had in double precision. With several minimisers, the conditions of all.

Then M is mixed with M0: multipliers and threshold are taken (1 - theta) times, and (1 - theta) M + theta M0 is positive
definite, since M0 is positive on the null vectors. For k >= 2 a multiple of G2 (x) G1 goes from B to K. Both together
lower the threshold by ``slack`` at most, and give both matrices least eigenvalues of that size.

How many digits: for k = 1 x^T L x vanishes whatever the multipliers are, so their rounding enters squared and half the
digits of the slack are enough, unless theta is to be seen. For k >= 2 it enters x^T Q x itself, and they have all.

Guarantee: none; ``deciders.orthogonal`` checks every candidate exactly.

Source: [KLYZ2012] (refining a numerical sum of squares on the face of the minimiser).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product
from typing import NamedTuple

from flint import acb_mat, arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_mat

from wlra_exact.algebra.exact import log2_of, power_of_two
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.balls import ball_matrix, dyadic_ball, dyadic_floor
from wlra_exact.numeric.correction import correct
from wlra_exact.numeric.newton import CriticalPoint
from wlra_exact.numeric.rational import Dyadic, RationalMultipliers
from wlra_exact.problem.instance import Instance

__all__ = ["matrix_bits", "propose_sharp", "singular_components"]

#: Bits of the multipliers beyond the least that might do; each candidate has more than the one before.
_EXTRA_BITS = (16, 40, 80)


class _Unknown(NamedTuple):
    """A multiplier: "minor" with the rows and columns of a 2 x 2 minor, or an entry of "Y1" or "Y2", row >= column."""

    kind: str
    first: tuple[int, int]
    second: tuple[int, int] = (0, 0)


def matrix_bits(instance: Instance, slack: fmpq) -> int:
    """Bits in which the matrices of a proof see a threshold that lies ``slack`` below the optimum."""
    size = (instance.A.nrows() * instance.A.ncols()).bit_length()
    return max(log2_of(instance.norm() / slack), 0) + 3 * size + 32


def propose_sharp(
    instance: Instance, points: Sequence[CriticalPoint], start: RationalMultipliers, slack: fmpq
) -> Iterator[RationalMultipliers]:
    """Multipliers with a threshold at most ``slack`` below the cost of the first point, the shortest first.

    Args:
        instance: the problem; all weights positive when k >= 2.
        points: critical points of one cost, with ``matrix_bits`` correct bits.
        start: multipliers that are tight in double precision.
        slack: positive, in units of the cost.

    Raises:
        DegenerateError: when no multipliers near ``start`` are tight at the points.
    """
    k, point = instance.k, points[0]
    unknowns = _unknowns(instance)
    with ctx.workprec(point.working_bits):
        columns, right = _conditions(instance, points, start, unknowns)
        values = [arb(_value(start, unknown)) for unknown in unknowns]
        units = [_unit(start, unknown) for unknown in unknowns]
        corrected = correct(columns, right, values, units, point.working_bits)
        cost = point.cost(instance)
        mixed = power_of_two(log2_of(slack / cost.fmpq()) - 2)
        kept = dict(zip(unknowns, [x * (1 - mixed) for x in corrected], strict=True))
        size = max(_squares(point.product(), start) for point in points)
        # M loses the share 1 - 1/k of the tilt, and x^T (G2 (x) G1) x = size.
        tilt = power_of_two(log2_of(slack * k / ((k - 1) * size)) - 3) if k > 1 else fmpq(0)
        threshold = dyadic_floor(cost - slack * 3 / 4, log2_of(slack) - 3)
    digits = max(log2_of(instance.norm() / slack), 0)
    least = min(log2_of(w) for w in instance.omega.entries() if w != 0)
    halved = k == 1 and len(points) == 1
    for extra in _EXTRA_BITS:
        yield _rounded(start, kept, threshold, tilt, least - extra - (digits // 2 if halved else digits))


def _squares(X: arb_mat, start: RationalMultipliers) -> fmpq:
    """x^T (G2 (x) G1) x."""
    other = ball_matrix(start.G2) * X * ball_matrix(start.G1)
    return sum((x * y for x, y in zip(X.entries(), other.entries(), strict=True)), arb(0)).mid().fmpq()


def singular_components(point: CriticalPoint, G1: fmpq_mat, G2: fmpq_mat) -> list[arb_mat]:
    """X_l of rank one with sum X, orthogonal in the inner products G2 and G1.

    With S2 = U^T G2 U and S1 = V G1 V^T, let w_l be the eigenvectors of S1 S2 and w'_l the rows of the inverse of the
    matrix [w_1 ... w_k]: then X_l = (U w_l)(w'_l V).

    Raises:
        DegenerateError: when singular values agree.
    """
    with ctx.workprec(point.working_bits):
        S1 = point.V * ball_matrix(G1) * point.V.transpose()
        S2 = point.U.transpose() * ball_matrix(G2) * point.U
        _, vectors = acb_mat((S1 * S2).mid()).eig(right=True, algorithm="approx")
        W = arb_mat([[x.real.mid() for x in row] for row in vectors.tolist()])
        try:
            inverse = W.inv().mid()
        except ZeroDivisionError as error:
            raise DegenerateError("two singular values of the incumbent agree") from error
        columns, rows = (point.U * W).mid().transpose().tolist(), (inverse * point.V).mid().tolist()
        return [
            (arb_mat([[x] for x in column]) * arb_mat([row])).mid() for column, row in zip(columns, rows, strict=True)
        ]


def _unknowns(instance: Instance) -> list[_Unknown]:
    """The multipliers that may move: minors of observed entries, and for k >= 2 the lower triangles of Y1 and Y2."""
    m, n = instance.shape
    seen = [[w != 0 for w in row] for row in instance.omega.tolist()]
    found = [
        _Unknown("minor", (i, i2), (j, j2))
        for i, i2 in combinations(range(m), 2)
        for j, j2 in combinations(range(n), 2)
        if seen[i][j] and seen[i][j2] and seen[i2][j] and seen[i2][j2]
    ]
    if instance.k > 1:
        found += [_Unknown("Y1", (a, b)) for a in range(n) for b in range(a + 1)]
        found += [_Unknown("Y2", (a, b)) for a in range(m) for b in range(a + 1)]
    return found


def _value(start: RationalMultipliers, unknown: _Unknown) -> fmpq:
    if unknown.kind == "minor":
        m, n = start.G2.nrows(), start.G1.nrows()
        return start.minors.integers[_pair(unknown.first, m), _pair(unknown.second, n)] * start.minors.unit
    Y = start.Y1 if unknown.kind == "Y1" else start.Y2
    return Y.integers[unknown.first] * Y.unit


def _unit(start: RationalMultipliers, unknown: _Unknown) -> int:
    """log2 of the multiplier's unit: 1 in the coordinates in which both inner products are the identity."""
    if unknown.kind == "minor":
        (i, i2), (j, j2) = unknown.first, unknown.second
        return log2_of(start.G2[i, i] * start.G2[i2, i2] * start.G1[j, j] * start.G1[j2, j2]) // 2
    a, b = unknown.first
    G = start.G1 if unknown.kind == "Y1" else start.G2
    return log2_of(G[a, a] * G[b, b]) // 2


def _conditions(
    instance: Instance, points: Sequence[CriticalPoint], start: RationalMultipliers, unknowns: list[_Unknown]
) -> tuple[list[dict[int, arb]], list[arb]]:
    """J, column by column, and r of the conditions J y = r on the multipliers."""
    k = instance.k
    rows = [p for p, w in enumerate(instance.omega.entries()) if w != 0]
    place = {p: row for row, p in enumerate(rows)}
    A, weights = ball_matrix(instance.A).entries(), ball_matrix(instance.omega).entries()
    right: list[arb] = []
    # (L share_L + B share_B) vec Z for the conditions on Q (Z = X) and on K (Z a difference of components).
    blocks: list[tuple[arb_mat, arb, arb]] = []
    for point in points:
        X = point.product()
        x = X.entries()
        blocks.append((X, arb(1) / k, 1 - arb(1) / k))
        right += [weights[p] * (A[p] - x[p]) for p in rows]
        if k > 1:
            first, *others = singular_components(point, start.G1, start.G2)
            blocks += [((first - other).mid(), arb(1), arb(-1)) for other in others]
            right += [arb(0)] * (len(others) * len(rows))
    columns: list[dict[int, arb]] = [{} for _ in unknowns]
    for number, (Z, share_L, share_B) in enumerate(blocks):
        products = (Z.tolist(), (ball_matrix(start.G2) * Z).tolist(), (Z * ball_matrix(start.G1)).tolist())
        for column, unknown in zip(columns, unknowns, strict=True):
            share = share_L if unknown.kind == "minor" else share_B
            for p, value in _images(unknown, *products):
                row = number * len(rows) + place[p]
                column[row] = column.get(row, arb(0)) + share * value
    return columns, right


def _images(
    unknown: _Unknown, Z: list[list[arb]], left: list[list[arb]], right: list[list[arb]]
) -> Iterator[tuple[int, arb]]:
    """Positions and entries of vec Z times the multiplier's matrix in L or in B; left = G2 Z and right = Z G1."""
    n = len(Z[0])
    if unknown.kind == "minor":
        (i, i2), (j, j2) = unknown.first, unknown.second
        yield i * n + j, Z[i2][j2]
        yield i2 * n + j2, Z[i][j]
        yield i * n + j2, -Z[i2][j]
        yield i2 * n + j, -Z[i][j2]
        return
    for a, b in {unknown.first, unknown.first[::-1]}:
        if unknown.kind == "Y1":  # G2 Z Y1
            yield from ((i * n + b, row[a]) for i, row in enumerate(left))
        else:  # Y2 Z G1
            yield from ((a * n + j, x) for j, x in enumerate(right[b]))


def _rounded(
    start: RationalMultipliers, values: Mapping[_Unknown, arb], threshold: fmpq, tilt: fmpq, grid: int
) -> RationalMultipliers:
    """The multipliers on grids that L, G2 (x) Y1 and Y2 (x) G1 see as 2^grid."""
    m, n = start.G2.nrows(), start.G1.nrows()
    top2, top1 = (max(log2_of(G[i, i]) for i in range(G.nrows())) for G in (start.G2, start.G1))
    grids = {"minor": grid, "Y1": grid - top2, "Y2": grid - top1}
    integers = {
        "minor": fmpz_mat(m * (m - 1) // 2, n * (n - 1) // 2),
        "Y1": fmpz_mat(n, n),
        "Y2": fmpz_mat(m, m),
    }
    for unknown, value in values.items():
        rounded = dyadic_ball(value, grids[unknown.kind])
        if unknown.kind == "minor":
            integers["minor"][_pair(unknown.first, m), _pair(unknown.second, n)] = rounded
        else:
            a, b = unknown.first
            integers[unknown.kind][a, b] = integers[unknown.kind][b, a] = rounded
    # B - tilt G2 (x) G1: the diagonal makes up for what the other entries lose by rounding down.
    tilts = start.G1 * (tilt / power_of_two(grids["Y1"]))
    for a, b in product(range(n), range(n)):
        others = sum(x != 0 for x in tilts.tolist()[a]) - 1
        integers["Y1"][a, b] -= tilts[a, b].ceil() + others if a == b else tilts[a, b].floor()
    minors, Y1, Y2 = (Dyadic(integers[kind], grids[kind]) for kind in ("minor", "Y1", "Y2"))
    return RationalMultipliers(threshold, start.G1, start.G2, minors, Y1, Y2)


def _pair(pair: tuple[int, int], size: int) -> int:
    """The place of a pair i < i' below ``size`` in lexicographic order."""
    i, i2 = pair
    return i * (2 * size - i - 1) // 2 + i2 - i - 1
