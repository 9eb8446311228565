"""Rule `plucker`: lower bounds for k <= 2 from prices in the minors of U.

Each group of columns with proportional weights costs num_g(p) / den_g(p), quadratic forms in the minors p of U. Prices
s_g, quadratic forms with sum_g s_g = tau |p|^2, and multipliers h_r of the relations between minors give

    |p|^2 num_g - s_g den_g - sum_r h_r relation_r = z^T M_g z,  M_g >= 0,   hence   cost >= sum_g s_g/|p|^2 = tau.

Statement and proof: ``docs/certificate-format.md``. Everything is rounded, with the threshold lowered in growing steps;
the factor of a matrix near M_g defines N_g, and M_g is N_g with what is missing put at one place for each monomial.

Guarantee: a returned ``LowerProof`` has passed the exact check; None says that no slack worked.
"""

from __future__ import annotations

from collections.abc import Callable
from math import comb

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat

from wlra_exact.algebra.exact import canonical, power_of_two
from wlra_exact.algebra.psd import PsdProof, is_psd_proof
from wlra_exact.certificate import Json, LowerProof, encode_dyadic, encode_triangle
from wlra_exact.numeric.convert import Array, approx_number, dyadic_integers, dyadic_number
from wlra_exact.numeric.plucker import Prices, propose_prices
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.plucker import MOST_MINORS, Form, Group, column_groups, times

__all__ = ["prove_bound"]

#: Binary digits of prices and multipliers below the largest.
_BITS = 52

#: Binary digits of the factors.
_FACTOR_BITS = 46

#: Shares of the least eigenvalue of the normalised matrix that are left to the remainder.
_SHARES = (0.5, 0.2, 0.8)


def prove_bound(
    instance: Instance, cost: fmpq, target: fmpq, expired: Callable[[], bool] = lambda: False
) -> LowerProof | None:
    """A lower bound by prices in the minors of the row factor, or None.

    Args:
        instance: of rank 1 or 2, below the number of rows, with few rows.
        cost: an upper bound on opt, above 0.
        target: relative gap to the cost that is enough.
        expired: asked at every step of the program.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = matrix([[2, 1, 0], [1, 3, 1], [0, 1, 1]])
    >>> proof = prove_bound(Instance(A, matrix([[1, 1, 0], [1, 1, 1], [0, 1, 1]]), 1), fmpq(1), fmpq(1, 10**6))
    >>> proof.rule, proof.bound > fmpq(1, 10)
    ('plucker', True)
    """
    (m, _), k = instance.shape, instance.k
    if not 1 <= k <= 2 or k >= m or comb(m, k) > MOST_MINORS:
        return None
    groups = list(column_groups(instance))
    if not groups:
        return None
    proposal = propose_prices(groups, approx_number(cost), approx_number(target) / 4, expired)
    return None if proposal.threshold <= 0 else _prove(groups, proposal)


def _prove(groups: list[Group], proposal: Prices) -> LowerProof | None:
    """Round and check."""
    threshold = dyadic_number(proposal.threshold, _BITS)
    prices, e_s = _rounded(proposal.prices)
    pairs = groups[0].pairs
    rows = [[x * power_of_two(e_s) for x in row] for row in prices.tolist()]
    rows.append([threshold * (a == b) - sum(column, fmpq(0)) for (a, b), *column in zip(pairs, *rows, strict=True)])
    parts: list[Json] = []
    for group, price, M, multipliers in zip(groups, rows, proposal.matrices, proposal.multipliers, strict=True):
        part = _prove_price(group, price, M, multipliers)
        if part is None:
            return None
        parts.append(part)
    payload = {"threshold": canonical(threshold), "prices": encode_dyadic(prices, e_s), "groups": parts}
    return LowerProof("plucker", threshold, payload)


def _prove_price(group: Group, price: list[fmpq], M: Array, multipliers: Array) -> Json | None:
    integers, e_h = _rounded(multipliers)
    squares: Form = {(i, i): fmpq(1) for i in range(len(group.minors))}
    form = times(squares, group.num)
    _add(form, times(dict(zip(group.pairs, price, strict=True)), group.den), -1)
    for relation, row in zip(group.relations, integers.tolist(), strict=True):
        h = {pair: x * power_of_two(e_h) for pair, x in zip(group.pairs, row, strict=True) if x != 0}
        _add(form, times(h, relation), -1)
    for proof in _factors(M):
        if is_psd_proof(_completed(group, form, proof), proof):
            return {
                "multipliers": encode_dyadic(integers, e_h),
                "psd": encode_triangle(proof.exponents, proof.factor),
            }
    return None


def _factors(M: Array) -> list[PsdProof]:
    """Factors of matrices a little below M, which is positive definite."""
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
        found.append(PsdProof(exponents, dyadic_integers(lower, -_FACTOR_BITS)))
    return found


def _completed(group: Group, form: Form, proof: PsdProof) -> fmpq_mat:
    """M: N of the factor, and what z^T N z lacks of the form."""
    basis = group.basis
    units = [power_of_two(e) for e in proof.exponents]
    rows = fmpq_mat([[x * unit for x in row] for unit, row in zip(units, proof.factor.tolist(), strict=True)])
    M = rows * rows.transpose()
    lacks = dict(form)
    for i, x in enumerate(basis):
        for j, y in enumerate(basis):
            key = tuple(sorted(x + y))
            lacks[key] = lacks.get(key, fmpq(0)) - M[i, j]
    at = {pair: i for i, pair in enumerate(basis)}
    for (a, b, c, d), value in lacks.items():
        if value != 0:
            i, j = at[b, d], at[a, c]
            if i == j:
                M[i, i] += value
            else:
                M[i, j] += value / 2
                M[j, i] += value / 2
    return M


def _add(form: Form, other: Form, factor: int) -> None:
    for key, x in other.items():
        form[key] = form.get(key, fmpq(0)) + factor * x


def _rounded(A: Array) -> tuple[fmpz_mat, int]:
    """The nearest dyadic matrix with so many binary digits in its largest entry."""
    exponent = int(np.frexp(np.abs(A).max(initial=0.0))[1]) - _BITS
    return dyadic_integers(A, exponent), exponent
