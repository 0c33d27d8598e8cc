"""The analysis: the code that turns replicates into a verdict, as a digest of what it does."""

from __future__ import annotations

import ast
import hashlib
from pathlib import Path

import negres_core
from negres_core.provenance.logic import statements_of

ANALYSIS = (
    "claim.py",
    "controls/*.py",
    "design.py",
    "experiment/decision.py",
    "metrics.py",
    "seeds.py",
    "statistics/*.py",
    "verdict.py",
)
"""Patterns of the modules that are part of what is registered. The engines are covered by `ENGINE_VERSION`."""


def digest_analysis(folder: Path | None = None) -> str:
    """Digest the code from replicates to a verdict, and the code that splits the folds.

    The digest covers the logic of every top-level statement: it does not depend on docstrings, comments, the wording of
    findings and errors, or on which module a function is defined in.

    Args:
        folder: the source of negres_core; that of this process if None.

    Raises:
        FileNotFoundError: a pattern in `ANALYSIS` matches no file.
    """
    folder = folder or Path(negres_core.__file__).parent
    statements: set[str] = set()
    for pattern in ANALYSIS:
        paths = list(folder.glob(pattern))
        if not paths:
            raise FileNotFoundError(f"The pattern {pattern!r} of the analysis matches no file in {folder}.")
        for path in paths:
            statements.update(statements_of(ast.parse(path.read_text(encoding="utf-8")), package="negres_core"))
    return hashlib.sha256("\0".join(sorted(statements)).encode()).hexdigest()
