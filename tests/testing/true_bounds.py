"""Lower bounds that are theorems: no search may refute them. Proofs: docs/explanation/bounds.md.

Those of floats are computed in floating point, so they may exceed opt by rounding; the exact ones may not at all.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np


def least_weight_times_the_tail(A, omega, k):
    """min(omega) times the squared singular values of A beyond the k-th."""
    return omega.min() * np.sum(np.linalg.svd(A, compute_uv=False)[k:] ** 2)


def spectral_minorant(A, omega, k):
    """The tail of D_a^(1/2) A D_b^(1/2), where a b^T <= omega: a from the geometric means of the rows."""
    if omega.min() <= 0:
        return 0
    a = np.exp(np.mean(np.log(omega), axis=1))
    b = np.min(omega / a[:, None], axis=0)
    return np.sum(np.linalg.svd(np.sqrt(np.outer(a, b)) * A, compute_uv=False)[k:] ** 2)


def column_gains(A, omega, k):
    """All gains b_j |a_j|^2 but the k largest, b_j = min_i omega_ij, where the columns are orthogonal (exact)."""
    columns = list(zip(*A, strict=True))
    if any(
        sum(x * y for x, y in zip(columns[i], columns[j], strict=True)) for i in range(len(columns)) for j in range(i)
    ):
        return 0
    b = [min(column) for column in zip(*omega, strict=True)]
    gains = sorted(w * sum((x * x for x in column), Fraction(0)) for w, column in zip(b, columns, strict=True))
    return sum(gains[: max(0, len(gains) - k)], Fraction(0))


def largest_two_by_two(A, omega, k):
    """For rank one: the largest opt of a 2x2 part, bounded by its least weight and its smaller singular value."""
    m, n = A.shape
    if k > 1:
        return 0
    parts = [np.ix_((i, p), (j, q)) for i in range(m) for p in range(i) for j in range(n) for q in range(j)]
    return max((least_weight_times_the_tail(A[part], omega[part], 1) for part in parts), default=0)


#: Bound -> whether it wants Fractions.
TRUE_BOUNDS = {
    least_weight_times_the_tail: False,
    spectral_minorant: False,
    largest_two_by_two: False,
    column_gains: True,
}
