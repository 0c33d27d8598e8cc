"""What the report of a test says of its hypothesis: properties for `--junitxml`, and the JSON of pytest-benchmark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from negres_core.session.keys import EVIDENCE_KEY, SHARD, store_of
from negres_core.session.titles import title_of

if TYPE_CHECKING:
    from negres_core.evidence import Evidence


def add_verdict(item: pytest.Item, report: pytest.TestReport) -> None:
    """Add the verdict of a test that has ended to its report, as properties: text that every process can send.

    pytest copied the test's properties into the report before the outcome was known, so both are given them.
    """
    if EVIDENCE_KEY in item.stash:
        properties = list(properties_of(item.stash[EVIDENCE_KEY]).items())
        item.user_properties += properties
        report.user_properties += properties


def properties_of(evidence: Evidence) -> dict[str, str]:
    """Return the properties by name; what is not known is left out.

    Numbers are written so that they are read back exactly, and the interval is a JSON list.
    """
    estimate = evidence.estimate
    known = {
        "verdict": evidence.verdict,
        "finding": evidence.finding,
        "expected": evidence.expectation,
        "outcome": evidence.outcome,
        "effect": None if estimate is None else repr(estimate.effect),
        "interval_95": None if estimate is None else json.dumps(estimate.interval_95),
        "p_value": None if evidence.p_value is None else repr(evidence.p_value),
        "unit": None if estimate is None else evidence.claim.unit,
    }
    return {f"negres_{name}": value for name, value in known.items() if value is not None}


def add_to_benchmark(benchmark: Any, item: pytest.Item) -> None:
    """Add the verdict of a test that has ended to what pytest-benchmark writes about it, as plain Python numbers."""
    if (shard := dict(item.user_properties).get(SHARD)) is not None:
        benchmark.extra_info |= {"hypothesis": title_of(item), "shard": shard}
    if EVIDENCE_KEY in item.stash:
        evidence = item.stash[EVIDENCE_KEY]
        fields = {"verdict", "finding", "outcome", "p_value", "estimate", "timings", "smoke"}
        benchmark.extra_info |= {
            "hypothesis": evidence.title,
            "evidence": str(store_of(item.config).evidence_path(evidence.hypothesis)),
            **({"expected": evidence.expectation} if evidence.expectation else {}),
            **evidence.model_dump(mode="json", include=fields, exclude_none=True),
        }
