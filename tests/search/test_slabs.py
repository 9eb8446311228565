"""Branching over regions: what a node hands on to its children."""

from __future__ import annotations

import pytest
from flint import fmpq
from instances import instance

from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.search.best_first import InlineExecutor
from wlra_exact.search.slabs import SlabTree, inner_products
from wlra_exact.search.solve import solve_instance
from wlra_exact.search.witness import best_witness
from wlra_exact.verify import verify_text


@pytest.fixture(scope="module")
def tree():
    """Three nodes with a cutoff above opt, so that none is closed before it is cut."""
    problem = instance([[3, -8, 2], [5, 1, 7], [-4, 6, 9]], [[1, 9, 4], [16, 1, 25], [4, 4, 1]], 2)
    found = propose_factors(approx_array(problem.A), approx_array(problem.omega), 2)[0]
    witness = best_witness(problem, found.U)
    grown = SlabTree(problem, witness.U * witness.V, witness.cost, witness.cost * fmpq(101, 100))
    grown.run(InlineExecutor(), 1, lambda: grown.evaluated >= 3, lambda: None)
    return grown


def test_children_start_from_the_inner_products_of_their_parents_proof(tree):
    root = tree.roots[0]
    expected = inner_products(root.proof.proof)
    assert expected is not None
    assert [child.inner for child in root.children] == [expected, expected]


def test_the_bound_of_the_tree_is_proved_and_stays_below_the_cost(tree):
    assert 0 < tree.bound <= tree.proof().bound <= tree.cost


def test_a_node_outside_the_incumbents_slab_has_a_higher_bound_than_the_root(tree):
    root = tree.roots[0]
    below = root.children[1]
    assert not all(half.holds(tree.X) for half in below.region)
    assert below.bound >= root.bound


def test_a_masked_table_whose_relaxation_nearly_closes_is_closed_by_regions():
    gaps = {
        (0, 0),
        (0, 1),
        (0, 2),
        (1, 1),
        (1, 5),
        (3, 0),
        (3, 4),
        (4, 0),
        (4, 3),
        (4, 4),
        (4, 5),
        (5, 0),
        (5, 2),
        (5, 4),
    }
    A = [[0, 0, 0, 7, 6, 8], [9, 0, 3, 9, -6, 0], [2, 4, 3, -2, -5, 0]]
    A += [[0, -8, -9, -4, 0, -4], [0, 5, -4, 0, 0, 0], [0, -5, 0, 3, 0, 7]]
    omega = [[int((i, j) not in gaps) for j in range(6)] for i in range(6)]
    found = solve_instance(instance(A, omega, 1), gap="1e-6", method="regions")
    assert found.reached
    assert {"minors", "cut"} <= {step.rule for step in found.certificate.steps}
    assert verify_text(found.certificate.to_json()).verdict == "valid"
