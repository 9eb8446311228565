"""What the deciders' tests share: instances, what the verifier draws from a proof, and costs found another way."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from wlra_exact import verify
from wlra_exact.algebra.exact import matrix
from wlra_exact.numeric.convert import approx_array
from wlra_exact.problem.instance import Instance


def random_instance(rng, m, n, k, weights=(1, 5)):
    """Data from -9 to 9, weights between the given ends."""
    A, omega = ([[rng.randint(low, high) for _ in range(n)] for _ in range(m)] for low, high in ((-9, 9), weights))
    return Instance(matrix(A), matrix(omega), k)


def rational(x):
    """The number as the verifier has it."""
    return Fraction(int(x.p), int(x.q))


def statement(instance, rule, payload):
    """What the verifier draws from the payload of a rule about the instance."""
    A, omega = ([[rational(x) for x in row] for row in M.tolist()] for M in (instance.A, instance.omega))
    read = verify.READERS[rule](payload)
    return verify.RULES[rule]([verify.Problem(A, omega, instance.k)], read)


def fitted(A, omega, U):
    """(n, k): the best coefficients of every column."""
    columns = zip(A.T, omega.T, strict=True)
    return np.stack([np.linalg.lstsq(w[:, None] ** 0.5 * U, w**0.5 * a, rcond=None)[0] for a, w in columns])


def least_cost(instance, seed=5, starts=10, sweeps=200):
    """A cost found by alternating least squares: at least opt."""
    A, omega = approx_array(instance.A), approx_array(instance.omega)
    rng, best = np.random.default_rng(seed), np.inf
    for _ in range(starts):
        U = rng.normal(size=(A.shape[0], instance.k))
        for _ in range(sweeps):
            V = fitted(A, omega, U)
            U = fitted(A.T, omega.T, V)
        best = min(best, float((omega * (A - U @ V.T) ** 2).sum()))
    return best
