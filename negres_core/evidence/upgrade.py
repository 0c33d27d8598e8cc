"""Upgrade records of earlier versions of negres when they are read. Files are not changed."""

from __future__ import annotations

import re
from typing import Any

RENAMED = {"registered": "expected", "foreseen": "power", "trials": "small_runs"}
"""Fields of evidence of schema version 1, and their names since version 2."""


def upgrade_evidence(content: Any) -> Any:
    """Return the content of an `evidence.json` in the form of schema version 2."""
    if not isinstance(content, dict) or content.get("schema_version") != 1:
        return content
    content = {RENAMED.get(name, name): value for name, value in content.items()} | {"schema_version": 2}
    if content.get("outcome") == "as registered":
        content["outcome"] = "as expected"
    if estimate := content.get("estimate"):
        content["estimate"] = {"cell_count" if name == "cells" else name: value for name, value in estimate.items()}
    # Version 1 marked the mixtures of a bisection only in their test ids.
    if re.search(r"[\[-]mix-[0-9a-f]{12}[]-]", str(content.get("hypothesis"))):
        content["kind"] = "mixture"
    finding = content.get("finding")
    if isinstance(finding, str):
        content["finding"] = re.sub(r"^better, by (.+) or not: ", r"better than 0; margin \1 undecided: ", finding)
    return content
