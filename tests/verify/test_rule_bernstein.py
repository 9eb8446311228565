"""Rule bernstein: the check agrees with the rule's words, evaluated by other means; its text and limits."""

import functools
import re
from fractions import Fraction

import pytest
from base_certificates import DIAGONAL, WEIGHTED
from bernstein_builders import BERNSTEIN_BASES, HOLE, RANK_TWO_OF_THREE, charts, coefficients, grown, proves
from certificate_builders import F, apply, clone, problem_of, reason, step_of, verdict
from hypothesis import given, settings
from hypothesis import strategies as st
from opt_oracle import approx_opt

from wlra_exact import verify
from wlra_exact.verify import Invalid, Malformed

PROBLEMS = {"line": DIAGONAL, "weighted": WEIGHTED, "mask": HOLE, "plane": RANK_TWO_OF_THREE}
CYCLIC = ([[-59, 11, 59], [11, 59, -59], [59, -59, 11]], [[9, 6, 1], [6, 1, 9], [1, 9, 6]], 1)


def check(problem, tau, trees):
    """The bound that the rule draws."""
    return apply("bernstein", [problem_of(*problem)], {"threshold": str(tau), "trees": list(trees)}).value


def accepts(problem, tau, trees):
    try:
        check(problem, tau, trees)
    except Invalid:
        return False
    return True


def tree(coordinates, depth):
    """Random trees in prefix notation, now and then broken."""
    leaf = st.just(".")
    if depth == 0:
        return leaf
    half = tree(coordinates, depth - 1)
    return st.one_of(leaf, st.builds(lambda a, x, y: f"{a}{x}{y}", st.integers(0, coordinates - 1), half, half))


@st.composite
def attempts(draw, most_columns):
    m, k = draw(st.sampled_from([(2, 1), (3, 1), (3, 2)]))
    n = draw(st.integers(1, most_columns))
    numbers, weights = st.fractions(-3, 3, max_denominator=3), st.fractions(0, 3, max_denominator=2)
    A, omega = ([[draw(values) for _ in range(n)] for _ in range(m)] for values in (numbers, weights))
    trees = [draw(tree(k * (m - k), 2)) for _ in range(3 if m == 3 else 2)]
    return (A, omega, k), draw(st.fractions(-1, 6, max_denominator=8)), trees


@settings(max_examples=20, deadline=None)
@given(attempts(2))
def test_a_tree_is_accepted_exactly_when_the_words_of_the_rule_accept_it(attempt):
    problem, tau, trees = attempt
    accepted = accepts(problem, tau, trees)
    assert accepted == proves(problem, tau, trees)
    if accepted:
        assert tau <= approx_opt(*problem) + 1e-9


@pytest.mark.slow
@settings(max_examples=1000, deadline=None)
@given(attempts(3))
def test_accepted_trees_are_those_of_the_words_many_times(attempt):
    problem, tau, trees = attempt
    accepted = accepts(problem, tau, trees)
    assert accepted == proves(problem, tau, trees)
    if accepted:
        assert tau <= approx_opt(*problem) + 1e-9


@pytest.mark.parametrize("name", PROBLEMS)
def test_the_coefficients_of_a_chart_are_those_of_the_definition_up_to_a_positive_factor(name, monkeypatch):
    problem, tau = PROBLEMS[name], F(5, 3)
    leaves = []

    def least(box):
        leaves.append(list(box))  # twice for each leaf: the check and its message
        return 0

    monkeypatch.setattr(verify, "min", least, raising=False)
    axes = problem[2] * (len(problem[0]) - problem[2])
    sides = [(p, h, n, unit) for p, h, n, unit in charts(problem)]
    check(problem, tau, [f"{axes - 1}.0.."] * len(sides))  # halves along the last axis, then the first
    for position, (_, H, degree, unit) in enumerate(sides):
        first, second = ([*unit[:-1], (F(-1), F(0))], [*unit[:-1], (F(0), F(1))])
        l, u = second[0]
        third, fourth = ([part, *second[1:]] for part in ((l, (l + u) / 2), ((l + u) / 2, u)))
        for box, found in zip((first, third, fourth), leaves[6 * position : 6 * position + 6 : 2], strict=True):
            expected = coefficients(functools.partial(H, tau), degree, box)
            binomials = coefficients_weights(degree, axes)
            scaled = [Fraction(c) / w for c, w in zip(found, binomials, strict=True)]
            factor = next(c / e for c, e in zip(scaled, expected, strict=True) if e)
            assert factor > 0
            assert scaled == [factor * e for e in expected]


def coefficients_weights(degree, axes):
    """The products of binomials in the order of the coefficients."""
    weights = [1]
    for _ in range(axes):
        weights = [w * verify.math.comb(degree, j) for w in weights for j in range(degree + 1)]
    return weights


class TestRule:
    @pytest.mark.parametrize("name", BERNSTEIN_BASES)
    def test_small_certificates_are_valid(self, name):
        base = BERNSTEIN_BASES[name]
        assert verdict(base).verdict == "valid"
        assert str(verdict(base).lower) == base["claim"]["lower"]

    @pytest.mark.parametrize(("name", "opt"), [("line", 1), ("weighted", F(261, 100)), ("mask", F(71, 10))])
    def test_nothing_above_opt_is_accepted(self, name, opt):
        above = clone(BERNSTEIN_BASES[name])
        step_of(above, "s1")["payload"]["threshold"] = str(opt + F(1, 1000))
        assert reason(above).startswith("invalid: step s1 (rule bernstein): expected no negative Bernstein coefficient")

    def test_opt_itself_is_accepted_where_the_minimiser_is_a_corner(self):
        assert check(DIAGONAL, F(1), ["0..", "."]) == 1
        assert not accepts(DIAGONAL, F(1000001, 1000000), ["0..", "."])

    def test_columns_with_few_weights_are_left_out_of_the_degree(self):
        many = ([[2, 0, *[9] * 200], [0, 1, *[0] * 200]], [[1, 1, *[3] * 200], [1, 1, *[0] * 200]], 1)
        assert check(many, F(3, 4), ["0..", "."]) == F(3, 4)

    def test_without_any_group_zero_is_proved_and_nothing_above(self):
        loose = ([[1, 2], [0, 0]], [[1, 1], [0, 0]], 1)
        assert check(loose, F(0), [".", "."]) == 0
        assert check(loose, F(-1), ["0..", "."]) == -1
        with pytest.raises(Invalid, match="negative Bernstein coefficient at a leaf, got -1"):
            check(loose, F(1, 10**6), [".", "0.."])

    def test_proportional_weights_share_a_group(self):
        # 21^2 > (2 * 10 + 1): ten groups would need trees for degree 20; one group proves it at degree 2.
        A = [[j + 1 for j in range(10)], [j * j for j in range(10)]]
        problem = (A, [[F(j + 1, 3) for j in range(10)], [F(2 * j + 2, 3) for j in range(10)]], 1)
        trees = grown(problem, F(1))
        assert check(problem, F(1), trees) == 1
        assert {degree for _, _, degree, _ in charts(problem)} == {2}

    @pytest.mark.parametrize(
        ("trees", "message"),
        [
            (["0.."], "2 trees, got 1"),
            (["0..", ".", "."], "2 trees, got 3"),
            (["0..", ".."], "the end of a tree after its last leaf, got more"),
            (["0...", "."], "the end of a tree after its last leaf, got more"),
            (["0.", "."], "a tree with a leaf for every box, got 1 boxes without one"),
            (["000", "."], "a tree with a leaf for every box, got 4 boxes without one"),
            (["1..", "."], "a coordinate below 1, got 1"),
            (["9..", "."], "a coordinate below 1, got 9"),
        ],
    )
    def test_broken_trees_are_rejected(self, trees, message):
        with pytest.raises(Invalid, match=re.escape(f"expected {message}")):
            check(DIAGONAL, F(1, 2), trees)

    @pytest.mark.parametrize(("m", "k", "d"), [(2, 2, 0), (2, 3, -3), (1, 1, 0), (12, 1, 11), (8, 4, 16)])
    def test_the_number_of_coordinates_is_from_1_to_10(self, m, k, d):
        with pytest.raises(Invalid, match=re.escape(f"expected 1 to 10 coordinates k (m - k), got {d}")):
            check(([[0]] * m, [[1]] * m, k), F(-1), ["."])

    def test_a_huge_rank_is_rejected_at_once(self):
        with pytest.raises(Invalid, match="1 to 10 coordinates"):
            check(([[0]] * 3, [[1]] * 3, 10**18), F(-1), ["."])

    @pytest.mark.parametrize(("m", "k"), [(5, 1), (5, 4), (4, 2)])
    def test_four_coordinates_are_checked(self, m, k):
        zero, charts, orthants = ([[0]] * m, [[1]] * m, k), verify.math.comb(m, k), "."
        for coordinate in reversed(range(4)):
            orthants = f"{coordinate}{orthants}{orthants}"
        assert check(zero, F(0), ["."] * charts) == 0  # H = 0
        assert check(zero, F(-1), [orthants] * charts) == -1  # H = den
        assert not accepts(zero, F(-1), ["."] * charts)
        assert not accepts(zero, F(1), [orthants] * charts)

    @pytest.mark.parametrize(("m", "k"), [(11, 1), (11, 10), (7, 2), (7, 5)])
    def test_ten_coordinates_are_the_most(self, m, k):
        few = [[1]] * k + [[0]] * (m - k)  # too few weights for a group
        assert check(([[0]] * m, few, k), F(0), ["9.."] + ["."] * (verify.math.comb(m, k) - 1)) == 0

    def test_a_deep_tree_is_read_without_recursion(self):
        trees = ["0" * 5000 + "." * 5001, "."]
        assert check(([[1, 0], [0, 0]], [[1, 1], [1, 0]], 1), F(-1), trees) == -1


class TestLimits:
    def test_too_many_coefficients_are_refused_before_work(self):
        weights = [[(i + 2) ** j % 97 + 1 for j in range(9)] for i in range(8)]
        with pytest.raises(Malformed, match=re.escape("too large: 19^7 coefficients")):
            check(([[1] * 9] * 8, weights, 1), F(1), ["."] * 8)

    def test_too_much_work_is_refused(self, monkeypatch):
        monkeypatch.setattr(verify, "MAX_EFFORT", 10**6)
        with pytest.raises(Malformed, match="too large: the polynomials of the charts"):
            check(DIAGONAL, F(1, 2), ["0" * 400 + "." * 401, "."])

    def test_too_many_waiting_boxes_are_refused(self, monkeypatch):
        monkeypatch.setattr(verify, "MAX_ROOM", 10**5)
        with pytest.raises(Malformed, match="too large: the boxes of a tree"):
            check(DIAGONAL, F(1, 2), ["0" * 200 + "." * 201, "."])
        assert check(DIAGONAL, F(1, 2), ["0..", "0.0.0.."]) == F(1, 2)

    def test_too_long_coefficients_are_refused(self, monkeypatch):
        monkeypatch.setattr(verify, "MAX_ROOM", 2000)
        with pytest.raises(Malformed, match="too large: the coefficients of a chart"):
            check(DIAGONAL, F(10**300 + 1, 10**300), ["0..", "."])


def test_a_long_tree_for_a_hard_threshold_is_checked():
    from flint import fmpq

    from wlra_exact.algebra.exact import matrix
    from wlra_exact.deciders.bernstein import bernstein_payload
    from wlra_exact.problem.instance import Instance

    instance = Instance(matrix(CYCLIC[0]), matrix(CYCLIC[1]), 1)
    payload = bernstein_payload(instance, fmpq(4355671549901655584, 10**14) * (1 - fmpq(1, 10**12)))
    assert sum(map(len, payload["trees"])) > 300
    assert str(apply("bernstein", [problem_of(*CYCLIC)], payload).value) == payload["threshold"]
    for threshold in ("43556715499016556/1000000000000", "43557"):
        assert not accepts(CYCLIC, Fraction(threshold), payload["trees"])


@pytest.mark.parametrize("name", ["weighted", "mask", "plane"])
def test_every_other_symbol_in_a_tree_is_rejected_or_proves_the_same(name):
    base = BERNSTEIN_BASES[name]
    tau, trees = F(base["claim"]["lower"]), step_of(base, "s1")["payload"]["trees"]
    problem = PROBLEMS[name]
    accepted = 0
    for i, text in enumerate(trees):
        for place in range(len(text) + 1):
            for other in (".", "0", "1", ""):
                mutant = text[:place] + other + text[place + (other == "") :]
                changed = [*trees[:i], mutant, *trees[i + 1 :]]
                if mutant and accepts(problem, tau, changed):
                    accepted += mutant != text
                    assert proves(problem, tau, changed)
    assert accepted <= len("".join(trees))
