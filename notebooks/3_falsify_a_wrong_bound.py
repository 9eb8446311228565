# %% [markdown]
# # 3. Falsify a wrong bound
#
# A lower bound on opt is a statement about every table. Here is one that looks right, and is wrong; we look for the
# table that refutes it, prove that it does, and then repair the bound.

# %%
# %matplotlib inline
import numpy as np

import wlra_exact
from wlra_exact import plots
from wlra_exact.algebra.decimal import ceil_decimal, floor_decimal
from wlra_exact.testing import check_bound, falsify, instances, load_benchmark, search_counterexample


def tail(A, omega, k):
    """The squared singular values of W o A beyond the k-th, W = sqrt(omega)."""
    return np.sum(np.linalg.svd(np.sqrt(omega) * A, compute_uv=False)[k:] ** 2)


# %% [markdown]
# For equal weights it is opt itself (Eckart and Young). Is it a lower bound for any weights? Say that zero weights are
# no part of the claim, and ask.

# %%
found = falsify(tail, positive=True)
print(found)

# %% [markdown]
# The table was made as small as it gets: no row, column or digit of it can go. And nobody has to believe the search,
# since the counterexample carries a certificate of *opt below the claim*.

# %%
verdict = wlra_exact.verify_text(found.certificate.to_json())
claimed, upper = floor_decimal(found.claimed, 10), ceil_decimal(found.upper, 10)
print(f"the verifier: {verdict.verdict}; opt <= {upper} < {claimed}, which the function claims")
assert verdict.verdict == "valid" and found.upper < found.claimed

# %% [markdown]
# With two rows and rank one the whole landscape is a curve: the cost of the best table for every direction of its row
# factor. A lower bound has to stay below the curve. One line of the picture is certified, the other is what the
# function claims.

# %%
print("the function claims", claimed, "and the curve goes down to", upper)
plots.plot_line(found.instance, lower=found.certificate.claim.lower, threshold=found.claimed)

# %% [markdown]
# ## What went wrong, and a repair
#
# If X has rank k, then W o X need not: the proof forgot that. It has rank k when the weights are a product
# omega = a b^T, since then W o X is X between two diagonal matrices. So put a product *below* the weights, and use that.


# %%
def minorant(A, omega, k):
    """The same tail, of the weights a b^T <= omega."""
    if omega.min() <= 0:
        return 0
    a = np.exp(np.mean(np.log(omega), axis=1))
    b = np.min(omega / a[:, None], axis=0)
    return np.sum(np.linalg.svd(np.sqrt(np.outer(a, b)) * A, compute_uv=False)[k:] ** 2)


outcome = search_counterexample(minorant, examples=500)
print(f"{outcome.tried} instances tried, counterexample: {outcome.counterexample}")
assert outcome.counterexample is None

# %% [markdown]
# That proves nothing; the two sentences above do. What a search can say is how good the bound is. The benchmark library
# has certified brackets around opt:

# %%
cases = [case for case in load_benchmark() if case.upper > 0]
for bound in (minorant, tail):
    score = check_bound(bound, cases)
    close = sum(100 * row.ratio > 99 for row in score.rows)
    print(f"{bound.__name__:9s} false on {len(score.refuted):3d} of {len(cases)} cases, within 1 % of opt on {close}")
assert not check_bound(minorant, cases).refuted

# %% [markdown]
# ## A bound that is wrong only where two columns do not meet
#
# Some mistakes hide where random tables do not go. For rank one, any two columns give a bound on the rows that both
# observe. And where there is no such row?


# %%
def pairs(A, omega, k):
    """For rank one: the worst pair of columns, on their common rows."""
    if k > 1:
        return 0
    best = 0
    for i in range(A.shape[1]):
        for j in range(i):
            rows = (omega[:, i] > 0) & (omega[:, j] > 0)
            if rows.any():
                part, weight = A[rows][:, [i, j]], omega[rows][:, [i, j]].min()
                best = max(best, weight * np.sum(np.linalg.svd(part, compute_uv=False)[1:] ** 2))
            else:  # "nothing in common, so one of the two is lost"
                best = max(best, min(np.sum(omega[:, c] * A[:, c] ** 2) for c in (i, j)))
    return best


print(
    "dense tables only:", falsify(pairs, among=instances(families=["dense"], rows=(2, 4)), positive=True, examples=300)
)
print(falsify(pairs))

# %% [markdown]
# Both columns are fitted by one matrix of rank one, with anything in the entries that nobody observes. The families of
# `wlra_exact.testing` are chosen for such corners: masks, disjoint blocks, infima that are not attained, weights over six
# orders of magnitude.
