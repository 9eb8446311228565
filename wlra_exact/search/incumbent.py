"""The incumbent of a leaf: descents in floating point, and the exact cost of what they find.

A descent is cheap beside any lower bound, so a first one has few starts, of which the best are polished. Its best value
is a local minimum all the same: where the cheap lower bounds leave a gap, either they are not tight or it is not the
least, and branching against a cost that is not the least never ends. So a second descent, with more starts and all
of the better half polished, comes before branching. And branching itself looks further: what a descent from the points
of its nodes finds becomes the incumbent here.

Guarantee: the cost of a witness is exact, and at least opt.
"""

from __future__ import annotations

import time

from flint import fmpq

from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import Candidate, propose_factors
from wlra_exact.problem.instance import Instance
from wlra_exact.search.progress import Budget
from wlra_exact.search.witness import Witness, best_witness

__all__ = ["descend", "descend_further", "improved"]

#: With missing entries, rank 2 or more, and at most so many chart coordinates and entries, the incumbent is improved
#: with one factor eliminated: its infimum need not be attained.
_PROJECTED = 12
_PROJECTED_ENTRIES = 150

#: A second descent, on at most so many unknowns (m + n) k: so many starts, sweeps for each, and starts to polish.
_FURTHER_UNKNOWNS = 60
_FURTHER_STARTS = 300
_FURTHER_SWEEPS = 20
_FURTHER_POLISHED = 60


def descend(leaf: Instance, seed: int, budget: Budget) -> tuple[Candidate, Witness]:
    """Factors of low cost; ends at half of the time that is left.

    >>> from wlra_exact.algebra.exact import matrix
    >>> leaf = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> descend(leaf, 0, Budget.of(None))[1].cost
    1
    """
    A, omega = approx_array(leaf.A), approx_array(leaf.omega)
    halfway = budget.halfway_ns
    found = propose_factors(
        A, omega, leaf.k, seed=seed, expired=lambda: halfway is not None and time.monotonic_ns() >= halfway
    )[0]
    return _with_witness(leaf, found)


def descend_further(leaf: Instance, seed: int) -> tuple[Candidate, Witness] | None:
    """The same from more starts, other ones than those of ``descend``; None for a large leaf.

    >>> from wlra_exact.algebra.exact import matrix
    >>> leaf = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> descend_further(leaf, 0)[1].cost
    1
    """
    if sum(leaf.shape) * leaf.k > _FURTHER_UNKNOWNS:
        return None
    A, omega = approx_array(leaf.A), approx_array(leaf.omega)
    found = propose_factors(
        A,
        omega,
        leaf.k,
        starts=_FURTHER_STARTS,
        sweeps=_FURTHER_SWEEPS,
        polish=_FURTHER_POLISHED,
        seed=seed + 1,
    )[0]
    return _with_witness(leaf, found)


def improved(leaf: Instance, candidate: Candidate, cost: fmpq) -> tuple[Candidate, Witness] | None:
    """A better incumbent from a candidate; None unless its exact cost is less than that of the incumbent.

    >>> from wlra_exact.algebra.exact import matrix
    >>> leaf = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    >>> candidate = descend(leaf, 0, Budget.of(None))[0]
    >>> [improved(leaf, candidate, fmpq(cost)) is None for cost in (1, 2)]
    [True, False]
    """
    found, witness = _with_witness(leaf, candidate)
    return (found, witness) if witness.cost < cost else None


def _with_witness(leaf: Instance, found: Candidate) -> tuple[Candidate, Witness]:
    """The candidate, with one factor eliminated where that may help, and the exact cost of what it is rounded to."""
    coordinates = leaf.k * (leaf.shape[0] - leaf.k)
    small = 0 < coordinates <= _PROJECTED and len(leaf.A.entries()) <= _PROJECTED_ENTRIES
    if leaf.k > 1 and small and 0 in leaf.omega.entries():
        # SciPy's optimisers take longer to import than most instances take to solve.
        from wlra_exact.numeric.variable_projection import propose_projected

        found = propose_projected(approx_array(leaf.A), approx_array(leaf.omega), found)
    return found, best_witness(leaf, found.U)
