"""The page about controls lists every control, and every bug and clean pipeline of the zoo."""

import re
from pathlib import Path

import negres_core.controls
from negres_core.controls.waivers import bundled_names
from negres_core.discovery import modules_in
from negres_core.evidence import Finding
from tests.zoo import SPECIMENS
from tests.zoo.cases import REFUSED

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "controls.md").read_text(encoding="utf-8")


def rows_of(*headers):
    """Return the rows of all tables whose first columns have these headers."""
    tables = re.findall(r"^(\| .+\n)\|[-|]+\n((?:\|.+\n)+)", PAGE, flags=re.MULTILINE)
    tables = [[re.sub('<a id="[a-z0-9-]+"></a>', "", part) for part in table] for table in tables]
    cells = [
        [[cell.strip() for cell in line.strip("|").split("|")] for line in f"{header}{body}".splitlines()]
        for header, body in tables
    ]
    return [row for header, *rows in cells if tuple(header[: len(headers)]) == headers for row in rows]


def test_every_control_is_listed_once():
    listed = [row[0].partition(";")[0] for row in rows_of("control", "asks")]
    assert sorted(listed) == sorted(control.NAME for control in modules_in(negres_core.controls, having="check"))


def test_every_control_has_the_anchor_that_its_failure_names():
    named = [
        Finding(control=name, passed=False, found="", threshold="", remedy="").page for name in sorted(bundled_names())
    ]
    anchors = re.findall('<a id="([a-z0-9-]+)"></a>', PAGE)
    assert sorted(named) == sorted(f"docs/controls.md#{anchor}" for anchor in anchors)
    headings = {re.sub("[^a-z0-9]+", "-", each.lower()) for each in re.findall("^#+ (.+)$", PAGE, flags=re.MULTILINE)}
    assert not headings & set(anchors)


def test_every_control_says_what_it_cannot_see():
    blind_spots = [row[3] for row in rows_of("control", "asks", "passes if", "cannot see")]
    assert len(blind_spots) == len(list(modules_in(negres_core.controls, having="check")))
    assert all(10 < len(each) < 160 for each in blind_spots)
    assert len(set(blind_spots)) == len(blind_spots)


def test_every_planted_bug_is_listed_with_the_controls_that_it_is_meant_for():
    specimens = SPECIMENS["bug"] | SPECIMENS["undetectable"]
    listed = {row[0]: row[1] for row in rows_of("planted bug", "intended control")}
    assert listed == {name: " or ".join(bug.intended) or "none can" for name, bug in specimens.items()}


def test_every_listed_bug_was_caught_by_a_control_that_is_meant_for_it():
    for name, _, caught_by, verdict, _ in rows_of("planted bug"):
        intended = {**SPECIMENS["bug"], **SPECIMENS["undetectable"]}[name].intended
        assert (verdict in ("invalid", REFUSED)) == bool(intended)
        assert set(intended) & set(caught_by.split(", ")) or caught_by == "none"


def test_every_clean_pipeline_is_listed_without_a_false_alarm():
    rows = rows_of("clean pipeline")
    assert [name for name, _, _ in rows] == list(SPECIMENS["clean"])
    assert {alarms for _, _, alarms in rows} == {"none"}


def test_the_counts_in_the_text_are_those_of_the_zoo():
    counts = {kind: len(specimens) for kind, specimens in SPECIMENS.items()}
    assert f"plants {counts['bug']} bugs" in PAGE
    assert f"and {counts['undetectable']} that no control can catch" in PAGE
    assert f"{counts['clean']} clean pipelines" in PAGE
