"""Rule witness: the exact cost of U V, whatever the denominators."""

import re

import pytest
from base_certificates import BASES
from certificate_builders import F, apply, clone, cost, encode, problem_of, product, reason, step_of
from flint import fmpq, fmpq_mat
from hypothesis import given, settings
from hypothesis import strategies as st

entries = st.fractions(max_denominator=1000)
weights = st.fractions(min_value=0, max_denominator=1000)


def matrix(draw, rows, columns, values):
    return [[draw(values) for _ in range(columns)] for _ in range(rows)]


@settings(max_examples=40, deadline=None)
@given(st.data())
def test_the_cost_is_exact(data):
    m, n, k = (data.draw(st.integers(1, 3)) for _ in range(3))
    A, omega = matrix(data.draw, m, n, entries), matrix(data.draw, m, n, weights)
    U, V = matrix(data.draw, m, k, entries), matrix(data.draw, k, n, entries)
    P = problem_of(A, omega, k)
    bound = apply("witness", [P], {"U": encode(U), "V": encode(V)})
    assert (bound.side, bound.problem) == ("upper", P)
    value = F(int(bound.value.numerator), int(bound.value.denominator))
    assert value == cost(A, omega, product(U, V))
    X = flint(U) * flint(V)
    by_flint = sum((flint(omega)[i, j] * (flint(A)[i, j] - X[i, j]) ** 2 for i in range(m) for j in range(n)), fmpq(0))
    assert by_flint == fmpq(value.numerator, value.denominator)


def flint(rows):
    return fmpq_mat(len(rows), len(rows[0]), [fmpq(x.numerator, x.denominator) for row in rows for x in row])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"U": [["1"]]}, "U of shape 2x1, got 1x1"),
        ({"U": [["1", "0"], ["0", "1"]]}, "U of shape 2x1, got 2x2"),
        ({"V": [["1"]]}, "V of shape 1x2, got 1x1"),
        ({"V": [["1", "0"], ["0", "1"]]}, "V of shape 1x2, got 2x2"),
        ({"U": [["1", "0"], ["0", "1"]], "V": [["2", "0"], ["0", "1"]]}, "U of shape 2x1, got 2x2"),
    ],
)
def test_other_shapes_are_rejected(change, message):
    base = clone(BASES["minors"])
    step_of(base, "s2")["payload"] |= change
    assert reason(base).endswith(f"step s2 (rule witness): expected {message}")


def test_a_rank_far_above_the_file_is_rejected_at_once():
    base = clone(BASES["spectral"])
    base["instance"]["k"] = 10**17
    step_of(base, "s1")["rule"] = "nonnegative"
    step_of(base, "s1")["payload"] = {}
    assert re.search(r"expected U of shape 3x10{17}, got 3x2", reason(base))
