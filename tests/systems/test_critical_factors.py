"""The critical equations in both factors: polynomials, gradient and Hessian say the same."""

from __future__ import annotations

import random

import pytest
from flint import acb, fmpq, fmpq_mat

from wlra_exact.algebra.exact import matrix
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.critical_factors import factor_system

SHAPES = [(2, 3, 1), (3, 3, 2), (4, 4, 2), (4, 5, 2), (5, 5, 3)]


def system_of(seed: int, m: int, n: int, k: int, A: fmpq_mat | None = None):
    rng = random.Random(seed)
    omega = matrix([[rng.randint(1, 9) for _ in range(n)] for _ in range(m)])
    values = matrix([[rng.randint(-9, 9) for _ in range(n)] for _ in range(m)])
    chart = matrix([[rng.randint(-2, 2) for _ in range(m - k)] for _ in range(k)])
    return factor_system(Instance(values if A is None else A, omega, k), chart)


@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_the_gradient_and_the_hessian_are_those_of_the_polynomials(m, n, k):
    system = system_of(5, m, n, k)
    polynomials = [c.polynomial for c in system.polynomials().constraints]
    rng, size = random.Random(3), k * (m - k) + k * n
    x = [fmpq(rng.randint(-9, 9)) for _ in range(size)]
    at = [acb(y) for y in x]
    # integers of a few digits: the balls are exact
    assert [z.real.fmpq() for z in system.gradient(at)] == [p(*x) for p in polynomials]
    H = system.hessian(at).real
    names = system.polynomials().variables
    assert [H[i, j].fmpq() for i in range(size) for j in range(size)] == [
        p.derivative(name)(*x) for p in polynomials for name in names
    ]


@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_the_gradient_is_half_the_derivative_of_the_cost(m, n, k):
    system = system_of(6, m, n, k)
    rng = random.Random(4)
    x = [fmpq(rng.randint(-3, 3)) for _ in range(k * (m - k) + k * n)]
    gradient = [z.real.fmpq() for z in system.gradient([acb(y) for y in x])]

    def cost(x: list[fmpq]) -> fmpq:
        U, V = system.factors([acb(y) for y in x])
        X = [z.real.fmpq() for z in (U * V).entries()]
        terms = zip(system.omega.entries(), system.A.entries(), X, strict=True)
        return sum((w * (a - y) ** 2 for w, a, y in terms), fmpq(0))

    for i, g in enumerate(gradient):
        # the cost is a polynomial of degree 2 in each entry of T and of V: the central difference is the derivative
        up, down = ([y + d if j == i else y for j, y in enumerate(x)] for d in (1, -1))
        assert (cost(up) - cost(down)) / 2 == 2 * g


@pytest.mark.parametrize(("m", "n", "k"), SHAPES)
def test_an_exact_fit_is_a_solution_of_value_zero(m, n, k):
    rng = random.Random(m + n)
    x = [fmpq(rng.randint(1, 5)) for _ in range(k * (m - k) + k * n)]
    U, V = system_of(7, m, n, k).factors([acb(y) for y in x])
    A = fmpq_mat(m, n, [z.real.fmpq() for z in (U * V).entries()])
    system = system_of(7, m, n, k, A)
    assert all(c.polynomial(*x) == 0 for c in system.polynomials().constraints)
    assert system.value([acb(y) for y in x]).fmpq() == 0


def test_a_lower_rank_is_not_called_rank_k():
    system = system_of(8, 4, 4, 2)
    T = [acb(1)] * 4
    assert system.has_rank(T + [acb(y) for y in (1, 0, 0, 0, 0, 1, 0, 0)])
    assert not system.has_rank(T + [acb(y) for y in (1, 2, 3, 4, 2, 4, 6, 8)])
