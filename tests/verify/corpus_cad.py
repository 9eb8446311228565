"""Attacks on the rule cad."""

from __future__ import annotations

from base_certificates import diagonal
from cad_builders import CAD_BASES, cad
from certificate_builders import F, certificate, clone, step, step_of, witness


def changed(base, change, **values):
    """A base whose payload went through ``change``, and then got the values."""
    content = clone(CAD_BASES[base])
    payload = step_of(content, "s1")["payload"]
    change(payload)
    payload.update(values)
    return content


def payload(base, **values):
    return changed(base, lambda _: None, **values)


def raised(base, tau):
    content = payload(base, threshold=tau)
    content["claim"].update(lower=tau, upper="100")
    return content


def sample(i, **values):
    return lambda payload: payload["samples"][i].update(values)


def factor(i, **values):
    return lambda payload: payload["factors"][i].update(values)


def without(key, i):
    return lambda payload: payload[key].pop(i)


def cad_proofs():
    line, plane = "opt >= 7/8 for diag(2, 1), with a hole in the proof", "opt >= 5 with a hole in the proof"
    point = "opt >= 2 for diag(3, 1, 1), with a hole in the proof"
    short = "a true bound, in a wrong form"
    for base, tau, what in (
        ("line", "1000000001/1000000000", "opt > 1 for diag(2, 1), whose opt is 1"),
        ("line_at_opt", "1000000001/1000000000", "opt > 1 for diag(2, 1), whose opt is 1"),
        ("point", "2000000001/1000000000", "opt > 2 for diag(3, 1, 1), whose opt is 2"),
        ("round", "10000000001/1000000000", "opt > 10 for diag(3, 3, 1), whose opt is 10"),
        ("sphere", "2000000001/1000000000", "opt > 2 for the identity, whose opt is 2"),
        ("plane", "9", "opt >= 9, which is above opt"),
    ):
        yield (f"cad_{base}_above_opt", "a threshold just above opt, the rest as it was", what, raised(base, tau))
    yield ("cad_no_cuts", "the one sample has no cuts", line, changed("line", sample(0, cuts=[])))
    yield ("cad_too_few_cuts", "a negative coefficient between cuts", line, changed("line", sample(0, cuts=["1/3"])))
    yield (
        "cad_cuts_in_another_order",
        "cuts that decrease",
        line,
        changed("line", lambda p: p["samples"][0]["cuts"].reverse()),
    )
    yield ("cad_no_sample", "nothing shown", line, payload("line", samples=[]))
    yield (
        "cad_two_samples_on_a_line",
        "a sample too many",
        short,
        changed("line", lambda p: p["samples"].extend(p["samples"])),
    )
    yield (
        "cad_factor_on_a_line",
        "a factor where there is no resultant",
        short,
        payload("line", factors=[{"power": 1, "coefficients": "1 0 1"}]),
    )
    yield ("cad_place_on_a_line", "a first coordinate where there is none", short, changed("line", sample(0, at=["0"])))
    yield ("cad_other_pivots", "the proof of another chart", plane, payload("plane", pivots=[0, 1]))
    yield ("cad_pivots_unordered", "2 0 for 0 2", short, payload("plane", pivots=[2, 0]))
    yield ("cad_pivot_twice", "0 0", short, payload("plane", pivots=[0, 0]))
    yield ("cad_pivot_out_of_range", "row 3 of three", short, payload("plane", pivots=[0, 3]))
    yield ("cad_few_pivots", "one row for rank 2", short, payload("plane", pivots=[0]))
    yield ("cad_missing_sample", "no sample below the root of D", point, changed("point", without("samples", 0)))
    yield ("cad_missing_fibre", "no cuts on one side of the root of D", point, changed("point", sample(1, cuts=[])))
    yield ("cad_sample_on_a_root", "D vanishes at the sample", point, changed("point", sample(1, at=["0"])))
    yield ("cad_samples_exchanged", "samples that decrease", point, changed("point", lambda p: p["samples"].reverse()))
    yield ("cad_no_samples", "nothing shown", point, payload("point", samples=[]))
    yield ("cad_sample_without_place", "a sample without x", point, changed("point", sample(1, at=[])))
    yield ("cad_factor_left_out", "D without its root", point, payload("point", factors=[]))
    yield ("cad_power_too_small", "D with a simple root", point, changed("point", factor(0, power=1)))
    yield ("cad_power_too_large", "D of too large a degree", point, changed("point", factor(0, power=3)))
    yield ("cad_power_huge", "a power that nobody can compute", point, changed("point", factor(0, power=10**17)))
    yield (
        "cad_power_zero",
        "a factor to the power 0",
        short,
        changed("point", lambda p: p["factors"].append({"power": 0, "coefficients": "1 1"})),
    )
    yield ("cad_other_root", "the root moved", point, changed("point", factor(0, coefficients="-1 1")))
    yield (
        "cad_constant_factor",
        "a factor of degree 0",
        short,
        changed("point", lambda p: p["factors"].append({"power": 1, "coefficients": "1"})),
    )
    yield (
        "cad_no_leading_coefficient",
        "a factor with a leading 0",
        short,
        changed("point", factor(0, coefficients="0 1 0")),
    )
    yield ("cad_factor_without_integers", "an empty factor", point, changed("point", factor(0, coefficients="")))
    yield (
        "cad_another_square",
        "y + 1 for y",
        "opt >= 10 from another polynomial",
        payload("round", square={"root": ["1", "1"], "rest": ["8"]}),
    )
    yield (
        "cad_negative_rest",
        "-H for H",
        "opt >= 10 from another polynomial",
        payload("round", square={"root": ["0", "1"], "rest": ["-8"]}),
    )
    yield (
        "cad_zero_square",
        "a square that is 0",
        "opt >= 10 from no polynomial",
        payload("round", square={"root": [""], "rest": ["8"]}),
    )
    yield (
        "cad_zero_rest",
        "a rest that is 0",
        "opt >= 10 from no polynomial",
        payload("round", square={"root": ["0", "1"], "rest": [""]}),
    )
    yield (
        "cad_square_of_a_larger_degree",
        "y^2 for y",
        "opt >= 10 from another polynomial",
        payload("round", square={"root": ["0", "0", "1"], "rest": ["8"]}),
    )
    yield (
        "cad_square_in_place_of_the_rest",
        "no square: the resultant is 0",
        short,
        changed("round", lambda p: p.pop("square")),
    )
    above = {"threshold": "11", "pivots": [0], "factors": [], "samples": [{"at": ["0"], "cuts": ["0"]}]}
    loose = ([[1, 2], [0, 0], [0, 0]], [[1, 1], [0, 0], [0, 0]], 1)
    yield (
        "cad_without_groups",
        "every column fits exactly: H = -tau",
        "opt >= 11 where opt = 0",
        certificate(
            loose, 11, 20, [cad("l", "instance", above), witness("u", "instance", [[0], [0], [0]], [[0, 0]])]
        ),
    )  # fmt: skip
    many = {"threshold": "0", "pivots": [0], "factors": [], "samples": []}
    for name, m in (("three_coordinates", 4), ("no_coordinates", 1)):
        yield (
            f"cad_{name}",
            f"{m} rows of rank 1",
            "a true bound, beyond the rule",
            certificate(
                ([[0]] * m, [[1]] * m, 1), 0, 0,
                [cad("l", "instance", many), witness("u", "instance", [[0]] * m, [[0]])],
            ),
        )  # fmt: skip
    seven = step_of(CAD_BASES["line"], "s1")["payload"]
    yield (
        "claim_lower_from_cad_of_a_child",
        "a statement about the transpose for one about the instance",
        "a bound on a problem from a statement about another",
        diagonal(F(7, 8), [step("t", "transpose", ["instance"]), cad("l", "t/0", seven)]),
    )
    yield (
        "cad_of_a_statement",
        "a bound for a problem",
        "a bound on nothing",
        diagonal(F(7, 8), [step("z", "nonnegative", ["instance"]), cad("l", "z", seven)]),
    )


def malformed_cad():
    nothing_proved = "nothing: it is no certificate"

    def missing(key):
        return changed("point", lambda payload: payload.pop(key))

    for key in ("threshold", "pivots", "factors", "samples"):
        yield (f"payload_cad_without_{key}", f"no {key}", nothing_proved, missing(key))
    for name, content in {
        "no_pivots": payload("point", pivots=[]),
        "unknown_key": payload("point", tau="0"),
        "threshold": payload("point", threshold=2),
        "negative_power": changed("point", factor(0, power=-1)),
        "power_as_text": changed("point", factor(0, power="2")),
        "factor_as_list": changed("point", factor(0, coefficients=[0, 1])),
        "factor_of_rationals": changed("point", factor(0, coefficients="0 1/2")),
        "sample_as_number": payload("point", samples=["0"]),
        "cuts_as_numbers": changed("point", sample(0, cuts=[0])),
        "sample_without_cuts": changed("point", lambda p: p["samples"][0].pop("cuts")),
        "square_without_rest": payload("round", square={"root": ["0 1"]}),
        "square_without_rows": payload("round", square={"root": [], "rest": ["8"]}),
        "square_of_numbers": payload("round", square={"root": [1], "rest": ["8"]}),
    }.items():
        yield (f"payload_cad_{name}", name.replace("_", " "), nothing_proved, content)
