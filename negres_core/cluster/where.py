"""Where to train, as `--negres-cluster` says it."""

from __future__ import annotations

import importlib.util
import re
import sys
from dataclasses import dataclass, field
from typing import Literal
from urllib.parse import parse_qsl

from negres_core.errors import InputError

Kind = Literal["local", "dask", "submitit"]

PACKAGES: dict[Kind, tuple[str, str]] = {
    "local": ("distributed", "cluster"),
    "dask": ("distributed", "cluster"),
    "submitit": ("submitit", "submitit"),
}
"""For each kind, the package that it needs, and the extra that installs it."""
JOBS = 8
"""Jobs at a time, if nothing is said."""


@dataclass(frozen=True)
class Where:
    """Where to train.

    Attributes:
        kind: on workers on this machine, on a cluster of Dask, or by jobs.
        address: the scheduler of a cluster of Dask, or the executor of submitit; empty on this machine.
        workers: workers on this machine, or jobs at a time; 0 for those that are there.
        parameters: what submitit is told about each job.
    """

    kind: Kind
    address: str = ""
    workers: int = 0
    parameters: dict[str, str | int] = field(default_factory=dict)

    @classmethod
    def read(cls, text: str) -> Where:
        """Read it.

        Raises:
            InputError: it means nothing, or the package that it needs is not installed.
        """
        if match := re.fullmatch(r"local:(\d+)", text):
            where = cls("local", workers=int(match[1]))
        elif match := re.fullmatch(r"submitit:(\w+)(?:\?(.*))?", text):
            given: dict[str, str | int] = {
                name: int(value) if value.isdecimal() else value for name, value in parse_qsl(match[2] or "")
            }
            jobs = given.pop("jobs", JOBS)
            if not isinstance(jobs, int) or jobs < 1:
                raise _unreadable(text)
            where = cls("submitit", match[1], jobs, given)
        elif re.fullmatch(r"\w+://.+", text):
            where = cls("dask", text)
        else:
            raise _unreadable(text)
        if where.kind == "local" and sys.platform == "win32":
            raise InputError(
                "Workers of a cluster run on Linux and macOS.",
                received=f"--negres-cluster {text} on Windows",
                remedy="Run pytest in WSL, or train without --negres-cluster.",
            )
        package, extra = PACKAGES[where.kind]
        if importlib.util.find_spec(package) is None:
            raise InputError(
                "A package is missing that negres needs to train elsewhere.",
                received=f"--negres-cluster {text}, and no package {package!r}",
                remedy=f'Install the extra: pip install "negres[{extra}]".',
            )
        return where


def _unreadable(text: str) -> InputError:
    return InputError(
        "--negres-cluster names workers on this machine, the scheduler of a cluster of Dask, or jobs of submitit.",
        received=f"--negres-cluster {text}",
        remedy="Give local:4, an address such as tcp://10.0.0.1:8786, or submitit:slurm?jobs=8&timeout_min=120.",
    )
