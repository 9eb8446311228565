"""The gallery: what ``certificates/valid`` holds is valid, complete, and what the README says it is."""

import importlib.util
from pathlib import Path

import pytest

from wlra_exact.certificate import load_certificate

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def tool():
    """The program that makes the gallery, as a module."""
    specification = importlib.util.spec_from_file_location("make_gallery", ROOT / "certificates" / "make_gallery.py")
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_every_certificate_of_the_gallery_is_valid_in_an_isolated_process(tool, verify_isolated):
    checked = verify_isolated(*sorted(tool.VALID.glob("*.json")))
    assert checked.returncode == 0, checked.stdout
    assert checked.stdout.count(": valid;") == len(list(tool.gallery()))


def test_a_certificate_is_about_the_problem_its_name_says(tool):
    for name, instance, _ in tool.gallery():
        assert load_certificate(tool.VALID / f"{name}.json").instance == instance


def test_the_gallery_has_all_tables_twice_and_no_other_file(tool):
    stems = {name for name, _, _ in tool.gallery()}
    assert {f"{table}_k{k}_uniform" for table in tool.names() for k in (1, 2)} <= stems
    assert {path.stem for path in tool.VALID.iterdir()} == stems
    assert len([stem for stem in stems if stem.endswith("inverse_expected")]) == 16


def test_the_readme_shows_the_certificates_that_are_there(tool):
    text = tool.README.read_text(encoding="utf-8")
    assert text.partition(tool.BEGIN)[2].partition(tool.END)[0].strip() == tool.table()
    for name, _, _ in tool.gallery():
        assert f"(certificates/valid/{name}.json)" in text
