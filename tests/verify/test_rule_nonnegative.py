"""Rule nonnegative: opt >= 0, and no more."""

import pytest
from base_certificates import DIAGONAL, TRUE_UPPER
from certificate_builders import apply, certificate, problem_of, reason, step, verdict

from wlra_exact.verify import Invalid


def test_it_yields_zero():
    P = problem_of(*DIAGONAL)
    bound = apply("nonnegative", [P], {})
    assert (bound.side, bound.problem, bound.value) == ("lower", P, 0)


def test_it_proves_nothing_above_zero():
    steps = [step("l", "nonnegative", ["instance"]), TRUE_UPPER]
    assert verdict(certificate(DIAGONAL, 0, 1, steps)).verdict == "valid"
    assert verdict(certificate(DIAGONAL, -3, 1, steps)).verdict == "valid"
    why = "invalid: claim: expected lower to follow from 0, got 1/1000000"
    assert reason(certificate(DIAGONAL, "1/1000000", 1, steps)) == why


@pytest.mark.parametrize("count", [0, 2])
def test_it_needs_one_problem(count):
    with pytest.raises(Invalid, match=f"expected one premise, got {count}"):
        apply("nonnegative", [problem_of(*DIAGONAL)] * count, {})
