"""The errors that a user can meet. Each states what is wrong, what was received, and what to do.

- Exception
  - NegresError: every error that negres raises on purpose
    - InputError: an argument, option or file of the user's is invalid (also a ValueError)
    - DataUnavailableError: no source can deliver a data set (also a RuntimeError)
    - DeviceError: the requested device is missing (also a RuntimeError)
    - EvidenceError: evidence or a ledger is missing, damaged or not writable (also a RuntimeError)
- UserWarning
  - EngineWarning: a recipe is trained by a slower engine than usual, with the same numbers
"""

from __future__ import annotations


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
        super().__init__(f"{wrong}\n  Received: {shown}\n  To do: {remedy}")


class InputError(NegresError, ValueError):
    """An argument, option or file of the user's is invalid, such as a claim, a recipe, a design or a data set."""


class DataUnavailableError(NegresError, RuntimeError):
    """No source can deliver a data set."""


class DeviceError(NegresError, RuntimeError):
    """The requested device is missing, or the framework cannot use it."""


class EvidenceError(NegresError, RuntimeError):
    """Evidence or a ledger is missing, damaged, or cannot be read or written."""


class EngineWarning(UserWarning):
    """A recipe is trained by a slower engine than usual, with the same numbers; the message gives the reason."""
