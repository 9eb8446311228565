"""Rule `projections`: lower bounds for any rank where many columns have all or most of their entries.

For a column space W the columns with weights s_j w cost <B, Z_g>, B = sum_j s_j a_j a_j^T and Z_g, up to scaling, the
projection along W within the rows of positive weight. All Z_g lie below one projection Z of rank m - k for weights c on
all rows, and have known traces: a semidefinite relaxation whose multipliers Y_g (of Z_g <= rho_g Z), z_g (of the
traces), t and R (of the trace of Z and of Z <= D_c) prove

    cost(X) >= sum_g z_g (|S_g| - k) - t (m - k) - tr(D_c R).

Exact zero-one patterns, and weights of rank one under a pattern, are what it is best for. Statement and proof:
``docs/certificate-format.md``.

Guarantee: a returned ``LowerProof`` has passed the exact check; None says that rounding spoilt it or nothing was proved.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from flint import fmpq, fmpq_mat, fmpz_mat

from wlra_exact.algebra.exact import canonical
from wlra_exact.algebra.psd_bulk import Symmetric
from wlra_exact.certificate import Json, LowerProof, encode_dyadic, encode_triangle
from wlra_exact.numeric.convert import Array, approx_array, approx_number, dyadic_number
from wlra_exact.numeric.factor import propose_psd_proofs
from wlra_exact.numeric.projections import GroupMoments, Projections, propose_projections
from wlra_exact.numeric.rational import Dyadic
from wlra_exact.numeric.scaling import few_bits, geometric_fit
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.moments import WeightGroup, weight_groups

__all__ = ["prove_bound", "work"]

#: Significant bits of the row weights c, and of the entries of roots.
_WEIGHT_BITS = 50
_ROOT_BITS = 44

#: How far z_g is lowered and t raised, in units of the incumbent's cost, so that exact proofs have an interior.
_MARGINS = (1e-11, 1e-9, 1e-7)


@dataclass(frozen=True)
class _Relaxation:
    """An instance's groups in the coordinates of ``numeric.projections``.

    Attributes:
        instance: below m of rank.
        groups: of its columns.
        c: (m,) row weights.
        rho: (g,) the largest quotients w_i / c_i.
        cost: the incumbent's.
    """

    instance: Instance
    groups: Sequence[WeightGroup]
    c: Sequence[fmpq]
    rho: Sequence[fmpq]
    cost: fmpq

    @classmethod
    def of(cls, instance: Instance, cost: fmpq) -> _Relaxation:
        groups = list(weight_groups(instance))
        fitted = few_bits(geometric_fit(approx_array(instance.omega))[0], _WEIGHT_BITS)
        c = [dyadic_number(float(x), _WEIGHT_BITS) for x in fitted]
        rho = [max(group.weights[i] / c[i] for i in group.support) for group in groups]
        return cls(instance, groups, c, rho, cost)

    def approximate(self) -> list[GroupMoments]:
        """The groups in floating point."""
        found = []
        root = np.sqrt([approx_number(x) for x in self.c])
        for group, rho in zip(self.groups, self.rho, strict=True):
            S = np.array(group.support)
            delta = np.array([approx_number(group.weights[i] / (rho * self.c[i])) for i in group.support])
            moments = approx_array(group.moments * (rho / self.cost)) * np.outer(root[S], root[S])
            found.append(GroupMoments(S, moments, delta))
        return found


def work(instance: Instance) -> int:
    """About how many multiplications one step of the program takes.

    >>> from wlra_exact.algebra.exact import matrix
    >>> work(Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 2]]), 1))
    128
    """
    m, _ = instance.shape
    return (1 + sum(1 for _ in weight_groups(instance))) * (1 + m * (m + 1) // 2) ** 3


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
    if instance.k >= instance.shape[0]:
        return None
    relaxation = _Relaxation.of(instance, cost)
    if not relaxation.groups:
        return None
    proposal = propose_projections(
        relaxation.approximate(), instance.shape[0], instance.k, approx_number(target), expired
    )
    for margin in _MARGINS:
        proof = _prove(relaxation, proposal, margin)
        if proof is not None:
            return proof if proof.bound > 0 else None
    return None


def _prove(relaxation: _Relaxation, proposal: Projections, margin: float) -> LowerProof | None:
    """Round, and check exactly."""
    instance, c, cost = relaxation.instance, relaxation.c, approx_number(relaxation.cost)
    (m, _), k = instance.shape, instance.k
    inverse = np.array([1 / math.sqrt(approx_number(x)) for x in c])
    scales = [*(approx_number(relaxation.cost / rho) for rho in relaxation.rho), cost]
    roots: list[Dyadic] = []
    for matrix, scale in zip((*proposal.Y, proposal.R), scales, strict=True):
        root = _rounded_root(matrix, inverse * math.sqrt(scale))
        if root is None:
            return None
        roots.append(root)
    t = dyadic_number((proposal.t + margin) * cost, _WEIGHT_BITS)
    z = [max(dyadic_number((float(x) - margin) * cost, _WEIGHT_BITS), fmpq(0)) for x in proposal.z]
    squares = [_square(root) for root in roots]
    total = squares[-1] + _diagonal([t / x for x in c])
    matrices = []
    for group, rho, z_g, Y in zip(relaxation.groups, relaxation.rho, z, squares, strict=False):
        total -= Y * rho
        S = group.support
        part = fmpq_mat([[Y[i, j] for j in S] for i in S])
        matrices.append(Symmetric.of(group.moments + part - _diagonal([z_g / group.weights[i] for i in S])))
    proofs = propose_psd_proofs([*matrices, Symmetric.of(total)])
    if proofs is None:
        return None
    bound = sum((x * (len(group.support) - k) for x, group in zip(z, relaxation.groups, strict=True)), fmpq(0))
    bound -= t * (m - k) + sum((x * squares[-1][i, i] for i, x in enumerate(c)), fmpq(0))
    groups: list[Json] = [
        {"z": canonical(x), "root": encode_dyadic(root.integers, root.exponent), "psd": encode_triangle(proof)}
        for x, root, proof in zip(z, roots, proofs, strict=False)
    ][: len(z)]
    payload: dict[str, Json] = {"c": [canonical(x) for x in c], "t": canonical(t)}
    payload |= {"root": encode_dyadic(roots[-1].integers, roots[-1].exponent), "psd": encode_triangle(proofs[-1])}
    return LowerProof("projections", bound, payload | {"groups": groups})


def _rounded_root(M: Array, scale: Array) -> Dyadic | None:
    """A root of diag(scale) M diag(scale), about, for a semidefinite M."""
    values, vectors = np.linalg.eigh(M)
    root = (vectors * np.sqrt(np.maximum(values, 0.0))).T * scale
    size = float(np.abs(root).max())
    if not np.isfinite(size) or size == 0:
        return None
    return Dyadic.of(root, int(np.frexp(size)[1]) - _ROOT_BITS)


def _square(root: Dyadic) -> fmpq_mat:
    integers: fmpz_mat = root.integers
    return fmpq_mat(integers.transpose() * integers) * (root.unit * root.unit)


def _diagonal(values: Sequence[fmpq]) -> fmpq_mat:
    n = len(values)
    return fmpq_mat([[values[i] if i == j else fmpq(0) for j in range(n)] for i in range(n)])
