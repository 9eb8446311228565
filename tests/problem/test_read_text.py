"""CSV, TSV and blank-separated text: layout rules, exact numbers, refusals with line and column."""

import csv
import io

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import canonical
from wlra_exact.errors import InputError
from wlra_exact.problem.read import read_table
from wlra_exact.problem.read_text import decode_text, parse_csv, parse_delimited


def parse(text: str, delimiter: str | None = ",", **options: bool):
    return parse_delimited(text, "A.csv", delimiter=delimiter, **options)


def message_of(text: str, delimiter: str | None = ",", **options: bool) -> str:
    with pytest.raises(InputError) as caught:
        parse(text, delimiter, **options)
    return str(caught.value)


@pytest.mark.parametrize(
    ("text", "rows", "row_labels", "column_labels"),
    [
        ("1,2\n3,4\n", [[1, 2], [3, 4]], None, None),
        ("1,2\r\n3,4", [[1, 2], [3, 4]], None, None),
        ("1,2\n3,4\n\n\n", [[1, 2], [3, 4]], None, None),
        ('"1","2"\n"3","4"\n', [[1, 2], [3, 4]], None, None),
        ("5\n", [[5]], None, None),
        ("x\n5\n", [[5]], None, ("x",)),
        ("x,y,z\n1,2,3\n", [[1, 2, 3]], None, ("x", "y", "z")),
        ("x,x\n1,2\n", [[1, 2]], None, ("x", "x")),
        ("x,,z\n1,2,3\n", [[1, 2, 3]], None, ("x", "", "z")),
        ("x,y\n1,2\n,4\n", [[1, 2], [0, 4]], None, ("x", "y")),
        ("row,a,b\nr,1,2\ns,3,4\n", [[1, 2], [3, 4]], ("r", "s"), ("a", "b")),
        ("row,a,b\n1,1,2\n2,3,4\n", [[1, 2], [3, 4]], ("1", "2"), ("a", "b")),
        ("row,1,2\n1,1,2\n2,3,4\n", [[1, 2], [3, 4]], ("1", "2"), ("1", "2")),
        ("Row , 2019 , 2020 \n1, 1 , 2 \n", [[1, 2]], ("1",), ("2019", "2020")),
        (",a,b\nr,1,2\n", [[1, 2]], ("r",), ("a", "b")),
        (",a,b\n0,1,2\n1,3,4\n", [[1, 2], [3, 4]], ("0", "1"), ("a", "b")),
        (",2019,2020\nParis,1,2\nRome,3,4\n", [[1, 2], [3, 4]], ("Paris", "Rome"), ("2019", "2020")),
        (",2019,total\nParis,1,2\n", [[1, 2]], ("Paris",), ("2019", "total")),
        ("city,2019,total\nParis,1,2\n", [[1, 2]], ("Paris",), ("2019", "total")),
        ("eyes,a,b\nblue,1,2\ndark,3,4\n", [[1, 2], [3, 4]], ("blue", "dark"), ("a", "b")),
        ('row,"a, b",c\n"x ""y""",1,2\n', [[1, 2]], ('x "y"',), ("a, b", "c")),
        ('row,"a\nb",c\nr,1,2\n', [[1, 2]], ("r",), ("a\nb", "c")),
        ("row,Ä,ö\nß,1,2\n", [[1, 2]], ("ß",), ("Ä", "ö")),
        ("row,a\u2028b,c\nr,1,2\n", [[1, 2]], ("r",), ("a\u2028b", "c")),
        (",1\n1,0\n", [[0, 1], [1, 0]], None, None),
        (",,\n1,2,3\n", [[0, 0, 0], [1, 2, 3]], None, None),
    ],
)
def test_header_and_row_labels_are_told_from_numbers(text, rows, row_labels, column_labels):
    table = parse(text)
    assert table.A.tolist() == rows
    assert table.row_labels == row_labels
    assert table.column_labels == column_labels


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "A.csv: expected a table of numbers, got an empty file"),
        ("\n\n", "A.csv: expected a table of numbers, got an empty file"),
        ("\n1,2\n", "A.csv, line 1: expected a header or numbers, got an empty line"),
        ("a,b\n", "A.csv: expected a line of numbers below the header, got none"),
        ("1,2\n3\n", "A.csv, line 2: expected 2 fields as on line 1, got 1"),
        ("1,2\n3,4,5\n", "A.csv, line 2: expected 2 fields as on line 1, got 3"),
        ("1,2\n\n3,4\n", "A.csv, line 2: expected 2 fields as on line 1, got an empty line"),
        ("1,2\n3,abc\n", "A.csv, line 2, column 2: expected a number, got 'abc'"),
        ("row,x\na,1\nb,2x\n", "A.csv, line 3, column 2: expected a number, got '2x'"),
        (
            "user,film,rating\nann,Dune,4\nbob,Alien,5\n",
            "A.csv, line 2, column 2: expected a number, as labels may stand in the first column alone, got 'Dune'",
        ),
        ("x,y\n1,2\nabc,4\n", "A.csv, line 3, column 1: expected a number, got 'abc'"),
        ("1;2\n3;4\n", "A.csv, line 2, column 1: expected a number, got '3;4'"),
        (
            'a,b\n"1,234.5",2\n"6,234.5",4\n',
            "A.csv, line 2, column 1: expected a number without separators of thousands, got '1,234.5'",
        ),
        (
            'a,b\n"1,234",2\n"6,234",4\n',
            "A.csv, line 2, column 1: expected a decimal point, since this comma could separate thousands, got '1,234'",
        ),
        (
            "1,1e999999\n2,3\n",
            "A.csv, line 1, column 2: expected a decimal exponent of at most 5000 in size, got '1e999999'",
        ),
        ("1,inf\n", "A.csv, line 1, column 2: expected a finite number, got 'inf'"),
        ("1,-Infinity\n", "A.csv, line 1, column 2: expected a finite number, got '-Infinity'"),
        ("1,1/0\n", "A.csv, line 1, column 2: expected a rational number such as -3/7, got '1/0'"),
        (
            "1,2.3.4,5\n1,2,3\n",
            "A.csv, line 1, column 2: expected a number, as beside it, or a header of names, got '2.3.4'",
        ),
        (
            ",2.3.4,5\n1,2,3\n",
            "A.csv, line 1, column 2: expected a number, as beside it, or a header of names, got '2.3.4'",
        ),
        (
            "1x,2\n3,4\n",
            "A.csv, line 1, column 1: expected a number, or 'row' if the column holds labels, got '1x'",
        ),
        (
            "Paris,1,2\nRome,3,4\n",
            "A.csv, line 1, column 1: expected 'row' above the labels if this line is a header, "
            "or a header above it if it is not, got 'Paris'",
        ),
        (
            ",0,1\n0,5,6\n1,7,8\n",
            "A.csv, line 1, column 1: expected 'row' if the counts 0, 1, ... are labels, or NA if the entry is "
            "missing, got an empty field",
        ),
        ('1,"2\n3,4\n', "A.csv, line 2: expected delimited text, got unexpected end of data"),
        ('1,"2"x\n3,4\n', "A.csv, line 1: expected delimited text, got ',' expected after '\"'"),
        (
            "1," + "9" * 200000 + "\n",
            "A.csv, line 1: expected delimited text, got field larger than field limit (131072)",
        ),
    ],
)
def test_a_bad_file_is_refused_with_line_and_column(text, message):
    assert message_of(text) == message


def test_a_quoted_line_break_does_not_shift_line_numbers():
    assert message_of('row,"a\nb"\nr,1\ns,x\n') == "A.csv, line 4, column 2: expected a number, got 'x'"


def test_a_message_about_tabs_names_them():
    assert message_of('"1"2\t3\n', "\t") == "A.csv, line 1: expected delimited text, got 'tab' expected after '\"'"


def test_each_missing_word_is_a_missing_entry():
    table = parse("1,2,3,4\n,NA,nan,null\n")
    assert table.observed == ((True,) * 4, (False,) * 4)
    assert table.A.tolist() == [[1, 2, 3, 4], [0, 0, 0, 0]]


def test_decimals_are_decimals_unless_binary64_is_asked_for():
    assert parse("0.1,1/3\n").A.entries() == [fmpq(1, 10), fmpq(1, 3)]
    nearest = fmpq(3602879701896397, 36028797018963968)
    assert parse("0.1,1/3\n", binary64=True).A.entries() == [nearest, fmpq(1, 3)]
    expected = "A.csv, line 1, column 1: expected a number in the range of binary64, got '1e400'"
    assert message_of("1e400,1\n", binary64=True) == expected


@pytest.mark.parametrize("text", ["1\t2\n3\t4\n", "1,2\n3,4\n", "1;2\n3;4\n", "1 2\n3 4\n", "  1   2 \n 3 4\n\n"])
def test_the_delimiter_of_a_txt_file_is_seen_on_its_first_line(text):
    assert parse(text, None).A.tolist() == [[1, 2], [3, 4]]


def test_blank_separated_columns_have_header_labels_and_missing_entries():
    table = parse("row a b\nr 1 NA\ns 3 4\n", None)
    assert table.row_labels == ("r", "s")
    assert table.column_labels == ("a", "b")
    assert table.observed == ((True, False), (True, True))


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"1,2\n3,\xff\n", "A.csv, line 2: expected text in UTF-8, got byte 0xff"),
        (b"1,2\n3,\x00\n", "A.csv, line 2: expected text, got a NUL byte"),
        ("1,2\n".encode("utf-16"), "A.csv, line 1: expected text in UTF-8, got byte 0xff"),
    ],
)
def test_bytes_that_are_no_text_are_refused_with_their_line(raw, message):
    with pytest.raises(InputError) as caught:
        decode_text(raw, "A.csv")
    assert str(caught.value) == message


def test_a_byte_order_mark_is_no_part_of_the_first_field(tmp_path):
    path = tmp_path / "A.csv"
    path.write_bytes(b"\xef\xbb\xbf1,2\n3,4\n")
    assert read_table(path).A.tolist() == [[1, 2], [3, 4]]


rationals = st.fractions().map(lambda x: fmpq(x.numerator, x.denominator))
labels = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=8).map(lambda text: f"L{text}".strip())


@st.composite
def written_tables(draw):
    m, n = draw(st.integers(1, 5)), draw(st.integers(2, 5))
    rows = draw(st.lists(st.lists(rationals | st.none(), min_size=n, max_size=n), min_size=m, max_size=m))
    column_labels = draw(st.none() | st.tuples(*[labels] * n))
    row_labels = None if column_labels is None else draw(st.none() | st.tuples(*[labels] * m))
    return rows, row_labels, column_labels


@settings(max_examples=150, deadline=None)
@given(written_tables(), st.sampled_from([",", "\t", ";"]))
def test_a_written_table_is_read_back_equal(written, delimiter):
    rows, row_labels, column_labels = written
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, delimiter=delimiter)
    if column_labels is not None:
        writer.writerow(([] if row_labels is None else ["row"]) + list(column_labels))
    for i, row in enumerate(rows):
        fields = ["NA" if x is None else canonical(x) for x in row]
        writer.writerow(fields if row_labels is None else [row_labels[i], *fields])
    table = parse(stream.getvalue(), delimiter)
    assert table.A.tolist() == [[fmpq(0) if x is None else x for x in row] for row in rows]
    assert table.observed == tuple(tuple(x is not None for x in row) for row in rows)
    assert table.row_labels == row_labels
    assert table.column_labels == column_labels


def test_a_spreadsheet_s_semicolons_and_decimal_commas_are_read_exactly():
    table = parse_csv("name;a;b\r\nx, y;1,5;-,25e1\r\nz;3;\r\n", "A.csv")
    assert table.A.tolist() == [[fmpq(3, 2), fmpq(-5, 2)], [3, 0]]
    assert table.observed == ((True, True), (True, False))
    assert table.row_labels == ("x, y", "z")


def test_decimal_commas_in_quotation_marks_are_read_between_commas():
    assert parse('"1,5",2\n-3,"0,25"\n').A.tolist() == [[fmpq(3, 2), 2], [-3, fmpq(1, 4)]]


def test_decimal_commas_are_read_between_tabs_and_labels_keep_theirs():
    table = parse_delimited("row\t1,5\tx\n1,5\t0,125\t2\n", "A.tsv", delimiter="\t")
    assert (table.A.tolist(), table.column_labels, table.row_labels) == ([[fmpq(1, 8), 2]], ("1,5", "x"), ("1,5",))


def test_a_semicolon_in_a_label_does_not_change_the_separator():
    table = parse_csv("row,a;b,c\nx,1,2\n", "A.csv")
    assert (table.A.tolist(), table.column_labels) == ([[1, 2]], ("a;b", "c"))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1,000;2\n3;4\n", "line 2: expected 2 fields as on line 1, got 1"),
        (
            "a;b\n1,000;2\n3;4\n",
            "line 2, column 1: expected a decimal point, since this comma could separate thousands",
        ),
        ("a;b\n1,5;2.5\n", "line 2, column 2: expected a decimal comma, as in '1,5', and no point, got '2.5'"),
        ("a;b\n1.234;2,5\n", "line 2, column 1: expected a decimal comma, as in '2,5', and no point, got '1.234'"),
        ("a;b\n1.234,56;2\n", "line 2, column 1: expected a number without separators of thousands, got '1.234,56'"),
        ("a;b\n1,5;x\n", "line 2, column 2: expected a number, got 'x'"),
        ("row;value,unit\nx;1,5\n", "expected fields separated by commas or by semicolons, got both"),
    ],
)
def test_separators_that_could_mean_two_things_are_refused(text, message):
    with pytest.raises(InputError) as caught:
        parse_csv(text, "A.csv")
    assert message in str(caught.value)


def test_labels_may_look_like_thousands():
    table = parse_csv("id;x\n1,000;2,5\n1.500;3\n", "A.csv")
    assert (table.A.tolist(), table.row_labels) == ([[fmpq(5, 2)], [3]], ("1,000", "1.500"))


decimals = st.tuples(st.integers(-999, 999), st.integers(0, 99)).map(lambda pair: f"{pair[0]}.{pair[1]:02}")


@given(st.lists(st.lists(decimals, min_size=3, max_size=3), min_size=1), st.sampled_from([";", "\t"]))
def test_decimal_commas_say_what_decimal_points_say(rows, delimiter):
    points = "\n".join(",".join(row) for row in rows)
    commas = points.replace(",", delimiter).replace(".", ",")
    assert parse(commas, delimiter).A == parse(points).A
