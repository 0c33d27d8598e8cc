"""The errors that a user can meet, and `show`, by which text from outside is shown in them and everywhere else.

Each error states what is wrong, what was received, and what to do.

- Exception
  - NegresError: every error that negres raises on purpose
    - InputError: an argument, option or file of the user's is invalid (also a ValueError)
    - DataUnavailableError: no source can deliver a data set (also a RuntimeError)
    - DeviceError: the requested device is missing (also a RuntimeError)
    - ClusterError: the workers of a cluster cannot train what they are given (also a RuntimeError)
    - EvidenceError: evidence or a ledger is missing, damaged or not writable (also a RuntimeError)
- UserWarning
  - DesignWarning: a design cannot be run as it was asked for, and is run in another way
  - EngineWarning: a recipe is trained by a slower engine than usual, with the same numbers
  - SeedWarning: replicates have less randomness than their seeds suggest
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Literal

ShownIn = Literal["terminal", "markdown", "csv"]
"""Where text is shown. Markdown has more characters with a meaning, and a spreadsheet computes what begins with "="."""

MOST_CHARACTERS = 200
"""Most characters of a name that are shown."""
MOST_IN_A_LINE = 2_000
"""Most characters of one line of prose that are shown."""

_MARKUP = re.compile(r"[\\|`*]|<(?=[A-Za-z/!?])|\](?=[(\[])")
_FORMULA = re.compile(r"[=+\-@\t\r\n\uff1d\uff0b\uff0d\uff20]")
"""What a formula begins with; the last four are the same signs in full width, which East Asian spreadsheets take."""


def show(text: object, where: ShownIn = "terminal", *, most: int = MOST_CHARACTERS, lines: bool = False) -> str:
    r"""Return text as it can be shown, whatever it contains.

    Names of tests, data sets, metrics and recipes come from outside: they may hold escape sequences of a terminal,
    marks that turn the direction of writing, lone surrogates, line breaks, or a whole book. Such characters are shown
    by their codes.

    Args:
        text: a name, or any other object.
        where: see `ShownIn`.
        most: longer text is cut, and the number of characters that are missing is given.
        lines: whether the text is prose of several lines; then its line breaks are kept, and each line is cut.

    Examples:
        >>> show("red: \x1b[31m")
        'red: \\x1b[31m'
        >>> show("a|b", "markdown")
        'a\\|b'
        >>> show("=1+1", "csv")
        "'=1+1"
    """
    whole = str(text)
    if lines:
        return "\n".join(show(line, where, most=most) for line in whole.split("\n"))
    if len(whole) > most:
        whole = f"{whole[: most - 24]}... ({len(whole) - most + 24:,} more)"
    plain = "".join(map(_plain, whole))
    if where == "markdown":
        return _MARKUP.sub(r"\\\g<0>", plain)
    return f"'{plain}" if where == "csv" and _FORMULA.match(whole) else plain


def _plain(character: str) -> str:
    """Return a character, or its code if it controls what is shown around it."""
    hidden = unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp")
    return character.encode("unicode_escape").decode("ascii") if hidden else character


def encodable(text: str) -> str:
    r"""Return text that can be written in UTF-8 and sent to other processes: lone surrogates by their codes.

    Examples:
        >>> encodable("half of a pair: \ud800")
        'half of a pair: \\ud800'
    """
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


class NegresError(Exception):
    """Base class of the errors that negres raises on purpose.

    Args:
        wrong: what is wrong, as a sentence.
        received: the offending value, shown with `repr` unless it is a string.
        remedy: what to do about it, as a sentence.

    Examples:
        >>> print(NegresError("One fold is too few.", received=1, remedy="Give 2 or more."))
        One fold is too few.
          Received: 1
          To do: Give 2 or more.
    """

    def __init__(self, wrong: str, *, received: object, remedy: str) -> None:
        self.wrong = wrong
        self.received = received
        self.remedy = remedy
        shown = received if isinstance(received, str) else repr(received)
        parts = (show(part, most=MOST_IN_A_LINE, lines=True) for part in (wrong, shown, remedy))
        super().__init__("{}\n  Received: {}\n  To do: {}".format(*parts))

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are pickled with their message alone; worker processes send theirs in this way.
        received = self.received if isinstance(self.received, str) else repr(self.received)
        return functools.partial(type(self), received=received, remedy=self.remedy), (self.wrong,)


class InputError(NegresError, ValueError):
    """An argument, option or file of the user is invalid, such as a claim, a recipe, a design or a data set."""


class DataUnavailableError(NegresError, RuntimeError):
    """No source can deliver a data set."""


class DeviceError(NegresError, RuntimeError):
    """The requested device is missing, or the framework cannot use it."""


class ClusterError(NegresError, RuntimeError):
    """The workers of a cluster are missing, differ from the process that judges, or cannot train what they get."""


class EvidenceError(NegresError, RuntimeError):
    """Evidence or a ledger is missing, damaged, or cannot be read or written."""


class EngineWarning(UserWarning):
    """A recipe is trained by a slower engine than usual, with the same numbers; the message gives the reason."""


class DesignWarning(UserWarning):
    """A design cannot be run as requested, and is run in another way; the message says how."""


class SeedWarning(UserWarning):
    """Replicates have less randomness than their seeds suggest, because a model fixes seeds of its own."""
