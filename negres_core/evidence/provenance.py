"""The provenance of a number: its commit, packages and machine."""

from __future__ import annotations

import contextlib
import functools
import importlib.metadata
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar

from negres_core.evidence.record import PartialRecord
from negres_core.provenance.commit import trace_commit

PACKAGES = ("negres", "keras", "tensorflow", "tensorflow-cpu", "jax", "torch", "numpy", "scikit-learn", "scipy")
"""Packages whose version can change the numbers."""
SHARED_PACKAGES = ("negres", "keras", "numpy", "scikit-learn", "scipy")
"""Those of them that every run uses, whatever its backend is."""


class ProvenanceRecord(PartialRecord):
    """The environment that a number came from."""

    OPTIONAL: ClassVar[frozenset[str]] = frozenset({"worker"})

    commit: str | None
    """Hash of the checked-out commit; null outside a repository."""
    dirty: bool | None
    """Whether tracked files differed from the commit; null outside a repository."""
    packages: dict[str, str]
    """Version of each installed package that can change the numbers."""
    python: str
    platform: str
    """Operating system and architecture."""
    backend: str
    """Keras backend."""
    device: str
    """The processor that trains the replicates."""
    driver: str | None
    """Version of the GPU driver."""
    worker: str | None = None
    """The worker of a cluster that trained it, and its machine; left out if the process that judges did."""

    @property
    def versions(self) -> dict[str, str]:
        """Versions of the packages that trained: negres, Keras, its backend, and what they and estimators compute with.

        Another backend that is installed beside them changes nothing.
        """
        return versions_that_train(self.packages, backend=self.backend)

    @property
    def device_kind(self) -> str:
        """The kind of the device: "cpu" or "gpu"."""
        return self.device.partition(":")[0]


def trace_provenance(folder: Path, *, backend: str, device: str) -> ProvenanceRecord:
    """Describe this process and the repository that contains a folder."""
    commit, dirty = trace_commit(folder)
    driver_version = Path("/sys/module/nvidia/version")
    return ProvenanceRecord(
        commit=commit,
        dirty=dirty,
        packages=installed_versions(),
        python=platform.python_version(),
        platform=platform.platform(),
        backend=backend,
        device=device,
        driver=driver_version.read_text().strip() if driver_version.is_file() else None,
    )


def versions_that_train(packages: Mapping[str, str], *, backend: str) -> dict[str, str]:
    """Return the versions of the packages that train on a backend, of all that are installed."""
    of_backend = {"tensorflow": ("tensorflow", "tensorflow-cpu")}.get(backend, (backend,))
    names = dict.fromkeys(of_backend, backend) | {name: name for name in SHARED_PACKAGES}
    return {names[name]: version for name, version in packages.items() if name in names}


@functools.cache
def installed_versions() -> dict[str, str]:
    """Return the version of each of `PACKAGES` that is installed, by name."""
    versions = {}
    for name in PACKAGES:
        with contextlib.suppress(importlib.metadata.PackageNotFoundError):
            versions[name] = importlib.metadata.version(name)
    return versions
