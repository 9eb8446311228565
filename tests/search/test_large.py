"""Instances beyond every semidefinite program: eigenvalues, observed blocks, and no attempt at the impossible."""

from __future__ import annotations

import numpy as np
from flint import fmpq, fmpq_mat
from instances import checked, rational

from wlra_exact.cli.summary import summarise
from wlra_exact.problem.instance import Instance
from wlra_exact.search.portfolio import branching_fits
from wlra_exact.search.solve import solve_instance


def table(m, n, k, noise, seed, observed=1.0):
    rng = np.random.default_rng(seed)
    X = rng.standard_normal((m, k)) @ rng.standard_normal((k, n)) + noise * rng.standard_normal((m, n))
    A = fmpq_mat([[fmpq(round(1000 * x), 1000) for x in row] for row in X])
    weights = rng.integers(1, 6, (m, n)) ** 2 * (rng.random((m, n)) < observed)
    return Instance(A, fmpq_mat(weights.tolist()), k)


def test_little_noise_closes_the_gap_at_any_size():
    result = solve_instance(table(40, 50, 2, 0.05, 1), gap="1e-6")
    assert result.reached
    assert [step.rule for step in result.certificate.steps] == ["witness", "spectral"]
    checked(result.certificate)


def test_noise_alone_leaves_an_honest_bracket():
    instance = table(60, 60, 1, 30.0, 2)
    result = solve_instance(instance, gap="1e-6")
    lower, upper = checked(result.certificate)
    assert not result.reached
    assert upper / 2 < lower < upper


def test_missing_entries_are_bounded_by_observed_blocks():
    instance = table(40, 50, 1, 3.0, 3, observed=0.8)
    assert not branching_fits(instance)
    result = solve_instance(instance, gap="1e-6")
    lower, upper = checked(result.certificate)
    assert upper / 5 < lower < upper
    again = solve_instance(instance, gap="1e-6", resume=result.certificate)
    assert again.lower >= result.lower
    checked(again.certificate)


def test_a_few_hundred_observed_entries_of_many_close_at_the_root():
    rng = np.random.default_rng(4)
    A, seen = rng.integers(1, 6, (24, 22)), rng.random((24, 22)) < 0.45
    result = solve_instance(Instance(fmpq_mat(A.tolist()), fmpq_mat(seen.astype(int).tolist()), 1), gap="1e-6")
    assert result.reached
    assert "minors" in {step.rule for step in result.certificate.steps}
    checked(result.certificate)


def test_the_summary_states_the_bounds_that_payloads_do_not():
    for instance in (table(40, 50, 2, 0.05, 1), table(30, 40, 1, 3.0, 3, observed=0.8)):
        result = solve_instance(instance, gap="1e-6", method="spectral")
        steps = {step.id: step for step in summarise(result.certificate, "it").lower}
        assert rational(steps[result.certificate.claim.lower_step].bound) == rational(result.lower)
