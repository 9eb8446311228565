"""Decide opt < threshold by an open cylindrical algebraic decomposition of the reduced cost on one chart.

On the chart of k pivot rows the reduced cost is f = N/D with D >= 0 a product of Gram determinants, and opt < tau holds
if and only if H = N - tau D takes a negative value: the set {H < 0} is open, the chart is dense, and where D = 0 also
N = 0. So only open cells matter and every sample is rational. NO is evidenced by the cells: one sample in each, with
H >= 0 there.

Guarantee: YES comes with a rational witness whose cost was computed and is below the threshold. NO means that every
open cell was visited. Exhausted budgets and oversized projections are UNKNOWN.

Source: Collins 1975; Strzebonski 2000; paper, Theorem 3.4 (any complete decision procedure for the reals).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flint import fmpq, fmpq_mat, fmpq_mpoly, fmpz

from wlra_exact.algebra.cells import CellBudget, CellSearch, Condition, search_cells
from wlra_exact.algebra.deadline import Unfinished, run_until
from wlra_exact.algebra.projection import level_of
from wlra_exact.algebra.samples import Sample
from wlra_exact.errors import Decision, InternalError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions.lift import best_columns
from wlra_exact.systems.reduced_cost import ReducedCost, chart_matrix, reduced_cost

__all__ = ["MAX_PARAMETERS", "CadAnswer", "decide_cad"]

#: The largest number k(m - k) of chart coordinates.
MAX_PARAMETERS = 3

#: What is tried at once, without a process of its own: the longer side, with one parameter or more, the bits of its
#: numbers and of the threshold.
_SHORT_LINE, _SHORT_SIDE, _SHORT_BITS, _SHORT_THRESHOLD = 12, 4, 64, 512

_NEGATIVE = frozenset({-1})


@dataclass(frozen=True, eq=False)
class CadAnswer:
    """The answer to "is opt < threshold?".

    Attributes:
        decision: YES, NO or UNKNOWN.
        witness: (U, V) of cost below the threshold, with YES.
        search: the cells visited and the projection factors; None when no search was needed.
        reason: why the answer is UNKNOWN; empty otherwise.
    """

    decision: Decision
    witness: tuple[fmpq_mat, fmpq_mat] | None
    search: CellSearch | None
    reason: str


def decide_cad(instance: Instance, threshold: fmpq, budget: CellBudget | None = None) -> CadAnswer:
    """Whether opt < threshold.

    Args:
        instance: k (min(m, n) - k) at most ``MAX_PARAMETERS``.
        threshold: any rational.
        budget: limits on time, for the whole of it, and on cells and degrees.

    Raises:
        UnsupportedError: for more parameters.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = Instance(matrix([[1, 2, 0], [3, 4, 1], [0, 1, 5]]), matrix([[1, 2, 1], [1, 1, 3], [2, 1, 1]]), 1)
    >>> decide_cad(A, fmpq(24)).decision, decide_cad(A, fmpq(23)).decision
    (<Decision.YES: 'yes'>, <Decision.NO: 'no'>)
    """
    m, n = instance.shape
    if threshold <= 0:
        return CadAnswer(Decision.NO, None, None, "")  # the cost is never negative
    if instance.k >= min(m, n):
        raise UnsupportedError(f"rank {instance.k} matches every {m}x{n} matrix: opt is 0")
    parameters = instance.k * (min(m, n) - instance.k)
    if parameters > MAX_PARAMETERS:
        raise UnsupportedError(f"cad takes at most {MAX_PARAMETERS} chart coordinates, got {parameters}")
    budget = (budget or CellBudget()).begun()
    side = _SHORT_LINE if parameters == 1 else _SHORT_SIDE
    if max(m, n) <= side and instance.bits() <= _SHORT_BITS and threshold.height_bits() <= _SHORT_THRESHOLD:
        answer = _decide(instance, threshold, budget.short())
        if answer.decision is not Decision.UNKNOWN:
            return answer
    found = run_until(budget.ends(), _decide, instance, threshold, budget)
    return CadAnswer(Decision.UNKNOWN, None, None, found.reason) if isinstance(found, Unfinished) else found


def _decide(instance: Instance, threshold: fmpq, budget: CellBudget) -> CadAnswer:
    m, n = instance.shape
    upright = instance if m <= n else instance.transpose()
    parameters = instance.k * (min(m, n) - instance.k)
    f = reduced_cost(upright)
    H = f.excess(threshold)
    if level_of(H) == 0:
        return _constant_answer(upright, f, H, threshold, upright is instance)
    search = search_cells([Condition(H, _NEGATIVE)], parameters, True, budget)
    if search.witness is not None:
        U, V = _witness(upright, f, H, search.witness, threshold)
        return CadAnswer(Decision.YES, (U, V) if upright is instance else (V.transpose(), U.transpose()), search, "")
    if search.complete:
        return CadAnswer(Decision.NO, None, search, "")
    return CadAnswer(Decision.UNKNOWN, None, search, search.reason)


def _constant_answer(upright: Instance, f: ReducedCost, H: fmpq_mpoly, threshold: fmpq, is_upright: bool) -> CadAnswer:
    point = [fmpq(1)] * f.context.nvars()
    if H(*point) >= 0:
        return CadAnswer(Decision.NO, None, None, "")
    U, V = _perturbed_witness(upright, f, H, point, threshold)
    return CadAnswer(Decision.YES, (U, V) if is_upright else (V.transpose(), U.transpose()), None, "")


def _witness(
    instance: Instance, f: ReducedCost, H: fmpq_mpoly, sample: Sample, threshold: fmpq
) -> tuple[fmpq_mat, fmpq_mat]:
    return _perturbed_witness(instance, f, H, list(sample.rationals()), threshold)


def _perturbed_witness(
    instance: Instance, f: ReducedCost, H: fmpq_mpoly, point: Sequence[fmpq], threshold: fmpq
) -> tuple[fmpq_mat, fmpq_mat]:
    """A witness at the point or, where columns left out of f cost something there, at a generic point close to it."""
    for step in range(200):
        shift = fmpq(0) if step == 0 else fmpq(1, fmpz(2) ** step)
        moved = [x + shift / (3 + i) for i, x in enumerate(point)]
        if H(*moved) >= 0:
            continue
        U = chart_matrix(instance, f.pivots, moved)
        V = best_columns(instance, U)
        if instance.cost(U, V) < threshold:
            return U, V
    raise InternalError("no generic point near a sample with H < 0 reached the threshold")
