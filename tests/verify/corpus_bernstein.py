"""Attacks on the rule bernstein."""

from __future__ import annotations

from base_certificates import TRUE_UPPER, diagonal
from bernstein_builders import BERNSTEIN_BASES, bernstein
from certificate_builders import F, certificate, clone, step, step_of, witness

TWO = ([[2, 0], [0, 1]], [[1, 1], [1, 1]], 2)


def payload(base, **values):
    content = clone(BERNSTEIN_BASES[base])
    step_of(content, "s1")["payload"].update(values)
    return content


def trees(base, *texts):
    return payload(base, trees=list(texts))


def raised(base, tau, upper):
    content = payload(base, threshold=tau)
    content["claim"].update(lower=tau, upper=upper)
    return content


def bernstein_proofs():
    one, short = "opt >= 7/8 for diag(2, 1) from a proof with a hole", "a true bound, in a wrong form"
    yield (
        "bernstein_threshold_above_opt",
        "tau = 9/8 with the trees of 7/8",
        "opt >= 9/8 for diag(2, 1), whose opt is 1",
        raised("line", "9/8", "9/8"),
    )
    yield (
        "bernstein_threshold_just_above_opt",
        "tau = 1 + 10^-12",
        "opt > 1 for diag(2, 1), whose opt is 1",
        raised("line", "1000000000001/1000000000000", "2"),
    )
    yield ("bernstein_missing_chart", "one chart of two", one, trees("line", "0.."))
    yield ("bernstein_chart_twice", "a chart too many", short, trees("line", "0..", ".", "."))
    yield ("bernstein_charts_exchanged", "the trees in another order", short, trees("line", ".", "0.."))
    yield ("bernstein_leaf_too_early", "a leaf with a negative coefficient", one, trees("line", ".", "."))
    yield ("bernstein_half_a_box", "no tree for the upper half", one, trees("line", "0.", "."))
    yield ("bernstein_no_leaf", "a cut, and nothing below it", one, trees("line", "0", "."))
    yield ("bernstein_two_trees_in_one", "text after the tree", short, trees("line", "0...", "."))
    yield ("bernstein_one_text_for_all", "both trees in the first string", short, trees("line", "0...", "0"))
    yield ("bernstein_coordinate", "a cut along coordinate 1 of one", one, trees("line", "1..", "."))
    yield (
        "bernstein_cuts_of_the_other_coordinate",
        "0 and 1 exchanged",
        "opt >= 5 from boxes on which H was not bounded",
        trees("plane", "10.1.0..0.10..01...", "1.0..", "1.0.1.."),
    )
    yield (
        "bernstein_rank_of_all_rows",
        "k = m: one chart without coordinates",
        "opt >= 0 from no box",
        certificate(
            TWO, 0, 0,
            [bernstein("l", "instance", 0, ["."]), witness("u", "instance", [[1, 0], [0, 1]], [[2, 0], [0, 1]])],
        ),
    )  # fmt: skip
    tall = ([[0]] * 12, [[1]] * 12, 1)
    yield (
        "bernstein_eleven_coordinates",
        "a digit cannot name them",
        "a true bound, beyond the rule",
        certificate(
            tall, 0, 0, [bernstein("l", "instance", 0, ["."] * 12), witness("u", "instance", [[0]] * 12, [[0]])]
        ),
    )
    loose = ([[1, 2], [0, 0]], [[1, 1], [0, 0]], 1)
    yield (
        "bernstein_without_groups",
        "every column fits exactly: H = -tau",
        "opt >= 1 where opt = 0",
        certificate(
            loose, 1, 5, [bernstein("l", "instance", 1, [".", "."]), witness("u", "instance", [[0], [0]], [[0, 0]])]
        ),
    )
    yield (
        "bernstein_of_a_child",
        "a statement about the transpose for one about the instance",
        "a bound on a problem from a statement about another",
        diagonal(F(7, 8), [step("t", "transpose", ["instance"]), bernstein("l", "t/0", F(9, 8), ["0..", "."])]),
    )
    yield (
        "bernstein_of_a_statement",
        "a bound for a problem",
        "a bound on nothing",
        certificate(
            ([[2, 0], [0, 1]], [[1, 1], [1, 1]], 1), 0, 1,
            [step("z", "nonnegative", ["instance"]), bernstein("l", "z", 0, [".", "."]), TRUE_UPPER],
        ),
    )  # fmt: skip


def malformed_bernstein():
    nothing_proved = "nothing: it is no certificate"
    yield ("payload_bernstein_no_trees", "an empty list of trees", nothing_proved, trees("line"))
    yield ("payload_bernstein_empty_tree", "an empty tree", nothing_proved, trees("line", "0..", ""))
    yield ("payload_bernstein_letters", "a letter for a digit", nothing_proved, trees("line", "x..", "."))
    yield ("payload_bernstein_space", "a space in a tree", nothing_proved, trees("line", "0 ..", "."))
    yield ("payload_bernstein_other_digits", "an Arabic digit", nothing_proved, trees("line", "\u0660..", "."))
    yield ("payload_bernstein_tree_as_list", "a list for a tree", nothing_proved, trees("line", ["0", ".", "."], "."))
    yield ("payload_bernstein_trees_as_text", "one string for all", nothing_proved, payload("line", trees="0..."))
    yield ("payload_bernstein_threshold", "a number for a rational", nothing_proved, payload("line", threshold=0))
    yield ("payload_bernstein_unknown_key", "a second threshold", nothing_proved, payload("line", tau="0"))
    content = clone(BERNSTEIN_BASES["line"])
    del step_of(content, "s1")["payload"]["trees"]
    yield ("payload_bernstein_without_trees", "no trees", nothing_proved, content)
