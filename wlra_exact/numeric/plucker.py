"""Proposals for rule `plucker`: prices in the minors of U, and sums of squares that show them (proposals only).

In the notation of ``problem.plucker`` we maximise t over quadratic forms s_g with sum_g s_g = t |p|^2 such that

    |p|^2 num_g - s_g den_g = z^T M_g z + multiples of the relations,    M_g >= 0,

where the monomials z of degree 2 are those of ``numeric.minor_forms``: num_g and den_g are forms in minors of rows with
weights, so no others can occur. The program has an interior, since prices may be negative. Its prices and multipliers
are rounded to dyadic numbers, and so are factors of matrices a little below M_g.

Guarantee: none; ``deciders.plucker`` checks exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq

from wlra_exact.algebra.psd import PsdProof
from wlra_exact.numeric.convert import Array, approx_number, dyadic_integers, dyadic_number
from wlra_exact.numeric.inequalities import Batch
from wlra_exact.numeric.interior import SdpResult, propose_sdp
from wlra_exact.numeric.minor_forms import FormSpace, kept_pairs
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.problem.plucker import Group, times

__all__ = ["Prices", "propose_prices"]

#: Binary digits of prices and multipliers below the largest.
_BITS = 52

#: Binary digits of the factors.
_FACTOR_BITS = 46

#: Shares of the least eigenvalue of the normalised matrix that are left to the remainder.
_SHARES = (0.5, 0.2, 0.8)


@dataclass(frozen=True)
class Prices:
    """Candidates for the numbers of a proof.

    Attributes:
        threshold: t.
        prices: (G - 1, pairs) coefficients of all forms s_g but the last.
        multipliers: (relations, pairs) of each group.
        factors: of matrices near M_g on the basis of each group, with different remainders; none without an interior.
    """

    threshold: fmpq
    prices: Dyadic
    multipliers: tuple[Dyadic, ...]
    factors: tuple[tuple[PsdProof, ...], ...]


def propose_prices(
    groups: Sequence[Group], cost: fmpq, target: fmpq, expired: Callable[[], bool] = lambda: False
) -> Prices:
    """Prices with a threshold near the best.

    Args:
        groups: of columns, at least one.
        cost: an upper bound on opt, above 0.
        target: relative gap to the cost that is wanted.
        expired: asked at every step.
    """
    spaces = [FormSpace.of(group) for group in groups]
    scales = [sum(approx_number(x) for x in group.den.values()) for group in groups]
    kept, unit = kept_pairs(groups[0]), approx_number(cost)
    constraints = _constraints(groups, spaces, scales, kept, unit)
    others = (len(groups) - 1) * len(kept)
    b = np.zeros(1 + others + sum(len(space.kernel) for space in spaces))
    b[0] = 1
    enough = 1 - approx_number(target) / 4
    result = propose_sdp(constraints, b, stop=lambda _, value: value >= enough, expired=expired)
    return _read(groups, spaces, scales, constraints, result, kept, unit)


def _constraints(
    groups: Sequence[Group], spaces: Sequence[FormSpace], scales: Sequence[float], kept: Sequence[int], unit: float
) -> list[Batch]:
    """M_g / (scale unit) as a function of t / unit, of the prices / unit, and of the directions of its space."""
    last, start = len(groups) - 1, 1 + (len(groups) - 1) * len(kept)
    shared, constraints = start, []
    for g, (group, space, scale) in enumerate(zip(groups, spaces, scales, strict=True)):
        lifts = np.stack([space.matrix(times(group.den, {group.pairs[i]: fmpq(1)})) for i in kept]) / scale
        if g < last:
            moves, index = -lifts, [*range(1 + g * len(kept), 1 + (g + 1) * len(kept))]
        else:
            whole = space.matrix(times(group.den, group.square)) / scale
            moves, index = np.concatenate([-whole[None], *[lifts] * last]), [*range(shared)]
        index += range(start, start + len(space.kernel))
        start += len(space.kernel)
        F = np.concatenate([moves, space.kernel])[None]
        C = space.matrix(times(group.num, group.square)) / (scale * unit)
        constraints.append(Batch(C[None], F, np.array(index)[None]))
    return constraints


def _read(
    groups: Sequence[Group],
    spaces: Sequence[FormSpace],
    scales: Sequence[float],
    constraints: Sequence[Batch],
    result: SdpResult,
    kept: Sequence[int],
    unit: float,
) -> Prices:
    last, threshold = len(groups) - 1, dyadic_number(unit * float(result.y[0]), _BITS)
    prices = np.zeros((last, len(groups[0].pairs)))
    prices[:, kept] = unit * result.y[1 : 1 + last * len(kept)].reshape(last, len(kept))
    multipliers, factors = [], []
    for g, (group, space, scale, part) in enumerate(zip(groups, spaces, scales, constraints, strict=True)):
        M = space.whole((part.C + part.combine(result.y))[0]) * (scale * unit)
        form = space.vector(times(group.num, group.square))
        form -= space.product(group.den, prices[g] if g < last else -prices.sum(axis=0))
        if g == last:
            form -= approx_number(threshold) * space.vector(times(group.den, group.square))
        multipliers.append(_rounded(space.multipliers(form - space.expanded(M))))
        factors.append(_factors(M))
    return Prices(threshold, _rounded(prices), tuple(multipliers), tuple(factors))


def _factors(M: Array) -> tuple[PsdProof, ...]:
    """Factors of matrices a little below M."""
    if M.diagonal().min() <= 0:
        return ()
    levels = np.frexp(M.diagonal())[1] // 2
    normal = np.ldexp(M, -(levels[:, None] + levels))
    least = float(np.linalg.eigvalsh(normal)[0])
    found = []
    for share in _SHARES if least > 0 else ():
        try:
            lower = np.linalg.cholesky(normal - share * least * np.eye(len(M)))
        except np.linalg.LinAlgError:
            continue
        exponents = tuple(int(level) - _FACTOR_BITS for level in levels)
        f = dyadic_integers(lower, -_FACTOR_BITS).tolist()
        found.append(PsdProof(exponents, [[int(x) for x in row[: i + 1]] for i, row in enumerate(f)]))
    return tuple(found)


def _rounded(A: Array) -> Dyadic:
    """The nearest dyadic matrix with so many binary digits in its largest entry."""
    return Dyadic.of(A, int(np.frexp(np.abs(A).max(initial=0.0))[1]) - _BITS)
