"""Sketching, repeated: counts, medians and the study of docs/theory.md."""

from __future__ import annotations

import re
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from flint import fmpq, fmpq_mat

from wlra_exact.algebra.binomial import clopper_pearson
from wlra_exact.algebra.decimal import fixed
from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError, InternalError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.search import boost
from wlra_exact.search.boost import Optimum, SketchCount, boosted_value, run_trials, sketches_of
from wlra_exact.search.sketch_study import BEGIN, END, EPSILONS, INSTANCES, TRIALS, drawn_patterns, fill, least_size
from wlra_exact.search.solve import solve_instance
from wlra_exact.systems.patterns import find_patterns
from wlra_exact.systems.sketched_value import best_rows, sketched_value

PAGE = Path(__file__).parents[2] / "docs" / "theory.md"


def optimum_of(patterns, gap="1e-6"):
    result = solve_instance(patterns.collapsed(), gap=gap)
    return Optimum(patterns, result.V.tolist(), result.lower, result.upper)


@pytest.fixture(scope="module")
def optimum():
    return optimum_of(drawn_patterns(3, 2))


def test_the_counts_are_those_of_the_exact_values(optimum):
    t, epsilons = 12, [fmpq(1, 2), fmpq(1, 10)]
    counts = run_trials(optimum, [t], epsilons, 40)
    V = fmpq_mat(optimum.V)
    best = best_rows(optimum.patterns, V)
    values = [sketched_value(optimum.patterns, *sketches_of(optimum.patterns, t, s), V) for s in range(40)]
    assert all(value.value >= optimum.lower for value in values)
    for count, eps in zip(counts, epsilons, strict=True):
        assert count.trials == 40
        assert count.lemma == sum(value.one_sided <= (1 + eps) * best for value in values)
        assert count.theorem == sum(value.value <= (1 + eps) * optimum.lower for value in values)
        assert 0 < count.theorem <= 40


def test_larger_sketches_succeed_more_often(optimum):
    counts = run_trials(optimum, [4, 16, 64], [fmpq(1, 4)], 100)
    assert [count.t for count in counts] == [4, 16, 64]
    assert counts[0].theorem < counts[1].theorem < counts[2].theorem
    assert counts[2].interval("theorem")[1] == 1 or counts[2].theorem < 100


def test_trials_on_other_processes_are_counted_alike(optimum):
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        assert run_trials(optimum, [8], EPSILONS, 60, executor=pool) == run_trials(optimum, [8], EPSILONS, 60)


def test_nearly_singular_blocks_are_computed_exactly():
    """A row space of rank one for k = 2: no float is counted."""
    patterns = drawn_patterns(3, 2)
    row = [fmpq(x) for x in (1, 2, 3, 4, 5)]
    degenerate = Optimum(patterns, [row, [2 * x for x in row]], fmpq(1), fmpq(2))
    [count] = run_trials(degenerate, [5], [fmpq(1, 2)], 7)
    assert count.exact == count.trials == 7


def test_a_float_that_lost_its_value_is_noticed(optimum, monkeypatch):
    real = boost.approx_sketched_costs

    def lost(*arguments):
        found = real(*arguments)
        found.two_sided[0] *= 1.01
        return found

    monkeypatch.setattr(boost, "approx_sketched_costs", lost)
    with pytest.raises(InternalError, match="the sketch with seed 0"):
        run_trials(optimum, [8], EPSILONS, 2)


def test_a_lower_bound_above_a_value_is_noticed(optimum):
    false = Optimum(optimum.patterns, optimum.V, optimum.upper * 100, optimum.upper * 101)
    with pytest.raises(InternalError, match="below the certified lower bound"):
        boosted_value(false, 8)
    with pytest.raises(InternalError, match="below a certified lower bound"):
        run_trials(false, [8], EPSILONS, 2)


def test_the_median_of_repetitions_is_a_true_upper_bound(optimum):
    boosted = boosted_value(optimum, 32, "1e-6")
    assert len(boosted.values) == 7
    assert sorted(boosted.values)[3] == boosted.median
    assert boosted.best.value == min(boosted.values)
    assert optimum.lower <= boosted.best.value == optimum.patterns.collapsed().cost(boosted.best.U, boosted.best.V)
    assert boosted.values[2] == boosted_value(optimum, 32, "1e-6", seed=2).values[0]


def test_what_cannot_be_sketched_is_refused(optimum):
    with pytest.raises(InputError, match="positive lower bound"):
        Optimum(optimum.patterns, optimum.V, fmpq(0), fmpq(1))
    with pytest.raises(InputError, match="sizes from k = 2 up"):
        run_trials(optimum, [1], EPSILONS, 5)
    irrational = find_patterns(Instance(matrix([[1, 2], [3, 5]]), matrix([[2, 1], [1, 1]]), 1))
    with pytest.raises(UnsupportedError, match="square root"):
        run_trials(optimum_of(irrational), [2], EPSILONS, 5)


def test_counts_of_different_sizes_do_not_add_up():
    one, two = (SketchCount(t, fmpq(1, 2), 10, 5, 5, 1) for t in (4, 8))
    assert (one + one).trials == 20
    with pytest.raises(InputError, match="counts"):
        _ = one + two


def test_the_least_size_is_found_by_bisection():
    def counted(t):
        return [SketchCount(t, fmpq(1, 2), 100, min(t, 100), min(t // 2, 100), 0)]

    assert least_size(counted, 1, 0, lambda count: count.lemma >= 99) == 99
    assert least_size(counted, 1, 0, lambda count: count.theorem >= 99) == 198
    with pytest.raises(InputError, match="success at t"):
        least_size(counted, 1, 0, lambda count: count.theorem > 100)


def page_cells():
    """(k, t) -> the cells of the page's frequency table."""
    text = PAGE.read_text(encoding="utf-8").partition(BEGIN)[2].partition(END)[0]
    rows = re.findall(r"^\| (\d) \| (\d+) \| (.* \[.*) \|$", text, flags=re.MULTILINE)
    return {(int(k), int(t)): cells.split(" | ") for k, t, cells in rows}


def test_the_intervals_of_the_page_follow_from_its_counts():
    cells = page_cells()
    assert len(cells) == 12
    for (_, t), row in cells.items():
        assert len(row) == 2 * len(EPSILONS)
        for cell in row if t in (8, 64) else row[:1]:
            successes, low, high = re.fullmatch(r"(\d+) \[(\S+), (\S+)\]", cell).groups()
            ends = clopper_pearson(int(successes), INSTANCES * TRIALS)
            assert (low, high) == (fixed(ends[0], 4), fixed(ends[1], 4, up=True))


def test_one_instance_of_the_study_is_consistent_with_the_page():
    """The page counts 50 instances together; one of them, counted again, cannot be far from their average."""
    found = run_trials(optimum_of(drawn_patterns(0, 1)), [32], EPSILONS, TRIALS)
    row = page_cells()[1, 32]
    for place, count in enumerate(found):
        average = fmpq(int(row[2 * place + 1].split()[0]), INSTANCES * TRIALS)
        assert abs(fmpq(count.theorem, count.trials) - average) < fmpq(1, 4)


@pytest.mark.slow
def test_the_page_shows_the_study():
    assert fill(PAGE.read_text(encoding="utf-8")) == PAGE.read_text(encoding="utf-8")


def test_a_page_without_markers_is_refused():
    with pytest.raises(InputError, match="page"):
        fill("no markers")
