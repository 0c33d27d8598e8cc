"""Triton before TensorFlow: each comes with its own LLVM, and a process ends if it loads TensorFlow's first.

PyTorch with CUDA imports Triton when it makes an optimizer, so a training by PyTorch would end a session whose networks
run on TensorFlow: "LLVM ERROR: inconsistency in registered CommandLine options" (triton 3.9, tensorflow 2.21). In the
other order both work.
"""

from __future__ import annotations

import contextlib
import importlib
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType


class _TritonFirst(MetaPathFinder):
    """Finds no module, but imports Triton, if it is installed, when TensorFlow is looked for."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return None, so that Python goes on to the finder that finds the module."""
        del path, target
        if name == "tensorflow" and self in sys.meta_path:
            sys.meta_path.remove(self)
            with contextlib.suppress(ImportError):
                importlib.import_module("triton._C.libtriton")
        return None


def import_triton_first() -> None:
    """From now on, import Triton before TensorFlow, once, unless TensorFlow is imported already."""
    if "tensorflow" not in sys.modules and not any(isinstance(finder, _TritonFirst) for finder in sys.meta_path):
        sys.meta_path.insert(0, _TritonFirst())
