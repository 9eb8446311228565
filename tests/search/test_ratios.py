"""Branch and bound in the logarithms: whole solves of k = 1, accepted by the verifier, against another way."""

from __future__ import annotations

import random
from fractions import Fraction

import pytest
from flint import fmpq, fmpq_mat
from instances import SYMMETRIC, instance, rational

from wlra_exact import verify
from wlra_exact.algebra.exact import matrix
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.numeric.ends import propose_ends
from wlra_exact.problem.instance import Instance
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.ratios import RatioTree
from wlra_exact.search.slabs import resume_slabs
from wlra_exact.search.solve import solve_instance
from wlra_exact.search.witness import best_witness, fitted


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


#: A table with 22 of 36 entries observed, where minors lack 1.5 per cent at the root.
SPREAD = instance(
    [
        *([2, 7, -9, 1, 0, -1], [-8, -5, 0, 0, 0, 8], [7, 0, 0, 5, -5, -6]),
        *([7, -4, 0, 0, 8, 0], [0, 0, 0, 4, -7, 9], [-9, 8, 0, 0, 1, 0]),
    ],
    [
        *([1, 1, 1, 1, 0, 1], [1, 1, 0, 0, 0, 1], [1, 0, 0, 1, 1, 1]),
        *([1, 1, 0, 0, 1, 0], [0, 0, 1, 1, 1, 1], [1, 1, 0, 0, 1, 0]),
    ],
    1,
)


#: Eleven observed entries, among them a cycle of six.
BOTH = instance(
    [[-8, -4, 0, 0], [0, -6, 2, 6], [-2, 0, 3, 8], [-6, 0, 9, -2]],
    [[1, 1, 0, 0], [0, 1, 1, 1], [1, 0, 1, 1], [1, 0, 1, 1]],
    1,
)


@pytest.fixture
def alone(monkeypatch):
    """Logarithms without the relaxation by minors."""
    monkeypatch.setattr("wlra_exact.search.ratios._MOST_ENTRIES", 0)


def signs_changed(problem):
    """The problem with two rows and a column negated: opt is the same."""
    rows = problem.A.tolist()
    flip = [[a * (-1) ** ((i % 2) + (j == 0)) for j, a in enumerate(row)] for i, row in enumerate(rows)]
    return Instance(matrix(flip), problem.omega, 1)


@pytest.mark.usefixtures("alone")
def test_a_tree_of_single_entries_closes_and_is_accepted():
    result = solve_instance(NOISY, gap="1e-6", method="ratios")
    assert result.reached
    assert "geometric" in {step.rule for step in result.certificate.steps}
    verdict = verify.verify_text(result.certificate.to_json())
    assert verdict.verdict == "valid", verdict.reason


@pytest.mark.parametrize("other", [Instance.transpose, signs_changed])
@pytest.mark.usefixtures("alone")
def test_symmetric_problems_have_one_optimum(other):
    tree, cost = grown(NOISY, fmpq(1, 10**6))
    twin, twin_cost = grown(other(NOISY), fmpq(1, 10**6))
    assert tree.bound >= tree.cutoff
    assert twin.bound >= twin.cutoff
    assert tree.bound <= twin_cost
    assert twin.bound <= cost


@pytest.mark.usefixtures("alone")
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


@pytest.mark.usefixtures("alone")
def test_resumed_from_its_own_certificate_it_is_done():
    first = solve_instance(NOISY, gap="1e-6", method="ratios")
    second = solve_instance(NOISY, gap="1e-6", method="ratios", resume=first.certificate)
    assert second.reached
    assert second.lower == first.lower


@pytest.mark.usefixtures("alone")
def test_a_tree_that_is_full_grows_no_more(monkeypatch):
    monkeypatch.setattr("wlra_exact.search.ratios._MOST_CHARACTERS", 1)
    result = solve_instance(NOISY, gap="1e-6", method="ratios")
    assert not result.reached
    assert len(result.certificate.steps) == 2  # a witness, and the bound at the root
    assert verify.verify_text(result.certificate.to_json()).verdict == "valid"


def test_minors_on_intervals_close_soon_what_logarithms_do_not(monkeypatch):
    result = solve_instance(SPREAD, gap="1e-6", method="ratios")
    assert result.reached
    verdict = verify.verify_text(result.certificate.to_json())
    assert verdict.verdict == "valid", verdict.reason
    assert {"minors", "cut"} <= {step.rule for step in result.certificate.steps}
    nodes = grown(SPREAD, fmpq(1, 10**6), 100)[0].evaluated
    monkeypatch.setattr("wlra_exact.search.ratios._MOST_ENTRIES", 0)
    assert grown(SPREAD, fmpq(1, 10**6), 2 * nodes)[0].bound < result.lower


def test_one_tree_holds_both_rules():
    result = solve_instance(BOTH, gap="1e-6", method="ratios")
    assert result.reached
    assert {"minors", "geometric", "cut"} <= {step.rule for step in result.certificate.steps}
    verdict = verify.verify_text(result.certificate.to_json())
    assert verdict.verdict == "valid", verdict.reason
    again = solve_instance(BOTH, gap="1e-6", method="ratios", resume=result.certificate)
    assert again.reached
    assert again.lower == result.lower


def test_a_tree_of_both_rules_is_taken_up_again():
    tree, cost = grown(BOTH, fmpq(1, 10**6), 6)
    assert tree.bound < tree.cutoff
    again = RatioTree(BOTH, tree.X, cost, tree.cutoff)
    resume_slabs(again, tree.proof())
    assert again.bound == tree.bound
    again.run(InlineExecutor(), 1, lambda: again.evaluated >= 200, lambda: None)
    assert again.bound >= again.cutoff
    assert again.proof().bound >= again.cutoff


def test_the_ends_of_the_entries_hold_what_costs_less():
    """Every rank-one matrix below the cutoff lies between the ends; a matrix on the far side costs the cutoff."""
    cost = grown(SPREAD, fmpq(1, 10**6), 1)[1]
    cutoff = cost * fmpq(11, 10)
    ends = [end.half for end in propose_ends(SPREAD, cost, cutoff)]
    assert len(ends) > 30
    pick = random.Random(3)
    inside = 0
    for _ in range(300):
        U = fmpq_mat(6, 1, [pick.randint(-9, 9) for _ in range(6)])
        witness = fitted(SPREAD, U, bits=None)
        X = witness.U * witness.V
        if witness.cost < cutoff:
            inside += 1
            assert all(half.sign * X[half.place] < half.offset for half in ends)
    found = propose_factors(approx_array(SPREAD.A), approx_array(SPREAD.omega), 1, seed=0)[0]
    witness = best_witness(SPREAD, found.U)
    X = witness.U * witness.V
    assert all(half.sign * X[half.place] < half.offset for half in ends)
