"""Proposals for the rule `spectral`: a threshold t between two eigenvalues and a matrix Z that lifts the lower ones.

With S = D_a^(1/2) N D_a^(1/2) and its eigenvalues in increasing order, t lies between the (m-k)-th and the next, and
D_a^(1/2) Z D_a^(1/2) = (t I - S)_+ plus a slack that gives the exact proofs an interior.

Guarantee: none; ``deciders.spectral`` checks every candidate exactly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from flint import fmpq, fmpq_mat

from wlra_exact.numeric.convert import approx_array, approx_number, dyadic_number
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.numeric.scaling import fit_inner_products

__all__ = ["propose_lifts", "propose_row_weights"]

_SLACKS = tuple(10.0**-e for e in range(12, 1, -1))
_GRID_BITS = 52


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
