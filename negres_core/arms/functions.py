"""What is known of a function that a user gives: its name, and whether it is itself a loss."""

from __future__ import annotations

import functools
from collections.abc import Callable
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
