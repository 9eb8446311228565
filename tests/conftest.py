"""Hypothesis profiles: `make test` tries the same examples on every run, so that it fails only when the code changes.

Fresh examples are for `make test-slow`, or for `pytest --hypothesis-profile=fresh`.
"""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("fresh", derandomize=False, deadline=None, print_blob=True)
settings.load_profile("repeatable")
