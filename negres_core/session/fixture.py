"""The `experiment` fixture: `compare` and `measure`, run once under pytest-benchmark."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import pytest

from negres_core.claim import Claim
from negres_core.dataset import Dataset
from negres_core.design import Design
from negres_core.errors import InputError
from negres_core.recipe import Recipe
from negres_core.session.keys import (
    EVIDENCE,
    EVIDENCE_KEY,
    MIXTURE_KEY,
    NOTE,
    REGISTERED,
    ledger_of,
    notes_of,
    params_of,
    store_of,
)
from negres_core.session.terminal import announce, progress_of

if TYPE_CHECKING:
    from negres_core.evidence import Commitment, Evidence, Registration


class ExperimentFixture:
    """Decides the claim of one test. A test asks for it by the name `experiment`."""

    def __init__(self, request: pytest.FixtureRequest, benchmark: Any) -> None:
        self._request, self._benchmark = request, benchmark
        self._used = False

    def compare(
        self,
        treatment: Recipe,
        *,
        against: Recipe,
        on: Dataset,
        claim: Claim,
        folds: int = 5,
        repeats: int = 5,
        seeds: int = 1,
        looks: bool = True,
    ) -> Evidence:
        """Train two arms on the same cells with the same seeds, and judge a claim about their difference.

        A *cell* is one fold of one repeat of k-fold cross-validation. Both arms are trained and tested on every cell,
        and the claim is judged by the differences of the cells, with a t-test corrected for the overlap of the training
        folds. Replicates that the evidence folder already contains are not retrained.

        Args:
            treatment: the arm that the claim is about.
            against: the control arm.
            on: the data set.
            claim: `beats(...)` or `matches(...)`.
            folds: folds per repeat, 2 or more.
            repeats: repeats of the k-fold cross-validation, each with another shuffle; with `looks`, the maximum.
            seeds: replicates per cell, averaged before any test.
            looks: whether to test after each repeat and stop as soon as the claim is decided. The error rates account
                for the repeated tests. If False, all repeats are trained and the claim is tested once.

        Returns:
            The evidence, already recorded. `evidence.verdict` is "supported", "refuted", "inconclusive" or "invalid".

        Raises:
            InputError: an argument is invalid, or the test has decided a claim before. Nothing has been trained.
            EvidenceError: the evidence folder or the ledger cannot be read or written.
            DeviceError: the requested device is not available.

        Example:
            A test that trains, judges, and passes if the claim turns out as expected::

                def test_wider_is_better(experiment, data):
                    evidence = experiment.compare(
                        WIDE, against=NARROW, on=data, claim=beats("accuracy", by=0.005), folds=5, repeats=5
                    )
                    assert evidence.verdict == "supported", evidence
        """
        design = Design(folds=folds, repeats=repeats, seeds=seeds, looks=looks)
        return self._once("compare", treatment, against=against, on=on, claim=claim, design=design)

    def measure(
        self,
        arm: Recipe,
        *,
        on: Dataset,
        claim: Claim,
        folds: int = 5,
        repeats: int = 5,
        seeds: int = 1,
        looks: bool = True,
    ) -> Evidence:
        """Train one arm and judge a claim about its own metric.

        Args:
            arm: the arm.
            on: the data set.
            claim: `reaches(...)`.
            folds: see `compare`.
            repeats: see `compare`.
            seeds: see `compare`.
            looks: see `compare`.

        Returns:
            The evidence, already recorded.

        Raises:
            InputError: an argument is invalid, or the test has decided a claim before. Nothing has been trained.
            EvidenceError: the evidence folder or the ledger cannot be read or written.
            DeviceError: the requested device is not available.
        """
        design = Design(folds=folds, repeats=repeats, seeds=seeds, looks=looks)
        return self._once("measure", arm, on=on, claim=claim, design=design)

    def _once(self, verb: str, *arms: Recipe, **arguments: Any) -> Evidence:
        from negres_core.engine.device import choose_device
        from negres_core.experiment.experiment import Experiment

        item, config = self._request.node, self._request.config
        if self._used:
            raise InputError(
                "A test is one hypothesis: `experiment` decides one claim.",
                received=f"a second call, {verb}(...), in {item.nodeid}",
                remedy="Parametrize the test, or write one test per claim.",
            )
        self._used = True
        store, notes = store_of(config), notes_of(config)
        device = choose_device(config.getoption("negres_device"))
        with progress_of(config) as progress:
            experiment = Experiment(
                hypothesis=_identity_of(item),
                title=title_of(item),
                kind="mixture" if item.stash.get(MIXTURE_KEY, False) else "claim",
                store=store,
                device=device,
                folder=config.rootpath,
                expected=_expected_of(item),
                smoke=config.getoption("negres_smoke"),
                register_or_compare=_register_or_compare(item),
                controls=config.getoption("negres_controls"),
                progress=progress,
                announce=functools.partial(announce, config),
                note=notes.append,
            )
            # One round: pytest-benchmark would otherwise train seven times to get a distribution of times.
            evidence: Evidence = self._benchmark.pedantic(
                getattr(experiment, verb), args=arms, kwargs=arguments, rounds=1, iterations=1
            )
        item.stash[EVIDENCE_KEY] = evidence
        item.user_properties.append((EVIDENCE, str(store.evidence_path(evidence.hypothesis))))
        item.user_properties += [(NOTE, note) for note in notes]
        notes.clear()
        self._benchmark.extra_info |= {"hypothesis": evidence.title} | evidence.model_dump(
            mode="json", include={"verdict", "finding", "estimate", "timings", "smoke"}
        )
        return evidence


def title_of(item: pytest.Item) -> str:
    """Return a test's name as a sentence, with the parameters that have no column in the table."""
    name = getattr(item, "originalname", item.name).removeprefix("test_").replace("_", " ")
    # A configuration of many factors is shown by its parameter id.
    param_id = item.name.partition("[")[2].removesuffix("]")
    shown = {key: value for key, value in params_of(item).items() if key not in ("data", "expected")}
    others = [f"{key} {param_id if isinstance(value, Mapping) else value}" for key, value in shown.items()]
    return f"{name} ({', '.join(others)})" if others else name


def _expected_of(item: pytest.Item) -> str | None:
    expected = params_of(item).get("expected")
    return expected if isinstance(expected, str) else None


def _identity_of(item: pytest.Item) -> str:
    from negres_core.experiment.registration import identity_of

    names = list(params_of(item))
    return identity_of(item.nodeid, expected=_expected_of(item), last=names[-1:] == ["expected"])


def _register_or_compare(item: pytest.Item) -> Callable[[Commitment], Registration]:
    """Return the function that looks a test up in the ledger, or registers it and ends the test."""
    from negres_core.experiment.registration import register

    config, ledger = item.config, ledger_of(item.config)
    if not config.getoption("negres_register"):
        return ledger.compare

    def end(commitment: Commitment) -> Registration:
        reason = config.getoption("negres_reason")
        status = register(commitment, ledger=ledger, store=store_of(config), reason=reason)
        item.user_properties.append((REGISTERED, status))
        pytest.skip(status)

    return end
