"""Property-based testing of cost bounds and heuristics, against certified truth.

| name | what it is |
|---|---|
| ``instances``, ``patterned_instances``, ``systems`` | Hypothesis strategies |
| ``falsify``, ``search_counterexample`` | an instance that refutes a claimed lower bound, with a certificate |
| ``assert_lower_bound`` | the same as one line of a test |
| ``check_bound``, ``check_heuristic`` | a bound or a heuristic on cases with certified brackets |
| ``load_benchmark``, ``certify`` | such cases: the library of this project, or your own |
| ``build``, ``FAMILIES``, ``Size`` | the families of instances, without Hypothesis |

Guarantee: a counterexample, and every comparison with a bracket, is exact; a search that finds nothing proves nothing.
"""

from wlra_exact.testing.benchmark import Case, load_benchmark
from wlra_exact.testing.claims import binary64_instance
from wlra_exact.testing.families import FAMILIES, POSITIVE, Size, build
from wlra_exact.testing.refute import (
    Counterexample,
    Falsification,
    assert_lower_bound,
    falsify,
    search_counterexample,
)
from wlra_exact.testing.score import (
    BoundRow,
    BoundScore,
    HeuristicRow,
    HeuristicScore,
    certify,
    check_bound,
    check_heuristic,
)
from wlra_exact.testing.strategies import instances, patterned_instances, systems

__all__ = [
    "FAMILIES",
    "POSITIVE",
    "BoundRow",
    "BoundScore",
    "Case",
    "Counterexample",
    "Falsification",
    "HeuristicRow",
    "HeuristicScore",
    "Size",
    "assert_lower_bound",
    "binary64_instance",
    "build",
    "certify",
    "check_bound",
    "check_heuristic",
    "falsify",
    "instances",
    "load_benchmark",
    "patterned_instances",
    "search_counterexample",
    "systems",
]
