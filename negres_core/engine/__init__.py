"""Engines train the replicates of a recipe. The reference engine is the oracle; the faster ones do the work."""

import os

from negres_core.engine.triton import import_triton_first

# At start-up TensorFlow logs every optional processor feature, and later each device that XLA uses; pytest would show
# that below a failed test. Errors are still logged.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

import_triton_first()
