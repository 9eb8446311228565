"""Rule `columns`: a lower bound on a chart box, column by column.

On the box R = c + r o xi the cost of column j is cost_j(xi, v). With price polynomials s_j of degree 2, positive
semidefinite S_a and t_a >= 0,

    M_j = cost_j - s_j - sum_a (1 - xi_a^2) (1, v_l) S_a (1, v_l)^T + relations >= 0   in the monomials of
    ``problem.charts``, sum_j s_j - tau - sum_a t_a (1 - xi_a^2) >= 0                                      in the
    monomials (1, xi),

imply cost(X) >= sum_j cost_j >= sum_j s_j >= tau on the box. This is the elimination of V column by column, made
checkable: the size of each matrix depends on k and m only, the number of matrices on n. Statement and proof:
``docs/certificate-format.md``.

Guarantee: a returned ``LowerProof`` has passed the exact check.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import canonical, power_of_two
from wlra_exact.algebra.psd import PsdProof
from wlra_exact.certificate import Json, LowerProof, encode_rows, encode_triangle
from wlra_exact.numeric.cholesky import propose_fine_proof
from wlra_exact.numeric.columns import Column, NodeProposal
from wlra_exact.numeric.factor import propose_psd_proof
from wlra_exact.numeric.grids import propose_column_variables, propose_nonnegative
from wlra_exact.numeric.newton import CriticalPoint
from wlra_exact.numeric.sharp_columns import propose_sharp_columns
from wlra_exact.problem.charts import Box
from wlra_exact.problem.instance import Instance

__all__ = ["column_matrix", "prove_nothing", "prove_on_box", "prove_sharp_on_box", "total_matrix"]


def prove_on_box(
    instance: Instance, box: Box, proposal: NodeProposal, cost: fmpq, threshold: fmpq
) -> LowerProof | None:
    """A proof that cost >= threshold on the box, or None.

    Args:
        instance: the problem.
        box: where.
        proposal: floating-point prices and multipliers, in units of ``cost``.
        cost: that unit.
        threshold: the bound to prove.
    """
    variables = [
        propose_column_variables(column.form, floats, cost)
        for column, floats in zip(proposal.columns, proposal.variables, strict=True)
    ]
    total = propose_nonnegative(proposal.total_box, cost)
    return _exact_proof(instance, box, proposal.columns, variables, total, threshold, propose_psd_proof)


def prove_sharp_on_box(
    instance: Instance, box: Box, point: CriticalPoint, proposal: NodeProposal, cost: fmpq, slack: fmpq
) -> LowerProof | None:
    """A proof that the cost on a box is at least that of a minimiser inside it minus ``slack``, or None.

    Args:
        instance: the problem.
        box: where.
        point: a minimiser in the interior of the box, with ``matrix_bits(instance, slack)`` correct bits.
        proposal: tight at the point in double precision, in units of ``cost``.
        cost: that unit.
        slack: positive.

    Raises:
        DegenerateError: when no multipliers near the proposal are tight at the point.
    """
    sharp = propose_sharp_columns(instance, box, point, proposal, cost, slack)
    bits = point.working_bits
    variables = [(sharp.exponent, integers) for integers in sharp.variables]
    total = (0, [0] * len(box.lower))
    return _exact_proof(
        instance, box, proposal.columns, variables, total, sharp.threshold, lambda M: propose_fine_proof(M, bits)
    )


def _exact_proof(
    instance: Instance,
    box: Box,
    columns: Sequence[Column],
    variables: Sequence[tuple[int, list[int]]],
    total: tuple[int, list[int]],
    threshold: fmpq,
    find: Callable[[fmpq_mat], PsdProof | None],
) -> LowerProof | None:
    """The proof from (exponent, integers) for each column and for the box terms of the total, if its matrices allow."""
    prices: list[tuple[Column, list[fmpq]]] = []
    encoded: list[Json] = []
    for column, (exponent, integers) in zip(columns, variables, strict=True):
        unit = power_of_two(exponent)
        values = [x * unit for x in integers]
        psd = find(column_matrix(instance, box, column, values)) if _box_terms_hold(column, integers) else None
        if psd is None:
            return None
        prices.append((column, values))
        encoded.append(
            {
                "column": column.index,
                "bare": [l for l, bare in enumerate(column.form.bare) if bare],
                "exponent": exponent,
                "variables": encode_rows([integers])[0],
                "psd": encode_triangle(psd.exponents, psd.factor),
            }
        )
    unit = power_of_two(total[0])
    psd = find(total_matrix(len(box.lower), prices, threshold, [t * unit for t in total[1]]))
    if psd is None:
        return None
    payload = _payload(box, threshold, *total, encode_triangle(psd.exponents, psd.factor), encoded)
    return LowerProof("columns", threshold, payload)


def _box_terms_hold(column: Column, integers: list[int]) -> bool:
    """Whether every S_a is positive semidefinite."""
    for start, (_, l) in zip(column.form.box_offsets, column.form.coordinates, strict=False):
        first = integers[start]
        if first < 0:
            return False
        if not column.form.bare[l]:
            mixed, last = integers[start + 1], integers[start + 2]
            if last < 0 or first * last < mixed * mixed:
                return False
    return True


def prove_nothing(box: Box) -> LowerProof:
    """The proof that cost >= 0 on the box: no column takes part."""
    d = len(box.lower)
    zero = {"exponents": [0] * (1 + d), "factor": encode_rows([0] * (i + 1) for i in range(1 + d))}
    return LowerProof("columns", fmpq(0), _payload(box, fmpq(0), 0, [0] * d, zero, []))


def _payload(box: Box, threshold: fmpq, exponent: int, total_box: list[int], psd: Json, columns: list[Json]) -> Json:
    return {
        "pivots": list(box.pivots),
        "lower": [canonical(x) for x in box.lower],
        "upper": [canonical(x) for x in box.upper],
        "threshold": canonical(threshold),
        "exponent": exponent,
        "total_box": encode_rows([total_box])[0],
        "psd": psd,
        "columns": columns,
    }


def column_matrix(instance: Instance, box: Box, column: Column, variables: list[fmpq]) -> fmpq_mat:
    """M_j for exact values of the form's variables."""
    form, local = column.form, column.coordinates()
    others = [i for i in range(instance.shape[0]) if i not in box.pivots]
    all_centre, all_radius = box.centre, box.radius
    centre, radius = [all_centre[a] for a in local], [all_radius[a] for a in local]
    N = form.size
    M = [[fmpq(0)] * N for _ in range(N)]
    for variable, i, j, coefficient in form.terms(centre, radius):
        M[i][j] += variables[variable] * coefficient
    j0 = column.index
    rows = [box.pivots[l] for l in column.pivots] + [others[i] for i in column.rows]
    pivot_values = [(l, instance.A[box.pivots[l], j0]) for l in column.pivots]
    values = [instance.A[others[i], j0] for i in column.rows]
    for row, residual in zip(rows, form.forms(centre, radius, pivot_values, values), strict=True):
        weight = instance.omega[row, j0]
        for s, x in residual:
            for t, y in residual:
                if s <= t:
                    M[s][t] += weight * x * y
    for i in range(N):
        for j in range(i):
            M[i][j] = M[j][i]
    return fmpq_mat(M)


def total_matrix(d: int, prices: list[tuple[Column, list[fmpq]]], threshold: fmpq, total_box: list[fmpq]) -> fmpq_mat:
    """sum_j s_j - tau - sum_a t_a (1 - xi_a^2) as a matrix in (1, xi)."""
    T = [[fmpq(0)] * (1 + d) for _ in range(1 + d)]
    T[0][0] = -threshold - sum(total_box, fmpq(0))
    for a, t in enumerate(total_box, start=1):
        T[a][a] += t
    for column, values in prices:
        place = [0] + [1 + a for a in column.coordinates()]
        variable = iter(values)
        for s, p in enumerate(place):
            for q in place[: s + 1]:
                value = next(variable)
                T[p][q] += value
                if p != q:
                    T[q][p] += value
    return fmpq_mat(T)
