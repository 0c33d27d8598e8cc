from __future__ import annotations

import pytest

from negres_core.evidence import Store
from negres_core.report.page.render import render


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "evidence")


@pytest.fixture
def render_page(store):
    """Render evidence in the store as a page; the family are these hypotheses, unless another one is given."""

    def make(records, **fields):
        known = {
            "family": {each.hypothesis: each.p_value if each.p_value is not None else 1.0 for each in records},
            "entries": None,
            "controls": [("finite", "after"), ("A/A", "small runs"), ("headroom", "before")],
            "folder": "evidence",
        }
        return render(records, store, **known | fields)

    return make
