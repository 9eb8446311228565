"""Multi-start descent for the cost of (U, V): the incumbent of the search (proposals only).

    cost(U V) = sum_ij omega_ij (A_ij - (U V)_ij)^2

Alternating weighted least squares, vectorised over all starts [GabrielZamir1979], brings every start near a
stationary point; Levenberg-Marquardt on (U, V) jointly then polishes the best ones to machine precision, where the size
permits. Zero weights make the normal equations singular; a relative ridge of 1e-13 keeps them solvable. They may also
keep the infimum from being attained: for k = 1 a descent in the logarithms follows (``numeric.log_descent``). All of it
happens in units in which the largest entries of A and of omega are near 1, so that no square leaves the range of
double precision.

Guarantee: none. The exact cost of the rounded factors is an upper bound on opt, whatever the floats did.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array, approx_number
from wlra_exact.numeric.decompose import svd
from wlra_exact.numeric.log_descent import polish_in_logarithms
from wlra_exact.numeric.scaling import even_exponent, fit_inner_products
from wlra_exact.problem.instance import Instance

__all__ = ["Candidate", "is_noise", "propose_below", "propose_factors", "propose_minimisers"]

#: Levenberg-Marquardt steps are for so many unknowns (m + n) k at most, or so many that are left once one factor is
#: eliminated; beyond both, alternating sweeps are faster.
_POLISH_UNKNOWNS = 240
_POLISH_ROWS = 16

#: Levenberg-Marquardt steps at most, and random starts in the search for all minimisers.
_POLISH_STEPS = 60
_MINIMISER_STARTS = 48

#: Alternating sweeps at most from a single start, and how many of them tell how fast the cost falls.
_TRIAL_SWEEPS, _TELLING = 24, 3

#: Then rounds of so many sweeps and of polishing, while the cost falls by this part.
_ROUNDS, _ROUND_SWEEPS, _FALL = 20, 60, 1e-13

#: Roots of weights that differ by more binary digits than this differ widely.
_WIDE = 20


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
    A: Array,
    omega: Array,
    k: int,
    *,
    starts: int = 48,
    sweeps: int = 60,
    polish: int = 8,
    seed: int = 0,
    expired: Callable[[], bool] = lambda: False,
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
        expired: asked between sweeps; no further ones follow once it says so.
    """
    A, omega, units = _in_units(A, omega)
    U, V, costs = _polished(A, omega, k, starts, sweeps, polish, seed, expired)
    floor = 1e-9 * float(np.sum(omega * A * A))
    found: list[Candidate] = []
    for s in np.argsort(costs, kind="stable"):
        if not np.isfinite(costs[s]):
            continue
        if not found or costs[s] > found[-1].cost * (1 + 1e-7) + floor * 1e-3:
            found.append(Candidate(*_balanced(U[s], V[s], omega), float(costs[s])))
    if not found:
        m, n = A.shape
        found.append(Candidate(np.zeros((m, k)), np.zeros((k, n)), float(np.sum(omega * A * A))))
    return [_out_of_units(candidate, units) for candidate in found]


def propose_minimisers(A: Array, omega: Array, k: int) -> list[Candidate]:
    """Factor pairs of different products whose cost is the least that was found, up to rounding.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of the squared residuals.
        k: rank.
    """
    A, omega, units = _in_units(A, omega)
    U, V, costs = _polished(A, omega, k, _MINIMISER_STARTS, 60, _MINIMISER_STARTS, 0, lambda: False)
    costs = np.where(np.isfinite(costs), costs, np.inf)
    least, size = float(costs.min()), float(np.sum(omega * A * A))
    found: list[Candidate] = []
    for s in np.argsort(costs, kind="stable"):
        if not costs[s] <= least * (1 + 1e-9) + 1e-15 * size:
            break
        X = U[s] @ V[s]
        if all(np.sum(omega * (X - other.U @ other.V) ** 2) > 1e-8 * size for other in found):
            found.append(Candidate(*_balanced(U[s], V[s], omega), float(costs[s])))
    return [_out_of_units(candidate, units) for candidate in found]


def propose_below(A: Array, omega: Array, U: Array, goal: float, *, thorough: bool = False) -> Candidate | None:
    """A stationary point that costs less than a goal, from a single start; None where none is in sight.

    Sweeps end below the goal, or when the cost, falling on at its present rate, would not come there. So a start in the
    basin of a known minimum costs a few sweeps, and a start near enough to a better one always gets there.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of the squared residuals.
        U: (m, k) row factor to start from.
        goal: a cost.
        thorough: whether to polish in any case: some fifty times as much work as a few sweeps.

    >>> A, omega = np.diag([2.0, 1.0]), np.ones((2, 2))
    >>> [propose_below(A, omega, np.array([[1.0], [0.5]]), goal) is None for goal in (0.99, 1.01)]
    [True, False]
    """
    A, omega, units = _in_units(A, omega)
    goal = float(np.ldexp(goal, -2 * units[0] - units[1]))
    row_factors = U[None]
    V = _fit_rows(row_factors, omega, A)
    cost, gain = float(_costs(A, omega, row_factors, V)[0]), np.inf
    for sweep in range(_TRIAL_SWEEPS):
        if cost < goal:
            break
        row_factors, V = _swept(A, omega, row_factors, V, 1, lambda: False)
        before, last = cost, gain
        cost = float(_costs(A, omega, row_factors, V)[0])
        gain = before - cost
        if gain <= 0 and not thorough:
            return None
        # At the rate gain / last a sum of gain^2 / (last - gain) is still to come.
        if not thorough and sweep >= _TELLING and gain < last and (cost - goal) * (last - gain) > gain * gain:
            return None
    if not (thorough or cost < goal):
        return None
    for _ in range(_ROUNDS):
        row_factors, V = _refined(A, omega, row_factors, V, _ROUND_SWEEPS, lambda: False)
        before, cost = cost, float(_costs(A, omega, row_factors, V)[0])
        if not cost < goal:
            return None
        if not cost < before * (1 - _FALL):
            break
        row_factors, V = _swept(A, omega, row_factors, V, _ROUND_SWEEPS, lambda: False)
    return _out_of_units(Candidate(*_balanced(row_factors[0], V[0], omega), cost), units)


def _in_units(A: Array, omega: Array) -> tuple[Array, Array, tuple[int, int]]:
    """A and omega with largest entries near 1, and the exponents of the powers of two that were taken out."""
    units = even_exponent(A), even_exponent(omega)
    return np.ldexp(A, -units[0]), np.ldexp(omega, -units[1]), units


def _out_of_units(candidate: Candidate, units: tuple[int, int]) -> Candidate:
    a, w = units
    U, V = (np.ldexp(factor, a // 2) for factor in (candidate.U, candidate.V))
    return Candidate(U, V, float(np.ldexp(candidate.cost, 2 * a + w)))


def _polished(
    A: Array, omega: Array, k: int, starts: int, sweeps: int, polish: int, seed: int, expired: Callable[[], bool]
) -> tuple[Array, Array, Array]:
    """The best stationary points of a multi-start descent, and their costs."""
    m = A.shape[0]
    scale = float(np.sqrt(np.max(np.abs(A), initial=0))) or 1.0
    rng = np.random.default_rng(seed)
    U = rng.standard_normal((starts + 1, m, k)) * scale
    # Exact for weights of rank one; elsewhere a start like another.
    g2, g1 = fit_inner_products(omega)
    left, singular, _ = svd(A * np.sqrt(np.outer(g2, g1)))
    r = min(k, singular.size)
    U[0, :, :r] = left[:, :r] / np.sqrt(g2)[:, None]
    V = _fit_rows(U, omega, A)
    # Few sweeps for all, the rest for the better half: most starts fall into few basins.
    for share, count in ((1.0, sweeps // 3), (0.5, sweeps - sweeps // 3)):
        order = np.argsort(_costs(A, omega, U, V), kind="stable")[: max(1, int(share * U.shape[0]))]
        U, V = U[order], V[order]
        U, V = _swept(A, omega, U, V, count, expired)
    order = np.argsort(_costs(A, omega, U, V), kind="stable")[:polish]
    U, V = _refined(A, omega, U[order], V[order], 10 * sweeps, expired)
    return U, V, _costs(A, omega, U, V)


def _refined(
    A: Array, omega: Array, U: Array, V: Array, sweeps: int, expired: Callable[[], bool]
) -> tuple[Array, Array]:
    """Stationary points near the candidates; for large ones, so many sweeps."""
    _, m, k = U.shape
    if (m + A.shape[1]) * k <= _POLISH_UNKNOWNS or m * k <= _POLISH_ROWS:
        U, V = _levenberg_marquardt(A, omega, U, V)
        if k == 1 and not np.all(omega):
            for s in range(U.shape[0]):
                U[s, :, 0], V[s, 0] = polish_in_logarithms(A, omega, U[s, :, 0], V[s, 0])
    else:
        U, V = _swept(A, omega, U, V, sweeps, expired)
    return U, V


def _swept(A: Array, omega: Array, U: Array, V: Array, count: int, expired: Callable[[], bool]) -> tuple[Array, Array]:
    """The factors after so many alternating sweeps, or fewer."""
    for _ in range(count):
        if expired():
            break
        U = _fit_rows(V.transpose(0, 2, 1), omega.T, A.T).transpose(0, 2, 1)
        V = _fit_rows(U, omega, A)
    return U, V


def is_noise(cost: float, instance: Instance) -> bool:
    """Whether a cost in floating point is rounding noise beside cost(0)."""
    return cost <= 1e-14 * approx_number(instance.norm())


def _costs(A: Array, omega: Array, U: Array, V: Array) -> Array:
    R = A - U @ V
    return np.asarray(np.sum(omega * R * R, axis=(1, 2)))


def _fit_rows(U: Array, omega: Array, A: Array) -> Array:
    """V of shape (s, k, n): the weighted least squares fit of every column of A to the columns of U[s]."""
    s, _, k = U.shape
    normal = (omega.T @ _outer(U)).reshape(s, -1, k, k)
    right = U.transpose(0, 2, 1) @ (omega * A)
    if k == 1:
        return np.asarray(right / (normal[..., 0, 0] * (1 + 1e-13) + 1e-300)[:, None, :])
    ridge = 1e-13 * np.einsum("snkk->sn", normal) + 1e-300
    normal = normal + ridge[..., None, None] * np.eye(k)
    return np.asarray(np.linalg.solve(normal, right.transpose(0, 2, 1)[..., None])[..., 0].transpose(0, 2, 1))


def _levenberg_marquardt(A: Array, omega: Array, U: Array, V: Array) -> tuple[Array, Array]:
    """Damped Gauss-Newton steps with the exact Hessian's shape, for all candidates at once.

    With R = A - U V the normal equations for steps P of U and Q of V^T are, in blocks for rows i and columns j,

        H_i P_i + sum_j B_ij Q_j = sum_j omega_ij R_ij v_j,   sum_i B_ij^T P_i + G_j Q_j = sum_i omega_ij R_ij u_i,
        H_i = sum_j omega_ij v_j v_j^T,   G_j = sum_i omega_ij u_i u_i^T,   B_ij = omega_ij v_j u_i^T,

    plus the damping on the diagonal. Eliminating the Q_j leaves mk unknowns.
    """
    s, m, k = U.shape
    n = A.shape[1]
    V = V.transpose(0, 2, 1)
    damping, nothing = np.full(s, 1e-3), 1e-30 * np.sum(omega * A * A)
    residual = A - U @ V.transpose(0, 2, 1)
    cost = np.sum(omega * residual * residual, axis=(1, 2))
    for left in reversed(range(_POLISH_STEPS)):
        H = (omega @ _outer(V)).reshape(s, m, k, k)
        G = (omega.T @ _outer(U)).reshape(s, n, k, k)
        size = np.einsum("smkk->s", H) + np.einsum("snkk->s", G)
        shift = (damping * (size / ((m + n) * k) + 1e-200))[:, None, None, None] * np.eye(k)
        weighted = omega * residual
        inverse = np.linalg.inv(G + shift)
        B = np.einsum("mn,snk,sml->smknl", omega, V, U)
        eliminated = np.einsum("smknl,snlp->smknp", B, inverse).reshape(s, m * k, n * k)
        B = B.reshape(s, m * k, n * k)
        schur = -(eliminated @ B.transpose(0, 2, 1))
        np.einsum("smkml->smkl", schur.reshape(s, m, k, m, k))[...] += H + shift
        right = (weighted.transpose(0, 2, 1) @ U).reshape(s, n * k, 1)
        P = np.linalg.solve(schur, (weighted @ V).reshape(s, m * k, 1) - eliminated @ right)
        Q = inverse @ (right - B.transpose(0, 2, 1) @ P).reshape(s, n, k, 1)
        new_U, new_V = U + P.reshape(s, m, k), V + Q.reshape(s, n, k)
        new_residual = A - new_U @ new_V.transpose(0, 2, 1)
        new_cost = np.sum(omega * new_residual * new_residual, axis=(1, 2))
        noise = 1e-15 * cost + nothing
        better = new_cost <= cost + noise  # rounding must not refuse the last step
        gain = np.where(better, cost - new_cost, 0.0)
        U = np.where(better[:, None, None], new_U, U)
        V = np.where(better[:, None, None], new_V, V)
        residual = np.where(better[:, None, None], new_residual, residual)
        cost = np.where(better, new_cost, cost)
        damping = np.where(better, np.maximum(damping / 5, 1e-12), np.minimum(damping * 8, 1e6))
        # Some are stationary; others would not catch up with the best in the steps that are left.
        still = better & (gain <= noise) & (damping < 1e-5) | (damping >= 1e6)
        behind = better & (cost - np.nanmin(cost) > left * gain) & (gain < 1e-3 * cost)
        if np.all(still | behind):
            break
    return U, V.transpose(0, 2, 1)


def _outer(U: Array) -> Array:
    """(s, m, k k): the products of the entries of each row of U[s]."""
    s, m, k = U.shape
    return (U[:, :, :, None] * U[:, :, None, :]).reshape(s, m, k * k)


def _balanced(U: Array, V: Array, omega: Array) -> tuple[Array, Array]:
    """The same product with factors of equal size and orthogonal columns.

    Where the weights of rows (or columns) differ widely they are evened out meanwhile: a small row with large weights
    would drown in the rounding errors of large ones with small weights.
    """
    rows, columns = _exponents(omega), _exponents(omega.T)
    q, r = np.linalg.qr(np.ldexp(U, -rows[:, None]))
    left, singular, right = svd(r @ np.ldexp(V, -columns))
    root = np.sqrt(singular)
    return np.ldexp((q @ left) * root, rows[:, None]), np.ldexp(root[:, None] * right, columns)


def _exponents(omega: Array) -> NDArray[np.intc]:
    """Of powers of two near 1 / sqrt(the largest weight of each row); 0 for all where these differ little."""
    largest = omega.max(axis=1)
    exponents = np.where(largest > 0, -np.frexp(largest)[1] // 2, 0)
    told = exponents[largest > 0]
    return exponents if told.size and np.ptp(told) > _WIDE else np.zeros_like(exponents)
