"""On random small instances no theorem and no system contradicts the bracket that the search certified."""

import random

import numpy as np
import pytest
from flint import fmpq, fmpq_mat

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
from wlra_exact.systems.sketch import RationalSketch
from wlra_exact.systems.sketched import sketched_problem


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


def sketched_instances(count, seed):
    """2x2 to 3x4 of rank 1 with one or two distinct weight rows and columns, and sketches of size 1."""
    source = random.Random(seed)
    for _ in range(count):
        m, n, rows, columns = (source.choice(sizes) for sizes in ([2, 3], [2, 3, 4], [1, 2], [1, 2]))
        W = [[source.choice([0, 1, 1, 2, 3]) for _ in range(columns)] for _ in range(rows)]
        A = [[source.randint(-4, 4) for _ in range(n)] for _ in range(m)]
        weights = [[W[i % rows][j % columns] for j in range(n)] for i in range(m)]
        sketches = (
            RationalSketch(np.array([[source.choice([-3, -2, -1, 1, 2, 3])] for _ in range(size)]), 1)
            for size in (m, n)
        )
        yield Instance.from_weights(matrix(A), matrix(weights), 1), *sketches


def sketched_bracket(patterns, sketched):
    """The infimum over the blocks for k = t = 1, bracketed by the search as another approximation problem of rank 1.

    With u_a = g_a / P_l and v_b = h_b / Q_c the cost is a constant and a weighted sum of (X_lc - 1 / (P_l Q_c))^2 over
    the pairs of a weight row l and a weight column c.
    """
    g, h = sketched.factors({name: fmpq(1) for name in sketched.variables})
    omega, (p, q) = patterns.collapsed_omega(), patterns.shape
    shape = patterns.rows.weight_pattern_count, patterns.columns.weight_pattern_count
    inner, square, constant = fmpq_mat(*shape), fmpq_mat(*shape), patterns.norm()
    for a in range(p):
        for b in range(q):
            cell = patterns.rows.weight_patterns[a], patterns.columns.weight_patterns[b]
            direction = g[a, 0] * h[0, b]
            inner[cell] += omega[a, b] * patterns.A[a, b] * direction
            square[cell] += omega[a, b] * direction**2
    X = fmpq_mat(*shape)
    for cell in ((l, c) for l in range(shape[0]) for c in range(shape[1])):
        if square[cell] != 0:
            X[cell] = inner[cell] / square[cell]
            constant -= inner[cell] ** 2 / square[cell]
    claim = solve_instance(Instance(X, square, 1), gap="1e-4", time_limit="5").certificate.claim
    return constant + claim.lower, constant + claim.upper


def check_sketched(instances):
    """Decide the sketched system around its own optimum, and the reduced one at the same thresholds; count answers."""
    answers = {Decision.NO: 0, Decision.YES: 0}
    for instance, S, T in instances:
        patterns = find_patterns(instance)
        if instance.norm() == 0:
            continue
        sketched, reduced = sketched_problem(patterns, S, T, chart=True), reduced_problem(patterns, pivots=(0,))
        lower, upper = sketched_bracket(patterns, sketched_problem(patterns, S, T))
        below = [lower / 2, lower * fmpq(99, 100)] if lower > 0 else [fmpq(0)]
        above = [upper * fmpq(101, 100), upper * 2] if upper > 0 else [instance.norm() / 50]
        for threshold in below + above:
            expected = Decision.NO if threshold in below else Decision.YES
            case = (instance.A, instance.omega, S.numerators, T.numerators, threshold)
            assert decide_system(sketched.cleared_system(threshold, "<")).decision is expected, case
            if expected is Decision.YES:  # every point of the sketched system is a matrix of rank 1
                assert decide_system(reduced.cleared_system(threshold, "<")).decision is Decision.YES, case
            answers[expected] += 1
    return answers


def test_sketched_systems_are_decided_as_their_own_optimum_says():
    answers = check_sketched(sketched_instances(40, seed=5))
    assert min(answers.values()) >= 60


@pytest.mark.slow
def test_sketched_systems_are_decided_as_their_own_optimum_says_on_three_hundred_instances():
    answers = check_sketched(sketched_instances(300, seed=6))
    assert min(answers.values()) >= 480
