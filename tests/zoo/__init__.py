"""The zoo: planted bugs that the controls have to catch, and clean pipelines that they have to pass."""

from tests.zoo import (
    arms_of_pytorch,
    bugs_of_arms,
    bugs_of_baselines,
    bugs_of_copies,
    bugs_of_costs,
    bugs_of_data,
    bugs_of_designs,
    bugs_of_frames,
    bugs_of_harness,
    bugs_of_keras,
    bugs_of_labels,
    bugs_of_learning,
    bugs_of_mechanics,
    bugs_of_metrics,
    bugs_of_outputs,
    bugs_of_segmentation,
    bugs_of_stopping,
    bugs_of_tuning,
    bugs_of_weights,
)
from tests.zoo.negative_results import NEGATIVE_RESULTS
from tests.zoo.pipelines import PIPELINES
from tests.zoo.pipelines_of_arms import PIPELINES_OF_ARMS
from tests.zoo.pipelines_of_baselines import PIPELINES_OF_BASELINES
from tests.zoo.pipelines_of_costs import PIPELINES_OF_COSTS
from tests.zoo.pipelines_of_designs import PIPELINES_OF_DESIGNS
from tests.zoo.pipelines_of_frames import PIPELINES_OF_FRAMES
from tests.zoo.pipelines_of_keras import PIPELINES_OF_KERAS
from tests.zoo.pipelines_of_labels import PIPELINES_OF_LABELS
from tests.zoo.pipelines_of_outputs import PIPELINES_OF_OUTPUTS
from tests.zoo.pipelines_of_segmentation import PIPELINES_OF_SEGMENTATION
from tests.zoo.pipelines_of_stopping import PIPELINES_OF_STOPPING
from tests.zoo.pipelines_of_tuning import PIPELINES_OF_TUNING
from tests.zoo.pipelines_of_weights import PIPELINES_OF_WEIGHTS
from tests.zoo.specimens import BUGS, Specimen
from tests.zoo.undetectable import UNDETECTABLE

FAMILIES = (
    arms_of_pytorch,
    bugs_of_arms,
    bugs_of_baselines,
    bugs_of_data,
    bugs_of_copies,
    bugs_of_costs,
    bugs_of_designs,
    bugs_of_metrics,
    bugs_of_mechanics,
    bugs_of_learning,
    bugs_of_harness,
    bugs_of_labels,
    bugs_of_outputs,
    bugs_of_keras,
    bugs_of_stopping,
    bugs_of_tuning,
    bugs_of_segmentation,
    bugs_of_weights,
    bugs_of_frames,
)
"""The modules that plant bugs. Importing them fills BUGS."""

SPECIMENS = {
    "bug": BUGS,
    "undetectable": UNDETECTABLE,
    "clean": {
        name: Specimen(name, (), pipeline)
        for name, pipeline in (
            PIPELINES
            | PIPELINES_OF_ARMS
            | arms_of_pytorch.PIPELINES_OF_PYTORCH
            | PIPELINES_OF_BASELINES
            | PIPELINES_OF_COSTS
            | PIPELINES_OF_DESIGNS
            | PIPELINES_OF_LABELS
            | PIPELINES_OF_KERAS
            | PIPELINES_OF_STOPPING
            | PIPELINES_OF_TUNING
            | PIPELINES_OF_OUTPUTS
            | PIPELINES_OF_SEGMENTATION
            | PIPELINES_OF_WEIGHTS
            | PIPELINES_OF_FRAMES
            | NEGATIVE_RESULTS
        ).items()
    },
}
"""All specimens, by kind and name."""
