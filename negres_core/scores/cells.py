"""The cells of a design, filled with the scores of a table: each cell once in every arm, or it is refused.

Designs that judge single test rows have a row where others have a fold, and each row has a score under each seed.
"""

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
NOUNS = {
    "k folds": "fold",
    "random splits": "split",
    "leave one group out": "group",
    "fixed split": "row",
    "time series": "row",
}
"""What tells the scores of an arm apart, beside the seed, by the kind of the design."""


class Planned(Protocol):
    """A design whose scores are a table of repeats x folds x seeds."""

    @property
    def kind(self) -> str:
        """The kind of the design."""

    @property
    def scores_rows(self) -> bool:
        """Whether single test rows are judged."""

    @property
    def folds(self) -> int:
        """Cells of a repeat."""

    @property
    def repeats(self) -> int:
        """Planned repeats."""

    @property
    def seeds(self) -> int:
        """Seeds in all."""

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
            diverged. Repeats, folds and seeds are in the natural order of their labels. If single rows are judged,
            (1, rows, seeds).
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
    _check_distinct(scores, design)
    if design.scores_rows:
        _check_shared(scores, arms, design)
        _check_seeds(scores, design.seeds, design)
        return _fill(scores, arms)
    _check_shared([each._replace(seed="") for each in scores], arms, design)
    if design.kind == "random splits":
        scores = _in_rounds(scores, design)
    _check_counts(scores, design)
    _check_seeds(scores, design.seeds_per_cell, design)
    return _fill(scores, arms)


def _fill(scores: Sequence[Score], arms: Sequence[str]) -> Cells:
    """Return the scores in the natural order of their labels; folds and seeds may have other labels in each place."""
    labels = in_order({label for each in scores for label in each[1:4]})
    rank = {label: place for place, label in enumerate(labels)}
    kept = sorted(scores, key=lambda each: (arms.index(each.arm), rank[each.repeat], rank[each.fold], rank[each.seed]))
    repeats = len({each.repeat for each in kept})
    folds = len({each.fold for each in kept if each.repeat == kept[0].repeat})
    values = np.array([each.score for each in kept], dtype=float).reshape(len(arms), repeats, folds, -1)
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


def _check_distinct(scores: Sequence[Score], design: Planned) -> None:
    counts = Counter(each[:4] for each in scores)
    if twice := [each for each in scores if counts[each[:4]] > 1]:
        rows = [each.row for each in twice if each[:4] == twice[0][:4]]
        seed = "" if design.scores_rows else f", seed {twice[0].seed}"
        several = (
            "a column of seeds (the row, under each training)"
            if design.scores_rows
            else "a column of repeats (another shuffle of the folds) or of seeds (the same folds, trained again)"
        )
        raise InputError(
            "A score occurs more than once.",
            received=f"{twice[0].arm} in {_cell(twice[0], design)}{seed}, in the rows {', '.join(map(str, rows))}; "
            f"{len(counts)} scores in {len(scores)} rows",
            remedy=f"Delete what was copied. If they are different runs, tell them apart by {several}, and name it if "
            "it is not called so. If the table holds several metrics or data sets, select the rows of one.",
        )


def _check_shared(scores: Sequence[Score], arms: Sequence[str], design: Planned) -> None:
    """Refuse scores that one arm has and the other lacks; seeds count if they are not left out of the scores."""
    have: dict[str, dict[tuple[str, str, str], Score]] = {arm: {} for arm in arms}
    for each in scores:
        have[each.arm].setdefault(each[1:4], each)
    everywhere = {place: each for places in have.values() for place, each in places.items()}
    if design.scores_rows:  # each row has a score under each seed
        seeds, rows = ({each[index] for each in everywhere} for index in (2, 1))
        blank = next(iter(everywhere.values()))
        everywhere = {("0", row, seed): blank._replace(fold=row, seed=seed) for row in rows for seed in seeds}
    lacking = {arm: everywhere.keys() - places.keys() for arm, places in have.items()}
    if not any(lacking.values()):
        return
    noun = NOUNS[design.kind]
    numbered = len(arms) > 1 and len({len(missing) for missing in lacking.values()}) == 1
    remedy = (
        f"If the {noun}s are the same and only numbered differently, number them alike. If the arms were tested on "
        f"other {noun}s, their scores do not pair: run both arms on the same {noun}s."
        if numbered
        else "Add the missing scores, or run what is missing. Leaving out what an arm lacks would bias the mean."
    )
    missing_one = "A score of a row is missing." if design.scores_rows else "A cell is missing in one arm."
    raise InputError(
        f"The {noun}s of the arms do not pair." if numbered else missing_one,
        received="; ".join(
            f"{arm} lacks {_some(_cell(everywhere[place], design) for place in _sorted(missing))}"
            for arm, missing in lacking.items()
            if missing
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


def _check_counts(scores: Sequence[Score], design: Planned) -> None:
    of_repeats: dict[str, set[str]] = {}
    for each in scores:
        of_repeats.setdefault(each.repeat, set()).add(each.fold)
    folds, found = design.folds, len(of_repeats)
    sizes = {len(labels) for labels in of_repeats.values()}
    if sizes != {folds}:
        repeat = next(each for each in in_order(of_repeats) if len(of_repeats[each]) != folds)
        labels, noun = in_order(of_repeats[repeat]), NOUNS[design.kind]
        remedy = f"Give the design of the table: {len(labels)} {noun}s."
        if found == 1 and len(labels) == folds * design.repeats:
            remedy = "Add a column of repeats, so that each repeat has its own folds."
        elif len(sizes) > 1:
            remedy = f"Add the missing {noun}s; every repeat has the same number."
        raise InputError(
            f"The {noun}s of the table are not those of the design.",
            received=f"{noun}s {_some(labels)} in repeat {repeat}, which are {len(labels)}; planned are {folds}",
            remedy=remedy,
        )
    if found > design.repeats or (found < design.repeats and not design.looks):
        raise InputError(
            "The repeats of the table are not those of the design.",
            received=f"repeats {_some(in_order(of_repeats))}, which are {found}; planned are {design.repeats}",
            remedy=f"Give repeats={found} if that was the plan. Fewer repeats than planned can be judged only with "
            "looks, after which a run may stop. Extra repeats are never ignored.",
        )


def _check_seeds(scores: Sequence[Score], seeds: int, design: Planned) -> None:
    counts = Counter(each[:3] for each in scores)
    wrong = [each for each in scores if counts[each[:3]] != seeds]
    if not wrong:
        return
    has, unequal = counts[wrong[0][:3]], len(set(counts.values())) > 1
    raise InputError(
        "The cells have unequal numbers of seeds."
        if unequal
        else "The seeds of the table are not those of the design.",
        received=f"{has} in {wrong[0].arm}, {_cell(wrong[0], design)}; planned are {seeds}",
        remedy="Run the missing seeds, or leave a seed out everywhere: the seeds of a cell are averaged, and a cell "
        "with fewer varies more."
        if unequal
        else f"Give the design of the table: seeds={has}.",
    )


def _sorted(places: Iterable[tuple[str, str, str]]) -> list[tuple[str, str, str]]:
    known = list(places)
    order = {label: place for place, label in enumerate(in_order({label for each in known for label in each}))}
    return sorted(known, key=lambda each: tuple(order[label] for label in each))


def _some(names: Iterable[str]) -> str:
    known = list(names)
    more = f" and {len(known) - MOST_NAMED} more" if len(known) > MOST_NAMED else ""
    return f"{', '.join(known[:MOST_NAMED])}{more}"


def _cell(score: Score, design: Planned) -> str:
    """Return where a score belongs, in words."""
    cell = f"{NOUNS[design.kind]} {score.fold}"
    if design.scores_rows:
        return f"{cell}, seed {score.seed}"
    return f"{cell} of repeat {score.repeat}" if design.kind == "k folds" else cell
