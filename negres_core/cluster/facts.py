"""What a worker has to have in common with the process that judges, so that it gives the same numbers."""

from __future__ import annotations

import functools
import hashlib
import sys
from dataclasses import asdict, dataclass
from pathlib import Path

from negres_core.engine.device import Device
from negres_core.evidence.provenance import installed_versions, versions_that_train


@dataclass(frozen=True)
class Facts:
    """What the numbers of a process depend on, besides recipe and data.

    Attributes:
        negres: digest of the source of negres.
        python: Python's version, without its third number.
        backend: Keras' backend.
        device: the kind of the device, "cpu" or "gpu".
        versions: the packages that train, with their versions; negres' own counts by its source.
    """

    negres: str
    python: str
    backend: str
    device: str
    versions: tuple[tuple[str, str], ...]

    def differences(self, wanted: Facts) -> list[str]:
        """Return in which facts this process differs from the session, in words."""
        mine, others = (asdict(each) | dict(each.versions) for each in (self, wanted))
        return [
            f"{_name_of(name)} is {_value(mine.get(name))}, and {_value(others.get(name))} in the session"
            for name in sorted({*mine, *others} - {"versions"})
            if mine.get(name) != others.get(name)
        ]


def _name_of(name: str) -> str:
    return {"negres": "the source of negres", "device": "the kind of device", "python": "Python"}.get(name, name)


def _value(value: object) -> str:
    text = "missing" if value is None else str(value)
    return text[:12] if len(text) == 64 else text


def facts_of(device: Device) -> Facts:
    """Return the facts of this process, which trains on a device."""
    versions = versions_that_train(installed_versions(), backend=device.backend)
    return Facts(
        negres=digest_package(Path(__file__).parents[1]),
        python=f"{sys.version_info.major}.{sys.version_info.minor}",
        backend=device.backend,
        device=device.kind,
        versions=tuple(sorted((name, version) for name, version in versions.items() if name != "negres")),
    )


@functools.cache
def digest_package(folder: Path) -> str:
    """Digest the modules below a folder, comments included: whatever differs may change a number."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*.py"), key=lambda path: path.relative_to(folder).as_posix()):
        digest.update(f"{path.relative_to(folder).as_posix()}\0".encode())
        digest.update(path.read_bytes().replace(b"\r\n", b"\n") + b"\0")
    return digest.hexdigest()
