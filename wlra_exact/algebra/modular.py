"""Exact answers from images modulo word-size primes: Chinese remainders, rational reconstruction, a counted proof.

An integer whose absolute value is below the product of the primes that divide it is 0. So a candidate that agrees with
the truth modulo enough primes, "enough" coming from an a priori bound, *is* the truth; no probability enters.

Guarantee: ``primes`` yields primes; ``rational_reconstruction`` returns the only small fraction with the given residue
or None. What a fraction found this way proves is for the caller to say.

Source: von zur Gathen, Gerhard, Modern Computer Algebra, section 5.10.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from math import isqrt

from flint import fmpq, fmpq_poly, fmpz, fmpz_poly, nmod_poly

__all__ = ["Residues", "coefficients", "image_modulo", "inverse_modulo", "primes", "rational_reconstruction"]


def primes() -> Iterator[int]:
    """The primes below 2^63 from the largest down.

    >>> next(primes()) == 2**63 - 25
    True
    """
    n = (1 << 63) - 1
    while True:
        if fmpz(n).is_prime():
            yield n
        n -= 2


def image_modulo(f: fmpz_poly | fmpq_poly, p: int) -> nmod_poly | None:
    """The image of a polynomial modulo a prime; None when the prime divides its denominator.

    >>> image_modulo(fmpq_poly([1, fmpq(1, 2)]), 7), image_modulo(fmpq_poly([fmpq(1, 7)]), 7)
    (4*x + 1, None)
    """
    integral, denominator = (f, 1) if isinstance(f, fmpz_poly) else (f.numer(), int(f.denom() % p))
    if denominator == 0:
        return None
    return nmod_poly([int(c % p) for c in integral.coeffs()], p) * pow(denominator, -1, p)


def inverse_modulo(f: nmod_poly, S: nmod_poly) -> nmod_poly | None:
    """The inverse of f in F_p[x]/(S); None when f and S have a common factor.

    >>> x = nmod_poly([0, 1], 7)
    >>> inverse_modulo(x, x**2 - 1), inverse_modulo(x, x**2 - x)
    (x, None)
    """
    g, s, _ = (f % S).xgcd(S)
    return s * (1 / g[0]) if g.degree() == 0 else None


def coefficients(f: nmod_poly, n: int) -> list[int]:
    """The coefficients of x^0, ..., x^(n - 1) of a polynomial of degree below n.

    >>> coefficients(nmod_poly([3, 1], 7), 4)
    [3, 1, 0, 0]
    """
    found = [int(c) for c in f.coeffs()]
    return found + [0] * (n - len(found))


def rational_reconstruction(residue: int, modulus: int) -> fmpq | None:
    """The fraction p/q with p = residue q modulo the modulus and 2 p^2, 2 q^2 <= modulus; None when there is none.

    >>> rational_reconstruction(2 * pow(3, -1, 10007) % 10007, 10007)
    2/3
    """
    bound = isqrt(modulus // 2)
    r0, r1, t0, t1 = modulus, residue % modulus, 0, 1
    while r1 > bound:
        quotient = r0 // r1
        r0, r1, t0, t1 = r1, r0 - quotient * r1, t1, t0 - quotient * t1
    if t1 == 0 or abs(t1) > bound or fmpz(r1).gcd(fmpz(t1)) != 1:
        return None
    return fmpq(r1, t1)


@dataclass(frozen=True)
class Residues:
    """A vector of integers modulo ``modulus``."""

    modulus: int
    values: tuple[int, ...]

    def extended(self, prime: int, values: Sequence[int]) -> Residues:
        """The vector modulo ``modulus * prime`` that also has the given residues modulo the prime.

        >>> Residues(3, (2,)).extended(5, [3])
        Residues(modulus=15, values=(8,))
        """
        inverse = pow(self.modulus, -1, prime)
        lifted = (
            old + self.modulus * ((new - old) * inverse % prime) for old, new in zip(self.values, values, strict=True)
        )
        return Residues(self.modulus * prime, tuple(lifted))

    def fractions(self) -> list[fmpq] | None:
        """The vector of small fractions with these residues; None when some entry has none.

        The common denominator found so far is tried first, which keeps later entries within reach.
        """
        common = 1
        found = []
        for value in self.values:
            fraction = rational_reconstruction(value * common % self.modulus, self.modulus)
            if fraction is None:
                return None
            found.append(fraction / common)
            common *= int(fraction.q)
        return found
