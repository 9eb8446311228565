"""The table of docs/theory.md is what its command writes."""

from pathlib import Path

import pytest

from wlra_exact.errors import InputError
from wlra_exact.systems.theory_table import fill, main, theory_table

PAGE = Path(__file__).parents[2] / "docs" / "theory.md"


def test_the_page_holds_the_table_that_the_command_writes():
    page = PAGE.read_text(encoding="utf-8")
    assert fill(page) == page


def test_the_command_writes_into_a_page(tmp_path):
    page = PAGE.read_text(encoding="utf-8")
    stale = tmp_path / "theory.md"
    stale.write_text(page.replace(theory_table(), "nothing\n"), encoding="utf-8")
    assert main([str(stale)]) == 0
    assert stale.read_text(encoding="utf-8") == page


def test_without_a_page_the_table_goes_to_standard_output(capsys):
    assert main([]) == 0
    assert capsys.readouterr().out == theory_table()


def test_a_page_without_markers_is_refused():
    with pytest.raises(InputError, match="end of table"):
        fill("# No table\n")


def test_every_size_has_its_row():
    rows = [line.split(" | ") for line in theory_table().splitlines()[2:]]
    assert len(rows) == 6 * 4 * 3
    assert {row[0] for row in rows} == {f"| {10**e}" for e in range(1, 7)}
