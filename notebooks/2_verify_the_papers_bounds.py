# %% [markdown]
# # 2. Verify the paper's bounds
#
# The paper proves bounds on opt before anything is computed: an upper one from the data, and a lower one, astronomically
# small, that says when a search may conclude that opt = 0. We have certified brackets, so the statements can be
# *checked*: theory <= lower <= upper <= theory, on real tables and on random ones.

# %%
from fractions import Fraction
from random import Random

import wlra_exact
from wlra_exact.algebra.exact import matrix
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.read import build_instance
from wlra_exact.systems.bounds_report import bounds_report, log2_text

# %% [markdown]
# ## Real tables

# %%
print(
    f"{'table':22s} {'k':>2s} {'variables':>10s} {'theory: log2 opt >=':>20s} {'log2 lower':>11s} {'log2 upper':>11s} holds"
)
for name in ("hair_eye", "ucb_admissions", "va_deaths", "caith"):
    for k in (1, 2):
        instance = build_instance(wlra_exact.load_dataset(name), k, omega="1/expected")
        result = wlra_exact.solve_instance(instance, gap="1e-3", time_limit=20)
        report = bounds_report(instance, lower=result.lower, upper=result.upper)
        theory = max(bound.log2 for bound in report.proved)
        variables = report.predictions[0].variables
        print(
            f"{name:22s} {k:2d} {variables:10d} {theory:20d} "
            f"{log2_text(result.lower):>11s} {log2_text(result.upper, up=True):>11s} {report.chain_holds}"
        )
        assert report.chain_holds

# %% [markdown]
# The theoretical bounds are true and far away: log2 of the lower bound has eight digits and more, and no binary search
# ever gets there. What they buy is that the search *ends*.
#
# ## Sizes: predicted and built
#
# Lemma 4.1 predicts k (m + n) variables for the full system. `bounds_report` builds the systems and counts.

# %%
random = Random(1)
checked = 0
for _ in range(25):
    m, n = random.randint(2, 4), random.randint(2, 4)
    k = random.randint(1, min(m, n) - 1)
    A = matrix([[random.randint(-9, 9) for _ in range(n)] for _ in range(m)])
    omega = matrix([[random.randint(1, 5) for _ in range(n)] for _ in range(m)])
    instance = Instance(A, omega, k)
    result = wlra_exact.solve_instance(instance, gap="1e-2", time_limit=5)
    report = bounds_report(instance, lower=result.lower, upper=result.upper)
    assert report.variables["full"] == k * (m + n) == report.predictions[0].variables
    assert report.chain_holds
    assert wlra_exact.verify_text(result.certificate.to_json()).verdict == "valid"
    checked += 1
print(checked, "random instances: sizes as predicted, chain of bounds as proved, certificates valid")

# %% [markdown]
# ## Where a statement needs more than it says
#
# Lemma 4.1 asks whether some point has cost at most C. With a zero weight, opt may be approached and never reached:

# %%
hole = Instance(matrix([[0, 1], [1, 0]]), matrix([[0, 1], [1, 1]]), 1)
for t in (1, 10, 100, 1000):
    U, V = matrix([[t], [1]]), matrix([[1, Fraction(1, t)]])
    print(f"t = {t:5d}: cost {hole.cost(U, V)}")

# %% [markdown]
# The infimum is 0, and no matrix of rank one has cost 0. `solve` claims the infimum, and says so in a remark:

# %%
result = wlra_exact.solve_instance(hole)
print(result)
print(result.certificate.provenance.get("remark", ""))
assert result.lower == 0 < result.upper
