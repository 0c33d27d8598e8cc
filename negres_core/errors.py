"""The errors a user can meet. Each says what is wrong, what was received, and what to do."""

from __future__ import annotations


class NegresError(Exception):
    """Every error that negres raises on purpose.

    Args:
        wrong: what is wrong, as a sentence.
        received: the offending value, shown with `repr` unless it is a string.
        remedy: what to do about it, as a sentence.
    """

    def __init__(self, wrong: str, *, received: object, remedy: str) -> None:
        self.wrong = wrong
        self.received = received
        self.remedy = remedy
        shown = received if isinstance(received, str) else repr(received)
        super().__init__(f"{wrong}\n  Received: {shown}\n  To do: {remedy}")


class InputError(NegresError, ValueError):
    """A claim, recipe, design or data set that cannot be what the user meant."""


class DataUnavailableError(NegresError, RuntimeError):
    """A data set that none of its sources could deliver."""


class DeviceError(NegresError, RuntimeError):
    """A device that was asked for and is not there."""


class EvidenceError(NegresError, RuntimeError):
    """An evidence folder or record that cannot be read or written."""


class EngineWarning(UserWarning):
    """A recipe is trained by a slower engine than others are, with the same numbers; the message says why."""
