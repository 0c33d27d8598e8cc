"""The cells of a design, filled with the scores of a table: each cell once in every arm, or it is refused."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from negres_core.errors import InputError
from negres_core.scores.layout import Score

MOST_NAMED = 5
"""Most rows or cells that an error names."""


class Planned(Protocol):
    """A design whose scores are a table of repeats x folds x seeds."""

    @property
    def kind(self) -> str:
        """The kind of the design."""

    @property
    def folds(self) -> int:
        """Cells of a repeat."""

    @property
    def repeats(self) -> int:
        """Planned repeats."""

    @property
    def seeds_per_cell(self) -> int:
        """Scores of an arm in each cell."""

    @property
    def looks(self) -> bool:
        """Whether the claim is judged after each repeat."""


@dataclass(frozen=True)
class Cells:
    """The scores of one or two arms in the cells that they share.

    Attributes:
        values: one array per arm, (repeats, folds, seeds), in the unit of the metric; NaN or infinite where a run
            diverged. Repeats, folds and seeds are in the natural order of their labels.
        scores: the same scores, in the order arm, repeat, fold, seed.
    """

    values: tuple[np.ndarray, ...]
    scores: tuple[Score, ...]

    @property
    def repeats(self) -> int:
        """The number of repeats."""
        return int(self.values[0].shape[0])


def pair(scores: Sequence[Score], *, arms: Sequence[str], design: Planned) -> Cells:
    """Pair the scores of all arms, cell by cell.

    Args:
        scores: the scores of the arms.
        arms: the names of the arms, the treatment first.
        design: the planned design. With looks the runs may have stopped at one, so that the last repeats are missing in
            all arms.

    Raises:
        InputError: an arm has no scores, a row occurs twice, an arm lacks a cell that the other has, or the numbers of
            repeats, folds or seeds are not those of the design.
    """
    for arm in arms:
        if not any(score.arm == arm for score in scores):
            others = sorted({score.arm for score in scores})
            raise InputError(
                f"The table has no scores of {arm!r}.",
                received=f"scores of {', '.join(others) or 'no arm that the claim names'}",
                remedy="Name the treatment and the control as the table does.",
            )
    _check_distinct(scores)
    _check_shared(scores, arms)
    if design.kind == "random splits":
        scores = _in_rounds(scores, design)
    folds: dict[str, set[str]] = {}
    for each in scores:
        folds.setdefault(each.repeat, set()).add(each.fold)
    by_repeat = {repeat: in_order(folds[repeat]) for repeat in in_order(folds)}
    _check_counts(by_repeat, design)
    _check_seeds(scores, design.seeds_per_cell)
    rank = {label: place for place, label in enumerate(in_order({each.seed for each in scores}))}
    places = {
        (repeat, fold): (row, column)
        for row, (repeat, labels) in enumerate(by_repeat.items())
        for column, fold in enumerate(labels)
    }
    kept = sorted(scores, key=lambda each: (arms.index(each.arm), *places[each.repeat, each.fold], rank[each.seed]))
    shape = (len(arms), len(by_repeat), design.folds, design.seeds_per_cell)
    values = np.array([each.score for each in kept], dtype=float).reshape(shape)
    return Cells(tuple(values), tuple(kept))


def in_order(labels: Iterable[str]) -> list[str]:
    """Sort labels by text in which numbers count as numbers.

    >>> in_order({"10", "9", "b2", "b10"})
    ['9', '10', 'b2', 'b10']
    """

    def parts(label: str) -> tuple[list[str | int], str]:
        # Texts and numbers alternate, so that like is compared with like.
        split = re.split("([0-9]+)", label)
        return [int(part) if place % 2 else part for place, part in enumerate(split)], label

    return sorted(labels, key=parts)


def _check_distinct(scores: Sequence[Score]) -> None:
    counts = Counter(each[:4] for each in scores)
    if twice := [each for each in scores if counts[each[:4]] > 1]:
        rows = [each.row for each in twice if each[:4] == twice[0][:4]]
        raise InputError(
            "A score occurs more than once.",
            received=f"{_place(twice[0])}, in the rows {', '.join(map(str, rows))}; {len(counts)} scores in "
            f"{len(scores)} rows",
            remedy="Delete what was copied. If they are different runs, tell them apart by a column of repeats "
            "(another shuffle of the folds) or of seeds (the same folds, trained again), and name it if it is not "
            "called repeat or seed. If the table holds several metrics or data sets, select the rows of one.",
        )


def _check_shared(scores: Sequence[Score], arms: Sequence[str]) -> None:
    cells = {arm: {each[1:3] for each in scores if each.arm == arm} for arm in arms}
    everywhere = set.union(*cells.values())
    lacking = {arm: everywhere - have for arm, have in cells.items() if everywhere - have}
    if not lacking:
        return
    numbered = len({len(have) for have in cells.values()}) == 1
    remedy = (
        "If the folds are the same and only numbered differently, number them alike. If the arms were tested on other "
        "folds, their scores do not pair: run both arms on the same folds."
        if numbered
        else "Add the missing scores, or run the missing cells. Leaving out what one arm lacks would bias the mean."
    )
    raise InputError(
        "The folds of the arms do not pair." if numbered else "A cell is missing in one arm.",
        received="; ".join(
            f"{arm} lacks {_some(_cell(*each) for each in _sorted(cells))}" for arm, cells in lacking.items()
        ),
        remedy=remedy,
    )


def _in_rounds(scores: Sequence[Score], design: Planned) -> list[Score]:
    """Number the rounds of random splits after which the claim is judged, in the order of the splits."""
    splits = in_order({each.fold for each in scores})
    planned = design.folds * design.repeats
    if len(splits) > planned or (len(splits) < planned and not design.looks) or len(splits) % design.folds:
        looks = f", or a multiple of {design.folds} after which runs stopped at a look" if design.looks else ""
        raise InputError(
            "The random splits of the table are not those of the design.",
            received=f"splits {_some(splits)}, which are {len(splits)}; planned are {planned}{looks}",
            remedy=f"Give the design of the table: splits={len(splits)} if that was the plan. Splits are not left out.",
        )
    rounds = {split: str(place // design.folds) for place, split in enumerate(splits)}
    return [each._replace(repeat=rounds[each.fold]) for each in scores]


def _check_counts(by_repeat: dict[str, list[str]], design: Planned) -> None:
    folds, repeats = design.folds, design.repeats
    wrong = {repeat: labels for repeat, labels in by_repeat.items() if len(labels) != folds}
    if wrong:
        repeat, labels = next(iter(wrong.items()))
        remedy = f"Give the design of the table: folds={len(labels)}."
        if len(by_repeat) == 1 and len(labels) == folds * repeats:
            remedy = "Add a column of repeats, so that each repeat has its own folds."
        elif len({len(labels) for labels in by_repeat.values()}) > 1:
            remedy = "Add the missing folds; every repeat has the same number."
        raise InputError(
            "The folds of the table are not those of the design.",
            received=f"folds {_some(labels)} in repeat {repeat}, which are {len(labels)}; folds={folds}",
            remedy=remedy,
        )
    found = len(by_repeat)
    if found > repeats or (found < repeats and not design.looks):
        raise InputError(
            "The repeats of the table are not those of the design.",
            received=f"repeats {_some(by_repeat)}, which are {found}; repeats={repeats}",
            remedy=f"Give repeats={found} if that was the plan. Fewer than planned are judged only with looks, after "
            "which runs may stop; more than planned are not left out.",
        )


def _check_seeds(scores: Sequence[Score], seeds: int) -> None:
    counts = Counter(each[:3] for each in scores)
    wrong = [each for each in scores if counts[each[:3]] != seeds]
    if not wrong:
        return
    has, unequal = counts[wrong[0][:3]], len(set(counts.values())) > 1
    raise InputError(
        "The cells have unequal numbers of seeds."
        if unequal
        else "The seeds of the table are not those of the design.",
        received=f"{has} in {wrong[0].arm}, {_cell(wrong[0].repeat, wrong[0].fold)}; seeds={seeds}",
        remedy="Run the missing seeds, or leave a seed out everywhere: the seeds of a cell are averaged, and a cell "
        "with fewer varies more."
        if unequal
        else f"Give the design of the table: seeds={has}.",
    )


def _sorted(cells: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    known = list(cells)
    order = {label: place for place, label in enumerate(in_order({label for cell in known for label in cell}))}
    return sorted(known, key=lambda cell: (order[cell[0]], order[cell[1]]))


def _some(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"{', '.join(known[:MOST_NAMED])}{more}"


def _cell(repeat: str, fold: str) -> str:
    return f"fold {fold} of repeat {repeat}"


def _place(score: Score) -> str:
    return f"{score.arm} in {_cell(score.repeat, score.fold)}, seed {score.seed}"
