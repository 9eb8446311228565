"""The bounds of the rules whose payloads do not state them.

Guarantee: none of the bounds is checked; they are what the verifier would find.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from flint import fmpq

from wlra_exact.certificate import UNSTATED, Json
from wlra_exact.problem.instance import Instance

__all__ = ["stated_bound"]


def stated_bound(rule: str, instance: Instance, payload: Mapping[str, Json]) -> fmpq:
    """The bound of a payload of one of the rules ``certificate.UNSTATED``.

    Raises:
        ValueError: for a payload that does not fit the instance.
    """
    assert rule in UNSTATED
    decider = import_module(f"wlra_exact.deciders.{rule}")  # one may need SciPy, which takes long to import
    bound: fmpq = decider.stated_bound(instance, payload)
    return bound
