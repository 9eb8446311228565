"""Rule `plucker`: lower bounds for k <= 2 from prices in the minors of U.

Each group of columns with proportional weights costs num_g(p) / den_g(p), quadratic forms in the minors p of U. Prices
s_g, quadratic forms with sum_g s_g = tau |p|^2, and multipliers h_r of the relations between minors give

    |p|^2 num_g - s_g den_g - sum_r h_r relation_r = z^T M_g z,  M_g >= 0,   hence   cost >= sum_g s_g/|p|^2 = tau.

Statement and proof: ``docs/certificate-format.md``. The factor of a matrix near M_g defines N_g, and M_g is N_g with
what z^T N_g z lacks put at one place for each monomial; so rounding errors end in the remainder of the proof.

Guarantee: a returned ``LowerProof`` has passed the exact check; None says that the remainder was too large.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import combinations_with_replacement
from math import comb

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import canonical, power_of_two
from wlra_exact.algebra.psd import PsdProof, is_psd_proof
from wlra_exact.certificate import Json, LowerProof, encode_dyadic, encode_triangle
from wlra_exact.numeric.plucker import Prices, propose_prices
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.plucker import MOST_MINORS, Form, Group, column_groups, times
from wlra_exact.problem.reductions.lines import weight_classes

__all__ = ["matrix_entries", "prove_bound"]


def matrix_entries(instance: Instance) -> int:
    """The entries of all matrices M_g together: what the program's time grows with.

    >>> from wlra_exact.algebra.exact import matrix
    >>> matrix_entries(Instance(matrix([[2, 1], [1, 3], [0, 1]]), matrix([[1, 0], [1, 1], [1, 1]]), 1))
    61
    """
    (m, _), k = instance.shape, instance.k
    classes, weights = weight_classes(instance, "column")
    total = 0
    for members in classes:
        positive = sum(w != 0 for w in weights[members[0]].direction)
        if positive > k:
            bare = comb(m, k) - comb(positive, k)  # minors of rows without weights
            total += (comb(comb(m, k) + 1, 2) - comb(bare + 1, 2)) ** 2
    return total


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
    proposal = propose_prices(groups, cost, target, expired)
    return None if proposal.threshold <= 0 else _prove(groups, proposal)


def _prove(groups: Sequence[Group], proposal: Prices) -> LowerProof | None:
    """Check exactly."""
    threshold, dyadic = proposal.threshold, proposal.prices
    prices = [[x * dyadic.unit for x in row] for row in dyadic.integers.tolist()]
    equal = [S == T for S, T in combinations_with_replacement(range(len(groups[0].minors)), 2)]
    prices.append([threshold * same - sum(others, fmpq(0)) for same, *others in zip(equal, *prices, strict=True)])
    parts: list[Json] = []
    for group, price, multipliers, factors in zip(groups, prices, proposal.multipliers, proposal.factors, strict=True):
        form = _form(group, price, multipliers)
        proof = next((proof for proof in factors if is_psd_proof(_completed(group, form, proof), proof)), None)
        if proof is None:
            return None
        parts.append(
            {
                "multipliers": encode_dyadic(multipliers.integers, multipliers.exponent),
                "psd": encode_triangle(proof),
            }
        )
    prices_payload = encode_dyadic(dyadic.integers, dyadic.exponent)
    payload = {"threshold": canonical(threshold), "prices": prices_payload, "groups": parts}
    return LowerProof("plucker", threshold, payload)


def _form(group: Group, price: list[fmpq], multipliers: Dyadic) -> Form:
    """|p|^2 num - s den - sum_r h_r relation_r."""
    form = times(group.square, group.num)
    _add(form, times(dict(zip(group.pairs, price, strict=True)), group.den), -1)
    for relation, row in zip(group.relations, multipliers.integers.tolist(), strict=True):
        h = {pair: x * multipliers.unit for pair, x in zip(group.pairs, row, strict=True) if x != 0}
        _add(form, times(h, relation), -1)
    return form


def _completed(group: Group, form: Form, proof: PsdProof) -> fmpq_mat:
    """M: N of the factor, and what z^T N z lacks of the form."""
    basis = group.basis
    units = [power_of_two(e) for e in proof.exponents]
    rows = fmpq_mat([[x * unit for x in row] for unit, row in zip(units, proof.matrix().tolist(), strict=True)])
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
