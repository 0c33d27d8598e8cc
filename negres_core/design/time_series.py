"""Time series: models are trained on the past and tested on the rows that follow."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import KW_ONLY, dataclass
from typing import ClassVar

import numpy as np

from negres_core.arguments import explain_arguments
from negres_core.dataset import Dataset
from negres_core.design.base import Cell, Design, Kind, checked_count
from negres_core.errors import InputError


@explain_arguments("design", {})
@dataclass(frozen=True)
class TimeSeries(Design):
    """Forward chaining: each fold is tested by a model of the rows before it.

    Rows are in the order of time. The folds are not a random sample, since each model was trained on the rows of the
    folds before; so the claim is judged by the difference between the arms' losses in each test row.

    Attributes:
        splits: number of test folds, one after the other, 1 or more.
        gap: rows left out between the training rows and the test rows, so that no training row's target reaches into
            the test rows (purging): one less than the forecast horizon.
        test: rows of a test fold; None for n / (splits + 1), as in scikit-learn's TimeSeriesSplit.
        most_train: the most training rows, the latest ones (a rolling window); None for all (an expanding one).
        seeds: replicates of a fold that differ in the seed, 1 or more; they are averaged before any test.
        order: None, or the name of the data set's attribute that orders its rows in time, such as a date. Rows are not
            sorted by it, but refused if they are in another order, since models would then be trained on the future.

    Raises:
        InputError: a number is out of range, or `order` is not a name.

    Examples:
        >>> TimeSeries(8, gap=24).layout()
        '8 folds forward in time, gap 24'
    """

    kind: ClassVar[Kind] = "time series"
    scores_rows: ClassVar[bool] = True
    splits: int = 5
    _: KW_ONLY
    gap: int = 0
    test: int | None = None
    most_train: int | None = None
    seeds: int = 1
    order: str | None = None

    def __post_init__(self) -> None:
        if self.order is not None and not isinstance(self.order, str):
            raise InputError(
                "`order` is the name of an attribute of the data set, by which its rows ascend in time.",
                received=f"order={self.order!r}",
                remedy='Give its name, order="date", and its values to the data set: Dataset(..., '
                'attributes={"date": dates}).',
            )
        remedy = "The usual design is TimeSeries(5), with a `gap` of one row less than the forecast horizon."
        for name, least, why in (
            ("splits", 1, "at least one fold has to be tested"),
            ("gap", 0, "it is a number of rows"),
            ("test", 1, "it is the number of rows of a test fold"),
            ("most_train", 2, "it is a number of training rows"),
            ("seeds", 1, "at least one model per fold has to be trained"),
        ):
            value = getattr(self, name)
            if value is not None or name in ("splits", "gap", "seeds"):
                count = checked_count(name, value, least=least, why=why, remedy=remedy)
                object.__setattr__(self, name, count)

    @property
    def folds(self) -> int:  # type: ignore[override]  # `splits` by its general name
        """Number of test folds."""
        return self.splits

    @property
    def test_train_ratio(self) -> float:
        """n_test / n_train of the last fold, if the training window expands."""
        return 1.0 / self.splits

    @property
    def least_test_rows(self) -> int:
        """Fewest test rows of all folds together by which losses can be judged in time."""
        from negres_core.statistics.diebold_mariano import LEAST_ROWS, LEAST_SPANS

        return max(LEAST_ROWS, LEAST_SPANS * (self.gap + 1))

    @property
    def does_not_show(self) -> str:
        """What a verdict by this design does not show, in a sentence."""
        return "It is about this stretch of time; it does not show how the arms perform in times unlike it."

    def layout(self, repeats: int | None = None) -> str:
        """Return the cells in words."""
        del repeats  # there is one
        folds = f"{self.splits} fold{'' if self.splits == 1 else 's'} forward in time"
        return f"{folds}, gap {self.gap}" if self.gap else folds

    def check(self, data: Dataset) -> None:
        """Raise InputError if the data set has too few rows, or a fold cannot be trained for."""
        if self.order is not None:
            self._check_order(data, self.order)
        test = self._test_rows(data)
        first = len(data) - self.splits * test - self.gap
        if test < 1 or first < 2:
            raise InputError(
                f"{data.name!r} has too few rows for {self.splits} folds in time.",
                received=f"{len(data)} rows for {self.splits} x {max(test, 0)} test rows and a gap of {self.gap}",
                remedy="Use fewer splits, a smaller gap, or fewer rows in a test fold.",
            )
        least = self.least_test_rows
        if self.splits * test < least:
            raise InputError(
                f"The test folds have fewer than {least} rows in all: too few to judge losses in time.",
                received=f"{self.splits} folds of {test} rows, gap {self.gap}",
                remedy="Use larger test folds (test=...) or more rows.",
            )
        if data.task == "classification":
            for cell in self._cells(data):
                unseen = np.setdiff1d(data.y[cell.test], data.y[cell.train])
                if len(unseen):
                    raise InputError(
                        f"A class of fold {cell.fold} does not occur in the rows before it.",
                        received=f"class {unseen[0]} of {data.name!r}",
                        remedy="Use fewer splits, so that the first model is trained on more rows, or merge the class.",
                    )

    def split(self, data: Dataset) -> Iterator[Cell]:
        """Yield the folds in the order of time; see `Design.split`.

        If the data set has groups, the training rows of a group that is tested are left out.
        """
        self.check(data)
        yield from self._cells(data)

    @staticmethod
    def _check_order(data: Dataset, name: str) -> None:
        """Raise InputError if the rows of a data set do not ascend by an attribute; they may have equal values."""
        values = data.attributes.get(name)
        if values is None:
            raise InputError(
                f"{data.name!r} has no attribute {name!r} by which its rows could ascend.",
                received=f"attributes: {', '.join(data.attributes) or 'none'}",
                remedy=f"Give its values to the data set, Dataset(..., attributes={{{name!r}: values}}); or leave "
                "`order` out.",
            )
        falls = np.flatnonzero(values[1:] < values[:-1])
        if len(falls):
            raise InputError(
                f"The rows of {data.name!r} are not in the order of {name!r}, so models would be trained on the "
                "future.",
                received=f"{len(falls)} of {len(values) - 1} rows are followed by an earlier one, the first in row "
                f"{falls[0]}",
                remedy=f"Sort inputs, targets and attributes by {name!r}, the oldest row first.",
            )

    def _test_rows(self, data: Dataset) -> int:
        return len(data) // (self.splits + 1) if self.test is None else self.test

    def _cells(self, data: Dataset) -> Iterator[Cell]:
        size = self._test_rows(data)
        for fold in range(self.splits):
            begin = len(data) - (self.splits - fold) * size
            test = np.arange(begin, begin + size, dtype=np.int32)
            end = begin - self.gap
            train = np.arange(0 if self.most_train is None else max(0, end - self.most_train), end, dtype=np.int32)
            if data.groups is not None:
                train = train[~np.isin(data.groups[train], data.groups[test])]
            yield Cell(0, fold, train, test, gap=self.gap)
