"""Rule minors: the matrix of the definition, for k = 1 only."""

import re
from math import comb

import pytest
from base_certificates import BASES, DIAGONAL  # fmt: skip
from certificate_builders import (  # fmt: skip
    F,
    apply,
    captured,
    clone,
    cost,
    cost_matrix,
    dyadic,
    lower_triangle,
    minors_form,
    problem_of,
    prove_psd,
    reason,
    scaled,
    step_of,
    verdict,
    zero_proof,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.verify import Invalid

entries = st.fractions(-4, 4, max_denominator=6)


def square(draw, rows, columns, values):
    return [[draw(values) for _ in range(columns)] for _ in range(rows)]


@st.composite
def instances(draw):
    m, n = draw(st.integers(1, 3)), draw(st.integers(1, 4))
    A, omega = square(draw, m, n, entries), square(draw, m, n, st.fractions(0, 4, max_denominator=6))
    return A, omega, square(draw, comb(m, 2), comb(n, 2), st.integers(-9, 9)), draw(st.integers(-4, 3)), draw(entries)


def quadratic(triangle, x):
    return sum(
        (1 if i == j else 2) * entry * x[i] * x[j] for i, row in enumerate(triangle) for j, entry in enumerate(row)
    )


@settings(max_examples=40, deadline=None)
@given(instances(), st.data())
def test_the_matrix_is_that_of_the_definition(instance, data):
    A, omega, multipliers, exponent, tau = instance
    m, n = len(A), len(A[0])
    payload = {"threshold": str(tau), "multipliers": dyadic(multipliers, exponent), "psd": zero_proof(1)}
    found, bound = captured("minors", problem_of(A, omega, 1), payload)
    L = minors_form(m, n, scaled(multipliers, exponent))
    assert found["psd"] == lower_triangle(cost_matrix(A, omega, tau, L))
    assert (bound.side, bound.value) == ("lower", tau)
    # On a matrix of rank 1 the form is cost(X) - tau; on another it is off by the minors.
    u, v = (data.draw(st.lists(entries, min_size=size, max_size=size)) for size in (m, n))
    X = [[x * y for y in v] for x in u]
    assert quadratic(found["psd"], [F(1), *(x for row in X for x in row)]) == cost(A, omega, X) - tau


@settings(max_examples=40, deadline=None)
@given(instances(), st.data())
def test_off_rank_one_the_minors_count(instance, data):
    A, omega, multipliers, exponent, tau = instance
    m, n = len(A), len(A[0])
    X = square(data.draw, m, n, entries)
    payload = {"threshold": str(tau), "multipliers": dyadic(multipliers, exponent), "psd": zero_proof(1)}
    found, _ = captured("minors", problem_of(A, omega, 1), payload)
    pairs_of_rows = [(i, p) for i in range(m) for p in range(i + 1, m)]
    pairs_of_columns = [(j, q) for j in range(n) for q in range(j + 1, n)]
    form = sum(
        2 * F(2) ** exponent * multiplier * (X[i][j] * X[p][q] - X[i][q] * X[p][j])
        for (i, p), row in zip(pairs_of_rows, multipliers, strict=True)
        for (j, q), multiplier in zip(pairs_of_columns, row, strict=True)
    )
    assert quadratic(found["psd"], [F(1), *(x for row in X for x in row)]) == cost(A, omega, X) - tau + form


class TestRule:
    def test_a_single_row_or_column_needs_no_multipliers(self):
        for A, rows in (([[2, 1, 3]], []), ([[2], [1], [3]], [[], [], []])):
            omega = [[1] * len(A[0]) for _ in A]
            size = len(A) * len(A[0])
            M = cost_matrix(A, omega, F(-1, 8), [[F(0)] * size for _ in range(size)])
            payload = {"threshold": "-1/8", "multipliers": dyadic(rows), "psd": prove_psd(M)}
            assert apply("minors", [problem_of(A, omega, 1)], payload).value == F(-1, 8)

    def test_rank_two_is_rejected(self):
        payload = step_of(BASES["minors"], "s1")["payload"]
        with pytest.raises(Invalid, match="expected rank 1, got 2"):
            apply("minors", [problem_of(DIAGONAL[0], DIAGONAL[1], 2)], payload)

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            ([[1], [1]], "1 rows in multipliers, got 2"),
            ([], "1 rows in multipliers, got 0"),
            ([[1, 1]], "1 integers in multipliers, row 0, got 2"),
            ([[]], "1 integers in multipliers, row 0, got 0"),
        ],
    )
    def test_multipliers_of_another_shape_are_rejected(self, rows, message):
        payload = step_of(BASES["minors"], "s1")["payload"] | {"multipliers": dyadic(rows, -1)}
        with pytest.raises(Invalid, match=re.escape(f"expected {message}")):
            apply("minors", [problem_of(*DIAGONAL)], payload)

    def test_opt_itself_is_proved_and_nothing_above_it(self):
        assert verdict(BASES["minors"]).lower == 1
        above = clone(BASES["minors"])
        step_of(above, "s1")["payload"]["threshold"] = "1000001/1000000"
        why = "invalid: step s1 (rule minors): expected psd to leave row 0 diagonally dominant"
        assert reason(above).startswith(why)

    def test_a_proof_of_another_size_is_rejected(self):
        base = clone(BASES["minors"])
        step_of(base, "s1")["payload"]["psd"] = zero_proof(4)
        assert reason(base) == "invalid: step s1 (rule minors): expected 5 rows in psd, got 4"
