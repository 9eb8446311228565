"""``import wlra_exact``: the public names, found when they are first used."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import wlra_exact
from wlra_exact import datasets

SOURCE = Path(wlra_exact.__file__).read_text(encoding="utf-8")


def type_checking_names():
    """Name -> module and name there, as a type checker sees it."""
    block = next(node for node in ast.parse(SOURCE).body if isinstance(node, ast.If))
    imports = [node for node in block.body if isinstance(node, ast.ImportFrom)]
    return {alias.asname or alias.name: (node.module, alias.name) for node in imports for alias in node.names}


DEFINED_HERE = {"dataset_names", "load_dataset"}


@pytest.mark.parametrize("name", sorted(set(wlra_exact.__all__) - DEFINED_HERE))
def test_a_public_name_is_what_a_type_checker_says_it_is(name):
    module, there = type_checking_names()[name]
    __import__(module)
    assert getattr(wlra_exact, name) is getattr(sys.modules[module], there)


def test_type_checkers_and_dir_see_exactly_the_public_names():
    assert {*type_checking_names(), *DEFINED_HERE} == set(wlra_exact.__all__)
    assert set(wlra_exact.__all__) <= set(dir(wlra_exact))


def test_the_bundled_tables_are_those_of_datasets():
    assert wlra_exact.dataset_names() == datasets.names()
    assert wlra_exact.load_dataset("caith") == datasets.load("caith")


def test_another_name_is_an_attribute_error():
    with pytest.raises(AttributeError, match="no attribute 'slove'"):
        _ = wlra_exact.slove


def test_solve_is_the_function_even_after_its_module_was_imported(environment):
    program = (
        "import wlra_exact.search.solve, wlra_exact.cli.solve, wlra_exact; assert wlra_exact.solve.__name__ == 'solve'"
    )
    subprocess.run([sys.executable, "-c", program], env=environment, check=True)


def test_the_main_job_in_three_lines():
    result = wlra_exact.solve([[1, "1.1"], [1, -1]], omega=[[2, 1], [1, 2]], rank=1)
    assert result.reached
    assert wlra_exact.verify_text(result.certificate.to_json()).verdict == "valid"
