"""Rules `minors` (k = 1) and `orthogonal` (any k): sum-of-squares lower bounds through singular components.

With x = vec X, L a combination of 2 x 2 minors, B = G2 (x) Y1 + Y2 (x) G1 and K = L - B:

    K >= 0  and  M = M0 - tau E00 + pad(B + K/k) >= 0     imply     cost(X) >= tau for every X of rank <= k;

for k = 1 the matrix M0 - tau E00 + pad(L) >= 0 is enough. On a region of half-spaces l_a [1; x] >= 0 non-negative
multiples of l_a l_b and l_a may be subtracted from the matrix first. Statements and proofs:
``docs/certificate-format.md``.

Floating-point proposals come rounded to rationals from ``numeric.rational``, in the order of growing slack; the first
whose matrices have an exact positive semidefiniteness proof wins.

Guarantee: a returned ``LowerProof`` has passed the exact check; None says that no slack worked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
from flint import fmpq, fmpq_mat, fmpz, fmpz_mat

from wlra_exact.algebra.exact import canonical, matrix
from wlra_exact.algebra.psd import PsdProof
from wlra_exact.certificate import (
    Json,
    LowerProof,
    RegionProof,
    encode_dyadic,
    encode_matrix,
    encode_rows,
    encode_triangle,
)
from wlra_exact.numeric.cholesky import propose_fine_proof
from wlra_exact.numeric.convert import Array, approx_array
from wlra_exact.numeric.factor import propose_psd_proof
from wlra_exact.numeric.newton import CriticalPoint
from wlra_exact.numeric.orthogonal import Multipliers
from wlra_exact.numeric.rational import Dyadic, RationalMultipliers, RegionTerms, propose_rational
from wlra_exact.numeric.scaling import InnerProducts
from wlra_exact.numeric.sharp import matrix_bits, propose_sharp
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.regions import Region, half_space_rows

__all__ = [
    "cost_matrix",
    "kronecker",
    "minor_matrix",
    "padded",
    "prove_bound",
    "prove_on_region",
    "prove_sharp",
]


#: From a symmetric matrix to a proof that it is positive semidefinite, or None.
PsdFinder = Callable[[fmpq_mat], PsdProof | None]


def prove_bound(instance: Instance, proposal: Multipliers) -> LowerProof | None:
    """The best lower bound that the proposed multipliers prove, or None.

    Args:
        instance: the problem.
        proposal: multipliers in scaled coordinates, in floating point.

    Returns:
        A proof of rule `minors` (k = 1) or `orthogonal` with a positive bound; None when there is none.
    """
    return _prove(instance, propose_rational(instance, proposal), ())


def prove_sharp(
    instance: Instance, points: Sequence[CriticalPoint], proof: LowerProof, slack: fmpq
) -> LowerProof | None:
    """A proof that opt is at least the cost of some critical points minus ``slack``, or None.

    Args:
        instance: the problem.
        points: critical points of one cost, with ``matrix_bits(instance, slack)`` correct bits.
        proof: by `minors` or `orthogonal`, tight at the points in double precision.
        slack: positive, in units of the cost.

    Raises:
        DegenerateError: when no multipliers near those of the proof are tight at the points.
    """
    bits = matrix_bits(instance, slack)
    for candidate in propose_sharp(instance, points, read_multipliers(instance, proof), slack):
        found = _exact_proof(instance, candidate, (), lambda M: propose_fine_proof(M, bits))
        if found is not None:
            return found
    return None


def read_multipliers(instance: Instance, proof: LowerProof) -> RationalMultipliers:
    """The multipliers of a proof by `minors` or `orthogonal` on the whole space."""
    payload = proof.payload
    minors = _read_dyadic(payload["multipliers"])
    if proof.rule == "minors":
        G2, G1 = InnerProducts.fitted(approx_array(instance.omega)).exact()
        zero = Dyadic(fmpz_mat(0, 0), 0)
        return RationalMultipliers(proof.bound, G1, G2, minors, zero, zero)
    G1, G2 = matrix(payload["G1"]), matrix(payload["G2"])
    return RationalMultipliers(proof.bound, G1, G2, minors, _read_dyadic(payload["Y1"]), _read_dyadic(payload["Y2"]))


def _read_dyadic(written: Json) -> Dyadic:
    return Dyadic(fmpz_mat([[fmpz(x) for x in row.split()] for row in written["rows"]]), written["exponent"])


def prove_on_region(
    instance: Instance, region: Region, proposal: Multipliers, products: Array, enough: fmpq
) -> RegionProof | None:
    """The best lower bound on a region that the proposed multipliers prove, or None.

    Args:
        instance: the problem.
        region: its half-spaces.
        proposal: multipliers in scaled coordinates, in floating point.
        products: (h, h + 1) multipliers of the half-spaces, see ``numeric.rational.RegionTerms``.
        enough: a bound that need not be exceeded.

    Returns:
        A proof with a positive bound on the region of those half-spaces that it uses, which may be none; or None.
    """
    used = [a for a in range(len(region)) if products[a].any() or products[:, a + 1].any()]
    kept = tuple(region[a] for a in used)
    if not kept:
        return RegionProof.of((), _prove(instance, propose_rational(instance, proposal, None, enough), ()))
    rows = half_space_rows(kept)
    terms = RegionTerms(approx_array(rows), products[np.ix_(used, [0, *(a + 1 for a in used)])])
    return RegionProof.of(kept, _prove(instance, propose_rational(instance, proposal, terms, enough), kept))


def _prove(instance: Instance, candidates: Iterable[RationalMultipliers], region: Region) -> LowerProof | None:
    for candidate in candidates:
        proof = _exact_proof(instance, candidate, region, propose_psd_proof)
        if proof is not None:
            return proof
    return None


def _exact_proof(
    instance: Instance, candidate: RationalMultipliers, region: Region, psd: PsdFinder
) -> LowerProof | None:
    prove = _prove_minors if instance.k == 1 else _prove_orthogonal
    return prove(instance, candidate, region, psd)


def _prove_minors(
    instance: Instance, candidate: RationalMultipliers, region: Region, find: PsdFinder
) -> LowerProof | None:
    L = fmpq_mat(minor_matrix(candidate.minors.integers, *instance.shape, front=1)) * candidate.minors.unit
    M, payload = _cost_form(instance, candidate, region)
    psd = find(M + L)
    if psd is None:
        return None
    payload |= {
        "multipliers": encode_dyadic(candidate.minors.integers, candidate.minors.exponent),
        "psd": encode_triangle(psd),
    }
    return LowerProof("minors", candidate.threshold, payload)


def _prove_orthogonal(
    instance: Instance, candidate: RationalMultipliers, region: Region, find: PsdFinder
) -> LowerProof | None:
    k = instance.k
    G1, G2 = candidate.G1, candidate.G2
    Y1, Y2 = candidate.Y1, candidate.Y2
    L = fmpq_mat(minor_matrix(candidate.minors.integers, *instance.shape)) * candidate.minors.unit
    B = kronecker(G2, fmpq_mat(Y1.integers) * Y1.unit) + kronecker(fmpq_mat(Y2.integers) * Y2.unit, G1)
    K = L - B
    M, payload = _cost_form(instance, candidate, region)
    proofs = {}
    for name, form in (("psd_K", K), ("psd_M", M + padded(B + K * fmpq(1, k))), ("psd_G1", G1), ("psd_G2", G2)):
        psd = find(form)
        if psd is None:
            return None
        proofs[name] = encode_triangle(psd)
    payload |= {
        "G1": encode_matrix(G1),
        "G2": encode_matrix(G2),
        "Y1": encode_dyadic(Y1.integers, Y1.exponent),
        "Y2": encode_dyadic(Y2.integers, Y2.exponent),
        "multipliers": encode_dyadic(candidate.minors.integers, candidate.minors.exponent),
        **proofs,
    }
    return LowerProof("orthogonal", candidate.threshold, payload)


def _cost_form(instance: Instance, candidate: RationalMultipliers, region: Region) -> tuple[fmpq_mat, dict[str, Json]]:
    """M0 - tau E00 - T, and the part of the payload that belongs to it."""
    M = cost_matrix(instance)
    M[0, 0] -= candidate.threshold
    payload: dict[str, Json] = {"threshold": canonical(candidate.threshold)}
    if candidate.products is None:
        return M, payload
    products = candidate.products
    rows = half_space_rows(region)
    unit = fmpq_mat(1, rows.ncols(), [1] + [0] * (rows.ncols() - 1))
    half = rows.transpose() * (fmpq_mat(products.integers) * fmpq_mat(unit.tolist() + rows.tolist()))
    payload["region"] = {
        "normals": encode_dyadic(fmpz_mat([half_space.normal for half_space in region]), 0),
        "offsets": [canonical(half_space.offset) for half_space in region],
        "multipliers": {
            "exponent": products.exponent,
            "rows": encode_rows(row[: a + 1] for a, row in enumerate(products.integers.tolist())),
        },
    }
    return M - (half + half.transpose()) * (products.unit / 2), payload


def cost_matrix(instance: Instance) -> fmpq_mat:
    """The (1 + mn, 1 + mn) matrix M0 with cost(X) = [1; x]^T M0 [1; x]."""
    A, omega = instance.A.entries(), instance.omega.entries()
    N = len(A)
    M = fmpq_mat(N + 1, N + 1)
    M[0, 0] = instance.norm()
    for p, (a, w) in enumerate(zip(A, omega, strict=True), start=1):
        M[p, p] = w
        M[0, p] = M[p, 0] = -w * a
    return M


def minor_matrix(multipliers: fmpz_mat, m: int, n: int, front: int = 0) -> fmpz_mat:
    """The (mn, mn) matrix L of the form sum 2 lambda (X_ij X_i'j' - X_ij' X_i'j), behind so many lines of zeros.

    >>> minor_matrix(fmpz_mat([[5]]), 2, 2)
    [0,  0,  0, 5]
    [0,  0, -5, 0]
    [0, -5,  0, 0]
    [5,  0,  0, 0]
    """
    rows = [[fmpz(0)] * (front + m * n) for _ in range(front + m * n)]
    values = iter(multipliers.entries())
    for i in range(m):
        for i2 in range(i + 1, m):
            for j in range(n):
                for j2 in range(j + 1, n):
                    value = next(values)
                    first, second = front + i * n, front + i2 * n
                    p, q, r, s = first + j, second + j2, first + j2, second + j
                    rows[p][q] = rows[q][p] = value
                    rows[r][s] = rows[s][r] = -value
    return fmpz_mat(rows)


def kronecker(P: fmpq_mat, Q: fmpq_mat) -> fmpq_mat:
    """P (x) Q.

    >>> kronecker(fmpq_mat([[1, 2]]), fmpq_mat([[3], [4]]))
    [3, 6]
    [4, 8]
    """
    zero = fmpq(0)
    rows = [
        [p * q if p != 0 and q != 0 else zero for p in top for q in inner] for top in P.tolist() for inner in Q.tolist()
    ]
    return fmpq_mat(rows)


def padded(L: fmpq_mat) -> fmpq_mat:
    """``L`` with a zero row and column put in front."""
    N = L.nrows()
    zero = fmpq(0)
    return fmpq_mat([[zero] * (N + 1)] + [[zero, *row] for row in L.tolist()])
