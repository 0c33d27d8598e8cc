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
