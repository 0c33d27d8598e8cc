"""The results of the suite: what the page says, on evidence of a small suite, and whether the page is complete."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from docs import draw_results
from docs.draw_results import LEDGER, PAGE, read_families, read_known, render
from negres_core.errors import InputError
from negres_core.evidence import Ledger, Store
from tests.report.page.suites import write_hypothesis

GROWTH = "benchmarks/test_growth.py"
TEST = f"{GROWTH}::test_growth_beats_a_cae"
SCORES = {"file": "scores-00000000.csv", "sha256": "0" * 64, "source": "a.csv", "source_sha256": None, "repeats": 1}
READING = """
    Shows: growing pays
    on these data.

    Does not show: that it
    always does.
"""


@pytest.fixture
def suite(tmp_path):
    """Write a suite of one file with one hypothesis, and a test that is none; return its root folder."""

    def write(docstring=READING):
        (tmp_path / "benchmarks").mkdir(exist_ok=True)
        test = f'def test_growth_beats_a_cae(experiment, data):\n    """{docstring}"""\n'
        text = f'"""Does it grow?\n\nMore."""\n\n\ndef test_speed():\n    pass\n\n\n{test}'
        (tmp_path / GROWTH).write_text(text, encoding="utf-8")
        (tmp_path / "benchmarks/test_speed.py").write_text("def test_speed():\n    pass\n", encoding="utf-8")
        return tmp_path

    return write


@pytest.fixture
def decided(on_data):
    """Return the evidence of the hypothesis on a data set."""

    def make(data, effect=0.01, **fields):
        return on_data(data, effect, **{"hypothesis": f"{TEST}[{data}]"} | fields)

    return make


def test_the_page_has_claim_verdict_effect_and_what_a_person_wrote(suite, decided):
    records = [decided("digits"), decided("wine", -0.02, verdict="supported")]
    page = render(records, read_families(suite()), registered=[f"{TEST}[digits]", f"{TEST}[faces]"])
    assert "2 hypotheses:\n1 supported, 1 refuted. They ran with " in page
    lines = [line for line in page[page.index("## Does it grow?") :].splitlines() if line]
    claim = "the treatment arm has higher accuracy than the control arm, by at least 0.01."
    end = f"accuracy | 0 of 4 | 2025-01-01 | {records[0].provenance.device} |"
    assert lines == [
        "## Does it grow?",
        "### Growth beats a CAE",
        f"`{TEST}`",
        "| case | claim | verdict | effect [95% interval] | cells | date | device |",
        "| --- | --- | --- | --- | --- | --- | --- |",
        f"| digits | On digits, {claim} | refuted (worse) | +0.0100 [-1.0000, +1.0000] {end}",
        f"| wine | On wine, {claim} | supported (worse) | -0.0200 [-1.0000, +1.0000] {end}",
        "- **Shows:** growing pays on these data.",
        "- **Does not show:** that it always does.",
        "## Not run here",
        *draw_results.MISSING.splitlines(),
        f"- `{TEST}[faces]`",
    ]


def test_what_has_no_verdict_is_not_a_result(suite, decided):
    records = [decided("a", smoke=True), decided("b", status="started", verdict=None, finding=None)]
    page = render([*records, decided("c")], read_families(suite()), registered=[each.hypothesis for each in records])
    assert "1 hypothesis:\n1 refuted." in page
    assert re.findall(r"^\| (\w) \|", page, flags=re.MULTILINE) == ["c"]
    assert f"- `{TEST}[a]`\n- `{TEST}[b]`\n" in page


@pytest.mark.parametrize("docstring", ["", "Shows: a.", "Does not show: a.", "Shows:\n\n    Does not show: a."])
def test_a_hypothesis_that_does_not_say_what_it_shows_is_an_error(suite, docstring):
    with pytest.raises(InputError, match=r"test_growth.py::test_growth_beats_a_cae"):
        read_families(suite(docstring))


def test_evidence_of_a_test_that_is_gone_is_an_error(suite, decided):
    old = f"{GROWTH}::test_renamed[a]"
    with pytest.raises(InputError, match=r"test_renamed\[a\]"):
        render([decided("a", hypothesis=old)], read_families(suite()))
    assert "test_renamed" not in render([decided("a")], read_families(suite()), registered=[old])


def test_numbers_of_others_stand_beside_ours(suite, decided):
    spread = {"mean": 0.75, "sd": 0.1, "min": 0.5, "max": 0.9}
    arm = {"role": "control", "recipe": "small", "description": None, "budget": None, "values": [[0.75]]}
    record = decided("a", arms=[arm | {"metrics": {"accuracy": spread}, "replicates": []}], scores=SCORES)
    ours = {"hypothesis": "test_growth_beats_a_cae[a]"}
    other = {"what": "a large one", "number": "0.9", "source": "[Them](https://example.org)", "note": "another size"}
    known = [
        other | {"ours": ours | {"arm": "control", "metric": "accuracy"}},
        other | {"ours": ours},
        other | {"ours": {"hypothesis": "test_growth_beats_a_cae[b]"}},
    ]
    page = render([record], read_families(suite()), known={"test_growth": known})
    begin = "| a large one | 0.9 | [Them](https://example.org) |"
    assert f"{begin} accuracy 0.7500 | another size |" in page
    assert f"{begin} +0.0100 [-1.0000, +1.0000] accuracy, refuted | another size |" in page
    assert f"{begin} not decided here | another size |" in page


def test_text_of_evidence_stays_in_its_cell(suite, decided):
    page = render([decided("a|b\n# c <img src=x>")], read_families(suite()))
    [row] = [line for line in page.splitlines() if line.startswith("| a")]
    assert row.startswith(r"| a\|b\\n# c \<img src=x> | On a\|b\\n# c \<img src=x>, the")


def test_the_command_writes_the_page(suite, decided, tmp_path, monkeypatch):
    suite()
    Store(tmp_path / "evidence").write_evidence(decided("digits"))
    paths = {"ROOT": "", "PAGE": "results.md", "FIGURES": "results", "LEDGER": "none.jsonl"}
    for name, path in paths.items():
        monkeypatch.setattr(draw_results, name, tmp_path / path)
    draw_results.main([str(tmp_path / "evidence")])
    first = (tmp_path / "results.md").read_text(encoding="utf-8")
    draw_results.main([str(tmp_path / "evidence")])
    assert (tmp_path / "results.md").read_text(encoding="utf-8") == first
    assert "| digits | On digits, " in first


def ids_on(page):
    """Return the ids of the hypotheses with a row, and of those that were not run."""
    ids, test = [], ""
    for line in page.splitlines():
        if found := re.fullmatch(r"`(benchmarks/\S+::\w+)`", line):
            test = found[1]
        elif line.startswith("| ") and test and not line.startswith(("| case", "| ---")):
            ids.append(f"{test}[{line[2:].partition(' | ')[0]}]")
        elif line.startswith(("### Numbers", "## After")):
            test = ""
    return ids, re.findall(r"^- `(\S.*)`$", page, flags=re.MULTILINE)


def test_the_page_in_the_documentation_has_every_registered_hypothesis():
    decided, missing = ids_on(PAGE.read_text(encoding="utf-8"))
    tests = {f"{family.path}::{test}" for family in read_families() for test in family.readings}
    registered = [name for name in Ledger(LEDGER).hypotheses() if name.partition("[")[0] in tests]
    assert sorted([*decided, *missing]) == sorted(registered), "python -m docs.draw_results EVIDENCE"
    assert f" {len(decided)} hypotheses:" in PAGE.read_text(encoding="utf-8")


def test_the_page_in_the_documentation_says_what_the_tests_say():
    page, decided = PAGE.read_text(encoding="utf-8"), set(ids_on(PAGE.read_text(encoding="utf-8"))[0])
    for family in read_families():
        for test, reading in family.readings.items():
            text = f"- **Shows:** {reading.shows}\n- **Does not show:** {reading.does_not_show}\n"
            assert (text in page) == any(name.startswith(f"{family.path}::{test}[") for name in decided), test


def test_numbers_of_others_are_about_hypotheses_of_the_suite():
    registered = Ledger(LEDGER).hypotheses()
    for family, numbers in read_known().items():
        for number in numbers:
            assert f"benchmarks/{family}.py::{number['ours']['hypothesis']}" in registered
            assert "https://" in number["source"]


def test_the_scores_of_arms_are_files_that_stand_alone(suite, tmp_path):
    records = []
    for data in ("digits", "wine"):
        evidence = write_hypothesis(Store(tmp_path / "evidence"), "one", data=data, hypothesis=f"{TEST}[{data}]")
        treatment, control = evidence.arms
        records.append(evidence.updated(arms=[treatment, control.updated(recipe="another arm")]))
    families = read_families(suite())
    figures = draw_results.draw_figures(records, families)
    assert sorted(figures) == ["growth-digits.svg", "growth-wine.svg"]
    line = "![Scores of the arms on digits: accuracy, loss](results/growth-digits.svg)"
    assert line in render(records, families)
    root = ElementTree.fromstring(figures["growth-digits.svg"])
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
    assert root.findtext("{http://www.w3.org/2000/svg}title") == "Scores of the arms on digits"


def test_every_figure_of_the_page_is_there_and_no_other():
    named = set(re.findall(r"\(results/([^)]+\.svg)\)", PAGE.read_text(encoding="utf-8")))
    assert named == {path.name for path in draw_results.FIGURES.glob("*")}


def test_verdicts_that_are_left_after_holms_correction_are_listed_by_their_p_values(suite, decided):
    family = {f"{TEST}[digits]": 0.04, f"{TEST}[wine]": 0.001, f"{TEST}[iris]": 0.2, f"{TEST}[faces]": 1.0}
    page = render([decided(data) for data in ("digits", "wine", "iris")], read_families(suite()), corrected=family)
    lines = page[page.index("## After Holm's correction") :].splitlines()
    assert "4 hypotheses" in lines[2]
    assert "leaves 2 verdicts standing" in " ".join(lines)
    assert [line.split(" | ")[0] for line in lines if line.startswith("| `")] == [
        "| `test_growth_beats_a_cae[wine]`",
        "| `test_growth_beats_a_cae[digits]`",
    ]
