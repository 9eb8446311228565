"""Rule columns: the matrices of the definition, found a second time over named monomials."""

from __future__ import annotations

import pytest
from box_builders import (
    column_forms,
    column_names,
    row_text,
    scaled,
    total_form,
    total_names,
    variable_count,
)
from certificate_builders import (
    F,
    apply,
    canonical,
    fractions,
    lower_triangle,
    problem_of,
    zero_proof,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact import verify


@st.composite
def steps(draw):
    """A problem, a box and variables, without proofs: (problem, pivots, (lower, upper), tau, t, parts)."""
    m = draw(st.integers(2, 4))
    n, k = draw(st.integers(1, 3)), draw(st.integers(1, m - 1))
    numbers = st.fractions(-3, 3, max_denominator=4)
    A, omega = ([[draw(values) for _ in range(n)] for _ in range(m)] for values in (numbers, st.integers(0, 2)))
    pivots = sorted(draw(st.permutations(range(m)))[:k])
    lower = [draw(numbers) for _ in range((m - k) * k)]
    upper = [x + draw(st.fractions(F(1, 5), 2, max_denominator=5)) for x in lower]
    whole = (fractions(A), fractions(omega), k)
    parts = []
    for j in sorted(draw(st.sets(st.integers(0, n - 1)))):
        free = [l for l, p in enumerate(pivots) if omega[p][j] == 0]
        bare = sorted(draw(st.sets(st.sampled_from(free)))) if free else []
        count = variable_count(whole, pivots, j, bare)
        variables = draw(st.lists(st.integers(-9, 9), min_size=count, max_size=count))
        parts.append((j, bare, psd_multipliers(whole, pivots, j, bare, variables), draw(st.integers(-3, 2))))
    t = [draw(st.integers(0, 9)) for _ in lower]
    return whole, pivots, (lower, upper), draw(numbers), (t, draw(st.integers(-3, 2))), parts


def psd_multipliers(whole, pivots, j, bare, variables):
    """The variables with every S_a made positive semidefinite."""
    names = column_names(whole, pivots, j, bare)
    places = [name[2] for name in names if name[0] == "xi"]
    position, result = (len(places) + 1) * (len(places) + 2) // 2, list(variables)
    for l in places:
        result[position] = abs(result[position])
        if l not in bare:
            result[position + 2] = abs(result[position + 2]) + 1
            result[position] = max(result[position], result[position + 1] ** 2)
        position += 1 if l in bare else 3
    return result


def granted(whole, pivots, box, tau, total, parts):
    """The matrices whose semidefiniteness the rule asks for: (column or None) -> lower triangle; all are granted."""
    found = {}

    def record(payload, name, size, q, row):
        found[payload.get("column")] = [[F(x, q) for x in row(i)[: i + 1]] for i in range(size)]
        return True

    payload = {
        "pivots": list(pivots), "lower": list(map(canonical, box[0])), "upper": list(map(canonical, box[1])),
        "threshold": canonical(tau), "exponent": total[1], "total_box": row_text(total[0]), "psd": zero_proof(1),
        "columns": [
            {"column": j, "bare": bare, "exponent": e, "variables": row_text(values), "psd": zero_proof(1)}
            for j, bare, values, e in parts
        ],
    }  # fmt: skip
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(verify, "check_psd", record)
        patch.setattr(verify, "expect_size", lambda *_: None)
        return found, apply("columns", [problem_of(*whole)], payload)


@settings(max_examples=60, deadline=None)
@given(steps())
def test_the_matrices_are_those_of_the_definition(example):
    whole, pivots, box, tau, total, parts = example
    found, bound = granted(*example)
    assert found.keys() == {None, *(j for j, *_ in parts)}
    prices = []
    for j, bare, values, e in parts:
        M, price = column_forms(whole, pivots, *box, j, bare, scaled(values, e))
        assert found[j] == lower_triangle(M.matrix(column_names(whole, pivots, j, bare)))
        prices.append(price)
    T = total_form(prices, tau, scaled(*total), whole[2])
    assert found[None] == lower_triangle(T.matrix(total_names(len(box[0]), whole[2])))
    assert (bound.pivots, bound.lower, bound.upper, bound.value) == (pivots, *box, tau)


def times(p, q):
    result = {}
    for x, a in p.items():
        for y, b in q.items():
            key = tuple(sorted((*x, *y)))
            result[key] = result.get(key, 0) + a * b
    return result


def plus(p, q, factor=1):
    result = dict(p)
    for x, a in q.items():
        result[x] = result.get(x, 0) + factor * a
    return {x: a for x, a in result.items() if a}


@settings(max_examples=40, deadline=None)
@given(steps())
def test_the_form_of_a_column_is_the_polynomial_of_the_lemma(example):
    """z^T M_j z = cost_j - s_j - sum_a (1 - xi_a^2) (1, v_l) S_a (1, v_l)^T as polynomials in xi and v."""
    (A, omega, k), pivots, (lower, upper), _, _, parts = example
    found, _ = granted(*example)
    others = [i for i in range(len(A)) if i not in pivots]
    one = {(): F(1)}
    xi = {(i, l): {(f"x{i},{l}",): F(1)} for i in range(len(others)) for l in range(k)}
    v = [{(f"v{l}",): F(1)} for l in range(k)]
    R = {
        a: plus({(): (lower[a[0] * k + a[1]] + upper[a[0] * k + a[1]]) / 2}, xi[a],
                (upper[a[0] * k + a[1]] - lower[a[0] * k + a[1]]) / 2)
        for a in xi
    }  # fmt: skip
    for j, bare, integers, e in parts:
        values = iter(scaled(integers, e))
        rows = [i for i, row in enumerate(others) if omega[row][j]]
        places = [(i, l) for i in rows for l in range(k)]
        centred = [l for l in range(k) if l not in bare]
        z = [one, *(xi[a] for a in places), *(v[l] for l in centred)]
        z += [times(R[a] if a[1] in bare else xi[a], v[a[1]]) for a in places]
        expected = {}
        for p in range(1 + len(places)):
            for q in range(p + 1):
                expected = plus(expected, times(z[p], z[q]), -next(values) * (1 if p == q else 2))
        for a in places:
            S, l = [next(values)], a[1]
            inner = {(): S[0]}
            if l not in bare:
                S += [next(values), next(values)]
                inner = plus(plus(inner, v[l], 2 * S[1]), times(v[l], v[l]), S[2])
            expected = plus(expected, times(plus(one, times(xi[a], xi[a]), -1), inner), -1)
        for i, row in enumerate([*pivots, *others]):
            if omega[row][j]:
                X = v[i] if i < k else {}
                for l in range(k if i >= k else 0):
                    X = plus(X, times(R[i - k, l], v[l]))
                residual = plus({(): A[row][j]}, X, -1)
                expected = plus(expected, times(residual, residual), omega[row][j])
        M, form = found[j], {}
        for p in range(len(z)):
            for q in range(p + 1):
                form = plus(form, times(z[p], z[q]), M[p][q] * (1 if p == q else 2))
        assert plus(form, expected, -1) == {}
