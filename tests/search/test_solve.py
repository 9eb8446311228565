"""The main job: brackets that hold, whatever ends the search; results that depend on the arguments alone."""

from __future__ import annotations

import dataclasses
import os
import random
import re
import subprocess
import sys
import textwrap
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st
from instances import MISSING, NOT_ATTAINED, SYMMETRIC, checked, instance, rational

from wlra_exact.algebra.exact import parse_decimal
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.search.assemble import assemble
from wlra_exact.search.portfolio import METHODS
from wlra_exact.search.solve import solve, solve_instance


def bare(result):
    """The certificate's bytes without its provenance."""
    return dataclasses.replace(result.certificate, provenance={}).to_json()


@st.composite
def problems(draw):
    m, n = draw(st.integers(1, 4)), draw(st.integers(1, 4))
    k = draw(st.integers(1, min(2, max(m, n))))
    A, omega = ([[draw(st.integers(low, high)) for _ in range(n)] for _ in range(m)] for low, high in ((-9, 9), (0, 4)))
    return instance(A, omega, k)


@settings(max_examples=25, deadline=None)
@given(problems())
def test_every_bracket_is_verified_and_holds_for_the_witness(problem):
    result = solve_instance(problem, gap="1e-1", time_limit="1")
    lower, upper = checked(result.certificate)
    assert lower <= upper == rational(problem.cost(result.U, result.V))
    assert (result.U.nrows(), result.U.ncols(), result.V.nrows()) == (problem.shape[0], problem.k, problem.k)


@settings(max_examples=10, deadline=None)
@given(problems(), st.integers(1, 7), st.booleans())
def test_the_transpose_and_a_multiple_have_the_same_bracket_up_to_the_gap(problem, c, flip):
    """opt(c A) = c^2 opt(A): the brackets of two searches overlap."""
    other = Instance(problem.A * c, problem.omega, problem.k)
    other = other.transpose() if flip else other
    one, two = (checked(solve_instance(p, gap="1e-1", time_limit="1").certificate) for p in (problem, other))
    assert c * c * one[0] <= two[1]
    assert two[0] <= c * c * one[1]


@pytest.mark.parametrize("method", ["auto", "columns"])
def test_the_value_of_the_symmetric_instance_is_found(method):
    result = solve_instance(SYMMETRIC, gap="1e-2", method=method)
    lower, upper = checked(result.certificate)
    assert result.reached
    assert lower <= Fraction("43556.71549901655") <= upper + Fraction(1, 10**10)
    assert upper - lower <= upper / 100


@pytest.mark.slow
def test_the_symmetric_instance_is_solved_to_a_millionth():
    result = solve_instance(SYMMETRIC, gap="1e-6")
    lower, upper = checked(result.certificate)
    assert lower <= Fraction("43556.71549901655") <= upper + Fraction(1, 10**10)
    assert upper - lower <= upper / 10**6


@pytest.mark.parametrize(("a", "gap"), [(0, "1e-6"), (1, "1e-6"), (3, "1e-6")])
def test_two_rows_are_solved_by_a_root_bound(a, gap):
    problem = instance([[1, "11/10"], [1, -1]], [[1 + a, 1], [1, 1 + a]], 1)
    result = solve_instance(problem, gap=gap)
    assert result.reached
    lower, upper = checked(result.certificate)
    assert 0 < lower <= upper
    assert "chart_cover" not in {s.rule for s in result.certificate.steps}


def test_rank_one_weights_are_solved_by_eigenvalues():
    result = solve_instance(instance([[2, 0], [1, 1]], [[1, 2], [2, 4]], 1))
    assert result.reached
    assert "spectral" in {s.rule for s in result.certificate.steps}
    checked(result.certificate)


def test_an_infimum_of_zero_that_is_not_attained_has_a_small_upper_bound():
    result = solve_instance(NOT_ATTAINED, gap="1e-6")
    lower, upper = checked(result.certificate)
    assert lower == 0
    assert 0 < upper <= Fraction(2, 10**6)
    assert result.reached


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 2**30), st.integers(1, 2))
def test_planted_data_with_missing_entries_have_the_upper_bound_zero(seed, k):
    import random

    rng = random.Random(seed)
    m, n = 5, 6
    U = [[rng.randint(-3, 3) or 1 for _ in range(k)] for _ in range(m)]
    V = [[rng.randint(-3, 3) or 1 for _ in range(n)] for _ in range(k)]
    A = [[sum(u * v[j] for u, v in zip(row, V, strict=True)) for j in range(n)] for row in U]
    omega = [[rng.randint(1, 3) if (i + 2 * j) % 5 else 0 for j in range(n)] for i in range(m)]
    result = solve_instance(instance(A, omega, k))
    assert checked(result.certificate) == (0, 0)
    assert result.reached
    assert result.gap == 0


@pytest.mark.parametrize("problem", [SYMMETRIC, MISSING])
def test_two_runs_write_the_same_bytes(problem):
    one, two = (solve_instance(problem, gap="1e-1", method="columns") for _ in range(2))
    assert bare(one) == bare(two)
    assert one.certificate.provenance["parameters"] == two.certificate.provenance["parameters"]


@pytest.mark.parametrize("stop", [1, 2, 5])
def test_an_interrupt_in_the_middle_keeps_a_verified_bracket(stop):
    events = []

    def listen(event):
        events.append(event)
        if len(events) == stop:
            raise KeyboardInterrupt

    result = solve_instance(SYMMETRIC, gap="1e-3", method="columns", progress=listen)
    assert result.interrupted
    assert not result.reached
    lower, upper = checked(result.certificate)
    told = rational(events[-1].upper)
    assert told <= upper <= told + told / 1000 / 2**16, "its digits are those that the gap is worth"
    assert lower == rational(events[-1].lower)


def test_an_interrupt_before_the_descent_leaves_the_zero_witness(monkeypatch):
    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr("wlra_exact.search.incumbent.propose_factors", interrupt)
    result = solve_instance(SYMMETRIC)
    assert result.interrupted
    lower, upper = checked(result.certificate)
    assert (lower, upper) == (0, rational(SYMMETRIC.norm()))


def interrupted_assembly(monkeypatch, after):
    """``assemble`` raises once, after the search was interrupted (or not); solve, with how often it was called."""
    calls = []

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    def assembly(*arguments):
        calls.append(arguments)
        if len(calls) == 1:
            raise KeyboardInterrupt
        return assemble(*arguments)

    if after:
        monkeypatch.setattr("wlra_exact.search.incumbent.propose_factors", interrupt)
    monkeypatch.setattr("wlra_exact.search.solve.assemble", assembly)
    return calls


def test_a_first_interrupt_during_the_assembly_keeps_the_result(monkeypatch):
    calls = interrupted_assembly(monkeypatch, after=False)
    result = solve_instance(SYMMETRIC, gap="1e-1")
    assert result.interrupted
    assert len(calls) == 2
    checked(result.certificate)


def test_a_second_interrupt_during_the_assembly_aborts(monkeypatch):
    calls = interrupted_assembly(monkeypatch, after=True)
    with pytest.raises(KeyboardInterrupt):
        solve_instance(SYMMETRIC)
    assert len(calls) == 1


def test_an_interrupt_just_after_a_certificate_has_its_name_is_an_interrupt(monkeypatch, tmp_path):
    certificate = solve_instance(SYMMETRIC, gap="1e-1").certificate
    replace = os.replace

    def interrupted(source, target):
        replace(source, target)
        raise KeyboardInterrupt

    monkeypatch.setattr("os.replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        certificate.write(tmp_path / "c.json")
    assert [path.name for path in tmp_path.iterdir()] == ["c.json"]


def test_checkpoints_are_certificates(monkeypatch):
    monkeypatch.setattr("wlra_exact.search.progress._CHECKPOINT_SECONDS", 0)
    saved = []
    result = solve_instance(SYMMETRIC, gap="5e-2", method="columns", checkpoint=saved.append)
    brackets = [checked(certificate) for certificate in saved]
    assert len(brackets) >= 3
    assert brackets == sorted(brackets)
    assert brackets[-1][0] <= checked(result.certificate)[0]


def test_branching_around_the_minimisers_writes_checkpoints_too(monkeypatch):
    monkeypatch.setattr("wlra_exact.search.progress._CHECKPOINT_SECONDS", 0)
    events, saved = [], {}

    def keep(certificate):
        saved[events[-1].activity] = certificate

    options = {"gap": "1e-12", "checkpoint": keep, "progress": events.append}
    assert solve_instance(SYMMETRIC, **options).reached
    checkpoint = saved["branch and bound around the minimisers"]
    assert checked(checkpoint)[0] > 0
    again = solve_instance(SYMMETRIC, gap="1e-12", resume=checkpoint)
    assert again.reached
    checked(again.certificate)


def test_a_time_limit_ends_the_search():
    result = solve_instance(SYMMETRIC, gap="1e-9", method="columns", time_limit="1/2")
    assert not result.reached
    assert not result.interrupted
    assert result.seconds < 20
    checked(result.certificate)


def test_progress_is_monotone():
    events = []
    solve_instance(SYMMETRIC, gap="5e-2", method="columns", progress=events.append)
    for before, after in pairwise(events):
        assert before.lower <= after.lower <= after.upper <= before.upper
        assert before.nodes <= after.nodes
        assert before.seconds <= after.seconds


@pytest.mark.slow
def test_two_processes_give_a_verified_bracket(tmp_path):
    """In a program of its own, as users start it."""
    program = tmp_path / "program.py"
    program.write_text(
        textwrap.dedent("""
        from wlra_exact import solve
        if __name__ == "__main__":
            A, omega = [[-59, 11, 59], [11, 59, -59], [59, -59, 11]], [[9, 6, 1], [6, 1, 9], [1, 9, 6]]
            result = solve(A, omega=omega, rank=1, gap="1e-2", method="columns", jobs=2)
            assert result.reached
            result.certificate.write("c.json")
        """),
        encoding="utf-8",
    )
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, str(program)], check=True, cwd=tmp_path, env=environment, timeout=120)
    from wlra_exact import verify

    result = verify.verify_file(str(tmp_path / "c.json"))
    assert result.verdict == "valid"
    assert result.upper - result.lower <= result.upper / 100


def test_the_python_door_reads_weights_and_omega():
    rows = [[2, None, 1], [0, 1, 3], [1, 1, 1]]
    squared = solve(rows, weights=[[1, 0, 2], [1, 2, 1], [3, 1, 1]], rank=1, gap="1e-3")
    direct = solve(rows, omega=[[1, 0, 4], [1, 4, 1], [9, 1, 1]], rank=1, gap="1e-3")
    assert squared.instance == direct.instance
    assert (squared.lower, squared.upper) == (direct.lower, direct.upper)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"gap": 0}, "gap"), ({"gap": "1"}, "between 0 and 1"), ({"gap": "-1e-3"}, "gap"), ({"gap": "x"}, "gap"),
        ({"gap": float("nan")}, "gap"), ({"gap": True}, "gap"),
        ({"time_limit": 0}, "time limit"), ({"method": "magic"}, ", ".join(METHODS)),
        ({"jobs": 0}, "jobs"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused(options, message):
    with pytest.raises(InputError, match=message):
        solve_instance(SYMMETRIC, **options)


@pytest.mark.parametrize(
    ("value", "weight", "name"),
    [(10**200, 1, "A"), (1, 10**300, "omega"), (10**100, 10**90, "cost"), (2**6000, 1, "A")],
)
def test_numbers_beyond_double_precision_are_refused(value, weight, name):
    with pytest.raises(InputError, match=rf"{name}.*2\^"):
        solve([[value, 1], [1, 2]], omega=[[weight, 1], [1, 1]], rank=1)


@pytest.mark.parametrize(("value", "weight", "name"), [(1, "1e-320", "omega"), ("1e-200", 1, "cost")])
def test_numbers_below_double_precision_are_refused(value, weight, name):
    with pytest.raises(InputError, match=rf"{name}.*at least 2\^-900.*as the largest"):
        solve([[value, 0], [0, value]], omega=[[weight, weight], [weight, 0]], rank=1)


@pytest.mark.parametrize("unit", ["1e-260", "1e-160", "1e150", "1e230"])
@pytest.mark.parametrize("rank", [1, 2])
@pytest.mark.parametrize("missing", [0, 2])
def test_weights_of_any_unit_are_solved_without_warnings(unit, rank, missing):
    """Here a warning is an error."""
    rng = random.Random(3)
    A = [[rng.randint(-9, 9) for _ in range(4)] for _ in range(4)]
    omega = [[rng.randint(1, 5) for _ in range(4)] for _ in range(4)]
    for i in range(missing):
        omega[i][i] = 0
    c = parse_decimal(unit)
    plain, scaled = (solve(A, omega=[[u * w for w in row] for row in omega], rank=rank, gap="1e-4") for u in (1, c))
    assert plain.reached
    assert scaled.reached
    assert c * plain.lower <= scaled.upper
    assert scaled.lower <= c * plain.upper


def test_numbers_near_the_limit_are_solved():
    result = solve_instance(instance([[10**120, 1], [3, 2 * 10**119]], [[1, 2], [1, 1]], 1))
    checked(result.certificate)
    assert result.reached


def test_float_settings_are_the_decimals_that_they_show():
    result = solve([[2, 0], [0, 1]], rank=1, gap=1e-3, time_limit=60.0)
    assert result.certificate.provenance["parameters"]["gap"] == "1/1000"
    assert result.gap <= fmpq(1, 1000)


def test_a_certificate_is_told_in_one_line():
    text = repr(solve([[2, 0], [0, 1]], rank=1).certificate)
    assert re.fullmatch(r"Certificate\(2x2 of rank 1: 0\.99\d+ <= opt <= 1\.0+, \d+ steps\)", text)


@pytest.mark.parametrize("path", ["A.csv", Path("A.csv")])
def test_a_path_is_no_table_and_the_reader_is_named(path):
    with pytest.raises(InputError, match=r"read_table reads files, got 'A\.csv'"):
        solve(path, rank=1)


def test_a_problem_is_no_table_and_its_own_function_is_named():
    with pytest.raises(InputError, match=r"wlra_exact\.solve_instance takes a problem .* got an Instance"):
        solve(SYMMETRIC, rank=1)


def test_a_witness_that_costs_little_beside_the_table_gets_a_lower_bound_too():
    noise = [[3, -2, 1, 4], [-1, 2, -3, 1], [2, 1, 1, -2]]
    A = [[(i + 1) * (j + 2) + Fraction(noise[i][j], 1000) for j in range(4)] for i in range(3)]
    result = solve(A, rank=1, gap="1e-3")
    assert result.upper < result.instance.norm() / 10**6, "small enough to close the gap without a bound"
    assert result.upper - result.lower <= result.upper / 1000
    checked(result.certificate)


@pytest.mark.parametrize(("shape", "k", "digits"), [((7, 6), 1, 6), ((12, 4), 1, None), ((20, 8), 2, 3)])
def test_tall_tables_of_long_numbers_close_at_their_singular_values(shape, k, digits):
    A = np.random.default_rng(20261125).standard_normal(shape)
    rows = A if digits is None else [[f"{x:.{digits}f}" for x in row] for row in A]
    result = solve(rows, rank=k)
    assert result.reached
    tail = np.sum(np.linalg.svd(np.array(rows, dtype=float), compute_uv=False)[k:] ** 2)
    assert float(result.lower) == pytest.approx(tail, rel=1e-5)
    checked(result.certificate)
