"""Links between pages lead somewhere, every page is in the site's table of contents, and so is every public name."""

import importlib
import re
import subprocess
import sys
from fnmatch import fnmatch

import pytest
from blocks import PAGES, ROOT

LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
TOCTREE = re.compile(r"```\{toctree\}\n(.*?)```", re.DOTALL)


@pytest.mark.parametrize("page", PAGES)
def test_links_to_files_lead_somewhere(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    targets = [target for target in LINK.findall(text) if "://" not in target and not target.startswith("mailto:")]
    missing = [target for target in targets if not ((ROOT / page).parent / target).exists()]
    assert missing == []


def test_every_page_is_in_the_table_of_contents():
    trees = TOCTREE.findall((ROOT / "docs" / "index.md").read_text(encoding="utf-8"))
    entries = [line for tree in trees for line in tree.split() if not line.startswith(":")]
    pages = {page.removeprefix("docs/").removesuffix(".md") for page in PAGES if page.startswith("docs/")} - {"index"}
    assert {page for page in pages if not any(fnmatch(page, entry) for entry in entries)} == set()


@pytest.mark.slow
def test_the_site_is_built_without_a_warning_and_shows_every_public_name(tmp_path):
    pytest.importorskip("furo", reason="the extra docs is not installed")
    pytest.importorskip("myst_parser", reason="the extra docs is not installed")
    line = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-E", str(ROOT / "docs"), str(tmp_path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    shown = "".join((tmp_path / "reference" / f"{page}.html").read_text("utf-8") for page in ("api", "modules"))
    for module in sorted((ROOT / "wlra_exact").rglob("*.py")):
        name = module.relative_to(ROOT).as_posix().removesuffix(".py").removesuffix("/__init__").replace("/", ".")
        if name.startswith("wlra_exact.cli") or name == "wlra_exact.__main__":
            continue  # the command line is shown by what its --help prints
        assert f'id="module-{name}"' in shown
        assert name in ("wlra_exact", "wlra_exact.plots", "wlra_exact.testing") or all(
            re.search(rf'id="wlra_exact\.([\w.]+\.)?{member}"', shown)
            for member in getattr(importlib.import_module(name), "__all__", ())
        )
