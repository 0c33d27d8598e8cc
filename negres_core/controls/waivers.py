"""Waivers: controls whose failure does not make a run invalid, because the test says why the finding is not a fault."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from typing import Any

import negres_core.controls
from negres_core.controls import majority_class
from negres_core.discovery import modules_in
from negres_core.errors import InputError
from negres_core.evidence import Finding

NOT_WAIVABLE = frozenset({majority_class.NAME, majority_class.NAME_FOR_VALUES})
"""The controls that say whether the arms learned anything: between arms that did not, no difference means anything."""


def bundled_names() -> set[str]:
    """Return the names of all controls of negres."""
    return {control.NAME for control in modules_in(negres_core.controls, having="check")} | NOT_WAIVABLE


def check_waivers(waive: object, own: Iterable[str] = ()) -> dict[str, str]:
    """Return the waived controls with the reason for each; none if None is given.

    Args:
        waive: the reasons by the names of the controls.
        own: the names of the user's own controls.

    Raises:
        InputError: it is not a mapping, a name is that of no control or of one that cannot be waived, or a reason is
            missing.
    """
    if waive is None:
        return {}
    if not isinstance(waive, Mapping):
        raise InputError(
            "`waive` has to map the names of controls to reasons.",
            received=f"waive={waive!r}",
            remedy='Give a dictionary: waive={"duplicates": "equal rows are different days"}.',
        )
    known = bundled_names().union(own) - NOT_WAIVABLE if waive else set()
    return {_check_name(name, known): _check_reason(name, reason) for name, reason in waive.items()}


def apply_waivers(findings: Iterable[Finding | None], waived: Mapping[str, str]) -> list[Finding]:
    """Return the findings of the controls that apply, with the reason in those of waived controls."""
    return [finding.updated(waived=waived.get(finding.control)) for finding in findings if finding is not None]


def needless_waivers(findings: Iterable[Finding]) -> list[str]:
    """Return the names of the waived controls that passed."""
    return [finding.control for finding in findings if finding.waived is not None and finding.passed]


def _check_name(name: Any, known: set[str]) -> str:
    if name in NOT_WAIVABLE:
        raise InputError(
            f"The control {name!r} cannot be waived: it tells whether the arms learned anything, and a difference "
            "between arms that learned nothing means nothing.",
            received=f"waive={{{name!r}: ...}}",
            remedy="Fix the arms or the data; docs/controls.md, section 'Nothing learned', says what the control "
            "compares.",
        )
    if name not in known:
        near = difflib.get_close_matches(str(name).lower(), sorted(known))
        guess = f"Did you mean {' or '.join(map(repr, near))}? " if near else ""
        raise InputError(
            f"There is no control {name!r}.",
            received=f"waive={{{name!r}: ...}}",
            remedy=f"{guess}The controls are {', '.join(sorted(known))}.",
        )
    return str(name)


def _check_reason(name: Any, reason: Any) -> str:
    if not isinstance(reason, str) or not reason.strip():
        raise InputError(
            f"Waiving {name!r} needs a reason, so that a reader can judge whether to trust the verdict.",
            received=f"waive={{{name!r}: {reason!r}}}",
            remedy="Say in a sentence why the finding of this control is not a fault of this run.",
        )
    return reason.strip()
