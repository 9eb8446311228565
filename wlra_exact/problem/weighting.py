"""From a table to a problem: which weight each squared residual gets.

    omega = 1                       where the entry is observed and nothing else is said ("uniform")
    omega = W o W                   for ``weights`` W, the paper's convention ||W o (A - X)||_F^2
    omega_ij = 1 / e_ij             "1/expected", with e_ij = r_i c_j / t: the residuals of Pearson's chi-square, where
                                    r_i, c_j, t are the sums of A over row i, over column j and over everything observed
    omega_ij = 1 / A_ij             "1/observed", Neyman's modified chi-square

A missing entry of A has omega 0, whatever else is said about it.

Guarantee: omega is exact and non-negative; a weighting that needs a division by zero or yields a negative weight is
refused, never repaired.
"""

from __future__ import annotations

from collections.abc import Callable

from flint import fmpq, fmpq_mat

from wlra_exact.errors import InputError
from wlra_exact.problem.arrays import table_from
from wlra_exact.problem.field import shown
from wlra_exact.problem.instance import Instance
from wlra_exact.problem.labels import refuse_other_labels
from wlra_exact.problem.table import Table, omega_where_observed, square_weights

__all__ = ["OMEGA_WORDS", "build_instance", "omega_of_table"]


def build_instance(table: object, k: int, *, weights: object = None, omega: object = None) -> Instance:
    """The problem of approximating ``table`` by rank ``k`` under the given weighting.

    Args:
        table: what is approximated: a ``Table``, which may carry weights of its own, or whatever ``table_from`` takes,
            such as an (m, n) array or lists of rows.
        k: rank, at least 1.
        weights: (m, n) table or array W, squared here; or "uniform".
        omega: (m, n) table or array of weights of the squared residuals, taken as it is; or "uniform", "1/expected",
            "1/observed".

    Returns:
        The instance, such that
        - omega is 0 exactly where the entry is missing or its given weight is 0;
        - without ``weights``, ``omega`` and weights in the table, every observed entry has omega 1.

    Raises:
        InputError: for two sources of weights, a shape or labels that differ from the table's, a negative weight, a
            missing weight of an observed entry, or a word whose weighting is not defined on this table.

    >>> build_instance([[1, 2], [3, None]], 1, omega="1/observed").omega
    [  1, 1/2]
    [1/3,   0]
    """
    given = [name for name, value in (("weights", weights), ("omega", omega)) if value is not None]
    if len(given) == 2:
        raise InputError("weights and omega", "one of the two", "both")
    table = table_from(table)
    if given and table.omega is not None:
        raise InputError(given[0], "no weights beside a table that carries its own", "both")
    return Instance(table.A, _choose_omega(table, _given("weights", weights), _given("omega", omega)), k)


def omega_of_table(weights: Table, observed: tuple[tuple[bool, ...], ...], *, squared: bool, name: str) -> fmpq_mat:
    """The matrix omega that a table of weights gives to a matrix with these observed entries.

    Args:
        weights: (m, n) table; its missing entries must be missing in the matrix too.
        observed: (m, n) truth values of the matrix that is weighted.
        squared: whether the weights are squared on the way (W) or not (omega).
        name: what error messages call the weights.

    Raises:
        InputError: for another shape, a negative weight, or a missing weight of an observed entry.
    """
    shape = (len(observed), len(observed[0]))
    if weights.shape != shape:
        got = f"{weights.shape[0]}x{weights.shape[1]}"
        raise InputError(name, f"the shape of A, {shape[0]}x{shape[1]}", got)
    for i, (weighted_row, observed_row) in enumerate(zip(weights.observed, observed, strict=True), start=1):
        if all(weighted_row):
            continue
        for j, (weighted, seen) in enumerate(zip(weighted_row, observed_row, strict=True), start=1):
            if seen and not weighted:
                raise InputError(f"{name}, row {i}, column {j}", "a weight, since A is observed there", "none")
    omega = square_weights(weights.A, name=name) if squared else weights.A
    return omega_where_observed(omega, observed, name=name)


def _given(name: str, value: object) -> Table | str | None:
    return value if value is None or isinstance(value, str) else table_from(value, name=name)


def _choose_omega(table: Table, weights: Table | str | None, omega: Table | str | None) -> fmpq_mat:
    name, given = ("omega", omega) if weights is None else ("weights", weights)
    if given is None:
        return _uniform(table) if table.omega is None else table.omega
    if isinstance(given, str):
        return _named_omega(table, given, name=name)
    _refuse_misfit(table, given, name=name)
    return omega_of_table(given, table.observed, squared=name == "weights", name=name)


def _named_omega(table: Table, word: str, *, name: str) -> fmpq_mat:
    if name == "weights" and word != "uniform":
        hint = f" (say omega={word!r})" if word in OMEGA_WORDS else ""
        raise InputError(name, f"a table or 'uniform'{hint}", shown(word))
    if word not in OMEGA_WORDS:
        raise InputError(name, "a table or one of " + ", ".join(OMEGA_WORDS), shown(word))
    return OMEGA_WORDS[word](table)


def _refuse_misfit(table: Table, weights: Table, *, name: str) -> None:
    if weights.omega is not None:
        raise InputError(name, "a table of weights alone", "a table that carries weights of its own")
    if weights.shape != table.shape:
        return  # the shapes make the clearer message
    # Weights in another order than the table would be accepted silently and answer another question.
    refuse_other_labels(table.row_labels, weights.row_labels, name=name, axis="row", owner="A")
    refuse_other_labels(table.column_labels, weights.column_labels, name=name, axis="column", owner="A")


def _uniform(table: Table) -> fmpq_mat:
    m, n = table.shape
    return fmpq_mat(m, n, [int(seen) for row in table.observed for seen in row])


def _inverse_expected(table: Table) -> fmpq_mat:
    m, n = table.shape
    # Missing entries of A are stored as 0, so these are sums over what is observed.
    row_sums = (table.A * fmpq_mat(n, 1, [1] * n)).entries()
    column_sums = (fmpq_mat(1, m, [1] * m) * table.A).entries()
    total = sum(row_sums, fmpq(0))
    if total == 0:
        raise InputError("omega 1/expected", "observed entries whose total is not 0", "a total of 0")
    return _reciprocals(table, lambda i, j: row_sums[i] * column_sums[j] / total, "expected")


def _inverse_observed(table: Table) -> fmpq_mat:
    return _reciprocals(table, lambda i, j: table.A[i, j], "observed")


def _reciprocals(table: Table, count: Callable[[int, int], fmpq], kind: str) -> fmpq_mat:
    omega = []
    for i, row in enumerate(table.observed):
        for j, seen in enumerate(row):
            value = count(i, j) if seen else fmpq(1)
            if value <= 0:
                where = f"omega 1/{kind}, row {i + 1}, column {j + 1}"
                raise InputError(where, f"a positive {kind} count", shown(value))
            omega.append(1 / value if seen else fmpq(0))
    return fmpq_mat(*table.shape, omega)


#: The weightings that have a name, each a function of the table.
OMEGA_WORDS: dict[str, Callable[[Table], fmpq_mat]] = {
    "uniform": _uniform,
    "1/expected": _inverse_expected,
    "1/observed": _inverse_observed,
}
