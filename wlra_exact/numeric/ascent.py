"""The best bound of the relaxation behind `minors` and `orthogonal`, by interior point and ascent over inner products.

For given diagonal inner products the best multipliers solve a semidefinite program (``numeric.interior``). Its
optimal value v(g) has the gradient that the envelope theorem reads off the dual matrices,

    dv/dlog g2_i = sum_jl R_(ij)(il) Y1_jl,   dv/dlog g1_j = sum_ik R_(ij)(kj) Y2_ik,   R = (1 - 1/k) X_M - X_K,

and a few quasi-Newton steps usually make the relaxation tight where fixed inner products leave some per cent.

Guarantee: none; ``deciders.orthogonal`` rounds and checks exactly.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import numpy as np
import scipy.optimize
import scipy.sparse

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.interior import Block, SdpResult, propose_sdp
from wlra_exact.numeric.orthogonal import Multipliers
from wlra_exact.numeric.scaling import few_bits, fit_inner_products
from wlra_exact.numeric.splitting import cost_matrix

__all__ = ["propose_bound", "read_multipliers", "root_blocks"]

#: Relative gap below which double precision tells nothing apart.
_DOUBLE = 1e-9


def propose_bound(
    A: Array,
    omega: Array,
    k: int,
    cost: float,
    *,
    target: float = 1e-8,
    evaluations: int = 12,
    expired: Callable[[], bool] = lambda: False,
) -> Multipliers | None:
    """The best multipliers found for the relaxation at the root, whatever bound they reach.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of squared residuals.
        k: rank.
        cost: cost of the incumbent, positive; fixes the units.
        target: relative gap at which to stop; below 1e-9 double precision has no more to say.
        evaluations: number of semidefinite programs to spend on the inner products (k >= 2).
        expired: asked between the steps; True ends the search with what it has.
    """
    m, n = A.shape
    best: list[Multipliers] = []

    def evaluate(log_g: Array) -> tuple[float, Array]:
        g2, g1 = few_bits(np.exp(log_g[:m])), few_bits(np.exp(log_g[m:]))
        scale = np.sqrt(np.outer(g2, g1))
        blocks, objective = root_blocks(A * scale, omega / scale**2, k, cost)
        result = propose_sdp(blocks, objective, stop=lambda primal, dual: primal < 0, expired=expired)
        found = read_multipliers(result, m, n, k, cost, g1, g2)
        # A result that did not converge may be infeasible and its value meaningless: it only guides the ascent.
        if result.error < 1e-4 and (not best or found.value > best[0].value):
            best[:] = [found]
        if k == 1 or expired() or (result.error < 1e-4 and found.value >= (1 - max(target, _DOUBLE)) * cost):
            raise StopIteration
        R = ((1 - 1 / k) * result.X[1][0, 1:, 1:] - result.X[0][0]).reshape(m, n, m, n)
        slope2 = np.einsum("ijil,jl->i", R, found.Y1)
        slope1 = np.einsum("ijkj,ik->j", R, found.Y2)
        return -found.value / cost, -np.concatenate([slope2, slope1])

    g2, g1 = fit_inner_products(omega)
    start = np.log(np.concatenate([g2, g1]))
    with contextlib.suppress(StopIteration):
        scipy.optimize.minimize(
            evaluate, start, jac=True, method="L-BFGS-B", options={"maxfun": evaluations, "ftol": 1e-13}
        )
    return best[0] if best else None


def root_blocks(A: Array, omega: Array, k: int, cost: float) -> tuple[list[Block], Array]:
    """The semidefinite program of the relaxation in scaled coordinates: maximise tau / cost.

    Variables: tau / cost; the multipliers of the minors in lexicographic order; for k >= 2 the lower triangles of Y1
    and Y2, the last diagonal entry of Y2 left out (I (x) I is reached through Y1). Blocks: K (k >= 2 only), then M,
    whose constant coordinate is divided by sqrt(cost).
    """
    m, n = A.shape
    N = m * n
    base = cost_matrix(A, omega, cost)
    L = minor_columns(m, n)
    first = scipy.sparse.csc_array(([-1.0], ([0], [0])), shape=((N + 1) ** 2, 1))
    if k == 1:
        F = scipy.sparse.hstack([first, pad_columns(L, N)]).tocsc()
        # A missing entry has no square, so its row of M must vanish: the minors that touch it are left out with it.
        seen = np.concatenate([[True], omega.ravel() > 0])
        outside = ~(seen[:, None] & seen[None]).ravel()
        touching = np.asarray(abs(F[outside]).sum(axis=0)).ravel() > 0
        F = F.multiply(~touching[None]).tocsc()[~outside]
        return [Block(base[np.ix_(seen, seen)][None], F)], _first(F.shape[1])
    B = _product_columns(m, n)
    F_K = scipy.sparse.hstack([scipy.sparse.csc_array((N * N, 1)), L, -B]).tocsc()
    F_M = scipy.sparse.hstack([first, pad_columns(L / k, N), pad_columns((1 - 1 / k) * B, N)]).tocsc()
    return [Block(np.zeros((1, N, N)), F_K), Block(base[None], F_M)], _first(F_M.shape[1])


def minor_columns(m: int, n: int) -> scipy.sparse.csc_array:
    """Column (ii', jj') is the vector of the symmetric matrix of 2 (X_ij X_i'j' - X_ij' X_i'j)."""
    N = m * n
    i, i2 = np.triu_indices(m, 1)
    j, j2 = np.triu_indices(n, 1)
    p, q = (i[:, None] * n + j).ravel(), (i2[:, None] * n + j2).ravel()
    r, s = (i[:, None] * n + j2).ravel(), (i2[:, None] * n + j).ravel()
    one, column = np.ones(p.size), np.arange(p.size)
    values = np.concatenate([one, one, -one, -one])
    rows = np.concatenate([p * N + q, q * N + p, r * N + s, s * N + r])
    return scipy.sparse.csc_array((values, (rows, np.tile(column, 4))), shape=(N * N, p.size))


def pad_columns(F: scipy.sparse.csc_array, N: int) -> scipy.sparse.csc_array:
    """The same matrices with a zero row and column put in front."""
    F = F.tocoo()
    row, column = np.divmod(F.coords[0], N)
    return scipy.sparse.csc_array(
        (F.data, ((row + 1) * (N + 1) + column + 1, F.coords[1])), shape=((N + 1) ** 2, F.shape[1])
    )


def _product_columns(m: int, n: int) -> scipy.sparse.csc_array:
    """Columns of I (x) Y1 (lower triangle of Y1), then of Y2 (x) I without the last diagonal entry of Y2."""
    N = m * n
    rows: list[int] = []
    columns: list[int] = []
    count = 0
    for a, b in _lower_triangle(n):
        for i in range(m):
            rows += sorted({(i * n + a) * N + i * n + b, (i * n + b) * N + i * n + a})
        columns += [count] * (len(rows) - len(columns))
        count += 1
    for a, b in _lower_triangle(m):
        if a == b == m - 1:
            continue
        for j in range(n):
            rows += sorted({(a * n + j) * N + b * n + j, (b * n + j) * N + a * n + j})
        columns += [count] * (len(rows) - len(columns))
        count += 1
    return scipy.sparse.csc_array((np.ones(len(rows)), (rows, columns)), shape=(N * N, count))


def _lower_triangle(size: int) -> list[tuple[int, int]]:
    return [(a, b) for a in range(size) for b in range(a + 1)]


def _first(size: int) -> Array:
    b = np.zeros(size)
    b[0] = 1.0
    return b


def read_multipliers(result: SdpResult, m: int, n: int, k: int, cost: float, g1: Array, g2: Array) -> Multipliers:
    """The multipliers in a solution of ``root_blocks``, which may have further variables behind its own."""
    count = m * (m - 1) // 2 * (n * (n - 1) // 2)
    L = (minor_columns(m, n) @ result.y[1 : 1 + count]).reshape(m * n, m * n)
    Y1, Y2 = np.zeros((n, n)), np.zeros((m, m))
    if k > 1:
        lower = np.tril_indices(m)
        tail = result.y[1 + count :]
        size = n * (n + 1) // 2
        Y1[np.tril_indices(n)] = tail[:size]
        Y2[lower[0][:-1], lower[1][:-1]] = tail[size : size + lower[0].size - 1]
        Y1, Y2 = Y1 + np.tril(Y1, -1).T, Y2 + np.tril(Y2, -1).T
    return Multipliers(result.value * cost, g1, g2, L, Y1, Y2)
