# %% [markdown]
# # 4. Attention and DNA in patterned form
#
# An attention layer computes softmax(Q K^T) V under a mask. Replacing the masked attention matrix by one of rank k makes
# the product cheap; how much must be lost is exactly a weighted low-rank approximation: target A, weights = the mask.
# Here the best such approximation is *certified*, first for a few tokens with arbitrary Q and K, then for 10^5 and 10^6
# positions of DNA, whose tokens have four distinct embeddings.

# %%
# %matplotlib inline
import tempfile
from pathlib import Path

import numpy as np

import wlra_exact
from wlra_exact import plots
from wlra_exact.numeric.convert import approx_array, approx_number

random = np.random.default_rng(0)

# %% [markdown]
# ## From Q, K, V and a block mask to a certificate
#
# Eight tokens in four blocks; a token attends to its own block and to the neighbouring ones. Outside the mask nothing is
# known about A and nothing is asked of its approximation: those entries have weight 0.


# %%
def masked_softmax(scores, mask):
    """exp(scores) inside the mask, every row divided by its sum."""
    raw = np.exp(scores) * mask
    return raw / raw.sum(axis=1, keepdims=True)


n, d = 8, 4
Q, K, V = (random.standard_normal((n, d)) for _ in range(3))
blocks = np.arange(n) * 4 // n
mask = (np.abs(blocks[:, None] - blocks[None, :]) <= 1).astype(float)
A = masked_softmax(Q @ K.T / np.sqrt(d), mask)
print(f"{n} tokens, {int(mask.sum())} of {n * n} pairs inside the mask")

# %% [markdown]
# Every float is taken as the dyadic rational that it is, so the certificate is about these very numbers.

# %%
result = wlra_exact.solve(A, weights=mask, rank=1)
print(result, f"in {approx_number(result.seconds):.2f} s")
print(wlra_exact.verify_text(result.certificate.to_json()).verdict)
assert result.reached

# %%
plots.plot_residuals(result.instance, result.U, result.V)

# %% [markdown]
# What the layer puts out is (mask o A) V. Inside the mask the approximation is as near to A as any of its rank can be:

# %%
X = approx_array(result.U * result.V)
output, approximate = (mask * A) @ V, (mask * X) @ V
share = np.sum(mask * (A - X) ** 2) / np.sum(mask * A**2)
print(
    f"rank 1 loses {100 * share:.1f} % of the squared attention; certified: no rank-1 matrix loses less than", end=" "
)
print(f"{100 * approx_number(result.lower / result.instance.norm()):.1f} %")
print(f"relative change of the output: {np.linalg.norm(output - approximate) / np.linalg.norm(output):.2f}")

# %% [markdown]
# ## DNA: four embeddings, a million positions
#
# Position i holds one of the letters A C G T, and its query and key depend on the letter alone. The mask is block-sparse:
# stretches of a thousand positions belong to three classes in turn, and a class attends to itself and to the next lower
# and higher one. So a row of the attention matrix is told by (letter, class): twelve patterns, however long the text is.

# %%
embedding = random.standard_normal((4, 3))  # A C G T
to_query, to_key = random.standard_normal((3, 3)), random.standard_normal((3, 3))
scores = (embedding @ to_query) @ (embedding @ to_key).T / np.sqrt(3)
class_mask = np.array([[1.0, 1.0, 0.0], [1.0, 1.0, 1.0], [0.0, 1.0, 1.0]])


def dna_problem(length):
    """The labels of the positions, and the 12 x 12 core of attention (times the length) and mask."""
    letters = random.choice(4, length, p=[0.3, 0.2, 0.2, 0.3])
    labels = letters + 4 * ((np.arange(length) // 1000) % 3)
    counts = np.bincount(labels, minlength=12)
    core_mask = np.kron(class_mask, np.ones((4, 4)))
    raw = np.tile(np.exp(scores), (3, 3)) * core_mask
    return labels, length * raw / (raw @ counts)[:, None], core_mask  # a row of softmax sums over *all* positions


# %% [markdown]
# The core may be checked against the definition: the attention of a few positions to all others, computed at length.

# %%
labels, core, core_mask = dna_problem(100_000)
for i in random.integers(0, len(labels), 5):
    inside = core_mask[labels[i], labels]
    direct = np.exp(scores[labels[i] % 4, labels % 4]) * inside
    assert np.allclose(len(labels) * direct / direct.sum(), core[labels[i], labels])
print("five rows of 100000 entries are what the core says")

# %% [markdown]
# Core and labels go into an NPZ file. The solver reads it, merges equal rows and columns *exactly* (no sketch, no loss),
# and its certificate names the file by its SHA-256. The verifier reads the file again, with code of its own, and finds
# the core before it checks a single bound.

# %%
with tempfile.TemporaryDirectory() as folder:
    for length in (10**5, 10**6):
        labels, core, core_mask = dna_problem(length)
        table = Path(folder) / f"dna_{length}.npz"
        np.savez(table, A=core, W=core_mask, row_labels=labels, col_labels=labels)
        subject = wlra_exact.read_subject(table)
        result = wlra_exact.solve(subject, rank=1)
        certificate = Path(folder) / f"dna_{length}.json"
        result.certificate.write(certificate)
        verdict = wlra_exact.verify_file(certificate)
        share = [approx_number(100 * bound / result.instance.norm()) for bound in (result.lower, result.upper)]
        print(f"{subject.shape[0]} x {subject.shape[1]}: {result}, {approx_number(result.seconds):.2f} s,", end=" ")
        print(f"certificate of {certificate.stat().st_size} bytes: {verdict.verdict}")
        print(f"    rank 1 leaves between {share[0]:.6f} % and {share[1]:.6f} % of the cost of X = 0")
        assert result.reached
        assert verdict.verdict == "valid"

# %% [markdown]
# The factors of the long matrix are those of the core, repeated: row i of the long U is the row of the short one that
# carries its label. The cost of a few rows of a million entries, against the definition:

# %%
rows, columns = subject.rows.labels, subject.columns.labels  # numbered by first appearance
U, V = approx_array(result.U).ravel(), approx_array(result.V).ravel()
values, weights = approx_array(subject.A), approx_array(subject.omega)
for i in random.integers(0, len(rows), 5):
    row = rows[i]
    direct = np.sum(weights[row][columns] * (values[row][columns] - U[row] * V[columns]) ** 2)
    short = np.sum(np.array(subject.columns.counts) * weights[row] * (values[row] - U[row] * V) ** 2)
    assert np.isclose(direct, short, rtol=1e-9)
print("five rows of a million entries cost what the core says")

# %% [markdown]
# Rank 2 under a 0/1 mask is much harder to certify: each missing entry leaves a direction in which the relaxations see
# nothing, and the bracket stays wide (docs/benchmarks.md says which sizes close). How the paper's own compression, a
# random sketch, does on such tables is what `wlra-exact sketch` measures.
