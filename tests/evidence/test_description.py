from __future__ import annotations

from negres_core import Metric
from negres_core.evidence import MetricDescription, RecipeDescription
from tests.fakes import DESCRIPTION, STAGE


def test_a_description_without_shapes_is_the_same_on_every_data_set():
    one, other = (
        RecipeDescription(**DESCRIPTION | {"stages": [STAGE | {"model": model, "start": [model]}]})
        for model in ("wide", "narrow")
    )

    assert one.without_shapes() == other.without_shapes() != one.model_dump(mode="json")
    assert one.without_shapes()["stages"][0]["code"] == STAGE["code"]


def test_a_metric_is_described_by_all_its_fields():
    metric = Metric("rank", higher_is_better=True, unit="ranks", tasks=("regression",))

    assert MetricDescription.of(metric).model_dump() == {
        "name": "rank",
        "higher_is_better": True,
        "unit": "ranks",
        "tasks": ["regression"],
    }


def test_the_digests_of_ordinary_recipes_are_what_they_were_before_stages_had_revisions():
    """Pinned: stored replicates and ledgers contain such digests."""
    description = RecipeDescription(**DESCRIPTION | {"fit": None})

    assert description.digest == "a7081b23a6757fe6ec3185bce20f94a371802dc131881599355b68effac965ca"
    assert description.digest_by_text == "aceb0475c449e699f2a13574c2335d1d2611c4a3fba6e6d0d9806b6ecf7bdb1e"

    revised = description.updated(stages=[description.stages[0].updated(revision=1)])
    assert len({description.digest, revised.digest, revised.updated(stages=[]).digest}) == 3
    assert revised.digest_by_text != description.digest_by_text


def test_weights_and_samplers_are_part_of_the_digest_where_there_are_any():
    description = RecipeDescription(**DESCRIPTION | {"fit": None})
    (stage,) = description.stages[:1]
    weighted = description.updated(stages=[stage.updated(class_weight={0: 1.0, 1: 9.0}), *description.stages[1:]])
    balanced = description.updated(stages=[stage.updated(class_weight="balanced"), *description.stages[1:]])
    sampler = {"sampler": "SMOTE", "source": "def make(): ...", "code": "c" * 64}
    resampled = description.updated(resample=sampler)
    same = description.updated(resample=sampler | {"source": "def made(): ..."})

    assert len({each.digest for each in (description, weighted, balanced, resampled)}) == 4
    assert same.digest == resampled.digest
    assert all(each.resample == resampled.resample for each in resampled.lineage)
    assert RecipeDescription.model_validate_json(weighted.model_dump_json()) == weighted
    assert weighted.stages[0].class_weight == {0: 1.0, 1: 9.0}
