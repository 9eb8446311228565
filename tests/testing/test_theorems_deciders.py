"""Every decider agrees with every other, and with the certified bracket; arithmetic agrees with arithmetic."""

from __future__ import annotations

from fractions import Fraction

from flint import fmpq, fmpq_mat
from hypothesis import assume, given
from hypothesis import strategies as st
from theorems import theorem

from wlra_exact import verify
from wlra_exact.algebra.cells import CellBudget
from wlra_exact.algebra.exact import canonical, matrix
from wlra_exact.deciders.systems import decide_system
from wlra_exact.errors import Decision, UnsupportedError
from wlra_exact.problem.reductions import leaves, reduce_instance
from wlra_exact.search.assemble import assemble
from wlra_exact.search.solve import solve_instance
from wlra_exact.search.threshold import DECIDE_METHODS, decide_threshold
from wlra_exact.testing import instances, systems


def answers(instance, threshold, methods):
    """Decisions by method, those that do not apply left out; a witness is checked."""
    found = {}
    for method in methods:
        try:
            answer = decide_threshold(instance, threshold, method, CellBudget(seconds=3))
        except UnsupportedError:
            continue
        if answer.witness is not None:
            assert instance.cost(*answer.witness) < threshold
        if answer.decision is not Decision.UNKNOWN:
            found[method] = answer.decision
    return found


thresholds = st.sampled_from(["1/2", "9/10", "99/100", "1", "101/100", "11/10", "2"])


def _agree(instance, share, methods):
    solved = solve_instance(instance, gap="1e-4", time_limit=3)
    assume(solved.upper > 0)
    threshold = solved.upper * fmpq(*map(int, share.split("/"))) if "/" in share else solved.upper
    found = answers(instance, threshold, methods)
    assert found, "no method applies"
    assert len(set(found.values())) == 1, found
    [decision] = set(found.values())
    if decision is Decision.YES:
        assert solved.lower < threshold
    else:
        assert threshold <= solved.upper


@theorem(cost=50)
@given(instance=instances(rows=(2, 2), columns=(2, 5), ranks=(1, 1), values=5, weights=4), share=thresholds)
def test_with_two_rows_every_method_gives_the_same_answer(instance, share):
    _agree(instance, share, DECIDE_METHODS)


@theorem(cost=100)
@given(instance=instances(rows=(3, 3), columns=(3, 3), ranks=(1, 2), values=3, weights=3), share=thresholds)
def test_with_three_rows_every_method_but_the_slowest_gives_the_same_answer(instance, share):
    _agree(instance, share, [method for method in DECIDE_METHODS if method not in ("univariate", "critical")])


@theorem(cost=10)
@given(system=systems(variables=(1, 2), degree=2), point=st.tuples(*[st.integers(-3, 3)] * 2))
def test_a_system_that_holds_somewhere_is_never_refuted(system, point):
    """The decision against evaluation: a point of the set refutes NO, and a sample is a point of the set."""
    values = {name: fmpq(x) for name, x in zip(system.variables, point, strict=False)}
    answer = decide_system(system, CellBudget(seconds=3))
    if system.is_satisfied_by(values):
        assert answer.decision is not Decision.NO
    if answer.decision is Decision.YES:
        assert answer.sample is not None


rationals = st.builds(fmpq, st.integers(-50, 50), st.integers(1, 30))


@theorem()
@given(instance=instances(rows=(1, 4), columns=(1, 4)), data=st.data())
def test_the_verifier_computes_the_cost_that_flint_computes(instance, data):
    (m, n), k = instance.shape, instance.k
    U, V = (
        fmpq_mat(p, q, [data.draw(rationals) for _ in range(p * q)])
        for p, q in ((m, k), (k, n))
    )  # fmt: skip
    root = reduce_instance(instance)
    text = assemble(root, [None] * len(leaves(root)), (U, V), {}).to_json()
    result = verify.verify_text(text)
    cost = instance.cost(U, V)
    assert result.verdict == "valid", result.reason
    assert result.upper == Fraction(int(cost.p), int(cost.q))
    assert result.lower == 0


@theorem()
@given(rows=st.lists(st.lists(rationals, min_size=3, max_size=3), min_size=1, max_size=4))
def test_the_verifier_reads_and_clears_the_rationals_that_flint_writes(rows):
    M = matrix(rows)
    parsed = verify.parse_matrix([[canonical(x) for x in row] for row in M.tolist()])
    assert [[Fraction(x.numerator, x.denominator) for x in row] for row in parsed] == [
        [Fraction(int(x.p), int(x.q)) for x in row] for row in rows
    ]
    integers, q = verify.common_rows(parsed)
    numerators, denominator = M.numer_denom()
    assert (integers, q) == ([[int(x) for x in row] for row in numerators.tolist()], int(denominator))
