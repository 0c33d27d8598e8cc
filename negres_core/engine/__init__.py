"""Engines: train replicates of a recipe. The reference is the oracle, the compiled one does the work."""

import os

# TensorFlow tells of every optional feature of the processor at start-up; errors still come through.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
