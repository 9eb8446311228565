"""One parameter: opt of two-row instances of rank one, exactly, for any number of columns.

With two rows and k = 1 the reduced cost F(1, r) = sum_g B_g(1, r) / q_g(1, r) is a rational function on the projective
line, continuous because every q_g = 1 + rho_g r^2 is positive definite (columns with a single entry are loose). So
opt = min F is attained by F, at r = infinity or at a real root of the numerator of the derivative,

    P = sum_g (B_g' q_g - B_g q_g') prod_{h != g} q_h^2,   degree at most 4G - 2 for G different weight ratios.

P is built by a product tree and its real roots alone are isolated. A threshold is decided without them: F < tau has a
solution exactly where H = N - tau D is negative, with D = prod q_g > 0. Loose columns block the minimum at r = 0 or at
infinity only; elsewhere the infimum is attained.

Guarantee: exact. ``opt`` is F at an algebraic number; two critical values are called equal only when they are.
"""

from __future__ import annotations

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.algebraic import gaps, real_roots
from wlra_exact.algebra.exact import simplest_between
from wlra_exact.algebra.realroots import sign_at_rational
from wlra_exact.errors import Decision, UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.critical_line import LineOptimum, excess_polynomial, solve_line
from wlra_exact.systems.ratio_forms import RatioSum, ratio_sum

__all__ = ["decide_univariate", "solve_univariate"]


def solve_univariate(instance: Instance) -> LineOptimum:
    """All critical points and opt of a two-row instance of rank one.

    Args:
        instance: shape (2, n) or (n, 2), k = 1.

    Raises:
        UnsupportedError: for every other shape or rank.
    """
    F, _ = _one_parameter(instance)
    return solve_line(F)


def decide_univariate(instance: Instance, threshold: fmpq) -> tuple[Decision, tuple[fmpq_mat, fmpq_mat] | None]:
    """Whether opt < threshold; with YES a witness (U, V), rational, of cost below the threshold.

    Raises:
        UnsupportedError: as ``solve_univariate``.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 1]]), 1)
    >>> decision, witness = decide_univariate(A, fmpq(134, 1000))
    >>> decision, A.cost(*witness) < fmpq(134, 1000)
    (<Decision.YES: 'yes'>, True)
    >>> decide_univariate(A, fmpq(133, 1000))[0]
    <Decision.NO: 'no'>
    """
    F, upright = _one_parameter(instance)
    H = excess_polynomial(F, threshold)
    if H.is_zero() or (H.degree() == 0 and H[0] > 0):
        return Decision.NO, None
    for lo, hi in gaps(real_roots(H)):
        r = simplest_between(lo, hi) or simplest_between(fmpq(0), hi)  # not 0, where loose columns may cost something
        if sign_at_rational(H, r) < 0:
            U, V = F.witness(upright, [fmpq(1), r])
            return Decision.YES, (U, V) if upright is instance else (V.transpose(), U.transpose())
    return Decision.NO, None


def _one_parameter(instance: Instance) -> tuple[RatioSum, Instance]:
    m, n = instance.shape
    if instance.k != 1 or 2 not in (m, n):
        raise UnsupportedError(f"univariate needs two rows or two columns and rank 1, got {m}x{n} of rank {instance.k}")
    upright = instance if m == 2 else instance.transpose()
    return ratio_sum(upright), upright
