from __future__ import annotations

import pytest

from negres_core.report.table import HEADERS, TERMINAL_HEADERS, WIDTHS, render
from tests.fakes import SEAL

ESTIMATE = {
    "effect": -0.0123,
    "standard_error": 0.002,
    "dof": 24,
    "sd": 0.01,
    "cell_count": 25,
    "test_train_ratio": 0.25,
    "statistic": -6.15,
    "p_greater": 0.9,
    "p_less": 0.1,
    "p_two_sided": 0.2,
    "interval_90": (-0.0157, -0.0089),
    "interval_95": (-0.0164, -0.0082),
    "probability_better": 0.1,
}
REGISTERED = {"status": "registered", "entry": "e" * 64, "registered_at": "2025-01-01", "committed": True}


def cells(table, row=0):
    """Return the cells of a row of a Markdown table."""
    return [cell.strip() for cell in table.splitlines()[2 + row].replace("\\|", "\0").split("|")[1:-1]]


def blocks(table):
    """Return the lines of each cell of a terminal table of one hypothesis: the header's cells, and the row's."""
    lines = table.partition("\n\n")[0].splitlines()
    rule = next(number for number, line in enumerate(lines) if line.startswith("---"))
    spans, start = [], 0
    for column in lines[rule].split("  "):
        spans.append(slice(start, start + len(column)))
        start += len(column) + 2
    return [
        [[text for line in part if (text := line[span].strip())] for span in spans]
        for part in (lines[:rule], lines[rule + 1 :])
    ]


def test_a_row_has_the_facts_of_a_hypothesis(new_evidence):
    fields = {"outcome": "as expected", "expected": "refuted", "registration": REGISTERED}
    differences = [[-0.01, -0.02]] * 2
    table = render([new_evidence(estimate=ESTIMATE, differences=differences, **fields)], style="markdown")

    assert [name.strip() for name in table.splitlines()[0].split("|")[1:-1]] == list(HEADERS)
    assert cells(table) == [
        "growth beats scratch",
        "digits",
        "-0.0123 [-0.0164, -0.0082] accuracy",
        "4",
        "refuted (worse)",
        "",
        "as registered",
        "1m 15s",
    ]


def test_a_terminal_shows_the_same_facts_in_two_lines_per_row(new_evidence):
    fields = {"outcome": "as expected", "expected": "refuted", "registration": REGISTERED | {"status": "amended"}}
    design = {"folds": 5, "repeats": 5, "seeds": 3}
    evidence = new_evidence(estimate=ESTIMATE, design=design, differences=[[0.1] * 5] * 2, p_value=0.04, **fields)
    table = render([evidence], family={evidence.hypothesis: 0.08})

    header, row = blocks(table)
    assert ["\n".join(cell) for cell in header] == list(TERMINAL_HEADERS)
    assert row == [
        ["growth beats scratch, digits"],
        ["-0.0123 accuracy", "[-0.0164, -0.0082]"],
        ["refuted", "(worse)"],
        ["0.08", "(n.s.)"],
        ["as registered", "(amended)"],
        ["10 of 25", "x3", "1m 15s"],
    ]
    assert table.splitlines()[-1] == "n.s.: not significant after Holm."


def test_the_abbreviation_is_explained_only_if_it_is_used(new_evidence):
    evidence = new_evidence(p_value=0.04)

    assert "n.s." not in render([evidence], family={evidence.hypothesis: 0.04})
    assert "n.s." not in render([evidence], family={evidence.hypothesis: 0.08}, style="markdown")


WORDS = {"found": "3 rows", "threshold": "expected 0", "remedy": "Look."}
"""The words of a finding."""


@pytest.mark.parametrize(
    ("fields", "verdict", "registered"),
    [
        (
            {"outcome": "surprise", "expected": "supported", "registration": REGISTERED},
            "refuted (worse)",
            "SURPRISE, not supported",
        ),
        ({"outcome": "surprise", "registration": REGISTERED}, "refuted (worse)", "SURPRISE"),
        ({"outcome": "surprise"}, "refuted (worse)", "SURPRISE (exploratory)"),
        ({"expected": "supported"}, "refuted (worse)", "expects supported"),
        ({}, "refuted (worse)", ""),
        ({"controlled": "cheap"}, "refuted (worse)", ""),
        ({"controlled": "none"}, "refuted (worse), uncontrolled", ""),
        (
            {
                "waived": {"duplicates": "days", "budget": "why not"},
                "controls": [
                    {"control": "duplicates", "passed": False, "waived": "days", **WORDS},
                    {"control": "budget", "passed": True, "waived": "why not", **WORDS},
                ],
            },
            "refuted (worse), waived: duplicates",
            "",
        ),
        (
            {"smoke": True, "verdict": None, "expected": "supported", "outcome": "surprise"},
            "not judged (smoke)",
            "expects supported",
        ),
        (
            {"status": "started", "verdict": None, "expected": "refuted"},
            "none: the run was interrupted",
            "expects refuted",
        ),
    ],
)
def test_verdict_and_outcome(new_evidence, fields, verdict, registered):
    row = cells(render([new_evidence(**fields)], style="markdown"))

    assert (row[4], row[6]) == (verdict, registered)


@pytest.mark.parametrize(
    ("registration", "text"),
    [
        (None, "as expected (exploratory)"),
        ({"status": "exploratory"}, "as expected (exploratory)"),
        (REGISTERED | {"status": "amended"}, "as registered (amended)"),
        (
            REGISTERED | {"status": "changed", "changed": ["margin", "design"]},
            "as expected (changed: margin, design)",
        ),
        (REGISTERED | {"older": 1, "committed": False}, "as registered (after a run; not committed)"),
    ],
)
def test_notes_on_the_registration_stand_beside_the_outcome(new_evidence, registration, text):
    evidence = new_evidence(outcome="as expected", expected="refuted", registration=registration)

    assert cells(render([evidence], style="markdown"))[6] == text


@pytest.mark.parametrize(
    ("phase", "prior", "text"),
    [
        ("exploring", {}, "as expected (exploratory; 17 of 57 rows sealed)"),
        (
            "exploring",
            {"verdicts": 12, "decided": ["a"]},
            "as expected (exploratory; 17 of 57 rows sealed; 12 verdicts on the others before)",
        ),
        ("confirming", {"verdicts": 12, "decided": ["a"]}, "as expected (exploratory; first opening)"),
        (
            "confirming",
            {"opened": ["a", "b"], "reopened": 1},
            "as expected (exploratory; sealed rows opened 3 times before)",
        ),
        (
            "confirming",
            {"reopened": 1, "seen": ["c"]},
            "as expected (exploratory; sealed rows opened 1 time before; sealed rows seen before by 1 hypothesis)",
        ),
    ],
)
def test_notes_on_sealed_rows_stand_beside_the_outcome(new_evidence, phase, prior, text):
    evidence = new_evidence(outcome="as expected", expected="refuted", seal=SEAL | {"phase": phase}, prior=prior)

    assert cells(render([evidence], style="markdown"))[6] == text


def test_a_smoke_run_names_its_sealed_rows(new_evidence):
    evidence = new_evidence(smoke=True, verdict=None, expected="refuted", seal=SEAL)
    assert cells(render([evidence], style="markdown"))[6] == "expects refuted (17 of 57 rows sealed)"


def test_a_hypothesis_without_evidence_has_a_row_with_the_reason(new_evidence):
    table = render([new_evidence()], unfinished={"pruning helps": "InputError: one fold"}, style="markdown")

    assert cells(table, row=1) == ["pruning helps", "", "", "", "none: InputError: one fold", "", "", ""]


@pytest.mark.parametrize(
    ("corrected", "text"),
    [
        (0.00042, "<0.001"),
        (0.0127, "0.0127"),
        (0.0499, "0.0499"),
        (0.05, "0.05 (not significant after Holm)"),
        (0.0617, "0.0617 (not significant after Holm)"),
        (1.0, "1 (not significant after Holm)"),
    ],
)
def test_a_verdict_has_the_p_value_corrected_for_its_family(new_evidence, corrected, text):
    evidence = new_evidence(p_value=0.0004)
    table = render([evidence], family={"another": 0.0, evidence.hypothesis: corrected, "third": 1.0}, style="markdown")

    assert cells(table)[5] == text
    assert table.splitlines()[3:] == [
        "",
        "p (Holm) is corrected for the family, all 3 hypotheses in the ledger and the evidence folder; "
        "a hypothesis that has not run or decided nothing counts as 1.",
    ]


def test_significance_is_judged_at_the_level_of_the_claim(new_evidence):
    evidence, stricter = (new_evidence(p_value=0.004, claim={"alpha": alpha}) for alpha in (0.05, 0.01))
    table = render([evidence, stricter], family={evidence.hypothesis: 0.02}, style="markdown")

    assert cells(table)[5] == "0.02"
    assert cells(table, row=1)[5] == "0.02 (not significant after Holm)"


@pytest.mark.parametrize("family", [{}, {"another": 0.01}, {"it": 1.0}])
def test_without_a_decision_or_a_family_there_is_no_p_value(new_evidence, family):
    records = [new_evidence(hypothesis="it", verdict="inconclusive"), new_evidence(p_value=0.01)]
    table = render(records, family=family, style="markdown")

    assert [cells(table, row)[5] for row in (0, 1)] == ["", ""]
    assert "p (Holm) is" not in table


@pytest.mark.parametrize(
    ("repeats", "seeds", "text"),
    [(2, 1, "10 of 25"), (2, 3, "10 of 25 x3"), (5, 1, "25"), (5, 3, "25 x3"), (0, 1, "0 of 25")],
    ids=["stopped", "stopped, seeds", "whole", "whole, seeds", "untrained"],
)
def test_cells_are_counted_of_those_planned(new_evidence, repeats, seeds, text):
    design = {"folds": 5, "repeats": 5, "seeds": seeds, "looks": True}
    table = render([new_evidence(design=design, differences=[[0.1] * 5] * repeats)], style="markdown")

    assert cells(table)[3] == text


def test_the_trained_cells_of_an_interrupted_run_are_unknown(new_evidence):
    assert cells(render([new_evidence(status="started", verdict=None)], style="markdown"))[3] == "? of 4"


def test_the_number_of_cells_stays_on_one_line(new_evidence):
    table = render([new_evidence(design={"folds": 5, "repeats": 5, "seeds": 1}, differences=[[0.1] * 5] * 2)])

    assert "10 of 25" in table


@pytest.mark.parametrize(
    ("wall_s", "text"), [(None, ""), (0.04, "0.0 s"), (59.9, "59.9 s"), (60.0, "1m 00s"), (3725.9, "62m 05s")]
)
def test_time(new_evidence, wall_s, text):
    row = cells(render([new_evidence(timings={"started_at": "now", "wall_s": wall_s})], style="markdown"))

    assert row[7] == text


def test_a_pipe_does_not_break_the_page(new_evidence):
    table = render([new_evidence(title="a|b beats c", finding="|")], unfinished={"d|e": "f|g"}, style="markdown")

    assert "a\\|b beats c" in table
    assert [len(cells(table, row)) for row in (0, 1)] == [len(HEADERS)] * 2
    assert len(table.splitlines()) == 4


def test_a_terminal_wraps_the_text_at_the_widths_and_drops_no_word(new_evidence):
    words = "a network grown in front of a frozen and trained base beats the same network trained from scratch, digits"
    table = render(
        [new_evidence(title=words.removesuffix(", digits"), estimate=ESTIMATE)],
        unfinished={"pruning": "it failed | badly"},
    )

    lines = table.splitlines()
    assert max(map(len, lines)) <= sum(WIDTHS) + 2 * (len(WIDTHS) - 1)
    assert " ".join(line[: WIDTHS[0]].strip() for line in lines[3:-1]).split()[: len(words.split())] == words.split()
    assert "it failed | badly" in table


def test_a_word_longer_than_its_column_stays_whole(new_evidence):
    assert "x" * 80 in render([new_evidence(title="x" * 80)])


def test_what_a_design_does_not_show_stays_text(new_evidence):
    splits = {"kind": "random splits", "test_share": 0.2}
    text = render([new_evidence(design=splits, does_not_show="<script>\x1b[31m\n| a |")], style="markdown")
    assert text.splitlines()[-1] == r"Random splits: \<script>\\x1b[31m\\n\| a \|"
