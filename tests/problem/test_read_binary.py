"""NPY and NPZ files: dtypes, weights, and damage."""

import io
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.read_binary import parse_npy, parse_npz


def npy(array) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def npz(**arrays) -> bytes:
    stream = io.BytesIO()
    np.savez(stream, **arrays)
    return stream.getvalue()


def message_of(parse, raw: bytes) -> str:
    with pytest.raises(InputError) as caught:
        parse(raw, "A.npz")
    return str(caught.value)


@settings(max_examples=100, deadline=None)
@given(
    hnp.arrays(st.sampled_from(["<f8", ">f8", "f4", "f2", "i8", "u8", "i1", "?"]), st.tuples(*[st.integers(1, 4)] * 2))
)
def test_a_saved_array_is_read_as_the_array_itself(array):
    if array.dtype.kind == "f":
        array[np.isinf(array)] = np.nan
    for written in (array, np.asfortranarray(array)):
        assert parse_npy(npy(written), "A.npy") == table_from(array)


def test_omega_is_taken_as_it_is_and_w_is_squared():
    A = np.array([[1.0, np.nan], [3.0, 4.0]])
    assert parse_npz(npz(A=A), "A.npz").omega is None
    assert parse_npz(npz(A=A, omega=[[2, 3], [4, 5]]), "A.npz").omega == matrix([[2, 0], [4, 5]])
    assert parse_npz(npz(A=A, W=[[2.0, np.nan], [4, 0.5]]), "A.npz").omega == matrix([[4, 0], [16, "1/4"]])


def test_compressed_archives_are_read():
    stream = io.BytesIO()
    np.savez_compressed(stream, A=np.eye(2))
    assert parse_npz(stream.getvalue(), "A.npz").A.tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"B": [[1]]}, "A.npz: expected the keys A, omega, W, got 'B'"),
        ({"W": [[1]]}, "A.npz: expected the key A, got none"),
        ({"A": [[1]], "W": [[1]], "omega": [[1]]}, "A.npz: expected one of the keys omega and W, got both"),
        ({"A": [1, 2]}, "A.npz, A: expected a 2-dimensional array, got a 1-dimensional one"),
        ({"A": [[1j]]}, "A.npz, A: expected an array of integers, floats or exact objects, got dtype complex128"),
        ({"A": [["1"]]}, "A.npz, A: expected an array of integers, floats or exact objects, got dtype <U1"),
        ({"A": [[np.inf]]}, "A.npz, A, row 1, column 1: expected a finite number, got inf"),
        ({"A": [[1, 2]], "omega": [[1, -1]]}, "A.npz, omega, row 1, column 2: expected a weight >= 0, got -1"),
        ({"A": [[1, 2]], "omega": [[1], [1]]}, "A.npz, omega: expected the shape of A, 1x2, got 2x1"),
        (
            {"A": [[1.0, 2.0]], "W": [[1.0, np.nan]]},
            "A.npz, W, row 1, column 2: expected a weight, since A is observed there, got none",
        ),
    ],
)
def test_a_bad_archive_is_refused_with_its_place(arrays, message):
    assert message_of(parse_npz, npz(**arrays)) == message


@pytest.mark.parametrize("shape", [(), (3,), (1, 2, 3)])
def test_an_array_with_another_number_of_dimensions_is_refused(shape):
    assert "expected a 2-dimensional array" in message_of(parse_npy, npy(np.zeros(shape)))


def test_pickled_objects_are_never_loaded():
    message = message_of(parse_npy, npy(np.array([[object()]], dtype=object)))
    assert message.startswith("A.npz: expected an array in NPY format, without pickled objects, got ")


@pytest.mark.parametrize("raw", [b"", b"abc", b"\x93NUMPY", npy(np.eye(3))[:-1], npz(A=np.eye(2))])
def test_a_damaged_npy_file_is_refused(raw):
    assert "expected an array in NPY format" in message_of(parse_npy, raw)


@pytest.mark.parametrize("raw", [b"", b"abc", npz(A=np.eye(3))[:-30], npy(np.eye(2))])
def test_a_damaged_npz_file_is_refused(raw):
    assert "expected an NPZ file" in message_of(parse_npz, raw)


def test_an_npz_member_that_is_no_array_is_refused():
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("A.npy", b"1,2")
    assert message_of(parse_npz, stream.getvalue()).startswith("A.npz, A.npy: expected an array in NPY format")


def test_a_header_that_claims_more_than_the_file_holds_is_refused():
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000, 1000000000), }".ljust(117) + b"\n"
    raw = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header
    assert "expected an array in NPY format" in message_of(parse_npy, raw)
