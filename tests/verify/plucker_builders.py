"""Small certificates with the rule plucker, and its forms by their definition.

The payloads in ``plucker_payloads.json`` were proposed by the solver with few digits; ``python plucker_builders.py``
writes them again. Forms are evaluated at rational points here, never expanded as the verifier does.
"""

from __future__ import annotations

import itertools
import json
from fractions import Fraction
from math import prod
from pathlib import Path

from base_certificates import DIAGONAL
from certificate_builders import F, certificate, clone, step, witness

#: One missing entry in each of two columns: three groups, rank 1.
MASK = ([[3, 1, 0], [1, 2, 1], [0, 1, 4]], [[1, 1, 0], [1, 2, 1], [0, 1, 1]], 1)

#: Four rows and rank 2, so one relation; the last two columns miss one entry each, and their weights differ.
PLANE = (
    [[2, 1, 0, 3, 0], [1, 3, 1, 1, 0], [0, 1, 2, 1, 4], [1, 0, 1, 0, 1]],
    [[1, 1, 2, 2, 0], [1, 1, 2, 4, 1], [1, 1, 2, 2, 1], [1, 1, 2, 0, 1]],
    2,
)

PROBLEMS = {"line": (DIAGONAL, F(7, 8)), "mask": (MASK, None), "plane": (PLANE, None)}
PATH = Path(__file__).with_name("plucker_payloads.json")
STORED = json.loads(PATH.read_text("utf-8")) if PATH.exists() else {}


def payload(name):
    return clone(STORED[name])


def base(name):
    (A, omega, k), _ = PROBLEMS[name]
    norm = sum(
        F(w) * F(a) ** 2 for row, weights in zip(A, omega, strict=True) for a, w in zip(row, weights, strict=True)
    )
    steps = [
        step("s1", "plucker", ["instance"], **payload(name)),
        witness("s2", "instance", [[0] * k] * len(A), [[0] * len(A[0])] * k),
    ]
    return certificate((A, omega, k), F(payload(name)["threshold"]), norm, steps)


PLUCKER_BASES = {name: base(name) for name in STORED}


def minors(U):
    """The minors of U by their sets of rows."""
    m, k = len(U), len(U[0])
    return {
        T: U[T[0]][0] if k == 1 else U[T[0]][0] * U[T[1]][1] - U[T[0]][1] * U[T[1]][0]
        for T in itertools.combinations(range(m), k)
    }


def groups_of(problem):
    """[(w, [(s_j, a_j), ...]), ...] in the order of the first columns, w integers without a common factor."""
    A, omega, k = problem
    groups = {}
    for a, column in zip(zip(*A, strict=True), zip(*omega, strict=True), strict=True):
        if sum(x != 0 for x in column) <= k:
            continue
        fractions = [F(x) for x in column]
        least = next(x for x in fractions if x)
        scaled = [x / least for x in fractions]
        unit = prod({x.denominator for x in scaled})
        whole = [int(x * unit) for x in scaled]
        common = next(d for d in range(min(x for x in whole if x), 0, -1) if all(x % d == 0 for x in whole))
        w = tuple(x // common for x in whole)
        s = next(x / y for x, y in zip(fractions, w, strict=True) if y)
        groups.setdefault(w, []).append((s, [F(x) for x in a]))
    return list(groups.items())


def num_and_den(k, w, members, p):
    """(num_g, den_g) at any numbers p, minors or not."""
    den = sum(prod(w[i] for i in T) * x * x for T, x in p.items())
    num = F(0)
    for S in itertools.combinations(range(len(w)), k + 1):
        for s, a in members:
            value = sum((-1) ** x * a[i] * p[S[:x] + S[x + 1 :]] for x, i in enumerate(S))
            num += prod(w[i] for i in S) * s * value**2
    return num, den


def products(p):
    """The products of two of the numbers p in the order of the format."""
    return [x * y for x, y in itertools.combinations_with_replacement([p[T] for T in sorted(p)], 2)]


def dyadic_rows(encoded):
    unit = Fraction(2) ** encoded["exponent"]
    return [[int(x) * unit for x in row.split()] for row in encoded["rows"]]


def forms(problem, content, p):
    """F_g at any numbers p, for all groups."""
    groups, tau = groups_of(problem), F(content["threshold"])
    square = sum(x * x for x in p.values())
    prices = [sum(c * x for c, x in zip(row, products(p), strict=True)) for row in dyadic_rows(content["prices"])]
    prices.append(tau * square - sum(prices))
    found = []
    for (w, members), price, part in zip(groups, prices, content["groups"], strict=True):
        num, den = num_and_den(problem[2], w, members, p)
        value = square * num - price * den
        fours = itertools.combinations(range(len(w)), 4) if problem[2] == 2 else ()
        for (a, b, c, d), row in zip(fours, dyadic_rows(part["multipliers"]), strict=True):
            relation = p[a, b] * p[c, d] - p[a, c] * p[b, d] + p[a, d] * p[b, c]
            value -= relation * sum(x * y for x, y in zip(row, products(p), strict=True))
        found.append(value)
    return found


def basis_at(w, p):
    """The basis of a group at the numbers p."""
    inner = [T for T in sorted(p) if all(w[i] for i in T)]
    order = inner + [T for T in sorted(p) if T not in inner]
    pairs = itertools.combinations_with_replacement(range(len(order)), 2)
    return [p[order[a]] * p[order[b]] for a, b in pairs if a < len(inner)]


def main():
    """Propose the payloads again."""
    from flint import fmpq

    from wlra_exact.algebra.exact import exact, matrix
    from wlra_exact.deciders import plucker
    from wlra_exact.numeric import plucker as numeric
    from wlra_exact.problem.instance import Instance
    from wlra_exact.search.prove import find_witnesses

    numeric._BITS, numeric._FACTOR_BITS = 24, 14
    found = {}
    for name, ((A, omega, k), cost) in PROBLEMS.items():
        instance = Instance(matrix(A), matrix(omega), k)
        opt = exact(cost) if cost is not None else find_witnesses([instance])[0].cost
        found[name] = plucker.prove_bound(instance, opt, fmpq(1, 5)).payload
    PATH.write_text(json.dumps(found, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
