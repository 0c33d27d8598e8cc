"""What runs in a worker: it checks that it is like the process that judges, and trains its task.

A worker lives as long as its process. It keeps data sets, recipes and compiled stages from one task to the next.
"""

from __future__ import annotations

import contextlib
import functools
import pickle
import tempfile
import threading
import warnings
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Literal, TypeVar

from negres_core.arms.recipe import Recipe
from negres_core.claim import Metric
from negres_core.cluster.contract import SHA256, Answer, Replica, Task
from negres_core.cluster.facts import facts_of
from negres_core.cluster.packing import name_of_bytes, unpack_data, unpack_recipe
from negres_core.dataset import Dataset
from negres_core.design import Cell
from negres_core.engine.contract import Job, Result
from negres_core.engine.device import Device, choose_device, choose_device_of_fits
from negres_core.engine.interruption import InterruptedTrainingError, interruption_by
from negres_core.errors import ClusterError, EngineWarning, NegresError
from negres_core.evidence import ProvenanceRecord, trace_provenance

K = TypeVar("K")
V = TypeVar("V")

MOST_DATA_SETS = 8
"""Data sets that a worker holds: that of a hypothesis, those of its small runs, and some of the hypothesis before."""
MOST_RECIPES = 64


@dataclass
class Held:
    """What a worker holds by name; of what was not used for long it is sent again."""

    data: OrderedDict[SHA256, Dataset] = field(default_factory=OrderedDict)
    recipes: OrderedDict[SHA256, tuple[Recipe, Metric | None]] = field(default_factory=OrderedDict)
    packed: dict[SHA256, bytes] = field(default_factory=dict, repr=False)
    checked: OrderedDict[tuple[SHA256, SHA256], tuple[str, tuple[str, ...]]] = field(default_factory=OrderedDict)

    def missing(self, task: Task) -> tuple[SHA256, ...]:
        """Return what a task needs and is not held."""
        kept = {*self.data, *self.recipes, *self.packed}
        return tuple(name for name in (task.data, task.recipe) if name not in kept)

    def data_of(self, task: Task) -> Dataset:
        """Return the data set of a task."""
        return _kept(self.data, task.data, lambda: unpack_data(self.packed.pop(task.data)), most=MOST_DATA_SETS)

    def recipe_of(self, task: Task) -> tuple[Recipe, Metric | None]:
        """Return the recipe of a task and the metric to watch."""

        def unpack() -> tuple[Recipe, Metric | None]:
            return unpack_recipe(self.packed.pop(task.recipe), task.place)

        return _kept(self.recipes, task.recipe, unpack, most=MOST_RECIPES)


def _kept(kept: OrderedDict[K, V], key: K, make: Callable[[], V], *, most: int) -> V:
    """Return what is kept by a key, made if it is not; what was not used for longest is given up."""
    if key not in kept:
        kept[key] = make()
    kept.move_to_end(key)
    while len(kept) > most:
        kept.popitem(last=False)
    return kept[key]


HELD = Held()
"""What this process holds."""
_stops: OrderedDict[str, threading.Event] = OrderedDict()
"""For each of the last calls of the engine: the event by which its tasks are asked to end."""


def hold(name: SHA256, packed: bytes) -> None:
    """Hold something until a task needs it.

    The bytes may be others than those that it is named by: the same objects can be packed in several ways. Data sets
    and recipes have digests of their content.
    """
    HELD.packed[name] = packed


def device_seen(has_network: bool) -> Device:
    """Return the device that this worker would choose by itself."""
    return (choose_device if has_network else choose_device_of_fits)("auto")


def stop(call: str) -> None:
    """Ask the task of a call that is trained here to end between two epochs, and later ones to do nothing."""
    _kept(_stops, call, threading.Event, most=MOST_RECIPES).set()


def perform(task: Task, worker: str = "") -> Answer:
    """Train a task, or say why not.

    Args:
        task: the task.
        worker: the name of this worker.
    """
    answer = functools.partial(Answer, worker=worker)
    if _kept(_stops, task.call, threading.Event, most=MOST_RECIPES).is_set():
        return answer()
    device = _device(task.expected.device, bool(task.settings), task.processors)
    if isinstance(device, str):
        return answer(refused=device)
    if differences := facts_of(device).differences(task.expected):
        return answer(refused="; ".join(differences))
    if missing := HELD.missing(task):
        return answer(missing=missing)
    try:
        (recipe, watched), data = HELD.recipe_of(task), HELD.data_of(task)
        refused = _other_code(task, recipe, data)
    except ClusterError as error:
        return answer(refused=f"{error.wrong} {error.received}. {error.remedy}")
    if refused:
        return answer(refused=refused)
    return _train(task, recipe, watched, data, device, answer)


@functools.cache
def _device(kind: Literal["cpu", "gpu"], has_network: bool, processors: int | None) -> Device | str:
    """Return the device of this process; or why it has none of this kind."""
    try:
        device = (choose_device if has_network else choose_device_of_fits)(kind)
    except NegresError as error:
        return f"{error.wrong} {error.received}"
    return replace(device, workers=processors) if processors and kind == "cpu" else device


def _other_code(task: Task, recipe: Recipe, data: Dataset) -> str | None:
    """Return in what the code of a recipe is another one here, or None."""
    from negres_core.engine.description import describe_recipe, packages_of_recipe

    if task.settings:
        from negres_core.engine.settings import SETTERS

        for name, value in task.settings.items():
            SETTERS[name](value)
    key = (task.recipe, task.data)
    if key not in HELD.checked:
        described = describe_recipe(recipe, data).digest, packages_of_recipe(recipe)
        _kept(HELD.checked, key, lambda: described, most=MOST_RECIPES)
    digest, packages = HELD.checked[key]
    if packages != task.packages:
        others = sorted({*packages} ^ {*task.packages})
        return f"the code of {recipe} uses other versions of packages: {', '.join(others)}"
    if digest != task.description:
        digests = f"{digest[:12]}, and {task.description[:12]} in the session"
        return f"the code of {recipe}, or something that it reads, differs: its digest is {digests}"
    return None


def _train(
    task: Task,
    recipe: Recipe,
    watched: Metric | None,
    data: Dataset,
    device: Device,
    answer: Callable[..., Answer],
) -> Answer:
    from negres_core.engine.selection import train

    stopped = _stops[task.call]
    error: Exception | None = None
    results: list[tuple[int, Result]] = []
    with warnings.catch_warnings(record=True) as caught, tempfile.TemporaryDirectory(prefix="negres-") as folder:
        warnings.simplefilter("ignore")
        warnings.simplefilter("always", EngineWarning)
        positions = {_job(replica, watched, Path(folder)): position for position, replica in enumerate(task.replicas)}
        try:
            with (
                interruption_by(stopped),
                contextlib.closing(train(recipe, data, list(positions), device=device)) as made,
            ):
                for job, result in made:
                    results.append((positions[job], result))
        except InterruptedTrainingError:
            pass
        except Exception as raised:  # a user's function may raise anything
            error = sendable(raised)
    provenance = _provenance(device, answer().worker)
    texts = tuple(dict.fromkeys(str(each.message) for each in caught if issubclass(each.category, EngineWarning)))
    return answer(results=results, error=error, warnings=texts, at_once=device.workers, provenance=provenance)


def _job(replica: Replica, watched: Metric | None, folder: Path) -> Job:
    cell = Cell(
        repeat=replica.repeat,
        fold=replica.fold,
        train=replica.train,
        test=replica.test,
        validation=replica.validation,
        gap=replica.gap,
    )
    parent = None
    if replica.parent is not None:
        parent = folder / f"{name_of_bytes(replica.parent)}{replica.parent_suffix}"
        parent.write_bytes(replica.parent)
    return Job(cell, replica.seed, parent, watched)


def sendable(error: Exception) -> Exception:
    """Return an error as another process can read it; what cannot be sent becomes its text."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # an error of the user's may hold anything
        return RuntimeError(f"{type(error).__name__}: {error}")
    return error


@functools.cache
def _provenance(device: Device, worker: str) -> ProvenanceRecord:
    record = trace_provenance(Path(), backend=device.backend, device=f"{device.kind}: {device.name}")
    return record.updated(worker=worker or None)
