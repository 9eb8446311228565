"""Fields of text: what counts as a number, as missing and as text, and that nothing rounds."""

from fractions import Fraction

import numpy as np
import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.problem.field import FieldKind, field_kind, parse_field, parse_number, shown


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", fmpq(0)),
        ("-0", fmpq(0)),
        ("+7", fmpq(7)),
        ("007", fmpq(7)),
        (" 12 ", fmpq(12)),
        ("0.1", fmpq(1, 10)),
        (".5", fmpq(1, 2)),
        ("5.", fmpq(5)),
        ("-1.50e-3", fmpq(-3, 2000)),
        ("1E3", fmpq(1000)),
        ("6/4", fmpq(3, 2)),
        ("-3/7", fmpq(-3, 7)),
    ],
)
def test_a_number_is_what_its_text_writes(text, value):
    assert parse_field(text) == value
    assert field_kind(text) is FieldKind.NUMBER


@pytest.mark.parametrize("text", ["", "  ", "NA", "na", "N/A", "NaN", "nan", "NULL", "null", "None"])
def test_the_missing_words_are_missing_entries_and_no_numbers(text):
    assert parse_field(text) is None
    assert field_kind(text) is FieldKind.MISSING
    with pytest.raises(ValueError, match=r"^a number$"):
        parse_number(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abc", "a number"),
        ("1,5", "a number"),
        ("1_000", "a number"),
        ("0x10", "a number"),
        ("1.2.3", "a number"),
        ("1e", "a number"),
        ("--1", "a number"),
        ("٣", "a number"),
        ("inf", "a finite number"),
        ("-Infinity", "a finite number"),
        ("1/0", "a rational number such as -3/7"),
        ("01/2", "a rational number such as -3/7"),
        ("1e999999", "a decimal exponent of at most 5000 in size"),
        ("1e-99999999999999", "a decimal exponent of at most 5000 in size"),
    ],
)
def test_a_refused_field_says_what_was_expected(text, expected):
    with pytest.raises(ValueError) as caught:  # noqa: PT011 (the message is compared whole)
        parse_field(text)
    assert str(caught.value) == expected


def test_labels_that_begin_like_numbers_are_text():
    assert {field_kind(text) for text in ("1st", "50-54", "e5", "2/3/4", "inflation", "-", ".")} == {FieldKind.TEXT}


def test_thousands_of_digits_are_read_exactly():
    digits = "7" * 6000
    assert parse_field(digits) == fmpq(7) * (fmpq(10) ** 6000 - 1) / 9


@settings(max_examples=200, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(0, 25))
def test_binary64_reads_text_as_the_float_that_numpy_reads(x, digits):
    text = f"{x:.{digits}e}"
    nearest = np.float64(text)
    if np.isinf(nearest):
        with pytest.raises(ValueError, match=r"^a number in the range of binary64$"):
            parse_field(text, binary64=True)
    else:
        assert parse_field(text, binary64=True) == fmpq(*nearest.as_integer_ratio())


def test_binary64_keeps_written_rationals_and_changes_long_integers():
    assert parse_field("1/3", binary64=True) == fmpq(1, 3)
    assert parse_field("9007199254740993", binary64=True) == 9007199254740992
    assert parse_field("9007199254740993") == 9007199254740993


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=20))
def test_any_text_is_read_or_refused_and_its_kind_agrees(text):
    kind = field_kind(text)
    try:
        value = parse_field(text)
    except ValueError:
        assert kind is not FieldKind.MISSING
    else:
        assert kind is (FieldKind.MISSING if value is None else FieldKind.NUMBER)


@settings(max_examples=100, deadline=None)
@given(st.fractions())
def test_every_rational_survives_its_own_text(x):
    assert parse_number(str(x)) == fmpq(x.numerator, x.denominator)


@settings(max_examples=100, deadline=None)
@given(st.integers(), st.integers(0, 40))
def test_every_decimal_survives_its_own_text(digits, places):
    x = Fraction(digits, 10**places)
    text = f"{digits}e-{places}"
    assert parse_number(text) == fmpq(x.numerator, x.denominator)


def test_what_a_message_shows_is_one_short_line():
    for x in ("a\nb", "x" * 10**6, 10**4000, ["y" * 50] * 50):
        assert "\n" not in shown(x)
        assert len(shown(x)) <= 80


@pytest.mark.parametrize("text", ["1,5", "1,234", "1,234.5", "1.234.567,8", "1 234", "-1'234'567"])
def test_numbers_in_another_country_s_form_are_never_labels(text):
    assert field_kind(text) is FieldKind.NUMBER
    with pytest.raises(ValueError, match="a number"):
        parse_field(text)


@pytest.mark.parametrize("text", ["50-54", "1,5,7", "10.11.2012", "1 23", "A 100", "5%", "12 345 6"])
def test_names_with_digits_are_text(text):
    assert field_kind(text) is FieldKind.TEXT
