"""The reduction tree: what it promises on every instance, and what it does to known ones."""

from __future__ import annotations

import csv
import random
from importlib import resources

import pytest
from flint import fmpq, fmpq_mat, fmpq_poly
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import (
    Factors,
    Node,
    leaves,
    lift_tree,
    lift_witness,
    nodes,
    pipeline,
    reduce_instance,
)

THREE_PATTERNS = ([1, 1, 1, 1, 1], [1, 0, 1, 1, 1], [1, 1, 1, 0, 0])


@st.composite
def instances(draw: st.DrawFn) -> Instance:
    """Block masks with few patterns, repeated and proportional rows, and some cells struck out."""
    m, n = draw(st.integers(2, 8)), draw(st.integers(2, 6))
    length = 3 * n + m * (n + 2) + 12
    stream = iter(draw(st.binary(min_size=length, max_size=length)))
    patterns = [[fmpq((1, 1, 2, 0)[next(stream) % 4]) for _ in range(n)] for _ in range(3)]
    A: list[list[fmpq]] = []
    omega: list[list[fmpq]] = []
    for i in range(m):
        s, pattern = 1 + next(stream) % 2, patterns[next(stream) % 3]
        omega.append([s * w for w in pattern])
        fresh = [fmpq((1, 0, -1, 2, 5)[next(stream) % 5]) for _ in range(n)]
        A.append([2 * x for x in A[i // 2]] if i % 3 == 2 else fresh)
    for _ in range(next(stream) % 4):
        omega[next(stream) % m][next(stream) % n] = fmpq(0)
    instance = Instance(matrix(A), matrix(omega), 1 + next(stream) % min(2, m, n))
    return instance.transpose() if next(stream) % 2 else instance


def random_factors(instances_: list[Instance], rng: random.Random) -> list[Factors]:
    return [
        (
            matrix([[rng.randint(-4, 4) for _ in range(one.k)] for _ in range(one.shape[0])]),
            matrix([[rng.randint(-4, 4) for _ in range(one.shape[1])] for _ in range(one.k)]),
        )
        for one in instances_
    ]


def summed_cost(root: Node, factors: list[Factors]) -> fmpq:
    return sum((leaf.cost(*pair) for leaf, pair in zip(leaves(root), factors, strict=True)), fmpq(0))


def rules(root: Node) -> list[str]:
    return [node.reduction.rule for node in nodes(root) if node.reduction is not None]


# --- Promises ---


@settings(max_examples=120, deadline=None)
@given(instances())
def test_the_tree_records_each_reduction_with_its_children(instance: Instance) -> None:
    root = reduce_instance(instance)
    assert root.instance is instance
    for node in nodes(root):
        assert node.open == (node.reduction is None and node.trivial is None)
        if node.reduction is None:
            assert not node.children
        else:
            assert node.trivial is None
            assert node.reduction.parent is node.instance
            assert [child.instance for child in node.children] == list(node.reduction.children)
            assert node.children


@settings(max_examples=120, deadline=None)
@given(instances())
def test_a_leaf_reduces_to_itself_and_has_no_more_rows_than_columns(instance: Instance) -> None:
    for leaf in leaves(reduce_instance(instance)):
        again = reduce_instance(leaf)
        assert again.open
        assert leaf.k < leaf.shape[0] <= leaf.shape[1]


@settings(max_examples=120, deadline=None)
@given(instances())
def test_transposition_comes_last_and_once(instance: Instance) -> None:
    for node in nodes(reduce_instance(instance)):
        if node.reduction is not None and node.reduction.rule == "transpose":
            (child,) = node.children
            assert child.open


@settings(max_examples=120, deadline=None)
@given(instances(), st.randoms(use_true_random=False), st.sampled_from([None, 12, 53]))
def test_a_lifted_witness_costs_at_most_its_leaves_and_its_excess(
    instance: Instance, rng: random.Random, bits: int | None
) -> None:
    root = reduce_instance(instance)
    factors = random_factors(leaves(root), rng)
    delta = fmpq(1, 1000)
    lifted = lift_tree(root, factors, delta, bits)
    assert 0 <= lifted.excess <= delta
    assert instance.cost(*lifted.factors) <= summed_cost(root, factors) + lifted.excess


def test_without_gram_and_without_steps_the_costs_are_equal() -> None:
    equal = 0

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(instances(), st.randoms(use_true_random=False))
    def check(instance: Instance, rng: random.Random) -> None:
        nonlocal equal
        root = reduce_instance(instance)
        if "gram" not in rules(root) and leaves(root):
            factors = random_factors(leaves(root), rng)
            cost = instance.cost(*lift_witness(root, factors))
            assert cost <= summed_cost(root, factors) + instance.norm() / 2**64
            equal += cost == summed_cost(root, factors)

    check()
    assert equal >= 20, "a lift should move the leaves' witnesses only where it must"


def charpoly_of_rank_one_weights(instance: Instance) -> fmpq_poly:
    """For omega = a b^T: the characteristic polynomial of A^T D_a A D_b without its factor x^z.

    The Eckart-Young theorem gives opt as a sum of roots of this polynomial, so it fixes opt for every k.
    """
    m, n = instance.shape
    omega = instance.omega
    a = [omega[i, 0] / omega[0, 0] for i in range(m)]
    b = [omega[0, j] for j in range(n)]
    assert all(omega[i, j] == a[i] * b[j] for i in range(m) for j in range(n))
    D_a = fmpq_mat(m, m, [a[i] if i == l else fmpq(0) for i in range(m) for l in range(m)])
    D_b = fmpq_mat(n, n, [b[j] if j == l else fmpq(0) for j in range(n) for l in range(n)])
    coefficients = (instance.A.transpose() * D_a * instance.A * D_b).charpoly().coeffs()
    while not coefficients[0]:
        coefficients.pop(0)
    return fmpq_poly(coefficients)


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_with_rank_one_weights_the_spectrum_that_gives_opt_is_kept(data: st.DataObject) -> None:
    m, n = data.draw(st.integers(2, 6)), data.draw(st.integers(2, 6))
    stream = iter(data.draw(st.binary(min_size=m + n + m * n, max_size=m + n + m * n)))
    a, b = ([1 + next(stream) % 3 for _ in range(size)] for size in (m, n))
    A = [[next(stream) % 5 - 2 for _ in range(n)] for _ in range(m)]
    instance = Instance(matrix(A), matrix([[x * y for y in b] for x in a]), 1)
    remaining = leaves(reduce_instance(instance))
    if remaining:
        (leaf,) = remaining
        assert charpoly_of_rank_one_weights(leaf) == charpoly_of_rank_one_weights(instance)
    else:
        assert instance.A.rank() <= 1


@settings(max_examples=120, deadline=None)
@given(instances(), st.randoms(use_true_random=False))
def test_compressing_many_lines_at_once_keeps_what_single_steps_keep(instance: Instance, rng: random.Random) -> None:
    steps = reduce_instance(instance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pipeline, "_MANY_LINES", 2)
        root = reduce_instance(instance)
    assert sum(sum(leaf.shape) for leaf in leaves(root)) <= sum(sum(leaf.shape) for leaf in leaves(steps))
    factors = random_factors(leaves(root), rng)
    lifted = lift_tree(root, factors, fmpq(1, 1000))
    assert instance.cost(*lifted.factors) <= summed_cost(root, factors) + lifted.excess


# --- Known instances ---


def test_lsat6_with_equal_weights_becomes_five_rows_with_the_same_spectrum() -> None:
    text = (resources.files("wlra_exact.datasets") / "lsat6.csv").read_text(encoding="utf-8")
    answers = [[int(x) for x in row[1:]] for row in list(csv.reader(text.splitlines()))[1:]]
    instance = Instance(matrix(answers), matrix([[1] * 5] * 1000), 1)
    root = reduce_instance(instance)
    assert rules(root) == ["blocks", "merge", "gram"]
    (leaf,) = leaves(root)
    assert leaf.shape == (5, 5)
    assert charpoly_of_rank_one_weights(leaf) == charpoly_of_rank_one_weights(instance)


def patterned_table(rows: int, seed: int) -> Instance:
    rng = random.Random(seed)
    A = fmpq_mat(rows, 5, [fmpq(rng.randint(-99, 99)) for _ in range(5 * rows)])
    return Instance(A, fmpq_mat(rows, 5, [fmpq(w) for _ in range(rows) for w in rng.choice(THREE_PATTERNS)]), 1)


@pytest.mark.parametrize("transposed", [False, True])
def test_three_missingness_patterns_leave_at_most_fifteen_lines_and_lift_exactly(transposed: bool) -> None:
    table = patterned_table(600, seed=1)
    instance = table.transpose() if transposed else table
    root = reduce_instance(instance)
    (leaf,) = leaves(root)
    assert leaf.shape == (5, 12), "ranks 5, 4 and 3"
    pair = (matrix([[1], [2], [-1], [1], [1]]), matrix([[3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8]]))
    lifted = lift_tree(root, [pair])
    assert lifted.exact
    assert instance.cost(*lifted.factors) <= leaf.cost(*pair)
    short = lift_tree(root, [pair], bits=53)
    assert short.excess <= instance.norm() / 2**64
    assert max(x.height_bits() for x in short.U.entries() + short.V.entries()) < 64


def test_many_columns_of_few_weight_classes_are_compressed_in_one_step() -> None:
    rng = random.Random(4)
    A = fmpq_mat(2, 2000, [fmpq(rng.randint(-9, 9)) for _ in range(4000)])
    omega = fmpq_mat(2, 2000, [fmpq(rng.choice((1, 4))) for _ in range(4000)])
    for instance, few in ((Instance(A, omega, 1), "column"), (Instance(A.transpose(), omega.transpose(), 1), "row")):
        root = reduce_instance(instance)
        assert rules(root) == ["gram"] + ["transpose"] * (few == "row")
        (leaf,) = leaves(root)
        assert leaf.shape == (2, 6), "three directions of weights, of rank 2 each"


def test_many_columns_that_are_multiples_of_two_are_merged() -> None:
    columns = [((1, 2), (3, 1))[j % 2] for j in range(2000)]
    A = fmpq_mat(2, 2000, [fmpq((1 + j % 5) * column[i]) for i in range(2) for j, column in enumerate(columns)])
    root = reduce_instance(Instance(A, fmpq_mat(2, 2000, [fmpq(1)] * 4000), 1))
    assert rules(root) == ["merge"]
    assert leaves(root)[0].A == matrix([[1, 6], [2, 2]])


@pytest.mark.slow
def test_a_table_of_a_hundred_thousand_rows_reduces_and_lifts() -> None:
    instance = patterned_table(100_000, seed=2)
    root = reduce_instance(instance)
    (leaf,) = leaves(root)
    assert leaf.shape == (5, 12)
    (factors,) = random_factors([leaf], random.Random(0))
    assert instance.cost(*lift_witness(root, [factors], bits=53)) <= leaf.cost(*factors) + instance.norm() / 2**64


def test_twenty_of_a_hundred_entries_leave_a_small_core() -> None:
    rng = random.Random(0)
    observed = rng.sample(range(100), 20)
    omega = fmpq_mat(10, 10, [fmpq(int(cell in observed)) for cell in range(100)])
    instance = Instance(fmpq_mat(10, 10, [fmpq(rng.randint(1, 9)) for _ in range(100)]), omega, 1)
    root = reduce_instance(instance)
    assert [leaf.shape for leaf in leaves(root)] == [(7, 8)]
    factors = random_factors(leaves(root), rng)
    assert lift_tree(root, factors).exact
    assert not leaves(reduce_instance(Instance(instance.A, omega, 3))), "with k = 3 everything drops"


def test_disconnected_masks_split_and_lift_to_the_sum() -> None:
    blocks = [matrix([[1, 2], [3, 4]]), matrix([[2, 1, 1], [1, 3, 1], [1, 1, 4]]), matrix([[5, 1], [1, 7], [2, 2]])]
    A, omega = fmpq_mat(8, 7), fmpq_mat(8, 7)
    top = left = 0
    for block in blocks:
        for i in range(block.nrows()):
            for j in range(block.ncols()):
                A[top + i, left + j], omega[top + i, left + j] = block[i, j], fmpq(1 + (i * j) % 2)
        top, left = top + block.nrows(), left + block.ncols()
    root = reduce_instance(Instance(A, omega, 1))
    assert [leaf.shape for leaf in leaves(root)] == [(2, 2), (3, 3), (2, 3)]
    factors = random_factors(leaves(root), random.Random(3))
    assert root.instance.cost(*lift_witness(root, factors)) <= summed_cost(root, factors)


def test_a_bipartite_forest_needs_no_decider() -> None:
    root = reduce_instance(Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1))
    assert leaves(root) == []
    assert 0 < root.instance.cost(*lift_witness(root, [], fmpq(1, 10**40))) <= fmpq(1, 10**40)


def test_lifting_refuses_the_wrong_number_of_factors_and_a_delta_that_is_not_positive() -> None:
    root = reduce_instance(Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 2], [3, 5]]), 1))
    pair = (matrix([[1], [3]]), matrix([[1, 1]]))
    assert root.open
    assert lift_witness(root, [pair]) == pair
    with pytest.raises(InputError, match="expected 1 pairs"):
        lift_tree(root, [])
    with pytest.raises(InputError, match="delta"):
        lift_tree(root, [pair], fmpq(-1))
