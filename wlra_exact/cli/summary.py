"""A certificate in the words of a reader: what its reductions did, and what its lower-bound steps claim.

Shapes and bounds are read off the payloads by the definitions of ``docs/certificate-format.md``.

Guarantee: none about the claim. This is a reading, not a check: a false certificate has a summary too.
"""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from flint import fmpq

from wlra_exact.algebra.decimal import floor_decimal
from wlra_exact.algebra.exact import exact
from wlra_exact.certificate import ROOT, UNSTATED, Certificate, Json, Step
from wlra_exact.errors import InputError
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.reductions import children_of

__all__ = [
    "LowerStep",
    "ReductionStep",
    "Summary",
    "bound_text",
    "field",
    "outermost",
    "reduction_text",
    "rests_on",
    "shape_text",
    "summarise",
]

_WIDTH = 80
_INDENT = 12

#: So many different shapes of blocks are listed one by one.
_SHAPES = 6

Shape = tuple[int, int]


@dataclass(frozen=True)
class ReductionStep:
    """A problem and what it was reduced to.

    Attributes:
        id: of the step.
        rule: ``transpose``, ``blocks``, ``merge`` or ``gram``.
        detail: the axis, or "".
        before: the shape of the problem.
        after: the shapes of its children.
    """

    id: str
    rule: str
    detail: str
    before: Shape
    after: tuple[Shape, ...]


@dataclass(frozen=True)
class LowerStep:
    """A lower bound that a step claims.

    Attributes:
        id: of the step.
        rule: of the format.
        problem: the name of the problem.
        shape: of the problem, when it is known.
        bound: the bound, when the payload states one; for `columns` and `split` it holds on a box only.
        premises: the steps it rests on.
    """

    id: str
    rule: str
    problem: str
    shape: Shape | None
    bound: fmpq | None
    premises: tuple[str, ...] = ()


@dataclass(frozen=True)
class Summary:
    """The steps of a certificate, sorted by what they say; upper bounds are left out (the claim has the best)."""

    reductions: tuple[ReductionStep, ...]
    lower: tuple[LowerStep, ...]


def summarise(certificate: Certificate, name: str) -> Summary:
    """Read the steps of a certificate that was loaded, but not verified, from the file ``name``.

    Raises:
        InputError: when a payload lacks what its rule needs.
    """
    problems = _problems(certificate)
    shapes: dict[str, Shape] = {ROOT: certificate.instance.shape}
    bounds: dict[str, fmpq | None] = {}
    reductions: list[ReductionStep] = []
    lower: list[LowerStep] = []
    for step in certificate.steps:
        try:
            problem = step.premises[0]
            if step.rule in _CHILDREN:
                after = tuple(_CHILDREN[step.rule](step.payload, shapes[problem]))
                shapes |= {f"{step.id}/{i}": shape for i, shape in enumerate(after)}
                shapes[step.id] = shapes[problem]  # `combine` names the reduction in place of its problem
                reductions.append(
                    ReductionStep(step.id, step.rule, step.payload.get("axis", ""), shapes[problem], after)
                )
            elif step.rule != "witness":
                below = step.premises[1:]
                parts = [bounds[premise] for premise in below] if step.rule in _JOINT else []
                bounds[step.id] = _joint(step.rule, parts) if parts else _bound(step, problems.get(problem))
                lower.append(LowerStep(step.id, step.rule, problem, shapes.get(problem), bounds[step.id], below))
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            where = f"{name}, step {step.id} (rule {step.rule})"
            raise InputError(where, "a payload of the format", f"{type(error).__name__}: {str(error)[:60]}") from error
    return Summary(tuple(reductions), tuple(lower))


def rests_on(summary: Summary, last: str) -> Summary:
    """The summary with those lower-bound steps alone that the given one rests on, itself included."""
    by_id = {step.id: step for step in summary.lower}
    kept, waiting = set(), [last]
    while waiting:
        name = waiting.pop()
        if name in by_id and name not in kept:
            kept.add(name)
            waiting += by_id[name].premises
    return Summary(summary.reductions, tuple(step for step in summary.lower if step.id in kept))


def outermost(summary: Summary, last: str) -> Summary:
    """The steps that say most: those that a step rests on by way of `combine` alone, and the reductions between.

    What they in turn rest on (boxes, regions, parts of a problem beside a box) is left out.
    """
    by_id = {step.id: step for step in summary.lower}
    kept, used, waiting = [], set(), [last]
    while waiting:
        step = by_id.get(waiting.pop())
        if step is None:
            continue
        if step.rule == "combine":
            used.add(step.problem)
            waiting += reversed(step.premises)
        else:
            kept.append(step)
    return Summary(tuple(step for step in summary.reductions if step.id in used), tuple(kept))


def _blocks(payload: Json, shape: Shape) -> list[Shape]:
    return [(len(block["rows"]), len(block["columns"])) for block in payload["blocks"]]


def _merge(payload: Json, shape: Shape) -> list[Shape]:
    removed = sum(len(group["members"]) for group in payload["groups"])
    return [_along(payload["axis"], shape, -removed)]


def _gram(payload: Json, shape: Shape) -> list[Shape]:
    change = sum(len(group["rows"]) - len(group["members"]) for group in payload["groups"])
    return [_along(payload["axis"], shape, change)]


def _along(axis: str, shape: Shape, change: int) -> Shape:
    return (shape[0] + change, shape[1]) if axis == "row" else (shape[0], shape[1] + change)


_CHILDREN = {
    "transpose": lambda payload, shape: [(shape[1], shape[0])],
    "blocks": _blocks,
    "merge": _merge,
    "gram": _gram,
}


#: Rules whose bound follows from those of their premises.
_JOINT = ("combine", "split", "chart_cover", "cut")


def _problems(certificate: Certificate) -> dict[str, Instance]:
    """The problems of the steps that do not state their bounds, rebuilt by the reductions.

    Those of `merge` and `gram` are taken from this version's own reductions, when they are the same.
    """
    if not any(step.rule in UNSTATED for step in certificate.steps):
        return {}
    found = {ROOT: certificate.instance}
    for step in certificate.steps:
        problem = found.get(step.premises[0]) if step.rule in _CHILDREN else None
        if problem is not None:
            found |= {f"{step.id}/{i}": child for i, child in enumerate(children_of(problem, step.rule, step.payload))}
    return found


def _joint(rule: str, parts: list[fmpq | None]) -> fmpq | None:
    stated = [part for part in parts if part is not None]
    if len(stated) < len(parts):
        return None
    return sum(stated, fmpq(0)) if rule == "combine" else min(stated)


def _bound(step: Step, problem: Instance | None) -> fmpq | None:
    """The bound that the step states; None when only a check would tell."""
    if step.rule == "nonnegative":
        return fmpq(0)
    if step.rule in UNSTATED:
        from wlra_exact.deciders.stated import stated_bound

        return None if problem is None else stated_bound(step.rule, problem, step.payload)
    threshold = step.payload.get("threshold")
    return exact(threshold) if isinstance(threshold, str) else None


def field(name: str, text: str) -> str:
    """A labelled paragraph for a terminal of 80 columns.

    >>> field("gap", "small")
    'gap         small'
    """
    return textwrap.fill(
        text,
        _WIDTH,
        initial_indent=name.ljust(_INDENT),
        subsequent_indent=" " * _INDENT,
        break_long_words=False,
        break_on_hyphens=False,
    )


def shape_text(shape: Shape) -> str:
    """The shape as "4x5".

    >>> shape_text((4, 5))
    '4x5'
    """
    return f"{shape[0]}x{shape[1]}"


def reduction_text(step: ReductionStep) -> str:
    """What one reduction did, in a few words.

    >>> reduction_text(ReductionStep("r0", "blocks", "", (9, 9), ((4, 4), (4, 4), (1, 1))))
    'blocks 9x9 -> 2 of 4x4, 1x1'
    """
    counts: Iterable[tuple[Shape, int]] = Counter(step.after).items()
    after = ", ".join(shape_text(shape) if count == 1 else f"{count} of {shape_text(shape)}" for shape, count in counts)
    if len(set(step.after)) > _SHAPES:
        after = f"{len(step.after)} of up to {shape_text(max(step.after, key=lambda shape: shape[0] * shape[1]))}"
    rule = f"{step.rule} {step.detail}s" if step.detail else step.rule
    return f"{rule} {shape_text(step.before)} -> {after}"


def bound_text(step: LowerStep, digits: int) -> str:
    """The step's bound rounded down, or "not stated"."""
    return "not stated" if step.bound is None else floor_decimal(step.bound, digits)
