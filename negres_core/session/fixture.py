"""The `experiment` fixture: `compare` and `measure`, run once under pytest-benchmark, and `judge`."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Literal, get_args

import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Tuned
from negres_core.claim import Claim
from negres_core.dataset import Dataset
from negres_core.design import Design, KFolds, Splitter, as_design
from negres_core.errors import InputError
from negres_core.scores import USUAL_COLUMNS, Columns
from negres_core.session.cluster import device_on_cluster
from negres_core.session.keys import (
    EVIDENCE,
    EVIDENCE_KEY,
    MIXTURE_KEY,
    NOTE,
    expected_of,
    is_hypothesis,
    ledger_of,
    notes_of,
    store_of,
)
from negres_core.session.ledger import known_as, register_or_compare, register_or_compare_scores
from negres_core.session.own_controls import own_controls_of
from negres_core.session.shards import end_shard, leave_out, shard_of
from negres_core.session.terminal import announce, progress_of
from negres_core.session.titles import identity_of_test, title_of

if TYPE_CHECKING:
    from negres_core.evidence import Evidence
    from negres_core.metrics import Metric


_COUNTS_KEY: pytest.StashKey[Counter[str]] = pytest.StashKey()
"""How many tests of the session have an identity."""


class ExperimentFixture:
    """Decides the claim of one test. A test asks for it by the name `experiment`.

    Args:
        request: the request of the test.
        benchmark: pytest-benchmark's fixture, or None without it.

    Raises:
        InputError: the test expects what no claim can be registered with, or another test is the same hypothesis.
    """

    def __init__(self, request: pytest.FixtureRequest, benchmark: Any = None) -> None:
        from negres_core.experiment.registration import check_expected

        self._request, self._benchmark = request, benchmark
        self._used = False
        check_expected(expected_of(request.node))
        _check_distinct(request.node)

    def compare(
        self,
        treatment: Recipe | Tuned,
        *,
        against: Recipe | Tuned,
        on: Dataset,
        claim: Claim,
        design: Any = None,
        folds: int | None = None,
        repeats: int | None = None,
        seeds: int | None = None,
        looks: bool | None = None,
        equal: Literal["epochs", "steps", "flops"] | None = None,
        confirm: Any = None,
        waive: Mapping[str, str] | None = None,
    ) -> Evidence:
        """Train two arms on the same cells with the same seeds, and judge a claim about their difference.

        A *cell* is one fold of one repeat of k-fold cross-validation. Both arms are trained and tested on every cell,
        and the claim is judged by the differences of the cells, with a t-test corrected for the overlap of the training
        folds. Replicates that the evidence folder already contains are not retrained.

        Args:
            treatment: the arm that the claim is about, a `Recipe` or `Tuned`.
            against: the control arm.
            on: the data set.
            claim: `beats(...)` or `matches(...)`.
            design: how the data set is split: `KFolds`, `Holdout`, `LeaveOneGroupOut`, `FixedSplit`, `TimeSeries`, or a
                splitter of scikit-learn. Leave it out for k folds, which the next four arguments describe.
            folds: folds per repeat, 2 or more; 5 by default.
            repeats: repeats of the k-fold cross-validation, each of which shuffles the rows anew; with `looks`, the
                maximum. 5 by default.
            seeds: replicates per cell, averaged before any test; 1 by default.
            looks: whether to test after each repeat and stop as soon as the claim is decided. The error rates account
                for the repeated tests. If False, all repeats are trained and the claim is tested once. True by default.
            equal: None, or "epochs", "steps" or "flops" to train both arms with the same budget, the smaller of their
                two. The last stage of the other arm is trained for as many whole epochs as fit into it.
            confirm: rows to seal, as a share (0.3), as row numbers, a range, a slice or a mask, or as `SealedRows`. The
                run then explores: it sees only the other rows. With `--negres-confirm`, a registered confirmation is
                trained on the open rows and tested on the sealed ones.
            waive: controls whose failure does not make the run invalid, with the reason for each:
                `{"duplicates": "equal rows are different days"}`. They still run, and the evidence and the table name
                those that failed.

        Returns:
            The evidence, already recorded. `evidence.verdict` is "supported", "refuted", "inconclusive" or "invalid".

        Raises:
            InputError: an argument is invalid, or the test has already decided a claim. Nothing has been trained.
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
        planned = _design_of(design, folds=folds, repeats=repeats, seeds=seeds, looks=looks)
        return self._once(
            "compare",
            treatment,
            against=against,
            on=on,
            claim=claim,
            design=planned,
            equal=equal,
            confirm=confirm,
            waive=waive,
        )

    def measure(
        self,
        arm: Recipe | Tuned,
        *,
        on: Dataset,
        claim: Claim,
        design: Any = None,
        folds: int | None = None,
        repeats: int | None = None,
        seeds: int | None = None,
        looks: bool | None = None,
        confirm: Any = None,
        waive: Mapping[str, str] | None = None,
    ) -> Evidence:
        """Train one arm and judge a claim about its own metric.

        Args:
            arm: the arm.
            on: the data set.
            claim: `reaches(...)`.
            design: see `compare`.
            folds: see `compare`.
            repeats: see `compare`.
            seeds: see `compare`.
            looks: see `compare`.
            confirm: see `compare`.
            waive: see `compare`.

        Returns:
            The evidence, already recorded.

        Raises:
            InputError: an argument is invalid, or the test has already decided a claim. Nothing has been trained.
            EvidenceError: the evidence folder or the ledger cannot be read or written.
            DeviceError: the requested device is not available.
        """
        planned = _design_of(design, folds=folds, repeats=repeats, seeds=seeds, looks=looks)
        return self._once("measure", arm, on=on, claim=claim, design=planned, confirm=confirm, waive=waive)

    def judge(
        self,
        scores: object,
        *,
        treatment: object,
        control: object = None,
        claim: Claim,
        design: Design | None = None,
        folds: int | None = None,
        repeats: int | None = None,
        seeds: int | None = None,
        looks: bool | None = None,
        metric: Metric | None = None,
        columns: Columns = USUAL_COLUMNS,
        data: str | None = None,
        rows: int | None = None,
        groups: int | None = None,
    ) -> Evidence:
        """Judge a claim by existing scores from any framework. Nothing is trained, and no control can run.

        The table is either *long*, with one row per score and the columns arm, fold and the metric's name (or score),
        or *wide*, with one row per cell, the column fold, and one column per arm. Both need a column repeat or seed if
        there are several repeats or seeds. Labels may be any text or number; scores with equal labels form a pair.

        Args:
            scores: the path of a CSV or Parquet file, a `pandas.DataFrame`, or what that accepts. A score that is NaN
                or infinite means that the run diverged, which makes the claim invalid; an empty one is refused.
            treatment: the name of the arm that the claim is about, as in the table.
            control: the name of the control arm; left out for `reaches(...)`.
            claim: `beats(...)`, `matches(...)` or `reaches(...)`.
            design: the planned design of the runs: `KFolds`; `Holdout`, whose table has the column split instead of
                repeat and fold; `LeaveOneGroupOut(groups=12)`, with the column group; or `FixedSplit` or `TimeSeries`,
                with the score of each test row under each seed in the columns row and seed. The four arguments below
                are a shorthand for k folds.
            folds: folds per repeat; 5 by default.
            repeats: planned repeats, 5 by default; with `looks` the table may have fewer.
            seeds: scores of an arm in each cell, averaged before any test; 1 by default.
            looks: whether the claim is judged after each repeat, in the order of the repeats; those after the deciding
                look are not judged. If False, all scores are judged once. True by default.
            metric: the metric, if negres does not know it:
                `Metric("bleu", higher_is_better=True, unit="BLEU")`.
            columns: the names of the columns, if they are not the usual ones: `Columns(arm="model", score="bleu")`.
            data: the name of the data set, for the table; by default that of the file.
            rows: the number of rows of the data set. Give it for a share of rows such as the accuracy: if scores are
                equal in all cells, it determines how far apart the arms may still be.
            groups: the number of groups, if folds keep groups of rows together.

        Returns:
            The evidence, already recorded, with the table that was judged. It says "scores as given: no controls".

        Raises:
            InputError: an argument is invalid, the layout is unknown, a value is missing or not a number, a score
                occurs twice, or the folds of the arms do not pair. Nothing has been recorded.
            EvidenceError: the evidence folder or the ledger cannot be read or written.
        """
        from negres_core.experiment.judge import Judge

        if shard_of(self._request.config) is not None:
            leave_out(self._request.node, "its scores are given")
        item, config = self._begin("judge"), self._request.config
        judge = Judge(
            hypothesis=identity_of_test(item),
            title=title_of(item),
            kind="mixture" if item.stash.get(MIXTURE_KEY, False) else "claim",
            store=store_of(config),
            folder=config.rootpath,
            expected=expected_of(item),
            smoke=config.getoption("negres_smoke"),
            known_as=known_as(item),
            register_or_compare=register_or_compare_scores(item, scores),
        )
        return self._decide(
            judge.judge,
            scores,
            treatment=treatment,
            control=control,
            claim=claim,
            design=_design_of(design, folds=folds, repeats=repeats, seeds=seeds, looks=looks),
            metric=metric,
            columns=columns,
            data=data,
            rows=rows,
            groups=groups,
        )

    def _begin(self, verb: str, confirm: Any = None) -> pytest.Item:
        """Return the test, unless it has decided a claim before, or seals no rows in a session that opens them."""
        item: pytest.Item = self._request.node
        if self._used:
            raise InputError(
                "A test is one hypothesis: `experiment` decides one claim.",
                received=f"a second call, {verb}(...), in {item.nodeid}",
                remedy="Parametrize the test, or write one test per claim.",
            )
        self._used = True
        if self._request.config.getoption("negres_confirm") and confirm is None:
            pytest.skip("it seals no rows, so there is nothing to confirm")
        return item

    def _once(self, verb: str, *arms: Recipe | Tuned, **arguments: Any) -> Evidence:
        from negres_core.engine.device import choose_device, choose_device_of_fits
        from negres_core.experiment.experiment import Experiment
        from negres_core.experiment.sharding import NotShardableError
        from negres_core.experiment.tuned_arms import first_recipe
        from negres_core.run.arm import Role

        item, config = self._begin(verb, arguments["confirm"]), self._request.config
        store, notes = store_of(config), notes_of(config)
        recipes = dict(zip(get_args(Role), filter(None, (*arms, arguments.get("against"))), strict=False))
        # What is neither is refused later, in words of its own.
        has_network = any(not isinstance(arm, Recipe | Tuned) or first_recipe(arm).stages for arm in recipes.values())
        choose = choose_device if has_network else choose_device_of_fits
        device = device_on_cluster(config, choose, has_network=has_network)
        with progress_of(item) as progress:
            experiment = Experiment(
                hypothesis=identity_of_test(item),
                title=title_of(item),
                kind="mixture" if item.stash.get(MIXTURE_KEY, False) else "claim",
                store=store,
                device=device,
                folder=config.rootpath,
                expected=expected_of(item),
                smoke=config.getoption("negres_smoke"),
                known_as=known_as(item),
                register_or_compare=register_or_compare(item, recipes, arguments, progress),
                ledger=ledger_of(config),
                confirming=config.getoption("negres_confirm"),
                controls=config.getoption("negres_controls"),
                shard=shard_of(config),
                own_controls=own_controls_of(item),
                progress=progress,
                announce=functools.partial(announce, config),
                note=notes.append,
            )
            try:
                return self._decide(getattr(experiment, verb), *arms, **arguments)
            except NotShardableError as error:
                leave_out(item, error.wrong)

    def _decide(self, run: Callable[..., Evidence], *arms: object, **arguments: Any) -> Evidence:
        """Run once, and hand the evidence and what is noted about it to the report of the test."""
        item, config = self._request.node, self._request.config
        store, notes = store_of(config), notes_of(config)
        if self._benchmark is not None:
            # One round: pytest-benchmark would otherwise train seven times to get a distribution of times.
            run = functools.partial(_time_once, self._benchmark, run)
        evidence = run(*arms, **arguments)
        if shard_of(config) is not None:
            item.user_properties += [(NOTE, note) for note in notes]
            notes.clear()
            end_shard(item, evidence)
        item.stash[EVIDENCE_KEY] = evidence
        item.user_properties.append((EVIDENCE, str(store.evidence_path(evidence.hypothesis))))
        item.user_properties += [(NOTE, note) for note in notes]
        notes.clear()
        return evidence


def _design_of(given: Any, **shorthand: Any) -> Design | Splitter:
    """Return the design that a test gave, or the k folds that its shorthand describes."""
    named = {name: value for name, value in shorthand.items() if value is not None}
    if given is None:
        return KFolds(**named)
    if shorthand["folds"] is not None or shorthand["repeats"] is not None:
        raise InputError(
            "`folds` and `repeats` are a shorthand for a design of k folds, but another design was given.",
            received=f"design={given!r} beside {', '.join(f'{name}={value!r}' for name, value in named.items())}",
            remedy="Give either; KFolds(5, repeats=5) is the design of folds=5, repeats=5.",
        )
    return as_design(given, **named)


def benchmark_of(request: pytest.FixtureRequest) -> Any:
    """Return pytest-benchmark's fixture; None if it is off or skips benchmarks, since hypotheses run all the same."""
    if request.config.getoption("benchmark_skip", False):
        return None
    try:
        benchmark = request.getfixturevalue("benchmark")
    except pytest.FixtureLookupError:
        return None
    return benchmark if hasattr(benchmark, "pedantic") else None


def _time_once(benchmark: Any, run: Callable[..., Evidence], *arms: object, **arguments: Any) -> Evidence:
    evidence: Evidence = benchmark.pedantic(run, args=arms, kwargs=arguments, rounds=1, iterations=1)
    return evidence


def _check_distinct(item: pytest.Item) -> None:
    """Raise InputError if another test is the same hypothesis: they would replace each other's evidence."""
    counts = item.config.stash.get(_COUNTS_KEY, None)
    if counts is None:
        counts = Counter(map(identity_of_test, filter(is_hypothesis, item.session.items)))
        item.config.stash[_COUNTS_KEY] = counts
    identity = identity_of_test(item)
    if counts[identity] > 1:
        raise InputError(
            "Tests that differ only in the expected verdict, or in an address in memory, are the same hypothesis.",
            received=f"{counts[identity]} tests with the id {identity}",
            remedy="Keep one of them, or give their parameters ids: pytest.param(..., id='wide').",
        )
