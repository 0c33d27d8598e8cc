"""Records of seals, and which runs may have seen sealed rows."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset
from negres_core.design import KFolds, SealedRows
from negres_core.evidence import PriorLooks, SealRecord
from tests.fakes import SEAL

WHOLE, OPEN = SEAL["data"], SEAL["open_rows"]
OTHER_ROWS = {"count": 20, "digest": "0" * 32}


def seal(**fields):
    return SealRecord(**SEAL | fields)


def test_the_record_of_a_seal_names_both_data_sets_and_the_rows():
    data = Dataset(x=np.arange(200.0).reshape(-1, 1), y=np.arange(200) % 2, name="mine")
    divided = SealedRows(0.3).on(data, KFolds(2))
    record = SealRecord.of(divided, data, confirming=True)
    assert (record.phase, record.data, record.open_rows) == ("confirming", data.digest, divided.open_data.digest)
    assert (record.total, record.sealed.count, record.sealed.digest) == (200, 60, divided.rows.digest)
    assert (record.chosen, record.share, record.rows_in_words) == ("share", 0.3, "60 of 200 rows")
    assert record.has_same_rows(SealRecord.of(divided, data, confirming=False))


@pytest.mark.parametrize(
    ("data", "other", "is_hidden"),
    [
        pytest.param(WHOLE, None, False, id="without a seal"),
        pytest.param(OPEN, None, True, id="the open rows as a data set"),
        pytest.param(OPEN, seal(), True, id="the same seal"),
        pytest.param("a" * 64, seal(share=0.4, sealed=OTHER_ROWS), True, id="a larger share"),
        pytest.param("a" * 64, seal(share=0.2, sealed=OTHER_ROWS), False, id="a smaller share"),
        pytest.param("a" * 64, seal(share=None, chosen="named rows", sealed=OTHER_ROWS), False, id="named rows"),
        pytest.param("a" * 64, seal(share=0.4, chosen="last rows", sealed=OTHER_ROWS), False, id="last rows"),
        pytest.param(WHOLE, seal(phase="confirming"), False, id="opened"),
        pytest.param("b" * 64, seal(data="b" * 64), True, id="another data set"),
    ],
)
def test_a_run_saw_sealed_rows_unless_they_were_surely_hidden(data, other, is_hidden):
    assert seal().hides_from(data, other) == is_hidden


def test_rows_that_were_named_are_hidden_only_from_those_who_name_the_same():
    named = seal(share=None, chosen="named rows")
    assert named.hides_from(OPEN, named)
    assert not named.hides_from(OPEN, named.updated(sealed=OTHER_ROWS))


@pytest.mark.parametrize(
    ("data", "other", "concerns"),
    [
        (WHOLE, None, True),
        (OPEN, None, True),
        ("a" * 64, None, False),
        ("a" * 64, seal(sealed=OTHER_ROWS), True),
        ("a" * 64, seal(data="b" * 64), False),
    ],
)
def test_runs_on_any_rows_of_the_data_set_are_of_concern(data, other, concerns):
    assert seal().concerns(data, other) == concerns


@pytest.mark.parametrize(
    ("fields", "is_first"),
    [
        ({}, True),
        ({"verdicts": 2, "decided": ["a"], "registered": ["b"]}, True),
        ({"opened": ["a"]}, False),
        ({"reopened": 1}, False),
        ({"seen": ["a"]}, False),
    ],
)
def test_an_opening_is_the_first_if_nobody_saw_the_rows(fields, is_first):
    assert PriorLooks(**fields).is_first_opening == is_first
