from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from negres_core.evidence.row_scores import RowScores, pack_scores, unpack_scores


@pytest.mark.parametrize("columns", [1, 8, 13])
def test_scores_of_0_and_1_take_a_bit_each(columns):
    scores = np.random.default_rng(0).integers(0, 2, (2, 3, columns)).astype(float)

    record, content = pack_scores(scores, "rows")

    assert (record.form, len(content), record.size_bytes) == ("bits", 6 * -(-columns // 8), len(content))
    np.testing.assert_array_equal(unpack_scores(record, content), scores)


def test_other_scores_keep_their_bits_as_float32():
    scores = np.random.default_rng(0).normal(size=(1, 2, 5))

    record, content = pack_scores(scores, "blocks of rows")

    assert (record.form, record.unit, len(content)) == ("float32", "blocks of rows", 40)
    np.testing.assert_array_equal(unpack_scores(record, content), scores.astype(np.float32))


def test_content_that_is_not_that_of_the_record_is_refused():
    record, content = pack_scores(np.ones((1, 1, 9)), "groups")

    for other in (content + b"\0", content[:-1], bytes([content[0] ^ 1, *content[1:]])):
        with pytest.raises(ValueError, match="do not match their digest"):
            unpack_scores(record, other)


@pytest.mark.parametrize("file", ["../row-scores-0123456789abcdef.bin", "row-scores-1.bin", "/etc/passwd"])
def test_a_file_lies_in_the_folder_of_the_evidence(file):
    record, _ = pack_scores(np.ones((1, 1, 9)), "rows")

    with pytest.raises(ValidationError):
        RowScores.model_validate(record.model_dump() | {"file": file})
