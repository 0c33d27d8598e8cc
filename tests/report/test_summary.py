from __future__ import annotations

import pytest

from negres_core.report import across, table
from negres_core.report.summary import render


@pytest.mark.parametrize("style", ["terminal", "markdown"])
def test_effects_across_data_sets_stand_below_the_table(on_data, style):
    records = [on_data("a", 0.01, p_value=0.01), on_data("b", 0.05)]
    arguments = {"family": {records[0].hypothesis: 0.02}, "unfinished": {"pruning": "it failed"}, "style": style}

    whole = render(records, **arguments)
    assert whole == f"{table.render(records, **arguments)}\n\n{across.render(records, style=style)}"
    assert "it failed" in whole
    assert "counts as 1" in whole
    assert "12.7 standard errors" in whole


def test_one_data_set_has_only_the_table(on_data):
    assert render([on_data("a", 0.01)], family={}) == table.render([on_data("a", 0.01)])
