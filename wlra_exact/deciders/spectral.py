"""Rule `spectral`: eigenvalue bounds through a rank-one minorant of the weights.

If a_i b_j <= omega_ij with a, b > 0, then by Eckart-Young-Mirsky

    opt >= the sum of the m - k least eigenvalues of S = D_a^(1/2) A D_b A^T D_a^(1/2),

with equality when omega = a b^T. Ky Fan's variational principle makes it checkable with rational numbers: for every t
and every Z >= 0 with N + Z - t D_a^-1 >= 0, N = A D_b A^T, the bound (m - k) t - tr(D_a Z) holds. Statement and
proof: ``docs/certificate-format.md``.

Guarantee: a returned ``LowerProof`` has passed the exact check; None says that no positive bound was found.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import canonical
from wlra_exact.algebra.psd import PsdProof, diagonal
from wlra_exact.certificate import LowerProof, encode_dyadic, encode_triangle
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.cholesky import propose_fine_proof
from wlra_exact.numeric.factor import propose_psd_proof
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.numeric.sharp import matrix_bits
from wlra_exact.numeric.spectral import propose_lifts, propose_row_weights, propose_sharp_lift
from wlra_exact.problem.instance import Instance

__all__ = ["minorant", "prove_bound", "prove_sharp", "rank_one_weights"]


def rank_one_weights(omega: fmpq_mat) -> tuple[list[fmpq], list[fmpq]] | None:
    """(a, b) positive with omega = a b^T exactly, or None.

    >>> rank_one_weights(fmpq_mat([[1, 2], [2, 4]]))
    ([1, 2], [1, 2])
    >>> rank_one_weights(fmpq_mat([[1, 2], [2, 5]])) is None
    True
    """
    rows = omega.tolist()
    if any(w == 0 for row in rows for w in row):
        return None
    b = rows[0]
    a = [row[0] / b[0] for row in rows]
    if all(w == s * t for s, row in zip(a, rows, strict=True) for w, t in zip(row, b, strict=True)):
        return a, b
    return None


def minorant(omega: fmpq_mat) -> tuple[list[fmpq], list[fmpq]] | None:
    """(a, b) positive with a b^T <= omega entry by entry, close to it; None when omega has a zero."""
    exact = rank_one_weights(omega)
    if exact is not None:
        return exact
    rows = omega.tolist()
    if any(w == 0 for row in rows for w in row):
        return None
    a = propose_row_weights(omega)
    b = [min(row[j] / s for s, row in zip(a, rows, strict=True)) for j in range(omega.ncols())]
    return a, b


def prove_bound(instance: Instance) -> LowerProof | None:
    """The eigenvalue bound of a rank-one minorant of omega; exact opt up to rounding when omega has rank one.

    Args:
        instance: a problem with positive weights.

    Returns:
        A proof of rule `spectral` with a positive bound, or None (a zero weight, k >= m, or nothing above 0).
    """
    m, _ = instance.shape
    fit = minorant(instance.omega)
    if fit is None or instance.k >= m:
        return None
    a, b = fit
    N = instance.A * diagonal(b) * instance.A.transpose()
    for t, Z in propose_lifts(N, a, instance.k):
        proof = _exact_proof(instance, fit, N, t, Z, propose_psd_proof)
        if proof is not None:
            return proof
    return None


def prove_sharp(instance: Instance, slack: fmpq) -> LowerProof | None:
    """A proof that opt is at least its value minus ``slack``, for weights of rank one.

    Args:
        instance: a problem, k < m.
        slack: positive, in units of the cost.

    Raises:
        DegenerateError: when the weights have another rank, or two eigenvalues agree where the rank cuts them off.
    """
    fit = rank_one_weights(instance.omega)
    if fit is None:
        raise DegenerateError("the weights have not rank one")
    a, b = fit
    N = instance.A * diagonal(b) * instance.A.transpose()
    bits = 2 * matrix_bits(instance, slack)
    t, Z = propose_sharp_lift(N, a, instance.k, slack, bits)
    return _exact_proof(instance, fit, N, t, Z, lambda M: propose_fine_proof(M, bits))


def _exact_proof(
    instance: Instance,
    fit: tuple[list[fmpq], list[fmpq]],
    N: fmpq_mat,
    t: fmpq,
    lift: Dyadic,
    find: Callable[[fmpq_mat], PsdProof | None],
) -> LowerProof | None:
    a, b = fit
    m = len(a)
    Z = fmpq_mat(lift.integers) * lift.unit
    bound = (m - instance.k) * t - sum((x * Z[i, i] for i, x in enumerate(a)), fmpq(0))
    if bound <= 0:
        return None
    psd_Z = find(Z)
    psd = find(N + Z - diagonal([1 / x for x in a]) * t) if psd_Z is not None else None
    if psd_Z is None or psd is None:
        return None
    payload = {
        "a": [canonical(x) for x in a],
        "b": [canonical(x) for x in b],
        "t": canonical(t),
        "Z": encode_dyadic(lift.integers, lift.exponent),
        "psd_Z": encode_triangle(psd_Z.exponents, psd_Z.factor),
        "psd": encode_triangle(psd.exponents, psd.factor),
    }
    return LowerProof("spectral", bound, payload)
