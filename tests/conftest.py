"""Hypothesis profiles, chosen by HYPOTHESIS_PROFILE or by `pytest --hypothesis-profile=...`.

| profile | examples of a theorem | seed |
|---|---|---|
| `quick` | 50 | fixed: `make test` tries the same examples on every run, and fails only when the code changes |
| `default` | 500 | fresh: `make test-slow` |
| `deep` | 10 000 | fresh: `make test-deep` |

A test that says how many examples it wants gets as many in every profile; ``theorems.theorem`` scales with it.
"""

import os

from hypothesis import HealthCheck, settings

for name, examples in (("quick", 50), ("default", 500), ("deep", 10_000)):
    settings.register_profile(
        name,
        max_examples=examples,
        derandomize=name == "quick",
        deadline=None,
        print_blob=True,
        suppress_health_check=[HealthCheck.too_slow],  # Reasoning: a busy machine is no failure.
    )
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "quick"))
