"""Searches by decisions alone: the paper's and the guided one."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
from flint import fmpq
from instances import NOT_ATTAINED, SYMMETRIC, checked, rational

from wlra_exact.algebra.exact import canonical, matrix, power_of_two
from wlra_exact.errors import Decision, InputError, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import reduce_instance
from wlra_exact.search.bisection import bisect, exponents_of, threshold_at
from wlra_exact.search.progress import Budget
from wlra_exact.search.ruling import LEAST_EXPONENT, rule_on
from wlra_exact.search.solve import solve_instance
from wlra_exact.systems.bounds import ceil_log2, floor_log2

GAP = fmpq(1, 10**6)


def drawn(shape, seed, kind):
    """A random instance: dense, of rank one (opt = 0), or with a missing entry."""
    rng = random.Random(seed)
    m, n = shape
    A = [[rng.randint(-9, 9) for _ in range(n)] for _ in range(m)]
    if kind == "zero":
        u, v = [rng.randint(1, 9) for _ in range(m)], [rng.randint(1, 9) for _ in range(n)]
        A = [[a * b for b in v] for a in u]
    omega = [[rng.randint(1, 9) for _ in range(n)] for _ in range(m)]
    if kind == "missing":
        omega[0][0] = 0
    return Instance(matrix(A), matrix(omega), 1)


def steps_of_trace(certificate):
    """(threshold, step) for each decision, in order."""
    by_id = {step.id: step for step in certificate.steps}
    return [
        (fmpq(int(row["odd"])) * power_of_two(row["exponent"]), by_id[row["step"]])
        for row in certificate.provenance["trace"]["steps"]
    ]


@pytest.mark.parametrize("shape", [(2, 2), (2, 3)])
@pytest.mark.parametrize("kind", ["dense", "zero", "missing"])
def test_both_strategies_end_with_the_same_bracket_and_the_predicted_number_of_decisions(shape, kind):
    instance = drawn(shape, 5, kind)
    paper, guided = (bisect(instance, strategy, gap=GAP, trace=True) for strategy in ("paper", "guided"))
    for result in (paper, guided):
        assert result.reached
        checked(result.certificate)
    assert max(paper.lower, guided.lower) <= min(paper.upper, guided.upper)
    assert paper.upper - guided.lower <= 2 * GAP * paper.upper
    assert guided.upper - paper.lower <= 2 * GAP * guided.upper
    trace = paper.certificate.provenance["trace"]
    assert trace["decisions"] == len(trace["steps"])
    assert abs(trace["decisions"] - exponents_of(instance, GAP).predicted) <= 1
    assert guided.certificate.provenance["trace"]["decisions"] <= 4
    if kind == "zero":
        assert paper.lower == paper.upper == 0
        assert "conclusion" in trace


def test_every_decision_of_a_trace_is_answered_by_its_step():
    instance = drawn((2, 3), 8, "dense")
    found = bisect(instance, "paper", gap=GAP, trace=True)
    lower, upper = fmpq(0), instance.norm()
    answers = set()
    for threshold, step in steps_of_trace(found.certificate):
        if step.rule == "witness":
            cost = instance.cost(*(matrix(step.payload[name]) for name in ("U", "V")))
            assert cost < threshold
            upper = min(upper, threshold)
        else:
            bound = matrix([[step.payload["threshold"]]])[0, 0]
            assert bound >= threshold
            lower = max(lower, threshold)
        answers.add(step.rule)
    assert answers == {"witness", "cad"}
    assert upper - lower <= GAP * upper  # the thresholds alone close the gap
    assert lower <= found.lower <= found.upper < upper


def test_thresholds_too_long_for_a_certificate_are_settled_by_a_stronger_bound():
    instance = drawn((2, 3), 8, "dense")
    exponents = exponents_of(instance, GAP)
    assert exponents.low < 4 * LEAST_EXPONENT
    found = bisect(instance, "paper", gap=GAP, trace=True)
    tiny = [(t, step) for t, step in steps_of_trace(found.certificate) if t < power_of_two(LEAST_EXPONENT)]
    assert len(tiny) >= 3
    assert len({step.id for _, step in tiny}) == 1
    assert tiny[0][1].payload["threshold"] == canonical(power_of_two(LEAST_EXPONENT))


def test_an_optimum_that_is_not_attained_is_chased_below_the_gap_theorem():
    found = bisect(NOT_ATTAINED, "paper", gap=GAP, trace=True)
    _, upper = checked(found.certificate)
    exponents = exponents_of(NOT_ATTAINED, GAP)
    assert exponents.theorem == "ours"
    assert 0 < upper < rational(power_of_two(exponents.low))
    assert found.certificate.provenance["trace"]["decisions"] == exponents.predicted


def test_an_infimum_that_is_chased_beyond_what_can_be_written_ends_the_search():
    A, omega = ([[0] * 4 for _ in range(4)] for _ in range(2))
    A[0][1] = A[1][0] = omega[0][1] = omega[1][0] = omega[1][1] = 1  # NOT_ATTAINED, and lines that nobody observed
    instance = Instance(matrix(A), matrix(omega), 1)
    assert exponents_of(instance, GAP).low < LEAST_EXPONENT
    found = bisect(instance, "paper", gap=GAP, time_limit=60)
    _, upper = checked(found.certificate)
    assert 0 < upper < rational(power_of_two(LEAST_EXPONENT))
    assert "too long for a certificate" in found.certificate.provenance["remark"]


def test_without_trace_only_the_last_bounds_are_kept():
    instance = drawn((2, 2), 3, "dense")
    found = bisect(instance, "paper", gap=GAP)
    checked(found.certificate)
    assert [step.rule for step in found.certificate.steps] == ["cad", "witness"]
    assert "trace" not in found.certificate.provenance


def test_guided_search_mends_a_proposal_and_agrees_with_the_solver():
    found = bisect(SYMMETRIC, "guided", gap="1e-3", trace=True)
    lower, upper = checked(found.certificate)
    solved = solve_instance(SYMMETRIC, gap="1e-3")
    assert found.reached
    assert lower <= rational(solved.upper)
    assert rational(solved.lower) <= upper


def test_both_searches_go_through_the_reductions():
    A = matrix([[1, 2, 0, 0], [3, 4, 0, 0], [0, 0, 2, 5], [0, 0, 1, 1]])
    omega = matrix([[1, 2, 0, 0], [1, 1, 0, 0], [0, 0, 3, 1], [0, 0, 1, 1]])
    found = bisect(Instance(A, omega, 1), "guided", gap="1e-4", trace=True)
    checked(found.certificate)
    assert found.reached
    rules = [step.rule for step in found.certificate.steps]
    assert rules.count("blocks") == 1
    assert "combine" in rules


def test_running_out_of_time_keeps_the_bracket_so_far():
    found = bisect(drawn((2, 2), 3, "dense"), "paper", gap=GAP, trace=True, time_limit="1e-9")
    checked(found.certificate)
    assert not found.reached
    assert "out of time" in found.certificate.provenance["remark"]


def test_an_undecided_threshold_ends_the_search(monkeypatch):
    from wlra_exact.search import bisection
    from wlra_exact.search.ruling import Ruling

    real, asked = rule_on, []

    def tired(root, threshold, budget):
        asked.append(threshold)
        return real(root, threshold, budget) if len(asked) < 20 else Ruling(Decision.UNKNOWN, "none", reason="tired")

    monkeypatch.setattr(bisection, "rule_on", tired)
    found = bisect(drawn((2, 2), 3, "dense"), "paper", gap=GAP, trace=True)
    lower, upper = checked(found.certificate)
    assert not found.reached
    assert 0 < lower < upper
    assert "tired" in found.certificate.provenance["remark"]


@pytest.mark.parametrize(("shape", "k"), [((4, 4), 1), ((5, 6), 2), ((6, 7), 3)])
def test_thresholds_that_cannot_be_written_are_refused(shape, k):
    instance = replace(drawn(shape, 1, "dense"), k=k)
    with pytest.raises(UnsupportedError, match=r"begins at 2\^L, L = -[0-9]+ by Lemma 4.1; expected at most 536870912"):
        bisect(instance, "paper", gap=GAP, time_limit=1)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("fast",), "strategy: expected one of paper, guided"),
        (("paper", "2"), "gap: expected a number between 0 and 1"),
        (("paper", "x"), "gap: expected a positive rational"),
    ],
)
def test_bad_arguments_are_refused(arguments, words):
    strategy, *gap = arguments
    with pytest.raises(InputError, match=words):
        bisect(NOT_ATTAINED, strategy, gap=gap[0] if gap else "1e-6")


def test_thresholds_lie_beside_the_power_they_stand_for():
    for exponent in (fmpq(-7, 3), fmpq(-100001, 7), fmpq(5), fmpq(1, 10**7)):
        tau = threshold_at(exponent, 30)
        assert tau.q & (tau.q - 1) == 0
        cube = tau ** int(exponent.q) if exponent.q < 10 else None
        if cube is not None:  # tau^q = 2^p up to q units in the last place
            assert abs(cube / power_of_two(int(exponent.p)) - 1) < exponent.q * power_of_two(-29)
        assert floor_log2(tau) <= exponent.floor() <= ceil_log2(tau)


def test_a_ruling_carries_its_evidence():
    root = reduce_instance(drawn((2, 3), 8, "dense"))
    opt = solve_instance(root.instance, gap="1e-9").upper
    no, yes = (rule_on(root, opt * factor, Budget.of(None)) for factor in (fmpq(99, 100), fmpq(101, 100)))
    assert no.decision is Decision.NO
    assert sum((proof.bound for proof in no.proofs), fmpq(0)) >= opt * fmpq(99, 100)
    assert yes.decision is Decision.YES
    assert yes.witness.cost == root.instance.cost(yes.witness.U, yes.witness.V) < opt * fmpq(101, 100)
