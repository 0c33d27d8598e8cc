"""Suites for the page: records of hypotheses with arms, replicates, looks, controls and a picture."""

from __future__ import annotations

import hashlib

import numpy as np

from negres_core.claim import Claim
from negres_core.evidence import EstimateRecord, Evidence, Key, Replicate, Store
from negres_core.statistics import ONLY_LOOK, Look, corrected_resampled_t
from negres_core.verdict import judge
from tests.fakes import BUDGET, CLAIM, DATA, DESCRIPTION, PROVENANCE

PNG = (
    b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x01\x00\x00\x00\x01\x08\x00\x00\x00\x00:~\x9bU\x00\x00\x00\nIDATx\x9cc`"
    b"\x00\x00\x00\x02\x00\x01H\xaf\xa4q\x00\x00\x00\x00IEND\xaeB`\x82"
)
"""A grey picture of one pixel."""
STARTED, ENDED = "2025-01-01T00:00:00+00:00", "2025-01-01T00:01:15+00:00"
FINDING = {"found": "0 of 4 replicates turned NaN", "threshold": "expected 0", "remedy": "Lower the rate."}
WEIGHT = {"shape": (54, 100), "trainable": True, "frozen": False, "start": "a" * 32, "end": "b" * 32}


def new_replicate(
    name: str, repeat: int, fold: int, accuracy: float, *, epochs: int = 4, weights: int = 1, train_s: float = 4.0
) -> Replicate:
    """Make a replicate of the recipe with a name."""
    key = Key(
        contract=1,
        recipe=hashlib.sha256(name.encode("utf-8", "backslashreplace")).hexdigest(),
        data="d" * 64,
        folds=5,
        repeat=repeat,
        fold=fold,
        rows="f" * 32,
        seed=0,
        backend="tensorflow",
        device="cpu",
    )
    return Replicate(
        id=key.id,
        key=key,
        status="finished",
        metrics={"accuracy": accuracy, "loss": 1 - accuracy},
        curve=[1 / (epoch + 1) + accuracy / 9 for epoch in range(epochs)],
        predictions={"counts": [30, 10]},
        weights=[WEIGHT | {"path": f"layer_{place}/kernel", "inherited_from": None} for place in range(weights)],
        inputs_digest="0" * 32,
        budget=BUDGET,
        cost={"compile_s": 0.5, "train_s": train_s, "evaluate_s": 0.25, "memory_bytes": 2**30, "flops_per_s": 2e9},
        model=None,
        provenance=PROVENANCE,
        recorded_at="2025-01-01T00:00:10+00:00",
    )


def write_hypothesis(
    store: Store,
    name: str = "growth beats scratch",
    *,
    data: str = "digits",
    effect: float = 0.05,
    repeats: int = 2,
    planned: int = 5,
    by: float = 0.01,
    seed: int = 0,
    epochs: int = 4,
    weights: int = 1,
    train_s: float = 4.0,
    **fields: object,
) -> Evidence:
    """Write a hypothesis with two arms, 5 folds and real statistics into a store, and return its evidence.

    Args:
        store: the store.
        name: its title.
        data: the name of its data set.
        effect: the mean difference of its arms.
        repeats: repeats that were trained.
        planned: repeats that were planned.
        by: the margin.
        seed: of the differences.
        epochs: length of the learning curves.
        weights: weights in each record.
        train_s: seconds that the training of each replicate took.
        fields: other fields of the evidence, in place of those made here.
    """
    differences = np.random.default_rng(seed).normal(effect, 0.02, (repeats, 5)).round(4)
    looks = []
    for done in range(1, repeats + 1):
        look = Look(5, done, planned) if planned > 1 else ONLY_LOOK
        estimate = corrected_resampled_t(differences[:done], test_train_ratio=0.25)
        verdict = judge(estimate, Claim("beats", "accuracy", by), look=look)
        record = EstimateRecord.of(estimate, look=look, alpha=0.05)
        information = {"repeats": done, "information": look.information, "effect": record.effect}
        looks.append(information | {"interval_95": record.interval_95, "verdict": verdict.verdict})
    arms = []
    size = {"epochs": epochs, "weights": weights, "train_s": train_s}
    for role, shift in (("treatment", effect), ("control", 0.0)):
        made = [
            store.record(new_replicate(f"{name} {data} {role}", repeat, fold, 0.7 + shift, **size))
            for repeat in range(repeats)
            for fold in range(5)
        ]
        spread = {"mean": 0.7 + shift, "sd": 0.02, "min": 0.65 + shift, "max": 0.75 + shift}
        arms.append(
            {
                "role": role,
                "recipe": f"{role} net ({epochs} epochs)",
                "description": DESCRIPTION | {"fit": None},
                "budget": BUDGET,
                "metrics": {"accuracy": spread, "loss": spread},
                "values": [[0.7 + shift] * 5] * repeats,
                "replicates": [[each.id for each in made]],
            }
        )
    content: dict[str, object] = {
        "hypothesis": f"tests/test_growth.py::test_{name.replace(' ', '_')}[{data}]",
        "title": name,
        "status": "finished",
        "claim": CLAIM | {"threshold": by},
        "design": {"folds": 5, "repeats": planned, "seeds": 1, "looks": planned > 1},
        "data": DATA | {"name": data, "digest": hashlib.sha256(data.encode("utf-8", "backslashreplace")).hexdigest()},
        "does_not_show": "It is about training on rows like these; it does not show how one trained model does.",
        "arms": arms,
        "differences": differences.tolist(),
        "looks": looks,
        "estimate": record,
        "verdict": verdict.verdict,
        "finding": verdict.finding,
        "explanation": verdict.explanation,
        "p_value": verdict.p_value,
        "expected": "supported",
        "outcome": "as expected" if verdict.verdict == "supported" else "surprise",
        "controls": [{"control": "finite", "passed": True, **FINDING}],
        "timings": {"started_at": STARTED, "wall_s": 75.0, "trained": 10 * repeats, "reused": 0},
        "provenance": PROVENANCE,
    }
    evidence = Evidence.model_validate(content | fields)
    store.write_evidence(evidence)
    return evidence


def write_picture(store: Store, evidence: Evidence, *, caption: str = "Ten faces.", png: bytes = PNG) -> Evidence:
    """Write a picture beside a hypothesis, and return its evidence with the picture."""
    picture = store.write_picture(evidence.hypothesis, "originals", png, caption=caption)
    evidence = evidence.updated(pictures=[picture])
    store.write_evidence(evidence)
    return evidence
