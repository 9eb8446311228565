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

from flint import fmpq, fmpz

__all__ = ["Residues", "primes", "rational_reconstruction"]


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
