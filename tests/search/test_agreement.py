"""The program behind `make agreement`: it counts what is proved, and reports what is not."""

from __future__ import annotations

import importlib.util
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from flint import fmpq

from wlra_exact.errors import Decision
from wlra_exact.problem.reductions import reduce_instance


@pytest.fixture(scope="module")
def agreement():
    """The program as a module."""
    spec = importlib.util.spec_from_file_location("agreement", Path(__file__).parents[1] / "agreement.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules["agreement"] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    yield module
    del sys.modules["agreement"]


def questions(agreement, instance):
    low, high, reports = agreement.optimum(reduce_instance(instance))
    found = agreement.thresholds(instance, low, high)
    return reports, [agreement.Question("cad", *threshold, 20) for threshold in found]


def test_all_methods_are_counted_on_the_page(agreement):
    result = agreement.examine(7, 0, 20)
    assert result.errors == result.misses == []
    page = agreement.page([result], 7, 20, 60)
    assert "| `columns` | 1 NO | 1 NO | 1 YES | 1 YES |" in page
    assert "| `bernstein` | 1 NO | 1 NO | - | - |" in page
    assert "**0 wrong answers or refused certificates**; 26 answers with their proof, 0 unknown" in page


def test_an_answer_on_the_wrong_side_is_wrong(agreement):
    _, instance = agreement.random_instance(7, 0)
    reports, asked = questions(agreement, instance)
    assert [q.expected.value for q in asked] == ["no", "no", "yes", "yes"]
    for question in asked:
        other = Decision.YES if question.expected is Decision.NO else Decision.NO
        assert agreement._ask(instance, reports, question)[0] == question.expected.value
        assert agreement._ask(instance, reports, replace(question, expected=other))[0] == "wrong"


def test_a_refused_certificate_is_reported(agreement, tmp_path):
    _, instance = agreement.random_instance(7, 0)
    reports, [question, *_] = questions(agreement, instance)
    _, _, certificate = agreement._ask(instance, reports, question)
    good, bad = tmp_path / "good.json", tmp_path / "bad.json"
    good.write_text(certificate.to_json(), encoding="utf-8")
    beyond = replace(certificate.claim, lower=certificate.claim.lower * 2)
    bad.write_text(replace(certificate, claim=beyond).to_json(), encoding="utf-8")
    assert agreement._refused({good: question}) == []
    [line] = agreement._refused({good: question, bad: question})
    assert line.startswith("cad at -1e-3: ")
    assert "invalid" in line


def test_where_opt_is_zero_every_answer_is_yes(agreement):
    _, instance = agreement.random_instance(7, 0)
    found = agreement.thresholds(instance, fmpq(0), fmpq(0))
    assert [expected for *_, expected in found] == [Decision.YES, Decision.YES]
