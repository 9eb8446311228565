# %% [markdown]
# # 5. Branch and bound, with its cells drawn
#
# A symmetric 3x3 instance with three global minimisers. No single quadratic certificate can touch all three at once,
# so the rule `minors` stops well below opt, and the search has to cut space into cells.

# %%
# %matplotlib inline
from collections import Counter

import wlra_exact
from wlra_exact import plots
from wlra_exact.deciders.critical import critical_points

A = [[-59, 11, 59], [11, 59, -59], [59, -59, 11]]
omega = [[9, 6, 1], [6, 1, 9], [1, 9, 6]]

# %% [markdown]
# ## What the root can do

# %%
root = wlra_exact.solve(A, omega=omega, rank=1, method="orthogonal")
print(root)
assert not root.reached

# %% [markdown]
# ## All critical points, exactly
#
# Three rows and rank one: two parameters, and elimination finds every critical point. The number of complex ones, 39,
# is the Euclidean distance degree of generic weights.

# %%
report = critical_points(root.instance)
kinds = Counter({0: "minimum", 1: "saddle", 2: "maximum"}[point.index] for point in report.points)
print(report.complex_count, "complex,", len(report.points), "real:", dict(kinds))
print("opt =", report.opt)
best = [point for point in report.points if point.value == report.opt]
print(len(best), "global minimisers")
assert (report.complex_count, len(best)) == (39, 3)

# %% [markdown]
# ## Branching closes it
#
# `method="columns"` branches over boxes of charts at once, without trying anything at the root first.

# %%
recorder = plots.Recorder()
result = wlra_exact.solve(A, omega=omega, rank=1, method="columns", progress=recorder)
print(result, dict(Counter(step.rule for step in result.certificate.steps)))
assert result.reached
plots.plot_bracket(recorder.events, gap="1e-6")

# %% [markdown]
# The three squares below hold every column space: in the chart of row *p* the space is spanned by a vector whose entry
# *p* is 1 and whose others lie between -1 and 1. Each cell carries one step of the certificate, which proves that the
# cost is at least `lower` on it. Cells are small near the minimisers and large where the cost is high anyway.

# %%
instance, cells = plots.certificate_cells(result.certificate)
plots.plot_landscape(instance, cells=cells, report=report)

# %% [markdown]
# Two checks that the picture suggests, made exactly: the cells of every chart tile its square, and the least bound of a
# cell is the certified lower bound.

# %%
areas = Counter()
for cell in cells:
    (left, bottom), (right, top) = cell.box.lower, cell.box.upper
    areas[cell.box.pivots] += (right - left) * (top - bottom)
print(dict(areas))
assert all(area == 4 for area in areas.values())
assert min(cell.bound for cell in cells) == result.lower

# %% [markdown]
# The exact optimum, an algebraic number, lies inside the certified bracket, as two unrelated ways of computing must
# agree:

# %%
assert result.lower <= report.opt.upper and report.opt.lower <= result.upper
print(result.lower <= report.opt.upper and report.opt.lower <= result.upper)
