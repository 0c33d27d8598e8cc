"""Write the files of a paper into a folder, without overwriting what an author wrote."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Sequence
from pathlib import Path

from negres_core.errors import EvidenceError, InputError
from negres_core.evidence import Evidence, Ledger, Store
from negres_core.files import write_atomically
from negres_core.report.layout import plural
from negres_core.report.paper import forest, ranks
from negres_core.report.paper.arms import write_arms
from negres_core.report.paper.checklist import write_latex, write_markdown
from negres_core.report.paper.deviations import write_deviations
from negres_core.report.paper.document import DOCUMENT
from negres_core.report.paper.methods import write_methods
from negres_core.report.paper.neurips import answer_neurips
from negres_core.report.paper.pdf import CREATOR
from negres_core.report.paper.references import write_references
from negres_core.report.paper.reforms import answer_reforms
from negres_core.report.paper.study import Study, read_study
from negres_core.report.paper.table import write_tables

FIGURES = {forest.FILE: forest.make_figures, ranks.FILE: ranks.make_ranks}
"""Files with figures, and what draws them."""
_MARK = "Made by negres report --latex, and replaced when it is made again; SHA-256 of the rest: {}"
_MARKED = re.compile(rf"(?:% |<!-- ){_MARK.format('([0-9a-f]{64})')}(?: -->)?")


def write_paper(
    folder: Path, records: Sequence[Evidence], store: Store, ledger: Ledger, *, note: Callable[[str], None]
) -> str:
    """Write the files of a paper, and return their folder and names in words.

    Args:
        folder: is made if it does not exist. Files that were made before are replaced, unless they were edited.
        records: the evidence of the hypotheses; smoke runs are left out.
        store: the store that has them.
        ledger: where they are registered.
        note: called with a sentence if the family is not known, or something is left out.

    Raises:
        EvidenceError: there are only smoke runs, which decide nothing.
        InputError: a file there is not ours or was edited, or cannot be written.
    """
    study = read_study(records, store, ledger, note=note)
    if not study.records:
        raise EvidenceError(
            "There is nothing to report in a paper: smoke runs decide nothing.",
            received=plural(study.smoke, "smoke run"),
            remedy="Run pytest without --negres-smoke.",
        )
    if study.smoke:
        note(f"{plural(study.smoke, 'smoke run')} left out of the paper")
    files = make_files(study)
    try:
        if edited := [name for name in dict.fromkeys((*files, *FIGURES)) if _is_foreign(folder / name)]:
            raise InputError(
                "Files in this folder were edited, or were not written by negres, so they are not replaced.",
                received=f"{folder}: {', '.join(edited)}",
                remedy="Name another folder, or rename these files.",
            )
        for name, content in files.items():
            write_atomically(folder / name, content)
        for name in FIGURES:
            if name not in files:
                (folder / name).unlink(missing_ok=True)  # it shows what is no longer there
    except OSError as error:
        raise InputError(
            "The files of the paper cannot be written.",
            received=f"{folder}: {error.strerror or error}",
            remedy="Name a folder that you can write to.",
        ) from error
    return f"{folder}: {', '.join(files)}"


def make_files(study: Study) -> dict[str, bytes]:
    """Return the content of each file by its name; PDFs only if there is something to draw."""
    figures = {name: make(study) for name, make in FIGURES.items()}
    checklists = [answer_reforms(study), answer_neurips(study)]
    texts = {
        "table.tex": write_tables(study),
        "arms.tex": write_arms(study),
        **{Path(name).with_suffix(".tex").name: each.tex for name, each in figures.items()},
        "methods.tex": write_methods(study),
        "deviations.tex": write_deviations(study),
        "checklist.tex": write_latex(checklists),
    }
    texts |= {"references.bib": write_references(texts.values())}
    files = {name: _marked(f"% {_MARK}", text) for name, text in (texts | {"main.tex": DOCUMENT}).items()}
    files["checklist.md"] = _marked(f"<!-- {_MARK} -->", write_markdown(checklists))
    return files | {name: each.pdf for name, each in figures.items() if each.pdf is not None}


def _marked(mark: str, text: str) -> bytes:
    return f"{mark.format(hashlib.sha256(text.encode()).hexdigest())}\n{text}".encode()


def _is_foreign(path: Path) -> bool:
    """Return whether a file exists that negres did not make, or that was edited since."""
    try:
        content = path.read_bytes()
    except FileNotFoundError:
        return False
    if path.suffix == ".pdf":
        return CREATOR.encode() not in content
    # Version control may have changed the ends of lines.
    mark, _, rest = content.replace(b"\r\n", b"\n").partition(b"\n")
    found = _MARKED.fullmatch(mark.decode("utf-8", "replace"))
    return found is None or found[1] != hashlib.sha256(rest).hexdigest()
