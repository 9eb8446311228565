"""Rule cad: the check agrees with the rule's words, worked out by other means; its parts and its limits."""

import copy
import functools
import re
from fractions import Fraction
from math import prod

import pytest
import sympy
from base_certificates import DIAGONAL, WEIGHTED
from cad_builders import (
    CAD_BASES,
    POINT,
    ROUND,
    SPARSE,
    SPHERE,
    X,
    Y,
    changes,
    excess,
    on_section,
    proved,
    value,
)
from certificate_builders import F, apply, clone, problem_of, reason, step_of, verdict
from hypothesis import given, settings
from hypothesis import strategies as st
from opt_oracle import approx_opt

from wlra_exact import verify
from wlra_exact.verify import Invalid, Malformed


def check(problem, payload):
    """The bound that the rule draws."""
    return apply("cad", [problem_of(*problem)], payload).value


def accepts(problem, payload):
    try:
        check(problem, payload)
    except Invalid:
        return False
    return True


@functools.cache
def sparse():
    """A proof for the sparse problem."""
    return proved(SPARSE, F(1, 20))


def free(times, width):
    """A meter that counts nothing."""


@st.composite
def problems(draw, most_columns=2):
    m, k = draw(st.sampled_from([(2, 1), (3, 1), (3, 2)]))
    n = draw(st.integers(1, most_columns))
    numbers, weights = st.integers(-3, 3), st.integers(0, 3)
    return *([[draw(values) for _ in range(n)] for _ in range(m)] for values in (numbers, weights)), k


@settings(max_examples=40, deadline=None)
@given(problems(), st.sampled_from([F(1, 2), F(99, 100), F(101, 100), F(2)]))
def test_a_threshold_is_proved_exactly_when_it_is_not_above_opt(problem, part):
    from flint import fmpq

    from wlra_exact.algebra.exact import matrix
    from wlra_exact.deciders.cells import cells_payload
    from wlra_exact.problem.instance import Instance

    opt = approx_opt(*problem)
    tau = part * Fraction(round(opt * 1000), 1000)
    payload = cells_payload(Instance(matrix(problem[0]), matrix(problem[1]), problem[2]), fmpq(*tau.as_integer_ratio()))
    if opt > 0.1:
        assert (payload is not None) == (part < 1)
    if payload is not None:
        assert check(problem, payload) == tau <= opt + 1e-9
        assert not accepts(problem, payload | {"threshold": str(Fraction(opt) + Fraction(1, 50))})


@given(
    st.lists(st.integers(-5, 5), min_size=1, max_size=7),
    st.fractions(-3, 3, max_denominator=5),
    st.fractions("1/5", 3, max_denominator=5),
    st.sampled_from(["between", "below", "above"]),
)
def test_coefficients_on_a_section_are_those_of_the_substitution(f, low, width, where):
    ends = {"between": (low, low + width), "below": (None, low), "above": (low, None)}[where]
    found = verify.on_section(f, *(x if x is None else Fraction(x) for x in ends), free)
    expected = on_section(f, *ends)
    assert [(c > 0) - (c < 0) for c in found] in (
        [(c > 0) - (c < 0) for c in expected],
        [(c > 0) - (c < 0) for c in reversed(expected)],
    )
    ratios = {F(a) / b for a, b in zip(found, expected, strict=True) if b} | {
        F(a) / b for a, b in zip(found, reversed(expected), strict=True) if b
    }
    assert not any(expected) or any(ratio > 0 for ratio in ratios)
    assert verify.sign_changes(found) == changes(expected)


@given(st.lists(st.integers(-4, 4), min_size=2, max_size=8).filter(lambda f: f[-1] != 0))
def test_the_resultant_is_the_determinant_of_sylvester(f):
    slope = [i * c for i, c in enumerate(f)][1:]
    size, rows = len(f) + len(slope) - 2, []
    for p, times in ((f, len(slope) - 1), (slope, len(f) - 1)):
        rows += [[0] * i + p[::-1] + [0] * (size - i - len(p)) for i in range(times)]
    assert verify.resultant(f, slope, free) == sympy.Matrix(rows).det()


@given(st.lists(st.integers(-9, 9), min_size=1), st.integers(-9, 9), st.integers(1, 9))
def test_values_are_cleared_of_the_denominator(f, p, q):
    assert verify.value_at(f, p, q, free) == q ** (len(f) - 1) * value(f, F(p, q))


class TestRule:
    @pytest.mark.parametrize("name", CAD_BASES)
    def test_small_certificates_are_valid(self, name):
        base = CAD_BASES[name]
        assert verdict(base).verdict == "valid", verdict(base).reason
        assert str(verdict(base).lower) == base["claim"]["lower"]

    @pytest.mark.parametrize(("problem", "opt"), [(DIAGONAL, 1), (POINT, 2), (ROUND, 10), (SPHERE, 2)])
    def test_opt_itself_is_proved_in_every_chart_and_nothing_above(self, problem, opt):
        for pivot in range(len(problem[0])):
            payload = proved(problem, opt, [pivot])
            assert check(problem, payload) == opt
            assert not accepts(problem, payload | {"threshold": f"{opt * 10**9 + 1}/1000000000"})
        assert proved(problem, opt + F(1, 10**6)) is None

    def test_a_denominator_that_vanishes_is_no_obstacle(self):
        assert F(1, 20) < approx_opt(*SPARSE)
        assert check(SPARSE, sparse()) == F(1, 20)

    def test_without_any_group_zero_is_proved_and_nothing_above(self):
        loose = ([[1, 2], [0, 0], [0, 0]], [[1, 1], [0, 0], [0, 0]], 1)
        one = {"pivots": [0], "factors": [], "samples": [{"at": ["0"], "cuts": ["0"]}]}
        assert check(loose, {"threshold": "0", **one}) == 0
        assert check(loose, {"threshold": "-1", **one}) == -1
        with pytest.raises(Invalid, match="no negative coefficient between cuts, got -1"):
            check(loose, {"threshold": "1/1000000", **one})

    def test_the_polynomial_is_that_of_the_definition_up_to_a_positive_factor(self):
        for problem, pivots in ((WEIGHTED, [1]), (SPARSE, [1]), (POINT, [2])):
            P = problem_of(*problem)
            groups = verify.column_groups(P)
            base = 2 * len(groups) + 1
            found = verify.excess(P, groups, pivots, Fraction(5, 3), {1: 1}, free)
            H = excess(problem, pivots, F(5, 3))
            terms = {i * base + j: F(int(c.p), int(c.q)) for (i, j), c in H.terms()}
            factor = next(found[e] / c for e, c in terms.items())
            assert factor > 0
            assert found == [factor * terms.get(e, 0) for e in range(len(found))]

    @pytest.mark.parametrize(
        ("base", "change", "message"),
        [
            ("line", {"samples": []}, "one sample and no factor"),
            ("line", {"samples": [{"at": [], "cuts": []}]}, "a cut, got none"),
            ("line", {"samples": [{"at": ["0"], "cuts": ["0"]}]}, "0 coordinates of sample 0, got 1"),
            ("line", {"samples": [{"at": [], "cuts": ["1", "0"]}]}, "cuts in increasing order"),
            ("line", {"samples": [{"at": [], "cuts": ["1/3"]}]}, "no negative coefficient between cuts"),
            ("line", {"pivots": [2]}, "1 increasing rows below 2 as pivots"),
            ("plane", {"pivots": [2, 0]}, "2 increasing rows below 3 as pivots"),
            ("plane", {"pivots": [1, 1]}, "2 increasing rows below 3 as pivots"),
            ("point", {"factors": []}, "the factors of the resultant, got another value at"),
            ("point", {"factors": [{"power": 3, "coefficients": "0 1"}]}, "a degree of at most 2, got 3"),
            ("point", {"factors": [{"power": 10**17, "coefficients": "0 1"}]}, "a degree of at most 2, got 100000"),
            ("point", {"factors": [{"power": 0, "coefficients": "0 1"}]}, "a power and a factor of degree 1 or more"),
            ("point", {"factors": [{"power": 1, "coefficients": "1"}]}, "a power and a factor of degree 1 or more"),
            ("point", {"factors": [{"power": 1, "coefficients": "0 1 0"}]}, "a power and a factor of degree 1 or more"),
            ("point", {"samples": []}, "a sample, got none"),
            ("point", {"samples": [{"at": ["0"], "cuts": ["0"]}]}, "no root of a factor|samples that are no roots"),
            ("point", {"samples": [{"at": ["1"], "cuts": ["0"]}]}, "no change of signs below the samples, got 1"),
            ("point", {"samples": [{"at": ["-1"], "cuts": ["-2", "0"]}]}, "at most one change .* none above, got 1"),
            ("round", {"square": {"root": ["0", "1"], "rest": ["-1"]}}, "the root's square times the rest to be H"),
            ("round", {"square": {"root": ["0", "0", "1"], "rest": ["1"]}}, "a square and a rest of the degrees of H"),
        ],
    )
    def test_broken_proofs_are_rejected(self, base, change, message):
        content = clone(CAD_BASES[base])
        step_of(content, "s1")["payload"].update(change)
        assert re.search(message, reason(content)), reason(content)

    def test_a_square_that_is_not_told_makes_the_resultant_vanish(self):
        content = clone(CAD_BASES["round"])
        del step_of(content, "s1")["payload"]["square"]
        assert reason(content).endswith("expected the factors of the resultant, got those of another polynomial")

    def test_samples_without_cuts_rest_on_one_with_cuts_in_the_same_strip(self):
        payload = copy.deepcopy(step_of(CAD_BASES["point"], "s1")["payload"])
        left, right = payload["samples"]
        bare = {"at": ["-20"], "cuts": []}
        assert check(POINT, payload | {"samples": [bare, left, right]}) == 2
        assert check(POINT, payload | {"samples": [left, right, {"at": ["20"], "cuts": []}]}) == 2
        for samples in ([bare, right], [left, {"at": ["20"], "cuts": []}]):
            with pytest.raises(Invalid, match="a sample with cuts between any two changes of signs"):
                check(POINT, payload | {"samples": samples})

    def test_a_common_divisor_of_the_factors_is_rejected(self):
        """Split into two factors with one root the changes of signs add up to two."""
        payload = copy.deepcopy(step_of(CAD_BASES["point"], "s1")["payload"])
        payload["factors"] = [{"power": 1, "coefficients": "0 1"}] * 2
        with pytest.raises(Invalid, match="at most one change of signs between samples, none above, got 2"):
            check(POINT, payload)

    @pytest.mark.parametrize(("m", "k", "d"), [(2, 2, 0), (1, 1, 0), (4, 1, 3), (4, 2, 4)])
    def test_other_numbers_of_coordinates_are_rejected(self, m, k, d):
        with pytest.raises(Invalid, match=re.escape(f"expected 1 or 2 coordinates k (m - k), got {d}")):
            check(([[0]] * m, [[1]] * m, k), {"threshold": "-1", "pivots": [0], "factors": [], "samples": []})

    def test_a_huge_rank_is_rejected_at_once(self):
        with pytest.raises(Invalid, match="1 or 2 coordinates"):
            check(([[0]] * 3, [[1]] * 3, 10**18), {"threshold": "0", "pivots": [0], "factors": [], "samples": []})


class TestLimits:
    def test_too_much_work_is_refused(self, monkeypatch):
        monkeypatch.setattr(verify, "MAX_EFFORT", 10**6)
        with pytest.raises(Malformed, match="too large: the polynomials of the chart"):
            check(SPARSE, sparse())

    def test_too_long_cuts_are_refused_before_work(self):
        payload = step_of(CAD_BASES["line"], "s1")["payload"]
        cuts = [str(10**4000 + i) for i in range(40)]
        wide = ([[1] * 200, list(range(200))], [[1] * 200, list(range(1, 201))], 1)
        with pytest.raises(Malformed, match="too large"):
            check(wide, payload | {"samples": [{"at": [], "cuts": cuts}]})

    def test_too_many_coefficients_are_refused_before_work(self):
        weights = [[1] * 300, list(range(1, 301)), [(j * j) % 307 + 1 for j in range(300)]]
        with pytest.raises(Malformed, match=re.escape("too large: 601^2 coefficients")):
            check(([[1] * 300] * 3, weights, 1), {"threshold": "0", "pivots": [0], "factors": [], "samples": []})


def test_the_degree_bound_of_the_resultant_holds():
    for T in (X**2 * Y**2 + 1, (X + Y) ** 4 + X * Y + 1, X**3 + Y**2 + 1, X**5 * Y + Y**3 + 1):
        p = sympy.Poly(T, X, Y)
        n, a, t = p.degree(Y), p.degree(X), p.total_degree()
        degree = sympy.Poly(sympy.resultant(T, sympy.diff(T, Y), Y), X).degree()
        bound = min((2 * n - 1) * a, (2 * n - 1) * (t - n) + n * (n - 1))
        assert degree <= bound
        factors = [
            (power, [int(c) for c in reversed(f.all_coeffs())])
            for f, power in sympy.Poly(sympy.resultant(T, sympy.diff(T, Y), Y), X).factor_list()[1]
        ]
        table = [[int(p.coeff_monomial(X**i * Y**j)) for i in range(a + 1)] for j in range(n + 1)]
        verify.check_resultant(table, factors, free)
        assert prod(len(f) for _, f in factors) > 0
        with pytest.raises(Invalid):
            verify.check_resultant(table, factors[1:], free)
