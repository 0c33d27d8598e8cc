"""Where commands find the evidence folder and the ledger: where pytest finds them in the current folder."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from negres_core.errors import InputError
from negres_core.evidence import Ledger

if TYPE_CHECKING:
    import pytest

QUIET = ("-W", "ignore:Module already imported:pytest.PytestAssertRewriteWarning")
"""pytest warns that modules imported here cannot have their assertions rewritten. They contain none, so the warning is
silenced."""


def add_ledger(command: argparse.ArgumentParser) -> None:
    """Add the option that names the ledger."""
    command.add_argument("--ledger", metavar="FILE", type=Path, help="the ledger (default: pytest's negres_ledger)")


def ledger_of(options: argparse.Namespace) -> Ledger:
    """Return the ledger that the options name, or that of pytest's settings."""
    if options.ledger is not None:
        return Ledger(options.ledger)
    config = settings_of_pytest(options)
    return Ledger(root_of(config) / config.getini("negres_ledger"))


def settings_of_pytest(options: argparse.Namespace) -> pytest.Config:
    """Return pytest's settings in this folder, read once per command: run no conftest, open no capture files.

    Raises:
        InputError: pytest refuses them.
    """
    import pytest

    if options.settings is None:
        try:
            options.settings = pytest.Config.fromdictargs({}, [*QUIET, "--noconftest", "--capture=no"])
        except pytest.UsageError as error:
            raise InputError(
                "pytest refuses its settings.",
                received=str(error),
                remedy="Correct the file until `pytest --collect-only` accepts it.",
            ) from error
    settings: pytest.Config = options.settings
    return settings


def folder_of(config: pytest.Config) -> Path:
    """Return the evidence folder that pytest's options name, in the environment or in its settings."""
    added = [*config.getini("addopts"), *shlex.split(os.environ.get("PYTEST_ADDOPTS", ""))]
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--negres-evidence", dest="folder", default=config.getoption("negres_evidence"))
    return Path(parser.parse_known_args(added)[0].folder)


def root_of(config: pytest.Config) -> Path:
    """Return the folder that pytest's paths are relative to: its root, or the next folder above with evidence."""
    folder, root = folder_of(config), config.rootpath
    found = (each for each in (root, *root.parents) if (each / folder).is_dir())
    return root if folder.is_absolute() else next(found, root)
