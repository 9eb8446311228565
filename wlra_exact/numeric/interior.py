"""Small semidefinite programs by a primal-dual interior-point method (proposals only).

    maximise    b^T y
    subject to  Z_s = C_s + sum_a y_a F_{s,a}  positive semidefinite for every block s,

with dual multipliers X_s >= 0, the sum over s of <F_{s,a}, X_s> equal to -b_a. The relaxations of this package have
either one or two blocks of 5 to about 100 rows whose data matrices hold a handful of entries each, or dozens of tiny
blocks that share few variables. Both have a small Schur complement, which a general conic solver, working on all
N(N+1)/2 entries of each block, cannot use: see ``docs/benchmarks.md`` for the ratio to Clarabel.

Method: infeasible path-following with the HKM direction and Mehrotra's predictor-corrector
[HelmbergRendlVanderbeiWolkowicz1996], as in CSDP [Borchers1999]. Blocks of similar sizes are treated as one batch
(``numeric.merge``), and a batch's X and Z as one array.

Guarantee: none. Every result is a candidate; ``deciders`` round it and check it exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import scipy.linalg.lapack

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.inequalities import Constraint
from wlra_exact.numeric.merge import merge

__all__ = ["Factor", "SdpResult", "propose_sdp"]

#: (X, Z^-1, number of variables) -> a function that solves with the Schur complement there.
Factor: TypeAlias = Callable[[Sequence[Array], Sequence[Array], int], Callable[[Array], Array]]


@dataclass(frozen=True)
class SdpResult:
    """What the iteration ended with.

    Attributes:
        y: variables.
        Z: one (g, N, N) array a constraint, C + sum y_a F_a up to the residual.
        X: one (g, N, N) array of multipliers a constraint.
        value: b^T y.
        error: largest of the relative residuals and the gap.
        iterations: number of steps taken.
    """

    y: Array
    Z: tuple[Array, ...]
    X: tuple[Array, ...]
    value: float
    error: float
    iterations: int


def propose_sdp(
    constraints: Sequence[Constraint],
    b: Array,
    *,
    tolerance: float = 1e-9,
    max_iterations: int = 60,
    stop: Callable[[float, float], bool] | None = None,
    expired: Callable[[], bool] = lambda: False,
    factor: Factor | None = None,
) -> SdpResult:
    """Approximate the optimum of the program above.

    Args:
        constraints: the inequalities, all over the same variables.
        b: (a,) objective.
        tolerance: relative size of residuals and gap at which to stop.
        max_iterations: limit on the steps.
        stop: called with (primal bound, dual value) whenever the inequalities hold; the bound is infinite until the
            multipliers are nearly feasible. True ends the iteration.
        expired: asked before every step; True ends the iteration.
        factor: solves with the Schur complement; dense Cholesky when None.
    """
    merged = merge(constraints, alone=factor is not None)
    batches, C = merged.constraints, [part.C for part in merged.constraints]
    norms = [part.norms(b.size) for part in constraints]
    X = merged.scaled([_start_primal(norm, b, part.C) for norm, part in zip(norms, constraints, strict=True)])
    Z = merged.scaled([_start_dual(norm, part.C) for norm, part in zip(norms, constraints, strict=True)])
    S = [np.stack(pair) for pair in zip(X, Z, strict=True)]
    y = np.zeros(b.size)
    order = float(sum(c.shape[0] * c.shape[1] for c in C))
    scale_b = 1 + float(np.abs(b).max(initial=0))
    scale_C = 1 + max(float(np.abs(c).max()) for c in C)
    best = _Iterate(np.inf, -np.inf, y, S)  # the least error
    feasible: _Iterate | None = None  # the best value among those whose inequalities hold, whatever the residuals
    iteration = 0
    while iteration < max_iterations:
        Rd = [c + part.combine(y) - s[1] for part, c, s in zip(batches, C, S, strict=True)]
        rp = b + sum(_padded(part.adjoint(s[0]), b.size) for part, s in zip(batches, S, strict=True))
        mu = sum(float(np.vdot(s[0], s[1])) for s in S) / order
        value = float(b @ y)
        primal = sum(float(np.vdot(c, s[0])) for c, s in zip(merged.costs, S, strict=True))
        error_p = float(np.abs(rp).max()) / scale_b
        error_d = max(float(np.abs(r).max()) for r in Rd) / scale_C
        gap = abs(primal - value) / (1 + abs(primal) + abs(value))
        error = max(error_p, error_d, gap)
        iterate = _Iterate(error, value, y, S)
        if error < best.error:
            best = iterate
        holds = error_d < 1e-4 and all(_definite(s[1] + r) for s, r in zip(S, Rd, strict=True))
        if holds and (feasible is None or value > feasible.value):
            feasible = iterate
        if error < tolerance or error > 1e6 * best.error:
            break
        if stop is not None and holds and stop(primal if error_p < 1e-8 else np.inf, value):
            break
        if expired():
            break
        try:
            y, S = _step(batches, b, y, S, Rd, mu, order, factor or _dense(batches))
        except np.linalg.LinAlgError:
            break
        iteration += 1
    chosen = feasible if feasible is not None and feasible.error <= 1e4 * best.error + 1e-3 else best
    X, Z = (merged.split([s[half] for s in chosen.S]) for half in (0, 1))
    return SdpResult(chosen.y, tuple(Z), tuple(X), chosen.value, chosen.error, iteration)


@dataclass(frozen=True)
class _Iterate:
    error: float
    value: float
    y: Array
    S: list[Array]  # X and Z of each batch: (2, g, N, N)


def _definite(S: Array) -> bool:
    try:
        np.linalg.cholesky(S)
    except np.linalg.LinAlgError:
        return False
    return True


def _start_primal(norms: Array, b: Array, C: Array) -> float:
    N = C.shape[1]
    return float(max(10.0, np.sqrt(N), N * ((1 + np.abs(b)) / (1 + norms)).max()))


def _start_dual(norms: Array, C: Array) -> float:
    return float(max(10.0, np.sqrt(C.shape[1]), norms.max(initial=0), np.sqrt((C * C).sum((1, 2)).max())))


def _padded(v: Array, size: int) -> Array:
    return v if v.size == size else np.concatenate([v, np.zeros(size - v.size)])


def _symmetric(S: Array) -> Array:
    return (S + S.swapaxes(-1, -2)) / 2


def _step(
    batches: Sequence[Constraint],
    b: Array,
    y: Array,
    S: list[Array],
    Rd: list[Array],
    mu: float,
    order: float,
    factor: Factor,
) -> tuple[Array, list[Array]]:
    """One predictor-corrector step; LinAlgError when a factorisation fails."""
    X = [s[0] for s in S]
    halves = [np.linalg.inv(np.linalg.cholesky(s)) for s in S]
    inverse = [half[1].swapaxes(-1, -2) @ half[1] for half in halves]
    solve = factor(X, inverse, b.size)
    residual = [x @ r for x, r in zip(X, Rd, strict=True)]

    def direction(sigma_mu: float, corrections: list[Array] | None) -> tuple[Array, list[Array]]:
        # dX = sigma mu Z^-1 - X - sym((X dZ + correction) Z^-1), dZ = Rd + F dy, and <F, X + dX> = -b.
        inner = residual if corrections is None else [r + c for r, c in zip(residual, corrections, strict=True)]
        fixed = [_symmetric(sigma_mu * zi - part @ zi) for zi, part in zip(inverse, inner, strict=True)]
        rhs = b + sum(_padded(part.adjoint(g), b.size) for part, g in zip(batches, fixed, strict=True))
        dy = solve(rhs)
        dS = []
        for part, g, x, zi, r in zip(batches, fixed, X, inverse, Rd, strict=True):
            move = part.combine(dy)
            dS.append(np.stack([g - x - _symmetric(x @ move @ zi), r + move]))
        return dy, dS

    _, dS = direction(0.0, None)
    ap, ad = _reach(halves, dS, 1.0)
    after = sum(float(np.vdot(s[0] + ap * ds[0], s[1] + ad * ds[1])) for s, ds in zip(S, dS, strict=True)) / order
    sigma = min(1.0, max(after / mu, 0.0) ** 2) if min(ap, ad) > 0.1 else 0.5
    dy, dS = direction(max(sigma, 1e-6) * mu, [ds[0] @ ds[1] for ds in dS])
    ap, ad = _reach(halves, dS, 0.95)
    steps = np.array([ap, ad])[:, None, None, None]
    return y + ad * dy, [s + steps * ds for s, ds in zip(S, dS, strict=True)]


def _dense(batches: Sequence[Constraint]) -> Factor:
    def factor(X: Sequence[Array], inverse: Sequence[Array], size: int) -> Callable[[Array], Array]:
        schur = np.zeros((size, size))
        for part, x, zi in zip(batches, X, inverse, strict=True):
            part.add_schur(schur, x, zi)
        diagonal = schur.diagonal()
        # Variables that occur in no constraint stay where they are; the others are scaled to a unit diagonal, so that
        # one small number regularises all of them.
        root = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        schur = (schur + schur.T) / (2 * root[:, None] * root)
        schur[np.diag_indices_from(schur)] = np.where(diagonal > 0, 1 + 1e-14, 1.0)
        cholesky, info = scipy.linalg.lapack.dpotrf(schur.T, lower=True, overwrite_a=True)
        if info != 0:
            raise np.linalg.LinAlgError("the Schur complement is not positive definite")
        return lambda r: np.asarray(scipy.linalg.lapack.dpotrs(cholesky, r / root, lower=True)[0]) / root

    return factor


def _reach(halves: list[Array], moves: list[Array], fraction: float) -> tuple[float, float]:
    """The steps, at most 1, that keep every X + step dX and every Z + step dZ positive definite with a margin.

    With half^-1 half^-T = (X, Z).
    """
    least = np.zeros(2)
    for half, move in zip(halves, moves, strict=True):
        whole = half @ move @ half.swapaxes(-1, -2)
        least = np.minimum(least, np.linalg.eigvalsh(_symmetric(whole))[..., 0].min(axis=1))
    primal, dual = (1.0 if x >= 0 else min(1.0, -fraction / x) for x in least.tolist())
    return primal, dual
