"""The paper's quantities: predictions bound what is built, and any size is computed exactly."""

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.bounds import ceil_log2, compact_bound, gap_bound
from wlra_exact.systems.bounds_lemmas import (
    THEOREMS,
    Constants,
    Setting,
    enumeration,
    exact_compression,
    lemma_3_7,
    lemma_4_1,
    search_steps,
    theorem_5_1,
)
from wlra_exact.systems.full import bounded_full_system, full_system
from wlra_exact.systems.patterns import find_patterns


@st.composite
def integer_problems(draw):
    m, n, k, bits = draw(st.integers(2, 3)), draw(st.integers(2, 3)), draw(st.integers(1, 2)), draw(st.integers(1, 4))
    A = [draw(st.integers(1 - 2**bits, 2**bits - 1)) for _ in range(m * n)]
    W = [draw(st.integers(1, 2**bits - 1)) for _ in range(m * n)]
    return Instance.from_weights(fmpq_mat(m, n, A), fmpq_mat(m, n, W), k), bits


def setting_of(instance, bits):
    found = find_patterns(instance)
    return Setting(
        *instance.shape,
        instance.k,
        found.rows.weight_pattern_count,
        found.columns.weight_pattern_count,
        found.rows.size,
        found.columns.size,
        bits,
    )


@given(case=integer_problems())
@settings(max_examples=40, deadline=None)
def test_lemma_4_1_predicts_the_system_that_is_built(case):
    instance, bits = case
    setting, system = setting_of(instance, bits), full_system(instance)
    predicted = lemma_4_1(setting)
    assert predicted.variables == len(system.variables)
    assert predicted.degree >= system.degree()
    assert predicted.bits >= system.bitsize()
    assert predicted.bits + 2 >= bounded_full_system(instance).system.bitsize()
    assert predicted.log2_lower <= compact_bound(instance).log2


@given(case=integer_problems())
@settings(max_examples=40, deadline=None)
def test_the_exact_compression_predicts_the_system_that_is_built(case):
    instance, bits = case
    setting, patterns = setting_of(instance, bits), find_patterns(instance)
    predicted = exact_compression(setting)
    if predicted.log2_lower is None:
        assert instance.k >= min(patterns.shape)
        return
    system = full_system(patterns, pivots=tuple(range(instance.k)))
    assert predicted.variables == len(system.variables)
    assert predicted.bits >= system.bitsize()
    assert predicted.log2_lower <= gap_bound(instance).log2


@given(case=integer_problems())
@settings(max_examples=40, deadline=None)
def test_lemma_3_7_bounds_the_norm(case):
    instance, bits = case
    assert instance.norm() <= fmpq(2) ** lemma_3_7(setting_of(instance, bits))


@given(lower=st.integers(-40, 0), width=st.integers(0, 40), eps=st.sampled_from(["1/2", "1/4", "1/10"]))
@settings(max_examples=60, deadline=None)
def test_bisecting_the_exponent_that_often_covers_the_whole_range(lower, width, eps):
    steps = search_steps(lower, lower + width, eps)
    # 2^(steps - 1) factors of 1 + eps reach from the lower to the upper bound.
    assert (1 + fmpq(*map(int, eps.split("/")))) ** (2 ** (steps - 1)) >= 2**width


@pytest.mark.parametrize("n", [10, 10**3, 10**6])
@pytest.mark.parametrize("name", THEOREMS)
def test_every_theorem_is_computed_for_every_size(name, n):
    found = THEOREMS[name](Setting(n, n, 3, 4, 4, 4, 4, bits=32, eps="1/10"))
    assert found.log2_lower < 0 < found.log2_upper
    assert found.steps == search_steps(found.log2_lower, found.log2_upper, "1/10")
    assert found.log2_total >= found.log2_decision + found.log2_guesses


def test_only_lemma_4_1_depends_on_n_in_its_variables():
    sizes = {
        name: {theorem(Setting(n, n, 2, 3, 3, 4, 4, bits=8)).variables for n in (10, 1000, 10**5)}
        for name, theorem in THEOREMS.items()
    }
    assert {name for name, found in sizes.items() if len(found) > 1} == {"Lemma 4.1"}


def test_theorem_5_1_is_proportional_to_k_times_patterns_times_sketch():
    for k, r, eps, t in ((1, 2, "1/2", 4), (2, 3, "1/10", 40), (3, 4, "1/2", 12)):
        found = theorem_5_1(Setting(50, 50, k, r, r, r, r, bits=8, eps=eps))
        assert found.variables == 2 * r * k * t + 1
        assert found.denominators == 2 * r
        assert found.log2_guesses == 2 * r * k
        assert found.degree == 8 * r * k + 2


def test_hidden_constants_change_what_they_stand_for():
    base = Setting(50, 50, 1, 2, 2, 2, 2, bits=8)
    double = Setting(50, 50, 1, 2, 2, 2, 2, bits=8, constants=Constants(sketch="4", decision=3))
    assert double.sketch_size == 2 * base.sketch_size
    assert theorem_5_1(double).log2_decision > 3 * theorem_5_1(base).log2_decision


def test_a_decision_and_the_enumeration_have_their_stated_exponents():
    setting = Setting(20, 20, 1, 20, 20, 20, 20, bits=2)
    assert enumeration(setting) == 40 * 2
    # (m d)^v with m = 1 and d = 4, times the bits.
    assert lemma_4_1(setting).log2_decision == 40 * 2 + ceil_log2(lemma_4_1(setting).bits)


def test_a_zero_weight_leaves_lemma_4_1_unproved_and_ours_proved():
    setting = Setting(5, 5, 1, 3, 3, 4, 4, bits=8, positive_weights=False)
    assert not lemma_4_1(setting).is_proved
    assert exact_compression(setting).is_proved
    assert not theorem_5_1(setting).is_proved


@pytest.mark.parametrize(
    "sizes",
    [(2, 2, 1, 3, 1, 3, 1, 8), (2, 2, 3, 1, 1, 1, 1, 8), (2, 2, 1, 2, 2, 1, 2, 8), (2, 2, 1, 1, 1, 1, 1, 0)],
)
def test_impossible_sizes_are_refused(sizes):
    with pytest.raises(InputError, match="setting"):
        Setting(*sizes)
