"""Eigenvalues and singular values that come out of every finite matrix (proposals only).

LAPACK's divide and conquer is the fastest, and what NumPy calls; on harmless matrices with many equal eigenvalues it
sometimes ends with "did not converge", depending on the build and the number of threads. QR iteration then takes its
place: slower, and without that weakness.

Guarantee: none; floats prove nothing.

Source: [LAPACK1999], drivers ``syevd`` and ``syev``, ``gesdd`` and ``gesvd``.
"""

from __future__ import annotations

import numpy as np

from wlra_exact.numeric.convert import Array

__all__ = ["eigh", "svd"]


def eigh(S: Array) -> tuple[Array, Array]:
    """Eigenvalues, increasing, and orthonormal eigenvectors of a symmetric matrix.

    >>> eigh(np.diag([2.0, 1.0]))[0]
    array([1., 2.])
    """
    try:
        values, vectors = np.linalg.eigh(S)
    except np.linalg.LinAlgError:
        from scipy.linalg import eigh as by_driver  # noqa: PLC0415  # Reasoning: SciPy starts slowly, and is rarely needed.

        values, vectors = by_driver(S, driver="ev")
    return values, vectors


def svd(M: Array) -> tuple[Array, Array, Array]:
    """The thin singular value decomposition (left, values, right) of a matrix.

    >>> svd(np.array([[0.0, 3.0]]))[1]
    array([3.])
    """
    try:
        left, values, right = np.linalg.svd(M, full_matrices=False)
    except np.linalg.LinAlgError:
        from scipy.linalg import svd as by_driver  # noqa: PLC0415  # Reasoning: as above.

        left, values, right = by_driver(M, full_matrices=False, lapack_driver="gesvd")
    return left, values, right
