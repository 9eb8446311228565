"""Fixtures of the verifier's tests; `certificate_builders` and `make_corpus` are importable beside this file."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture
def judged(tmp_path):
    """The verdict on a certificate beside a file of the given bytes, in words."""
    from certificate_builders import text

    from wlra_exact import verify

    def judge(certificate, raw, name=None):
        (tmp_path / (name or certificate["instance"]["source"]["name"])).write_bytes(raw)
        result = verify.verify_text(text(certificate), str(tmp_path))
        return result.verdict if result.verdict == "valid" else f"{result.verdict}: {result.reason}"

    return judge
