"""Rule `projections`: lower bounds for any rank where most entries of most columns are observed.

For a column space W and weights c of the rows, the columns with entries in the rows S cost at least <B, Z_S>, where B =
sum_j s_j a_j a_j^T and Z_S is, up to scaling, a projection along W within the rows S. All Z_S lie below Z, that of all
rows, and their traces are known: a semidefinite relaxation, whose multipliers Y_g (of Z_S <= Z), z_g and t (of the
traces) and R (of Z <= D_c) prove

    cost(X) >= sum_g z_g (|S_g| - k) - t (m - k) - tr(D_c R).

It is for weights 0 and 1, or of rank one under a pattern: others are lowered to such. Statement and proof:
``docs/certificate-format.md``.

Where the relaxation is tight the multipliers are looked for on the face of the incumbent, which is cheaper and good for
any number of digits; elsewhere by solving the relaxation in double precision.

Guarantee: a returned ``LowerProof`` has passed the exact check; None says that rounding spoilt it, or that the bound is
not positive.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from flint import arb_mat, fmpq, fmpq_mat

from wlra_exact.algebra.exact import canonical, exact, power_of_two
from wlra_exact.algebra.psd import PsdProof, diagonal
from wlra_exact.algebra.psd_bulk import Symmetric
from wlra_exact.certificate import Json, LowerProof, encode_dyadic, encode_triangle
from wlra_exact.numeric.cholesky import propose_fine_proof
from wlra_exact.numeric.convert import approx_number
from wlra_exact.numeric.factor import propose_psd_proofs
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.numeric.rational_projections import (
    RationalProjections,
    propose_rational_projections,
    propose_row_weights,
)
from wlra_exact.numeric.sharp import matrix_bits
from wlra_exact.numeric.sharp_projections import propose_sharp_projections
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.moments import SupportGroup, support_groups, supports

__all__ = ["face_work", "numbers", "prove_bound", "prove_sharp", "stated_bound", "work"]

#: From symmetric matrices to proofs that they are positive semidefinite, or None when one has none.
PsdFinder = Callable[[Sequence[Symmetric]], list[PsdProof] | None]


def work(instance: Instance) -> int:
    """About how many multiplications one step of the program takes.

    >>> from wlra_exact.algebra.exact import matrix
    >>> work(Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 2]]), 1))
    128
    """
    m, _ = instance.shape
    return (1 + len(supports(instance))) * (1 + m * (m + 1) // 2) ** 3


def face_work(instance: Instance) -> int:
    """About how many multiplications one step of the program on the incumbent's face takes.

    >>> from wlra_exact.algebra.exact import matrix
    >>> face_work(Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 2]]), 1))
    224
    """
    k, sizes = instance.k, [len(S) for S in supports(instance)]
    variables = 2 + len(sizes) * (1 + k * (k + 1) // 2)
    return variables**3 + 20 * sum(size**3 for size in sizes)


def numbers(instance: Instance) -> int:
    """About how many numbers a proof holds.

    >>> from wlra_exact.algebra.exact import matrix
    >>> numbers(Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 2]]), 1))
    7
    """
    m, _ = instance.shape
    return sum(len(S) * m + len(S) * (len(S) + 1) // 2 for S in supports(instance))


def prove_bound(
    instance: Instance, cost: fmpq, target: fmpq, expired: Callable[[], bool] = lambda: False
) -> LowerProof | None:
    """A lower bound by nested projections, or None.

    Args:
        instance: any problem; its columns are gathered by their weights.
        cost: an upper bound on opt, above 0.
        target: relative gap to the cost that is enough.
        expired: asked at every step of the program.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = matrix([[2, 1, 0, 1], [1, 3, 1, 1], [0, 1, 1, 2]])
    >>> omega = matrix([[1, 1, 0, 1], [1, 1, 1, 1], [0, 1, 1, 1]])
    >>> proof = prove_bound(Instance(A, omega, 1), fmpq(5, 2), fmpq(1, 10**6))
    >>> proof.rule, proof.bound > fmpq(2)
    ('projections', True)
    """
    if instance.k >= instance.shape[0] or not supports(instance):
        return None
    c = propose_row_weights(instance)
    groups = list(support_groups(instance, c))
    for proposal in propose_rational_projections(groups, c, instance.k, cost, approx_number(target), expired):
        proof = _prove(instance, groups, c, proposal, propose_psd_proofs)
        if proof is not None:
            return proof if proof.bound > 0 else None
    return None


def prove_sharp(
    instance: Instance, U: arb_mat, cost: fmpq, slack: fmpq, expired: Callable[[], bool] = lambda: False
) -> LowerProof | None:
    """A proof that opt is at least the cost of an incumbent minus ``slack``, or None.

    Args:
        instance: any problem; its columns are gathered by their weights.
        U: (m, k) the incumbent's row factor, midpoints with half the digits of the slack.
        cost: the incumbent's, above 0.
        slack: positive, in units of the cost.
        expired: asked now and then; True ends the attempt.

    Raises:
        DegenerateError: when no multipliers are tight at the incumbent after all.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A, omega = matrix([[4, 0, 0], [0, 1, 0], [0, 0, 2]]), matrix([[1, 1, 1], [1, 1, 1], [1, 0, 1]])
    >>> tiny = fmpq(1, 10**50)
    >>> proof = prove_sharp(Instance(A, omega, 1), arb_mat([[1], [0], [0]]), fmpq(5), tiny)
    >>> 5 - tiny < proof.bound < 5
    True
    """
    if instance.k >= instance.shape[0] or not supports(instance):
        return None
    c = propose_row_weights(instance)
    groups = list(support_groups(instance, c))
    proposal = propose_sharp_projections(groups, c, U, cost, slack, expired)
    if proposal is None:
        return None
    bits = matrix_bits(instance, slack)

    def find(matrices: Sequence[Symmetric]) -> list[PsdProof] | None:
        proofs = []
        for M in matrices:
            proof = None if expired() else propose_fine_proof(M.matrix(), bits)
            if proof is None:
                return None
            proofs.append(proof)
        return proofs

    proof = _prove(instance, groups, c, proposal, find)
    return proof if proof is not None and proof.bound > 0 else None


def stated_bound(instance: Instance, payload: Mapping[str, Json]) -> fmpq:
    """The bound of a payload, which does not state it; nothing is checked.

    Raises:
        ValueError: for a payload that does not fit the instance.
    """
    c = [exact(x) for x in payload["c"]]
    unit, rows = power_of_two(payload["root"]["exponent"]), [row.split() for row in payload["root"]["rows"]]
    R = (sum((fmpq(int(row[i])) ** 2 for row in rows), fmpq(0)) * unit * unit for i in range(len(c)))
    z = [exact(part["z"]) for part in payload["groups"]]
    return _value(instance, z, exact(payload["t"]), c, R)


def _value(instance: Instance, z: Sequence[fmpq], t: fmpq, c: Sequence[fmpq], R: Iterable[fmpq]) -> fmpq:
    """sum_g z_g (|S_g| - k) - t (m - k) - sum_i c_i R_ii."""
    (m, _), k = instance.shape, instance.k
    gained = (x * (len(S) - k) for x, S in zip(z, supports(instance), strict=True))
    lost = (x * y for x, y in zip(c, R, strict=True))
    return sum(gained, fmpq(0)) - sum(lost, t * (m - k))


def _prove(
    instance: Instance,
    groups: Sequence[SupportGroup],
    c: Sequence[fmpq],
    proposal: RationalProjections,
    find: PsdFinder,
) -> LowerProof | None:
    """Check exactly."""
    t, z = proposal.t, proposal.z
    R = _square(proposal.root)
    total = R + diagonal([t / x for x in c])
    matrices = []
    for group, z_g, root in zip(groups, z, proposal.roots, strict=True):
        S, Y = group.support, _square(root)
        total -= Y
        part = fmpq_mat([[Y[i, j] for j in S] for i in S])
        matrices.append(Symmetric.of(group.moments + part - diagonal([z_g / c[i] for i in S])))
    proofs = find([*matrices, Symmetric.of(total)])
    if proofs is None:
        return None
    parts: list[Json] = [
        {"z": canonical(x), "root": encode_dyadic(root.integers, root.exponent), "psd": encode_triangle(proof)}
        for x, root, proof in zip(z, proposal.roots, proofs[:-1], strict=True)
    ]
    payload = {
        "c": [canonical(x) for x in c],
        "t": canonical(t),
        "root": encode_dyadic(proposal.root.integers, proposal.root.exponent),
        "psd": encode_triangle(proofs[-1]),
        "groups": parts,
    }
    bound = _value(instance, z, t, c, (R[i, i] for i in range(len(c))))
    return LowerProof("projections", bound, payload)


def _square(root: Dyadic) -> fmpq_mat:
    """root^T root."""
    return fmpq_mat(root.integers.transpose() * root.integers) * (root.unit * root.unit)
