"""Multipliers for rule `projections` on the face of the incumbent: all of them with a bound equal to its cost.

In coordinates where the weights c of the rows are 1 let W be an orthonormal basis of the incumbent's column space, P
the projector along it, W_S the rows S of W, W_S^+ = (W_S^T W_S)^-1 W_S^T, N_S an orthonormal basis of the vectors of
R^S orthogonal to W_S, and L_S the map from R^S to R^m that completes a column by its fit: the identity on the rows S,
and W W_S^+ on the others. Where the relaxation of ``numeric.projections`` is tight at W its optimum is Z_S = N_S N_S^T
and Z = P, and complementary slackness leaves of the multipliers only z_g, t and symmetric h_g of k rows:

    Y_g = L_S (z_g I + W_S h_g W_S^T - B_g) L_S^T,    R = P (sum_g Y_g - t I) P.

Then B_g + (Y_g)_SS - z_g I = W_S h_g W_S^T, and T = R + t I - sum_g Y_g vanishes on the image of P, as the mixed part
of sum_g Y_g is the gradient of the cost at W. What is left to ask for is

    z_g I + W_S h_g W_S^T >= B_g,    h_g >= 0,
    t I >= sum_g (z_g G_g + h_g - W_S^+ B_g W_S^+T),    G_g = (W_S^T W_S)^-1,
    sum_g P N_S (z_g I - N_S^T B_g N_S) N_S^T P >= t P.

These matrices have an interior where the relaxation is tight and strictly complementary, so a point is found by
maximising a margin s below all of them: well conditioned, and no variable for an entry of Y_g.

Guarantee: none; ``deciders.projections`` rounds and checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from wlra_exact.numeric.convert import Array
from wlra_exact.numeric.inequalities import Batch
from wlra_exact.numeric.interior import propose_sdp
from wlra_exact.numeric.projections import GroupMoments
from wlra_exact.numeric.symmetric import from_triangles

__all__ = ["FaceMultipliers", "propose_on_face"]

#: A margin of this size is enough, in units of the cost, and so is half of the largest one.
_MARGIN = 0.01

#: The incumbent must cost so much, relatively, in the relaxation too: else weights were lowered.
_LOWERED = 1e-6

#: Rows of the column space that are as dependent as this leave a fit undetermined.
_DEPENDENT = 1e-6


@dataclass(frozen=True)
class FaceMultipliers:
    """A point of the face, in the coordinates above.

    Attributes:
        z: (g,).
        h: (g, k, k).
        t: a number.
        margin: at least this are the eigenvalues of all the matrices.
    """

    z: Array
    h: Array
    t: float
    margin: float


def propose_on_face(
    groups: Sequence[GroupMoments], W: Array, expired: Callable[[], bool] = lambda: False
) -> FaceMultipliers | None:
    """A point inside the face, or None when there seems to be none.

    Args:
        groups: at least one, more than k rows each, in units of the incumbent's cost.
        W: (m, k) orthonormal, k < m, the incumbent's column space.
        expired: asked at every step.

    >>> groups = [GroupMoments(np.arange(2), np.diag([1.5, 0.5])), GroupMoments(np.arange(2), np.eye(2) / 2)]
    >>> found = propose_on_face(groups, np.array([[1.0], [0.0]]))  # the second row costs 1 in all
    >>> found.margin > 0, bool(found.z.sum() > found.t + 1)
    (True, True)
    >>> propose_on_face(groups, np.array([[0.0], [1.0]])) is None  # another space is better
    True
    """
    parts = [_Part.of(group, W) for group in groups]
    if any(part is None for part in parts):
        return None
    known = [part for part in parts if part is not None]
    if sum(part.cost for part in known) < 1 - _LOWERED:
        return None
    program = _Program(groups, known, *W.shape)
    b = np.zeros(program.size)
    b[-1] = 1.0
    result = propose_sdp(
        program.constraints(W),
        b,
        stop=lambda primal, value: primal <= 0 or (value > 0 and value >= min(_MARGIN, primal / 2)),
        expired=expired,
    )
    if result.value <= 0:
        return None
    own = result.y[1:-1].reshape(len(groups), -1)
    return FaceMultipliers(own[:, 0], from_triangles(own[:, 1:], W.shape[1]), float(result.y[0]), result.value)


@dataclass(frozen=True)
class _Part:
    """What a group adds to the conditions on W and on its complement.

    Attributes:
        inverse: (k, k) G_g.
        fitted: (k, k) W_S^+ B_g W_S^+T.
        across: (m - k, m - k) P N_S N_S^T P, in a basis of the complement.
        missed: (m - k, m - k) P N_S N_S^T B_g N_S N_S^T P there.
        cost: tr N_S^T B_g N_S.
    """

    inverse: Array
    fitted: Array
    across: Array
    missed: Array
    cost: float

    @classmethod
    def of(cls, group: GroupMoments, W: Array) -> _Part | None:
        """None when the fit of a column is not determined."""
        S, B, k = group.support, group.moments, W.shape[1]
        vectors, values, turned = np.linalg.svd(W[S])
        if values[-1] <= _DEPENDENT:
            return None
        N, inner = vectors[:, k:], turned.T / values
        fit = inner @ vectors[:, :k].T
        lifted = _complement(W)[S].T @ N
        rest = N.T @ B @ N
        return cls(inner @ inner.T, fit @ B @ fit.T, lifted @ lifted.T, lifted @ rest @ lifted.T, float(np.trace(rest)))


def _complement(W: Array) -> Array:
    """(m, m - k) an orthonormal basis of the vectors orthogonal to W."""
    return np.asarray(np.linalg.qr(W, mode="complete")[0][:, W.shape[1] :])


@dataclass(frozen=True)
class _Program:
    """Variables: t, then z_g and the lower triangle of h_g for every group, then s."""

    groups: Sequence[GroupMoments]
    parts: Sequence[_Part]
    m: int
    k: int

    @property
    def width(self) -> int:
        """Variables of a group."""
        return 1 + self.k * (self.k + 1) // 2

    @property
    def size(self) -> int:
        """Number of variables."""
        return 2 + len(self.groups) * self.width

    def _index(self, members: NDArray[np.intp]) -> NDArray[np.intp]:
        """(g, width + 1): the variables of some groups, and s."""
        own = 1 + members[:, None] * self.width + np.arange(self.width)
        return np.concatenate([own, np.full((len(members), 1), self.size - 1)], axis=1)

    def constraints(self, W: Array) -> list[Batch]:
        """The matrices of the groups by size; all h_g; the one on W, and the one on its complement."""
        units = from_triangles(np.eye(self.width - 1), self.k)
        found = []
        for size in sorted({len(group.support) for group in self.groups}):
            members = np.array([g for g, group in enumerate(self.groups) if len(group.support) == size])
            rows = W[[self.groups[g].support for g in members]][:, None]
            eye = np.broadcast_to(np.eye(size), (len(members), 1, size, size))
            F = np.concatenate([eye, rows @ units @ rows.transpose(0, 1, 3, 2), -eye], axis=1)
            found.append(Batch(-np.array([self.groups[g].moments for g in members]), F, self._index(members)))
        return [*found, self._semidefinite(units), self._within(units), self._across()]

    def _semidefinite(self, units: Array) -> Batch:
        count, k = len(self.groups), self.k
        F = np.broadcast_to(np.concatenate([units, -np.eye(k)[None]]), (count, self.width, k, k))
        return Batch(np.zeros((count, k, k)), F, self._index(np.arange(count))[:, 1:])

    def _within(self, units: Array) -> Batch:
        eye = np.eye(self.k)[None]
        own = [np.concatenate([-part.inverse[None], -units]) for part in self.parts]
        fitted = sum(part.fitted for part in self.parts)
        return Batch(np.asarray(fitted)[None], np.concatenate([eye, *own, -eye])[None], np.arange(self.size)[None])

    def _across(self) -> Batch:
        eye = np.eye(self.m - self.k)[None]
        missed = sum(part.missed for part in self.parts)
        F = np.concatenate([-eye, np.array([part.across for part in self.parts]), -eye])
        index = np.array([0, *(1 + np.arange(len(self.groups)) * self.width), self.size - 1])
        return Batch(-np.asarray(missed)[None], F[None], index[None])
