"""Shards: the cells of a design divided among several sessions, each of which trains its own."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from negres_core.design.base import Cell
from negres_core.errors import InputError

_WRITTEN = re.compile(r"([1-9][0-9]{0,5})/([1-9][0-9]{0,5})")


@dataclass(frozen=True)
class Shard:
    """One of several shares of the cells of every design.

    Cells are dealt out in turn, repeat by repeat, beginning with a shard that follows from the data set, so that not
    every data set begins with the first one. Nothing else decides. So hypotheses that share replicates have them in the
    same shard, no replicate is trained by two, and more repeats change nothing for the cells before them.

    Attributes:
        number: which one it is, from 1.
        of: how many there are.

    Raises:
        InputError: there is no such shard.

    Examples:
        >>> Shard.read("3/8")
        Shard(number=3, of=8)
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of:
            raise _unreadable(str(self))

    @classmethod
    def read(cls, text: str) -> Shard:
        """Return the shard that a text such as "3/8" names.

        Raises:
            InputError: it names none.
        """
        match = _WRITTEN.fullmatch(text)
        if match is None:
            raise _unreadable(text)
        return cls(int(match[1]), int(match[2]))

    def __str__(self) -> str:
        return f"{self.number}/{self.of}"

    @property
    def siblings(self) -> list[Shard]:
        """All shards of this division, itself among them."""
        return [Shard(number, self.of) for number in range(1, self.of + 1)]

    def takes(self, repeat: int, fold: int, *, folds: int, data: str) -> bool:
        """Return whether a cell belongs to this shard.

        Args:
            repeat: index of the repeat, from 0.
            fold: index of the fold, from 0.
            folds: folds of a repeat.
            data: the digest of the data set, hexadecimal.
        """
        return (int(data[:8], 16) + repeat * folds + fold) % self.of == self.number - 1

    def share(self, cells: Sequence[Cell], *, folds: int, data: str) -> list[Cell]:
        """Return the cells of this shard, in the order of the design; none if there are fewer cells than shards."""
        return [cell for cell in cells if self.takes(cell.repeat, cell.fold, folds=folds, data=data)]


def _unreadable(text: str) -> InputError:
    return InputError(
        "A shard is given as its number, from 1, and the number of all shards.",
        received=text,
        remedy="Write 3/8 for the third of eight; all eight are needed to judge without training.",
    )
