"""Critical points: the counts of the literature, the values, the indices, and opt with and without missing entries."""

from __future__ import annotations

import random

import pytest
from flint import arb, ctx, fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.algebraic import RealAlgebraic, decimal, minimal_polynomial
from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders.critical import compare_report, critical_points, decide_critical
from wlra_exact.deciders.univariate import solve_univariate
from wlra_exact.errors import Decision, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.critical_elimination import plane_report
from wlra_exact.systems.ratio_forms import ratio_sum

CYCLIC = Instance(matrix([[-59, 11, 59], [11, 59, -59], [59, -59, 11]]), matrix([[9, 6, 1], [6, 1, 9], [1, 9, 6]]), 1)
ONES = matrix([[1] * 3] * 3)
PLAIN = matrix([[1, 2, 3], [4, 5, 7], [-3, 8, 11]])


def generic(seed: int, m: int, n: int, k: int) -> Instance:
    rng = random.Random(seed)
    A = matrix([[rng.randint(-9, 9) for _ in range(n)] for _ in range(m)])
    return Instance(A, matrix([[rng.randint(1, 30) for _ in range(n)] for _ in range(m)]), k)


@pytest.fixture(scope="module")
def cyclic_report():
    return critical_points(CYCLIC)


def test_the_cyclic_instance_has_39_complex_and_19_real_critical_points_of_which_7_are_minima(cyclic_report):
    assert cyclic_report.complex_count == 39
    assert len(cyclic_report.points) == 19
    assert [p.index for p in cyclic_report.points].count(0) == 7


def test_the_cyclic_instance_has_the_published_minima(cyclic_report):
    minima = [decimal(p.value, 14) for p in cyclic_report.points if p.index == 0]
    assert minima == ["43556.71549901655584..."] * 3 + ["43631.50783752559471..."] * 3 + ["75701.25"]
    assert cyclic_report.opt == cyclic_report.points[0].value
    assert cyclic_report.attained
    opt = cyclic_report.opt
    assert opt.polynomial == minimal_polynomial(opt)
    assert opt.polynomial(opt.lower) * opt.polynomial(opt.upper) < 0


def test_rank_one_critical_points_satisfy_the_equations_of_the_unreduced_problem(cyclic_report):
    with ctx.workprec(300):
        for point in cyclic_report.points:
            rows = range(3)
            omega, A = CYCLIC.omega, CYCLIC.A
            v = []
            for j in range(3):
                q = sum((arb(omega[i, j]) * point.u[i] ** 2 for i in rows), arb(0))
                v.append(sum((arb(omega[i, j] * A[i, j]) * point.u[i] for i in rows), arb(0)) / q)
            for i in rows:
                slope = sum((arb(omega[i, j]) * (point.u[i] * v[j] - arb(A[i, j])) * v[j] for j in range(3)), arb(0))
                assert slope.contains(0)
                assert slope.rad() < arb(1) / 10**20
            cost = sum(
                (arb(omega[i, j]) * (point.u[i] * v[j] - arb(A[i, j])) ** 2 for i in rows for j in range(3)), arb(0)
            )
            assert cost.overlaps(point.ball)


def test_generic_weights_on_3x3_of_rank_two_give_39_complex_critical_points():
    report = critical_points(generic(5, 3, 3, 2))
    assert report.complex_count == 39
    assert report.opt is not None
    assert len(report.points) % 2 == 1


def test_generic_weights_on_2x2_give_6_complex_critical_points():
    assert critical_points(generic(1, 2, 2, 1)).complex_count == 6


@pytest.mark.parametrize(("rows", "k", "count"), [(2, 1, 2), (3, 1, 3), (3, 2, 3)])
def test_unit_weights_give_a_binomial_number_of_critical_points(rows, k, count):
    A = matrix([[PLAIN[i, j] for j in range(3)] for i in range(rows)])
    report = critical_points(Instance(A, matrix([[1] * 3] * rows), k))
    assert report.complex_count == len(report.points) == count
    assert sorted(p.index for p in report.points) == list(range(count))


def test_a_singular_minor_of_the_weights_lowers_the_count():
    instance = Instance(PLAIN, matrix([[1, 2, 3], [2, 4, 5], [3, 7, 11]]), 1)
    assert critical_points(instance).complex_count == 35


@pytest.mark.slow
def test_the_transpose_has_the_same_critical_values():
    instance = generic(8, 3, 3, 1)
    one, other = critical_points(instance), critical_points(instance.transpose())
    assert [str(p.value) for p in one.points] == [str(p.value) for p in other.points]
    assert [p.index for p in one.points] == [p.index for p in other.points]
    assert one.opt == other.opt


def check_against_samples(seed: int, k: int, entries: list[int]) -> None:
    rng = random.Random(seed)
    A = matrix([[rng.randint(-5, 5) for _ in range(3)] for _ in range(3)])
    instance = Instance(A, matrix([[rng.choice(entries) for _ in range(3)] for _ in range(3)]), k)
    report = critical_points(instance)
    if report.opt is None:
        assert report.reason
        return
    F = ratio_sum(instance)
    for _ in range(150):
        u = [fmpq(rng.choice([-1, 1]) * rng.randint(1, 30), rng.randint(1, 5)) for _ in range(3)]
        assert report.opt <= RealAlgebraic.rational(F.value(u))
        U, V = F.witness(instance, u)
        assert instance.cost(U, V) == F.value(u)
    assert decide_critical(instance, report.opt.lower - fmpq(1, 10**12)) is Decision.NO
    assert decide_critical(instance, report.opt.upper + fmpq(1, 10**12)) is Decision.YES


@pytest.mark.parametrize("seed", [11, 12])
def test_no_sampled_point_of_the_plane_costs_less_than_opt_with_missing_entries(seed):
    check_against_samples(seed, 1, [0, 0, 1, 2])


@pytest.mark.slow
@settings(max_examples=60, deadline=None)
@given(st.integers(0, 10**6), st.sampled_from([1, 2]), st.booleans())
def test_no_sampled_point_of_the_plane_costs_less_than_opt(seed, k, masked):
    check_against_samples(seed, k, [0, 1, 2, 5] if masked else [1, 2, 5])


@pytest.mark.slow
def test_a_third_row_of_zeros_leaves_the_two_row_problem():
    two = generic(3, 2, 3, 1)
    A = matrix([*two.A.tolist(), [0, 0, 0]])
    omega = matrix([*two.omega.tolist(), [7, 3, 5]])
    assert critical_points(Instance(A, omega, 1)).opt == solve_univariate(two).opt()


def test_a_limit_at_a_coordinate_point_that_is_below_every_critical_value_is_found():
    # u -> e_3 fits the third row, and the direction of approach fits the first two rows on their own.
    A = matrix([[1, 2, 0], [2, 4, 0], [0, 0, 3]])
    omega = matrix([[1, 3, 1], [2, 1, 1], [0, 0, 1]])
    report = critical_points(Instance(A, omega, 1))
    assert report.opt == RealAlgebraic.rational(fmpq(0))
    assert not report.attained


@pytest.mark.parametrize(
    ("A", "k"), [(matrix([[0] * 3] * 3), 1), (matrix([[1, 0, 0], [0, 1, 0], [0, 0, 1]]), 1), (fmpq_mat(2, 2), 1)]
)
def test_constant_cost_is_reported_with_its_value(A, k):
    n = A.ncols()
    report = critical_points(Instance(A, matrix([[1] * n] * n), k))
    assert report.complex_count is None
    assert report.reason
    assert report.opt == RealAlgebraic.rational(fmpq(2 if any(A.entries()) else 0))


@pytest.mark.parametrize("instance", [generic(1, 2, 3, 1), CYCLIC], ids=["two rows", "three rows"])
def test_common_factors_of_the_entries_scale_the_values_alone(instance):
    a, w = fmpq(10) ** 60 / 7, fmpq(3) / fmpq(10) ** 40
    one = critical_points(instance)
    other = critical_points(Instance(instance.A * a, instance.omega * w, 1))
    factor = a * a * w
    assert other.opt == one.opt.scaled(factor)
    assert other.complex_count == one.complex_count
    for mine, theirs in zip(one.points, other.points, strict=True):
        assert theirs.value == mine.value.scaled(factor)
        assert theirs.ball.overlaps(mine.ball * arb(factor))
        assert theirs.index == mine.index
        assert all(x.overlaps(y) for x, y in zip(mine.u, theirs.u, strict=True))


def test_elimination_ends_at_its_deadline_with_the_reason():
    report = plane_report(CYCLIC, ratio_sum(CYCLIC), deadline=0)
    assert (report.complex_count, report.points, report.opt, report.opt_ball) == (None, (), None, None)
    assert report.reason == "elimination did not end within the time limit"
    assert compare_report(report, fmpq(1)) is Decision.UNKNOWN


def test_a_curve_of_critical_points_is_answered_with_a_reason():
    report = critical_points(Instance(matrix([[1, 2, 3], [2, 4, 6], [3, 6, 9]]), CYCLIC.omega, 2))
    assert report.complex_count is None
    assert report.opt is None
    assert "isolated" in report.reason


@pytest.mark.slow
def test_an_exact_rank_one_matrix_has_optimum_zero_among_its_critical_values():
    report = critical_points(Instance(matrix([[1, 2, 3], [2, 4, 6], [3, 6, 9]]), CYCLIC.omega, 1))
    assert report.opt == RealAlgebraic.rational(fmpq(0))
    assert report.attained


def test_elimination_refuses_four_rows_and_many_weight_columns():
    with pytest.raises(UnsupportedError, match="three rows, 5 different weight columns; got 4x4"):
        critical_points(generic(1, 4, 4, 1), "elimination")
    with pytest.raises(UnsupportedError, match="got three rows with 6 different weight columns"):
        critical_points(generic(1, 3, 6, 1), "elimination")


@pytest.mark.slow
@pytest.mark.parametrize("k", [1, 2])
def test_generic_weights_on_3x4_give_83_complex_critical_points(k):
    report = critical_points(generic(2, 3, 4, k))
    assert report.complex_count == 83
    assert report.opt_ball is not None


def every_minor_is_nonzero(omega: fmpq_mat) -> bool:
    pairs = [(0, 1), (0, 2), (1, 2)]
    minors = (omega[a, c] * omega[b, d] - omega[a, d] * omega[b, c] for a, b in pairs for c, d in pairs)
    return all(minors) and omega.det() != 0


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(12))
def test_counts_are_39_for_many_generic_weights_and_lower_for_a_singular_weight_matrix(seed):
    instance = generic(100 + seed, 3, 3, 1 + seed % 2)
    count = critical_points(instance).complex_count
    assert (count == 39) == every_minor_is_nonzero(instance.omega)
