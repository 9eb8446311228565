"""Multi-start descent for the cost of (U, V): the incumbent of the search (proposals only).

    cost(U V) = sum_ij omega_ij (A_ij - (U V)_ij)^2

Alternating weighted least squares, vectorised over all starts [GabrielZamir1979], brings every start near a
stationary point; Levenberg-Marquardt on (U, V) jointly then polishes the best ones to machine precision, where the size
permits. Zero weights make the normal equations singular; a relative ridge of 1e-13 keeps them solvable. They may also
keep the infimum from being attained: for k = 1 a descent in the logarithms follows (``numeric.log_descent``).

Guarantee: none. The exact cost of the rounded factors is an upper bound on opt, whatever the floats did.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from wlra_exact.numeric.convert import Array, approx_number
from wlra_exact.numeric.log_descent import polish_in_logarithms
from wlra_exact.numeric.scaling import fit_inner_products
from wlra_exact.problem.instance import Instance

__all__ = ["Candidate", "is_noise", "propose_factors", "propose_minimisers"]

#: Joint Levenberg-Marquardt solves dense systems in (m + n) k unknowns; beyond this many ALS alone is used.
_POLISH_UNKNOWNS = 240


@dataclass(frozen=True)
class Candidate:
    """A factor pair and its approximate cost.

    Attributes:
        U: (m, k).
        V: (k, n).
        cost: approximate cost of U V.
    """

    U: Array
    V: Array
    cost: float


def propose_factors(
    A: Array, omega: Array, k: int, *, starts: int = 48, sweeps: int = 60, polish: int = 8, seed: int = 0
) -> list[Candidate]:
    """Low-cost factor pairs, best first; distinct stationary values appear once each.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of the squared residuals.
        k: rank.
        starts: number of random starts; one more starts from the singular value decomposition in
            weight-adapted inner products.
        sweeps: alternating sweeps a start.
        polish: how many of the best starts are polished.
        seed: of the random starts; equal seeds give equal results.
    """
    U, V, costs = _polished(A, omega, k, starts, sweeps, polish, seed)
    floor = 1e-9 * float(np.sum(omega * A * A))
    found: list[Candidate] = []
    for s in np.argsort(costs, kind="stable"):
        if not np.isfinite(costs[s]):
            continue
        if not found or costs[s] > found[-1].cost * (1 + 1e-7) + floor * 1e-3:
            found.append(Candidate(*_balanced(U[s], V[s]), float(costs[s])))
    if not found:
        m, n = A.shape
        found.append(Candidate(np.zeros((m, k)), np.zeros((k, n)), float(np.sum(omega * A * A))))
    return found


def propose_minimisers(A: Array, omega: Array, k: int, *, starts: int = 48, seed: int = 0) -> list[Candidate]:
    """Factor pairs of different products whose cost is the least that was found, up to rounding.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of the squared residuals.
        k: rank.
        starts: number of random starts; all of them are polished.
        seed: of the random starts.
    """
    U, V, costs = _polished(A, omega, k, starts, 60, starts, seed)
    costs = np.where(np.isfinite(costs), costs, np.inf)
    least, size = float(costs.min()), float(np.sum(omega * A * A))
    found: list[Candidate] = []
    for s in np.argsort(costs, kind="stable"):
        if not costs[s] <= least * (1 + 1e-9) + 1e-15 * size:
            break
        X = U[s] @ V[s]
        if all(np.sum(omega * (X - other.U @ other.V) ** 2) > 1e-8 * size for other in found):
            found.append(Candidate(*_balanced(U[s], V[s]), float(costs[s])))
    return found


def _polished(
    A: Array, omega: Array, k: int, starts: int, sweeps: int, polish: int, seed: int
) -> tuple[Array, Array, Array]:
    """The best stationary points of a multi-start descent, and their costs."""
    m, n = A.shape
    scale = float(np.sqrt(np.max(np.abs(A), initial=0))) or 1.0
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((starts + 1, m, k)) * scale
    # Exact for weights of rank one; elsewhere a start like another.
    g2, g1 = fit_inner_products(omega)
    left, singular, _ = np.linalg.svd(A * np.sqrt(np.outer(g2, g1)), full_matrices=False)
    r = min(k, singular.size)
    U[0, :, :r] = left[:, :r] / np.sqrt(g2)[:, None]
    V = _fit_rows(U, omega, A)
    done = 0
    # Few sweeps for all, the rest for the better half: most starts fall into few basins.
    for share, count in ((1.0, sweeps // 3), (0.5, sweeps - sweeps // 3)):
        order = np.argsort(_costs(A, omega, U, V), kind="stable")[: max(1, int(share * U.shape[0]))]
        U, V = U[order], V[order]
        for _ in range(count):
            U = _fit_rows(V.transpose(0, 2, 1), omega.T, A.T).transpose(0, 2, 1)
            V = _fit_rows(U, omega, A)
            done += 1
    order = np.argsort(_costs(A, omega, U, V), kind="stable")[:polish]
    U, V = U[order], V[order]
    if (m + n) * k <= _POLISH_UNKNOWNS:
        U, V = _levenberg_marquardt(A, omega, U, V)
        if k == 1 and not np.all(omega):
            for s in range(U.shape[0]):
                U[s, :, 0], V[s, 0] = polish_in_logarithms(A, omega, U[s, :, 0], V[s, 0])
    else:
        for _ in range(10 * sweeps):
            U = _fit_rows(V.transpose(0, 2, 1), omega.T, A.T).transpose(0, 2, 1)
            V = _fit_rows(U, omega, A)
    return U, V, _costs(A, omega, U, V)


def is_noise(cost: float, instance: Instance) -> bool:
    """Whether a cost in floating point is rounding noise beside cost(0)."""
    return cost <= 1e-14 * approx_number(instance.norm())


def _costs(A: Array, omega: Array, U: Array, V: Array) -> Array:
    R = A - U @ V
    return np.asarray(np.einsum("mn,smn,smn->s", omega, R, R, optimize=True))


def _fit_rows(U: Array, omega: Array, A: Array) -> Array:
    """V of shape (s, k, n): the weighted least squares fit of every column of A to the columns of U[s]."""
    s, m, k = U.shape
    products = (U[:, :, :, None] * U[:, :, None, :]).reshape(s, m, k * k)
    normal = (products.transpose(0, 2, 1) @ omega).transpose(0, 2, 1).reshape(s, -1, k, k)
    right = U.transpose(0, 2, 1) @ (omega * A)
    ridge = 1e-13 * np.trace(normal, axis1=-2, axis2=-1) + 1e-300
    normal = normal + ridge[..., None, None] * np.eye(k)
    return np.asarray(np.linalg.solve(normal, right.transpose(0, 2, 1)[..., None])[..., 0].transpose(0, 2, 1))


def _levenberg_marquardt(A: Array, omega: Array, U: Array, V: Array, steps: int = 60) -> tuple[Array, Array]:
    """Damped Gauss-Newton steps with the exact Hessian's shape, for all candidates at once."""
    s, m, k = U.shape
    n = A.shape[1]
    root = np.sqrt(omega)
    damping = np.full(s, 1e-3)
    cost = _costs(A, omega, U, V)
    for _ in range(steps):
        J = np.zeros((s, m, n, (m + n) * k))
        for l in range(k):
            for i in range(m):
                J[:, i, :, i * k + l] = root[i] * V[:, l]
            for j in range(n):
                J[:, :, j, (m + j) * k + l] = root[:, j] * U[:, :, l]
        J = J.reshape(s, m * n, -1)
        residual = (root * (A - U @ V)).reshape(s, m * n)
        gradient = np.einsum("sap,sa->sp", J, residual)
        H = J.transpose(0, 2, 1) @ J
        level = np.trace(H, axis1=1, axis2=2) / H.shape[1] + 1e-300
        H = H + (damping * level)[:, None, None] * np.eye(H.shape[1])
        step = np.linalg.solve(H, gradient[..., None])[..., 0]
        newU = U + step[:, : m * k].reshape(s, m, k)
        newV = V + step[:, m * k :].reshape(s, n, k).transpose(0, 2, 1)
        new_cost = _costs(A, omega, newU, newV)
        better = new_cost <= cost
        U = np.where(better[:, None, None], newU, U)
        V = np.where(better[:, None, None], newV, V)
        small = better & (cost - new_cost <= 1e-15 * cost)
        cost = np.where(better, new_cost, cost)
        damping = np.where(better, np.maximum(damping / 5, 1e-12), np.minimum(damping * 8, 1e6))
        if np.all(small | (damping >= 1e6)):
            break
    return U, V


def _balanced(U: Array, V: Array) -> tuple[Array, Array]:
    """The same product with factors of equal size and orthogonal columns."""
    q, r = np.linalg.qr(U)
    left, singular, right = np.linalg.svd(r @ V, full_matrices=False)
    root = np.sqrt(singular)
    return (q @ left) * root, root[:, None] * right
