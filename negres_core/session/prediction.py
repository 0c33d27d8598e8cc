"""A pytest session that predicts recorded hypotheses again: each test is called for its recipes and its data alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Tuned
from negres_core.claim import Claim
from negres_core.dataset import Dataset
from negres_core.design import Design
from negres_core.errors import show
from negres_core.evidence import Commitment, Evidence, Store
from negres_core.experiment.prediction import Prediction, predict_again, unpredicted
from negres_core.experiment.training import Progress
from negres_core.experiment.tuned_arms import first_recipe
from negres_core.metrics import metric_of
from negres_core.run.arm import Role
from negres_core.session.keys import PREDICT_KEY, STORE_KEY, is_hypothesis
from negres_core.session.silent import SilentRuns
from negres_core.session.titles import identity_of_test

MOST_WHY = 300
"""Most characters of the error of a test that are shown."""


def predict_all(
    records: Sequence[Evidence], store: Store, *, root: Path, ledger: Path, arguments: Sequence[str]
) -> dict[str, Prediction]:
    """Predict recorded hypotheses again, in a pytest session of their tests.

    The ids of tests in the evidence only select tests. Which files are imported is up to the user: whoever can write an
    evidence folder must not choose code that runs.

    Args:
        records: the evidence.
        store: where the replicates are; it is only read.
        root: the folder that the ids of the hypotheses are relative to.
        ledger: the ledger, by which a test whose file was moved is recognized.
        arguments: arguments of pytest: the files with the tests, and options.

    Returns:
        What came of each hypothesis, by its id.
    """
    plugin = PredictionPlugin(records, store)
    options = ["-qq", "--disable-warnings", "-p", "no:cacheprovider", "--continue-on-collection-errors"]
    options += [f"--rootdir={root}", f"--negres-evidence={store.folder.absolute()}", "-o", f"negres_ledger={ledger}"]
    pytest.main([*options, *arguments], plugins=[plugin])
    return plugin.results


class PredictionPlugin(SilentRuns):
    """A plugin for such a session.

    Attributes:
        results: what came of each hypothesis, by its id.
    """

    def __init__(self, records: Sequence[Evidence], store: Store) -> None:
        self._records, self._store = {record.hypothesis: record for record in records}, store
        self.results = {record.hypothesis: unpredicted(record, _why_unseen(record)) for record in records}
        self._has_predicted = False

    def pytest_configure(self, config: pytest.Config) -> None:
        """Refuse what would not predict; let the tests predict."""
        for option, name, off in (
            ("--negres-register", "negres_register", False),
            ("--negres-smoke", "negres_smoke", False),
            ("-n", "dist", "no"),
        ):
            if config.getoption(name, off) != off:
                raise pytest.UsageError(f"Real runs are predicted, one after another: omit {option}.")
        config.stash[STORE_KEY], config.stash[PREDICT_KEY] = self._store, self._predict

    @pytest.hookimpl(trylast=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Keep the tests of the hypotheses; one whose file was moved may have another file in its id."""
        names = {name.partition("::")[2] for name in self._records}
        items[:] = [each for each in items if is_hypothesis(each) and _name_of(each) in names]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test up to its call of `experiment`, and report neither success nor failure."""
        self._has_predicted = False
        self.run_silently(item, nextitem)
        record = self._records.get(identity_of_test(item))
        if record is not None and not self._has_predicted:
            self.results[record.hypothesis] = unpredicted(record, _why(self.raised))
        return True

    def _predict(
        self,
        item: pytest.Item,
        commitment: Commitment,
        recipes: Mapping[Role, Recipe | Tuned],
        data: Dataset,
        design: Design,
        claim: Claim,
        progress: Progress,
    ) -> None:
        from negres_core.engine.device import choose_device, choose_device_of_fits

        self._has_predicted = True
        if (record := self._records.get(commitment.hypothesis)) is not None:
            made = [first_recipe(arm) for arm in recipes.values()]
            choose = choose_device if any(recipe.stages for recipe in made) else choose_device_of_fits
            device = choose(item.config.getoption("negres_device")).kind
            own = [recipe.fit.metrics if recipe.fit else None for recipe in made]
            metric = metric_of(claim, task=data.task, own=own)
            self.results[record.hypothesis] = predict_again(
                record, self._store, recipes, data, design, metric=metric, device=device, progress=progress
            )


def _name_of(item: pytest.Item) -> str:
    return identity_of_test(item).partition("::")[2]


def _why_unseen(record: Evidence) -> str:
    is_confirmation = record.seal is not None and record.seal.phase == "confirming"
    return f"its test was not found here{', or not with --negres-confirm' if is_confirmation else ''}"


def _why(error: BaseException | None) -> str:
    if error is None:
        return "its test did not call `experiment`"
    line = f"{type(error).__name__}: {error}".splitlines()[0]
    return f"its test failed before its claim was judged: {show(line, most=MOST_WHY)}"
