"""The analysis: the code that turns replicates into a verdict, as a digest of what it does."""

from __future__ import annotations

import ast
import functools
import hashlib
from pathlib import Path

import negres_core
from negres_core.provenance.logic import statements_of

ANALYSIS = (
    "arrays.py",
    "claim/*.py",
    "controls/*.py",
    "design/*.py",
    "discovery.py",
    "experiment/decision.py",
    "experiment/given_scores.py",
    "experiment/row_judgement.py",
    "experiment/row_scores.py",
    "metrics/*.py",
    "rescoring.py",
    "run/*.py",
    "scores/*.py",
    "seeds.py",
    "statistics/*.py",
    "thresholds.py",
    "verdict.py",
)
"""Patterns of the registered modules: claim, folds, metrics, controls with their thresholds and the code that finds
them, the pairing of scores that were given, statistics, and verdict. The engines are covered by `ENGINE_VERSION`."""


def digest_analysis(folder: Path | None = None) -> str:
    """Digest the code from replicates to a verdict, and the code that splits the folds.

    The digest covers the logic of every top-level statement. It does not depend on docstrings, on comments, on the
    wording of findings and errors, or on the module in which a function is defined.

    Args:
        folder: the source of negres_core; that of this process if None.

    Raises:
        FileNotFoundError: a pattern in `ANALYSIS` matches no file.
    """
    folder = folder or Path(negres_core.__file__).parent
    statements: list[str] = []
    for pattern in ANALYSIS:
        paths = list(folder.glob(pattern))
        if not paths:
            raise FileNotFoundError(f"The pattern {pattern!r} of the analysis matches no file in {folder}.")
        for path in paths:
            statements.extend(_statements_in(path.read_text(encoding="utf-8")))
    # A function that moves to another module may repeat an import there.
    imports = {text for text in statements if text.startswith("Import")}
    others = [text for text in statements if text not in imports]
    return hashlib.sha256("\0".join(sorted([*imports, *others])).encode()).hexdigest()


@functools.cache
def _statements_in(source: str) -> list[str]:
    """Return the logic of a module; cached, because every hypothesis of a session digests the same sources."""
    return statements_of(ast.parse(source), package="negres_core")
