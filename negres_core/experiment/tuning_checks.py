"""Whether the trials that evidence names are those of its tuned arms, and the best of them were chosen."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

from negres_core.errors import EvidenceError
from negres_core.evidence import (
    ArmRecord,
    Evidence,
    Replicate,
    SearchBudget,
    SearchRecord,
    Store,
    TrialRecord,
    TuningPlan,
    TuningRecord,
    best_of,
)
from negres_core.experiment.replicate_checks import Trained


def check_tuning(evidence: Evidence, arms: Sequence[Trained], store: Store) -> list[str]:
    """Return what is wrong with the trials of the tuned arms of evidence, whose own replicates are sound."""
    problems, validated = [], dict[tuple[int, int], set[str]]()
    for trained in arms:
        arm = trained.arm
        if arm.tuning is None:
            continue
        ids = {id for search in arm.tuning.searches for trial in search.trials for id in trial.replicates}
        found = {id: _find(id, store) for id in ids}
        if missing := sorted(id for id, each in found.items() if each is None):
            problems.append(f"{arm.role} arm: missing or damaged replicates of trials: {', '.join(missing)}")
            continue
        replicates = {id: each for id, each in found.items() if each is not None}
        problems += [f"{arm.role} arm: {each}" for each in _problems_of_arm(evidence, trained, arm.tuning, replicates)]
        for search in arm.tuning.searches:
            rows = {replicates[id].key.rows for trial in search.trials for id in trial.replicates}
            validated.setdefault((search.repeat, search.fold), set()).update(rows)
    if not problems and any(len(rows) > 1 for rows in validated.values()):
        problems.append("the trials of a cell were not scored on the same validation rows")
    return problems


def _find(id: str, store: Store) -> Replicate | None:
    try:
        return store.find(id)
    except EvidenceError:  # this is not an id, or a newer version wrote the record
        return None


def _problems_of_arm(
    evidence: Evidence, trained: Trained, tuning: TuningRecord, replicates: dict[str, Replicate]
) -> Iterator[str]:
    arm, plan, seeds = trained.arm, tuning.plan, evidence.design.seeds
    cells = list(itertools.product(range(len(arm.values)), range(evidence.design.folds)))
    if [(each.repeat, each.fold) for each in tuning.searches] != cells or len(tuning.chosen) != len(cells):
        yield "its searches are not those of its cells, each once, in order"
        return
    if evidence.claim.cost is not None or evidence.equal is not None:
        yield "it is tuned, and its claim or its budget is not that of a tuned arm"
    if plan.sampler == "random" and len({_settings_of(each) for each in tuning.searches}) > 1:
        yield "its settings are drawn once, and differ between cells"
    own = trained.stages[-1][::seeds]
    for search, final in zip(tuning.searches, own, strict=True):
        where = f"repeat {search.repeat}, fold {search.fold}"
        yield from (f"{each} in {where}" for each in _problems_of_search(plan, search, final, replicates))
    named = (replicates[id] for search in tuning.searches for trial in search.trials for id in trial.replicates)
    if tuning.budget != SearchBudget.of(named):
        yield "the budget of its search is not that of its trials"
    yield from _problems_of_recipes(arm, tuning)


def _problems_of_recipes(arm: ArmRecord, tuning: TuningRecord) -> Iterator[str]:
    described = {name: each.digest for name, each in tuning.recipes.items()}
    if any(name != digest for name, digest in described.items()) or set(described) != set(tuning.chosen):
        yield "the recipes that it describes are not those that it chose"
    elif arm.description is not None and arm.description.digest != tuning.chosen[0]:
        yield "the recipe that it describes is not the one that it chose in the first cell"


def _problems_of_search(
    plan: TuningPlan, search: SearchRecord, final: Replicate, replicates: dict[str, Replicate]
) -> Iterator[str]:
    if len(search.trials) != plan.trials:
        yield f"it has {len(search.trials)} trials, not {plan.trials},"
    if any(not _is_in_space(trial, plan) for trial in search.trials):
        yield "it has a trial with settings outside of its space"
    for trial in search.trials:
        stages = [replicates[id] for id in trial.replicates]
        keys = [each.key for each in stages]
        if any((key.repeat, key.fold, key.seed) != (search.repeat, search.fold, 0) for key in keys):
            yield "it has a trial of another cell"
        if any(key.data != final.key.data or key.contract != final.key.contract for key in keys):
            yield "it has a trial that was trained on other data, or by another version of the engines,"
        if any(key.rows == final.key.rows for key in keys):
            yield "it has a trial that was scored on the test rows"
        if not stages or trial.score != stages[-1].metrics.get(plan.metric):
            yield f"it has a trial whose score is not the {plan.metric} of its replicate"
    if search.chosen != best_of((each.score for each in search.trials), higher_is_better=plan.higher_is_better):
        yield "it did not choose the best trial"
    elif not search.best.replicates or replicates[search.best.replicates[-1]].key.recipe != final.key.recipe:
        yield "it did not train the recipe of its best trial"


def _is_in_space(trial: TrialRecord, plan: TuningPlan) -> bool:
    if trial.settings.keys() != plan.space.keys():
        return False
    for name, value in trial.settings.items():
        given = plan.space[name]
        if given.choices is not None:
            if not any(type(each) is type(value) and each == value for each in given.choices):
                return False
            continue
        if not isinstance(value, int | float) or given.low is None or given.high is None:
            return False
        if not given.low <= value <= given.high:
            return False
    return True


def _settings_of(search: SearchRecord) -> str:
    return repr([sorted(trial.settings.items()) for trial in search.trials])
