"""Peeling, components, and completing a witness over what was dropped."""

from __future__ import annotations

import random

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import Reduction, find_blocks, find_trivial, reduce_instance
from wlra_exact.problem.reductions.peel import peel


@st.composite
def sparse_instances(draw: st.DrawFn, size: int = 6, k_max: int = 2) -> Instance:
    """Masks of few entries with small data, zeros among them."""
    m, n = draw(st.integers(2, size)), draw(st.integers(2, size))
    k = draw(st.integers(1, min(k_max, m, n)))
    cells = draw(st.binary(min_size=2 * m * n, max_size=2 * m * n))
    omega = fmpq_mat(m, n, [(fmpq(1), fmpq(0), fmpq(1, 2), fmpq(0))[byte % 4] for byte in cells[: m * n]])
    A = fmpq_mat(m, n, [fmpq((1, 2, -1, 0, -2)[byte % 5]) for byte in cells[m * n :]])
    return Instance(A, omega, k)


def random_factors(draw: st.DrawFn, instance: Instance) -> tuple[fmpq_mat, fmpq_mat]:
    (m, n), k = instance.shape, instance.k
    entries = [
        fmpq(byte % 9 - 4, 1 + byte // 128) for byte in draw(st.binary(min_size=k * (m + n), max_size=k * (m + n)))
    ]
    return fmpq_mat(m, k, entries[: m * k]), fmpq_mat(k, n, entries[m * k :])


def summed_cost(reduction: Reduction, factors: list[tuple[fmpq_mat, fmpq_mat]]) -> fmpq:
    pairs = zip(reduction.children, factors, strict=True)
    return sum((child.cost(*pair) for child, pair in pairs), fmpq(0))


@settings(max_examples=150, deadline=None)
@given(sparse_instances())
def test_kept_lines_have_more_than_k_weights_and_some_data_in_connected_blocks(instance: Instance) -> None:
    kept_rows: set[int] = set()
    kept_columns: set[int] = set()
    for rows, columns in peel(instance).components:
        child = instance.submatrix(rows, columns)
        assert not kept_rows & set(rows)
        assert not kept_columns & set(columns)
        kept_rows |= set(rows)
        kept_columns |= set(columns)
        for one in (child, child.transpose()):
            for values, weights in zip(one.A.tolist(), one.omega.tolist(), strict=True):
                assert sum(map(bool, weights)) > instance.k
                assert any(values)
        assert len(peel(child).components) == 1
        assert not peel(child).drops
    for i in kept_rows:
        for j in kept_columns:
            together = any(i in rows and j in columns for rows, columns in peel(instance).components)
            assert together or not instance.omega[i, j]


@settings(max_examples=150, deadline=None)
@given(sparse_instances(), st.randoms(use_true_random=False))
def test_the_kept_lines_do_not_depend_on_the_order_of_rows_and_columns(instance: Instance, rng: random.Random) -> None:
    m, n = instance.shape
    row_order, column_order = rng.sample(range(m), m), rng.sample(range(n), n)
    shuffled = peel(instance.submatrix(row_order, column_order)).components
    restored = {
        (frozenset(row_order[i] for i in rows), frozenset(column_order[j] for j in columns))
        for rows, columns in shuffled
    }
    assert restored == {(frozenset(rows), frozenset(columns)) for rows, columns in peel(instance).components}


@settings(max_examples=150, deadline=None)
@given(sparse_instances(), st.data(), st.sampled_from([None, 8, 40]))
def test_a_lift_over_blocks_costs_at_most_the_children_and_its_excess(
    instance: Instance, data: st.DataObject, bits: int | None
) -> None:
    reduction = find_blocks(instance)
    if reduction is None:
        return
    factors = [random_factors(data.draw, child) for child in reduction.children]
    delta = fmpq(1, 10**6)
    lifted = reduction.lift(factors, delta, bits)
    assert 0 <= lifted.excess <= delta
    assert instance.cost(*lifted.factors) <= summed_cost(reduction, factors) + lifted.excess


def test_a_lift_that_spends_nothing_and_leaves_the_blocks_alone_costs_exactly_their_sum() -> None:
    unmoved = 0

    @settings(max_examples=150, deadline=None, derandomize=True)
    @given(sparse_instances(), st.data())
    def check(instance: Instance, data: st.DataObject) -> None:
        nonlocal unmoved
        reduction = find_blocks(instance)
        if reduction is None or not reduction.children:
            return
        factors = [random_factors(data.draw, child) for child in reduction.children]
        lifted = reduction.lift(factors)
        X = lifted.U * lifted.V
        blocks = [[[X[i, j] for j in b["columns"]] for i in b["rows"]] for b in reduction.payload["blocks"]]
        if lifted.exact and list(map(matrix, blocks)) == [U * V for U, V in factors]:
            unmoved += 1
            assert instance.cost(*lifted.factors) == summed_cost(reduction, factors)

    check()
    assert unmoved >= 30, "moving the blocks should be the exception"


@st.composite
def forests(draw: st.DrawFn) -> Instance:
    """k = 1 and a support graph without cycles: everything peels off."""
    m, n = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    order = draw(st.permutations([(i, j) for i in range(m) for j in range(n)]))
    tree = list(range(m + n))

    def root(line: int) -> int:
        return line if tree[line] == line else root(tree[line])

    A, omega = fmpq_mat(m, n), fmpq_mat(m, n)
    for (i, j), byte in zip(order, draw(st.binary(min_size=m * n, max_size=m * n)), strict=True):
        if byte % 4 and root(i) != root(m + j):
            tree[root(i)] = root(m + j)
            A[i, j], omega[i, j] = fmpq(byte % 3 - 1), fmpq(1 + byte % 2)
    return Instance(A, omega, 1)


@settings(max_examples=200, deadline=None)
@given(forests())
def test_for_rank_one_the_lift_over_a_forest_is_exact_exactly_when_the_infimum_is_attained(instance: Instance) -> None:
    # A non-zero entry needs non-zero vectors at both ends; a zero entry needs a zero vector at one end. So a fit
    # exists exactly when every observed zero has an end without non-zero entries (put 0 there), cycles being absent.
    m, n = instance.shape
    live_rows = {i for i in range(m) for j in range(n) if instance.A[i, j]}
    live_columns = {j for i in range(m) for j in range(n) if instance.A[i, j]}
    stuck = [(i, j) for i in live_rows for j in live_columns if instance.omega[i, j] and not instance.A[i, j]]
    root = reduce_instance(instance)
    assert root.trivial is not None
    lifted = root.trivial.witness()
    assert lifted.exact == (not stuck)
    assert bool(instance.cost(*lifted.factors)) == bool(stuck)


@pytest.mark.parametrize("delta", [fmpq(1), fmpq(1, 10**6), fmpq(1, 2**300)])
def test_the_corner_has_infimum_zero_without_a_minimiser(delta: fmpq) -> None:
    corner = Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1)
    root = reduce_instance(corner)
    assert root.trivial is not None
    assert root.trivial.reason == "every row and column drops"
    lifted = root.trivial.witness(delta)
    assert not lifted.exact
    assert 0 < corner.cost(*lifted.factors) <= lifted.excess <= delta


def test_a_line_without_weights_gets_the_vector_zero() -> None:
    ones = matrix([[1, 1, 0], [1, 1, 0], [0, 0, 0]])
    reduction = find_blocks(Instance(matrix([[1, 2, 0], [3, 4, 0], [0, 0, 0]]), ones, 1))
    assert reduction is not None
    lifted = reduction.lift([(matrix([[1], [2]]), matrix([[1, 2]]))])
    assert matrix([[1], [2], [0]]) == lifted.U
    assert matrix([[1, 2, 0]]) == lifted.V


def bridged(k: int = 2) -> Instance:
    """Two dense 3x3 blocks, and a last row that observes the first column of each."""
    omega = matrix([[1, 1, 1, 0, 0, 0]] * 3 + [[0, 0, 0, 1, 1, 1]] * 3 + [[1, 0, 0, 1, 0, 0]])
    A = [[1 + (i * j + i * i + 3 * j) % 7 for j in range(6)] for i in range(7)]
    return Instance(matrix(A), omega, k)


def test_parallel_vectors_of_two_components_do_not_keep_a_bridge_from_fitting() -> None:
    instance = bridged()
    reduction = find_blocks(instance)
    assert reduction is not None
    assert [child.shape for child in reduction.children] == [(3, 3), (3, 3)]
    # Both witnesses have the first column of V equal to (1, 0), so in this basis no vector fits (A_60, A_63).
    pair = (matrix([[1, 2], [3, 4], [5, 6]]), matrix([[1, 0, 1], [0, 1, 1]]))
    lifted = reduction.lift([pair, pair])
    assert lifted.exact
    assert instance.cost(*lifted.factors) == summed_cost(reduction, [pair, pair])


def test_a_witness_of_too_small_rank_still_extends_exactly() -> None:
    omega = matrix([[1, 1, 1], [1, 1, 1], [1, 1, 1], [1, 1, 0]])
    instance = Instance(matrix([[1, 2, 3], [4, 5, 6], [7, 8, 10], [1, -1, 0]]), omega, 2)
    reduction = find_blocks(instance)
    assert reduction is not None
    # U (1, 1)^T = 0 and V (1, -2, 0)^T = 0: V may move along (1, 1) at no cost, and must.
    pair = (matrix([[1, -1], [2, -2], [3, -3]]), matrix([[2, 4, 5], [1, 2, 2]]))
    lifted = reduction.lift([pair])
    assert lifted.exact
    assert instance.cost(*lifted.factors) == summed_cost(reduction, [pair])


def test_a_line_of_zero_data_moves_off_zero_where_others_need_it() -> None:
    # The columns 4 and 5 drop first; then row 4 has zeros only, but the vector 0 would leave them without a fit.
    A = [[1 + (i * j + i * i + 3 * j) % 7 for j in range(4)] + [0, 0] for i in range(4)] + [[0, 0, 0, 0, 1, 1]]
    omega = [[1, 1, 1, 1, 0, 0]] * 4 + [[1, 1, 0, 0, 1, 1]]
    instance = Instance(matrix(A), matrix(omega), 3)
    reduction = find_blocks(instance)
    assert reduction is not None
    pair = (matrix([[1, 2, 1], [3, 4, 2], [5, 6, 1], [0, 1, 1]]), matrix([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 1, 1]]))
    lifted = reduction.lift([pair])
    assert lifted.exact
    assert instance.cost(*lifted.factors) == summed_cost(reduction, [pair])


def test_a_step_as_small_as_delta_asks_is_taken_where_the_witness_leaves_no_freedom() -> None:
    # The block is fitted exactly by a V whose first two columns are parallel, and the last row contradicts that.
    pair = (matrix([[1, 0], [0, 1], [1, 1]]), matrix([[1, 2, 1], [1, 2, 3]]))
    A = matrix([*(pair[0] * pair[1]).tolist(), [fmpq(1), fmpq(-1), fmpq(0)]])
    instance = Instance(A, matrix([[1, 1, 1]] * 3 + [[1, 1, 0]]), 2)
    reduction = find_blocks(instance)
    assert reduction is not None
    assert [child.shape for child in reduction.children] == [(3, 3)]
    for exponent in (10, 100, 1000):
        delta = fmpq(1, 2**exponent)
        lifted = reduction.lift([pair], delta)
        assert not lifted.exact
        assert delta / 100 < instance.cost(*lifted.factors) == lifted.excess <= delta


@pytest.mark.parametrize(("k", "bits"), [(2, None), (3, None), (3, 53)])
def test_numbers_stay_bounded_along_a_long_chain_of_drops(k: int, bits: int | None) -> None:
    size, rng = 40, random.Random(k)
    A, omega = fmpq_mat(size, size), fmpq_mat(size, size)
    for i in range(size):
        for j in range(max(0, i - k + 1), min(size, i + k)):
            A[i, j], omega[i, j] = fmpq(rng.choice([-3, -2, -1, 1, 2, 3])), fmpq(1)
    instance = Instance(A, omega, k)
    root = reduce_instance(instance)
    assert root.trivial is not None
    lifted = root.trivial.witness(bits=bits)
    assert instance.cost(*lifted.factors) <= lifted.excess <= instance.norm() / 2**64
    longest = max(x.height_bits() for x in lifted.U.entries() + lifted.V.entries())
    assert longest <= (4096 if bits is None else 400)


@pytest.mark.parametrize(
    ("A", "omega", "k", "reason"),
    [
        ([[1, 2, 3], [4, 5, 6]], [[1, 0, 1], [1, 1, 1]], 2, "k >= min(m, n)"),
        ([[1, 2], [4, 5], [7, 9]], [[1, 0], [1, 1], [1, 1]], 3, "k >= min(m, n)"),
        ([[0, 7], [0, 0]], [[1, 0], [1, 1]], 1, "A = 0 on the support"),
        ([[1, 2, 3], [2, 4, 6], [0, 0, 0]], [[1, 2, 3]] * 3, 1, "rank(A) <= k and every weight is positive"),
        ([[0, 2, 4], [0, 1, 2], [0, 3, 6]], [[1, 2, 3]] * 3, 2, "rank(A) <= k and every weight is positive"),
    ],
)
def test_an_instance_that_is_zero_at_sight_comes_with_a_witness_of_cost_zero(
    A: list[list[int]], omega: list[list[int]], k: int, reason: str
) -> None:
    instance = Instance(matrix(A), matrix(omega), k)
    trivial = find_trivial(instance)
    assert trivial is not None
    assert trivial.reason == reason
    lifted = trivial.witness()
    assert lifted.exact
    assert (lifted.U.ncols(), lifted.V.nrows()) == (k, k)
    assert instance.cost(*lifted.factors) == 0


def test_low_rank_is_no_reason_when_a_weight_is_zero_or_the_rank_is_above_k() -> None:
    full = matrix([[1, 1, 1]] * 3)
    assert find_trivial(Instance(matrix([[1, 2, 3], [2, 4, 6], [1, 2, 4]]), full, 1)) is None
    assert find_trivial(Instance(matrix([[1, 2, 3], [2, 4, 6], [0, 0, 0]]), matrix([[1, 0, 1]] * 3), 1)) is None
