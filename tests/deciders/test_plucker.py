"""Rule `plucker`: proofs below opt, accepted by the verifier, and what they are for."""

from __future__ import annotations

import numpy as np
import pytest
from flint import fmpq
from statements import fitted, least_cost, rational, statement

from wlra_exact import verify
from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders import spectral
from wlra_exact.deciders.blocks import prove_on_parts
from wlra_exact.deciders.plucker import prove_bound
from wlra_exact.numeric.convert import approx_array, approx_number
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.plucker import column_groups
from wlra_exact.search.prove import find_witnesses
from wlra_exact.search.solve import solve_instance

GAP = fmpq(1, 10**5)


def patterned(seed, m, n, k, patterns):
    """Columns with one of the patterns, integers from -9 to 9, rows of weights of different size."""
    rng = np.random.default_rng(seed)
    omega = np.array([patterns[rng.integers(len(patterns))] for _ in range(n)]).T * rng.integers(1, 4, size=n)
    A = rng.integers(-9, 10, size=(m, n)) * (omega > 0)
    return Instance(matrix(A.tolist()), matrix(omega.tolist()), k)


THREE = ((1, 1, 1, 0, 0), (0, 1, 1, 1, 0), (1, 0, 0, 1, 1))
CASES = {
    "rank 1": (patterned(1, 3, 6, 1, ((1, 1, 0), (0, 1, 1), (2, 1, 1)))),
    "four rows": (patterned(2, 4, 9, 2, ((1, 1, 1, 0), (0, 1, 2, 1), (1, 1, 1, 1)))),
    "five rows": (patterned(3, 5, 12, 2, THREE)),
}


@pytest.mark.parametrize("name", CASES)
def test_bounds_are_accepted_below_opt_and_near_it(name):
    instance = CASES[name]
    witness = find_witnesses([instance])[0]
    proof = prove_bound(instance, witness.cost, GAP)
    assert statement(instance, "plucker", proof.payload).value == rational(proof.bound)
    assert approx_number(proof.bound) <= least_cost(instance) * (1 + 1e-9)
    assert proof.bound > witness.cost * fmpq(99, 100)
    part = prove_on_parts(instance, spectral.prove_bound)
    assert proof.bound > part.bound * fmpq(99999, 100000)
    assert name == "five rows" or proof.bound > part.bound * fmpq(3, 2)


def test_the_forms_are_the_costs_of_the_groups():
    instance = CASES["four rows"]
    groups = list(column_groups(instance))
    U = np.random.default_rng(0).normal(size=(4, 2))
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    total = 0.0
    for group in groups:
        p = [np.linalg.det(U[list(T)]) for T in group.minors]
        num, den = (sum(float(str(x)) * p[a] * p[b] for (a, b), x in form.items()) for form in (group.num, group.den))
        total += num / den
    V = fitted(A, omega, U)
    assert total == pytest.approx(float((omega * (A - U @ V.T) ** 2).sum()))


def test_problems_beyond_the_rule_have_no_proof():
    ones = matrix([[1] * 7] * 7)
    assert prove_bound(Instance(ones, ones, 2), fmpq(1), GAP) is None
    assert prove_bound(Instance(ones, ones, 3), fmpq(1), GAP) is None
    loose = Instance(matrix([[1, 0], [0, 1]]), matrix([[1, 0], [0, 1]]), 1)
    assert prove_bound(loose, fmpq(1), GAP) is None


def test_the_time_limit_ends_the_program():
    assert prove_bound(CASES["four rows"], fmpq(10**6), GAP, lambda: True) is None


@pytest.mark.parametrize("turned", [False, True])
def test_the_search_closes_a_table_with_few_patterns(turned):
    instance = CASES["five rows"]
    instance = instance.transpose() if turned else instance
    result = solve_instance(instance, gap="1e-4", method="plucker")
    assert "plucker" in {step.rule for step in result.certificate.steps}
    assert verify.verify_text(result.certificate.to_json()).verdict == "valid"
    assert result.lower > 0
    assert approx_number(result.lower) <= least_cost(instance) * (1 + 1e-9)
