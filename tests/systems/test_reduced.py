"""The reduced system reproduces the eliminated cost exactly, on every rank guess, in few variables."""

import itertools

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.cramer import adjugate, determinant, rank_guesses
from wlra_exact.systems.patterns import find_patterns, patterns_from_labels
from wlra_exact.systems.reduced import reduced_problem, support_sizes
from wlra_exact.systems.system import make_context


@st.composite
def small_problems(draw):
    """2x2 to 3x4 with repeated patterns, some zero weights, k = 1 or 2, and a U on the joint row groups."""
    m, n, k = draw(st.integers(2, 3)), draw(st.integers(2, 4)), draw(st.integers(1, 2))
    entry = st.integers(-3, 3).map(fmpq)
    A_rows = [[draw(entry) for _ in range(n)] for _ in range(2)]
    W_rows = [[fmpq(draw(st.sampled_from([0, 1, 1, 4]))) for _ in range(n)] for _ in range(2)]
    A = [draw(st.sampled_from(A_rows)) for _ in range(m)]
    W = [draw(st.sampled_from(W_rows)) for _ in range(m)]
    patterns = find_patterns(Instance(matrix(A), matrix(W), k))
    coordinate = st.sampled_from([fmpq(0), fmpq(0), fmpq(1), fmpq(-2), fmpq(1, 2)])
    U = fmpq_mat(patterns.rows.size, k, [draw(coordinate) for _ in range(patterns.rows.size * k)])
    return Instance(matrix(A), matrix(W), k), patterns, U


def point_of(U):
    return {f"u{a + 1}_{l + 1}": U[a, l] for a in range(U.nrows()) for l in range(U.ncols())}


def expand(patterns, U):
    labels = patterns.rows.labels.tolist()
    return fmpq_mat(len(labels), U.ncols(), [U[a, l] for a in labels for l in range(U.ncols())])


def check_eliminated_cost(best_factor, case):
    instance, patterns, U = case
    wide = expand(patterns, U)
    expected = instance.cost(wide, best_factor(instance, wide))
    covering = 0
    for guess in rank_guesses(patterns.k, support_sizes(patterns)):
        reduced = reduced_problem(patterns, guess)
        if reduced.holds_at(point_of(U)):
            covering += 1
            system, point = reduced.product_system(), reduced.point(point_of(U))
            assert reduced.cost(point_of(U)) == expected
            assert system.is_satisfied_by(point)
            assert system.objective_value(point) == expected
    assert covering >= 1, "the guesses cover every U"


@given(case=small_problems())
@settings(max_examples=40, deadline=None)
def test_every_rational_point_reproduces_the_eliminated_cost(best_factor, case):
    check_eliminated_cost(best_factor, case)


@pytest.mark.slow
@given(case=small_problems())
@settings(max_examples=400, deadline=None)
def test_every_rational_point_reproduces_the_eliminated_cost_on_many_instances(best_factor, case):
    check_eliminated_cost(best_factor, case)


@given(case=small_problems(), threshold=st.integers(0, 60).map(lambda x: fmpq(x, 2)))
@settings(max_examples=40, deadline=None)
def test_the_three_forms_agree_at_every_threshold(case, threshold):
    _, patterns, U = case
    reduced = reduced_problem(patterns)
    point = point_of(U)
    if not reduced.holds_at(point):
        return
    expected = bool(reduced.cost(point) <= threshold)
    values = [point[name] for name in reduced.variables]
    ys = {f"y{c + 1}": 1 / d(*values) for c, d in enumerate(reduced.denominators)}
    assert reduced.product_system().below(threshold).is_satisfied_by(reduced.point(point)) is expected
    assert reduced.separate_system().below(threshold).is_satisfied_by(point | ys) is expected
    assert reduced.cleared_system(threshold).is_satisfied_by(point) is expected
    assert reduced.cleared_system(threshold, consequence=True).is_satisfied_by(point) is expected


@given(case=small_problems())
@settings(max_examples=40, deadline=None)
def test_sizes_are_those_of_the_theorem(case):
    _, patterns, _ = case
    reduced = reduced_problem(patterns)
    k, blocks = patterns.k, patterns.columns.weight_pattern_count
    assert len(reduced.variables) == k * patterns.rows.size
    assert len(reduced.denominators) == blocks
    assert all(d.total_degree() <= 2 * k for d in reduced.denominators)
    assert reduced.product_system().degree() <= 2 * k * blocks + 1
    assert reduced.separate_system().degree() <= 2 * k + 1


@given(case=small_problems(), scale=st.integers(1, 4))
@settings(max_examples=40, deadline=None)
def test_pivots_describe_the_same_row_space(case, scale):
    _, patterns, U = case
    k = patterns.k
    for pivots in itertools.combinations(range(patterns.rows.size), k):
        block = fmpq_mat(k, k, [U[a, l] for a in pivots for l in range(k)])
        if block.det() == 0:
            continue
        normal = U * block.inv() * scale * fmpq(1, scale)
        reduced, charted = reduced_problem(patterns), reduced_problem(patterns, pivots=pivots)
        free = {name: x for name, x in point_of(normal).items() if name in charted.variables}
        assert len(charted.variables) == k * (patterns.rows.size - k)
        if reduced.holds_at(point_of(U)) and charted.holds_at(free):
            assert charted.cost(free) == reduced.cost(point_of(U))


def test_the_number_of_variables_is_independent_of_n_and_multiplicities_scale_the_cost():
    core, weights = matrix([[1, 2, 0], [3, 5, 1], [1, 1, 4]]), matrix([[1, 2, 1], [2, 1, 1], [1, 1, 3]])
    point = {"u1_1": 1, "u2_1": "2/3", "u3_1": -1}
    one = reduced_problem(patterns_from_labels(core, weights, 1, [0, 1, 2], [0, 1, 2]))
    many = reduced_problem(patterns_from_labels(core, weights, 1, [0, 1, 2], [0, 1, 2] * 1000))
    assert one.variables == many.variables
    assert many.cost(point) == 1000 * one.cost(point)


def test_a_weight_column_with_fewer_rows_than_the_rank_is_fitted_exactly():
    reduced = reduced_problem(Instance(matrix([[1, 5], [2, 0], [4, 0]]), matrix([[1, 1], [1, 0], [1, 0]]), 2))
    assert reduced.guess == ((0, 1), (0,))
    assert reduced.numerators[1] == 0


def test_a_chart_whose_first_column_vanishes_on_a_support_still_has_a_generic_guess():
    instance = Instance(matrix([[1, 0], [2, 5], [4, 0]]), matrix([[1, 0], [1, 1], [1, 0]]), 2)
    charted = reduced_problem(instance, pivots=(0, 1))
    assert charted.guess == ((0, 1), (1,))


def test_there_are_two_to_the_k_guesses_a_block():
    patterns = find_patterns(Instance(matrix([[1, 2, 3]] * 3), matrix([[1, 1, 2], [1, 2, 1], [3, 1, 1]]), 2))
    guesses = list(rank_guesses(patterns.k, support_sizes(patterns)))
    assert len(guesses) == len(set(guesses)) == 4**patterns.columns.weight_pattern_count


@pytest.mark.parametrize("guess", [((0,), (0,)), ((1,),), ((0, 0),)])
def test_a_guess_that_does_not_fit_is_refused(guess):
    with pytest.raises(InputError, match="guess"):
        reduced_problem(Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 1]]), 1), guess)


def test_a_point_off_the_guess_is_refused():
    reduced = reduced_problem(Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 1]]), 1))
    with pytest.raises(InputError, match="guess"):
        reduced.cost({"u1_1": 0, "u2_1": 0})


@given(entries=st.lists(st.integers(-5, 5), min_size=9, max_size=9), size=st.integers(0, 3))
@settings(max_examples=40, deadline=None)
def test_the_adjugate_inverts_up_to_the_determinant(entries, size):
    ring = make_context(["x"])
    (x,) = ring.gens()
    M = [[entries[3 * i + j] + (x if i == j else 0) * 1 + ring.constant(0) for j in range(size)] for i in range(size)]
    adj, det = adjugate(M, ring), determinant(M, ring)
    for i in range(size):
        for j in range(size):
            entry = sum((M[i][h] * adj[h][j] for h in range(size)), ring.constant(0))
            assert entry == (det if i == j else 0)
