"""The page of a comparison: what it contains, and that no record can make it do anything."""

from __future__ import annotations

import re

import pytest

from negres_core.evidence import Store, Summaries
from negres_core.report.change import Change, EffectChange, change_of
from negres_core.report.page.comparison import KINDS, MOST_FIELDS, render, state_change
from tests.report.page.elements import find, read
from tests.report.page.suites import write_hypothesis
from tests.report.page.test_render import CONTROL_CHARACTERS, HOSTILE

NAMES = ("old", "new")


@pytest.fixture
def stores(tmp_path):
    return Store(tmp_path / "old"), Store(tmp_path / "new")


@pytest.fixture
def compare(stores):
    """Write a hypothesis into both folders, with fields for each, and return its change."""

    def make(name, before=(), after=()):
        first, second = (write_hypothesis(s, name, **dict(f)) for s, f in zip(stores, (before, after), strict=True))
        return change_of(first, second, read=(Summaries(stores[0]).read, Summaries(stores[1]).read))

    return make


def page_of(changes, missing=((), ()), names=NAMES, **fields):
    return render(changes, missing=missing, names=names, **fields)


def rows_of(page):
    rows = [each for each in find(read(page), "tr", role="row") if "data-row" in each.attributes]
    return [(each.text, each.attributes["data-kinds"]) for each in rows]


def counts_of(page):
    items = [each for each in read(page) if each.tag == "li" and "data-kind" in each.attributes]
    return {each.attributes["data-kind"]: int(each.text.split()[0]) for each in items}


def test_every_kind_of_change_is_counted_and_marked(compare, stores):
    flip = compare("flips", {"effect": 0.09, "planned": 2}, {"effect": -0.09, "planned": 2})
    slower = compare("slows down")
    slower = Change(before=slower.before, after=slower.after, effect=slower.effect, times={"treatment": 1.5})
    other = compare("is about other data", after={"claim": flip.after.claim.updated(metric="macro_f1")})
    alone = write_hypothesis(stores[1], "is new")
    page = page_of([flip, slower, other], missing=([], [alone]))
    assert {text.split(" digits")[0]: kinds for text, kinds in rows_of(page)} == {
        "flips": "flip surprise effect",
        "is about other data": "incomparable",
        "is new": "alone",
        "slows down": "slower",
    }
    assert counts_of(page) == dict(zip(KINDS, (1, 1, 1, 1, 1, 1, 0), strict=True))
    [first, *_] = rows_of(page)
    assert "supported → ■ refuted flip surprise" in first[0]
    assert rows_of(page_of([slower], slower=2.0))[0][1] == "same"


def test_a_hypothesis_has_all_its_parts_closed_at_first(compare):
    change = compare("growth helps", {"effect": 0.05}, {"effect": 0.03, "seed": 4, "by": 0.02})
    elements = read(page_of([change]))
    headings = [each.text for each in find(elements, "h4")]
    parts = ["Claim", "What changed", "Before", "After", "Effect", "Changed parts of the hypothesis", "Environment"]
    assert headings == parts
    assert all("open" not in each.attributes for each in find(elements, "details"))
    assert len(find(elements, "svg", role="img")) == 1
    assert next(each.text for each in elements if each.tag == "title" and each.attributes) == "Effect before and after"
    text = " ".join(each.text for each in find(elements, "p"))
    assert "Before: On digits, the treatment arm" in text
    assert "by at least 0.02." in text
    cells = [each.text for each in find(elements, "td")]
    assert cells[-3:] == ["threshold", "0.01", "0.02"]


def test_both_environments_are_compared(compare):
    before = compare("growth helps").before
    keras = {"packages": {"negres": "0.1.0", "keras": "99"}}
    after = before.updated(provenance=before.provenance.updated(**keras))
    elements = read(page_of([Change(before=before, after=after)]))
    assert [each.text for each in find(elements, "dt") if each.text == "keras"] == ["keras"] * 2
    assert "none -> 99" in [each.text for each in find(elements, "dd")]
    same = read(page_of([Change(before=before, after=before)]))
    assert sum(each.text.startswith("Nothing differs: the same commit") for each in find(same, "p")) == 2


def test_runs_without_a_common_scale_have_a_figure_each(compare):
    claim = compare("growth helps").before.claim
    other = compare("growth helps", after={"claim": claim.updated(metric="macro_f1", unit="macro F1")})
    titles = [each.text for each in find(read(page_of([other])), "title")]
    assert titles.count("Forest plot") == 2


def test_many_moved_fields_are_cut(compare):
    change = compare("growth helps")
    waived = change.after.updated(waived={f"control {n}": "a reason" for n in range(MOST_FIELDS + 2)})
    page = page_of([Change(before=change.before, after=waived, moved=("waived controls",))])
    assert "2 more fields differ." in page
    assert f"control {MOST_FIELDS - 1}" in page
    assert f"control {MOST_FIELDS}<" not in page


def test_changes_in_sentences(on_data):
    one = on_data("a", 0.01, verdict="supported")
    other = on_data("a", -0.02, outcome="surprise")
    clear = EffectChange(change=-0.03, interval_95=(-0.05, -0.01), paired=True)
    moved = Change(before=one, after=other, effect=clear, times={"control": 1.304}, moved=("treatment",))
    assert state_change(moved) == [
        "The verdict flipped: it was supported, and it is refuted.",
        "The second run is a surprise, but the first run was not.",
        "The effect changed by -0.0300 accuracy, with the 95% interval [-0.0500, -0.0100], which excludes 0.",
        "It is judged cell by cell, over the cells that both runs have.",
        "The ratio of the seconds per replicate, after divided by before, is 1.30 for the control arm.",
        "1 part of the hypothesis changed: treatment.",
    ]
    wide = EffectChange(change=-0.03, interval_95=(-0.07, 0.01), paired=False)
    assert state_change(Change(before=one, after=one, effect=wide))[:3] == [
        "The verdict is the same: supported.",
        "The effect changed by -0.0300 accuracy, with the 95% interval [-0.0700, +0.0100], which includes 0.",
        "The runs count as independent, which makes the interval too wide if they share rows.",
    ]
    begun = on_data("a", 0.01, status="started", verdict=None, finding=None)
    assert state_change(Change(before=begun, after=begun, incomparable="the first run was interrupted"))[:2] == [
        "The verdicts cannot be compared: there is none for the first and the second run.",
        "The effects cannot be compared: the first run was interrupted.",
    ]
    none = EffectChange(change=0.0, interval_95=None, paired=True)
    assert state_change(Change(before=one, after=one, effect=none))[1].startswith(
        "The difference in every cell is unchanged"
    )


def test_folders_without_a_common_hypothesis(stores):
    alone = write_hypothesis(stores[0])
    page = page_of([], missing=([alone], []))
    assert "No hypothesis is in both folders." in page
    assert rows_of(page)[0][1] == "alone"


def test_the_page_asks_for_nothing_and_brings_no_script_of_its_own(compare):
    page = page_of([compare("one"), compare("two", after={"effect": -0.05})])
    elements = read(page)
    addresses = [value for each in elements for name, value in each.attributes.items() if name in ("src", "href")]
    assert len(addresses) > 6
    assert all(value.startswith("#") for value in addresses)
    ids = {f"#{each.attributes['id']}" for each in elements if each.attributes.get("id")}
    assert {each.attributes["href"] for each in find(elements, "a")} <= ids
    assert not re.search(r"url\(|@import|<link|<iframe|<object|<base|https?://", page)
    names = {name for each in elements for name in each.attributes}
    assert not {name for name in names if name.startswith("on")}
    assert "style" not in names
    assert len(find(elements, "script")) == len(find(elements, "style")) == 1


@pytest.mark.parametrize("text", HOSTILE, ids=[f"{place}" for place in range(len(HOSTILE))])
def test_text_of_records_stays_text(compare, stores, text):
    names = {"explanation": text, "finding": text, "data": text, "hypothesis": f"tests/test_it.py::test_it[{text}]"}
    change = compare(text, names, names | {"effect": -0.05})
    provenance = change.after.provenance.updated(packages={text: text}, python=text)
    claim = change.after.claim.updated(unit=text)
    after = change.after.updated(provenance=provenance, waived={text: text}, claim=claim)
    moved = ("treatment", "waived controls", "metric")
    change = Change(before=change.before, after=after, moved=moved, incomparable=text)
    alone = write_hypothesis(stores[0], f"{text} alone", data=text)
    page = page_of([change], missing=([alone], []), names=(text, text))
    elements = read(page)
    assert not CONTROL_CHARACTERS.search(page.replace("\n", " "))
    assert len(find(elements, "script")) == len(find(elements, "style")) == 1
    assert "alert" not in find(elements, "script")[0].text
    plain = read(page_of([compare("plain", after={"by": 0.02})], missing=([alone], [])))
    assert {each.tag for each in elements} <= {each.tag for each in plain} | {"dl", "dt", "dd"}
    assert not {name for each in elements for name in each.attributes if name.startswith("on")}
    assert len(page) < 150_000
