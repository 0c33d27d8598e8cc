"""What a validation prints that is run in a process of its own: a fork of one that has computed something may hang."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[3]


def first_cells(module: str, *options: str) -> list[str]:
    """Run a validation that has to end well, and return the first cell of each line of its table."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "COV"))}
    command = [sys.executable, "-m", module, *options]
    process = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert process.returncode == 0, process.stdout + process.stderr
    return [line.split("|")[1].strip() for line in process.stdout.splitlines() if line.startswith("|")]
