"""``wlra-exact show --algebraic``: the polynomial behind the digits of a certificate.

Guarantee: the polynomial has exactly one root in the certificate's bracket. Only where the critical points of the
instance are computed as well, and opt among them is that root, the text says "proved".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wlra_exact.algebra.algebraic import RealAlgebraic
    from wlra_exact.certificate import Certificate
    from wlra_exact.problem.instance import Instance

__all__ = ["algebraic_lines"]

#: The largest degree to try where the number of critical points is not known, or larger.
_MAX_DEGREE = 40

#: Larger tables of rank one have more critical points than that.
_MAX_CELLS = 24


def algebraic_lines(certificate: Certificate, degree: int | None) -> list[str]:
    """What the digits of the claim say about opt as an algebraic number.

    Args:
        certificate: as it was loaded.
        degree: the largest degree to try, or None for the number of critical points.
    """
    from wlra_exact.algebra.guess import guess_algebraic
    from wlra_exact.cli.summary import field

    claim = certificate.claim
    top = _suggested_degree(certificate.instance) if degree is None else degree
    found = guess_algebraic(claim.lower, claim.upper, top)
    if found is None:
        text = (
            f"no polynomial of degree {top} or less is told apart by these digits: ask for a smaller gap, or --degree"
        )
        return [field("algebraic", text)]
    number = found.number
    return [
        field("algebraic", f"opt is a root of {number.polynomial}"),
        field("", f"degree {number.polynomial.degree()}, recognised with {found.spare} bits to spare"),
        field("", _standing(certificate.instance, number)),
    ]


def _suggested_degree(instance: Instance) -> int:
    """The number of critical points where it bounds the degree of opt, 40 elsewhere."""
    from wlra_exact.algebra.generic_count import generic_count

    m, n = instance.shape
    if instance.k != 1 or m * n > _MAX_CELLS:
        return _MAX_DEGREE
    return min(generic_count(m, n, 1), _MAX_DEGREE)


def _standing(instance: Instance, number: RealAlgebraic) -> str:
    from wlra_exact.deciders.critical import critical_points

    if min(instance.shape) != 2 or instance.k != 1:
        return "not proved: other numbers lie in the bracket too (for small tables `wlra-exact critical` proves it)"
    opt = critical_points(instance).opt
    if opt is None:
        return "not proved: the critical points do not decide opt"
    return "proved: it is the least critical value" if opt == number else "wrong: the least critical value is another"
