"""The rule ``bernstein``: payloads exist below opt, none above, and an independent reading of the rule accepts them."""

from __future__ import annotations

import itertools
import math
import random
from fractions import Fraction

import pytest
from flint import fmpq, fmpz
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.deciders.bernstein import bernstein_payload, halve, prove_bernstein
from wlra_exact.deciders.cad import decide_cad
from wlra_exact.deciders.univariate import solve_univariate
from wlra_exact.errors import Decision, UnsupportedError
from wlra_exact.problem.instance import Instance

CYCLIC = Instance(matrix([[-59, 11, 59], [11, 59, -59], [59, -59, 11]]), matrix([[9, 6, 1], [6, 1, 9], [1, 9, 6]]), 1)
CYCLIC_OPT = fmpq(4355671549901655584, 10**14)  # rounded down

Poly = dict[tuple[int, ...], Fraction]


def product(p: Poly, q: Poly) -> Poly:
    out: Poly = {}
    for (e, a), (f, b) in itertools.product(p.items(), q.items()):
        key = tuple(x + y for x, y in zip(e, f, strict=True))
        out[key] = out.get(key, Fraction(0)) + a * b
    return out


def total(p: Poly, q: Poly, factor: Fraction = Fraction(1)) -> Poly:
    out = dict(p)
    for e, a in q.items():
        out[e] = out.get(e, Fraction(0)) + factor * a
    return out


def determinant(rows: list[list[Poly]], one: Poly) -> Poly:
    if not rows:
        return one
    out: Poly = {}
    for column, entry in enumerate(rows[0]):
        minor = determinant([row[:column] + row[column + 1 :] for row in rows[1:]], one)
        out = total(out, product(entry, minor), Fraction((-1) ** column))
    return out


def excess(A: list, omega: list, k: int, pivots: tuple[int, ...], tau: Fraction) -> tuple[Poly, int, int]:
    """H_P, its degree bound in every variable and the number of variables, by the formulas of the rule."""
    m, n = len(A), len(A[0])
    others = [i for i in range(m) if i not in pivots]
    variables = k * len(others)
    zero = (0,) * variables
    one: Poly = {zero: Fraction(1)}
    unit = [tuple(int(a == b) for b in range(variables)) for a in range(variables)]
    U = []
    for i in range(m):
        if i in pivots:
            U.append([one if pivots[l] == i else {} for l in range(k)])
        else:
            U.append([{unit[others.index(i) * k + l]: Fraction(1)} for l in range(k)])
    groups: dict[tuple[Fraction, ...], tuple[Poly, Poly]] = {}
    for j in range(n):
        weights = [omega[i][j] for i in range(m)]
        support = [i for i in range(m) if weights[i] > 0]
        if len(support) <= k:
            continue
        scale = weights[support[0]]
        key = tuple(w / scale for w in weights)
        num: Poly = {}
        for S in itertools.combinations(support, k + 1):
            minor = determinant([[{zero: A[i][j]}, *U[i]] for i in S], one)
            num = total(num, product(minor, minor), scale * math.prod(key[i] for i in S))
        den: Poly = {}
        for S in itertools.combinations(support, k):
            minor = determinant([U[i] for i in S], one)
            den = total(den, product(minor, minor), math.prod((key[i] for i in S), start=Fraction(1)))
        before, _ = groups.get(key, ({}, den))
        groups[key] = (total(before, num), den)
    N: Poly = {}
    D = one
    for num, den in groups.values():
        N = total(product(N, den), product(num, D))
        D = product(D, den)
    return total(N, D, -tau), 2 * len(groups), variables


def accepts(instance: Instance, payload: dict) -> bool:
    """The check of the rule from its statement, in rational arithmetic of the standard library."""
    A = [[Fraction(str(x)) for x in row] for row in instance.A.tolist()]
    omega = [[Fraction(str(x)) for x in row] for row in instance.omega.tolist()]
    tau = Fraction(payload["threshold"])
    charts = list(itertools.combinations(range(len(A)), instance.k))
    if len(charts) != len(payload["trees"]):
        return False
    for pivots, tree in zip(charts, payload["trees"], strict=True):
        H, degree, variables = excess(A, omega, instance.k, pivots, tau)
        box = {}
        for index in itertools.product(range(degree + 1), repeat=variables):
            box[index] = H.get(index, Fraction(0))
        for axis in range(variables):
            box = along(box, axis, bernstein)
        if not closes(box, degree, variables, iter(tree)):
            return False
    return True


def along(box: dict, axis: int, change) -> dict:
    lines: dict = {}
    for index in sorted(box):
        lines.setdefault(index[:axis] + index[axis + 1 :], []).append(box[index])
    return {
        (*rest[:axis], i, *rest[axis:]): value for rest, line in lines.items() for i, value in enumerate(change(line))
    }


def bernstein(line: list[Fraction]) -> list[Fraction]:
    """Bernstein coefficients on [-1, 1] of sum a_e x^e."""
    d = len(line) - 1
    on_unit = [
        sum(a * math.comb(e, i) * 2**i * (-1) ** (e - i) for e, a in enumerate(line) if e >= i) for i in range(d + 1)
    ]
    return [sum(Fraction(math.comb(j, i), math.comb(d, i)) * on_unit[i] for i in range(j + 1)) for j in range(d + 1)]


def lower_half(line: list[Fraction]) -> list[Fraction]:
    out = []
    while line:
        out.append(line[0])
        line = [(a + b) / 2 for a, b in itertools.pairwise(line)]
    return out


def closes(box: dict, degree: int, variables: int, symbols) -> bool:
    symbol = next(symbols, None)
    if symbol == ".":
        return all(value >= 0 for value in box.values())
    if symbol is None or not symbol.isdigit() or int(symbol) >= variables:
        return False
    axis = int(symbol)
    lower = along(box, axis, lower_half)
    upper = along(box, axis, lambda line: lower_half(line[::-1])[::-1])
    return closes(lower, degree, variables, symbols) and closes(upper, degree, variables, symbols)


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 3))
def test_two_rows_are_proved_just_below_opt_and_never_above(seed, n):
    rng = random.Random(seed)
    A = matrix([[rng.randint(-6, 6) for _ in range(n)] for _ in range(2)])
    instance = Instance(A, matrix([[rng.randint(0, 4) for _ in range(n)] for _ in range(2)]), 1)
    opt = solve_univariate(instance).opt()
    payload = bernstein_payload(instance, opt.lower - fmpq(1, 1000))
    assert payload is not None
    assert accepts(instance, payload)
    assert bernstein_payload(instance, opt.upper + fmpq(1, 10**6), 400) is None


@pytest.mark.parametrize("digits", [3, 9, 12])
def test_the_cyclic_instance_is_proved_to_many_digits_with_small_trees(digits):
    payload = bernstein_payload(CYCLIC, CYCLIC_OPT * (1 - fmpq(1, 10**digits)))
    assert payload is not None
    assert sum(map(len, payload["trees"])) < 500
    if digits == 3:
        assert accepts(CYCLIC, payload)


def test_the_cyclic_instance_is_not_proved_above_opt():
    assert bernstein_payload(CYCLIC, CYCLIC_OPT * (1 + fmpq(1, 10**9))) is None
    assert prove_bernstein(CYCLIC, CYCLIC_OPT * (1 + fmpq(1, 10**9))) is None


def test_a_proof_carries_its_rule_bound_and_payload():
    proof = prove_bernstein(CYCLIC, fmpq(43000))
    assert (proof.rule, proof.bound, proof.premises) == ("bernstein", 43000, ())
    assert accepts(CYCLIC, dict(proof.payload))


def test_rank_two_of_three_rows_is_proved_below_opt():
    rng = random.Random(1)
    A = matrix([[rng.randint(-9, 9) for _ in range(3)] for _ in range(3)])
    instance = Instance(A, matrix([[rng.randint(1, 9) for _ in range(3)] for _ in range(3)]), 2)
    low, high = fmpq(0), instance.norm()
    for _ in range(10):
        middle = (low + high) / 2
        low, high = (low, middle) if decide_cad(instance, middle).decision is Decision.YES else (middle, high)
    payload = bernstein_payload(instance, low)
    assert payload is not None
    assert accepts(instance, payload)
    assert bernstein_payload(instance, high) is None


def test_the_rule_rejects_raised_thresholds_broken_trees_and_missing_charts():
    payload = bernstein_payload(CYCLIC, CYCLIC_OPT * fmpq(9, 10))
    assert accepts(CYCLIC, payload)
    assert not accepts(CYCLIC, payload | {"threshold": "43557"})
    assert not accepts(CYCLIC, payload | {"trees": [".", ".", "."]})
    assert not accepts(CYCLIC, payload | {"trees": payload["trees"][:2]})
    assert not accepts(CYCLIC, payload | {"trees": [payload["trees"][0][:-1], *payload["trees"][1:]]})
    assert not accepts(CYCLIC, payload | {"trees": ["5..", *payload["trees"][1:]]})


@pytest.mark.parametrize("degree", [1, 4, 24, 25, 30])
def test_both_ways_of_halving_give_the_coefficients_of_the_halves(degree):
    rng = random.Random(degree)
    line = [fmpz(rng.randint(-99, 99)) for _ in range(degree + 1)]
    lower, upper = halve(line, degree, 1, 0)
    exact = [Fraction(int(b)) for b in line]
    assert [Fraction(int(b), 2**degree) for b in lower] == lower_half(exact)
    assert [Fraction(int(b), 2**degree) for b in upper] == lower_half(exact[::-1])[::-1]


def test_a_proof_is_abandoned_at_the_box_limit():
    assert bernstein_payload(CYCLIC, CYCLIC_OPT * (1 - fmpq(1, 10**9)), max_boxes=5) is None


def test_four_rows_with_masks_are_proved_where_the_bound_is_positive():
    A = matrix([[3, 1, 0], [1, 2, 1], [0, 4, 2], [2, 0, 5]])
    instance = Instance(A, matrix([[1, 2, 1], [1, 1, 3], [2, 1, 1], [1, 1, 1]]), 1)
    payload = bernstein_payload(instance, fmpq(10))
    assert payload is not None
    assert len(payload["trees"]) == 4


def test_too_many_parameters_are_refused_with_the_limit():
    with pytest.raises(UnsupportedError, match="10 chart coordinates"):
        bernstein_payload(Instance(matrix([[1] * 8] * 8), matrix([[1] * 8] * 8), 4), fmpq(1))
    rng = random.Random(1)
    big = matrix([[rng.randint(1, 99) for _ in range(9)] for _ in range(8)])
    with pytest.raises(UnsupportedError, match="coefficients"):
        bernstein_payload(Instance(big, big, 1), fmpq(1))


@pytest.mark.slow
def test_three_hundred_columns_of_two_rows_are_proved():
    rng = random.Random(3)
    A = matrix([[rng.randint(-99, 99) for _ in range(300)] for _ in range(2)])
    W = matrix([[rng.randint(1, 10**4) for _ in range(300)] for _ in range(2)])
    instance = Instance.from_weights(A, W, 1)
    opt = solve_univariate(instance).opt_enclosure(200).mid().fmpq()
    assert bernstein_payload(instance, opt * (1 - fmpq(1, 10**9))) is not None
