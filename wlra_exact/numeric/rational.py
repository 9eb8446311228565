"""Rational multipliers from floating-point ones, with growing slack (proposals only).

Three moves give a proposal the interior that exact proofs need: the multipliers are mixed with zero ones (M gains an
interior where omega > 0), B is tilted by a multiple of G2 (x) G1 (part of that interior goes to K), and the threshold
is lowered below what the resulting multipliers prove. Then everything is rounded to a dyadic grid far finer than the
interior.

Guarantee: none; ``deciders.orthogonal`` checks every candidate exactly.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat

from wlra_exact.algebra.exact import power_of_two
from wlra_exact.numeric.convert import Array, approx_array, dyadic_integers, dyadic_number
from wlra_exact.numeric.orthogonal import Multipliers
from wlra_exact.problem.instance import Instance

__all__ = ["Dyadic", "RationalMultipliers", "RegionTerms", "propose_rational"]

_GRID_BITS = 50

#: Multipliers of products of half-spaces range over the square of the data's size.
_PRODUCT_BITS = 70

_SLACKS = tuple(10.0**-e for e in range(9, 1, -1))


@dataclass(frozen=True)
class Dyadic:
    """The matrix integers * 2^exponent."""

    integers: fmpz_mat
    exponent: int

    @property
    def unit(self) -> fmpq:
        """2^exponent."""
        return power_of_two(self.exponent)

    @classmethod
    def of(cls, A: Array, exponent: int) -> Dyadic:
        """The nearest multiples of 2^exponent."""
        return cls(dyadic_integers(A, exponent), exponent)


@dataclass(frozen=True)
class RationalMultipliers:
    """Multipliers of the rules `minors` and `orthogonal` in the original coordinates.

    Attributes:
        threshold: the bound to prove.
        G1: (n, n) positive definite.
        G2: (m, m) positive definite.
        minors: (C(m, 2), C(n, 2)) multipliers of the 2 x 2 minors.
        Y1: (n, n) symmetric.
        Y2: (m, m) symmetric.
        products: (h, h + 1) multipliers of a region's half-spaces, see ``RegionTerms``; None on the whole space.
    """

    threshold: fmpq
    G1: fmpq_mat
    G2: fmpq_mat
    minors: Dyadic
    Y1: Dyadic
    Y2: Dyadic
    products: Dyadic | None = None


@dataclass(frozen=True)
class RegionTerms:
    """A region's part in a proposal.

    Attributes:
        rows: (h, 1 + mn) the l_a with l_a [1; x] >= 0 on the region.
        products: (h, h + 1) multipliers p_ab >= 0 of l_a l_b, that of l_a itself first; zero from b = a on.
    """

    rows: Array
    products: Array

    def form(self) -> Array:
        """The (1 + mn, 1 + mn) matrix T = sum p_ab (l_a l_b^T + l_b l_a^T) / 2."""
        unit = np.zeros((1, self.rows.shape[1]))
        unit[0, 0] = 1.0
        half: Array = self.rows.T @ (self.products @ np.concatenate([unit, self.rows]))
        return (half + half.T) / 2


def propose_rational(
    instance: Instance, proposal: Multipliers, terms: RegionTerms | None = None, enough: fmpq | None = None
) -> Iterator[RationalMultipliers]:
    """Rational candidates with positive thresholds, the least slack first.

    Args:
        instance: the problem.
        proposal: multipliers in scaled coordinates.
        terms: those of a region's half-spaces.
        enough: a threshold that need not be exceeded.
    """
    m, n = instance.shape
    k = instance.k
    share = 1 - 1 / k
    change, back = proposal.inner.change, proposal.inner.inverse
    A, omega = approx_array(instance.A).ravel(), approx_array(instance.omega).ravel()
    a, w = (omega * A) @ back, (back.T * omega) @ back  # linear and quadratic coefficients in scaled coordinates
    seen = omega > 0
    if not seen.any():
        return
    corner = float(np.sum(omega * A * A))
    B = np.kron(np.eye(m), proposal.Y1) + np.kron(proposal.Y2, np.eye(n)) if k > 1 else np.zeros_like(proposal.L)
    T = np.zeros((A.size + 1, A.size + 1))
    if terms is not None:
        T = terms.form()
        T[1:] = back.T @ T[1:]
        T[:, 1:] = T[:, 1:] @ back
    quadratic = w + proposal.L / k + share * B - T[1:, 1:]
    grid = int(np.floor(np.log2(np.abs(quadratic).max()))) - _GRID_BITS
    size = float(np.sum((change @ A) ** 2)) + 1e-300
    inside = np.ix_(seen, seen)
    least = float(np.linalg.eigvalsh(w[inside])[0])
    for slack in _SLACKS:
        mixed = 0.25 * slack
        tilt = min(0.25 * slack * abs(proposal.value) / size, 0.5 * mixed * least) / share if k > 1 else 0.0
        lowered = (1 - mixed) * quadratic + mixed * w - share * tilt * np.eye(A.size)
        linear = a + (1 - mixed) * T[0, 1:]
        try:
            half = np.linalg.solve(np.linalg.cholesky(lowered[inside]), linear[seen])
        except np.linalg.LinAlgError:
            continue
        value = corner - (1 - mixed) * T[0, 0] - float(half @ half)
        threshold = dyadic_number(value - 0.5 * slack * abs(value) - 1e-14 * corner, 53)
        if enough is not None:
            threshold = min(threshold, enough)
        if threshold > 0:
            products = None if terms is None else _rounded_products(terms.products * (1 - mixed))
            yield _rounded(proposal, threshold, 1 - mixed, tilt, grid, (m, n), products)


def _rounded_products(products: Array) -> Dyadic:
    top = float(products.max(initial=0.0))
    return Dyadic.of(np.maximum(products, 0.0), int(np.frexp(top)[1]) - _PRODUCT_BITS if top > 0 else 0)


def _rounded(
    proposal: Multipliers,
    threshold: fmpq,
    kept: float,
    tilt: float,
    grid: int,
    shape: tuple[int, int],
    products: Dyadic | None,
) -> RationalMultipliers:
    m, n = shape
    inner = proposal.inner
    low1, low2 = (int(np.floor(np.log2(np.linalg.eigvalsh(G)[0]))) for G in (inner.G1, inner.G2))
    # x' = T x: L = T^T L' T, Y1 = C1 Y1' C1^T, Y2 = C2 Y2' C2^T.
    L = (kept * inner.change.T @ proposal.L @ inner.change).reshape(m, n, m, n)
    i, i2 = np.triu_indices(m, 1)
    j, j2 = np.triu_indices(n, 1)
    minors = L[i[:, None], j[None, :], i2[:, None], j2[None, :]]
    Y1 = inner.C1 @ (kept * proposal.Y1 - tilt * np.eye(n)) @ inner.C1.T
    Y2 = inner.C2 @ (kept * proposal.Y2) @ inner.C2.T
    G2, G1 = inner.exact()
    return RationalMultipliers(
        threshold,
        G1,
        G2,
        Dyadic.of(minors, grid + low1 + low2),
        Dyadic.of((Y1 + Y1.T) / 2, grid + low1),
        Dyadic.of((Y2 + Y2.T) / 2, grid + low2),
        products,
    )
