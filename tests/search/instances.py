"""Small instances of the search's tests."""

from __future__ import annotations

from fractions import Fraction

from wlra_exact import verify
from wlra_exact.algebra.exact import matrix
from wlra_exact.problem.instance import Instance


def instance(A, omega, k):
    return Instance(matrix(A), matrix(omega), k)


#: Several global minimisers: no relaxation at the root is tight. opt = 43556.71549901655...
SYMMETRIC = instance([[-59, 11, 59], [11, 59, -59], [59, -59, 11]], [[9, 6, 1], [6, 1, 9], [1, 9, 6]], 1)

#: A missing entry and rank 2. opt = 16.5699...
MISSING = instance(
    [[3, -4, 1, 2], [1, 0, -2, 5], [-5, 1, 4, 1], [2, 3, 1, -4]],
    [[1, 1, 2, 1], [1, 0, 2, 1], [2, 1, 1, 1], [1, 1, 1, 3]],
    2,
)

#: opt = 0, not attained.
NOT_ATTAINED = instance([[0, 1], [1, 0]], [[0, 1], [1, 1]], 1)


def rational(x):
    """A number of FLINT as a fraction."""
    return Fraction(int(x.p), int(x.q))


def checked(certificate):
    """The bracket that the verifier confirms."""
    result = verify.verify_text(certificate.to_json())
    assert result.verdict == "valid", result.reason
    assert (result.lower, result.upper) == (rational(certificate.claim.lower), rational(certificate.claim.upper))
    return result.lower, result.upper
