"""Critical points that floating point proposes: what is proved about them, for every rank."""

from __future__ import annotations

import random
import time
from dataclasses import replace

import pytest
from flint import acb, arb, fmpq

from wlra_exact.algebra.algebraic import ball_ends
from wlra_exact.algebra.exact import matrix
from wlra_exact.cli.critical import render_report, report_json
from wlra_exact.deciders import critical_paths
from wlra_exact.deciders.critical import compare_report, critical_points
from wlra_exact.deciders.critical_paths import path_report
from wlra_exact.errors import Decision, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.search.solve import solve_instance
from wlra_exact.systems.critical_factors import factor_system
from wlra_exact.systems.msolve import HOW_TO_INSTALL, count_solutions, find_msolve

needs_msolve = pytest.mark.skipif(find_msolve() is None, reason=HOW_TO_INSTALL)


def generic(seed: int, m: int, n: int, k: int) -> Instance:
    rng = random.Random(seed)
    A = [[rng.randint(-99, 99) for _ in range(n)] for _ in range(m)]
    return Instance(matrix(A), matrix([[rng.randint(1, 999) for _ in range(n)] for _ in range(m)]), k)


def unit(seed: int, m: int, n: int, k: int) -> Instance:
    return replace(generic(seed, m, n, k), omega=matrix([[1] * n] * m))


def in_seconds(seconds: int) -> int:
    return time.monotonic_ns() + seconds * 10**9


@pytest.fixture
def no_program(monkeypatch):
    monkeypatch.setattr(critical_paths, "find_msolve", lambda: None)


@pytest.mark.parametrize(("seed", "m", "n", "k"), [(1, 2, 4, 1), (2, 3, 3, 1), (3, 3, 3, 2)])
def test_the_points_are_those_that_elimination_finds(seed, m, n, k):
    instance = generic(seed, m, n, k)
    one, other = critical_points(instance, "elimination"), critical_points(instance, "paths")
    assert one.complex_count == other.complex_count
    assert [p.index for p in one.points] == [p.index for p in other.points]
    for mine, theirs in zip(one.points, other.points, strict=True):
        assert mine.ball.overlaps(theirs.ball)
        assert all(a.overlaps(b) for a, b in zip(mine.u, theirs.u, strict=True))
    low, high = ball_ends(other.opt_ball)
    assert high - low < low / 10**40
    assert other.opt_ball.overlaps(one.opt_ball)
    assert other.attained
    assert "degree" in other.reason


def test_the_threshold_is_compared_with_the_ball():
    report = path_report(generic(2, 3, 3, 1), in_seconds(60))
    low, high = ball_ends(report.opt_ball)
    assert compare_report(report, low) is Decision.NO
    assert compare_report(report, high + 1) is Decision.YES
    assert compare_report(report, (low + high) / 2) is Decision.UNKNOWN


def test_a_proposal_that_is_missing_leaves_the_number_open(monkeypatch, no_program):
    propose = critical_paths.propose_critical_points
    monkeypatch.setattr(critical_paths, "propose_critical_points", lambda *a: (propose(*a)[0][1:], propose(*a)[1]))
    report = path_report(generic(2, 3, 3, 1), in_seconds(60))
    assert (report.complex_count, report.opt_ball, report.opt) == (None, None, None)
    assert "38 critical points were proved" in report.reason
    assert "msolve is not installed" in report.reason


def test_a_point_that_is_proposed_twice_counts_once(monkeypatch, no_program):
    propose = critical_paths.propose_critical_points

    def twice(*arguments):
        proposals, generic = propose(*arguments)
        shifted = [[z + acb("1e-9", "1e-9") for z in row] for row in proposals]
        return proposals[2:] + shifted[2:], generic

    monkeypatch.setattr(critical_paths, "propose_critical_points", twice)
    report = path_report(generic(2, 3, 3, 1), in_seconds(60))
    assert report.complex_count is None
    assert "37 critical points were proved" in report.reason


def test_proposals_that_are_no_critical_points_prove_nothing(monkeypatch, no_program):
    junk = [[acb(i, j) for j in range(5)] for i in range(3)] + [[acb("nan")] * 5]
    monkeypatch.setattr(critical_paths, "propose_critical_points", lambda *_: (junk, 39))
    monkeypatch.setattr(critical_paths, "_BOXES", ((40, 0), (160, 0)))
    report = path_report(generic(2, 3, 3, 1), in_seconds(60))
    assert report.points == ()
    assert "0 critical points were proved (from 39 of 39 generic ones)" in report.reason


def test_unit_weights_have_one_point_for_every_choice_of_singular_values(no_program):
    # C(3, 1); the others are at infinity, and without a second count their number stays open
    report = path_report(unit(5, 3, 3, 1), in_seconds(60))
    assert report.complex_count is None
    assert len(report.points) == 3
    assert report.opt_ball is None


@needs_msolve
@pytest.mark.parametrize(("m", "n", "k", "count"), [(3, 3, 1, 3), (3, 4, 2, 3)])
def test_unit_weights_are_confirmed_by_the_second_count(m, n, k, count):
    report = path_report(unit(6, m, n, k), in_seconds(60))
    assert report.complex_count == len(report.points) == count
    assert report.evidence == "confirmed on a second chart modulo a prime"
    assert report.opt_ball is None


def test_missing_entries_do_not_decide_opt(no_program):
    instance = generic(7, 2, 3, 1)
    omega = matrix([[0, 2, 3], [4, 5, 6]])
    report = path_report(replace(instance, omega=omega), in_seconds(60))
    assert report.opt_ball is None
    assert report.reason


@pytest.mark.parametrize("power", [-400, 0, 400])
def test_entries_beyond_double_precision_have_their_points(power, no_program):
    instance = generic(2, 2, 3, 1)
    scale = fmpq(10) ** power
    report = path_report(replace(instance, A=instance.A * scale, omega=instance.omega / scale), in_seconds(60))
    assert report.complex_count == 10
    assert report.opt_ball.overlaps(path_report(instance, in_seconds(60)).opt_ball * arb(scale))


def test_a_table_of_zeros_has_no_isolated_points(no_program):
    report = path_report(replace(generic(2, 2, 3, 1), A=matrix([[0] * 3] * 2)), in_seconds(60))
    assert report.complex_count is None
    assert report.points == ()


def test_a_point_of_lower_rank_is_not_counted(no_program):
    # u = (2, -1) makes u^T (omega o A) vanish, so X = 0 is critical
    instance = Instance(matrix([[1, "2/3"], [1, "4/5"]]), matrix([[1, 3], [2, 5]]), 1)
    report = path_report(instance, in_seconds(60))
    assert report.reason == "a critical point has a rank below 1, or nearly so"
    assert report.complex_count is None
    assert report.opt_ball is None


def test_a_time_limit_leaves_the_number_open(monkeypatch):
    report = path_report(generic(9, 3, 3, 1), in_seconds(0))
    assert report.complex_count is None
    assert report.reason.endswith("of at most 39 critical points were proved within the time limit")


def test_too_many_points_are_refused_at_once():
    with pytest.raises(UnsupportedError, match="more than 20000"):
        critical_points(generic(1, 5, 5, 2))
    with pytest.raises(UnsupportedError, match="more than 20000"):
        critical_points(generic(1, 12, 14, 6))
    with pytest.raises(UnsupportedError, match="elimination takes rank 1 or 3; got 4x4 of rank 2"):
        critical_points(generic(1, 4, 4, 2), "elimination")
    with pytest.raises(UnsupportedError, match="below the smaller side"):
        critical_points(generic(1, 3, 4, 3))


@pytest.mark.parametrize("power", [3, 7])
def test_points_near_the_border_of_the_chart_are_proved_too(power, monkeypatch, no_program):
    # the minimiser has c . u = 10^-power for the chart c = (1, 5), so its coordinates are large
    monkeypatch.setattr(critical_paths, "_chart", lambda *_: matrix([[5]]))
    u, v = matrix([[fmpq(5) + fmpq(1, 10**power)], [-1]]), matrix([[3, -2, 4]])
    report = path_report(Instance(u * v, matrix([[3, 7, 2], [5, 1, 4]]), 1), in_seconds(60))
    assert report.complex_count == 10
    low, high = ball_ends(report.opt_ball)
    assert low <= 0 <= high


def test_the_printed_report_says_what_is_proved():
    report = path_report(generic(3, 3, 3, 2), in_seconds(60))
    text = render_report(report, 12)
    assert text.splitlines()[0].startswith("critical points: 39 complex, 5 real")
    assert "its polynomial, of degree 39 at most, was not computed" in text
    assert "maximum" in text
    assert report_json(report, 12)["complex_count"] == 39


@needs_msolve
def test_the_count_modulo_a_prime_is_that_of_singular_values():
    # C(4, 2)
    system = factor_system(unit(3, 4, 4, 2), matrix([[1, -2], [3, 2]]))
    assert count_solutions(system.polynomials(), 2_147_483_629, 60) == 6


@needs_msolve
@pytest.mark.slow
def test_the_count_modulo_a_prime_is_the_published_one():
    system = factor_system(generic(92, 4, 4, 2), matrix([[1, -2], [3, 2]]))
    assert count_solutions(system.polynomials(), 2_147_483_629, 600) == 1350


@pytest.mark.slow
@pytest.mark.parametrize("seed", [11, 12])
def test_all_critical_points_of_a_middle_rank(seed):
    instance = generic(seed, 4, 4, 2)
    report = critical_points(instance)
    assert report.complex_count == 1350
    assert report.evidence == "the largest number there is"
    # the Euler characteristic of the Grassmannian of planes in a real space of dimension 4
    assert sum((-1) ** p.index for p in report.points) == 2
    bracket = solve_instance(instance, gap="1e-8")
    low, high = ball_ends(report.opt_ball)
    assert bracket.lower <= high
    assert low <= bracket.upper


@pytest.mark.slow
def test_a_middle_rank_with_unit_weights_has_six_points(no_program):
    report = path_report(unit(13, 4, 4, 2), in_seconds(600))
    assert len(report.points) == 6
    assert [p.index for p in report.points] == [0, 1, 2, 2, 3, 4]
    assert report.opt_ball is None
