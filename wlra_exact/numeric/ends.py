"""How far single entries of a rank-one matrix can go below a cost: the ends of their intervals (proposals only).

With L a combination of minors, M0 the matrix of the cost and a sign +-1, for one entry x_e,

    minimise t   subject to   t E_00 - sign * sym(E_0e) + s (M0 - cutoff E_00) + L >= 0,   s >= 0:

below the cutoff sign * x_e <= t. Divided by s, the multipliers prove the cutoff on the half-space sign * x_e >= t by
rule `minors`, 1 / s being the multiplier of the half-space.

Where the relaxation nearly closes, its matrices below the cutoff are few, and so these intervals are short.

Guarantee: none; ``search.ratios`` keeps only what ``deciders.orthogonal`` proves.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
import scipy.sparse
from flint import fmpq

from wlra_exact.algebra.exact import exact_binary64
from wlra_exact.numeric.convert import Array, approx_array, approx_number
from wlra_exact.numeric.inequalities import Batch, Block
from wlra_exact.numeric.interior import propose_sdp
from wlra_exact.numeric.orthogonal import Multipliers
from wlra_exact.numeric.relaxation import Relaxation
from wlra_exact.numeric.scaling import InnerProducts
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import EntryHalf

__all__ = ["End", "propose_ends"]

#: What is aimed at lies so far above the cutoff, in units of the cost: room for the exact proof.
_ROOM = 1e-4

#: Ends are found up to this share, and are short numbers.
_TOLERANCE = 1e-4
_BITS = 16


@dataclass(frozen=True)
class End:
    """A half-space of one entry on which the cost should reach the cutoff.

    Attributes:
        half: the half-space.
        multipliers: a proposal for the rule `minors` there.
        products: (1, 2) the half-space's multiplier, and 0.
    """

    half: EntryHalf
    multipliers: Multipliers
    products: Array


def propose_ends(
    instance: Instance, cost: fmpq, cutoff: fmpq, expired: Callable[[], bool] = lambda: False
) -> Iterator[End]:
    """Both ends of every observed entry, where the program has an answer.

    Args:
        instance: of rank 1.
        cost: unit of the bounds, positive.
        cutoff: the bound.
        expired: asked before every step of the interior-point method; True ends it.
    """
    A, omega, unit = approx_array(instance.A), approx_array(instance.omega), approx_number(cost)
    inner = InnerProducts.fitted(omega)
    relaxation = Relaxation(A, omega, 1, unit)
    [whole], _ = relaxation.blocks(inner)
    base, F = whole.C[0], whole.combine
    size, count = base.shape[0], relaxation.minors.size
    corner = np.zeros((size, size))
    corner[0, 0] = 1.0
    bar = approx_number(cutoff) / unit + _ROOM
    minors = np.array([F(row) for row in np.eye(1 + count)[1:]]).reshape(count, size * size)
    data = scipy.sparse.csc_array(np.concatenate([[corner.ravel(), (base - bar * corner).ravel()], minors]).T)
    scale = Batch(np.zeros((1, 1, 1)), np.ones((1, 1, 1, 1)), np.array([[1]]))
    objective = -np.eye(2 + count)[0]
    for position, at in enumerate(np.flatnonzero(relaxation.seen[1:]).tolist(), start=1):
        length = float(np.sqrt(unit) * inner.inverse[at, at])  # x_e in units of the block's coordinate
        for sign in (1, -1):
            if expired():
                return
            aim = np.zeros((size, size))
            aim[0, position] = aim[position, 0] = -sign / 2
            found = propose_sdp(
                [Block(aim[None], data), scale], objective, tolerance=_TOLERANCE, max_iterations=30, expired=expired
            )
            share = float(found.y[1])
            if not (found.error <= 10 * _TOLERANCE and share > 0):  # NaN is no answer either
                continue
            fraction, exponent = np.frexp(float(found.y[0]) * length)
            end = float(np.ldexp(np.ceil(np.ldexp(fraction, _BITS)), int(exponent) - _BITS))
            L = np.zeros((A.size, A.size))
            seen = relaxation.seen[1:]
            L[np.ix_(seen, seen)] = (found.y[2:] @ minors).reshape(size, size)[1:, 1:] / share
            multipliers = Multipliers(bar * unit, inner, L, np.zeros((A.shape[1],) * 2), np.zeros((A.shape[0],) * 2))
            half = EntryHalf(divmod(at, A.shape[1]), sign, exact_binary64(end))
            yield End(half, multipliers, np.array([[unit / (share * length), 0.0]]))
