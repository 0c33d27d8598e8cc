"""What is known of a function that a user gives: its name, and whether it is itself a loss."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Sequence
from typing import Any

from negres_core.arguments import count_required
from negres_core.provenance.fingerprint import without_address


def name_of(function: Callable[..., Any]) -> str:
    """Return a function's own name; for a partial, the function's name with the arguments that it sets.

    Recorded digests contain these names, so their spelling must not change.

    Examples:
        >>> name_of(functools.partial(round, ndigits=2))
        'round(ndigits=2)'
    """
    if isinstance(function, functools.partial):
        positional = [_text_of(value) for value in function.args]
        named = [f"{name}={_text_of(value)}" for name, value in function.keywords.items()]
        arguments = ", ".join([*positional, *named])
        return f"{name_of(function.func)}({arguments})" if arguments else name_of(function.func)
    return getattr(function, "__name__", type(function).__name__)


def _text_of(argument: Any) -> str:
    """Return the text of an argument, the same in every process."""
    return name_of(argument) if callable(argument) else without_address(argument)


def is_loss(given: Any) -> bool:
    """Return whether a function or object is itself a loss: it requires targets and outputs."""
    return callable(given) and not isinstance(given, type) and count_required(given) == 2


def takes(function: Callable[..., Any], *, places: int, offered: Sequence[str]) -> bool:
    """Return whether a function can be called with arguments in their places, and some of those offered by name.

    Args:
        function: the function.
        places: number of arguments that are given by their places.
        offered: names of further arguments, each of which is given if the function has it.
    """
    parameters = list(inspect.signature(function).parameters.values())
    placed = [each for each in parameters if each.kind in (each.POSITIONAL_ONLY, each.POSITIONAL_OR_KEYWORD)][:places]
    if len(placed) < places and not any(each.kind is each.VAR_POSITIONAL for each in parameters):
        return False
    further = [
        each for each in parameters if each not in placed and each.kind not in (each.VAR_POSITIONAL, each.VAR_KEYWORD)
    ]
    is_given = all(
        each.name in offered and each.kind is not each.POSITIONAL_ONLY for each in further if each.default is each.empty
    )
    return is_given and not any(each.name in offered for each in placed)
