"""Rule chart_cover: the unit boxes of all charts contain every matrix of rank <= k; fewer, or smaller, do not."""

from __future__ import annotations

from itertools import combinations

import pytest
from box_builders import BOX_BASES, cover, nothing, unit
from certificate_builders import F, apply, certificate, clone, problem_of, reason, step, step_of, verdict, witness
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.verify import Bound, BoxBound, Invalid, Problem


def blank(m, k):
    return problem_of([[0]] * m, [[1]] * m, k)


def parts(P, values=None):
    """One statement on the unit box for every chart."""
    m, k = P.shape[0], P.k
    pivots = list(combinations(range(m), k))
    values = [F(i + 1) for i in range(len(pivots))] if values is None else values
    return [BoxBound(P, list(p), *unit((m - k) * k), value) for p, value in zip(pivots, values, strict=True)]


def determinant(M):
    if not M:
        return F(1)
    return sum((-1) ** j * x * determinant([row[:j] + row[j + 1 :] for row in M[1:]]) for j, x in enumerate(M[0]) if x)


@settings(max_examples=60, deadline=None)
@given(st.integers(2, 4), st.data())
def test_every_space_lies_in_the_unit_box_of_the_chart_of_its_largest_minor(m, data):
    """The lemma, by Cramer's rule in exact fractions."""
    k = data.draw(st.integers(1, m - 1))
    basis = [[F(data.draw(st.integers(-3, 3))) for _ in range(k)] for _ in range(m)]
    minors = {p: abs(determinant([basis[i] for i in p])) for p in combinations(range(m), k)}
    pivots = max(minors, key=minors.get)
    if not minors[pivots]:
        return
    for i in set(range(m)) - set(pivots):
        for l in range(k):
            replaced = [basis[i] if q == l else basis[p] for q, p in enumerate(pivots)]
            assert abs(determinant(replaced) / determinant([basis[p] for p in pivots])) <= 1


@settings(max_examples=50, deadline=None)
@given(st.integers(2, 5), st.data())
def test_the_bound_is_the_least_of_the_charts(m, data):
    k = data.draw(st.integers(1, m - 1))
    P = blank(m, k)
    count = len(list(combinations(range(m), k)))
    values = data.draw(st.lists(st.fractions(), min_size=count, max_size=count))
    bound = apply("chart_cover", [P, *parts(P, values)], {})
    assert isinstance(bound, Bound)
    assert (bound.side, bound.problem, bound.value) == ("lower", P, min(values))


@settings(max_examples=100, deadline=None)
@given(st.integers(2, 4), st.data())
def test_only_all_charts_once_and_in_order_are_accepted(m, data):
    k = data.draw(st.integers(1, m - 1))
    P = blank(m, k)
    whole = parts(P)
    chosen = data.draw(st.lists(st.sampled_from(range(len(whole))), max_size=len(whole) + 1))
    if chosen == list(range(len(whole))):
        assert apply("chart_cover", [P, *whole], {}).value == 1
        return
    with pytest.raises(Invalid, match="expected"):
        apply("chart_cover", [P, *(whole[i] for i in chosen)], {})


@pytest.mark.parametrize(("side", "entry", "accepted"), [
    ("lower", F(-1), True), ("lower", F(-9), True), ("lower", F(-99, 100), False), ("lower", F(0), False),
    ("upper", F(1), True), ("upper", F(2), True), ("upper", F(99, 100), False), ("upper", F(-1, 2), False),
])  # fmt: skip
def test_every_box_contains_the_unit_box(side, entry, accepted):
    P = blank(3, 1)
    for chart in range(3):
        for a in range(2):
            bounds = parts(P)
            getattr(bounds[chart], side)[a] = entry
            if accepted:
                assert apply("chart_cover", [P, *bounds], {}).value == 1
            else:
                with pytest.raises(Invalid, match="a box that contains"):
                    apply("chart_cover", [P, *bounds], {})


@pytest.mark.parametrize("k", [1, 2, 5, 10**18])
def test_a_rank_of_the_number_of_rows_has_no_charts(k):
    P = blank(1, k)
    for premises in ([P], [P, BoxBound(P, [0], [F(-1)], [F(1)], F(9))]):
        with pytest.raises(Invalid, match="a rank below 1"):
            apply("chart_cover", premises, {})


def test_charts_are_not_counted_beyond_the_premises():
    """C(20000, 10000) has 19993 bits; C(m, m - 1) = m is counted from the short side."""
    P = blank(20_000, 10_000)
    with pytest.raises(Invalid, match="one statement for each set of pivots, got 1"):
        apply("chart_cover", [P, BoxBound(P, list(range(10_000)), [F(-1)], [F(1)], F(9))], {})
    Q = blank(30, 29)
    assert apply("chart_cover", [Q, *parts(Q)], {}).value == 1


def test_other_premises_are_rejected():
    P = blank(2, 1)
    first, second = parts(P)
    equal = Problem(P.A, P.omega, P.k)
    about_equal = BoxBound(equal, [1], *unit(1), F(1))
    for premises, message in (
        ([], "one premise"),
        ([first, second], "a problem as premise"),
        ([P, first, Bound("lower", P, F(1))], "statements about boxes for the problem"),
        ([P, first, about_equal], "statements about boxes for the problem"),
        ([equal, first, second], "statements about boxes for the problem"),
        ([P, P, first, second], "statements about boxes for the problem"),
        ([P], "one statement for each set of pivots, got 0"),
    ):
        with pytest.raises(Invalid, match=message):
            apply("chart_cover", premises, {})


class TestInACertificate:
    def test_a_missing_chart_is_rejected(self):
        base = clone(BOX_BASES["bare"])
        step_of(base, "s3")["premises"].pop()
        assert reason(base).endswith("expected one statement for each set of pivots, got 2")

    def test_half_a_chart_is_rejected(self):
        base = clone(BOX_BASES["cut"])
        step_of(base, "s5")["premises"][2] = "s3"
        assert reason(base).endswith("expected a box that contains [-1, 1], got another")

    def test_a_box_of_the_parent_says_nothing_about_the_child(self):
        whole = ([[2, 0], [0, 1]], [[1, 1], [1, 1]], 1)
        steps = [
            step("t", "transpose", ["instance"]),
            nothing("a", "instance", whole, [0], unit(1)),
            nothing("b", "t/0", whole, [1], unit(1)),
            cover("c", "t/0", "a", "b"),
            witness("u", "instance", [[1], [0]], [[2, 0]]),
        ]
        assert reason(certificate(whole, 0, 1, steps)).endswith(
            "step c (rule chart_cover): expected statements about boxes for the problem, got another premise"
        )

    def test_a_cover_of_a_child_combines_into_a_bound_of_the_parent(self):
        base = clone(BOX_BASES["cut"])
        base["steps"].insert(0, step("t", "transpose", ["instance"]))
        for s in base["steps"][1:6]:
            s["premises"][0] = "t/0"
        base["steps"].insert(6, step("p", "combine", ["t", "s5"]))
        base["claim"]["lower_step"] = "p"
        assert verdict(base).verdict == "valid"

    def test_a_statement_on_a_box_is_no_lower_statement(self):
        base = clone(BOX_BASES["cut"])
        base["steps"].insert(0, step("t", "transpose", ["instance"]))
        step_of(base, "s4")["premises"] = ["instance", "s2", "s3"]
        base["steps"].insert(6, step("p", "combine", ["t", "s4"]))
        assert reason(base).endswith("expected a statement about child 0, got one about another problem")
        for s in base["steps"][1:6]:
            s["premises"][0] = "t/0"
        assert reason(base).endswith("expected submatrices beside a statement about a box, got another reduction")
        base = clone(BOX_BASES["cut"])
        base["claim"]["lower_step"] = "s1"
        assert reason(base).startswith("invalid: claim: expected lower_step to be of kind lower")
