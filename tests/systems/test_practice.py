"""On random small instances no theorem and no system contradicts the bracket that the search certified."""

import random

import pytest
from flint import fmpq

from wlra_exact.algebra.cells import CellBudget
from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders.systems import decide_system
from wlra_exact.errors import Decision
from wlra_exact.problem.instance import Instance
from wlra_exact.search.solve import solve_instance
from wlra_exact.systems.bounds import floor_log2
from wlra_exact.systems.bounds_report import bounds_report
from wlra_exact.systems.full import full_system
from wlra_exact.systems.patterns import find_patterns
from wlra_exact.systems.reduced import reduced_problem


def repetitive_instances(count, seed):
    """2x2 to 3x4 with repeated patterns and some zero weights, k = 1 and 2."""
    source = random.Random(seed)
    for _ in range(count):
        m, n, k = source.choice([2, 3]), source.choice([2, 3, 4]), source.choice([1, 2])
        A_rows = [[source.randint(-4, 4) for _ in range(n)] for _ in range(3)]
        W_rows = [[source.choice([0, 1, 1, 2, 3]) for _ in range(n)] for _ in range(2)]
        A = [source.choice(A_rows) for _ in range(m)]
        W = [source.choice(W_rows) for _ in range(m)]
        yield Instance.from_weights(matrix(A), matrix(W), k)


def check_instances(instances):
    positive = zero = 0
    for instance in instances:
        claim = solve_instance(instance, gap="1e-2", time_limit="5").certificate.claim
        report = bounds_report(instance, lower=claim.lower, upper=claim.upper)
        assert report.chain_holds, (instance.A, instance.omega, instance.k)
        if claim.lower > 0:
            positive += 1
            assert all(bound.log2 <= floor_log2(claim.lower) for bound in report.proved)
            predicted = [q.log2_lower for q in report.predictions if q.log2_lower is not None]
            assert all(log2 <= floor_log2(claim.lower) for log2 in predicted)
        if report.is_zero:
            zero += 1
            assert claim.lower == 0
    return positive, zero


def test_theory_stays_below_certified_optima_on_a_few_instances():
    positive, _ = check_instances(repetitive_instances(40, seed=1))
    assert positive >= 5


@pytest.mark.slow
def test_theory_stays_below_certified_optima_on_three_hundred_instances():
    positive, zero = check_instances(repetitive_instances(300, seed=2))
    assert positive >= 60
    assert zero >= 60


def test_a_zero_optimum_is_recognised_and_confirmed_by_the_gap():
    instance = Instance(matrix([[1, 2, 3], [2, 4, 6], [3, 6, 9]]), matrix([[1, 1, 1], [1, 2, 1], [3, 1, 1]]), 1)
    claim = solve_instance(instance, gap="1e-2").certificate.claim
    report = bounds_report(instance, lower=claim.lower, upper=claim.upper)
    assert (claim.lower, claim.upper) == (fmpq(0), fmpq(0))
    assert report.is_zero
    assert report.chain_holds


def check_systems(instances):
    """Decide the full, the product and the cleared system on one chart around the certified bracket; count by size."""
    compared = {"full": 0, "product": 0}
    for instance in instances:
        claim = solve_instance(instance, gap="1e-3", time_limit="5").certificate.claim
        patterns = find_patterns(instance)
        if patterns.rows.size < instance.k:
            continue
        chart = tuple(range(instance.k))
        reduced, full = reduced_problem(patterns, pivots=chart), full_system(patterns, pivots=chart)
        below = [claim.lower / 2, claim.lower * fmpq(99, 100)] if claim.lower > 0 else [fmpq(0)]
        above = [claim.upper * fmpq(101, 100), claim.upper * 2] if claim.upper > 0 else [instance.norm() / 50]
        for threshold in below + above:
            expected = Decision.NO if threshold in below else Decision.YES
            systems = {"product": reduced.product_system().below(threshold, "<")}
            if len(full.variables) <= 8:
                systems["full"] = full.below(threshold, "<")
            case = (instance.A, instance.omega, instance.k, threshold)
            assert decide_system(reduced.cleared_system(threshold, "<")).decision is expected, case
            for name, system in systems.items():
                answer = decide_system(system, CellBudget(seconds=1)).decision
                assert answer in (expected, Decision.UNKNOWN), (name, *case)
                compared[name] += answer is expected
    return compared


def test_full_and_reduced_systems_are_decided_alike_on_a_few_instances():
    compared = check_systems(repetitive_instances(15, seed=3))
    assert min(compared.values()) >= 8


@pytest.mark.slow
def test_full_and_reduced_systems_are_decided_alike_on_three_hundred_instances():
    compared = check_systems(repetitive_instances(300, seed=4))
    assert min(compared.values()) >= 200
