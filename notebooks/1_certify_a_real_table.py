# %% [markdown]
# # 1. Certify a real table, and read the landscape of local minima
#
# Hair and eye colour of 592 students (Snee 1974). We ask for the best rank-one table under the chi-square weights
# `1/expected`, prove that it is the best, and then look at what local methods are up against.

# %%
# %matplotlib inline
from collections import Counter

import numpy as np

import wlra_exact
from wlra_exact import plots
from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal
from wlra_exact.deciders.critical import critical_points
from wlra_exact.numeric.convert import approx_array
from wlra_exact.problem.read import build_instance

table = wlra_exact.load_dataset("hair_eye")
instance = build_instance(table, 1, omega="1/expected")
table.row_labels, table.column_labels, instance.shape

# %% [markdown]
# ## A bracket with a certificate

# %%
result = wlra_exact.solve_instance(instance)
print("opt is at least", floor_decimal(result.lower, 15))
print("opt is at most ", ceil_decimal(result.upper, 15))
verdict = wlra_exact.verify_text(result.certificate.to_json())
print("the independent verifier says:", verdict.verdict)
assert verdict.verdict == "valid"

# %% [markdown]
# The weights `1/expected` have rank one, so the cost is the chi-square statistic, and independence of hair and eye
# colour would make it small. Where does it come from?

# %%
plots.plot_residuals(instance, result.U, result.V, rows=table.row_labels, columns=table.column_labels)

# %% [markdown]
# Blond hair with brown eyes is far rarer than independence says, blond with blue far more frequent.
#
# ## One parameter: the whole landscape in one curve
#
# Keep two rows, black and blond, and weigh by `1/observed`: weights of full rank, no eigenvalues any more. With two
# rows and rank one the only unknown is a direction, so the landscape is a curve, and *all* its critical points can be
# computed exactly.

# %%
whole = build_instance(table, 1, omega="1/observed")
two_rows = whole.submatrix([0, 3], [0, 1, 2, 3])
report = critical_points(two_rows)
bracket = wlra_exact.solve_instance(two_rows)
print(report.complex_count, "complex critical points,", len(report.points), "of them real")
print("opt =", report.opt, " root of a polynomial of degree", report.opt.polynomial.degree())
plots.plot_line(two_rows, report=report, lower=bracket.lower)

# %% [markdown]
# Two local minima in a real table: 74.55 and 108.4, which is 45 % worse. (The highest point, at -45 degrees, is X = 0,
# which is not counted as a critical point of the rank-one tables.)
#
# Where does a plain descent end? Alternating least squares, the usual method: fix u and solve for v, fix v and solve for
# u, until nothing moves.

# %%
A, omega = approx_array(two_rows.A), approx_array(two_rows.omega)
random = np.random.default_rng(0)


def alternating_least_squares(u, sweeps=400):
    """The cost at which the alternation from u ends."""
    for _ in range(sweeps):
        v = (omega * A).T @ u / (omega.T @ u**2)
        u = (omega * A) @ v / (omega @ v**2)
    return np.sum(omega * (A - np.outer(u, v)) ** 2)


ends = [round(alternating_least_squares(random.standard_normal(2)), 4) for _ in range(200)]
for value, count in Counter(ends).most_common():
    print(f"{count:3d} of 200 random starts end at {value}")
assert len(Counter(ends)) == 2

# %% [markdown]
# The method does not know which of the two it has found: at 108.4 nothing moves either. The certificate does know. No
# table of rank one costs less than the first number:

# %%
print(floor_decimal(bracket.lower, 10), "<= opt <=", ceil_decimal(bracket.upper, 10))
assert bracket.lower > 74 and bracket.reached
