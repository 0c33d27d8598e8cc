"""Commands that a reader can copy: to reproduce, to recheck and to bisect a hypothesis."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from typing import NamedTuple

from negres_core.errors import show
from negres_core.evidence import Evidence

IN_TITLE = "(configuration "
"""How the title of a hypothesis begins to name a configuration, which can be bisected."""
MOST_COMMAND = 4_000
"""Most characters of a command. A longer one is not shown, since one that is cut would do something else."""


class ShellCommand(NamedTuple):
    """One command.

    Attributes:
        purpose: what it is for, such as "Reproduce".
        line: the command.
        explanation: what it does, in a sentence.
    """

    purpose: str
    line: str
    explanation: str


def commands_for(evidence: Evidence, siblings: Sequence[Evidence], *, folder: str) -> list[ShellCommand]:
    """Return the commands of a hypothesis; those that no shell could take literally are left out.

    Args:
        evidence: the hypothesis.
        siblings: evidence of the same test function.
        folder: the evidence folder, as it was given.
    """
    if evidence.hypothesis.startswith("-"):
        return []  # it would be taken for an option
    commands = [*_reproduce(evidence), _recheck(evidence, folder), *_bisect(evidence, siblings)]
    return [each for each in commands if show(each.line, most=MOST_COMMAND) == each.line]


def _reproduce(evidence: Evidence) -> list[ShellCommand]:
    if evidence.scores is not None:
        return []  # `negres judge` has arguments that no record has
    parts = ["pytest", evidence.hypothesis.partition("[")[0], "--negres-evidence", "reproduced"]
    if evidence.seal is not None and evidence.seal.phase == "confirming":
        parts.append("--negres-confirm")
    if evidence.controlled != "all":
        parts += ["--negres-controls", evidence.controlled]
    commit = evidence.provenance.commit
    where = f" of commit {commit[:12]}" if commit else ""
    changed = ", whose tracked files had been changed" if evidence.provenance.dirty else ""
    text = (
        "Trains the test again, with all its parameters, into a folder of its own. "
        f"Run it in a checkout{where}{changed}."
    )
    return [ShellCommand("Reproduce", _line(parts), text)]


def _recheck(evidence: Evidence, folder: str) -> ShellCommand:
    text = (
        "Recomputes the verdict from the records, without training. With --predict and the test's file, it also "
        "predicts every test fold again by the stored models."
    )
    return ShellCommand("Recheck", _line(["negres", "verify", folder, "-k", evidence.hypothesis]), text)


def _bisect(evidence: Evidence, siblings: Sequence[Evidence]) -> list[ShellCommand]:
    other = next((each for each in siblings if each.verdict != evidence.verdict and each.verdict is not None), None)
    if other is None or evidence.verdict in (None, "supported") or IN_TITLE not in evidence.title:
        return []
    line = _line(["negres", "bisect", evidence.hypothesis, other.hypothesis.partition("[")[2].removesuffix("]")])
    return [ShellCommand("Bisect", line, f"Finds the factors that make this configuration {evidence.verdict}.")]


def _line(parts: Sequence[str]) -> str:
    return " ".join(map(shlex.quote, parts))
