"""The page of a history: what it contains, and that no record can make it do anything."""

from __future__ import annotations

import re

import pytest

from negres_core.report.page.history import KINDS, render
from tests.report.page.elements import find, read
from tests.report.page.test_render import CONTROL_CHARACTERS, HOSTILE


@pytest.fixture
def run(on_data):
    def make(day, data="a", effect=0.01, **fields):
        return on_data(data, effect, timings={"started_at": f"2025-01-{day:02d}T10:30:00+00:00"}, **fields)

    return make


@pytest.fixture
def runs(run):
    """Three folders, the latest first; one verdict of two flipped, and the other test is a surprise."""
    return {
        "c": [run(3, effect=-0.02), run(3, "b", outcome="surprise")],
        "a": [run(1, verdict="supported"), run(1, "b")],
        "b": [run(2, verdict="supported")],
    }


def rows_of(page):
    rows = [each for each in find(read(page), "tr", role="row") if "data-row" in each.attributes]
    return [(each.attributes["data-kinds"], each.attributes["data-runs"], each.text) for each in rows]


def test_a_hypothesis_has_a_row_with_its_latest_run_and_its_flips(runs):
    page = render(runs)
    (kinds, count, text), (others, other_count, _) = rows_of(page)
    assert (kinds, count) == ("flip refuted", "3")
    assert text.startswith("growth beats scratch a -0.0200 [-1.0000, +1.0000] accuracy")
    assert "1 last on 2025-01-03" in text
    assert (others, other_count) == ("surprise refuted", "2")
    assert "2 hypotheses in 3 folders: the verdicts of 1 hypothesis flipped" in page
    items = [each for each in read(page) if each.tag == "li" and "data-kind" in each.attributes]
    counts = {each.attributes["data-kind"]: int(each.text.split()[0]) for each in items}
    assert counts == dict(zip(KINDS, (1, 1, 0, 2, 0, 0, 0), strict=True))


def test_a_table_has_all_that_the_figure_has(runs):
    elements = read(render(runs))
    [table, _] = find(elements, "table", class_="fields")
    headers = [each.text for each in find(elements, "th", scope="col")]
    assert headers[-6:] == ["started (UTC)", "folder", "commit", "verdict", "effect [95% interval]", "changed"]
    assert "2025-01-01 10:30 a ccccccc ● supported (worse) +0.0100 [-1.0000, +1.0000] 2025-01-02 10:30 b" in table.text
    assert table.text.endswith("2025-01-03 10:30 c ccccccc ■ refuted (worse) -0.0200 [-1.0000, +1.0000] flip")
    figures = find(elements, "svg", role="img")
    assert len(figures) == 2
    by_id = {each.attributes.get("id"): each for each in elements}
    for figure in figures:
        title, text = (by_id[id] for id in figure.attributes["aria-labelledby"].split())
        assert title.text == "Effect and verdict over runs"
        assert "2025-01-03" in text.text


def test_the_page_asks_for_nothing_and_brings_no_script_of_its_own(runs):
    page = render(runs)
    elements = read(page)
    addresses = [value for each in elements for name, value in each.attributes.items() if name in ("src", "href")]
    assert all(value.startswith("#") for value in addresses)
    assert {each.attributes["href"][1:] for each in find(elements, "a")} <= {
        each.attributes["id"] for each in elements if "id" in each.attributes
    }
    assert not re.search(r"url\(|@import|<link|<iframe|<object|<base|https?://", page)
    names = {name for each in elements for name in each.attributes}
    assert not {name for name in names if name.startswith("on") or name == "style"}
    assert all("open" not in each.attributes for each in find(elements, "details"))


@pytest.mark.parametrize("text", HOSTILE, ids=[f"{place}" for place in range(len(HOSTILE))])
def test_text_of_records_stays_text(run, text):
    names = {
        "title": text,
        "finding": text,
        "hypothesis": f"tests/test_it.py::test_it[{text}]",
        "claim": {"unit": text},
    }
    provenance = run(1).provenance.updated(commit=text)
    found = {text: [run(1, text, provenance=provenance, **names)], "b": [run(2, text, **names)]}
    page = render(found)
    elements = read(page)
    assert not CONTROL_CHARACTERS.search(page.replace("\n", " "))
    assert len(find(elements, "script")) == len(find(elements, "style")) == 1
    assert "alert" not in find(elements, "script")[0].text
    plain = read(render({"a": [run(1)], "b": [run(2)]}))
    assert {each.tag for each in elements} <= {each.tag for each in plain}
    assert not {name for each in elements for name in each.attributes if name.startswith("on")}
    assert len(page) < 100_000
