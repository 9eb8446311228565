"""Run the theorems at the profile `deep`, and rewrite docs/reference/deep-profile.md with what came of it.

    python tests/deep.py [--profile NAME] [--page FILE]

The page is written after every theorem, so that an interrupted run leaves what it did.
"""

from __future__ import annotations

import platform
import sys
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import click
import pytest

from wlra_exact import __version__

ROOT = Path(__file__).parents[1]
THEOREMS = ROOT / "tests" / "testing"

HEAD = """# The deep profile

The project's own theorems as properties of random instances, each tried on fresh examples.
`make test` tries the same properties on up to fifty fixed examples.
`make test-deep` tries them on ten thousand (fewer where one example takes long) and writes this page.
A failure would be a counterexample, made as small as Hypothesis can, and a bug to fix before anything else.

Each line is a test of `tests/testing/test_theorems_*.py` in the repository, its name read as a sentence.
"""


class Recorder:
    """A pytest plugin that keeps outcome, examples and time of every theorem."""

    def __init__(self, page, profile):
        self.page, self.profile, self.examples, self.rows = page, profile, {}, []
        self.started = datetime.now(UTC)

    def pytest_collection_modifyitems(self, items):
        self.examples = {item.nodeid: getattr(item.function, "theorem_examples", None) for item in items}

    def pytest_runtest_logreport(self, report):
        if report.when == "call" and self.examples.get(report.nodeid):
            self.rows.append((report.nodeid, self.examples[report.nodeid], report.outcome, report.duration))
            self.page.write_text(self.text(), encoding="utf-8")

    def text(self):
        total = sum(1 for examples in self.examples.values() if examples)
        facts = (
            f"Last run: {self.started:%Y-%m-%d}, profile `{self.profile}`, wlra_exact {__version__}, Python "
            f"{platform.python_version()}, Hypothesis {version('hypothesis')}. "
            f"{sum(row[2] == 'passed' for row in self.rows)} of {total} theorems passed on "
            f"{sum(row[1] for row in self.rows):,} examples in {sum(row[3] for row in self.rows) / 60:.0f} minutes."
        )
        lines = [HEAD, facts, "", "| theorem | examples | result | seconds |", "|---|---|---|---|"]
        for nodeid, examples, outcome, seconds in self.rows:
            name = nodeid.partition("::test_")[2].replace("_", " ").replace("[", ": ").replace("]", "")
            lines.append(f"| {name} | {examples:,} | {outcome} | {seconds:.0f} |")
        return "\n".join(lines) + "\n"


@click.command(help=__doc__)
@click.option("--profile", default="deep", help="Hypothesis profile.")
@click.option("--page", type=click.Path(path_type=Path), default=ROOT / "docs" / "reference" / "deep-profile.md")
def main(profile: str, page: Path) -> None:
    """Run the theorems."""
    start = time.monotonic()
    files = sorted(map(str, THEOREMS.glob("test_theorems_*.py")))
    code = pytest.main(["-q", f"--hypothesis-profile={profile}", *files], plugins=[Recorder(page, profile)])
    click.echo(f"{page}: written after {time.monotonic() - start:.0f} s")
    sys.exit(int(code))


if __name__ == "__main__":
    main()
