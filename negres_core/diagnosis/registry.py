"""Find the signatures, try them on the symptoms of each arm, and put root causes first."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, runtime_checkable

import negres_core.diagnosis
from negres_core.diagnosis.symptoms import Symptoms, gather
from negres_core.discovery import modules_in
from negres_core.errors import InputError
from negres_core.evidence import DiagnosisRecord
from negres_core.run.run import Run


@runtime_checkable
class Signature(Protocol):
    """A module of this package that recognizes one fault.

    Attributes:
        NAME: name of the fault.
        REMEDY: what to do about it, in sentences.
        EXPLAINS: names of other faults whose signatures this fault leaves too.
    """

    NAME: str
    REMEDY: str
    EXPLAINS: tuple[str, ...]

    def recognize(self, symptoms: Symptoms) -> str | None:
        """Return what was observed, in words, or None if the symptoms are not those of the fault."""


def diagnose(run: Run, *, note: Callable[[str], None]) -> list[DiagnosisRecord]:
    """Name the faults that the arms of a reconstruction resemble, arm by arm. A healthy arm has none.

    Args:
        run: the trained arms.
        note: called with a message if an arm cannot be diagnosed; this costs only its diagnosis.
    """
    if run.data.task != "reconstruction":
        return []
    diagnosis = []
    for arm in run.arms:
        try:
            symptoms = gather(run, arm)
            causes = [] if symptoms is None else name_causes(symptoms)
        except Exception as error:  # no failure of a diagnosis may cost the verdict
            note(f"the {arm.role} arm has no diagnosis: {type(error).__name__}: {' '.join(str(error).split())}")
            continue
        diagnosis += [
            DiagnosisRecord(arm=arm.role, cause=signature.NAME, found=observation, remedy=signature.REMEDY)
            for signature, observation in causes
        ]
    return diagnosis


def name_causes(symptoms: Symptoms) -> list[tuple[Signature, str]]:
    """Return the signatures that fit the symptoms, each with its observation; root causes come first.

    A fault that explains another's signature comes before it: fixing only the other would fix nothing.
    """
    observations = [(signature, signature.recognize(symptoms)) for signature in find_signatures()]
    causes = [(signature, observation) for signature, observation in observations if observation is not None]
    return sorted(causes, key=lambda cause: sum(cause[0].NAME in other.EXPLAINS for other, _ in causes))


def find_signatures() -> list[Signature]:
    """Return the modules of this package that define `recognize`, sorted by module name.

    Raises:
        InputError: one of them lacks another name of `Signature`.
    """
    signatures: list[Signature] = []
    for module in modules_in(negres_core.diagnosis, having="recognize"):
        if not isinstance(module, Signature):
            missing = [name for name in Signature.__annotations__ if not hasattr(module, name)]
            raise InputError(
                f"The signature {module.__name__} is incomplete.",
                received=f"a module without {', '.join(missing)}",
                remedy="Define NAME and REMEDY as strings, and EXPLAINS as a tuple of names of other faults, or ().",
            )
        signatures.append(module)
    return signatures
