"""Certificates of random instances verify, and no mutant of one proves a false claim."""

from __future__ import annotations

import json
import sys
from fractions import Fraction
from pathlib import Path

from hypothesis import assume, given
from hypothesis import strategies as st
from theorems import theorem

from wlra_exact import verify_text
from wlra_exact.search.solve import solve_instance
from wlra_exact.testing import instances

sys.path.insert(0, str(Path(__file__).parents[1] / "verify"))

from opt_oracle import is_true
from test_mutations import mutants_of, names_of, places, replaced

SMALL = instances(rows=(1, 4), columns=(1, 4), values=5, weights=4)


def certificate_text(instance, method="auto"):
    return solve_instance(instance, gap="1e-4", time_limit=2, method=method).certificate.to_json()


@theorem(cost=4)
@given(instance=instances(rows=(1, 5), columns=(1, 6)), method=st.sampled_from(["auto", "spectral", "columns"]))
def test_the_certificate_of_a_random_instance_is_valid(instance, method):
    text = certificate_text(instance, method)
    result = verify_text(text)
    assert result.verdict == "valid", result.reason
    claim = json.loads(text)["claim"]
    assert result.lower == Fraction(claim["lower"]) <= result.upper == Fraction(claim["upper"])


@theorem(cost=10)
@given(instance=SMALL)
def test_the_claim_of_a_random_certificate_is_true_by_brute_force(instance):
    assert is_true(certificate_text(instance))


@theorem(cost=10)
@given(instance=SMALL, data=st.data())
def test_no_mutant_of_a_random_certificate_proves_a_false_claim(instance, data):
    tree = json.loads(certificate_text(instance))
    found = list(places(tree))
    for _ in range(8):
        path, value = data.draw(st.sampled_from(found))
        options = list(mutants_of(value, names_of(tree)))
        if not options:
            continue
        mutant = replaced(tree, path, data.draw(st.sampled_from(options)))
        if verify_text(mutant).verdict == "valid":
            assert is_true(mutant), (path, mutant)


@theorem(cost=10)
@given(instance=SMALL, share=st.sampled_from([Fraction(1, 1000), Fraction(1, 10), Fraction(1)]))
def test_a_claim_beyond_what_the_steps_prove_is_invalid(instance, share):
    tree = json.loads(certificate_text(instance))
    upper, lower = (Fraction(tree["claim"][side]) for side in ("upper", "lower"))
    assume(upper > 0)
    for claim in ({"lower": str(lower + share * upper)}, {"upper": str(upper * (1 - share))}):
        changed = json.dumps({**tree, "claim": {**tree["claim"], **claim}})
        assert verify_text(changed).verdict == "invalid"
