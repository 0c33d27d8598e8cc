"""Write docs/results.md and its figures, the results of the suite, by `python -m docs.draw_results EVIDENCE`."""

from __future__ import annotations

import argparse
import ast
import functools
import inspect
import re
import sys
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, get_args

from negres_core.commands.reading import Reader
from negres_core.errors import MOST_IN_A_LINE, InputError, show
from negres_core.evidence import Evidence, Ledger, family_of
from negres_core.evidence.result import VerdictName
from negres_core.report.layout import plural, show_number, show_p
from negres_core.report.page.arm_scores import ArmScores, draw_scores, scores_of
from negres_core.report.page.canvas import drawing
from negres_core.report.page.sentences import state_claim
from negres_core.report.table import row_of

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "results.md"
FIGURES = ROOT / "docs" / "results"
KNOWN = ROOT / "docs" / "known_numbers.toml"
LEDGER = ROOT / "benchmarks" / "ledger.jsonl"

HEADERS = ("case", "claim", "verdict", "effect [95% interval]", "cells", "date", "device")
KNOWN_HEADERS = ("others", "their number", "source", "ours", "the difference")
ALPHA = 0.05
"""Level of the whole family."""
VERDICTS = get_args(VerdictName)
ACRONYMS = re.compile(r"\b(cae|dcgan|pca|sgd|vae)s?\b")
"""Words of test names that are written in capital letters."""

HEAD = """# Results

<!-- Written by `python -m docs.draw_results EVIDENCE`: change the docstrings in benchmarks/, not this page. -->

Every hypothesis of the bundled suite that has a verdict, with what it shows and does not show. {count}:
{verdicts}. They ran with {versions}.

The effect of a claim that an arm reaches a bar is measured from the bar. [Verdicts](verdicts.md) explains verdicts and
intervals, and [Registration](registration.md) how a claim is fixed before its run. `negres table` and `negres report`
show evidence with all its details.
"""
HOLM = """The family has {members}: all that are registered, and one that has not run counts with a p-value of 1. Holm's
correction for all of them at {alpha:g} leaves {standing} standing. Each of the others holds by itself, at its own
level; among so many, some are wrong.
"""
MISSING = """These hypotheses are registered, but are not in the evidence behind this page. They need
photographs or a GPU, or have not been run; [Faces](faces.md) has what an earlier version found on photographs.
"""


@dataclass(frozen=True)
class Reading:
    """What a person wrote about a hypothesis.

    Attributes:
        shows: what a reader may conclude from its verdicts.
        does_not_show: what a reader may not.
    """

    shows: str
    does_not_show: str


@dataclass(frozen=True)
class Family:
    """The hypotheses of one file.

    Attributes:
        path: the file, relative to the repository.
        question: the question that it asks.
        readings: the reading of each test, in the order of the file.
    """

    path: str
    question: str
    readings: Mapping[str, Reading]


def read_family(path: Path, *, root: Path = ROOT) -> Family | None:
    """Return the family in a file of tests; None if it has no hypotheses.

    Args:
        path: the file.
        root: the folder that its name is relative to.

    Raises:
        InputError: a test says not what it shows, or not what it does not show.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    name = path.relative_to(root).as_posix()
    functions = [each for each in tree.body if isinstance(each, ast.FunctionDef) and each.name.startswith("test_")]
    tests = [each for each in functions if "experiment" in {argument.arg for argument in each.args.args}]
    readings = {each.name: _read(ast.get_docstring(each), f"{name}::{each.name}") for each in tests}
    question = (ast.get_docstring(tree) or name).partition("\n")[0]
    return Family(name, question, readings) if readings else None


def read_families(root: Path = ROOT) -> list[Family]:
    """Return the families of a suite in the order of their files; see `read_family`."""
    paths = sorted((root / "benchmarks").glob("test_*.py"))
    return [family for path in paths if (family := read_family(path, root=root))]


def _read(docstring: str | None, test: str) -> Reading:
    paragraphs = dict(each.partition(": ")[::2] for each in inspect.cleandoc(docstring or "").split("\n\n"))
    found = [" ".join(paragraphs.get(name, "").split()) for name in ("Shows", "Does not show")]
    if not all(found):
        raise InputError(
            "A hypothesis does not say what a reader may conclude from it.",
            received=test,
            remedy="Write two paragraphs into its docstring: `Shows: ...`, and `Does not show: ...`.",
        )
    return Reading(*found)


def read_known(path: Path = KNOWN) -> dict[str, list[dict[str, Any]]]:
    """Return the numbers of others, by the name of the file whose hypotheses they are about, without its ending."""
    known: dict[str, list[dict[str, Any]]] = tomllib.loads(path.read_text(encoding="utf-8"))
    return known


def render(
    records: Sequence[Evidence],
    families: Sequence[Family],
    *,
    registered: Collection[str] = (),
    known: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    corrected: Mapping[str, float] | None = None,
) -> str:
    """Return the page.

    Args:
        records: evidence of hypotheses of the suite. What has no verdict is listed as not decided.
        families: all families of the suite.
        registered: the ids of all hypotheses that are registered.
        known: numbers of others; see `read_known`.
        corrected: the corrected p-value of every hypothesis of the family; see `family_of`.

    Raises:
        InputError: evidence is of a test that the suite does not have.
    """
    decided = _decided(records)
    tests = {f"{family.path}::{test}" for family in families for test in family.readings}
    if foreign := sorted(name for name in decided if name.partition("[")[0] not in tests):
        raise InputError(
            "The suite does not have these tests.",
            received=", ".join(foreign),
            remedy="Give evidence of the suite as it is; a test that was renamed has to run again.",
        )
    parts = [_head(list(decided.values()))]
    for family in families:
        parts += _family(family, decided, (known or {}).get(Path(family.path).stem, ()))
    if corrected:
        parts += _after_holm(decided, corrected)
    # The entry of a test that was renamed stays in the ledger.
    if missing := sorted(name for name in {*registered} - {*decided} if name.partition("[")[0] in tests):
        parts += ["## Not run here", MISSING, "\n".join(f"- `{name}`" for name in missing)]
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _decided(records: Sequence[Evidence]) -> dict[str, Evidence]:
    """Return the evidence that has a verdict, by hypothesis."""
    return {each.hypothesis: each for each in records if each.verdict is not None and not each.smoke}


def _after_holm(decided: Mapping[str, Evidence], corrected: Mapping[str, float]) -> list[str]:
    """Return the verdicts that are significant after Holm's correction, the smallest p-value first."""
    standing = sorted((p, name) for name, p in corrected.items() if name in decided and p <= ALPHA)
    text = HOLM.format(
        members=plural(len(corrected), "hypothesis", "hypotheses"),
        alpha=ALPHA,
        standing=plural(len(standing), "verdict"),
    )
    rows = [[f"`{name.partition('::')[2]}`", str(decided[name].verdict), show_p(p)] for p, name in standing]
    return [
        "## After Holm's correction",
        text,
        *([_table(("hypothesis", "verdict", "p (Holm)"), rows)] if rows else []),
    ]


def _head(records: Sequence[Evidence]) -> str:
    numbers = Counter(each.verdict for each in records)
    verdicts = [f"{numbers[verdict]} {verdict}" for verdict in VERDICTS if numbers[verdict]]
    versions = sorted({_versions(each) for each in records})
    count = plural(len(records), "hypothesis", "hypotheses")
    return HEAD.format(count=count, verdicts=", ".join(verdicts), versions=", and ".join(versions))


def _versions(evidence: Evidence) -> str:
    packages = evidence.provenance.packages
    named = [f"{name} {packages[name]}" for name in ("negres", "keras") if name in packages]
    return f"{show(', '.join(named), 'markdown')} on {show(evidence.provenance.backend, 'markdown')}"


def _family(family: Family, decided: Mapping[str, Evidence], known: Sequence[Mapping[str, Any]]) -> list[str]:
    parts = []
    for test, reading in family.readings.items():
        cases = [each for name, each in decided.items() if name.partition("[")[0] == f"{family.path}::{test}"]
        if cases:
            parts += [
                f"### {_in_words(test)}",
                f"`{family.path}::{test}`",
                _table(HEADERS, [_row(each) for each in cases]),
                f"- **Shows:** {reading.shows}\n- **Does not show:** {reading.does_not_show}",
            ]
    if not parts:
        return []
    if known:
        rows = [_known_row(each, family, decided) for each in known]
        parts += [f"### Numbers of others: {Path(family.path).stem.removeprefix('test_')}", _table(KNOWN_HEADERS, rows)]
    figures = [
        f"![{_alternative(each)}]({FIGURES.name}/{_file_of(family, each)})"
        for each in _scores_of(family, list(decided.values()))
    ]
    return [f"## {family.question}", *figures, *parts]


def draw_figures(records: Sequence[Evidence], families: Sequence[Family]) -> dict[str, str]:
    """Return the scores of the arms of each family on each data set as SVG, by the name of the file."""
    decided = list(_decided(records).values())
    with drawing():
        return {
            _file_of(family, scores): _standing_alone(draw_scores(scores, id="scores"))
            for family in families
            for scores in _scores_of(family, decided)
        }


def _scores_of(family: Family, records: Sequence[Evidence]) -> list[ArmScores]:
    return scores_of([each for each in records if each.hypothesis.partition("::")[0] == family.path])


def _file_of(family: Family, scores: ArmScores) -> str:
    data = re.sub(r"[^\w-]+", "-", scores.data)
    return f"{Path(family.path).stem.removeprefix('test_')}-{data}.svg"


def _alternative(scores: ArmScores) -> str:
    return f"Scores of the arms on {show(scores.data, 'markdown')}: {', '.join(scores.metrics)}"


def _standing_alone(figure: str) -> str:
    """Return a figure of a page as a file of its own, on white paper."""
    opened, rest = figure.split(">", 1)
    paper = '<rect width="100%" height="100%" fill="white"/>'
    return f'{opened} xmlns="http://www.w3.org/2000/svg" font-family="sans-serif">{paper}{rest}\n'


def _in_words(test: str) -> str:
    words = ACRONYMS.sub(lambda found: found[1].upper() + found[0][len(found[1]) :], test[5:].replace("_", " "))
    return words[0].upper() + words[1:]


def _table(headers: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a table without padding, so that a row that changes changes no other."""
    return "\n".join(f"| {' | '.join(row)} |" for row in (headers, ["---"] * len(headers), *rows))


def _row(evidence: Evidence) -> list[str]:
    row = row_of(evidence, {})
    case = evidence.hypothesis.partition("[")[2].removesuffix("]")
    verdict = f"{row.verdict} {row.finding}".strip()
    date, device = evidence.timings.started_at[:10], evidence.provenance.device
    cells = (case, state_claim(evidence), verdict, _effect(evidence), row.cells, date, device)
    return [show(each, "markdown", most=MOST_IN_A_LINE) for each in cells]


def _effect(evidence: Evidence) -> str:
    row = row_of(evidence, {})
    return " ".join(filter(None, (row.effect, row.interval, row.unit)))


def _known_row(known: Mapping[str, Any], family: Family, decided: Mapping[str, Evidence]) -> list[str]:
    ours = known["ours"]
    evidence = decided.get(f"{family.path}::{ours['hypothesis']}")
    if evidence is None:
        number = "not decided here"
    elif "arm" in ours:
        [arm] = [each for each in evidence.arms if each.role == ours["arm"]]
        value = arm.metrics[ours["metric"]].mean
        number = f"{ours['metric']} {show_number(value) if value is not None else 'none'}"
    else:
        number = f"{_effect(evidence)}, {evidence.verdict}"
    return [known["what"], known["number"], known["source"], number, known["note"]]


def main(arguments: Sequence[str] | None = None) -> None:
    """Write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("evidence", type=Path, help="evidence folder or archive of the suite")
    folder = parser.parse_args(arguments).evidence
    families = read_families(ROOT)
    ledger, note = Ledger(LEDGER), functools.partial(print, file=sys.stderr)
    with Reader(note) as reader:
        store, records = reader.read(folder)
        corrected = family_of(store, ledger, note=note)
    FIGURES.mkdir(exist_ok=True)
    for file in FIGURES.glob("*.svg"):
        file.unlink()
    for name, figure in draw_figures(records, families).items():
        (FIGURES / name).write_text(figure, encoding="utf-8")
    page = render(records, families, registered=ledger.hypotheses(), known=read_known(), corrected=corrected)
    PAGE.write_text(page, encoding="utf-8")


if __name__ == "__main__":
    main()
