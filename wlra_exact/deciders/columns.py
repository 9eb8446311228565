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
from typing import TypeAlias

import numpy as np
from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import canonical
from wlra_exact.algebra.psd import PsdProof
from wlra_exact.algebra.psd_bulk import Symmetric
from wlra_exact.certificate import Json, LowerProof, encode_rows, encode_triangle
from wlra_exact.numeric.cholesky import propose_fine_proof
from wlra_exact.numeric.columns import Column, NodeProposal
from wlra_exact.numeric.factor import propose_psd_proofs
from wlra_exact.numeric.grids import propose_column_variables, propose_nonnegative
from wlra_exact.numeric.newton import CriticalPoint
from wlra_exact.numeric.sharp_columns import propose_sharp_columns
from wlra_exact.problem.charts import Box, ColumnForm
from wlra_exact.problem.instance import Instance

__all__ = ["column_matrices", "prove_nothing", "prove_on_box", "prove_sharp_on_box", "total_matrix"]

#: (e, integers): the numbers integers * 2^e.
Variables: TypeAlias = tuple[int, list[int]]


def prove_on_box(
    instance: Instance, box: Box, proposal: NodeProposal, cost: fmpq, thresholds: Sequence[fmpq]
) -> LowerProof | None:
    """A proof that cost >= threshold on the box, for the first threshold that has one; None where none has.

    Args:
        instance: the problem.
        box: where.
        proposal: floating-point prices and multipliers, in units of ``cost``.
        cost: that unit.
        thresholds: bounds to prove, the best first.
    """
    forms: dict[ColumnForm, list[int]] = {}
    for at, column in enumerate(proposal.columns):
        forms.setdefault(column.form, []).append(at)
    found: dict[int, Variables] = {}
    for form, members in forms.items():
        values = np.array([proposal.variables[at] for at in members])
        found |= zip(members, propose_column_variables(form, values, cost), strict=True)
    variables = [found[at] for at in range(len(proposal.columns))]
    total = propose_nonnegative(proposal.total_box, cost)
    return _exact_proof(instance, box, proposal.columns, variables, total, thresholds, propose_psd_proofs)


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
    variables = [(sharp.exponent, integers) for integers in sharp.variables]
    total = (0, [0] * len(box.lower))

    def find(matrices: Sequence[Symmetric]) -> list[PsdProof] | None:
        proofs: list[PsdProof] = []
        for M in matrices:
            proof = propose_fine_proof(M.matrix(), point.working_bits)
            if proof is None:
                return None
            proofs.append(proof)
        return proofs

    return _exact_proof(instance, box, proposal.columns, variables, total, [sharp.threshold], find)


def _exact_proof(
    instance: Instance,
    box: Box,
    columns: Sequence[Column],
    variables: Sequence[Variables],
    total: Variables,
    thresholds: Sequence[fmpq],
    find: Callable[[Sequence[Symmetric]], list[PsdProof] | None],
) -> LowerProof | None:
    """The proof from variables for each column and from the box terms of the total, if its matrices allow."""
    if not all(_box_terms_hold(column, integers) for column, (_, integers) in zip(columns, variables, strict=True)):
        return None
    proofs = find(column_matrices(instance, box, columns, variables))
    if proofs is None:
        return None
    for threshold in thresholds:
        psd = find([total_matrix(len(box.lower), columns, variables, threshold, total)])
        if psd is not None:
            encoded = [
                {
                    "column": column.index,
                    "bare": [l for l, bare in enumerate(column.form.bare) if bare],
                    "exponent": exponent,
                    "variables": encode_rows([integers])[0],
                    "psd": encode_triangle(proof),
                }
                for column, (exponent, integers), proof in zip(columns, variables, proofs, strict=True)
            ]
            payload = _payload(box, threshold, *total, encode_triangle(psd[0]), encoded)
            return LowerProof("columns", threshold, payload)
    return None


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


def column_matrices(
    instance: Instance, box: Box, columns: Sequence[Column], variables: Sequence[Variables]
) -> list[Symmetric]:
    """The M_j for exact values of the columns' variables.

    With A in units of 1/a, omega of 1/w and the box of 1/d, residuals are integers in units of 1/(ad), and M_j is one
    over w (ad)^2 times a power of two.
    """
    A, a = _integers(instance.A)
    omega, w = _integers(instance.omega)
    (centre, radius), d = _integers(fmpq_mat([box.centre, box.radius]))
    others = [i for i in range(instance.shape[0]) if i not in box.pivots]
    unit = a * d
    matrices = []
    for column, (exponent, integers) in zip(columns, variables, strict=True):
        form, local, j = column.form, column.coordinates(), column.index
        one = d if any(form.bare) else 1
        linear = [0] * (form.size * (form.size + 1) // 2)
        for variable, s, t, coefficient in form.terms([centre[x] for x in local], [radius[x] for x in local], one):
            linear[t * (t + 1) // 2 + s] += integers[variable] * coefficient
        rows = [box.pivots[l] for l in column.pivots] + [others[i] for i in column.rows]
        residuals = form.forms(
            [centre[x] * a for x in local],
            [radius[x] * a for x in local],
            [(l, A[box.pivots[l]][j] * d) for l in column.pivots],
            [A[others[i]][j] * d for i in column.rows],
            unit,
        )
        squares = [0] * len(linear)
        for row, residual in zip(rows, residuals, strict=True):
            weight = omega[row][j]
            for s, x in residual:
                weighted = weight * x
                for t, y in residual:
                    if s <= t:
                        squares[t * (t + 1) // 2 + s] += weighted * y
        up, down = (exponent, 0) if exponent > 0 else (0, -exponent)
        scale = w * unit * unit
        factor = (scale // one) << up
        entries = [factor * x + (y << down) for x, y in zip(linear, squares, strict=True)]
        matrices.append(Symmetric(form.size, entries, scale << down))
    return matrices


def _integers(M: fmpq_mat) -> tuple[list[list[int]], int]:
    """(rows, q) with M = rows / q and q > 0."""
    numerator, denominator = M.numer_denom()
    return [[int(x) for x in row] for row in numerator.tolist()], int(denominator)


def total_matrix(
    d: int, columns: Sequence[Column], variables: Sequence[Variables], threshold: fmpq, total_box: Variables
) -> Symmetric:
    """sum_j s_j - tau - sum_a t_a (1 - xi_a^2) as a matrix in (1, xi)."""
    least = min([total_box[0], 0, *(exponent for exponent, _ in variables)])
    entries = [0] * ((1 + d) * (2 + d) // 2)
    up = total_box[0] - least
    for a, t in enumerate(total_box[1], start=1):
        entries[0] -= t << up
        entries[a * (a + 3) // 2] += t << up
    for column, (exponent, integers) in zip(columns, variables, strict=True):
        place = [0] + [1 + a for a in column.coordinates()]
        up, variable = exponent - least, iter(integers)
        for s, p in enumerate(place):
            for q in place[: s + 1]:
                entries[p * (p + 1) // 2 + q] += next(variable) << up
    p, q = int(threshold.p), int(threshold.q)
    entries = [x * q for x in entries]
    entries[0] -= p << -least
    return Symmetric(1 + d, entries, q << -least)
