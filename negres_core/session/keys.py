"""What a session's hooks share: names of report properties, stash keys, and the session's store and ledger."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from negres_core.arms.recipe import Recipe
    from negres_core.arms.tuning import Tuned
    from negres_core.claim import Claim
    from negres_core.dataset import Dataset
    from negres_core.design import Design
    from negres_core.evidence import Commitment, Evidence, Ledger, Store
    from negres_core.experiment.training import Progress
    from negres_core.run.arm import Role

    Predict = Callable[[pytest.Item, Commitment, Mapping[Role, Recipe | Tuned], Dataset, Design, Claim, Progress], None]

HYPOTHESIS, EVIDENCE, SMOKE, NOTE = "negres_hypothesis", "negres_evidence", "negres_smoke", "negres_note"
REGISTERED, IDENTITY, PLACE, SHARD = "negres_registered", "negres_identity", "negres_place", "negres_shard"
"""Names of the properties of a test's report, which may come from another process."""

EVIDENCE_KEY: pytest.StashKey[Evidence] = pytest.StashKey()
"""The evidence of a test."""
MIXTURE_KEY: pytest.StashKey[bool] = pytest.StashKey()
"""Set on a test that a bisection made."""
PLACE_KEY: pytest.StashKey[int] = pytest.StashKey()
"""Place of a test in the session's order, by which the table is sorted."""
NOTES_KEY: pytest.StashKey[list[str]] = pytest.StashKey()
"""Sentences for the summary that belong to no test."""
PREDICT_KEY: pytest.StashKey[Predict] = pytest.StashKey()
"""Set on a session that predicts recorded hypotheses again instead of running them."""
STORE_KEY: pytest.StashKey[Store] = pytest.StashKey()
"""The session's store."""


def is_hypothesis(item: pytest.Item) -> bool:
    """Return whether a test uses the `experiment` fixture."""
    return "experiment" in getattr(item, "fixturenames", ())


def params_of(item: pytest.Item) -> dict[str, Any]:
    """Return the parameters of a test by name, in the order in which they stand in its id."""
    callspec = getattr(item, "callspec", None)
    return dict(callspec.params) if callspec else {}


def expected_of(item: pytest.Item) -> Any:
    """Return the parameter `expected` of a test, None if it has none."""
    return params_of(item).get("expected")


def folder_of(config: pytest.Config) -> Path:
    """Return the evidence folder of a session."""
    folder: Path = config.rootpath / config.getoption("negres_evidence")
    # A smoke run tells nothing about the hypotheses, so its evidence never replaces that of a real run.
    return folder / "smoke" if config.getoption("negres_smoke") else folder


def notes_of(config: pytest.Config) -> list[str]:
    """Return the notes of a session that have not been handed over to a test's report yet."""
    return config.stash.setdefault(NOTES_KEY, [])


def store_of(config: pytest.Config) -> Store:
    """Return the store of a session."""
    from negres_core.evidence import Store

    if STORE_KEY not in config.stash:
        # What a smoke run records is not worth a wait for the disk.
        options = {"fresh": config.getoption("negres_fresh"), "synced": not config.getoption("negres_smoke")}
        config.stash[STORE_KEY] = Store(folder_of(config), note=notes_of(config).append, **options)
    return config.stash[STORE_KEY]


def sweep_folder(config: pytest.Config) -> None:
    """Remove what interrupted sessions left in the evidence folder more than a day ago."""
    folder = folder_of(config)
    if not folder.is_dir() or store_of(config).read_only:
        return
    from negres_core.evidence.sweep import sweep

    if removed := sweep(folder):
        notes_of(config).append(
            f"{removed} files of interrupted sessions, older than a day and never recorded, were removed"
        )


def ledger_of(config: pytest.Config) -> Ledger:
    """Return the ledger of a session."""
    from negres_core.evidence import Ledger

    return Ledger(config.rootpath / config.getini("negres_ledger"))
