"""Hypotheses and replicates as runs of MLflow: a parent run a hypothesis, a child run a replicate.

MLflow itself is not needed here: `negres_core.commands.mlflow` writes these runs.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal, NamedTuple

from negres_core.errors import show
from negres_core.evidence import ArmRecord, Evidence, ProvenanceRecord, Replicate
from negres_core.evidence.record import digest_of
from negres_core.report.mlflow_names import LONGEST_PARAM, LONGEST_RUN_NAME, LONGEST_TAG, text, translate

PARENT = "mlflow.parentRunId"
"""The tag by which MLflow nests a run in another one."""
EVIDENCE, REPLICATE, ROLE = "negres.evidence", "negres.replicate", "negres.role"
"""Tags by which exported runs are found again."""
MOST_IN_A_SENTENCE = 800
"""Most characters of a sentence in the description of a run: three fit into a tag, with all that Markdown escapes."""


class Point(NamedTuple):
    """One value of a metric; NaN if the record has no finite number there."""

    name: str
    value: float
    step: int = 0


@dataclass(frozen=True)
class MlflowRun:
    """What is written of one run. All names and texts are as MLflow takes them.

    Attributes:
        name: the name of the run.
        tags: texts that may change, and by which runs are searched.
        params: what was set before the run.
        points: the values of all metrics.
        start_ms: milliseconds since 1970, as recorded.
        end_ms: the same for the end of the run.
        status: "KILLED" for a run without a verdict.
    """

    name: str
    tags: dict[str, str]
    params: dict[str, str]
    points: list[Point]
    start_ms: int
    end_ms: int
    status: Literal["FINISHED", "KILLED"] = "FINISHED"


def identity_of(evidence: Evidence) -> str:
    """Return the digest by which evidence is known in MLflow: that of its substance, the same after every rerun.

    What is empty does not count, so that fields which a later version adds do not make other evidence of it.
    """
    return digest_of(_without_empty(evidence.substance()))


def _without_empty(content: dict[str, Any]) -> dict[str, Any]:
    parts = {name: _without_empty(part) if isinstance(part, dict) else part for name, part in content.items()}
    return {name: part for name, part in parts.items() if part not in (None, False, [], {})}


def run_of_hypothesis(evidence: Evidence) -> MlflowRun:
    """Return the parent run of a hypothesis."""
    start_ms = _milliseconds(evidence.timings.started_at)
    name = f"{evidence.title}, on {evidence.data.name}"
    return MlflowRun(
        name=text(name, most=LONGEST_RUN_NAME),
        tags=_tags(_tags_of_hypothesis(evidence))
        | _names_of(name for arm in evidence.arms for name in arm.metrics)
        | {"mlflow.note.content": _note(evidence)},
        params=_params(_params_of_hypothesis(evidence)),
        points=[*_results(evidence), *_cells(evidence), *_looks(evidence), *_arms(evidence.arms)],
        start_ms=start_ms,
        end_ms=start_ms + round(1000 * (evidence.timings.wall_s or 0)),
        status="FINISHED" if evidence.status == "finished" else "KILLED",
    )


def run_of_replicate(arm: ArmRecord, replicate: Replicate, *, parent: str) -> MlflowRun:
    """Return the child run of a replicate.

    Args:
        arm: its arm.
        replicate: the replicate.
        parent: MLflow's id of the run of its hypothesis.
    """
    key, cost = replicate.key, replicate.cost
    end_ms = _milliseconds(replicate.recorded_at)
    took_s = sum(each or 0 for each in (cost.compile_s, cost.train_s, cost.evaluate_s))
    tags = {
        PARENT: parent,
        "negres.kind": "replicate",
        REPLICATE: replicate.id,
        ROLE: arm.role,
        "negres.recipe": arm.recipe,
        "negres.status": replicate.status,
        "negres.data_digest": key.data,
        **_tags_of_provenance(replicate.provenance),
    }
    points = [Point(translate(name), _number(value)) for name, value in replicate.metrics.items()]
    for name, values in (
        ("loss", replicate.curve),
        ("validation", replicate.validation),
        ("monitored", replicate.monitored),
    ):
        points += [Point(f"curve/{name}", _number(value), epoch) for epoch, value in enumerate(values or (), 1)]
    points += _fields("cost", cost.model_dump()) + _fields("budget", replicate.budget.model_dump())
    points += _fields("curve", {"best_epoch": replicate.best_epoch})
    return MlflowRun(
        name=f"{arm.role}, repeat {key.repeat}, fold {key.fold}, seed {key.seed}",
        tags=_tags(tags) | _names_of(replicate.metrics),
        params=_params(key.model_dump(mode="json") | {"provenance": _environment(replicate.provenance)}),
        points=points,
        start_ms=end_ms - round(1000 * took_s),
        end_ms=end_ms,
    )


def _tags_of_hypothesis(evidence: Evidence) -> dict[str, Any]:
    failed = [each.control for each in evidence.controls if not each.is_sound]
    return {
        "negres.kind": evidence.kind,
        EVIDENCE: identity_of(evidence),
        "negres.hypothesis": evidence.hypothesis,
        "negres.title": evidence.title,
        "negres.verdict": evidence.verdict,
        "negres.finding": evidence.finding,
        "negres.judgement": evidence.judgement,
        "negres.outcome": evidence.outcome,
        "negres.expected": evidence.expectation,
        "negres.status": evidence.status,
        "negres.smoke": evidence.smoke,
        "negres.registration": None if evidence.registration is None else str(evidence.registration),
        "negres.controlled": evidence.controlled,
        "negres.failed_controls": ", ".join(failed) or None,
        "negres.waived": ", ".join(evidence.waived) or None,
        "negres.data": evidence.data.name,
        "negres.data_digest": evidence.data.digest,
        "mlflow.source.name": evidence.hypothesis,
        **_tags_of_provenance(evidence.provenance),
    }


def _tags_of_provenance(provenance: ProvenanceRecord) -> dict[str, Any]:
    return {
        "negres.commit": provenance.commit,
        "negres.dirty": provenance.dirty,
        "negres.version": provenance.packages.get("negres"),
        "mlflow.source.git.commit": provenance.commit,
    }


def _note(evidence: Evidence) -> str:
    """Return the description of a run, which MLflow shows as Markdown: a paragraph a sentence."""
    sentences = (evidence.judgement, evidence.explanation, evidence.does_not_show)
    plain = (text(each, most=MOST_IN_A_SENTENCE) for each in sentences if each)
    return "\n\n".join(show(each, "markdown", most=MOST_IN_A_SENTENCE) for each in plain)


def _params_of_hypothesis(evidence: Evidence) -> dict[str, Any]:
    arms: dict[str, Any] = {}
    for arm in evidence.arms:
        arms[arm.role] = {
            "recipe": arm.recipe,
            "digest": None if arm.description is None else arm.description.digest,
            "tuned_trials": None if arm.tuning is None else arm.tuning.plan.trials,
            "budget": None if arm.budget is None else arm.budget.model_dump(),
        }
    return {
        "claim": evidence.claim.model_dump(mode="json"),
        "design": evidence.design.model_dump(mode="json"),
        "data": evidence.data.model_dump(mode="json", exclude={"name", "digest"}),
        **arms,
        "equal": None if evidence.equal is None else evidence.equal.model_dump(mode="json"),
        "provenance": _environment(evidence.provenance),
    }


def _environment(provenance: ProvenanceRecord) -> dict[str, Any]:
    return provenance.model_dump(mode="json", exclude={"commit", "dirty"})


def _results(evidence: Evidence) -> list[Point]:
    """Return the estimate by the names that it has in evidence, and what the run took."""
    estimate = {} if evidence.estimate is None else evidence.estimate.model_dump(exclude={"scope", "shares", "scopes"})
    for name in [name for name in estimate if name.startswith("interval_")]:
        estimate[f"{name}_low"], estimate[f"{name}_high"] = estimate.pop(name)
    for name, value in (estimate.pop("components", None) or {}).items():
        estimate[f"variance_{name}"] = value
    took = {"wall_s": evidence.timings.wall_s, "trained": evidence.timings.trained, "reused": evidence.timings.reused}
    return _fields("", estimate | {"p_value": evidence.p_value} | took)


def _cells(evidence: Evidence) -> list[Point]:
    """Return the differences and the arms' values of all cells; the step counts cells from 0, repeat by repeat."""
    tables = {"difference": evidence.differences} | {arm.role: arm.values for arm in evidence.arms}
    return [
        Point(f"cell/{name}", _number(value), step)
        for name, rows in tables.items()
        for step, value in enumerate(value for row in rows for value in row)
    ]


def _looks(evidence: Evidence) -> list[Point]:
    """Return the effect at each look; the step is the number of repeats so far."""
    points = []
    for look in evidence.looks:
        low, high = look.interval_95
        fields = {"effect": look.effect, "interval_95_low": low, "interval_95_high": high}
        points += _fields("look", fields | {"information": look.information}, step=look.repeats)
    return points


def _arms(arms: Iterable[ArmRecord]) -> list[Point]:
    """Return the spread over cells of each metric of each arm."""
    return [
        Point(f"{arm.role}/{field}/{translate(name)}", _number(value))
        for arm in arms
        for name, spread in arm.metrics.items()
        for field, value in spread.model_dump().items()
    ]


def _fields(group: str, fields: Mapping[str, float | None], *, step: int = 0) -> list[Point]:
    """Return the known fields of a record as metrics of a group, which MLflow's pages show together."""
    prefix = f"{group}/" if group else ""
    return [Point(f"{prefix}{name}", _number(value), step) for name, value in fields.items() if value is not None]


def _number(value: float | None) -> float:
    return math.nan if value is None else float(value)


def _tags(tags: Mapping[str, Any]) -> dict[str, str]:
    return {name: text(value, most=LONGEST_TAG) for name, value in _known("", tags)}


def _names_of(metrics: Iterable[str]) -> dict[str, str]:
    """Return a tag for each metric whose name is not the same in MLflow, with its name."""
    known = {name: translate(name) for name in metrics}
    return {f"negres.metric.{new}": text(name, most=LONGEST_TAG) for name, new in known.items() if name != new}


def _params(params: Mapping[str, Any]) -> dict[str, str]:
    return {name: text(value, most=LONGEST_PARAM) for name, value in _known("", params)}


def _known(prefix: str, fields: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the fields of nested records that are not null, by their path, such as "design.folds"."""
    for name, value in fields.items():
        path = f"{prefix}{name if not prefix else translate(name)}"
        if isinstance(value, Mapping):
            yield from _known(f"{path}.", value)
        elif isinstance(value, bool | Sequence) and not isinstance(value, str):
            yield path, json.dumps(value)
        elif value is not None:
            yield path, str(value)


def _milliseconds(moment: str) -> int:
    """Return milliseconds since 1970; a moment without a time zone is in UTC, as all recorded ones are."""
    known = datetime.fromisoformat(moment)
    return round(1000 * (known if known.tzinfo else known.replace(tzinfo=UTC)).timestamp())
