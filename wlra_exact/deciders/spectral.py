"""Rule `spectral`: eigenvalue bounds through a rank-one minorant of the weights.

If c = a b^T <= omega entry by entry with a, b > 0, then for every target B that equals A where c = omega, by
Eckart-Young-Mirsky and one square completed for each entry,

    opt >= (the sum of the m - k least eigenvalues of S = D_a^(1/2) B D_b B^T D_a^(1/2)) - delta,
    delta = sum omega c/(omega - c) (A - B)^2,

with equality for B = A when omega = a b^T. Ky Fan's variational principle makes it checkable with rational numbers:
for every t and every Z >= 0 with N + Z - t D_a^-1 >= 0, N = B D_b B^T, the bound (m - k) t - tr(D_a Z) - delta holds.
Statement and proof: ``docs/certificate-format.md``.

Targets are written B = A + (omega - c) q with a dyadic q, so that delta = sum omega c (omega - c) q^2 has no
denominators but those of the weights. ``numeric.spectral`` says which q to take, and when the bound is opt itself.

Guarantee: a returned ``LowerProof`` has passed the exact check; None says that no positive bound was found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from flint import fmpq, fmpq_mat

from wlra_exact.algebra.exact import canonical, dyadic_below, exact, power_of_two
from wlra_exact.algebra.psd import PsdProof, diagonal
from wlra_exact.certificate import Json, LowerProof, encode_dyadic, encode_matrix, encode_triangle
from wlra_exact.errors import DegenerateError
from wlra_exact.numeric.cholesky import propose_fine_proof
from wlra_exact.numeric.convert import Array, approx_array, short_dyadics
from wlra_exact.numeric.factor import propose_psd_proof
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.numeric.sharp import matrix_bits
from wlra_exact.numeric.spectral import propose_lifts, propose_row_weights, propose_sharp_lift, propose_target
from wlra_exact.problem.instance import Instance

__all__ = ["minorant", "prove_bound", "prove_sharp", "rank_one_weights", "stated_bound"]

#: Column weights and the multipliers of the target have so many bits.
_COLUMN_BITS = 20
_TARGET_BITS = 36


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
    """(a, b) positive with a b^T <= omega entry by entry, close to it; None when omega has a zero.

    >>> a, b = minorant(fmpq_mat([[1, 1], [1, 4]]))
    >>> a[0] * b[0] <= 1, a[0] * b[1] <= 1, a[1] * b[0] <= 1, a[1] * b[1] <= 4
    (True, True, True, True)
    """
    exact = rank_one_weights(omega)
    if exact is not None:
        return exact
    rows = omega.tolist()
    if any(w == 0 for row in rows for w in row):
        return None
    a = propose_row_weights(omega)
    b = [
        dyadic_below(min(row[j] / s for s, row in zip(a, rows, strict=True)), _COLUMN_BITS)
        for j in range(omega.ncols())
    ]
    return a, b


def prove_bound(
    instance: Instance, X: Array | None = None, expired: Callable[[], bool] = lambda: False
) -> LowerProof | None:
    """The eigenvalue bound of a rank-one minorant of omega; exact opt up to rounding when omega has rank one.

    Args:
        instance: a problem with positive weights.
        X: (m, n) incumbent of rank k, from which a target is made; without it the target is A.
        expired: asked now and then; True ends the search for a target.

    Returns:
        A proof of rule `spectral` with a positive bound, or None (a zero weight, k >= m, or nothing above 0).
    """
    m, _ = instance.shape
    fit = minorant(instance.omega)
    if fit is None or instance.k >= m:
        return None
    a, b = fit
    B, deficit = instance.A, fmpq(0)
    c = fmpq_mat(m, 1, a) * fmpq_mat(1, len(b), b)
    if X is not None and c != instance.omega:
        B, deficit = _target(instance, c, X, expired)
    N = B * diagonal(b) * B.transpose()
    for t, Z in propose_lifts(N, a, instance.k, deficit):
        proof = _exact_proof(instance, fit, (B, N, deficit), (t, Z), propose_psd_proof)
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
    lift = propose_sharp_lift(N, a, instance.k, slack, bits)
    return _exact_proof(instance, fit, (instance.A, N, fmpq(0)), lift, lambda M: propose_fine_proof(M, bits))


def _target(instance: Instance, c: fmpq_mat, X: Array, expired: Callable[[], bool]) -> tuple[fmpq_mat, fmpq]:
    """B = A + (omega - c) q and its deficit."""
    data, weights, product = map(approx_array, (instance.A, instance.omega, c))
    scaled, exponent = propose_target(data, weights, product, instance.k, X, expired)
    q = short_dyadics(scaled, _TARGET_BITS) * power_of_two(exponent)
    shape, room = instance.shape, instance.omega - c
    lines = [M.entries() for M in (instance.A, instance.omega, c, room, q)]
    B = fmpq_mat(*shape, [x + r * y if y != 0 else x for x, _, _, r, y in zip(*lines, strict=True)])
    return B, sum((w * s * r * y * y for _, w, s, r, y in zip(*lines, strict=True) if y != 0), fmpq(0))


def stated_bound(instance: Instance, payload: Mapping[str, Json]) -> fmpq:
    """The bound (m - k) t - tr(D_a Z) - delta of a payload, which does not state it; nothing is checked.

    Raises:
        ValueError: for a payload that does not fit the instance.
    """
    m, _ = instance.shape
    a, b, t = [exact(x) for x in payload["a"]], [exact(x) for x in payload["b"]], exact(payload["t"])
    rows = [row.split() for row in payload["Z"]["rows"]]
    trace = sum((x * int(row[i]) for i, (x, row) in enumerate(zip(a, rows, strict=True))), fmpq(0))
    deficit = fmpq(0)
    if "target" in payload:
        for i, row in enumerate(payload["target"]):
            for j, x in enumerate(row):
                difference = instance.A[i, j] - exact(x)
                if difference != 0:
                    w, c = instance.omega[i, j], a[i] * b[j]
                    deficit += w * c / (w - c) * difference**2
    return (m - instance.k) * t - trace * power_of_two(payload["Z"]["exponent"]) - deficit


def _exact_proof(
    instance: Instance,
    fit: tuple[list[fmpq], list[fmpq]],
    target: tuple[fmpq_mat, fmpq_mat, fmpq],
    proposal: tuple[fmpq, Dyadic],
    find: Callable[[fmpq_mat], PsdProof | None],
) -> LowerProof | None:
    (a, b), (B, N, deficit), (t, lift) = fit, target, proposal
    m = len(a)
    Z = fmpq_mat(lift.integers) * lift.unit
    bound = (m - instance.k) * t - sum((x * Z[i, i] for i, x in enumerate(a)), fmpq(0)) - deficit
    if bound <= 0:
        return None
    psd_Z = find(Z)
    psd = find(N + Z - diagonal([1 / x for x in a]) * t) if psd_Z is not None else None
    if psd_Z is None or psd is None:
        return None
    payload: dict[str, Json] = {
        "a": [canonical(x) for x in a],
        "b": [canonical(x) for x in b],
        "t": canonical(t),
        "Z": encode_dyadic(lift.integers, lift.exponent),
        "psd_Z": encode_triangle(psd_Z),
        "psd": encode_triangle(psd),
    }
    if B != instance.A:
        payload["target"] = encode_matrix(B)
    return LowerProof("spectral", bound, payload)
