"""The JSON Schemas of the records."""

from __future__ import annotations

import json
from typing import Literal

from negres_core.evidence.bisection import BisectionRecord
from negres_core.evidence.commitment import Entry
from negres_core.evidence.evidence import Evidence
from negres_core.evidence.record import Record
from negres_core.evidence.replicate import Replicate
from negres_core.evidence.shards import ShardRecord

RECORDS: dict[str, type[Record]] = {
    "bisection": BisectionRecord,
    "evidence": Evidence,
    "ledger": Entry,
    "replicate": Replicate,
    "shard": ShardRecord,
}


def schema_of(record: Literal["bisection", "evidence", "ledger", "replicate", "shard"]) -> str:
    """Return the JSON Schema of a record, or of a line of the ledger, as it is written, its digest included."""
    schema = RECORDS[record].model_json_schema(mode="serialization")
    schema["$schema"] = "https://json-schema.org/draft/2020-12/schema"
    schema["properties"]["digest"] = {
        "type": "string",
        "description": "SHA-256 of the record without this field: keys sorted, no white space.",
    }
    schema["required"] = [*schema["required"], "digest"]
    return json.dumps(schema, indent=1)
