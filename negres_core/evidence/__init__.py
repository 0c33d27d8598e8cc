"""Evidence: everything a stranger needs to recheck a verdict without retraining."""

from negres_core.evidence.bisection import BisectionRecord, StepRecord
from negres_core.evidence.claim_records import (
    ClaimRecord,
    CostRecord,
    DataRecord,
    DesignRecord,
    RowsRecord,
    StoppingRule,
)
from negres_core.evidence.commitment import Commitment, DataIdentity, Entry, Registration
from negres_core.evidence.description import (
    FitDescription,
    MetricDescription,
    MonitorDescription,
    PlateauDescription,
    RecipeDescription,
    SamplerDescription,
    StageDescription,
    TransformerDescription,
)
from negres_core.evidence.evidence import (
    ArmRecord,
    DiagnosisRecord,
    EqualBudget,
    EqualizedArm,
    Evidence,
    Finding,
    Picture,
    Spread,
    Timings,
    UnreachedRecord,
)
from negres_core.evidence.family import family_of
from negres_core.evidence.index import Summaries
from negres_core.evidence.ledger import Ledger
from negres_core.evidence.picture_files import read_picture
from negres_core.evidence.provenance import ProvenanceRecord, trace_provenance
from negres_core.evidence.replicate import (
    Budget,
    Cost,
    Key,
    ModelFile,
    PredictionSummary,
    Replicate,
    TrainedWeight,
    median_train_s,
)
from negres_core.evidence.result import ComponentsRecord, EstimateRecord, LookRecord, PowerRecord, ScopeRecord
from negres_core.evidence.row_scores import PartRecord, RowScores
from negres_core.evidence.schema import schema_of
from negres_core.evidence.scores import AS_GIVEN, ScoresRecord, digest_of_arm, read_scores, write_scores
from negres_core.evidence.sealing import PriorLooks, SealRecord
from negres_core.evidence.shards import ShardCell, ShardRecord, read_shards, read_shards_of, remove_shards, write_shard
from negres_core.evidence.store import Store
from negres_core.evidence.tuning import (
    RangeRecord,
    SearchBudget,
    SearchRecord,
    TrialRecord,
    TuningPlan,
    TuningRecord,
    best_of,
)

__all__ = [
    "AS_GIVEN",
    "ArmRecord",
    "BisectionRecord",
    "Budget",
    "ClaimRecord",
    "Commitment",
    "ComponentsRecord",
    "Cost",
    "CostRecord",
    "DataIdentity",
    "DataRecord",
    "DesignRecord",
    "DiagnosisRecord",
    "Entry",
    "EqualBudget",
    "EqualizedArm",
    "EstimateRecord",
    "Evidence",
    "Finding",
    "FitDescription",
    "Key",
    "Ledger",
    "LookRecord",
    "MetricDescription",
    "ModelFile",
    "MonitorDescription",
    "PartRecord",
    "Picture",
    "PlateauDescription",
    "PowerRecord",
    "PredictionSummary",
    "PriorLooks",
    "ProvenanceRecord",
    "RangeRecord",
    "RecipeDescription",
    "Registration",
    "Replicate",
    "RowScores",
    "RowsRecord",
    "SamplerDescription",
    "ScopeRecord",
    "ScoresRecord",
    "SealRecord",
    "SearchBudget",
    "SearchRecord",
    "ShardCell",
    "ShardRecord",
    "Spread",
    "StageDescription",
    "StepRecord",
    "StoppingRule",
    "Store",
    "Summaries",
    "Timings",
    "TrainedWeight",
    "TransformerDescription",
    "TrialRecord",
    "TuningPlan",
    "TuningRecord",
    "UnreachedRecord",
    "best_of",
    "digest_of_arm",
    "family_of",
    "median_train_s",
    "read_picture",
    "read_scores",
    "read_shards",
    "read_shards_of",
    "remove_shards",
    "schema_of",
    "trace_provenance",
    "write_scores",
    "write_shard",
]
