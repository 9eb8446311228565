"""Exact reductions: smaller instances with the same optimum, and witnesses lifted back.

``reduce_instance`` applies ``blocks``, ``merge``, ``gram`` and ``transpose`` until nothing shrinks; each is one step of
the certificate (its rule and payload are on ``Reduction``). ``lift_witness`` turns witnesses of the leaves into one of
the user's own instance. The single reductions are ``find_blocks``, ``find_merge``, ``find_gram``, ``find_transpose``.
"""

from wlra_exact.problem.reductions.blocks import find_blocks
from wlra_exact.problem.reductions.gram import find_gram, gram_rows
from wlra_exact.problem.reductions.lift import Factors, Lifted, Reduction, default_delta
from wlra_exact.problem.reductions.lines import Axis
from wlra_exact.problem.reductions.merge import find_merge
from wlra_exact.problem.reductions.pipeline import (
    Node,
    children_of,
    leaves,
    lift_tree,
    lift_witness,
    nodes,
    reduce_instance,
)
from wlra_exact.problem.reductions.transpose import find_transpose
from wlra_exact.problem.reductions.trivial import Trivial, find_trivial

__all__ = [
    "Axis",
    "Factors",
    "Lifted",
    "Node",
    "Reduction",
    "Trivial",
    "children_of",
    "default_delta",
    "find_blocks",
    "find_gram",
    "find_merge",
    "find_transpose",
    "find_trivial",
    "gram_rows",
    "leaves",
    "lift_tree",
    "lift_witness",
    "nodes",
    "reduce_instance",
]
