"""Tight multipliers: singular components are orthogonal, and a wrong point or a wrong proof gives no proof."""

from __future__ import annotations

import random
from itertools import combinations

import numpy as np
import pytest
from flint import arb, arb_mat, ctx, fmpq, fmpz

from wlra_exact.algebra.exact import matrix
from wlra_exact.algebra.psd import diagonal
from wlra_exact.deciders.orthogonal import prove_bound, prove_sharp
from wlra_exact.numeric.ascent import propose_bound
from wlra_exact.numeric.convert import approx_array
from wlra_exact.numeric.descent import propose_factors
from wlra_exact.numeric.newton import propose_critical_point
from wlra_exact.numeric.sharp import matrix_bits, singular_components
from wlra_exact.problem.instance import Instance

TINY = fmpq(1, fmpz(10) ** 80)


def problem(seed, m, n, k):
    rng = random.Random(seed)
    A, omega = ([[rng.randint(*ends) for _ in range(n)] for _ in range(m)] for ends in ((-9, 9), (1, 5)))
    return Instance(matrix(A), matrix(omega), k)


def tight(instance):
    """Stationary values, the best first, and a tight proof in double precision."""
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    found = propose_factors(A, omega, instance.k)
    return found, prove_bound(instance, propose_bound(A, omega, instance.k, found[0].cost, target=1e-9))


def test_components_are_orthogonal_in_both_inner_products_and_add_up():
    instance = problem(3, 4, 5, 3)
    point = propose_critical_point(instance, tight(instance)[0][0].U, 300)
    exact1, exact2 = diagonal([fmpq(x, 3) for x in (4, 5, 6, 7, 8)]), diagonal([fmpq(x, 7) for x in (5, 3, 4, 6)])
    exact1[0, 1] = exact1[1, 0] = exact2[2, 3] = exact2[3, 2] = fmpq(1, 3)
    parts = singular_components(point, exact1, exact2)
    with ctx.workprec(300):
        tiny = arb(2) ** -250
        G1, G2 = arb_mat(exact1), arb_mat(exact2)
        for X, Y in combinations(parts, 2):
            entries = (X.transpose() * G2 * Y).entries() + (X * G1 * Y.transpose()).entries()
            assert all(abs(x) < tiny for x in entries)
        total = parts[0] + parts[1] + parts[2] - point.product()
        assert all(abs(x) < tiny for x in total.entries())


@pytest.mark.parametrize("k", [1, 2])
def test_a_tight_proof_becomes_one_with_eighty_digits(k):
    instance = problem(4, 3, 4, k)
    found, proof = tight(instance)
    point = propose_critical_point(instance, found[0].U, matrix_bits(instance, TINY))
    sharp = prove_sharp(instance, [point], proof, TINY)
    assert sharp.rule == ("minors" if k == 1 else "orthogonal")
    assert -TINY <= sharp.bound - point.cost(instance).fmpq() < 0


def test_another_critical_point_gives_no_proof():
    """A local minimum that is not global: nothing proves its cost."""
    instance = Instance(matrix([[1, "1.1"], [1, -1]]), matrix([[10, 1], [1, 10]]), 1)
    _, proof = tight(instance)
    # The other local minimum costs 3.1347.
    point = propose_critical_point(instance, np.array([[0.58], [1.0]]), matrix_bits(instance, TINY))
    assert point.cost(instance).fmpq() > proof.bound * fmpq(101, 100)
    assert prove_sharp(instance, [point], proof, TINY) is None
