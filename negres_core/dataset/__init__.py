"""Data sets: what users give as inputs and targets becomes plain arrays that are checked once, or is refused."""

from negres_core.dataset.dataset import Dataset, Task
from negres_core.dataset.targets import describe_targets, is_multilabel, is_one_hot

__all__ = ["Dataset", "Task", "describe_targets", "is_multilabel", "is_one_hot"]
