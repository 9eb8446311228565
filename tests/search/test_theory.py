"""opt = 0 is concluded where a theorem allows it, and nowhere else."""

import pytest
from flint import fmpq

from wlra_exact.algebra.exact import matrix
from wlra_exact.problem.instance import Instance
from wlra_exact.search.theory import bracketed_report, count_decisions


def problem(A, omega, k=1):
    return Instance(matrix(A), matrix(omega), k)


UNATTAINED = {
    "a hole": problem([[0, 1], [1, 0]], [[0, 1], [1, 1]]),
    "two rows": problem([[1, 0, 1], [0, 2, 0]], [[0, 1, 1], [0, 1, 0]]),
    "scaled": problem([[0, "1/1000"], ["1/1000", 0]], [[0, 7], ["1/3", 1]]),
}


@pytest.mark.parametrize("name", UNATTAINED)
def test_an_unattained_infimum_of_zero_is_concluded_by_the_gap_theorem(name):
    report = bracketed_report(UNATTAINED[name])
    [bound] = report.proved
    assert report.zero_by == bound.theorem
    assert report.lower == 0 < report.upper
    assert report.upper.q.bit_length() - report.upper.p.bit_length() > -bound.log2
    assert report.chain_holds


def test_a_zero_whose_gap_cannot_be_written_rests_on_the_reductions():
    A, omega = [[1, 1, 0, 2], [0, 2, 1, 0], [0, 2, 0, 1]], [[1, 0, 1, 0], [1, 1, 0, 1], [1, 0, 1, 1]]
    report = bracketed_report(problem(A, omega))
    assert report.proved[0].log2 < -300_000
    assert report.upper > 0
    assert report.zero_by == "reductions"


def test_an_exact_fit_is_its_own_proof():
    assert bracketed_report(problem([[1, 2], [2, 4]], [[1, 1], [1, 2]])).zero_by == "witness"


@pytest.mark.parametrize(
    "instance",
    [
        problem([[2, 0], [0, 1]], [[1, 1], [1, 1]]),
        # The infimum is 2 and not attained (docs/theory.md).
        problem([[0, 1], [1, 0], [1, 1], [1, -1]], [[0, 1], [1, 1], [1, 1], [1, 1]]),
        # The smallest optimum in sight: far below 1, far above the theorem's bound.
        problem([[2, 0], [0, fmpq(1, 10**9)]], [[1, 1], [1, 1]]),
    ],
)
def test_a_positive_optimum_is_never_called_zero(instance):
    report = bracketed_report(instance)
    assert report.zero_by is None
    assert report.chain_holds


@pytest.mark.parametrize("A", [[[1, 2], [3, 5]], [[7, -2], [1, 4]], [[2, 4], [1, 2]]])
def test_the_search_makes_as_many_decisions_as_predicted_or_one_less(A):
    count = count_decisions(problem(A, [[1, 2], [1, 1]]), eps="1/10")
    assert count.reached
    assert count.predicted - count.made in (0, 1)


def test_a_search_without_time_says_that_it_ended_early():
    count = count_decisions(problem([[1, 2], [3, 5]], [[1, 2], [1, 1]]), time_limit="1e-9")
    assert not count.reached
    assert count.made < count.predicted
