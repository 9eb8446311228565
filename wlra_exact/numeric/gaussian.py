"""Gaussian samples, rounded to dyadic rationals: the randomness of the sketches.

``propose_gaussian`` draws N(0, 1/t) in binary64 and rounds to the nearest multiple of 2^-bits, once.

Guarantee: what leaves this module are integers, the same for the same seed; everything computed from them is exact. The
law is Gaussian only up to the rounding and the generator: a statement "with high probability" that rests on it is about
an ideal sample, and no certificate uses it.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from wlra_exact.errors import InputError

__all__ = ["propose_gaussian"]

#: |N(0, 1)| stays far below 2^6 in binary64, so numerators fit in 63 bits with room to add 2^20 of them.
MAX_BITS = 36


def propose_gaussian(
    rows: int, columns: int, *, inverse_variance: int, seed: int, bits: int = 30
) -> tuple[NDArray[np.int64], int]:
    """Independent N(0, 1/t) samples as dyadic rationals ``numerators * 2^-bits``.

    Args:
        rows: number of rows, at least 1.
        columns: number of columns, at least 1.
        inverse_variance: t, at least 1.
        seed: a non-negative integer; the same seed gives the same samples.
        bits: binary digits after the point, 1 to 36.

    Returns:
        The (rows, columns) integer numerators, and ``bits``.

    Raises:
        InputError: for arguments out of range.

    >>> numerators, bits = propose_gaussian(2, 3, inverse_variance=3, seed=0, bits=10)
    >>> numerators.shape, numerators.dtype.name, bits
    ((2, 3), 'int64', 10)
    """
    if min(rows, columns, inverse_variance) < 1 or not 1 <= bits <= MAX_BITS or seed < 0:
        got = f"{rows}, {columns}, {inverse_variance}, {bits}, {seed}"
        raise InputError("gaussian", f"sizes of at least 1, bits in 1..{MAX_BITS}, seed of at least 0", got)
    samples = np.random.default_rng(seed).standard_normal((rows, columns))
    scaled = samples * (2.0**bits / np.sqrt(inverse_variance))
    return np.rint(scaled).astype(np.int64), bits
