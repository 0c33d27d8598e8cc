"""A scale: from values to pixels, with ticks at round numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Scale:
    """A map from values to pixels, linear or logarithmic.

    Attributes:
        low: the value at `start`.
        high: the value at `end`.
        start: pixel of the lowest value.
        end: pixel of the highest value.
        logarithmic: whether equal distances are equal ratios; then `low` is positive.
        whole: whether values are counts, so that ticks are whole numbers.
    """

    low: float
    high: float
    start: float
    end: float
    logarithmic: bool = False
    whole: bool = False

    @classmethod
    def over(cls, values: Iterable[float], start: float, end: float, *, spare: float = 0.04) -> Scale:
        """Return a linear scale that has room for values; they may be all the same, or none.

        Args:
            values: finite numbers.
            start: pixel of the lowest value.
            end: pixel of the highest value.
            spare: share of the range that is added on either side.
        """
        known = sorted(values) or [0.0]
        span = (known[-1] - known[0]) or abs(known[0]) or 1.0
        return cls(known[0] - spare * span, known[-1] + spare * span, start, end)

    def at(self, value: float) -> float:
        """Return the pixel of a value; what lies outside is at the next end."""
        value = min(max(value, self.low), self.high)
        low, high = self.low, self.high
        if self.logarithmic:
            low, high, value = math.log10(low), math.log10(high), math.log10(value)
        share = (value - low) / (high - low)
        return self.start + share * (self.end - self.start)

    def holds(self, value: float) -> bool:
        """Return whether a value lies on the scale."""
        return self.low <= value <= self.high

    def ticks(self, most: int = 6) -> list[float]:
        """Return round numbers on the scale, about as many as `most`."""
        if self.logarithmic:
            exponents = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
            step = max(1, math.ceil(len(exponents) / most))
            return [10.0**exponent for exponent in exponents if exponent % step == 0]
        from matplotlib.ticker import MaxNLocator

        steps = [1, 2, 5, 10] if self.whole else [1, 2, 2.5, 5, 10]
        ticks = MaxNLocator(most, steps=steps, integer=self.whole, min_n_ticks=1).tick_values(self.low, self.high)
        return [float(tick) for tick in ticks if self.holds(float(tick))]


def label(tick: float, ticks: Iterable[float], *, sign: bool = False) -> str:
    """Return a tick as text, with the decimals that all ticks need.

    Examples:
        >>> [label(each, [-0.5, 0.0, 0.25], sign=True) for each in (-0.5, 0.0, 0.25)]
        ['-0.50', '0', '+0.25']
    """
    if tick == 0:
        return "0"
    ticks = list(ticks)
    largest = max(map(abs, ticks))
    smallest = min(abs(each) for each in ticks if each)
    if largest >= 1e5 or largest < 1e-4 or largest / smallest > 1e3:
        return f"{tick:+.3g}" if sign else f"{tick:.3g}"
    decimals = max((_decimals(each) for each in ticks), default=0)
    return f"{tick:{'+' if sign else ''}.{decimals}f}"


def _decimals(value: float) -> int:
    text = f"{value:.6f}".rstrip("0")
    return len(text.partition(".")[2])
