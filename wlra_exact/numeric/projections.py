"""Multipliers for rule `projections`: a semidefinite program with small blocks for each group of columns.

In coordinates where the weights c of the rows are 1, for groups of columns with entries in the rows S_g:

    maximise    sum_g z_g (|S_g| - k) - t (m - k) - tr R
    subject to  B_g + (Y_g)_SS - z_g I >= 0,  Y_g >= 0,  z_g >= 0,  R >= 0,
                T = R + t I - sum_g Y_g >= 0.

Its multipliers approximate the Z_S <= Z of the rule. The groups meet in T only, so the Schur complement of an
interior-point step is that of ``numeric.arrow``, solved in time linear in the number of groups: with D_g the Schur
complement of the blocks of group g, H that of T in the entries of T, and R as one more group, of the other sign,

    (H^-1 + sum_g D_g^-1) w - e t = -+ sum_g D_g^-1 r_g,    e^T w = r_t,    y_g = D_g^-1 (r_g +- w),

where D_g^-1 is cut to the entries of Y_g in the first equation, and e are the entries of I.

Guarantee: none; ``deciders.projections`` rounds and checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.inequalities import Batch, Constraint
from wlra_exact.numeric.interior import propose_sdp
from wlra_exact.numeric.projection_blocks import MatrixBlocks, MomentBlocks, TotalBlock
from wlra_exact.numeric.symmetric import diagonal_places, from_triangles, places_of, schur_products

#: Programs of at most so many variables are solved with the whole Schur complement, which is more accurate.
_WHOLE = 1000

#: Steps of conjugate gradients, preconditioned by the elimination above, which rounding spoils near the optimum.
_STEPS = 8

__all__ = ["GroupMoments", "Projections", "propose_projections"]


@dataclass(frozen=True)
class GroupMoments:
    """A group of columns, in the coordinates above.

    Attributes:
        support: (N,) rows, increasing.
        moments: (N, N) B in units of the incumbent's cost.
    """

    support: NDArray[np.intp]
    moments: Array


@dataclass(frozen=True)
class Projections:
    """Approximate multipliers, in the coordinates above.

    Attributes:
        z: (g,).
        Y: (g, m, m).
        t: a number.
        R: (m, m).
        value: the bound that they prove, about.
    """

    z: Array
    Y: Array
    t: float
    R: Array
    value: float


def propose_projections(
    groups: Sequence[GroupMoments], m: int, k: int, target: float, expired: Callable[[], bool] = lambda: False
) -> Projections:
    """The program's approximate solution.

    Args:
        groups: at least one.
        m: rows.
        k: rank, below m.
        target: relative gap to the incumbent that is enough.
        expired: asked at every step.

    >>> S = np.arange(2)
    >>> groups = [GroupMoments(S, np.diag([1.5, 0.5])), GroupMoments(S, np.eye(2) / 2)]
    >>> round(propose_projections(groups, 2, 1, 0.0).value, 6)  # the least eigenvalue of the sum
    1.0
    """
    program = _Program.of(groups, m)
    b = np.zeros(program.size)
    b[0] = k - m
    b[1 : 1 + len(groups)] = [len(group.support) - k for group in groups]
    b[program.entries(len(groups))[diagonal_places(m)]] = -1.0
    result = propose_sdp(
        program.constraints(),
        b,
        tolerance=1e-12,
        max_iterations=80,
        stop=lambda primal, value: value >= 1 - target / 4 or primal - value <= 0.01 * (1 - primal),
        expired=expired,
        factor=program.factor if program.size > _WHOLE else None,
    )
    y = result.y
    matrices = from_triangles(y[1 + len(groups) :].reshape(len(groups) + 1, -1), m)
    return Projections(y[1 : 1 + len(groups)], matrices[:-1], float(y[0]), matrices[-1], result.value)


@dataclass(frozen=True)
class _Program:
    """Variables: t, the z_g, the lower triangles of the Y_g, and that of R."""

    m: int
    blocks: tuple[MomentBlocks, ...]
    groups: int

    @classmethod
    def of(cls, groups: Sequence[GroupMoments], m: int) -> _Program:
        blocks = []
        for size in sorted({len(group.support) for group in groups}):
            members = [g for g, group in enumerate(groups) if len(group.support) == size]
            places = places_of(np.array([groups[g].support for g in members]))
            C = np.array([groups[g].moments for g in members])
            blocks.append(MomentBlocks(C, np.array(members), places, len(groups), m))
        return cls(m, tuple(blocks), len(groups))

    @property
    def width(self) -> int:
        """Entries of one triangle."""
        return self.m * (self.m + 1) // 2

    @property
    def size(self) -> int:
        """Number of variables."""
        return 1 + self.groups + (self.groups + 1) * self.width

    def entries(self, group: int) -> NDArray[np.intp]:
        """Where the entries of Y_g are, or those of R."""
        return 1 + self.groups + group * self.width + np.arange(self.width)

    def constraints(self) -> list[Constraint]:
        """The blocks of equal size together; then all z_g; all Y_g and R; T."""
        numbers = Batch(
            np.zeros((self.groups, 1, 1)), np.ones((self.groups, 1, 1, 1)), 1 + np.arange(self.groups)[:, None]
        )
        return [*self.blocks, numbers, MatrixBlocks(self.m, self.groups), TotalBlock(self.m, self.groups)]

    def factor(self, X: Sequence[Array], inverse: Sequence[Array], size: int) -> Callable[[Array], Array]:
        """A function that solves with the Schur complement at (X, Z^-1); LinAlgError when it cannot."""
        G, p = self.groups, self.width
        own = schur_products(X[-2], inverse[-2])
        D = np.zeros((G, 1 + p, 1 + p))
        D[:, 1:, 1:] = own[:-1]
        D[:, 0, 0] = (X[-3] * inverse[-3])[:, 0, 0]
        for block, x, z in zip(self.blocks, X, inverse, strict=False):
            at = np.concatenate([np.zeros((len(block.members), 1), dtype=np.intp), 1 + block.places], axis=1)
            D[block.members[:, None, None], at[:, :, None], at[:, None, :]] += block.local(x, z)
        D_last, H = own[-1], schur_products(X[-1], inverse[-1])[0]
        halves, last, L = _half_inverses(D), _half_inverses(own[-1:])[0], np.linalg.cholesky(H)
        unit = np.zeros(p)
        unit[diagonal_places(self.m)] = 1.0
        sides = halves[:, :, 1:] @ L
        N = np.eye(p) + np.einsum("gai,gaj->ij", sides, sides) + (last @ L).T @ (last @ L)
        half = _half_inverses(N[None])[0]
        scaled = half @ (L.T @ unit)

        def parts(x: Array) -> tuple[Array, Array]:
            return np.column_stack([x[1 : 1 + G], x[1 + G : 1 + G + G * p].reshape(G, p)]), x[1 + G + G * p :]

        def approximate(r: Array) -> Array:
            own, r_last = parts(r)
            moved, moved_last = np.einsum("gij,gj->gi", halves, own), last @ r_last
            q = half @ ((last @ L).T @ moved_last - np.einsum("gai,ga->i", sides, moved))
            t = (r[0] - scaled @ q) / (scaled @ scaled)
            v = half.T @ (q + scaled * t)
            y = np.einsum("gij,gi->gj", halves, moved + sides @ v)
            return np.concatenate([[t], y[:, 0], y[:, 1:].ravel(), last.T @ (moved_last - last @ (L @ v))])

        def multiply(y: Array) -> Array:
            own, y_last = parts(y)
            w = H @ (y[0] * unit + y_last - own[:, 1:].sum(0))
            r = np.einsum("gij,gj->gi", D, own)
            r[:, 1:] -= w
            return np.concatenate([[unit @ w], r[:, 0], r[:, 1:].ravel(), D_last @ y_last + w])

        def solve(r: Array) -> Array:
            y, rest = np.zeros_like(r), r
            z = d = approximate(rest)
            rho = rest @ z
            for _ in range(_STEPS):
                moved = multiply(d)
                step = rho / (d @ moved)
                y, rest = y + step * d, rest - step * moved
                z = approximate(rest)
                if np.abs(rest).max() < 1e-13 * np.abs(r).max():
                    break
                rho, before = rest @ z, rho
                d = z + rho / before * d
            return y

        return solve


def _half_inverses(D: Array) -> Array:
    """The inverses h of the Cholesky factors of positive definite matrices, slightly regularised: D^-1 = h^T h."""
    root = 1 / np.sqrt(np.einsum("gii->gi", D))
    scaled = D * root[:, :, None] * root[:, None, :]
    scaled[:, np.arange(D.shape[1]), np.arange(D.shape[1])] = 1 + 1e-14
    return np.asarray(np.linalg.inv(np.linalg.cholesky(scaled)) * root[:, None, :])
