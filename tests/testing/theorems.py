"""How often a theorem is tried: as often as the Hypothesis profile says, divided by what one example costs."""

from __future__ import annotations

from hypothesis import settings


def theorem(cost=1):
    """A decorator above ``@given``: max_examples of the profile over ``cost``, and at least 3.

    Args:
        cost: of one example, in units of about five milliseconds.
    """
    examples = max(3, settings.default.max_examples // cost)

    def decorate(function):
        function = settings(max_examples=examples)(function)
        function.theorem_examples = examples  # for the report of `make test-deep`
        return function

    return decorate
