"""One branch-and-bound node: which bound to try to prove on a box, and where to cut it (proposals only).

Guarantee: none; ``search.branch`` keeps only what ``deciders.columns`` proves.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from flint import fmpq

from wlra_exact.numeric.columns import NodeProposal, propose_node
from wlra_exact.numeric.convert import Array, approx_array, approx_number, dyadic_number
from wlra_exact.problem.charts import Box
from wlra_exact.problem.instance import Instance

__all__ = ["NodeGuess", "propose_cut"]

#: Cuts lie on a grid of this many bits of the box's width, at least a tenth of it away from the ends.
_CUT_BITS = 10
_MARGIN = 0.8


@dataclass(frozen=True)
class NodeGuess:
    """What to prove on a box and where to cut it.

    Attributes:
        proposal: multipliers.
        thresholds: positive bounds to try, the best first.
        coordinate: of the largest pseudo-variance.
        point: a rational near its pseudo-mean.
    """

    proposal: NodeProposal
    thresholds: tuple[fmpq, ...]
    coordinate: int
    point: fmpq


def propose_cut(
    instance: Instance, box: Box, cost: fmpq, cutoff: fmpq, expired: Callable[[], bool] = lambda: False
) -> NodeGuess:
    """Bound a box in floating point and choose its cut.

    Args:
        instance: the problem.
        box: where.
        cost: unit of the bounds, positive.
        cutoff: bound at which the node is closed.
        expired: asked before every step of the interior-point method; True ends it.
    """
    A, omega = _arrays(instance)
    unit = approx_number(cost)
    # Stopping a little above the cutoff leaves room for the exact proof.
    relative = approx_number(cutoff / cost)
    proposal = propose_node(A, omega, box, unit, relative + 0.2 * max(1 - relative, 1e-9), expired)
    thresholds = [cutoff] if proposal.value >= relative else []
    for slack in (1e-5, 1e-3, 2e-2):
        value = min(proposal.value, relative) - slack * (1 + abs(proposal.value))
        if value > 0:
            thresholds.append(cost * dyadic_number(value, 24))
    radius = np.array([approx_number(r) for r in box.radius])
    spread = np.maximum(proposal.variance, 0.0) * radius**2
    coordinate = int(np.argmax(spread)) if spread.max(initial=0.0) > 0 else int(np.argmax(radius))
    xi = float(np.clip(np.nan_to_num(proposal.mean[coordinate]), -_MARGIN, _MARGIN))
    steps = round(xi * 2**_CUT_BITS)
    point = box.centre[coordinate] + box.radius[coordinate] * fmpq(steps, 2**_CUT_BITS)
    return NodeGuess(proposal, tuple(thresholds), coordinate, point)


@lru_cache(maxsize=16)
def _arrays(instance: Instance) -> tuple[Array, Array]:
    return approx_array(instance.A), approx_array(instance.omega)
