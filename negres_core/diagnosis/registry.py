"""What a signature is given, how signatures are found, and which of several comes first."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from types import ModuleType

import negres_core.diagnosis
from negres_core.diagnosis.symptoms import Symptoms, gather
from negres_core.evidence import DiagnosisRecord
from negres_core.run import Run


def diagnose(run: Run, *, note: Callable[[str], None]) -> list[DiagnosisRecord]:
    """Name the faults that the arms of a reconstruction look like, arm by arm; nothing where they look healthy.

    A signature is a module of this package with `recognize(symptoms) -> str | None`, what was found, in words; `NAME` and
    `REMEDY` of the fault; and `EXPLAINS`, the names of faults whose signature it leaves too.

    Args:
        run: what was trained.
        note: told of an arm that cannot be looked at, and why: that costs nothing but its diagnosis.
    """
    diagnosis = []
    for arm in run.arms if run.data.task == "reconstruction" else ():
        try:
            symptoms = gather(run, arm)
            causes = [] if symptoms is None else name_causes(symptoms)
        except Exception as error:  # whatever it is, the verdict stands
            note(f"the {arm.role} has no diagnosis: {type(error).__name__}: {' '.join(str(error).split())}")
            continue
        diagnosis += [
            DiagnosisRecord(arm=arm.role, cause=signature.NAME, found=found, remedy=signature.REMEDY)
            for signature, found in causes
        ]
    return diagnosis


def name_causes(symptoms: Symptoms) -> list[tuple[ModuleType, str]]:
    """Return the signatures that symptoms bear, and what was found; first those that the others do not explain.

    The fault that explains another's signature comes before it, because mending the other would mend nothing.
    """
    looked = [(signature, signature.recognize(symptoms)) for signature in _signatures()]
    found = [(signature, seen) for signature, seen in looked if seen is not None]
    return sorted(found, key=lambda each: sum(each[0].NAME in other.EXPLAINS for other, _ in found))


def _signatures() -> list[ModuleType]:
    package = negres_core.diagnosis
    names = sorted(info.name for info in pkgutil.iter_modules(package.__path__, f"{package.__name__}."))
    return [module for module in map(importlib.import_module, names) if hasattr(module, "recognize")]
