"""The page as a whole: what it contains, and that no record can make it do anything."""

from __future__ import annotations

import re
import time

import pytest

from tests.report.page.elements import find, read
from tests.report.page.suites import write_hypothesis, write_picture

HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "' onmouseover='alert(1)",
    "</style><script>alert(1)</script>",
    "</title></svg></details></body>",
    "{{ 7 * 7 }}{% raw %}",
    "&lt;b&gt; &amp; <b>",
    "red \x1b[31m and \x9b31m",
    "\u202egnol si siht\u2066",
    "zero\u200bwidth\ufeff\u2028line",
    "half a \ud800 character",
    "two\nlines\r\nand\ttabs\x00",
    "=HYPERLINK(1)",
    "$x_1$ and \\frac{1}{2}",
    "javascript:alert(1)",
    "x" * 10_000,
]
CONTROL_CHARACTERS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202f\u2060-\u206f\ufeff\ud800-\udfff]"
)


@pytest.fixture
def suite(store):
    return [
        write_hypothesis(store, "growth beats scratch", effect=0.06),
        write_hypothesis(store, "growth beats scratch", data="covertype", effect=0.05, seed=1),
        write_picture(store, write_hypothesis(store, "depth beats width", effect=-0.05, seed=2)),
    ]


def test_the_page_is_well_formed_and_has_every_hypothesis(suite, render_page):
    elements = read(render_page(suite))

    rows = [each for each in find(elements, "tr", role="row") if "data-row" in each.attributes]
    assert [each.attributes["data-kinds"] for each in rows] == ["supported", "supported", "refuted"]
    details = find(elements, "details", class_="hypothesis")
    assert [each.attributes["data-for"] for each in details] == [each.attributes["data-row"] for each in rows]
    assert all("open" not in each.attributes for each in find(elements, "details"))
    links = {each.attributes["href"] for each in find(elements, "a")}
    ids = {f"#{each.attributes['id']}" for each in elements if each.attributes.get("id")}
    assert links <= ids
    assert {f"#{each.attributes['data-row']}" for each in rows} <= links


def test_the_page_asks_for_nothing(suite, render_page):
    page = render_page(suite)

    addresses = [
        value
        for each in read(page)
        for name, value in each.attributes.items()
        if name in ("src", "href", "srcset", "action", "data", "poster", "xlink:href")
    ]
    assert len(addresses) > 10
    assert all(value.startswith(("#", "data:image/png;base64,", "data:image/webp;base64,")) for value in addresses)
    assert not re.search(r"url\(|@import|<link|<iframe|<object|<base", page)
    assert not re.findall(r"https?://", page)


def test_no_element_brings_style_or_script_of_its_own(suite, render_page):
    elements = read(render_page(suite))

    assert len(find(elements, "script")) == len(find(elements, "style")) == 1
    names = {name for each in elements for name in each.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert "style" not in names


def test_a_hypothesis_has_all_its_parts(suite, render_page):
    page = render_page(suite)

    headings = [each.text for each in find(read(page), "h4")]
    for part in (
        "Claim",
        "Verdict",
        "What this does not show",
        "Effect",
        "Looks",
        "Arms",
        "Learning curves",
        "Pictures",
        "Where the arms disagree",
        "Controls",
        "Timeline of the run",
        "Registration",
        "Run it yourself",
        "Provenance",
    ):
        assert part in headings, part
    titles = [each.text for each in find(read(page), "title")]
    for figure in ("Forest plot", "Looks", "Training loss by epoch", "Timeline of the run", "Holm's staircase"):
        assert figure in titles, figure


def test_every_figure_has_a_name_a_description_and_its_text_as_text(suite, render_page):
    elements = read(render_page(suite))

    figures = find(elements, "svg", role="img")
    assert len(figures) > 10
    by_id = {each.attributes.get("id"): each for each in elements}
    for figure in figures:
        title, text = (by_id[id] for id in figure.attributes["aria-labelledby"].split())
        assert (title.tag, text.tag) == ("title", "desc")
        assert len(title.text) > 4
        assert len(text.text) > 20
    assert len(find(elements, "text")) > 50


@pytest.mark.parametrize("text", HOSTILE, ids=[f"{place}" for place in range(len(HOSTILE))])
def test_text_of_records_stays_text(store, render_page, text):
    names = {"explanation": text, "finding": text, "does_not_show": text, "waived": {text: text}}
    names |= {"diagnosis": [{"arm": "treatment", "cause": text, "found": text, "remedy": text}]}
    names |= {"controls": [{"control": text, "passed": False, "found": text, "threshold": text, "remedy": text}]}
    names |= {"hypothesis": f"tests/test_it.py::test_it[{text}]", "verdict": "invalid", "own_controls": {}}
    evidence = write_hypothesis(store, text, data=text, **names)
    claim = evidence.claim.updated(metric=text, unit=text)
    parts = [{"part": text, "rows": 4, "effect": 0.1, "interval_95": (0.0, 0.2), "better": 1, "worse": 2}]
    evidence = write_picture(store, evidence.updated(claim=claim, parts=parts), caption=text)
    plain = read(render_page([write_hypothesis(store, "plain", waived={"a": "b"})]))

    page = render_page([evidence], folder=text)
    elements = read(page)
    assert not CONTROL_CHARACTERS.search(page.replace("\n", " "))
    assert len(find(elements, "script")) == len(find(elements, "style")) == 1
    assert "alert" not in find(elements, "script")[0].text
    known = {each.tag for each in plain} | {"ul", "li", "h5", "dl", "img"}
    assert {each.tag for each in elements} <= known
    assert not {name for each in elements for name in each.attributes if name.startswith("on")}
    assert "49" not in [each.text for each in find(elements, "h3")]
    assert len(page) < 400_000


def test_a_page_of_nothing_but_a_started_run_can_be_read(store, render_page):
    unknown = dict.fromkeys(("verdict", "finding", "estimate", "outcome", "explanation", "p_value"))
    nothing = {"arms": [], "differences": [], "looks": [], "controls": []}
    started = write_hypothesis(store, status="started", **unknown, **nothing)

    elements = read(render_page([started]))
    [summary] = find(elements, "h3")[:1]
    assert summary.text.endswith("no verdict growth beats scratch, digits")
    assert find(elements, "li", data_kind="none")[0].text.startswith("1")


def test_replicates_that_are_damaged_or_gone_cost_only_what_they_would_show(store, render_page):
    evidence = write_hypothesis(store)
    paths = sorted(store.folder.glob("replicates/*/*.json"))
    paths[0].unlink()
    paths[1].write_text("{}")

    cells = [each.text for each in find(read(render_page([evidence])), "td")]
    assert sum("missing" in text for text in cells) in (1, 2)


@pytest.mark.slow
def test_fifty_hypotheses_with_5000_replicates_take_less_than_five_seconds_and_10_mb(store, render_page, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda descriptor: None)
    size = {"repeats": 10, "planned": 10, "epochs": 40, "weights": 14}
    records = [write_hypothesis(store, f"claim {n}", seed=n, effect=0.02 * (n % 5 - 2), **size) for n in range(50)]

    start = time.process_time()
    page = render_page(records)
    assert time.process_time() - start < 5
    assert 1e6 < len(page.encode()) < 10e6
