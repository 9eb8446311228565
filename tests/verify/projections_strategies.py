"""Problems and payloads of the rule projections, drawn at random."""

from __future__ import annotations

from certificate_builders import F
from hypothesis import assume
from hypothesis import strategies as st
from projections_builders import content_of, groups_of

positive = st.sampled_from([F(1), F(2), F(3), F(1, 2), F(5, 3)])


@st.composite
def instances(draw):
    """Problems with few patterns of missing entries; the weights of a column are any."""
    m, n = draw(st.integers(2, 4)), draw(st.integers(1, 5))
    observed = st.sampled_from([True, True, True, False])
    patterns = draw(st.lists(st.lists(observed, min_size=m, max_size=m), min_size=1, max_size=3))
    columns = [[draw(positive) if seen else F(0) for seen in draw(st.sampled_from(patterns))] for _ in range(n)]
    A = [[draw(st.integers(-4, 4)) if column[i] else 0 for column in columns] for i in range(m)]
    problem = A, [[column[i] for column in columns] for i in range(m)], draw(st.integers(1, m - 1))
    assume(groups_of(problem, [1] * m))
    return problem


@st.composite
def contents(draw, problem):
    """Any payload without proofs, of roots with up to three rows."""
    m = len(problem[0])
    root = st.lists(st.lists(st.integers(-5, 5), min_size=m, max_size=m), max_size=3)
    groups = [(draw(st.fractions(0, 4, max_denominator=5)), draw(root)) for _ in groups_of(problem, [1] * m)]
    c = draw(st.lists(positive, min_size=m, max_size=m))
    t = draw(st.fractions(-4, 4, max_denominator=5))
    return content_of(c, t, draw(root), groups, draw(st.integers(-3, 2)))
