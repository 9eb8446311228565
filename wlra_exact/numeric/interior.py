"""Small semidefinite programs by a primal-dual interior-point method (proposals only).

    maximise    b^T y
    subject to  Z_s = C_s + sum_a y_a F_{s,a}  positive semidefinite for every block s,

with dual multipliers X_s >= 0, the sum over s of <F_{s,a}, X_s> equal to -b_a. The relaxations of this package have
either one or two blocks of 5 to about 100 rows whose data matrices hold a handful of entries each, or dozens of tiny
blocks that share few variables. Both have a small Schur complement, which a general conic solver, working on all
N(N+1)/2 entries of each block, cannot use: see ``docs/benchmarks.md`` for the ratio to Clarabel.

Method: infeasible path-following with the HKM direction and Mehrotra's predictor-corrector
[HelmbergRendlVanderbeiWolkowicz1996], as in CSDP [Borchers1999]; equal blocks are treated as one batch.

Guarantee: none. Every result is a candidate; ``deciders`` round it and check it exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol, TypeAlias

import numpy as np
import scipy.linalg
import scipy.sparse
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array

__all__ = ["Batch", "Block", "Constraint", "Factor", "SdpResult", "propose_sdp"]

#: Numbers in one slice of the data matrices: slices that stay in the cache are twice as fast as large ones.
_SLICE = 20_000


#: (X, Z^-1, number of variables) -> a function that solves with the Schur complement there.
Factor: TypeAlias = Callable[[Sequence[Array], Sequence[Array], int], Callable[[Array], Array]]


class Constraint(Protocol):
    """A batch of g linear matrix inequalities of the same size N."""

    @property
    def C(self) -> Array:
        """(g, N, N) constant terms."""

    def combine(self, y: Array) -> Array:
        """(g, N, N): the sum of y_a F_a."""

    def adjoint(self, X: Array) -> Array:
        """(a,): the inner products <F_a, X>, summed over the batch."""

    def add_schur(self, schur: Array, X: Array, inverse: Array) -> None:
        """Add <F_a, X F_b Z^-1> to ``schur``."""

    def norms(self, size: int) -> Array:
        """(a,): Frobenius norms of F_a."""


@dataclass(frozen=True)
class Block:
    """One inequality with sparse data matrices.

    Attributes:
        C: (1, N, N) symmetric.
        F: (N * N, a) sparse, column a the row-major vector of the symmetric F_a.
    """

    C: Array
    F: scipy.sparse.csc_array

    def combine(self, y: Array) -> Array:
        """See ``Constraint``."""
        return np.asarray(self.F @ y).reshape(self.C.shape)

    def adjoint(self, X: Array) -> Array:
        """See ``Constraint``."""
        return np.asarray(self.F.T @ X.ravel())

    def add_schur(self, schur: Array, X: Array, inverse: Array) -> None:
        """See ``Constraint``."""
        N = self.C.shape[1]
        Ft = self.F.T.tocsr()
        step = max(8, _SLICE // N**2)
        for variables, rows, columns, values in self._entries:
            for first in range(0, variables.size, step):
                part = slice(first, first + step)
                if rows.shape[1] > 2 * N:
                    dense = self.F[:, variables[part]].T.toarray().reshape(-1, N, N)
                    product = X[0] @ dense @ inverse[0]
                else:
                    product = X[0][rows[part]].transpose(0, 2, 1) @ (values[part, :, None] * inverse[0][columns[part]])
                schur[:, variables[part]] += Ft @ product.reshape(-1, N * N).T

    @cached_property
    def _entries(self) -> list[tuple[NDArray[np.intp], NDArray[np.intp], NDArray[np.intp], Array]]:
        """Variables whose F_a have equally many entries, and (variables, entries) rows, columns and values of those."""
        counts = np.diff(self.F.indptr)
        groups = []
        for count in np.unique(counts[counts > 0]):
            variables = np.flatnonzero(counts == count)
            places = self.F.indptr[variables][:, None] + np.arange(count)
            rows, columns = np.divmod(self.F.indices[places].astype(np.intp), self.C.shape[1])
            groups.append((variables, rows, columns, self.F.data[places]))
        return groups

    def norms(self, size: int) -> Array:
        """See ``Constraint``."""
        return np.asarray(np.sqrt(np.asarray(self.F.multiply(self.F).sum(axis=0)).ravel()))


@dataclass(frozen=True)
class Batch:
    """g inequalities of one size, each with p variables of its own.

    Attributes:
        C: (g, N, N) symmetric.
        F: (g, p, N, N); zero where a block has fewer than p variables.
        index: (g, p) positions of the variables in y.
    """

    C: Array
    F: Array
    index: NDArray[np.intp]

    def combine(self, y: Array) -> Array:
        """See ``Constraint``."""
        g, p, N, _ = self.F.shape
        return np.asarray(y[self.index][:, None, :] @ self.F.reshape(g, p, N * N)).reshape(g, N, N)

    def adjoint(self, X: Array) -> Array:
        """See ``Constraint``."""
        g, p, N, _ = self.F.shape
        products = (self.F.reshape(g, p, N * N) @ X.reshape(g, N * N, 1)).ravel()
        return np.asarray(np.bincount(self.index.ravel(), weights=products), dtype=np.float64)

    def local(self, X: Array, inverse: Array) -> Array:
        """(g, p, p): <F_a, X F_b Z^-1> for the variables of each block."""
        g, p, N, _ = self.F.shape
        product = (X[:, None] @ self.F @ inverse[:, None]).reshape(g, p, N * N)
        return np.asarray(product @ self.F.reshape(g, p, N * N).transpose(0, 2, 1))

    def add_schur(self, schur: Array, X: Array, inverse: Array) -> None:
        """See ``Constraint``."""
        local = self.local(X, inverse)
        if local.shape[1] == 1:  # as many as there are half-spaces: one by one they would take longer than the rest
            np.add.at(schur, (self.index[:, 0], self.index[:, 0]), local[:, 0, 0])
            return
        for index, part in zip(self.index, local, strict=True):
            schur[np.ix_(index, index)] += part

    def norms(self, size: int) -> Array:
        """See ``Constraint``."""
        squares = np.einsum("gpij,gpij->gp", self.F, self.F)
        return np.sqrt(np.bincount(self.index.ravel(), weights=squares.ravel(), minlength=size))


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
    C = [part.C for part in constraints]
    order = float(sum(c.shape[0] * c.shape[1] for c in C))
    scale_b = 1 + float(np.abs(b).max(initial=0))
    scale_C = 1 + max(float(np.abs(c).max()) for c in C)
    norms = [part.norms(b.size) for part in constraints]
    X = [_multiple(_start_primal(norm, b, c), c) for norm, c in zip(norms, C, strict=True)]
    Z = [_multiple(_start_dual(norm, c), c) for norm, c in zip(norms, C, strict=True)]
    y = np.zeros(b.size)
    best = _Iterate(np.inf, -np.inf, y, Z, X)  # the least error
    feasible: _Iterate | None = None  # the best value among those whose inequalities hold, whatever the residuals
    iteration = 0
    while iteration < max_iterations:
        Rd = [c + part.combine(y) - z for part, c, z in zip(constraints, C, Z, strict=True)]
        rp = b + sum(_padded(part.adjoint(x), b.size) for part, x in zip(constraints, X, strict=True))
        mu = sum(float(np.vdot(x, z)) for x, z in zip(X, Z, strict=True)) / order
        value = float(b @ y)
        primal = sum(float(np.vdot(c, x)) for c, x in zip(C, X, strict=True))
        error_p = float(np.abs(rp).max()) / scale_b
        error_d = max(float(np.abs(r).max()) for r in Rd) / scale_C
        gap = abs(primal - value) / (1 + abs(primal) + abs(value))
        error = max(error_p, error_d, gap)
        iterate = _Iterate(error, value, y, Z, X)
        if error < best.error:
            best = iterate
        holds = error_d < 1e-4 and all(_definite(z + r) for z, r in zip(Z, Rd, strict=True))
        if holds and (feasible is None or value > feasible.value):
            feasible = iterate
        if error < tolerance or error > 1e6 * best.error:
            break
        if stop is not None and holds and stop(primal if error_p < 1e-8 else np.inf, value):
            break
        if expired():
            break
        try:
            y, X, Z = _step(constraints, b, (y, X, Z), Rd, mu, order, factor or _dense(constraints))
        except np.linalg.LinAlgError:
            break
        iteration += 1
    chosen = feasible if feasible is not None and feasible.error <= 1e4 * best.error + 1e-3 else best
    return SdpResult(chosen.y, tuple(chosen.Z), tuple(chosen.X), chosen.value, chosen.error, iteration)


@dataclass(frozen=True)
class _Iterate:
    error: float
    value: float
    y: Array
    Z: list[Array]
    X: list[Array]


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


def _multiple(scale: float, C: Array) -> Array:
    return np.broadcast_to(scale * np.eye(C.shape[1]), C.shape).copy()


def _padded(v: Array, size: int) -> Array:
    return v if v.size == size else np.concatenate([v, np.zeros(size - v.size)])


def _symmetric(S: Array) -> Array:
    return (S + S.transpose(0, 2, 1)) / 2


def _step(
    constraints: Sequence[Constraint],
    b: Array,
    point: tuple[Array, list[Array], list[Array]],
    Rd: list[Array],
    mu: float,
    order: float,
    factor: Factor,
) -> tuple[Array, list[Array], list[Array]]:
    """One predictor-corrector step; LinAlgError when a factorisation fails."""
    y, X, Z = point
    lower_Z = [np.linalg.cholesky(z) for z in Z]
    half = [np.linalg.inv(l) for l in lower_Z]
    inverse = [h.transpose(0, 2, 1) @ h for h in half]
    solve = factor(X, inverse, b.size)

    def direction(sigma_mu: float, corrections: list[Array] | None) -> tuple[Array, list[Array], list[Array]]:
        # dX = sigma mu Z^-1 - X - sym((X dZ + correction) Z^-1), dZ = Rd + F dy, and <F, X + dX> = -b.
        fixed = []
        for i, (zi, x, r) in enumerate(zip(inverse, X, Rd, strict=True)):
            inner = x @ r if corrections is None else x @ r + corrections[i]
            fixed.append(_symmetric(sigma_mu * zi - inner @ zi))
        rhs = b + sum(_padded(part.adjoint(g), b.size) for part, g in zip(constraints, fixed, strict=True))
        dy = solve(rhs)
        moves = [part.combine(dy) for part in constraints]
        dZ = [r + move for r, move in zip(Rd, moves, strict=True)]
        dX = [g - x - _symmetric(x @ move @ zi) for g, x, move, zi in zip(fixed, X, moves, inverse, strict=True)]
        return dy, dX, dZ

    half_X = [np.linalg.inv(np.linalg.cholesky(x)) for x in X]
    _, dX, dZ = direction(0.0, None)
    ap, ad = _reach(half_X, dX, 1.0), _reach(half, dZ, 1.0)
    after = sum(float(np.vdot(x + ap * dx, z + ad * dz)) for x, dx, z, dz in zip(X, dX, Z, dZ, strict=True)) / order
    sigma = min(1.0, max(after / mu, 0.0) ** 2) if min(ap, ad) > 0.1 else 0.5
    dy, dX, dZ = direction(max(sigma, 1e-6) * mu, [dx @ dz for dx, dz in zip(dX, dZ, strict=True)])
    ap, ad = _reach(half_X, dX, 0.95), _reach(half, dZ, 0.95)
    new_X = [x + ap * dx for x, dx in zip(X, dX, strict=True)]
    new_Z = [z + ad * dz for z, dz in zip(Z, dZ, strict=True)]
    return y + ad * dy, new_X, new_Z


def _dense(constraints: Sequence[Constraint]) -> Factor:
    def factor(X: Sequence[Array], inverse: Sequence[Array], size: int) -> Callable[[Array], Array]:
        schur = np.zeros((size, size))
        for part, x, zi in zip(constraints, X, inverse, strict=True):
            part.add_schur(schur, x, zi)
        diagonal = schur.diagonal()
        # Variables that occur in no constraint stay where they are; the others are scaled to a unit diagonal, so that
        # one small number regularises all of them.
        root = np.sqrt(np.where(diagonal > 0, diagonal, 1.0))
        schur = (schur + schur.T) / (2 * np.outer(root, root))
        schur[np.diag_indices_from(schur)] = np.where(diagonal > 0, 1 + 1e-14, 1.0)
        cholesky = scipy.linalg.cho_factor(schur, check_finite=False)
        return lambda r: np.asarray(scipy.linalg.cho_solve(cholesky, r / root, check_finite=False)) / root

    return factor


def _reach(halves: list[Array], moves: list[Array], fraction: float) -> float:
    """The step, at most 1, that keeps every S + step dS positive definite with a margin; half^-1 half^-T = S."""
    reach = 1.0
    for half, move in zip(halves, moves, strict=True):
        whole = half @ move @ half.transpose(0, 2, 1)
        least = float(np.linalg.eigvalsh(_symmetric(whole))[:, 0].min())
        if least < 0:
            reach = min(reach, -fraction / least)
    return reach
