"""Inner products G2 of rows and G1 of columns, and the coordinates in which they are identities (proposals only).

To begin with they are diagonal, with g2 g1^T close to omega.

The geometric rank-one fit minimises sum (log omega_ij - log g2_i - log g1_j)^2 over the positive weights. The entries
are rounded to a few bits, so that they are short rationals in a certificate; they only have to be positive.

Guarantee: the fitted entries are positive floats with at most ``bits`` significant bits.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from flint import fmpq_mat

from wlra_exact.numeric.convert import Array, dyadic_number

__all__ = ["InnerProducts", "even_exponent", "few_bits", "fit_inner_products", "geometric_fit"]


@dataclass(frozen=True)
class InnerProducts:
    """Inner products of rows and of columns, x' = T x with T = C2^T (x) C1^T.

    Attributes:
        G2: (m, m) symmetric positive definite.
        G1: (n, n) symmetric positive definite.
    """

    G2: Array
    G1: Array

    @classmethod
    def fitted(cls, omega: Array) -> InnerProducts:
        """Diagonal, from the geometric rank-one fit of the weights."""
        g2, g1 = fit_inner_products(omega)
        return cls(np.diag(g2), np.diag(g1))

    @property
    def definite(self) -> bool:
        """Whether double precision sees that both are positive definite.

        >>> [InnerProducts(np.eye(1), G1).definite for G1 in (np.eye(2), np.ones((2, 2)) - np.eye(2))]
        [True, False]
        """
        try:
            return bool(np.isfinite(self.C2).all() and np.isfinite(self.C1).all())
        except np.linalg.LinAlgError:
            return False

    def exact(self) -> tuple[fmpq_mat, fmpq_mat]:
        """G2 and G1 as the rationals that they are.

        >>> InnerProducts(np.eye(1), np.array([[1.0, 0.5], [0.5, 2.0]])).exact()[1]
        [  1, 1/2]
        [1/2,   2]
        """
        return _exact(self.G2), _exact(self.G1)

    @cached_property
    def C2(self) -> Array:
        """(m, m) lower triangular, G2 = C2 C2^T."""
        return np.asarray(np.linalg.cholesky(self.G2))

    @cached_property
    def C1(self) -> Array:
        """(n, n) lower triangular, G1 = C1 C1^T."""
        return np.asarray(np.linalg.cholesky(self.G1))

    @cached_property
    def change(self) -> Array:
        """(mn, mn) T, so that x' = T x."""
        return np.asarray(np.kron(self.C2.T, self.C1.T), dtype=np.float64)

    @cached_property
    def inverse(self) -> Array:
        """(mn, mn) T^-1, so that x = T^-1 x'."""
        return np.asarray(np.kron(np.linalg.inv(self.C2.T), np.linalg.inv(self.C1.T)), dtype=np.float64)


def even_exponent(M: Array) -> int:
    """The even e for which 2^-e M has its largest entry in [1/2, 2); 0 for a zero matrix.

    Data and weights in such units have squares and products within the range of double precision; and as e is even, the
    units of the square roots are powers of two as well, so that nothing is rounded.

    >>> [even_exponent(np.array([[x, 0.0]])) for x in (0.5, -1.0, 2.0, 5e-324, 0.0)]
    [0, 0, 2, -1074, 0]
    """
    exponent = int(np.frexp(np.abs(M).max(initial=0))[1])
    return exponent - exponent % 2


def fit_inner_products(omega: Array) -> tuple[Array, Array]:
    """(g2, g1): positive weights for rows (m) and columns (n), ``geometric_fit`` rounded to few bits."""
    g2, g1 = geometric_fit(omega)
    return few_bits(g2), few_bits(g1)


def geometric_fit(omega: Array) -> tuple[Array, Array]:
    """(g2, g1): the geometric rank-one fit g2 g1^T of ``omega`` (m, n).

    >>> g2, g1 = geometric_fit(np.array([[1.0, 4.0], [0.0, 8.0]]))
    >>> np.outer(g2, g1).round(9)
    array([[1., 4.],
           [2., 8.]])
    """
    seen = omega > 0
    log = np.log(np.where(seen, omega, 1.0))
    rows, columns = np.zeros(omega.shape[0]), np.zeros(omega.shape[1])
    per_row, per_column = np.maximum(seen.sum(1), 1), np.maximum(seen.sum(0), 1)
    for _ in range(50):  # block coordinate descent of a least squares fit; exact after one round without zeros
        rows = ((log - columns) * seen).sum(1) / per_row
        columns = ((log - rows[:, None]) * seen).sum(0) / per_column
    return np.exp(rows), np.exp(columns)


def few_bits(x: Array, bits: int = 10) -> Array:
    """``x`` rounded to ``bits`` significant bits."""
    mantissa, exponent = np.frexp(x)
    return np.asarray(np.ldexp(np.round(np.ldexp(mantissa, bits)), exponent - bits))


def _exact(G: Array) -> fmpq_mat:
    """The dyadic rationals that the floats are."""
    return fmpq_mat([[dyadic_number(float(x), 53) for x in row] for row in G])
