"""Thresholds that a control and a signature share: what makes a run invalid is diagnosed by the same number."""

from __future__ import annotations

DEAD_SHARE = 0.9
"""Share of a hidden ReLU layer's units that are zero on every row. Healthy layers lose up to 40%."""
END_MARGIN = 0.005
"""How close an output is to an end of its range to count as at that end, as a share of the range."""
EXCESS_AT_ENDS = 0.25
"""Share of outputs at an end of their range, minus the share of targets there."""
MAX_COARSE_VALUES = 16
"""Most distinct values of coarse outputs: 4 bits, while images have 8."""
LOST_VARIANCE = 0.01
"""Share of the targets' variance that lies outside the range of the outputs."""
MAX_LOST_LEARNING, MAX_LOST_RANGE = 0.1, 0.05
"""By how much the loss in inference mode may exceed that in training mode: a tenth of what was learned, plus a
twentieth of what can be learned."""
BOUND_MARGIN_LOG_ODDS = 0.05
"""How close an output is to a bound to count as pressed against it, in log-odds. The bounds of an output that was
squashed twice are 1 apart."""
ROUNDING_ERROR = 1e-3
"""By how much outputs, or their log-odds, may exceed a bound that they cannot exceed in exact arithmetic."""
