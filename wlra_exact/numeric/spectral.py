"""Proposals for the rule `spectral`: a threshold t between two eigenvalues and a matrix Z that lifts the lower ones.

With S = D_a^(1/2) N D_a^(1/2) and its eigenvalues in increasing order, t lies between the (m-k)-th and the next, and
D_a^(1/2) Z D_a^(1/2) = (t I - S)_+ plus a slack that gives the exact proofs an interior.

At higher precision the positive part comes from the matrix sign E of T - t I, T = D_a N, by Newton's iteration
E -> (E + E^-1)/2: then (t I - S)_+ is similar to (t I - T)(I - E)/2, and no eigenvector is computed.

Guarantee: none; ``deciders.spectral`` checks every candidate exactly.

Source: [Higham2008], chapter 5 (the matrix sign function).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from flint import arb, arb_mat, ctx, fmpq, fmpq_mat, fmpz_mat

from wlra_exact.algebra.exact import log2_of
from wlra_exact.algebra.psd import diagonal
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.balls import ball_matrix, dyadic_ball, top_exponent
from wlra_exact.numeric.convert import approx_array, approx_number, dyadic_number
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.numeric.scaling import fit_inner_products

__all__ = ["propose_lifts", "propose_row_weights", "propose_sharp_lift"]

_SLACKS = tuple(10.0**-e for e in range(12, 1, -1))
_GRID_BITS = 52

#: Eigenvalues on both sides of t that are closer than this, relative to the largest, count as equal.
_SEPARATE = 1e-11

_SIGN_STEPS = 60


def propose_row_weights(omega: fmpq_mat) -> list[fmpq]:
    """Positive a such that some a b^T is close to the positive weights ``omega`` (m, n)."""
    g2, _ = fit_inner_products(approx_array(omega))
    return [dyadic_number(float(g), 53) for g in g2]


def propose_lifts(N: fmpq_mat, a: Sequence[fmpq], k: int) -> Iterator[tuple[fmpq, Dyadic]]:
    """Pairs (t, Z) for N = A D_b A^T, the least slack first; nothing when the bound is not positive.

    Args:
        N: (m, m) symmetric, positive semidefinite.
        a: m positive row weights.
        k: rank, below m.
    """
    root = np.sqrt(np.array([approx_number(x) for x in a]))
    m = root.size
    values, vectors = np.linalg.eigh(approx_array(N) * np.outer(root, root))
    count = m - k
    total = float(values[:count].sum())
    if total <= 0:
        return
    # Any t between the two neighbouring eigenvalues gives the same bound; a moderate one loses fewer digits.
    t = values[count - 1] + min((values[count] - values[count - 1]) / 2, values[count - 1] + total / count)
    for slack in _SLACKS:
        lifted = np.maximum(t - values, 0.0) + slack * total / m
        Z = (vectors * lifted) @ vectors.T / np.outer(root, root)
        exponent = int(np.floor(np.log2(np.diag(Z).min()))) - _GRID_BITS
        yield dyadic_number(float(t), 53), Dyadic.of((Z + Z.T) / 2, exponent)


def propose_sharp_lift(N: fmpq_mat, a: Sequence[fmpq], k: int, slack: fmpq, bits: int) -> tuple[fmpq, Dyadic]:
    """(t, Z) whose bound is at most ``slack`` below the sum of the m - k least eigenvalues.

    Args:
        N: (m, m) symmetric, positive semidefinite.
        a: m positive row weights.
        k: rank, below m.
        slack: positive.
        bits: working precision; 2^-bits is small beside slack over the largest eigenvalue.

    Raises:
        DegenerateError: when the eigenvalues number m - k and m - k + 1 agree.
    """
    root = np.sqrt(np.array([approx_number(x) for x in a]))
    m = root.size
    values = np.linalg.eigvalsh(approx_array(N) * np.outer(root, root))
    low, high = float(values[m - k - 1]), float(values[m - k])
    if high - low <= _SEPARATE * float(values[-1]):
        raise DegenerateError("two eigenvalues agree where the rank cuts them off, so the best matrix is not unique")
    t = dyadic_number((low + high) / 2, 53)
    lift = slack / (2 * m)
    with ctx.workprec(bits):
        T = ball_matrix(diagonal(list(a)) * N)
        shift = ball_matrix(diagonal([t] * m))
        E = _sign(T - shift)
        unit = ball_matrix(diagonal([fmpq(1)] * m))
        inverse = ball_matrix(diagonal([1 / x for x in a]))
        Z = inverse * ((shift - T) * (unit - E) / 2 + ball_matrix(diagonal([lift] * m)))
        exponent = log2_of(lift / max(a)) - m.bit_length() - 4
        rows = Z.mid().tolist()
        integers = fmpz_mat(
            [[dyadic_ball((rows[i][j] + rows[j][i]) / 2, exponent) for j in range(m)] for i in range(m)]
        )
    return t, Dyadic(integers, exponent)


def _sign(E: arb_mat) -> arb_mat:
    """The matrix sign of a matrix with real eigenvalues, none of them 0."""
    before = None
    for _ in range(_SIGN_STEPS):
        inverse = E.inv().mid()
        # Scaling by powers of two brings the eigenvalues near +-1 in a few steps.
        scale = (top_exponent(inverse.entries()) - top_exponent(E.entries())) // 2
        step = (E * arb(2) ** scale + inverse * arb(2) ** -scale).mid() / 2
        moved = top_exponent((step - E).entries())
        if scale == 0 and moved < -ctx.prec // 2 and before is not None:
            return step.mid()
        E, before = step.mid(), moved
    raise DegenerateError("the eigenvalues are too close where the rank cuts them off")
