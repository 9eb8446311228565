"""Attacks on the claim, the premises and `combine`, and what every part of the corpus builds from.

Each part yields (name, comment, would_prove, content).
"""

from __future__ import annotations

from base_certificates import DIAGONAL, LOWER_ONE, TRUE_UPPER, changed, diagonal
from certificate_builders import F, certificate, spectral, step, witness


def claims():
    false = "opt(diag(2, 1)) >= 2, but it is 1"
    yield (
        "claim_lower_above_its_step",
        "the step proves 1, the claim says 2",
        false,
        diagonal(2, [LOWER_ONE]),
    )
    yield (
        "claim_upper_below_its_step",
        "the witness costs 1, the claim says 1/2",
        "opt(diag(2, 1)) <= 1/2",
        diagonal(1, [LOWER_ONE], F(1, 2)),
    )
    yield (
        "claim_lower_from_an_upper_statement",
        "the witness is named as the lower step",
        false,
        changed("minors", lambda c: c["claim"].update(lower_step="s2")),
    )
    yield (
        "claim_from_a_reduction",
        "the lower step is a reduction",
        false,
        certificate(DIAGONAL, 2, 1, [step("r", "transpose", ["instance"]), TRUE_UPPER]),
    )
    yield (
        "claim_without_steps",
        "the claim names steps that do not exist",
        "any bracket",
        changed("minors", lambda c: c.update(steps=[])),
    )
    reduction = step("r", "blocks", ["instance"], blocks=[{"rows": [0], "columns": [0, 1]}])
    yield (
        "claim_upper_about_a_child",
        "the witness fits one row only, and the claim is about both",
        "opt <= 0, but it is 1",
        certificate(
            DIAGONAL, 0, 0, [reduction, step("z", "nonnegative", ["instance"]), witness("u", "r/0", [[1]], [[2, 0]])]
        ),
    )
    transposed = step("r", "transpose", ["instance"])
    yield (
        "claim_lower_about_a_child",
        "a bound for the transpose, which nothing carries back to the instance",
        "a true bound, by an unproved step",
        diagonal(1, [transposed, {**LOWER_ONE, "premises": ["r/0"]}]),
    )
    wrong = spectral("x", "instance", DIAGONAL, 1, a=[1, 1], b=[1, 1])
    wrong["payload"]["t"] = "2"
    yield (
        "unused_step_is_wrong",
        "a step that nothing uses claims opt >= 2",
        "every statement hidden in an unused step",
        certificate(DIAGONAL, 1, 1, [wrong, LOWER_ONE, TRUE_UPPER]),
    )


def premises():
    def pointing(*premises, rule="nonnegative"):
        return certificate(DIAGONAL, 0, 1, [step("a", rule, premises), step("b", "transpose", ["instance"]), *END])

    END = [step("z", "nonnegative", ["instance"]), TRUE_UPPER]
    for name, premise, comment in (
        ("forward", "b", "a premise that comes later"),
        ("itself", "a", "a step that rests on itself"),
        ("own_child", "a/0", "a step that rests on its own child"),
        ("forward_child", "b/0", "the child of a later reduction"),
        ("child_of_the_instance", "instance/0", "a child of the instance"),
        ("unknown", "nowhere", "a name that no step bears"),
    ):
        yield (f"premise_{name}", comment, "whatever it likes, in a circle", pointing(premise))
    yield ("premise_none", "a rule about no problem", "a bound on nothing", pointing())
    yield ("premise_two", "a rule about two problems", "one bound for both", pointing("instance", "instance"))
    for name, premise, comment in (
        ("child_of_a_lower_statement", "z/0", "the child of a step that reduces nothing"),
        ("child_out_of_range", "b/1", "the second child of a transpose"),
        ("statement_for_a_problem", "z", "a statement where a problem is expected"),
    ):
        steps = [step("b", "transpose", ["instance"]), END[0], step("y", "nonnegative", [premise]), TRUE_UPPER]
        yield (f"premise_{name}", comment, "a bound on nothing", certificate(DIAGONAL, 0, 1, steps))


def combine():
    two = step("r", "blocks", ["instance"], blocks=[{"rows": [0], "columns": [0, 1]}, {"rows": [1], "columns": [0, 1]}])
    first, second = step("p", "nonnegative", ["r/0"]), step("q", "nonnegative", ["r/1"])
    upper = witness("w", "r/0", [[1]], [[0, 0]])
    for name, premises, comment in (
        ("order", ["r", "q", "p"], "the bounds of the children in the wrong order"),
        ("missing_child", ["r", "p"], "one child without a bound"),
        ("extra_child", ["r", "p", "q", "q"], "a bound too many"),
        ("repeated_child", ["r", "p", "p"], "the bound of one child twice"),
        ("upper_for_lower", ["r", "w", "q"], "an upper bound, 4, in the place of a lower one"),
        ("root_for_child", ["r", "l", "q"], "a bound on the instance in the place of a bound on its child"),
        ("no_reduction", ["p", "q"], "no reduction at all"),
        ("problem_for_reduction", ["instance", "p", "q"], "a problem in the place of the reduction"),
        ("nothing", [], "no premises"),
    ):
        steps = [two, first, second, upper, LOWER_ONE, step("c", "combine", premises)]
        lower = 4 if name == "upper_for_lower" else 0
        yield (f"combine_{name}", comment, "a sum that is no lower bound", diagonal(lower, steps))
    twin = step("t", "blocks", ["instance"], blocks=[{"rows": [0], "columns": [0, 1]}])
    steps = [two, twin, step("p", "nonnegative", ["t/0"]), second, step("c", "combine", ["r", "p", "q"])]
    yield (
        "combine_equal_problem_of_another_step",
        "a bound on an equal problem that another step made",
        "a true bound, by an unproved step",
        diagonal(0, steps),
    )
