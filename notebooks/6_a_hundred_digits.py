# %% [markdown]
# # 6. A hundred digits
#
# Where a lower bound is tight, more digits cost linear algebra and no search. This notebook certifies an optimum to a
# hundred and to a thousand digits, reads off the polynomial that it is a root of, and then does the same for a table
# on which no relaxation at the root is tight.

# %%
import random
import time

import wlra_exact
from wlra_exact.algebra.decimal import agreed_digits, floor_decimal
from wlra_exact.algebra.generic_count import generic_count
from wlra_exact.deciders.critical import critical_points


def certified(A, gap, **options):
    """Solve, verify, and say how many digits are certified."""
    start = time.monotonic()
    result = wlra_exact.solve(A, gap=gap, **options)
    solved = time.monotonic()
    text = result.certificate.to_json()
    verdict = wlra_exact.verify_text(text).verdict
    digits = agreed_digits(result.lower, result.upper)
    print(
        f"{verdict}: {digits} digits, {len(text)} bytes, solved in {solved - start:.1f} s, "
        f"verified in {time.monotonic() - solved:.1f} s"
    )
    assert result.reached
    assert verdict == "valid"
    return result


# %% [markdown]
# ## Random dense tables

# %%
rng = random.Random(2024)


def dense(m, n):
    """A from -9 to 9, weights W from 1 to 5."""
    A = [[rng.randint(-9, 9) for _ in range(n)] for _ in range(m)]
    W = [[rng.randint(1, 5) for _ in range(n)] for _ in range(m)]
    return A, W


for m, n, k in [(3, 3, 1), (4, 4, 1), (6, 6, 1), (4, 4, 2)]:
    A, W = dense(m, n)
    print(f"{m}x{n}, rank {k}:", end=" ")
    result = certified(A, "1e-100", weights=W, rank=k)
    print("  opt =", floor_decimal(result.lower, 100) + "...")

# %%
A, W = dense(3, 3)
result = certified(A, "1e-1000", weights=W, rank=1)

# %% [markdown]
# ## The number behind the digits
#
# opt is a critical value, hence algebraic. Lattice reduction finds its minimal polynomial from the digits alone: the
# polynomial below knows nothing of the table. Its degree is at most the number of complex critical points.

# %%
A, W = dense(2, 3)
result = certified(A, "1e-700", weights=W, rank=1)
guess = wlra_exact.guess_algebraic(result.lower, result.upper)
print(guess.number.polynomial)
print("degree", guess.number.polynomial.degree(), "of at most", generic_count(2, 3, 1))
print(guess.spare, "bits to spare")

# %% [markdown]
# That is evidence, not a proof: other numbers lie in the bracket too. With two rows the critical points are at hand.

# %%
opt = critical_points(result.instance).opt
print("the least critical value has the same polynomial:", opt.polynomial == guess.number.polynomial)
assert opt == guess.number

# %% [markdown]
# ## Three minimisers
#
# The symmetric table of notebook 5: its relaxation at the root stops at 38333, because no quadratic certificate can
# touch all three minimisers. Boxes of charts are cut until each holds one minimiser at most, and a box around a
# minimiser has a tight bound again.

# %%
A = [[-59, 11, 59], [11, 59, -59], [59, -59, 11]]
omega = [[9, 6, 1], [6, 1, 9], [1, 9, 6]]
result = certified(A, "1e-200", omega=omega, rank=1)
print("opt =", floor_decimal(result.lower, 200) + "...")

# %% [markdown]
# ## Where digits end
#
# Here every direction of the row factor costs the same: the minimisers form a continuum, and Newton's method has
# nothing to converge to. The bracket is what double precision gives, and the certificate says why.

# %%
result = wlra_exact.solve([[1, 0], [0, 1]], rank=1, gap="1e-30")
print(result)
print(result.certificate.provenance["remark"])
assert not result.reached
