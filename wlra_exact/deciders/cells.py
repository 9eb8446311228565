"""The rule ``cad``: a proof of opt >= tau from a cylindrical algebraic decomposition in one or two coordinates.

Let H be the numerator of (reduced cost - tau) on one chart, a polynomial in the d = k (m - k) <= 2 coordinates R in
R^d (see ``systems.reduced_cost``). opt >= tau holds exactly if H >= 0 everywhere. With H = S^2 T, T squarefree:

- d = 1: T has no real root and a positive value. Cuts of the line show it (``algebra.sections``).
- d = 2: D(x) = Res_y(T, dT/dy) is not zero. Over an interval without roots of D the number of real roots of T(x, .) is
  constant, so one sample in each interval with T(x, .) > 0 shows T > 0 on a dense set. The proof holds the squarefree
  factors of D, samples that isolate their real roots, and cuts of the fibres over some of them.

What is expensive is found here and told: factorisations, isolating samples, cuts. What is cheap is computed again by
the checker: H, values of the resultant, coefficients between cuts.

The proof exists for every tau <= opt, tau = opt included, whatever the weights: where denominators vanish, too.

Guarantee: a payload is returned only when every section and every fibre showed its sign in exact arithmetic.

Source: Collins 1975; Strzebonski, Solving systems of strict polynomial inequalities, JSC 2000 (open cells).
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable

from flint import fmpq, fmpq_mpoly, fmpz, fmpz_poly

from wlra_exact.algebra.deadline import Unfinished, run_until
from wlra_exact.algebra.exact import canonical
from wlra_exact.algebra.sections import isolating_cuts, nonnegative_cuts, sign_changes
from wlra_exact.certificate import Json, LowerProof
from wlra_exact.errors import UnsupportedError
from wlra_exact.problem.instance import Instance
from wlra_exact.systems.reduced_cost import reduced_cost

__all__ = ["MAX_COORDINATES", "MOST_DEGREE", "cells_payload", "prove_cells"]

#: The largest number k (m - k) of coordinates.
MAX_COORDINATES = 2

#: The largest degree of D, which grows with the square of the number of different weight columns: 380 for ten.
MOST_DEGREE = 900

#: What needs no process of its own: the longer side, the bits of its numbers, and those of the threshold on a plane.
_SHORT_SIDE, _SHORT_BITS, _SHORT_THRESHOLD = 4, 64, 1024

#: Row j holds the coefficients of y^j by powers of x; with one coordinate, y, rows have one entry.
_Rows = list[list[fmpz]]


def prove_cells(
    instance: Instance,
    threshold: fmpq,
    deadline: int | None = None,
    most_degree: int = MOST_DEGREE,
) -> LowerProof | None:
    """A proof that opt >= threshold by the rule ``cad``, on the instance or its transpose; None without success.

    With a deadline what is not surely short runs in a process that ends then (``algebra.deadline``).

    Raises:
        UnsupportedError: as ``cells_payload``.
    """
    m, n = instance.shape
    work = (instance if m <= n else instance.transpose(), threshold, deadline, most_degree)
    size = int(threshold.p.bit_length()) + int(threshold.q.bit_length())
    short = max(m, n) <= _SHORT_SIDE and instance.bits() <= _SHORT_BITS and (min(m, n) == 2 or size <= _SHORT_THRESHOLD)
    if deadline is None or short:
        payload = cells_payload(*work)
    else:
        found = run_until(deadline, cells_payload, *work)
        payload = None if isinstance(found, Unfinished) else found
    return None if payload is None else LowerProof("cad", threshold, payload, transposed=m > n)


def cells_payload(
    instance: Instance,
    threshold: fmpq,
    deadline: int | None = None,
    most_degree: int = MOST_DEGREE,
) -> dict[str, Json] | None:
    """The payload of the rule ``cad`` that proves opt >= threshold.

    Args:
        instance: k (m - k) is 1 or 2.
        threshold: the bound to be proved.
        deadline: a ``time.monotonic_ns``, looked at between the pieces of the work, of which the resultant is the
            longest; None for none.
        most_degree: the largest degree of D that is tried.

    Returns:
        None when the threshold is above opt, when the time is over, or when the degree of D may be larger.

    Raises:
        UnsupportedError: for another number of coordinates.

    >>> from wlra_exact.algebra.exact import matrix
    >>> A = Instance(matrix([[1, 2], [3, 4]]), matrix([[1, 1], [1, 1]]), 1)
    >>> cells_payload(A, fmpq(1, 10))
    {'threshold': '1/10', 'pivots': [0], 'factors': [], 'samples': [{'at': [], 'cuts': ['2', '9/4']}]}
    >>> cells_payload(A, fmpq(2, 10)) is None
    True
    """
    m, k = instance.shape[0], instance.k
    d = k * (m - k)
    if not 1 <= d <= MAX_COORDINATES:
        raise UnsupportedError(f"the rule cad takes 1 or 2 chart coordinates k (m - k), got {d}")
    charts = [
        (reduced_cost(instance, pivots).excess(threshold), pivots) for pivots in itertools.combinations(range(m), k)
    ]
    H, pivots = min(charts, key=lambda chart: (int(chart[0].degrees()[-1]), int(chart[0].total_degree())))
    payload: dict[str, Json] = {"threshold": canonical(threshold), "pivots": list(pivots), "factors": [], "samples": []}
    if H.is_zero():
        return payload
    S, T = _square_and_rest(H)
    if not S.is_constant():
        payload["square"] = {"root": _encoded(_rows(S, d)), "rest": _encoded(_rows(T, d))}

    def in_time() -> bool:
        return deadline is None or time.monotonic_ns() < deadline

    found = _line(T, in_time) if d == 1 else _plane(T, in_time, most_degree)
    return None if found is None else payload | found


def _square_and_rest(H: fmpq_mpoly) -> tuple[fmpq_mpoly, fmpq_mpoly]:
    """(S, T) with H = S^2 T and T squarefree."""
    S = H.context().constant(1)
    for factor, power in H.factor_squarefree()[1]:
        S *= factor ** (int(power) // 2)
    return S, H / S**2


def _rows(f: fmpq_mpoly, d: int) -> _Rows:
    """A positive multiple of f with integer coefficients without a common factor."""
    terms = f.to_dict()
    scale, content = fmpz(1), fmpz(0)
    for c in terms.values():
        scale *= c.q // scale.gcd(c.q)
    for c in terms.values():
        content = content.gcd((c * scale).p)
    size = [int(e) + 1 for e in f.degrees()]
    rows = [[fmpz(0)] * (size[0] if d == 2 else 1) for _ in range(size[-1])]
    for exponents, c in terms.items():
        rows[int(exponents[-1])][int(exponents[0]) if d == 2 else 0] = (c * scale).p // content
    return rows


def _encoded(rows: _Rows) -> list[str]:
    return [" ".join(map(str, row)) for row in rows]


def _line(T: fmpq_mpoly, in_time: Callable[[], bool]) -> dict[str, Json] | None:
    cuts = _positive(fmpz_poly([row[0] for row in _rows(T, 1)]), in_time)
    return None if cuts is None else {"samples": [{"at": [], "cuts": cuts}]}


def _positive(p: fmpz_poly, in_time: Callable[[], bool]) -> list[str] | None:
    cuts = nonnegative_cuts(p, in_time)
    return None if cuts is None else [canonical(x) for x in cuts]


def _plane(T: fmpq_mpoly, in_time: Callable[[], bool], most_degree: int) -> dict[str, Json] | None:
    n, t = int(T.degrees()[1]), int(T.total_degree())
    if (2 * n - 1) * (t - n) + n * (n - 1) > most_degree or not in_time():
        return None
    D = T.resultant(T.derivative(1), T.context().names()[1]) if n else T
    _, factors = fmpz_poly(_rows(D, 2)[0]).factor_squarefree()
    polynomials = [f for f, _ in factors]
    xs = isolating_cuts(polynomials, in_time)
    if xs is None:
        return None
    columns = [fmpz_poly(row) for row in _rows(T, 2)]
    samples: list[dict[str, Json]] = []
    strip: list[tuple[fmpq, list[str]]] = []  # samples without a root of D between them, and their cuts
    for x, following in zip(xs, [*xs[1:], None], strict=True):
        line = [row(x) for row in columns]
        scale = fmpz(1)
        for c in line:
            scale *= c.q // scale.gcd(c.q)
        cuts = _positive(fmpz_poly([(c * scale).p for c in line]), in_time)
        if cuts is None:
            return None
        strip.append((x, cuts))
        if following is None or sign_changes(polynomials, x, following):
            shortest = min(range(len(strip)), key=lambda i: len(strip[i][1]))
            samples += [
                {"at": [canonical(x)], "cuts": cuts if i == shortest else []} for i, (x, cuts) in enumerate(strip)
            ]
            strip = []
    told = [{"power": int(power), "coefficients": " ".join(map(str, f.coeffs()))} for f, power in factors]
    return {"factors": told, "samples": samples}
