import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from negres_core.design import KFolds
from negres_core.errors import InputError
from negres_core.scores import Score, pair, read_kept, write_kept
from negres_core.scores.kept import scores_of_kept

DESIGN = KFolds(folds=2, repeats=1)


@given(st.lists(st.floats(), min_size=4, max_size=4))
def test_every_score_reads_back_to_the_last_digit(values):
    rows = [Score(arm, "0", fold, "0", values.pop(), 0) for arm in "AB" for fold in "01"]
    cells = pair(rows, arms=["A", "B"], design=DESIGN)

    again = read_kept(write_kept(cells), arms=["A", "B"], design=DESIGN)

    np.testing.assert_array_equal(np.array(again.values), np.array(cells.values))


@pytest.mark.parametrize("names", [("arm", "seed"), ('"a,b"', "=1+1"), ("ä\u2028", "score")])
def test_arms_may_have_any_names(names):
    rows = [Score(arm, "r,1", fold, '"', math.pi, 0) for arm in names for fold in ("x y", "x;y")]
    cells = pair(rows, arms=names, design=DESIGN)
    again = scores_of_kept(write_kept(cells))
    assert [each[:5] for each in again] == [each[:5] for each in cells.scores]


@pytest.mark.parametrize("content", [b"", b"arm,fold,score\nA,0,1\n", b"arm,repeat,fold,seed,score\nA,0,0,0,high\n"])
def test_another_table_is_refused(content):
    with pytest.raises(InputError, match="not one that negres wrote"):
        scores_of_kept(content)
