"""The analysis: the code that turns replicates into a verdict, as a digest of what it does."""

from __future__ import annotations

import ast
import hashlib
from collections import Counter
from pathlib import Path

import negres_core
from negres_core.provenance.logic import statements_of

ANALYSIS = (
    "arrays.py",
    "claim.py",
    "controls/*.py",
    "design.py",
    "discovery.py",
    "experiment/decision.py",
    "metrics.py",
    "run.py",
    "seeds.py",
    "statistics/*.py",
    "verdict.py",
)
"""Patterns of the registered modules: everything that a control, the split or the verdict computes with, down to the
thresholds that controls share with the diagnosis (`run.py`). The engines are covered by `ENGINE_VERSION`."""


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
    statements: Counter[str] = Counter()
    for pattern in ANALYSIS:
        paths = list(folder.glob(pattern))
        if not paths:
            raise FileNotFoundError(f"The pattern {pattern!r} of the analysis matches no file in {folder}.")
        for path in paths:
            statements.update(statements_of(ast.parse(path.read_text(encoding="utf-8")), package="negres_core"))
    # How often an import is repeated does not matter; for any other statement it does.
    repeated = (text for text, count in statements.items() for _ in range(1 if text.startswith("Import") else count))
    return hashlib.sha256("\0".join(sorted(repeated)).encode()).hexdigest()
