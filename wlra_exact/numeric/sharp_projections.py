"""Rational multipliers for rule `projections` that are tight at an incumbent, to any number of digits (proposals only).

``numeric.projection_face`` says what the multipliers are for a column space W: z_g, h_g and t, found in double
precision, are as good as any others, so digits are a matter of W and of

    Y_g = L_S (z_g I + W_S h_g W_S^T - B_g) L_S^T,    R = P (sum_g Y_g - t I) P

alone, computed in as many bits as the slack asks for. The matrices of the rule then vanish where they must, up to the
square of the error of W. Raising t and lowering the z_g by ``slack`` over the traces gives them their interior; the
roots of Y_g and R are rounded to a grid far finer than that.

Guarantee: none; ``deciders.projections`` checks every candidate exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_mat

from wlra_exact.algebra.exact import log2_of, power_of_two
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.balls import ball_matrix, dyadic_ball
from wlra_exact.numeric.cholesky import integer_cholesky
from wlra_exact.numeric.convert import Array, approx_number, dyadic_number, short_dyadics
from wlra_exact.numeric.projection_face import propose_on_face
from wlra_exact.numeric.projections import GroupMoments
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.numeric.rational_projections import RationalProjections, approximate_groups
from wlra_exact.problem.moments import SupportGroup

__all__ = ["propose_sharp_projections"]

#: Bits of the z_g, h_g and t: their rounding is a choice of others.
_BITS = 40

#: Bits beyond those that the slack asks for: of the grid of the roots, and of all computations.
_SPARE_BITS = 5
_GUARD = 64


def propose_sharp_projections(
    groups: Sequence[SupportGroup],
    c: Sequence[fmpq],
    U: arb_mat,
    cost: fmpq,
    slack: fmpq,
    expired: Callable[[], bool] = lambda: False,
) -> RationalProjections | None:
    """Multipliers whose bound is at most ``slack`` below the cost of the incumbent; None when none seem to be.

    Args:
        groups: of the columns, at least one.
        c: (m,) row weights.
        U: (m, k) the incumbent's row factor, k < m: midpoints with half the digits of the slack.
        cost: the incumbent's, positive.
        slack: positive, in units of the cost.
        expired: asked now and then; True ends the attempt.

    Raises:
        DegenerateError: when a matrix that seemed definite is not.
    """
    approximate = list(approximate_groups(groups, c, cost))
    root_c = np.sqrt([approx_number(x) for x in c])
    start = root_c[:, None] * np.array([[float(x) for x in row] for row in U.tolist()])
    if len(approximate) < len(groups) or not np.isfinite(start).all():
        return None
    W, triangle = np.linalg.qr(start)
    if np.abs(triangle.diagonal()).min() == 0:
        return None
    found = propose_on_face(approximate, W, expired)
    if found is None:
        return None
    spread = sum(len(group.support) - U.ncols() for group in groups) + U.nrows() - U.ncols()
    distance = power_of_two(log2_of(slack / spread) - 2)
    level = log2_of(cost)
    unit, share = power_of_two(level), approx_number(cost / power_of_two(level))
    traces = [_trace(group, W, z, h) for group, z, h in zip(approximate, found.z, found.h, strict=True)]
    largest = level + _log2(share * max(traces))
    # The roots' errors, times the roots, add up over all groups and rows.
    grid = log2_of(distance) - largest // 2 - _log2(len(c) * (1 + len(groups)) * float(root_c.max())) - _SPARE_BITS
    with ctx.workprec(largest - 2 * grid + _GUARD):
        face = _Face(c, U, np.linalg.inv(triangle), grid)
        z, t = ([dyadic_number(float(x) * share, _BITS) * unit for x in numbers] for numbers in (found.z, [found.t]))
        roots = []
        for group, z_g, h in zip(groups, z, found.h, strict=True):
            if expired():
                return None
            roots.append(face.add(group, z_g, short_dyadics(h * share, _BITS) * unit))
        root = face.rest(t[0])
    return RationalProjections(t[0] + distance, root, [max(x - distance, fmpq(0)) for x in z], roots)


def _log2(x: float) -> int:
    return int(np.frexp(x)[1])


def _trace(group: GroupMoments, W: Array, z: float, h: Array) -> float:
    """The trace of Y_g."""
    S, B = group.support, group.moments
    fit = W @ np.linalg.pinv(W[S])
    fit[S] = np.eye(len(S))
    Y = z * np.eye(len(S)) + W[S] @ h @ W[S].T - B
    return float(np.trace(fit @ Y @ fit.T))


class _Face:
    """The matrices above in the working precision, in coordinates where c is 1.

    Args:
        c: (m,) row weights.
        U: (m, k) row factor.
        turn: (k, k) makes D_c^1/2 U orthonormal, about.
        grid: log2 of the grid of the roots.
    """

    def __init__(self, c: Sequence[fmpq], U: arb_mat, turn: Array, grid: int) -> None:
        self.root_c, self.grid = [arb(x).sqrt() for x in c], grid
        rows = zip(self.root_c, U.tolist(), strict=True)
        self.W = (arb_mat([[x * y for y in row] for x, row in rows]) * arb_mat(turn.tolist())).mid()
        self.sum = arb_mat(len(c), len(c))

    def add(self, group: SupportGroup, z: fmpq, h: fmpq_mat) -> Dyadic:
        """A root of Y_g, which joins the sum."""
        S = group.support
        rows = self.W.tolist()
        own = arb_mat([rows[i] for i in S])
        fit = own * (own.transpose() * own).inv()
        Y = own * ball_matrix(h) * own.transpose() - self._scaled(ball_matrix(group.moments), S)
        half = self._half(Y + _multiple(arb(z), len(S)))
        completed = half * fit * self.W.transpose()
        entries = completed.tolist()
        for row, known in zip(entries, half.tolist(), strict=True):
            for place, i in enumerate(S):
                row[i] = known[place]
        root = arb_mat(entries).mid()
        self.sum = (self.sum + root.transpose() * root).mid()
        return self._rounded(root)

    def rest(self, t: fmpq) -> Dyadic:
        """A root of R."""
        m, k = self.W.nrows(), self.W.ncols()
        W = self.W
        start = np.linalg.qr(np.array([[float(x) for x in row] for row in W.tolist()]), mode="complete")[0][:, k:]
        C = arb_mat(start.tolist())
        C = (C - W * ((W.transpose() * W).solve(W.transpose() * C))).mid()
        half = self._half(C.transpose() * (self.sum - _multiple(arb(t), m)) * C)
        return self._rounded((half * (C.transpose() * C).inv() * C.transpose()).mid())

    def _scaled(self, B: arb_mat, S: Sequence[int]) -> arb_mat:
        roots = [self.root_c[i] for i in S]
        return arb_mat(
            [[x * y * b for y, b in zip(roots, row, strict=True)] for x, row in zip(roots, B.tolist(), strict=True)]
        )

    def _half(self, M: arb_mat) -> arb_mat:
        """f^T with f f^T close to a positive definite matrix."""
        fine = self.grid - _SPARE_BITS
        triangle = [[int(dyadic_ball(x, 2 * fine)) for x in row[: i + 1]] for i, row in enumerate(M.tolist())]
        f = integer_cholesky(triangle, -fine)
        if f is None:
            raise DegenerateError("the relaxation is not strictly complementary at the incumbent")
        return arb_mat([row + [0] * (len(f) - len(row)) for row in f]).transpose() * arb(2) ** fine

    def _rounded(self, root: arb_mat) -> Dyadic:
        """The root in the original coordinates."""
        scaled = [dyadic_ball(x / y, self.grid) for row in root.tolist() for x, y in zip(row, self.root_c, strict=True)]
        return Dyadic(fmpz_mat(root.nrows(), root.ncols(), scaled), self.grid)


def _multiple(x: arb, size: int) -> arb_mat:
    return arb_mat([[x if i == j else 0 for j in range(size)] for i in range(size)])
