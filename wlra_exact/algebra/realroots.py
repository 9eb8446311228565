"""Isolation of the real roots of integer polynomials by Descartes' rule and bisection (Vincent, Collins, Akritas).

For a squarefree p of degree n and an interval I = (a, b), let v be the number of sign variations of the coefficients
of (1 + t)^n p((a + b t)/(1 + t)). Then v >= the number r of roots in I and v - r is even (Descartes), so v = 0 and
v = 1 settle I; bisection ends because v is 0 or 1 once I is small beside the root separation (Obreshkoff).

The polynomial of a node is kept as integers with one common absolute error bound once they grow long. With
q(t) = sum q_i t^i on [0, 1], halving to the left maps q_i to q_i / 2^i, and the shift by 1 that follows for the right
half multiplies the error by at most sum_i C(i, j) 2^{-i} = 2: one bit a level. A node whose variations cannot be
told from the approximate coefficients is recomputed exactly, so the result never depends on the approximation.

Guarantee: exact. Every interval returned holds exactly one root, every root is in exactly one interval. Complex
roots are never computed.

Source: Collins and Akritas, Polynomial real root isolation using Descartes' rule of signs, SYMSAC 1976; Eigenwillig
et al., A Descartes algorithm for polynomials with bit-stream coefficients, CASC 2005 (the idea of truncation).
"""

from __future__ import annotations

from dataclasses import dataclass

from flint import arb, ctx, fmpq, fmpz, fmpz_poly, nmod_poly

__all__ = [
    "count_real_roots",
    "homogeneous_scale",
    "isolate_real_roots",
    "positive_root_exponent",
    "sign_at_rational",
    "sign_of",
    "sign_variations",
    "squarefree_part",
]

#: Degree times bits below which a sign is computed exactly at once.
_EXACT_COST = 4000

#: A large prime: a polynomial that stays squarefree modulo it, at full degree, is squarefree.
_PRIME = (1 << 61) - 1

_SHIFT = fmpz_poly([1, 1])


def sign_of(x: fmpz | fmpq | int) -> int:
    """-1, 0 or 1.

    >>> sign_of(fmpq(-2, 3)), sign_of(0)
    (-1, 0)
    """
    return int(x > 0) - int(x < 0)


def sign_at_rational(p: fmpz_poly, x: fmpq) -> int:
    """The sign of p(x), from balls where they suffice, exactly where not.

    >>> sign_at_rational(fmpz_poly([-2, 0, 1]), fmpq(3, 2))
    1
    """
    bits = int(x.q).bit_length() + int(abs(x.p)).bit_length()
    if p.degree() * bits > _EXACT_COST:
        for precision in (128, 1024):
            with ctx.workprec(precision):
                value = p(arb(x))
            if not value.contains(0):
                return 1 if value > 0 else -1
    return sign_of(p(x))


def squarefree_part(p: fmpz_poly) -> fmpz_poly:
    """The primitive squarefree polynomial with the roots of ``p`` and a positive leading coefficient.

    Raises:
        ValueError: for the zero polynomial.

    >>> squarefree_part(fmpz_poly([-2, 2]) ** 3)
    x + (-1)
    """
    if p.is_zero():
        raise ValueError("every number is a root of the zero polynomial")
    if p.degree() > 0 and not _squarefree_modulo_prime(p):
        p = p // p.gcd(p.derivative())
    p = p // p.content()
    return p if p.leading_coefficient() > 0 else -p


def _squarefree_modulo_prime(p: fmpz_poly) -> bool:
    """Whether ``p`` keeps its degree and is squarefree modulo one prime, which proves it squarefree over Q."""
    reduced = nmod_poly([int(c % _PRIME) for c in p.coeffs()], _PRIME)
    return bool(reduced.degree() == p.degree() and reduced.gcd(reduced.derivative()).degree() == 0)


def sign_variations(coefficients: list[fmpz]) -> int:
    """Sign changes in a list of coefficients, zeros skipped.

    >>> sign_variations([fmpz(1), fmpz(0), fmpz(-3), fmpz(2)])
    2
    """
    return _variations([sign_of(c) for c in coefficients])


def _variations(signs: list[int]) -> int:
    total = last = 0
    for s in signs:
        if s and s != last:
            total += last != 0
            last = s
    return total


def positive_root_exponent(p: fmpz_poly) -> int | None:
    """An integer e with every positive root of ``p`` below 2^e; None when Descartes shows that there is none.

    Source: Kioustelidis' bound: twice the largest |a_{n-i}/a_n|^{1/i} over the coefficients of sign opposite to a_n.
    """
    coefficients = p.coeffs()
    lead = coefficients[-1]
    n = len(coefficients) - 1
    top = int(abs(lead)).bit_length() - 1
    exponents = [
        -((top - int(abs(c)).bit_length()) // (n - i))
        for i, c in enumerate(coefficients[:-1])
        if sign_of(c) == -sign_of(lead)
    ]
    return max(exponents) + 1 if exponents else None


def homogeneous_scale(p: fmpz_poly, numerator: fmpz | int, exponent: int) -> fmpz_poly:
    """A positive multiple of p((numerator + t) / 2^exponent), as an integer polynomial in t.

    >>> homogeneous_scale(fmpz_poly([0, 2]), 1, 1)
    2*x + 2
    """
    n = p.degree()
    if exponent >= 0:
        scaled = [c << (exponent * (n - i)) for i, c in enumerate(p.coeffs())]
    else:
        scaled = [c << (-exponent * i) for i, c in enumerate(p.coeffs())]
    q = fmpz_poly(scaled)
    return q(fmpz_poly([numerator, 1])) if numerator != 0 else q


@dataclass(frozen=True)
class _Node:
    """The interval (c, c + 1) / 2^k and p((c + t)/2^k) up to a positive factor and an error a coefficient."""

    c: fmpz
    k: int
    q: fmpz_poly
    error: fmpz


def isolate_real_roots(p: fmpz_poly) -> list[tuple[fmpq, fmpq]]:
    """Isolate the real roots of ``p``, in increasing order.

    Args:
        p: a non-zero polynomial; repeated roots are reported once.

    Returns:
        One pair (lo, hi) a root: lo = hi when the root was hit exactly, else the root is the only one in the open
        interval and p is not zero at either end. Different pairs are disjoint as sets.

    Raises:
        ValueError: for the zero polynomial.

    >>> isolate_real_roots(fmpz_poly([-2, 0, 1]) * fmpz_poly([0, 1]))
    [(-2, -1), (0, 0), (1, 2)]
    """
    p = whole = squarefree_part(p)
    roots: list[tuple[fmpq, fmpq]] = []
    if p[0] == 0:
        roots.append((fmpq(0), fmpq(0)))
        p = fmpz_poly(p.coeffs()[1:])
    mirrored = fmpz_poly([-c if i % 2 else c for i, c in enumerate(p.coeffs())])
    roots += [(-hi, -lo) for lo, hi in _positive_roots(mirrored)]
    roots += _positive_roots(p)
    return sorted(_with_clean_ends(whole, lo, hi) if lo < hi else (lo, hi) for lo, hi in roots)


def count_real_roots(p: fmpz_poly) -> int:
    """The number of distinct real roots.

    >>> count_real_roots(fmpz_poly([-1, 0, 1]) ** 2)
    2
    """
    return len(isolate_real_roots(p))


def _positive_roots(p: fmpz_poly) -> list[tuple[fmpq, fmpq]]:
    """Isolate the positive roots of a squarefree ``p`` with p(0) != 0."""
    e = positive_root_exponent(p) if p.degree() > 0 else None
    if e is None:
        return []
    roots: list[tuple[fmpq, fmpq]] = []
    pending = [_truncate(_Node(fmpz(0), -e, homogeneous_scale(p, 0, -e), fmpz(0)))]
    while pending:
        node = pending.pop()
        variations = _node_variations(node)
        if variations is None:
            node = _Node(node.c, node.k, homogeneous_scale(p, node.c, node.k), fmpz(0))
            variations = _node_variations(node)
        if variations == 0:
            continue
        if variations == 1:
            roots.append((_dyadic(node.c, node.k), _dyadic(node.c + 1, node.k)))
            continue
        left, right = _halve(node)
        middle = _dyadic(right.c, right.k)
        if abs(right.q[0]) <= right.error and p(middle) == 0:
            roots.append((middle, middle))
        pending += [left, right]
    return roots


def _dyadic(c: fmpz, k: int) -> fmpq:
    return fmpq(c, fmpz(1) << k) if k >= 0 else fmpq(c << -k)


def _node_variations(node: _Node) -> int | None:
    """Variations of (1 + t)^n q(1/(1 + t)): 0, 1, at least 2 as 2; None when the error hides them."""
    n = node.q.degree() if node.error == 0 else node.q.length() - 1
    coefficients = node.q.coeffs()
    transformed = fmpz_poly(coefficients[::-1])(_SHIFT).coeffs()
    if node.error == 0:
        return min(sign_variations(transformed), 2)
    transformed += [fmpz(0)] * (n + 1 - len(transformed))
    signs = []
    bound = node.error * (n + 1)  # error * C(n + 1, j + 1) at coefficient j
    for j, c in enumerate(transformed):
        signs.append(sign_of(c) if abs(c) > bound else 0)
        bound = bound * (n - j) // (j + 2)
    certain = _variations(signs)
    if certain >= 2:
        return 2
    return certain if all(signs) else None


def _halve(node: _Node) -> tuple[_Node, _Node]:
    n = node.q.length() - 1
    halved = fmpz_poly([c << (n - i) for i, c in enumerate(node.q.coeffs())])
    shifted = halved(_SHIFT)
    left = _Node(2 * node.c, node.k + 1, halved, node.error << n)
    right = _Node(2 * node.c + 1, node.k + 1, shifted, node.error << (n + 1))
    return _truncate(left), _truncate(right)


def _truncate(node: _Node) -> _Node:
    """Drop low bits of long coefficients, keeping the error bound true; exact nodes of moderate size stay exact."""
    length = node.q.length()
    keep = 2 * length + 192
    excess = node.q.height_bits() - keep
    if excess <= keep // 4:
        return node
    coefficients = [c >> excess for c in node.q.coeffs()]
    if coefficients[-1] == 0:
        coefficients[-1] = fmpz(1)  # keeps the formal degree; the error bound of 2 covers it
    return _Node(node.c, node.k, fmpz_poly(coefficients), (node.error >> excess) + 3)


def _with_clean_ends(p: fmpz_poly, lo: fmpq, hi: fmpq) -> tuple[fmpq, fmpq]:
    """Shrink an isolating open interval until ``p`` vanishes at neither end."""
    slope = p.derivative()
    left_sign = sign_of(p(lo)) or sign_of(slope(lo))
    while p(lo) == 0 or p(hi) == 0:
        middle = (lo + hi) / 2
        s = sign_of(p(middle))
        if s == 0:
            return middle, middle
        lo, hi = (middle, hi) if s == left_sign else (lo, middle)
    return lo, hi
