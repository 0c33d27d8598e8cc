from __future__ import annotations

import pytest

from negres_core.report import across, table
from negres_core.report.summary import render


@pytest.mark.parametrize("style", ["terminal", "markdown"])
def test_what_claims_come_to_across_data_sets_stands_below_the_table(on_data, style):
    evidences = [on_data("a", 0.01, p_value=0.01), on_data("b", 0.05)]
    given = {"family": {evidences[0].hypothesis: 0.02}, "unfinished": {"pruning": "it failed"}, "style": style}

    whole = render(evidences, **given)
    assert whole == f"{table.render(evidences, **given)}\n\n{across.render(evidences, style=style)}"
    assert "it failed" in whole
    assert "counts as 1" in whole


def test_of_one_data_set_there_is_the_table_alone(on_data):
    assert render([on_data("a", 0.01)], family={}) == table.render([on_data("a", 0.01)])
