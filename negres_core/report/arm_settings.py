"""The settings in which two arms differ that have the same name: two recipes of one network, for example."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from negres_core.errors import MOST_IN_A_LINE, show
from negres_core.evidence import Evidence

WORDS = {
    "class_weight": "class weights",
    "share": "validation rows",
    "training_share": "share of the training fold",
    "rule": "start",
    "metric": "monitored metric",
    "restores_best": "weights of the best epoch",
    "transformer": "preprocess",
    "sampler": "resample",
    "saved_as": "file format",
    "model": "layers",
    "start": "initial weights",
}
"""Names of settings, where the field of a description is not a word."""
NOT_SHOWN = frozenset({"name", "module", "registered_name", "higher_is_better", "source"})
"""Fields that follow from others, or that are long: the page has the sources in full."""
WITHOUT_VALUES = frozenset({"model", "code", "start", "rule", "objective", "callbacks"})
"""Fields of which only the name is shown: digests and sources."""
FOLLOWS = frozenset({"code", "start"})
"""Fields that differ wherever a function does; they are named only where nothing else is."""


def settings_apart(evidence: Evidence) -> str:
    """Return the settings in which two arms of one name differ, in words; "" if their names tell them apart.

    Args:
        evidence: the hypothesis.
    """
    if len(evidence.arms) != 2 or len({arm.name for arm in evidence.arms}) > 1:
        return ""
    descriptions = {arm.role: arm.description for arm in evidence.arms}
    treatment, control = descriptions.get("treatment"), descriptions.get("control")
    if treatment is None or control is None:
        return ""
    mine, theirs = (dict(_leaves(each.model_dump(mode="json"))) for each in (treatment, control))
    apart = [path for path in {**mine, **theirs} if mine.get(path) != theirs.get(path)]
    named = [path for path in apart if path[-1] not in FOLLOWS] or apart
    texts = [_in_words(path, mine.get(path), theirs.get(path), stages=len(treatment.stages)) for path in named]
    return show("; ".join(dict.fromkeys(texts)), most=MOST_IN_A_LINE)


def _leaves(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield each setting of a description with its place; class weights and digests of many arrays are one."""
    if isinstance(value, dict) and path[-1:] != ("class_weight",):
        for name, each in value.items():
            if name not in NOT_SHOWN:
                yield from _leaves(each, (*path, name))
    elif isinstance(value, list) and path[-1:] == ("stages",):
        for place, each in enumerate(value, 1):
            yield from _leaves(each, (*path, str(place)))
    elif value is not None:
        yield path, value


def _in_words(path: tuple[str, ...], treatment: Any, control: Any, *, stages: int) -> str:
    where = f"stage {path[1]}: " if path[0] == "stages" and stages > 1 else ""
    part, field = path[2] if path[0] == "stages" else path[0], path[-1]
    name = WORDS.get(field) or (field if field == part else f"{part} {field}").replace("_", " ")
    if field in WITHOUT_VALUES:
        return f"{where}{name}"
    return f"{where}{name} {_value(treatment)} in the treatment arm, {_value(control)} in the control arm"


def _value(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "none", True: "yes", False: "no"}[value]
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_value(each)}" for name, each in value.items())
    return f"{value:.6g}" if isinstance(value, float) else str(value)
