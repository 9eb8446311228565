"""Lower bounds by Bernstein coefficients of the reduced cost on the unit boxes: a NO checked by additions alone.

Every k-dimensional column space has a basis U with the identity on some k rows P and entries R in [-1, 1] on the
others (take the k rows whose minor is largest in absolute value, and Cramer's rule). By Cauchy-Binet the reduced cost
of column j on this chart is num_j / den_j with

    den_j = sum over k-sets S of prod_{i in S} omega_ij det(U_S)^2,
    num_j = sum over (k+1)-sets S of prod_{i in S} omega_ij det([a_j | U]_S)^2,

both of degree at most 2 in every entry of R. Columns with proportional weights share a denominator; with G of them left

    H_P(R) = sum_g num_g prod_{h != g} den_h - tau prod_g den_g

has degree at most 2G in every entry. A polynomial whose Bernstein coefficients on a box are all >= 0 is >= 0 on the
box, as a combination of the non-negative Bernstein polynomials with these coefficients. So a tree of bisections for
each of the C(m, k) boxes, with non-negative coefficients at every leaf, proves H_P >= 0 on all of them.

Then cost(U V) >= tau for all U, V: columns with at most k positive weights cost at least 0; where every den_g > 0 the
others cost at least num_g/den_g, in sum at least tau; these R are dense in the box and the cost is continuous in U for
fixed V.

With full support and tau < opt every H_P > 0 on its box and bisection ends: the coefficients converge to the values of
H quadratically in the width, so about log(1/(opt - tau)) levels around each minimiser.

Guarantee: a payload is returned only when every leaf was checked in exact arithmetic.

Source: Garloff, The Bernstein algorithm, Interval Computations 1993; Boudaoud, Caruso, Roy, Certificates of positivity
in the Bernstein basis, DCG 2008.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from functools import lru_cache
from math import comb, lcm

from flint import fmpq, fmpq_mpoly, fmpz, fmpz_mat, fmpz_poly

from wlra_exact.algebra.deadline import Unfinished, run_until
from wlra_exact.algebra.exact import canonical
from wlra_exact.certificate import Json, LowerProof
from wlra_exact.errors import UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.reduced_cost import reduced_cost

__all__ = ["MAX_COEFFICIENTS", "bernstein_payload", "halve", "prove_bernstein"]

#: The largest number of Bernstein coefficients of one box.
MAX_COEFFICIENTS = 200_000

#: What needs no process of its own: the longer side and the bits of its numbers.
_SHORT_SIDE, _SHORT_BITS = 4, 64

#: Up to this degree a box is halved by a matrix product.
_MATRIX_DEGREE = 24

#: Bernstein coefficients as a flat list, the last variable fastest; every variable has the same degree.
Tensor = list[fmpz]


def bernstein_payload(
    instance: Instance, threshold: fmpq, max_boxes: int = 20_000, deadline: int | None = None
) -> dict[str, Json] | None:
    """The payload of the rule ``bernstein`` that proves opt >= threshold.

    Args:
        instance: k (m - k) at most 10, and few different weight columns: H has (2G + 1)^(k (m - k)) coefficients.
        threshold: the bound to be proved.
        max_boxes: how many boxes may be examined.
        deadline: a ``time.monotonic_ns``, looked at between boxes; None for none.

    Returns:
        ``{"threshold": tau, "trees": [text, ...]}``, one tree for each k-set of rows in lexicographic order, in prefix
        notation: ``.`` is a leaf; a digit s bisects variable s (the entries of R row by row) and is followed by the
        tree of the lower half and that of the upper half. None when the threshold is above opt, or was not proved.

    Raises:
        UnsupportedError: for more than 10 variables or more than ``MAX_COEFFICIENTS`` coefficients.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 1]]), 1)
    >>> bernstein_payload(A, fmpq(1, 10))
    {'threshold': '1/10', 'trees': ['.', '0.00.0.0...']}
    """
    m, _ = instance.shape
    variables = instance.k * (m - instance.k)
    if not 1 <= variables <= 10:
        raise UnsupportedError(f"the rule bernstein takes 1 to 10 chart coordinates k(m - k), got {variables}")
    left = max_boxes
    trees = []
    for pivots in itertools.combinations(range(m), instance.k):
        f = reduced_cost(instance, pivots)
        degree = 2 * len(f.terms)
        if (degree + 1) ** variables > MAX_COEFFICIENTS:
            raise UnsupportedError(
                f"the rule bernstein takes at most {MAX_COEFFICIENTS} coefficients, got {(degree + 1) ** variables}"
            )
        tree, left = _tree(_bernstein_tensor(f.excess(threshold), degree), degree, variables, left, deadline)
        if tree is None:
            return None
        trees.append(tree)
    return {"threshold": canonical(threshold), "trees": trees}


def prove_bernstein(
    instance: Instance, threshold: fmpq, max_boxes: int = 20_000, deadline: int | None = None
) -> LowerProof | None:
    """A proof that opt >= threshold by the rule ``bernstein``, or None.

    With a deadline what is not surely short runs in a process that ends then (``algebra.deadline``).

    Raises:
        UnsupportedError: as ``bernstein_payload``.
    """
    work = (instance, threshold, max_boxes, deadline)
    if deadline is None or (instance.shape[1] <= _SHORT_SIDE and instance.bits() <= _SHORT_BITS):
        payload = bernstein_payload(*work)
    else:
        found = run_until(deadline, bernstein_payload, *work)
        payload = None if isinstance(found, Unfinished) else found
    return None if payload is None else LowerProof("bernstein", threshold, payload)


def _tree(tensor: Tensor, degree: int, variables: int, budget: int, deadline: int | None) -> tuple[str | None, int]:
    """A tree that proves the tensor's polynomial non-negative, in prefix order, and the boxes left."""
    text: list[str] = []
    pending = [tensor]
    while pending:
        box = pending.pop()
        budget -= 1
        if all(b >= 0 for b in box):
            text.append(".")
            continue
        late = deadline is not None and time.monotonic_ns() >= deadline
        if late or budget <= 0 or any(b < 0 for b in _corners(box, degree, variables)):
            return None, budget
        axis = max(range(variables), key=lambda s: _variation(box, degree, variables, s))
        lower, upper = halve(box, degree, variables, axis)
        text.append(str(axis))
        pending += [upper, lower]
    return "".join(text), budget


def _corners(box: Tensor, degree: int, variables: int) -> list[fmpz]:
    """The coefficients at the corners of the box, which are values of the polynomial."""
    strides = [(degree + 1) ** (variables - 1 - s) for s in range(variables)]
    return [box[sum(degree * t for t in chosen)] for chosen in _subsets(strides)]


def _subsets(strides: Sequence[int]) -> list[tuple[int, ...]]:
    return [chosen for r in range(len(strides) + 1) for chosen in itertools.combinations(strides, r)]


def _fibres(degree: int, variables: int, axis: int) -> list[range]:
    """The positions of the tensor along one axis, fibre by fibre."""
    stride = (degree + 1) ** (variables - 1 - axis)
    block = stride * (degree + 1)
    size = (degree + 1) ** variables
    return [
        range(start, start + block, stride) for base in range(0, size, block) for start in range(base, base + stride)
    ]


def _variation(box: Tensor, degree: int, variables: int, axis: int) -> fmpz:
    """The largest second difference along the axis, over some of the fibres: about what halving it can gain."""
    fibres = _fibres(degree, variables, axis)
    sampled = fibres[:: max(1, len(fibres) // 64)]
    return max(
        (
            abs(box[fibre[i]] - 2 * box[fibre[i + 1]] + box[fibre[i + 2]])
            for fibre in sampled
            for i in range(degree - 1)
        ),
        default=fmpz(0),
    )


@lru_cache(maxsize=8)
def _halving(degree: int) -> tuple[fmpz_mat, fmpz_mat]:
    """De Casteljau's map to the coefficients on the lower and on the upper half, times 2^degree."""
    n = degree + 1
    lower = fmpz_mat(n, n, [comb(i, j) << (degree - i) for i in range(n) for j in range(n)])
    upper = fmpz_mat(n, n, [comb(degree - i, j - i) << i if j >= i else 0 for i in range(n) for j in range(n)])
    return lower, upper


def halve(box: Tensor, degree: int, variables: int, axis: int) -> tuple[Tensor, Tensor]:
    """The coefficients on the lower and the upper half along an axis, times 2^degree.

    >>> halve([fmpz(0), fmpz(2)], 1, 1, 0)
    ([0, 2], [2, 4])
    """
    fibres = _fibres(degree, variables, axis)
    return (
        _halve_by_additions(box, degree, fibres) if degree > _MATRIX_DEGREE else _halve_by_product(box, degree, fibres)
    )


def _halve_by_additions(box: Tensor, degree: int, fibres: list[range]) -> tuple[Tensor, Tensor]:
    """De Casteljau's scheme: degree^2/2 additions a fibre, best for high degrees."""
    lower, upper = list(box), list(box)
    for fibre in fibres:
        line = [box[i] for i in fibre]
        for level in range(degree + 1):
            lower[fibre[level]] = line[0] << (degree - level)
            upper[fibre[degree - level]] = line[-1] << (degree - level)
            line = [a + b for a, b in itertools.pairwise(line)]
    return lower, upper


def _halve_by_product(box: Tensor, degree: int, fibres: list[range]) -> tuple[Tensor, Tensor]:
    """The same by one integer matrix product for all fibres, best for low degrees."""
    positions = [fibre[i] for i in range(degree + 1) for fibre in fibres]
    lines = fmpz_mat(degree + 1, len(fibres), [box[position] for position in positions])
    halves = []
    for matrix in _halving(degree):
        half = list(box)
        for position, value in zip(positions, (matrix * lines).entries(), strict=True):
            half[position] = value
        halves.append(half)
    return halves[0], halves[1]


def _bernstein_tensor(H: fmpq_mpoly, degree: int) -> Tensor:
    """A positive multiple of the Bernstein coefficients of H on [-1, 1] in every variable."""
    variables = H.context().nvars()
    scale = fmpz(1)
    for x in H.coeffs():
        scale = scale.lcm(x.q)
    tensor = [fmpz(0)] * (degree + 1) ** variables
    for exponents, x in H.to_dict().items():
        position = 0
        for e in exponents:
            position = position * (degree + 1) + int(e)
        tensor[position] += (x * scale).p
    binomials = [comb(degree, j) for j in range(degree + 1)]
    common = lcm(*binomials)
    for axis in range(variables):
        for fibre in _fibres(degree, variables, axis):
            on_unit = fmpz_poly([tensor[i] for i in fibre])(fmpz_poly([-1, 2]))
            # (1 + t)^d p(t/(1 + t)) has the coefficients C(d, j) b_j
            weighted = fmpz_poly([on_unit[degree - j] for j in range(degree + 1)])(fmpz_poly([1, 1]))
            for j, i in enumerate(fibre):
                tensor[i] = weighted[degree - j] * (common // binomials[j])
    return tensor
