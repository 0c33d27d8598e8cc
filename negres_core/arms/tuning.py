"""Tuned: an arm whose settings are searched for in each training fold."""

from __future__ import annotations

import contextlib
import inspect
import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import KW_ONLY, dataclass, field
from typing import Any, Literal, get_args

from negres_core.arguments import explain_arguments
from negres_core.arms.functions import name_of
from negres_core.arms.recipe import Recipe
from negres_core.claim import Metric
from negres_core.errors import InputError
from negres_core.seeds import derive_seed

Setting = None | bool | int | float | str
"""The value of one setting."""

Settings = Mapping[str, Setting]
"""The settings of one trial, by name."""

Sampler = Literal["random", "tpe"]
"""How settings are drawn: independently of all results, or by the tree-structured Parzen estimator."""

MOST_LISTED = 10_000
"""A space of more settings counts as infinite: draws from it hardly repeat."""

EXTRA = 'Install the extra: pip install "negres[tuning]".'

ELSEWHERE = {
    "seed": "Leave it out: the search is seeded, and the same every time.",
    "folds": "Leave it out: each training fold gives up validation rows, on which all trials are compared.",
    "validation": "Leave it out: each training fold gives up validation rows, the same in both arms. A design may "
    "bring its own, such as FixedSplit(validation=...).",
    "n_trials": "Write trials={value}.",
    "metric": "Write on={value}.",
    "direction": "Leave it out: the metric knows which direction is better.",
}
"""Arguments that a tuned arm does not have, and what to do instead."""


@explain_arguments("tuned arm", ELSEWHERE)
@dataclass(frozen=True, eq=False)
class Tuned:
    """An arm whose settings are searched for in each training fold, and nowhere else.

    In each cell, every trial trains a recipe with its settings on the training fold without its validation rows, and is
    scored on these. The recipe of the best trial is then trained on the whole training fold, and tested. Validation
    rows are a tenth of the training fold but at least 30 rows, stratified and grouped as in the folds; the latest ones
    in a time series; or those of the design, if it has any. They are the same for all arms.

    With the random sampler, the settings of the trials are drawn once and are the same in every cell, so each is
    compiled only once. From a finite space they are drawn without repetition, so with as many trials as there are
    settings, this is a grid search.

    Attributes:
        make: a function of the settings, by name, that returns a `Recipe`. All of its recipes have the same number of
            stages.
        space: a range for each setting: a list of choices (numbers, strings, True, False or None), or a distribution of
            Optuna, such as `FloatDistribution(1e-4, 1e-1, log=True)`, `IntDistribution(8, 128)`.
        trials: trials in each training fold, 2 or more. Give every arm the same number.
        on: the metric by which trials are compared, a name or a `Metric`; None for that of the claim.
        sampler: "random"; or "tpe", the tree-structured Parzen estimator, which draws settings that are likely to be
            better than the previous ones. Each cell then has its own settings.

    Raises:
        InputError: `make` does not take the settings of the space, a range is unclear, or there are more trials than
            settings.

    Examples:
        >>> def make(rate, width):
        ...     return Recipe(Stage(partial(mlp, width=width), optimizer=partial(adam, rate)))
        >>> tuned = Tuned(make, space={"rate": [0.01, 0.001], "width": [16, 32, 64]}, trials=4)
        >>> print(tuned)
        make, tuned: 4 trials
    """

    make: Callable[..., Recipe]
    _: KW_ONLY
    space: Mapping[str, Any]
    trials: int
    on: str | Metric | None = None
    sampler: Sampler = "random"
    _ranges: dict[str, Any] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if isinstance(self.make, Recipe) or not callable(self.make):
            raise InputError(
                "A tuned arm takes a function of the settings that returns a recipe.",
                received=self.make,
                remedy="Give the function itself: def make(rate): return Recipe(Stage(build, "
                "optimizer=partial(adam, rate))); then Tuned(make, space=..., trials=20).",
            )
        if isinstance(self.trials, bool) or not isinstance(self.trials, int) or self.trials < 2:
            raise InputError(
                "`trials` of a tuned arm has to be an integer of 2 or more: with one there is nothing to choose.",
                received=f"trials={self.trials!r}",
                remedy="The usual number is 20; give every arm the same.",
            )
        if self.sampler not in get_args(Sampler):
            raise InputError(
                "`sampler` of a tuned arm names the way in which its settings are drawn.",
                received=f"sampler={self.sampler!r}",
                remedy=f"Give one of: {', '.join(get_args(Sampler))}.",
            )
        if self.on is not None and not isinstance(self.on, str | Metric):
            raise InputError(
                "`on` of a tuned arm has to be the metric by which its trials are compared.",
                received=f"on={self.on!r}",
                remedy='Give a name, on="log_loss", or a Metric; or leave it out for that of the claim.',
            )
        object.__setattr__(self, "_ranges", _ranges_of(self.space))
        _check_parameters(self.make, self.space)
        if (size := self.size) is not None and self.trials > size:
            raise InputError(
                "There are more trials than settings in the space of a tuned arm.",
                received=f"trials={self.trials}, and {size} settings",
                remedy=f"Give trials={size}, which tries them all, or a larger space.",
            )

    def __str__(self) -> str:
        return f"{name_of(self.make)}, tuned: {self.trials} trials"

    @property
    def ranges(self) -> dict[str, Any]:
        """The range of each setting as a distribution of Optuna, sorted by name."""
        return self._ranges

    @property
    def size(self) -> int | None:
        """The number of different settings in the space; None if it is infinite, or too large to list."""
        sizes = [_size_of(each) for each in self._ranges.values()]
        size = math.prod(sizes)
        return None if size > MOST_LISTED else int(size)

    def recipe(self, settings: Settings) -> Recipe:
        """Return the recipe of some settings.

        Raises:
            InputError: `make` returns something else.
        """
        made = self.make(**settings)
        if not isinstance(made, Recipe):
            raise InputError(
                f"{name_of(self.make)} has to return a recipe for all settings.",
                received=f"{made!r} for {words_of(settings)}",
                remedy="Return Recipe(Stage(...)), Recipe(Estimator(...)) or Recipe(Fit(...)).",
            )
        return made


Identity = tuple[tuple[str, type, Setting], ...]
"""Settings; 1, 1.0 and True differ here."""


def identity_of(settings: Settings) -> Identity:
    """Return what tells settings apart."""
    return tuple((name, type(value), value) for name, value in sorted(settings.items()))


def words_of(settings: Settings) -> str:
    """Return settings in words: "rate=0.01, width=32"."""
    return ", ".join(f"{name}={_short(value)}" for name, value in settings.items())


def _short(value: Setting) -> str:
    return f"{value:.4g}" if isinstance(value, float) else repr(value)


class Draws:
    """The settings of the trials of one cell, one after the other.

    Args:
        tuned: the arm.
    """

    def __init__(self, tuned: Tuned) -> None:
        optuna = _optuna()
        # The same seed in every cell: random draws are then the same, and so are the first ten of "tpe".
        seed = derive_seed("tuning")
        kinds = {"random": optuna.samplers.RandomSampler, "tpe": optuna.samplers.TPESampler}
        self._tuned, self._optuna = tuned, optuna
        with _quiet(optuna):
            self._study = optuna.create_study(direction="maximize", sampler=kinds[tuned.sampler](seed=seed))
        self._drawn: set[Identity] = set()
        self._open: Any = None

    def ask(self) -> dict[str, Setting]:
        """Return the settings of the next trial."""
        # Random draws from a finite space are repeated until they differ: a trial that repeats another is none.
        is_finite = self._tuned.sampler == "random" and self._tuned.size is not None
        with _quiet(self._optuna):
            while True:
                self._open = self._study.ask(self._tuned.ranges)
                settings = dict(self._open.params)
                if not is_finite or identity_of(settings) not in self._drawn:
                    break
        self._drawn.add(identity_of(settings))
        return settings

    def tell(self, score: float) -> None:
        """Report the score of the latest trial, where more is better; NaN if it is not finite."""
        is_finite = math.isfinite(score)
        with _quiet(self._optuna):
            state = self._optuna.trial.TrialState
            if is_finite:
                self._study.tell(self._open, score)
            else:
                self._study.tell(self._open, state=state.FAIL)


def _optuna() -> Any:
    try:
        import optuna
    except ImportError as error:
        raise InputError("A tuned arm needs Optuna.", received="it is not installed", remedy=EXTRA) from error
    return optuna


@contextlib.contextmanager
def _quiet(optuna: Any) -> Iterator[None]:
    """Let Optuna report nothing but warnings, which is its setting for the whole process, meanwhile."""
    before = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(max(before, optuna.logging.WARNING))
    try:
        yield
    finally:
        optuna.logging.set_verbosity(before)


def _ranges_of(space: Any) -> dict[str, Any]:
    if not isinstance(space, Mapping) or not space:
        raise InputError(
            "`space` of a tuned arm has to map the name of each setting to its range.",
            received=f"space={space!r}",
            remedy='Give a dictionary: space={"rate": FloatDistribution(1e-4, 1e-1, log=True), "width": [16, 32]}.',
        )
    return {name: _range_of(name, space[name]) for name in sorted(space, key=str)}


def _range_of(name: Any, given: Any) -> Any:
    """Return the range of one setting as a distribution of Optuna, or raise InputError if it is unclear."""
    optuna = _optuna()
    distributions = optuna.distributions
    if not isinstance(name, str) or not name.isidentifier():
        raise InputError(
            "Each setting of a tuned arm has to be named after a parameter of its function.",
            received=f"{name!r} in `space`",
            remedy="Give the name of a parameter.",
        )
    wrong = f"The range of {name!r} is unclear."
    if isinstance(given, tuple):
        raise InputError(
            wrong,
            received=f"{given!r}, which may be two ends or two choices",
            remedy=f"Give choices as a list, {list(given)!r}, and a range as a distribution of Optuna, "
            "FloatDistribution(low, high, log=True) or IntDistribution(low, high).",
        )
    of_numbers = distributions.FloatDistribution | distributions.IntDistribution
    if not isinstance(given, of_numbers | distributions.CategoricalDistribution | list):
        raise InputError(
            wrong,
            received=given,
            remedy="Give a list of choices, or a distribution of Optuna: FloatDistribution(low, high, log=True) or "
            "IntDistribution(low, high).",
        )
    if not isinstance(given, of_numbers):
        choices = list(given if isinstance(given, list) else given.choices)
        _check_choices(name, choices)
        return distributions.CategoricalDistribution(choices)
    if given.single():
        raise InputError(
            f"The range of {name!r} has a single value.",
            received=given,
            remedy="Set it in the function, with functools.partial, or give a wider range.",
        )
    return given


def _check_choices(name: str, choices: list[Any]) -> None:
    for choice in choices:
        is_plain = choice is None or isinstance(choice, bool | int | float | str)
        if not is_plain or (isinstance(choice, float) and not math.isfinite(choice)):
            raise InputError(
                f"A choice of {name!r} cannot be recorded: it is not a number, a string, True, False or None.",
                received=choice,
                remedy="Name the choices, and let the function look them up: "
                f'{{"relu": layers.ReLU, "elu": layers.ELU}}[{name}].',
            )
    # 1 and True are equal, and not the same setting.
    if len({(type(choice), choice) for choice in choices}) < max(2, len(choices)):
        raise InputError(
            f"The choices of {name!r} have to be two or more, and to differ.",
            received=choices,
            remedy="Give each choice once; set a single value inside the function.",
        )


def _size_of(given: Any) -> float:
    """Return the number of values of a range, infinity for numbers without steps."""
    if hasattr(given, "choices"):
        return float(len(given.choices))
    if given.step is None or (given.log and isinstance(given.low, float)):
        return math.inf
    return float(math.floor((given.high - given.low) / given.step + 1e-9) + 1)


def _check_parameters(make: Callable[..., Recipe], space: Mapping[str, Any]) -> None:
    """Raise InputError unless a function takes all settings by name, and requires nothing else."""
    try:
        parameters = inspect.signature(make).parameters
    except (TypeError, ValueError):  # some functions written in C
        return
    by_name = [
        name for name, each in parameters.items() if each.kind in (each.POSITIONAL_OR_KEYWORD, each.KEYWORD_ONLY)
    ]
    takes_any = any(each.kind is each.VAR_KEYWORD for each in parameters.values())
    unknown = [name for name in space if name not in by_name and not takes_any]
    required = [
        name
        for name, each in parameters.items()
        if each.default is each.empty and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    missing = [name for name in required if name not in space]
    if unknown or missing:
        parts = [f"no parameter {', '.join(unknown)}"] * bool(unknown) + [f"no range for {', '.join(missing)}"] * bool(
            missing
        )
        raise InputError(
            f"{name_of(make)} does not take the settings of the space.",
            received=f"{' and '.join(parts)}; it takes {', '.join(parameters) or 'nothing'}, and the space has "
            f"{', '.join(space)}",
            remedy="Give the space a range for each parameter; fix others with functools.partial.",
        )
