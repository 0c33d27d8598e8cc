"""The layout of a table of scores: long, with a row per score, or wide, with a column per arm."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple

from negres_core.errors import InputError
from negres_core.scores.table import Table
from negres_core.scores.values import label_of, score_of


class Score(NamedTuple):
    """One score, and where it belongs; arm, repeat, fold and seed are labels.

    Attributes:
        arm: the name of the arm.
        repeat: the repeat; "0" in a table without repeats.
        fold: the test fold, the random split, the group that is left out, or the single test row.
        seed: the seed; "0" in a table without seeds.
        score: the score, in the unit of the metric; NaN or infinite if the run diverged.
        row: number of the row, from 1.
    """

    arm: str
    repeat: str
    fold: str
    seed: str
    score: float
    row: int


@dataclass(frozen=True, kw_only=True)
class Columns:
    """The names of the columns, where they are not the usual ones; None for the usual one.

    Attributes:
        arm: the arms, in the long form; usually "arm".
        score: the scores, in the long form; usually the name of the metric, or "score".
        repeat: the repeats of k folds; usually "repeat". A table without one has a single repeat.
        fold: the test folds; usually "fold". Random splits are usually called "split", and the groups that are left out
            "group". Single test rows, which a fixed split and a time series judge, are usually called "row".
        seed: the seeds; usually "seed". A table without one has a single seed.
    """

    arm: str | None = None
    score: str | None = None
    repeat: str | None = None
    fold: str | None = None
    seed: str | None = None


FOLD_COLUMNS: dict[str, str] = {
    "k folds": "fold",
    "random splits": "split",
    "leave one group out": "group",
    "fixed split": "row",
    "time series": "row",
}
"""The usual name of the column that tells the cells, or the single test rows, apart, by the kind of the design."""
USUAL_COLUMNS = Columns()
"""The usual names of the columns of a table."""


def scores_in(
    table: Table, columns: Columns, *, arms: Sequence[str], metric: str, kind: str = "k folds"
) -> list[Score]:
    """Return the scores of the arms that a claim is about.

    Args:
        table: the table. It is long if it has a column of arms. Otherwise it is wide: each column that is not the
            repeat, the fold or the seed is an arm.
        columns: the names of the columns.
        arms: the names of the arms that the claim is about.
        metric: the name of the metric.
        kind: the kind of the design, which says by which columns its cells are told apart.

    Raises:
        InputError: the layout is not one of the two, a label or a score is missing, or a score is not a number.
    """
    for field in fields(columns):
        told = getattr(columns, field.name)
        if told is not None and told not in table.names:
            raise InputError(
                f"The table has no column {told!r}, which was named as the column of the {field.name}.",
                received=_seen(table),
                remedy="Give the name of a column as the header spells it.",
            )
    arm, keys = columns.arm or "arm", _keys(columns, kind)
    if (fold := keys["fold"]) not in table.names:
        raise _unknown_layout(f"no column {fold!r}", table, metric, keys)
    if arm in table.names:
        score = columns.score or next((name for name in (metric, "score") if name in table.names), None)
        if score is None:
            raise _unknown_layout(f"a column {arm!r}, but none of scores", table, metric, keys)
        if doubled := [name for name in arms if name in table.names]:
            raise InputError(
                "The table names an arm both in a column of arms and as a column.",
                received=f"{', '.join(doubled)}; {_seen(table)}",
                remedy=f"Keep one of the two: a row per score, or a column per arm (without {arm!r}).",
            )
        return _read(table, keys, [(score, arm)], arms)
    others = [name for name in table.names if name not in keys.values()]
    if not set(arms) <= set(others):
        raise _unknown_layout(f"neither a column {arm!r} nor one for each of: {', '.join(arms)}", table, metric, keys)
    return _read(table, keys, [(name, None) for name in arms], arms)


def _read(
    table: Table, keys: dict[str, str], sources: Sequence[tuple[str, str | None]], arms: Sequence[str]
) -> list[Score]:
    """Read the scores of some arms.

    Args:
        table: the table.
        keys: the names of the columns of repeats, folds and seeds, of which the table may lack the first and the last.
        sources: each column of scores, with the column that names the arms, or None if the column is an arm.
        arms: the names of the arms.
    """
    places = {key: table.names.index(name) if name in table.names else None for key, name in keys.items()}
    places.setdefault("repeat", None)
    found = [
        (column, table.names.index(column), of_arms, None if of_arms is None else table.names.index(of_arms))
        for column, of_arms in sources
    ]
    scores = []
    for number, row in enumerate(table.rows, 1):
        for column, place_of_score, of_arms, place_of_arm in found:
            arm = column
            if of_arms is not None and place_of_arm is not None:
                arm = _arm(row[place_of_arm], of_arms, number, table)
            if arm not in arms:
                continue
            labels = {
                key: "0" if place is None else _label(row[place], keys[key], number, table)
                for key, place in places.items()
            }
            value = row[place_of_score]
            scores.append(Score(arm, **labels, score=_score(value, column, arm, number, table), row=number))
    return scores


def _arm(value: object, column: str, row: int, table: Table) -> str:
    """Return the name of an arm, which stays as it is written: "v1.0" and "1.0" are names, not numbers."""
    label = _label(value, column, row, table)
    return value.strip() if isinstance(value, str) else label


def _label(value: object, column: str, row: int, table: Table) -> str:
    label = label_of(value)
    if label is None:
        raise InputError(
            f"A value of the column {column!r} is missing.",
            received=f"{table.source}, row {row} below the header",
            remedy="Fill it in, or delete the row if it is not a score.",
        )
    return label


def _score(value: object, column: str, arm: str, row: int, table: Table) -> float:
    where = f"{table.source}, column {column!r}, row {row} below the header"
    try:
        score = score_of(value, from_text=table.is_text)
    except InputError as error:
        raise InputError(error.wrong, received=f"{error.received} in {where}", remedy=error.remedy) from None
    if score is None:
        raise InputError(
            f"A score of {arm} is missing.",
            received=where,
            remedy="Fill it in: both arms need a score in every cell. If the run diverged, write nan, which makes "
            "the claim invalid; leaving the cell out would bias the mean.",
        )
    return score


def other_arms(table: Table, columns: Columns, arms: Sequence[str], *, kind: str = "k folds") -> list[str]:
    """Return the arms of a table that the claim does not name: they were looked at, or could have been."""
    arm = columns.arm or "arm"
    if arm in table.names:
        place = table.names.index(arm)
        known = dict.fromkeys(row[place] for row in table.rows)
        seen = [_arm(value, arm, 0, table) for value in known if label_of(value) is not None]
    else:
        keys = _keys(columns, kind).values()
        seen = [name for name in table.names if name and name not in keys]
    return [name for name in seen if name not in arms]


def _keys(columns: Columns, kind: str) -> dict[str, str]:
    """Return the names of the columns that tell the scores of an arm apart."""
    keys = {"fold": columns.fold or FOLD_COLUMNS[kind], "seed": columns.seed or "seed"}
    return {"repeat": columns.repeat or "repeat", **keys} if kind == "k folds" else keys


def _unknown_layout(found: str, table: Table, metric: str, keys: dict[str, str]) -> InputError:
    fold = keys["fold"]
    return InputError(
        "The layout of the table is unknown.",
        received=f"{found}; {_seen(table)}",
        remedy=f"Give the long form, a row per score with the columns arm, {fold} and {metric} (or score); or the wide "
        f"form, a row per cell with the column {fold} and one column per arm, called as the claim names it; and "
        f"{' and '.join(name for key, name in keys.items() if key != 'fold')} if there are several. Name columns that "
        "are called otherwise.",
    )


def _seen(table: Table) -> str:
    return f"{table.source} with the columns {', '.join(table.names)}"
