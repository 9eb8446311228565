"""Better inner products for the relaxation behind `minors` and `orthogonal` (proposals only).

The bound v(G2, G1) of ``numeric.relaxation`` is not concave in the inner products, but its program depends on them
bilinearly: B = G2 (x) Y1 + Y2 (x) G1. With G2 = G1 = I (scaled coordinates) and the multipliers Y1, Y2 of a solution, a
step dG2, dG1 changes B by dG2 (x) Y1 + Y2 (x) dG1 up to terms of second order. So every step solves the relaxation
with dG2 and dG1 as further variables,

    B = I (x) Y1' + Y2' (x) I + dG2 (x) Y1 + Y2 (x) dG1,    -r I <= dG2, dG1 <= r I,

and the radius r follows the quality of the prediction (sequential semidefinite programming with a trust region). The
inner products leave the diagonal where that helps: a few steps usually make the relaxation tight, where fixed ones
leave some per cent.

Guarantee: none; ``deciders.orthogonal`` rounds and checks exactly.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import scipy.sparse

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.inequalities import Batch, Block, Constraint
from wlra_exact.numeric.interior import propose_sdp
from wlra_exact.numeric.orthogonal import Multipliers
from wlra_exact.numeric.relaxation import Relaxation, Solution, padded
from wlra_exact.numeric.scaling import InnerProducts, few_bits
from wlra_exact.numeric.symmetric import unit_matrices

__all__ = ["improve", "near", "propose_bound", "short_of"]

#: Entries of the inner products are rounded to so many bits.
_BITS = 20

#: Radii of the trust region: the first, the largest (below 1, so that G + dG > 0), and the least that is worth a try.
_FIRST_RADIUS, _LARGEST_RADIUS, _LEAST_RADIUS = 0.5, 0.8, 0.03

#: Solutions with larger errors are not trusted: their values may mean nothing.
_TRUSTED = 1e-4

#: Steps of the inner products on all matrices.
_STEPS = 12

#: Relative gap below which double precision tells nothing apart.
_DOUBLE = 1e-9


def propose_bound(
    A: Array,
    omega: Array,
    k: int,
    cost: float,
    *,
    target: float = 1e-8,
    expired: Callable[[], bool] = lambda: False,
) -> Multipliers:
    """The best multipliers found for the relaxation on all matrices, whatever bound they reach.

    Args:
        A: (m, n) data.
        omega: (m, n) weights of squared residuals.
        k: rank.
        cost: cost of the incumbent, positive; fixes the units.
        target: relative gap at which to stop; below 1e-9 double precision has no more to say.
        expired: asked between the steps; True ends the search with what it has.
    """
    relaxation = Relaxation(A, omega, k, cost)
    enough = 1 - max(target, _DOUBLE)
    first = relaxation.solve(InnerProducts.fitted(omega), stop=short_of(enough), expired=expired)
    if k == 1:
        return first.multipliers
    return improve(relaxation, first, enough, short_of(enough), steps=_STEPS, expired=expired).multipliers


def improve(
    relaxation: Relaxation,
    solution: Solution,
    enough: float,
    stop: Callable[[float, float], bool],
    *,
    steps: int,
    paying: float = 0.05,
    expired: Callable[[], bool] = lambda: False,
) -> Solution:
    """A solution at better inner products, or the given one.

    Args:
        relaxation: the program, k >= 2.
        solution: where to start.
        enough: bound at which to stop, in units of the cost.
        stop: when to stop the interior-point method, ``short_of(enough)`` or ``near(enough)``.
        steps: at most so many steps.
        paying: stop where a step closes, or promises to close, less than this share of the distance to ``enough``.
        expired: asked now and then; True ends the search.
    """
    cost = relaxation.cost
    radius = _FIRST_RADIUS
    for _ in range(steps):
        missing = enough - solution.value / cost
        if missing <= 0 or expired():
            break
        inner, value = _step(relaxation, solution, radius, expired)
        hoped = value - solution.value / cost
        if hoped < paying * missing:
            break
        # A program that was not solved well may move the inner products beyond the trust region.
        found = relaxation.solve(inner, stop=stop, expired=expired) if inner.definite else solution
        gain = (found.value - solution.value) / cost if found.error < _TRUSTED else 0.0
        if gain <= 0:
            radius /= 3
            if radius < _LEAST_RADIUS:
                break
            continue
        ratio = gain / hoped
        radius = min(_LARGEST_RADIUS, radius * 2) if ratio > 0.5 else radius if ratio > 0.2 else radius / 2
        solution = found
        if gain < paying * missing:
            break
    return solution


def short_of(enough: float) -> Callable[[float, float], bool]:
    """Stops the interior-point method when it is plain how far below ``enough`` it ends."""
    return lambda primal, dual: primal < enough and primal - dual < 2e-3 * (1.0 - primal)


def near(enough: float) -> Callable[[float, float], bool]:
    """Stops the interior-point method there too, and above ``enough``."""
    short = short_of(enough)
    return lambda primal, dual: dual >= enough or short(primal, dual)


def _step(
    relaxation: Relaxation, solution: Solution, radius: float, expired: Callable[[], bool]
) -> tuple[InnerProducts, float]:
    """The next inner products, and the bound that the linear model hopes for."""
    m, n = relaxation.A.shape
    inner = solution.multipliers.inner
    Y1, Y2 = solution.multipliers.Y1, solution.multipliers.Y2
    # Multiples of an inner product give the same bound: its last diagonal entry stays.
    units2, units1 = unit_matrices(m)[:-1], unit_matrices(n)[:-1]
    moves = scipy.sparse.csc_array(
        np.array([np.kron(E, Y1).ravel() for E in units2] + [np.kron(Y2, E).ravel() for E in units1]).T
    )
    (K, M, *rest), objective = relaxation.blocks(inner)
    share = 1 - 1 / relaxation.k
    size = objective.size
    constraints: list[Constraint] = [_beside(K, -moves), _beside(M, share * padded(moves, m * n)), *rest]
    for E, first in ((units2, size), (units1, size + len(units2))):
        index = np.tile(first + np.arange(len(E)), (2, 1))
        constraints.append(Batch(np.tile(radius * np.eye(E.shape[1]), (2, 1, 1)), np.stack([E, -E]), index))

    def stop(primal: float, dual: float) -> bool:
        return dual >= 1 or (primal < 1 and primal - dual < 1e-2 * (1.0 - primal))

    result = propose_sdp(constraints, np.concatenate([objective, np.zeros(moves.shape[1])]), stop=stop, expired=expired)
    change2, change1 = np.split(result.y[size:], [len(units2)])
    new2 = inner.C2 @ (np.eye(m) + np.tensordot(change2, units2, 1)) @ inner.C2.T
    new1 = inner.C1 @ (np.eye(n) + np.tensordot(change1, units1, 1)) @ inner.C1.T
    return InnerProducts(few_bits(new2, _BITS), few_bits(new1, _BITS)), result.value


def _beside(block: Constraint, F: scipy.sparse.csc_array) -> Block:
    """The inequality with further variables."""
    if not isinstance(block, Block):
        raise TypeError("K and M are single blocks")
    return Block(block.C, scipy.sparse.hstack([block.F, F]).tocsc())
