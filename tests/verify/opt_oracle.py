"""The oracle: whether a certificate's claim is true, found without the verifier.

The upper side is exact: the cost of the witness that the claim names. The lower side is brute force: alternating
weighted least squares from many starts reaches costs >= opt, so a lower bound above the least of them is false.
"""

from __future__ import annotations

import functools
import json
from fractions import Fraction

import numpy as np
from certificate_builders import cost, fractions, product, step_of, verdict


def descend(A, omega, U, steps=500):
    """The cost that alternating weighted least squares reaches from U."""
    roots, best = np.sqrt(omega), np.inf
    for _ in range(steps):
        V = np.stack(
            [np.linalg.lstsq(r[:, None] * U, r * a, rcond=None)[0] for r, a in zip(roots.T, A.T, strict=True)], axis=1
        )
        U = np.stack([np.linalg.lstsq((r * V).T, r * a, rcond=None)[0] for r, a in zip(roots, A, strict=True)], axis=0)
        now = float((omega * (A - U @ V) ** 2).sum())
        if now > best * (1 - 1e-12):
            break
        best = now
    return min(best, now)


def approx_opt(A, omega, k, starts=24):
    """A cost of a matrix of rank <= k, in floating point: opt for tiny problems, never below it."""
    A, omega = np.array(A, dtype=float), np.array(omega, dtype=float)
    m, n = A.shape
    if k >= min(m, n):
        return 0.0
    rng = np.random.default_rng(20250101)
    return min(descend(A, omega, rng.normal(size=(m, k))) for _ in range(starts))


@functools.lru_cache(maxsize=10_000)
def _approx_opt_of_text(text):
    instance = json.loads(text)
    return approx_opt(fractions(instance["A"]), fractions(instance["omega"]), instance["k"])


def is_true(text):
    """Whether the claim of a certificate is true, as far as brute force sees."""
    certificate = json.loads(text)
    instance, claim = certificate["instance"], certificate["claim"]
    payload = step_of(certificate, claim["upper_step"])["payload"]
    U, V = fractions(payload["U"]), fractions(payload["V"])
    if len(V) != instance["k"] or cost(instance["A"], instance["omega"], product(U, V)) > Fraction(claim["upper"]):
        return False
    reached = _approx_opt_of_text(json.dumps(instance))
    return float(Fraction(claim["lower"])) <= reached + 1e-9 * max(1.0, reached)


def expect_true_if_valid(text):
    """The soundness of the verifier: what it calls valid claims nothing false."""
    if verdict(text).verdict == "valid":
        assert is_true(text)
