"""The files as a whole: what they are, that no record can make them do anything, and whose files are kept."""

from __future__ import annotations

import re
import shutil
import subprocess

import pytest

from negres_core.errors import EvidenceError, InputError
from negres_core.report.paper.references import cited_in
from negres_core.report.paper.write import make_files, write_paper
from tests.report.page.suites import write_hypothesis
from tests.report.page.test_render import CONTROL_CHARACTERS, HOSTILE
from tests.report.paper.typeset import check, printed

TEXTS = ["table.tex", "arms.tex", "forest.tex", "ranks.tex", "methods.tex", "deviations.tex", "checklist.tex"]
ALL = {*TEXTS, "references.bib", "main.tex", "checklist.md", "forest.pdf"}
COMMANDS = [
    r"\input{/etc/passwd}",
    r"\write18{touch owned}",
    r"}\end{document}%",
    r"\\ & \tabularnewline \hline",
    r"^^5cinput ^^M ~ # $$ % _ & {",
    r"@article{a, title={b}}",
    r"\cite{holm1979simple}",
    "na\u00efve \u0142\u00f3d\u017a \u03b1 \u4e2d\u6587 \U0001f600 \u2264 \u20ac",
]


@pytest.fixture
def paper(tmp_path, store, ledger):
    """Return a function that writes the paper of some evidence into a folder, and returns the folder."""

    def make(*records, notes=None):
        note = (notes if notes is not None else []).append
        write_paper(tmp_path / "paper", records, store, ledger, note=note)
        return tmp_path / "paper"

    return make


def hostile_evidence(store, register, text):
    """Write evidence in which every text that a user chooses is hostile; it is registered and amended, too."""
    names = {"explanation": text, "finding": text, "does_not_show": text, "waived": {text: text}}
    names |= {"controls": [{"control": text, "passed": False, "found": text, "threshold": text, "remedy": text}]}
    names |= {"hypothesis": f"tests/test_it[{text}].py::test_it[{text}]", "verdict": "invalid"}
    names |= {"own_controls": {text: "d" * 64}}
    evidence = write_hypothesis(store, text, data=text, **names)
    data = evidence.data.updated(source=text, groups=3)
    arms = [arm.updated(recipe=text) for arm in evidence.arms]
    provenance = evidence.provenance.updated(python=text, platform=text, device=text, packages={"negres": text})
    claim = evidence.claim.updated(metric=text, unit=text)
    evidence = evidence.updated(claim=claim, data=data, arms=arms, provenance=provenance)
    store.write_evidence(evidence)
    if "\ud800" in text:  # no ledger can contain it
        return evidence
    register(evidence)
    return evidence.updated(registration=register(evidence, reason=text, seen=[text], analysis="b" * 64))


def test_every_file_is_written_and_cites_what_the_references_have(store, paper):
    notes = []
    folder = paper(write_hypothesis(store, effect=0.2), notes=notes)
    assert {path.name for path in folder.iterdir()} == ALL
    assert notes == []
    for name in TEXTS:
        check((folder / name).read_text(encoding="ascii"))
    cited = cited_in((folder / name).read_text(encoding="ascii") for name in TEXTS)
    known = re.findall(r"@\w+\{(\w+),", (folder / "references.bib").read_text(encoding="ascii"))
    assert known == cited
    assert "kapoor2024reforms" in known


def test_text_of_records_stays_text(store, study_of, register):
    records = [hostile_evidence(store, register, text) for text in (*HOSTILE, *COMMANDS)]
    files = make_files(study_of(*records))
    known = set(re.findall(rb"@\w+\{(\w+),", files["references.bib"]))
    for name in TEXTS:
        content = files[name].decode("ascii")
        check(content)
        assert {key.encode() for key in cited_in([content])} <= known
    markdown = files["checklist.md"].decode()
    assert not CONTROL_CHARACTERS.search(markdown.replace("\n", " "))
    assert "<script" not in markdown.replace(r"\<script", "")
    assert max(map(len, files.values())) < 400_000


def test_a_hostile_title_is_printed_as_it_is(store, study_of, register):
    text = r"\input{x} 50% & a_b^2 ~ #1 $x$ {y} <z>"
    table = make_files(study_of(hostile_evidence(store, register, text)))["table.tex"].decode("ascii")
    [cell] = re.findall(r"\\raggedright (.*?) & \\raggedright", table)
    assert printed(cell).startswith(text)


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_document_compiles_with_hostile_text(store, paper, register):
    records = [hostile_evidence(store, register, text) for text in (*HOSTILE, *COMMANDS)]
    folder = paper(*records, write_hypothesis(store, effect=0.2))
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "main.tex"]
    for _ in range(2):
        done = subprocess.run(command, cwd=folder, capture_output=True, timeout=300, check=False)
        log = done.stdout.decode("latin-1")
        assert done.returncode == 0, log[-3000:]
    assert "Missing character" not in (folder / "main.log").read_text(encoding="latin-1")
    assert not (folder / "owned").exists()


def test_what_negres_made_is_replaced(store, paper):
    folder = paper(write_hypothesis(store, "one"))
    before = (folder / "table.tex").read_bytes()
    (folder / "methods.tex").write_bytes((folder / "methods.tex").read_bytes().replace(b"\n", b"\r\n"))
    paper(write_hypothesis(store, "two"))
    assert (folder / "table.tex").read_bytes() != before


def test_files_of_the_authors_are_kept(store, paper, tmp_path):
    names = [*(ALL - {"table.tex"}), "ranks.pdf"]
    (tmp_path / "paper").mkdir()
    for name in names:
        (tmp_path / "paper" / name).write_text("my own words", encoding="utf-8")
    with pytest.raises(InputError, match="are not replaced") as caught:
        paper(write_hypothesis(store))
    assert sorted(caught.value.received.partition(": ")[2].split(", ")) == sorted(names)
    contents = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "paper").iterdir()}
    assert contents == dict.fromkeys(names, "my own words")


def test_files_that_were_edited_are_kept(store, paper):
    names = sorted(ALL - {"forest.pdf", "table.tex"})
    folder = paper(write_hypothesis(store))
    for name in names:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write("more")
    with pytest.raises(InputError, match="were edited") as caught:
        paper(write_hypothesis(store, "another"))
    assert sorted(caught.value.received.partition(": ")[2].split(", ")) == names
    assert "another" not in (folder / "table.tex").read_text(encoding="ascii")


def test_a_figure_that_is_no_longer_made_is_removed(store, paper):
    evidence = write_hypothesis(store)
    assert (paper(evidence) / "forest.pdf").exists()
    folder = paper(evidence.updated(estimate=None))
    assert not (folder / "forest.pdf").exists()
    assert "there is no forest plot" in (folder / "forest.tex").read_text()


def test_smoke_runs_are_left_out_and_alone_are_an_error(store, paper):
    smoke = write_hypothesis(store, "smoke").updated(smoke=True)
    notes = []
    paper(write_hypothesis(store, "real"), smoke, notes=notes)
    assert notes == ["1 smoke run left out of the paper"]
    with pytest.raises(EvidenceError, match="smoke runs decide nothing"):
        paper(smoke)


def test_a_folder_that_cannot_be_written_is_an_error(store, paper, tmp_path):
    (tmp_path / "paper").write_text("a file")
    with pytest.raises(InputError, match="cannot be written"):
        paper(write_hypothesis(store))
