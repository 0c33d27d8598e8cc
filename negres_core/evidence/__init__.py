"""Evidence: everything a stranger needs to recheck a verdict without retraining."""

from negres_core.evidence.bisection import BisectionRecord, StepRecord
from negres_core.evidence.commitment import Commitment, Entry, Registration
from negres_core.evidence.evidence import (
    ArmRecord,
    DiagnosisRecord,
    EstimateRecord,
    Evidence,
    Finding,
    Key,
    LookRecord,
    ModelFile,
    Picture,
    PowerRecord,
    Replicate,
    Timings,
    TrainedWeight,
    schema_of,
)
from negres_core.evidence.family import family_of
from negres_core.evidence.ledger import Ledger
from negres_core.evidence.store import Store

__all__ = [
    "ArmRecord",
    "BisectionRecord",
    "DiagnosisRecord",
    "Entry",
    "EstimateRecord",
    "Evidence",
    "Finding",
    "PowerRecord",
    "Key",
    "Ledger",
    "LookRecord",
    "ModelFile",
    "Picture",
    "Commitment",
    "Registration",
    "Replicate",
    "StepRecord",
    "Store",
    "Timings",
    "TrainedWeight",
    "family_of",
    "schema_of",
]
