"""JSON tables: exact numbers, weights, rank, and refusals that name the place."""

import json

import pytest
from flint import fmpq
from hypothesis import given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import canonical, matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.read_json import parse_json


def test_numbers_are_exact_in_every_spelling():
    table = parse_json('{"A": [[1, 0.1, "1/3"], [-2.5e-1, "0.25", 12345678901234567890]]}', "A.json")
    assert table.A.tolist() == matrix([[1, "1/10", "1/3"], ["-1/4", "1/4", 12345678901234567890]]).tolist()
    assert table.omega is None
    assert table.k is None


def test_a_bare_list_of_rows_is_the_matrix():
    table = parse_json("[[1, null], [3, 4]]", "A.json")
    assert table.A.tolist() == [[1, 0], [3, 4]]
    assert table.observed == ((True, False), (True, True))


def test_omega_is_taken_as_it_is_and_w_is_squared():
    assert parse_json('{"A": [[1, 2]], "omega": [[3, "1/2"]]}', "A.json").omega == matrix([[3, "1/2"]])
    assert parse_json('{"A": [[1, 2]], "W": [[3, "1/2"]]}', "A.json").omega == matrix([[9, "1/4"]])


def test_the_weight_of_a_missing_entry_is_zero_whatever_is_written():
    table = parse_json('{"A": [[1, null, null]], "omega": [[3, 5, null]]}', "A.json")
    assert table.omega == matrix([[3, 0, 0]])


def test_the_rank_is_carried():
    assert parse_json('{"A": [[1, 2]], "k": 2}', "A.json").k == 2


def test_integers_of_thousands_of_digits_are_exact():
    assert parse_json("[[" + "9" * 5000 + "]]", "A.json").A[0, 0] == fmpq(10) ** 5000 - 1


def test_binary64_rounds_decimals_and_keeps_written_rationals():
    table = parse_json('[[0.1, "0.1", "1/3"]]', "A.json", binary64=True)
    nearest = fmpq(3602879701896397, 36028797018963968)
    assert table.A.entries() == [nearest, nearest, fmpq(1, 3)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "A.json, line 1, column 1: expected JSON, got Expecting value"),
        ('{"A": [[1]],\n "k" 1}', "A.json, line 2, column 6: expected JSON, got Expecting ':' delimiter"),
        ("[[1, 2]", "A.json, line 1, column 8: expected JSON, got Expecting ',' delimiter"),
        ("[" * 100000, "A.json: expected a list of rows, got lists nested too deeply"),
        ("3", "A.json: expected an object with the key A, or a list of rows, got an integer"),
        ("null", "A.json: expected an object with the key A, or a list of rows, got null"),
        ("{}", "A.json: expected the key A, got none"),
        ('{"A": [[1]], "weights": [[1]]}', "A.json: expected the keys A, omega, W, k, got 'weights'"),
        ('{"A": [[1]], "A": [[2]]}', "A.json: expected each key once, got 'A' twice"),
        ('{"A": [[1]], "W": [[1]], "omega": [[1]]}', "A.json: expected one of the keys omega and W, got both"),
        ("[[NaN]]", "A.json: expected finite numbers, and null where an entry is missing, got NaN"),
        ("[[-Infinity]]", "A.json: expected finite numbers, and null where an entry is missing, got -Infinity"),
        ("[]", "A.json, A: expected at least one row and one column, got shape 0x0"),
        ("[[], []]", "A.json, A: expected at least one row and one column, got shape 2x0"),
        ('{"A": "x"}', "A.json, A: expected a list of rows, got a string or a decimal"),
        ("[1, 2]", "A.json, A, row 1: expected a list of numbers, got an integer"),
        ("[[1, 2], [3]]", "A.json, A, row 2: expected 2 entries as in row 1, got 1"),
        ("[[1, true]]", "A.json, A, row 1, column 2: expected a number, a string that writes one, or null, got true"),
        ("[[1, false]]", "A.json, A, row 1, column 2: expected a number, a string that writes one, or null, got false"),
        ("[[[1]]]", "A.json, A, row 1, column 1: expected a number, a string that writes one, or null, got a list"),
        (
            '[[{"a": 1}]]',
            "A.json, A, row 1, column 1: expected a number, a string that writes one, or null, got an object",
        ),
        ('[["abc"]]', "A.json, A, row 1, column 1: expected a number, got 'abc'"),
        ('[["NA"]]', "A.json, A, row 1, column 1: expected a number, got 'NA'"),
        (
            "[[1e999999]]",
            "A.json, A, row 1, column 1: expected a decimal exponent of at most 5000 in size, got '1e999999'",
        ),
        ('{"A": [[1, 2]], "omega": [[1, -2]]}', "A.json, omega, row 1, column 2: expected a weight >= 0, got -2"),
        ('{"A": [[1, 2]], "W": [[1, -2]]}', "A.json, W, row 1, column 2: expected a weight >= 0, got -2"),
        ('{"A": [[1, 2]], "W": [[1]]}', "A.json, W: expected the shape of A, 1x2, got 1x1"),
        (
            '{"A": [[1, 2]], "W": [[1, null]]}',
            "A.json, W, row 1, column 2: expected a weight, since A is observed there, got none",
        ),
        ('{"A": [[1]], "k": 0}', "A.json, k: expected an integer of at least 1, got 0"),
        ('{"A": [[1]], "k": 1.0}', "A.json, k: expected an integer of at least 1, got '1.0'"),
        ('{"A": [[1]], "k": "1"}', "A.json, k: expected an integer of at least 1, got '1'"),
        ('{"A": [[1]], "k": true}', "A.json, k: expected an integer of at least 1, got true"),
    ],
)
def test_a_bad_document_is_refused_with_its_place(text, message):
    with pytest.raises(InputError) as caught:
        parse_json(text, "A.json")
    assert str(caught.value) == message


rationals = st.fractions().map(lambda x: fmpq(x.numerator, x.denominator))


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_written_table_is_read_back_equal(data):
    m, n = data.draw(st.integers(1, 4)), data.draw(st.integers(1, 4))
    shape = {"min_size": m * n, "max_size": m * n}
    entries = data.draw(st.lists(rationals | st.none(), **shape))
    weights = data.draw(st.lists(rationals.map(abs), **shape))

    def written(flat):
        return [[None if x is None else canonical(x) for x in flat[i * n : (i + 1) * n]] for i in range(m)]

    table = parse_json(json.dumps({"A": written(entries), "W": written(weights), "k": 1}), "A.json")
    assert table.A.entries() == [fmpq(0) if x is None else x for x in entries]
    assert [seen for row in table.observed for seen in row] == [x is not None for x in entries]
    assert table.omega is not None
    assert table.omega.entries() == [fmpq(0) if x is None else w * w for x, w in zip(entries, weights, strict=True)]
