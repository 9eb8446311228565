"""The sketched system: its points are matrices of rank <= k, its objective is their cost, its size is the theorem's."""

import itertools

import numpy as np
import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError, UnsupportedError
from wlra_exact.numeric.gaussian import propose_gaussian
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.bounds_lemmas import Constants, Setting, theorem_5_1
from wlra_exact.systems.patterns import find_patterns, patterns_from_labels
from wlra_exact.systems.sketch import RationalSketch, sketch_size
from wlra_exact.systems.sketched import sketched_problem


def sketch_of(rows):
    return RationalSketch(np.array(rows, dtype=np.int64), 0)


def identity_sketch(n, t):
    return sketch_of([[int(j == s) for s in range(t)] for j in range(n)])


@st.composite
def sketched_cases(draw, k=1):
    m, n, t = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(k, 2))
    number = st.integers(-3, 3)
    A = fmpq_mat(m, n, [fmpq(draw(number), draw(st.integers(1, 2))) for _ in range(m * n)])
    W = fmpq_mat(m, n, [fmpq(draw(st.sampled_from([0, 1, 1, 2]))) for _ in range(m * n)])
    instance = Instance.from_weights(A, W, min(k, max(m, n)))
    S = sketch_of([[draw(number) for _ in range(t)] for _ in range(m)])
    T = sketch_of([[draw(number) for _ in range(t)] for _ in range(n)])
    return instance, S, T


@given(case=sketched_cases(), seed=st.integers(0, 10**6))
@settings(max_examples=40, deadline=None)
def test_the_objectives_are_the_cost_of_the_factors(case, seed):
    instance, S, T = case
    sketched = sketched_problem(instance, S, T)
    random = np.random.default_rng(seed)
    point = {name: fmpq(int(x), 3) for name, x in zip(sketched.variables, random.integers(1, 9, 99), strict=False)}
    values = [point[name] for name in sketched.variables]
    dens = [d(*values) for d in sketched.denominators]
    U, V = sketched.factors(point)
    expected = sketched.patterns.collapsed().cost(U, V)
    ys = {f"y{i + 1}": 1 / d for i, d in enumerate(dens)}
    separate = sketched.separate_system()
    assert separate.is_satisfied_by(point | ys)
    assert separate.objective_value(point | ys) == expected
    product = fmpq(1)
    for d in dens:
        product *= d
    system = sketched.product_system()
    assert system.is_satisfied_by(point | {"y": 1 / product})
    assert system.objective_value(point | {"y": 1 / product}) == expected


@given(case=sketched_cases())
@settings(max_examples=30, deadline=None)
def test_sizes_stay_within_the_predictions_of_theorem_5_1(case):
    instance, S, T = case
    sketched = sketched_problem(instance, S, T)
    patterns, t = sketched.patterns, S.size
    r_rows, r_columns = patterns.rows.weight_pattern_count, patterns.columns.weight_pattern_count
    assert len(sketched.variables) == (r_rows + r_columns) * patterns.k * t
    assert len(sketched.denominators) == r_rows + r_columns
    assert all(d.total_degree() == 2 * patterns.k for d in sketched.denominators)
    system = sketched.product_system()
    scale = int(max(a.q for a in instance.A.entries()))  # entries become integers below 2^4 times this
    setting = Setting(
        *instance.shape,
        patterns.k,
        r_rows,
        r_columns,
        patterns.rows.size,
        patterns.columns.size,
        bits=4,
        eps="1/2",
        constants=Constants(sketch=str(fmpq(t, 2)), sketch_bits=0),
    )
    predicted = theorem_5_1(setting)
    assert predicted.variables == len(system.variables)
    assert predicted.denominators == r_rows + r_columns
    assert system.degree() <= predicted.degree
    if scale == 1:
        assert system.bitsize() <= predicted.bits


@given(case=sketched_cases(), entries=st.lists(st.integers(-3, 3), min_size=9, max_size=9))
@settings(max_examples=40, deadline=None)
def test_with_the_identity_for_a_sketch_the_factors_are_least_squares(best_factor, case, entries):
    instance, _, _ = case
    patterns = find_patterns(instance)
    core = Instance(patterns.A, patterns.omega, 1)
    (p, q), t = core.shape, max(core.shape)
    sketched = sketched_problem(core, identity_sketch(p, t), identity_sketch(q, t))
    W = [[{0: 0, 1: 1, 4: 2}[int(w.p)] for w in row] for row in core.omega.tolist()]
    V = fmpq_mat(1, q, [fmpq(x) for x in entries[:q]])
    rows, columns = sketched.patterns.rows, sketched.patterns.columns
    point = {}
    for l in range(rows.weight_pattern_count):
        a = rows.weight_patterns.index(l)
        for s in range(t):
            point[f"p{l + 1}_1_{s + 1}"] = V[0, s] * W[a][s] if s < q else fmpq(0)
    if any(all(point[f"p{l + 1}_1_{s + 1}"] == 0 for s in range(t)) for l in range(rows.weight_pattern_count)):
        return
    for name in sketched.variables:
        point.setdefault(name, fmpq(1))
    U, _ = sketched.factors(point)
    best = best_factor(core.transpose(), V.transpose())
    assert columns.size == q
    assert core.cost(U, V) == core.cost(best.transpose(), V)


def test_rank_deficient_blocks_are_covered_by_a_guess():
    instance = Instance(matrix([[1, 2], [3, 4], [5, 7]]), matrix([[1, 1], [1, 1], [1, 1]]), 2)
    sketch_rows, sketch_columns = sketch_of([[1, 0], [0, 1], [1, 1]]), sketch_of([[1, 0], [0, 1]])
    full_rank = sketched_problem(instance, sketch_rows, sketch_columns)
    point = {name: fmpq(0) for name in full_rank.variables}
    # V D T has two equal rows: the block has rank 1.
    point |= {"p1_1_1": fmpq(1), "p1_1_2": fmpq(2), "p1_2_1": fmpq(1), "p1_2_2": fmpq(2)}
    point |= {"q1_1_1": fmpq(1), "q1_2_2": fmpq(1)}
    with pytest.raises(InputError, match="guess"):
        full_rank.factors(point)
    deficient = sketched_problem(instance, sketch_rows, sketch_columns, (((0,),), ((0, 1),)))
    U, V = deficient.factors(point)
    assert all(U[a, 1] == 0 for a in range(3))
    assert deficient.separate_system().constraints[-1].polynomial.total_degree() == 4
    assert instance.cost(U, V) >= 0


def test_weights_without_rational_roots_are_refused_by_name():
    instance = Instance(matrix([[1, 2], [3, 4]]), matrix([[2, 1], [1, 1]]), 1)
    with pytest.raises(UnsupportedError, match="no rational square root"):
        sketched_problem(instance, identity_sketch(2, 1), identity_sketch(2, 1))


def test_sketches_of_different_sizes_are_refused():
    instance = Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 1]]), 1)
    with pytest.raises(InputError, match="one size"):
        sketched_problem(instance, identity_sketch(2, 1), identity_sketch(2, 2))


def test_group_sums_refuse_to_overflow():
    labels = np.zeros(4, dtype=np.int64)
    patterns = patterns_from_labels(matrix([[1]]), matrix([[1]]), 1, labels, labels)
    with pytest.raises(InputError, match="63 bits"):
        RationalSketch(np.full((4, 1), 2**62, dtype=np.int64), 0).group_sums(patterns.rows)


def test_gaussian_samples_repeat_with_their_seed_and_have_the_stated_variance():
    one, bits = propose_gaussian(4000, 5, inverse_variance=5, seed=3, bits=20)
    two, _ = propose_gaussian(4000, 5, inverse_variance=5, seed=3, bits=20)
    other, _ = propose_gaussian(4000, 5, inverse_variance=5, seed=4, bits=20)
    assert (one == two).all()
    assert (one != other).any()
    mean_square = sum(int(x) ** 2 for x in one.ravel()) / (one.size * 4**bits)
    assert 0.19 < mean_square < 0.21


@pytest.mark.parametrize(("k", "eps"), [(0, "1/2"), (1, 0), (1, "3/4")])
def test_sketch_sizes_outside_the_theorem_are_refused(k, eps):
    with pytest.raises(InputError, match="sketch size"):
        sketch_size(k, eps)


def patterned_sketch(n, seed=0):
    """A patterned n x n problem and its sketches: 3 weight rows, 5 joint rows, t = 2."""
    random = np.random.default_rng(seed)
    labels = random.integers(0, 5, n)
    weights = [[1, 2, 1, 1, 2], [1, 1, 2, 2, 1], [1, 2, 1, 1, 2], [3, 1, 1, 1, 1], [1, 1, 2, 2, 1]]
    values = [[(7 * i + 3 * j) % 11 - 5 for j in range(5)] for i in range(5)]
    omega = matrix([[w * w for w in row] for row in weights])
    patterns = patterns_from_labels(matrix(values), omega, 1, labels, labels)
    S, T = (RationalSketch(*propose_gaussian(n, 2, inverse_variance=2, seed=s)) for s in (1, 2))
    return sketched_problem(patterns, S, T).separate_system(), patterns


def test_a_million_rows_and_columns_give_the_variables_of_their_patterns():
    system, patterns = patterned_sketch(10**6)
    r_rows, r_columns = patterns.rows.weight_pattern_count, patterns.columns.weight_pattern_count
    assert (r_rows, patterns.rows.size) == (3, 5)
    assert len(system.variables) == (r_rows + r_columns) * 1 * 2 + r_rows + r_columns
    assert system.degree() == 8
    # With all blocks at 0 but y = 0 too, the objective is ||W o A||^2 of the whole table.
    assert system.objective_value(dict.fromkeys(system.variables, 0)) == patterns.norm()


@pytest.mark.slow
def test_the_time_of_the_collapsed_objective_grows_linearly_with_n():
    import time

    seconds = {}
    for n in (3 * 10**5, 3 * 10**6):
        runs = []
        for seed in range(3):
            start = time.perf_counter()
            patterned_sketch(n, seed)
            runs.append(time.perf_counter() - start)
        seconds[n] = min(runs)
    assert seconds[3 * 10**6] < 30
    assert seconds[3 * 10**6] < 20 * seconds[3 * 10**5], "ten times the size, at most twice linear"


def test_every_pair_of_subsets_is_a_guess():
    instance = Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 1]]), 1)
    sketch = identity_sketch(2, 1)
    for rows, columns in itertools.product([(0,), ()], repeat=2):
        sketched = sketched_problem(instance, sketch, sketch, ((rows,), (columns,)))
        assert len(sketched.dependencies) == (not rows) + (not columns)


@given(case=sketched_cases(), seed=st.integers(0, 10**6), bound=st.integers(0, 40))
@settings(max_examples=40, deadline=None)
def test_the_cleared_system_says_whether_the_cost_is_below_the_threshold(case, seed, bound):
    instance, S, T = case
    random = np.random.default_rng(seed)
    for chart in (False, True):
        sketched = sketched_problem(instance, S, T, chart=chart)
        point = {name: fmpq(int(x), 3) for name, x in zip(sketched.variables, random.integers(1, 9, 99), strict=False)}
        cost = sketched.patterns.collapsed().cost(*sketched.factors(point))
        for threshold in (cost, fmpq(bound)):
            assert sketched.cleared_system(threshold).is_satisfied_by(point) == (cost <= threshold)
            assert sketched.cleared_system(threshold, "<").is_satisfied_by(point) == (cost < threshold)
            eased = sketched.cleared_system(threshold, consequence=True)
            assert eased.is_satisfied_by(point) == (cost <= threshold)


def test_a_chart_reaches_every_cost_that_the_blocks_reach():
    A, W = matrix([[1, 2, 0], [3, 5, 1], [1, 1, 4]]), matrix([[1, 2, 1], [2, 1, 1], [1, 2, 1]])
    S, T = sketch_of([[1, 0, 2], [3, 1, 1], [0, 2, 5]]), sketch_of([[2, 1, 0], [1, 1, 4], [3, 0, 1]])
    instance, random = Instance.from_weights(A, W, 2), np.random.default_rng(7)
    free, chart = sketched_problem(instance, S, T), sketched_problem(instance, S, T, chart=True)
    assert len(chart.variables) == len(free.variables) - 4
    blocks = {name: fmpq(int(x)) for name, x in zip(free.variables, random.integers(-9, 9, 99), strict=False)}
    G = fmpq_mat(2, 2, [blocks[f"p1_{i}_{s}"] for i in (1, 2) for s in (1, 2)])
    moved = {}
    for l in range(1, len(free.row_denominators) + 1):
        P = G.inv() * fmpq_mat(2, 3, [blocks[f"p{l}_{i}_{s}"] for i in (1, 2) for s in (1, 2, 3)])
        moved |= {f"p{l}_{i}_{s}": P[i - 1, s - 1] for i in (1, 2) for s in (1, 2, 3)}
    for c in range(1, len(free.column_denominators) + 1):
        Q = fmpq_mat(3, 2, [blocks[f"q{c}_{s}_{i}"] for s in (1, 2, 3) for i in (1, 2)]) * G
        moved |= {f"q{c}_{s}_{i}": Q[s - 1, i - 1] for s in (1, 2, 3) for i in (1, 2)}
    U, V = free.factors(blocks)
    on_chart = chart.factors({name: moved[name] for name in chart.variables})
    assert on_chart[0] * on_chart[1] == U * V


def test_a_chart_needs_the_guess_of_full_rank():
    instance = Instance(matrix([[1]]), matrix([[1]]), 1)
    with pytest.raises(InputError, match="chart"):
        sketched_problem(instance, sketch_of([[1]]), sketch_of([[1]]), (((0,),), ((0,),)), chart=True)
