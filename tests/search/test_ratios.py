"""Branch and bound in the logarithms: whole solves of k = 1, accepted by the verifier, against another way."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from flint import fmpq
from instances import SYMMETRIC, instance, rational

from wlra_exact import verify
from wlra_exact.algebra.exact import matrix
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.problem.instance import Instance
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.ratios import RatioTree
from wlra_exact.search.solve import solve_instance
from wlra_exact.search.witness import best_witness


def grown(problem, gap, most=400):
    """The tree of an instance, and its incumbent's cost."""
    found = propose_factors(approx_array(problem.A), approx_array(problem.omega), 1, seed=0)[0]
    witness = best_witness(problem, found.U)
    tree = RatioTree(problem, witness.U * witness.V, witness.cost, witness.cost * (1 - fmpq(gap)))
    tree.run(InlineExecutor(), 1, lambda: tree.evaluated >= most, lambda: None)
    return tree, witness.cost


#: Ten observed entries of noisy data; some factors are near 0 beside the others.
NOISY = instance(
    [[-2, 0, 1, 0], [5, 7, 0, 3], [0, -1, 4, -9], [6, 0, 1, 2]],
    [[1, 0, 1, 0], [1, 1, 0, 1], [0, 1, 1, 1], [1, 0, 1, 1]],
    1,
)


def signs_changed(problem):
    """The problem with two rows and a column negated: opt is the same."""
    rows = problem.A.tolist()
    flip = [[a * (-1) ** ((i % 2) + (j == 0)) for j, a in enumerate(row)] for i, row in enumerate(rows)]
    return Instance(matrix(flip), problem.omega, 1)


def test_a_tree_of_single_entries_closes_and_is_accepted():
    result = solve_instance(NOISY, gap="1e-6", method="ratios")
    assert result.reached
    assert "geometric" in {step.rule for step in result.certificate.steps}
    verdict = verify.verify_text(result.certificate.to_json())
    assert verdict.verdict == "valid", verdict.reason


@pytest.mark.parametrize("other", [Instance.transpose, signs_changed])
def test_symmetric_problems_have_one_optimum(other):
    tree, cost = grown(NOISY, fmpq(1, 10**6))
    twin, twin_cost = grown(other(NOISY), fmpq(1, 10**6))
    assert tree.bound >= tree.cutoff
    assert twin.bound >= twin.cutoff
    assert tree.bound <= twin_cost
    assert twin.bound <= cost


def test_the_bound_grows_with_the_tree_and_never_passes_the_cost():
    bounds = []
    for most in (1, 10, 40):
        tree, cost = grown(SYMMETRIC, fmpq(1, 10**6), most)
        bounds.append(tree.bound)
        assert tree.bound <= tree.proof().bound <= cost
    assert bounds == sorted(bounds)
    assert bounds[-1] > bounds[0]


def test_against_chart_boxes():
    """The same brackets, within their gaps, from rule columns."""
    pick = random.Random(7)
    for _ in range(2):
        rows = [[pick.randint(-9, 9) for _ in range(3)] for _ in range(3)]
        omega = [[0 if i == j == 1 else pick.randint(1, 3) for j in range(3)] for i in range(3)]
        rows[1][1] = 0
        problem = instance(rows, omega, 1)
        one, other = (solve_instance(problem, gap="1e-4", method=method) for method in ("ratios", "columns"))
        assert one.reached
        assert max(one.lower, other.lower) <= min(one.upper, other.upper)
        assert rational(one.lower) > Fraction(999, 1000) * rational(other.lower)


def test_resumed_from_its_own_certificate_it_is_done():
    first = solve_instance(NOISY, gap="1e-6", method="ratios")
    second = solve_instance(NOISY, gap="1e-6", method="ratios", resume=first.certificate)
    assert second.reached
    assert second.lower == first.lower


def test_a_tree_that_is_full_grows_no_more(monkeypatch):
    monkeypatch.setattr("wlra_exact.search.ratios._MOST_CHARACTERS", 1)
    result = solve_instance(NOISY, gap="1e-6", method="ratios")
    assert not result.reached
    assert len(result.certificate.steps) == 2  # a witness, and the bound at the root
    assert verify.verify_text(result.certificate.to_json()).verdict == "valid"
