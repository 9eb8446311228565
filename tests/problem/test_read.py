"""Files by suffix, and the promise that a bad file is one line and never a traceback."""

import io
import os

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wlra_exact.algebra.exact import matrix
from wlra_exact.errors import InputError
from wlra_exact.problem.read import SUFFIXES, Table, read_table


def npz_bytes() -> bytes:
    stream = io.BytesIO()
    np.savez(stream, A=np.array([[1.5, 2.0], [3.0, 4.0]]), W=np.ones((2, 2)))
    return stream.getvalue()


def npy_bytes() -> bytes:
    stream = io.BytesIO()
    np.save(stream, np.array([[1.5, 2.0], [3.0, 4.0]]))
    return stream.getvalue()


#: The matrix [[3/2, 2], [3, 4]] in every format.
CONTENT = {
    ".csv": b"1.5,2\n3,4\n",
    ".tsv": b"1.5\t2\n3\t4\n",
    ".txt": b"1.5 2\n3 4\n",
    ".json": b'{"A": [["3/2", 2], [3, 4]]}',
    ".mtx": b"%%MatrixMarket matrix array real general\n2 2\n1.5\n3\n2\n4\n",
    ".npy": npy_bytes(),
    ".npz": npz_bytes(),
}


def test_every_known_suffix_has_an_example_here():
    assert set(CONTENT) == set(SUFFIXES)


@pytest.mark.parametrize("suffix", CONTENT)
def test_each_suffix_has_its_reader_in_either_case(tmp_path, suffix):
    for name in (f"A{suffix}", f"A{suffix.upper()}"):
        path = tmp_path / name
        path.write_bytes(CONTENT[suffix])
        assert read_table(path).A.tolist() == matrix([["3/2", 2], [3, 4]]).tolist()
        assert read_table(str(path), binary64=True).A.tolist() == matrix([["3/2", 2], [3, 4]]).tolist()


@pytest.mark.parametrize(
    ("name", "got"), [("A.xlsx", "'.xlsx'"), ("A", "no suffix"), ("A.csv.gz", "'.gz'"), (".csv", "no suffix")]
)
def test_another_suffix_is_refused_and_the_known_ones_are_listed(name, got):
    with pytest.raises(InputError) as caught:
        read_table(name)
    assert str(caught.value) == f"{name}: expected a file named .csv, .tsv, .txt, .json, .mtx, .npy, .npz, got {got}"


def test_a_missing_file_a_directory_and_a_bad_path_are_refused(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: expected a readable file, got No such file or directory"):
        read_table(tmp_path / "none.csv")
    folder = tmp_path / "folder.csv"
    folder.mkdir()
    with pytest.raises(InputError, match=r"folder\.csv: expected a readable file, got Is a directory"):
        read_table(folder)
    with pytest.raises(InputError, match="expected a readable file, got embedded null byte"):
        read_table("a\0.csv")


def test_a_file_that_may_not_be_opened_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "A.csv"
    path.write_bytes(CONTENT[".csv"])
    path.chmod(0)
    if os.access(path, os.R_OK):  # the superuser may read everything: let the system refuse in another way

        def refuse(*arguments, **options):
            raise PermissionError(13, "Permission denied")

        monkeypatch.setattr("pathlib.Path.read_bytes", refuse)
    with pytest.raises(InputError, match=r"A\.csv: expected a readable file, got Permission denied"):
        read_table(path)


@pytest.mark.parametrize("suffix", CONTENT)
def test_an_empty_file_is_refused(tmp_path, suffix):
    path = tmp_path / f"A{suffix}"
    path.write_bytes(b"")
    with pytest.raises(InputError, match=f"A{suffix}"):
        read_table(path)


def assert_read_or_refused_in_one_line(path, raw):
    path.write_bytes(raw)
    try:
        table = read_table(path)
    except InputError as error:
        message = str(error)
        assert message.startswith(str(path))
        assert message.isprintable()
        assert len(message) < len(str(path)) + 400
    else:
        assert isinstance(table, Table)


@pytest.mark.parametrize("suffix", CONTENT)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_a_damaged_file_is_read_or_refused_in_one_line(tmp_path, suffix, data):
    raw = bytearray(CONTENT[suffix])
    for _ in range(data.draw(st.integers(1, 3))):
        start = data.draw(st.integers(0, len(raw)))
        stop = data.draw(st.integers(start, min(len(raw), start + 4)))
        raw[start:stop] = data.draw(
            st.binary(max_size=4) | st.sampled_from([b"\n", b",", b'"', b"9" * 9, b"nan", b"-"])
        )
    assert_read_or_refused_in_one_line(tmp_path / f"A{suffix}", bytes(raw))


@pytest.mark.parametrize("suffix", [".csv", ".tsv", ".txt", ".json", ".mtx"])
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(st.sampled_from('0123456789.,;/eE+-"[]{}:\t\n\r ANanullinfrowk%')))
def test_any_text_is_read_or_refused_in_one_line(tmp_path, suffix, text):
    banner = "%%MatrixMarket matrix coordinate real general\n" if suffix == ".mtx" else ""
    assert_read_or_refused_in_one_line(tmp_path / f"A{suffix}", (banner + text).encode())
