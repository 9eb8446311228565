"""An algebraic number recognised from a narrow bracket: a guess of its minimal polynomial by lattice reduction.

For x in [lower, upper] and a degree d, integer vectors c span a lattice through

    c -> (c_0 w_0, ..., c_d w_d, B sum c_i x^i),   w_i about |x|^i,   B so large that the digits of x just suffice.

A lattice of that determinant has, for a random x, no vector much shorter than det^(1/(d+1)). The coefficients of a
polynomial with the root x are one when they have fewer digits, all together, than x has: the difference, in bits, is
what the guess has *to spare*, and a random x would pass with probability about 2^-spare.

Guarantee: the polynomial of a returned guess is irreducible and has exactly one root in the bracket, with a change of
sign there. That this root is the number that was meant is not proved: other numbers lie in the bracket too.

Source: [LLL1982], [KLL1988].
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq, fmpz, fmpz_mat, fmpz_poly

from wlra_exact.algebra.algebraic import RealAlgebraic, real_roots
from wlra_exact.algebra.exact import log2_of, power_of_two
from wlra_exact.errors import InputError

__all__ = ["AlgebraicGuess", "guess_algebraic"]

#: Bits that a guess must have to spare.
_SPARE = 64


@dataclass(frozen=True, eq=False)
class AlgebraicGuess:
    """A guess.

    Attributes:
        number: an irreducible polynomial, and the bracket as the interval that isolates its root.
        spare: bits that the bracket knows more than the polynomial needs.
    """

    number: RealAlgebraic
    spare: int


def guess_algebraic(lower: fmpq, upper: fmpq, max_degree: int = 40) -> AlgebraicGuess | None:
    """The algebraic number of least degree that a bracket tells apart from a random number.

    Args:
        lower: left end.
        upper: right end, at least ``lower``.
        max_degree: the largest degree to try.

    Returns:
        - the guess of the least degree that has ``spare`` of 64 bits or more;
        - None when there is none: the degree is larger, or the bracket too wide.

    Raises:
        InputError: for lower > upper, or a degree below 1.

    >>> from flint import arb, ctx
    >>> with ctx.workprec(300):
    ...     x = arb(2).sqrt().mid().fmpq()
    >>> guess_algebraic(x - fmpq(1, 2**250), x + fmpq(1, 2**250)).number.polynomial
    x^2 + (-2)
    """
    if lower > upper:
        raise InputError("bracket", "lower <= upper", f"{lower} > {upper}")
    if max_degree < 1:
        raise InputError("degree", "at least 1", str(max_degree))
    if lower == upper:
        return AlgebraicGuess(RealAlgebraic.rational(lower), 0)
    if lower <= 0 <= upper:
        return None
    for degree in range(1, max_degree + 1):
        found = _guess(lower, upper, degree)
        if found is not None:
            return found
    return None


def _guess(lower: fmpq, upper: fmpq, degree: int) -> AlgebraicGuess | None:
    x = (lower + upper) / 2
    size = log2_of(abs(x))
    # x^i is known relatively to i width / |x|.
    precision = log2_of(abs(x) / (upper - lower)) - degree.bit_length() - 2
    if precision < _SPARE:
        return None
    # All columns in units of 2^base, so that the weights are integers.
    base = min(0, size * degree)
    powers, power = [], fmpq(1)
    for _ in range(degree + 1):
        powers.append(power)
        power = power * x
    scale = power_of_two(precision - base)
    rows = []
    for i, value in enumerate(powers):
        row = [fmpz(0)] * (degree + 2)
        row[i] = fmpz(1) << (size * i - base)
        row[-1] = (value * scale + fmpq(1, 2)).floor()
        rows.append(row)
    shortest = min(fmpz_mat(rows).lll().tolist(), key=lambda row: max(map(abs, row)))
    coefficients = [c >> (size * i - base) for i, c in enumerate(shortest[:-1])]
    length = max(int(abs(c)).bit_length() for c in shortest) - 1
    volume = precision + sum(size * i - base for i in range(degree + 1))
    spare = volume - (degree + 1) * length
    return _checked(fmpz_poly(coefficients), lower, upper, spare) if spare >= _SPARE else None


def _checked(p: fmpz_poly, lower: fmpq, upper: fmpq, spare: int) -> AlgebraicGuess | None:
    for factor, _ in p.factor()[1]:
        if factor.degree() == 1 and lower <= (root := fmpq(-factor[0], factor[1])) <= upper:
            return AlgebraicGuess(RealAlgebraic.rational(root), spare)
        if factor(lower) * factor(upper) < 0:
            primitive = factor if factor.leading_coefficient() > 0 else -factor
            ends = RealAlgebraic.rational(lower), RealAlgebraic.rational(upper)
            if sum(ends[0] < root < ends[1] for root in real_roots(primitive)) != 1:
                return None
            return AlgebraicGuess(RealAlgebraic(primitive, lower, upper), spare)
    return None
