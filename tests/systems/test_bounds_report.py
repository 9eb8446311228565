"""Theory beside practice: the chain of bounds holds on instances whose optimum is known."""

import pytest
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.bounds import floor_log2
from wlra_exact.systems.bounds_report import bounds_report, log2_text, setting_of
from wlra_exact.systems.patterns import patterns_from_labels

rationals = st.fractions(-9, 9, max_denominator=6).map(lambda f: fmpq(f.numerator, f.denominator))


def rank_one_weights(entries, a, b):
    """A 2 x n instance with omega = a b^T and a bracket on opt, the smaller eigenvalue of a rational 2 x 2 matrix."""
    n = len(b)
    A = fmpq_mat(2, n, entries[: 2 * n])
    omega = fmpq_mat(2, n, [x * y for x in a for y in b])
    # sqrt(a) A b A^T sqrt(a) is similar to diag(a) A diag(b) A^T.
    gram = (
        fmpq_mat(2, 2, [a[0], 0, 0, a[1]])
        * A
        * fmpq_mat(n, n, [b[i] if i == j else 0 for i in range(n) for j in range(n)])
    )
    gram *= A.transpose()
    det, trace = gram.det(), gram[0, 0] + gram[1, 1]
    lower = det / trace if trace else fmpq(0)
    return Instance(A, omega, 1), lower, min(2 * lower, trace)


@given(
    entries=st.lists(rationals, min_size=6, max_size=6),
    a=st.lists(st.integers(1, 5).map(fmpq), min_size=2, max_size=2),
    b=st.lists(st.integers(1, 5).map(lambda x: fmpq(x, 3)), min_size=2, max_size=3),
)
@settings(max_examples=40, deadline=None)
def test_theory_practice_and_norm_are_ordered_on_known_optima(entries, a, b):
    instance, lower, upper = rank_one_weights(entries, a, b)
    report = bounds_report(instance, lower=lower, upper=upper)
    assert report.chain_holds
    if lower == 0:
        assert report.is_zero
        return
    assert not report.is_zero
    assert all(bound.is_proved and bound.log2 <= floor_log2(lower) for bound in report.proved)
    for prediction in report.predictions:
        if prediction.log2_lower is not None:
            assert prediction.log2_lower <= floor_log2(lower)
        assert fmpq(2) ** prediction.log2_upper >= report.norm


def test_a_bracket_that_contradicts_a_theorem_is_noticed():
    instance = Instance(matrix([[2, 0], [0, 1]]), matrix([[1, 1], [1, 1]]), 1)
    tiny = fmpq(1, 2**400000)
    assert not bounds_report(instance, lower=tiny, upper=tiny).chain_holds
    assert not bounds_report(instance, lower=fmpq(2), upper=fmpq(1)).chain_holds
    assert not bounds_report(instance, lower=fmpq(1), upper=fmpq(100)).chain_holds


def test_an_upper_bound_below_the_gap_proves_that_the_optimum_is_zero():
    instance = Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1)
    assert not bounds_report(instance, lower=fmpq(0), upper=fmpq(1, 10**6)).is_zero
    assert bounds_report(instance, lower=fmpq(0), upper=fmpq(1, 2**4000)).is_zero


def test_clearing_denominators_shifts_every_prediction():
    coarse, fine = (
        bounds_report(Instance(matrix([[2 * s, 0], [0, s]]), matrix([[1, 1], [1, 1]]), 1))
        for s in (fmpq(1), fmpq(1, 1024))
    )
    assert setting_of(Instance(matrix([["1/1024"]]), matrix([["1/3"]]), 1))[1] == 22
    for one, other in zip(coarse.predictions, fine.predictions, strict=True):
        assert other.log2_lower == one.log2_lower - 20


def test_zero_weights_leave_only_the_gap_theorem_among_the_proved():
    report = bounds_report(
        Instance(matrix([[0, 1, 2], [1, 0, 1], [1, 1, 5]]), matrix([[0, 1, 1], [1, 1, 1], [1, 1, 2]]), 1)
    )
    assert [bound.theorem for bound in report.proved] == ["gap theorem on the exact compression"]


def test_large_patterned_problems_are_reported_without_their_table():
    labels = [i % 3 for i in range(30000)]
    core = matrix([[1, 2, 0], [3, 5, 1], [1, 1, 4]])
    report = bounds_report(patterns_from_labels(core, matrix([[1, 2, 1], [2, 1, 1], [1, 1, 3]]), 1, labels, labels))
    assert report.variables == {"full on patterns, one chart": 5, "reduced, one chart": 2}
    assert report.formulas == report.variables | {"full": 60000, "sketched, product form": 25}
    assert report.unbuilt.keys() == {"full", "sketched, product form"}
    assert report.chain_holds


def test_one_bound_alone_is_no_bracket():
    with pytest.raises(InputError, match="bracket"):
        bounds_report(Instance(matrix([[1]]), matrix([[1]]), 1), lower=fmpq(0))


def test_logarithms_for_reading_are_rounded_to_the_sound_side():
    assert log2_text(fmpq(9), up=True) == "4"
    assert log2_text(fmpq(9)) == "3"
