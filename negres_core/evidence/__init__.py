"""Evidence: everything a stranger needs to recheck a verdict without retraining."""

from negres_core.evidence.bisected import Bisected, Stepped
from negres_core.evidence.family import family_of
from negres_core.evidence.ledger import Ledger
from negres_core.evidence.plan import Entry, Plan, Registration
from negres_core.evidence.schema import (
    Arm,
    Diagnosed,
    Estimated,
    Evidence,
    Finding,
    Foreseen,
    Key,
    Looked,
    ModelFile,
    Picture,
    Replicate,
    Timings,
    TrainedWeight,
    schema_of,
)
from negres_core.evidence.store import Store

__all__ = [
    "Arm",
    "Bisected",
    "Diagnosed",
    "Entry",
    "Estimated",
    "Evidence",
    "Finding",
    "Foreseen",
    "Key",
    "Ledger",
    "Looked",
    "ModelFile",
    "Picture",
    "Plan",
    "Registration",
    "Replicate",
    "Stepped",
    "Store",
    "Timings",
    "TrainedWeight",
    "family_of",
    "schema_of",
]
