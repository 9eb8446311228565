"""Factors of one's own beside a certified bracket: how far from the global optimum is what a heuristic found?

Let c = cost(U V). Then opt <= c, and with a bracket lower <= opt <= upper

    c / min(c, upper)  <=  c / opt  <=  c / lower            (where lower > 0).

The factors *reach* opt, up to a relative tolerance t, when

    YES      c - lower <= t c
    NO       c - upper >  t c
    UNKNOWN  otherwise: the bracket is wider than the tolerance

Where lower = 0 no c > 0 is relatively close to it, and opt may be an infimum that nothing attains. If the bracket shows
that opt is next to 0, upper <= t ||W o A||_F^2, then YES means that c is so too, and NO that it is not.

Guarantee: c is the exact cost of the given numbers, floats taken as the dyadic rationals they are, and the comparisons
are exact. The bracket is that of a certificate, which is read and not checked here.
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import fmpq

from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal
from wlra_exact.algebra.exact import canonical
from wlra_exact.certificate import Certificate
from wlra_exact.errors import Decision, InputError, UnsupportedError
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.labels import refuse_other_labels
from wlra_exact.problem.table import Table
from wlra_exact.search.parameters import setting

__all__ = ["Comparison", "compare", "factor_table", "reaches", "relative_tolerance"]


@dataclass(frozen=True)
class Comparison:
    """The cost of a factor pair and a bracket of opt.

    Attributes:
        cost: of U V, exactly.
        lower: opt >= lower, by the certificate.
        upper: opt <= upper, by the certificate.
        norm: ||W o A||_F^2, the cost of X = 0.
    """

    cost: fmpq
    lower: fmpq
    upper: fmpq
    norm: fmpq

    @property
    def least_ratio(self) -> fmpq | None:
        """The factors cost at least so many times opt; None where no matrix is known that costs more than 0."""
        known = min(self.cost, self.upper)
        return self.cost / known if known != 0 else None

    @property
    def largest_ratio(self) -> fmpq | None:
        """The factors cost at most so many times opt; None where lower is 0 and the cost is not."""
        if self.lower > 0:
            return self.cost / self.lower
        return fmpq(1) if self.cost == 0 else None

    def reached(self, tolerance: object = "1e-5") -> Decision:
        """Whether the cost is opt, up to a relative tolerance.

        Raises:
            InputError: for a tolerance outside [0, 1).
        """
        return reaches(self.cost, self.lower, self.upper, self.norm, relative_tolerance(tolerance))

    def __repr__(self) -> str:
        least = "?" if self.least_ratio is None else floor_decimal(self.least_ratio, 6)
        largest = "?" if self.largest_ratio is None else ceil_decimal(self.largest_ratio, 6)
        return f"Comparison(cost={ceil_decimal(self.cost, 12)}, {least} to {largest} times opt)"


def compare(certificate: Certificate, U: object, V: object) -> Comparison:
    """How far the product U V is from the optimum that a certificate brackets.

    Args:
        certificate: of the problem, such as ``solve(...).certificate`` or what ``load_certificate`` reads.
        U: (m, k) array or lists of rows, as ``solve`` takes them; every number is taken exactly.
        V: (k, n), likewise.

    Raises:
        InputError: for factors of another shape, with missing entries, or with other labels than the certificate's
            table where both have them.
        UnsupportedError: for the certificate of a file with patterns, whose entries it does not hold.

    >>> from wlra_exact.search.solve import solve
    >>> found = solve([[2, 0], [0, 1]], rank=1)
    >>> compare(found.certificate, [[1], [0]], [["1.5", 0]])
    Comparison(cost=1.25000000000, 1.25000 to 1.25001 times opt)
    >>> compare(found.certificate, found.U, found.V).reached().value
    'yes'
    """
    if not isinstance(certificate, Certificate):
        raise InputError(
            "certificate", "a Certificate; wlra_exact.load_certificate reads one", type(certificate).__name__
        )
    if certificate.subject is not None:
        raise UnsupportedError("factors are compared with certificates that hold every entry; this one names patterns")
    instance, claim = certificate.instance, certificate.claim
    (m, n), k = instance.shape, instance.k
    left, right = factor_table(U, "U", (m, k)), factor_table(V, "V", (k, n))
    rows, columns = certificate.labels()
    refuse_other_labels(rows, left.row_labels, name="U", axis="row", owner="the certificate's table")
    refuse_other_labels(columns, right.column_labels, name="V", axis="column", owner="the certificate's table")
    return Comparison(instance.cost(left.A, right.A), claim.lower, claim.upper, instance.norm())


def reaches(cost: fmpq, lower: fmpq, upper: fmpq, norm: fmpq, tolerance: fmpq) -> Decision:
    """Whether a cost is opt up to a relative tolerance, by the rule of this module.

    Args:
        cost: of some matrix.
        lower: opt >= lower.
        upper: opt <= upper.
        norm: the cost of X = 0.
        tolerance: in [0, 1).
    """
    if lower == 0 and upper <= tolerance * norm:
        return Decision.YES if cost <= tolerance * norm else Decision.NO
    if cost - lower <= tolerance * cost:
        return Decision.YES
    return Decision.NO if cost - upper > tolerance * cost else Decision.UNKNOWN


def relative_tolerance(value: object) -> fmpq:
    """The tolerance that an argument is.

    Raises:
        InputError: for anything but a rational in [0, 1).
    """
    try:
        number = setting(value)
    except (TypeError, ValueError) as error:
        raise InputError("tolerance", "a rational of at least 0 and below 1, such as 1e-5", repr(value)) from error
    if not 0 <= number < 1:
        raise InputError("tolerance", "a rational of at least 0 and below 1", canonical(number))
    return number


def factor_table(given: object, name: str, shape: tuple[int, int]) -> Table:
    """A factor of one's own as an exact table.

    Args:
        given: whatever ``solve`` takes for a table; every number is taken exactly.
        name: "U" or "V".
        shape: (m, k) or (k, n).

    Raises:
        InputError: for another shape, or a missing entry.

    >>> factor_table([[0.5], ["0.1"]], "U", (2, 1)).A
    [ 1/2]
    [1/10]
    """
    table = table_from(given, name=name)
    if table.shape != shape:
        found = f"{table.shape[0]}x{table.shape[1]}" + (" (transposed)" if table.shape == shape[::-1] else "")
        raise InputError(name, f"a matrix of shape {shape[0]}x{shape[1]}", found)
    for i, row in enumerate(table.observed, start=1):
        if not all(row):
            raise InputError(f"{name}, row {i}, column {row.index(False) + 1}", "a number", "a missing entry")
    return table
