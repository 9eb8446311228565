"""Bounds from parts: below opt, near it on long tables with few patterns, and accepted by the verifier."""

from __future__ import annotations

import numpy as np
from flint import fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.deciders import spectral
from wlra_exact.deciders.blocks import prove_on_parts
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.problem.instance import Instance
from wlra_exact.search.solve import solve_instance
from wlra_exact.verify import verify_text


def table(seed, m, n, k, noise=20):
    """Rank k and noise, in three patterns of observed columns."""
    rng = np.random.default_rng(seed)
    A = rng.integers(-9, 10, (m, k)) @ rng.integers(-9, 10, (k, n)) * 10 + rng.integers(-noise, noise + 1, (m, n))
    seen = np.ones((3, n), dtype=int)
    seen[1, 0] = seen[2, n - 1] = 0
    return Instance(fmpq_mat(A.tolist()), fmpq_mat(seen[rng.integers(0, 3, m)].tolist()), k)


@settings(deadline=None, max_examples=20)
@given(st.integers(0, 10**6), st.integers(1, 2), st.booleans())
def test_the_bound_is_below_every_descent(seed, k, turned):
    instance = table(seed, 9, 4, k)
    instance = instance.transpose() if turned else instance
    proof = prove_on_parts(instance, spectral.prove_bound)
    found = propose_factors(approx_array(instance.A), approx_array(instance.omega), k, seed=0)[0]
    assert proof is None or float(int(proof.bound.p) / int(proof.bound.q)) <= found.cost * (1 + 1e-9)


def test_a_long_table_with_few_patterns_is_bracketed_closely_and_verified():
    instance = table(1, 600, 5, 2)
    for one in (instance, instance.transpose()):
        result = solve_instance(one, gap="1e-7", method="spectral")
        assert result.gap * 100 < 1, "every pattern's rows see nearly the same row space"
        assert verify_text(result.certificate.to_json()).verdict == "valid"
        assert {"blocks", "spectral", "combine"} <= {step.rule for step in result.certificate.steps}
        again = solve_instance(one, gap="1e-7", method="spectral", resume=result.certificate)
        assert again.lower == result.lower


def test_nothing_is_claimed_where_every_part_is_fitted():
    identity = fmpq_mat([[1, 1, 0], [0, 1, 1], [1, 0, 1]])
    assert prove_on_parts(Instance(identity, identity, 1), spectral.prove_bound) is None
