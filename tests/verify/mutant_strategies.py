"""Strategies for changed certificates that several rules share."""

from __future__ import annotations

from certificate_builders import F, canonical, clone, text
from hypothesis import strategies as st


@st.composite
def moved_entries(draw, bases):
    """A base with one number of its instance moved a little, and the proof of the old one."""
    mutant = clone(bases[draw(st.sampled_from(sorted(bases)))])
    mutant["claim"]["upper"] = "1000"
    name = draw(st.sampled_from(["A", "omega"]))
    rows = mutant["instance"][name]
    i, j = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows[0]) - 1))
    if mutant["instance"]["omega"][i][j] != "0":
        moved = F(rows[i][j]) + draw(st.fractions(F(-1, 8), F(1, 8), max_denominator=64))
        rows[i][j] = canonical(max(moved, F(1, 64)) if name == "omega" else moved)
    return text(mutant)


@st.composite
def drawn_entries(draw, bases):
    """A base with other numbers in one place of A and one of omega, and the proof of the old ones."""
    mutant = clone(bases[draw(st.sampled_from(sorted(bases)))])
    mutant["claim"]["upper"] = "1000"
    for name, least in (("A", -5), ("omega", 0)):
        rows = mutant["instance"][name]
        i, j = draw(st.integers(0, len(rows) - 1)), draw(st.integers(0, len(rows[0]) - 1))
        if mutant["instance"]["omega"][i][j] != "0":
            rows[i][j] = canonical(draw(st.fractions(least, 5, max_denominator=4)))
            if name == "omega" and rows[i][j] == "0":
                mutant["instance"]["A"][i][j] = "0"
    return text(mutant)
