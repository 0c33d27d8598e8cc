"""Faults planted in image autoencoders: does negres name the right one?

    python -m benchmarks.validation.faults [--seeds 5] [--only WORDS] [--photographs]

Each case is a small convolutional autoencoder of faces, drawn or photographed, which the engine trains without the
controls of an experiment: these would make most of the runs invalid before they are trained. The diagnosis of each seed
is compared with the planted fault. Prints each case with the observation for its first seed, then the confusion table.
The exit status is 1 if a fault is named for fewer than nine seeds in ten, or if a healthy arm is given a fault.
"""

from __future__ import annotations

import argparse
import functools
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from fixtures.synthetic_faces import draw_synthetic_faces
from fixtures.utkface import load_utkface
from negres_core import Dataset, Fit, Recipe, Stage
from negres_core.design import KFolds
from negres_core.diagnosis import (
    double_sigmoid,
    lagging_statistics,
    learning_rate,
    rounded,
    standardized,
    targets_to_255,
    unscaled_tanh,
)
from negres_core.diagnosis.registry import diagnose
from negres_core.errors import NegresError
from negres_core.evidence import DiagnosisRecord, Store, trace_provenance
from negres_core.run.arm import Arm
from negres_core.run.run import Run

HEALTHY = "none (healthy)"
"""What is planted in a healthy arm, and what is named if there is no diagnosis."""
IMAGES = 640
DRAWN_SIZE_PIXELS, PHOTOGRAPH_SIZE_PIXELS = 16, 32
FIT = {"epochs": 8, "batch_size": 16}
MIN_RECALL = 0.9
"""Share of a fault's seeds for which it has to be named."""
BCE, MSE = "binary_crossentropy", "mean_squared_error"


@dataclass(frozen=True)
class Case:
    """An arm, its data, and the fault that was planted in them.

    Attributes:
        name: what was done, in words.
        planted: the name of the fault, or `HEALTHY`.
        recipe: the arm.
        inputs: turns faces from 0 to 1 into the inputs.
        targets: turns faces from 0 to 1 into the targets.
    """

    name: str
    planted: str
    recipe: Recipe
    inputs: Callable[[np.ndarray], np.ndarray] = np.asarray
    targets: Callable[[np.ndarray], np.ndarray] = np.asarray

    def data(self, faces: Dataset) -> Dataset:
        """Return the data set of this case."""
        return replace(faces, x=self.inputs(faces.x), y=self.targets(faces.x))


def autoencoder(input_shape, **options):
    """Return a small version of the faces family's convolutional autoencoder."""
    from benchmarks.faces.models import cae

    return cae(input_shape, **{"code": 32, "width": 8, "blocks": 2} | options)


def squashed_twice(input_shape):
    """Return the same autoencoder with a second sigmoid, as if to make sure of the range."""
    import keras

    images = keras.Input(input_shape)
    return keras.Model(images, keras.layers.Activation("sigmoid")(autoencoder(input_shape)(images)))


def black_or_white(train, test, model):
    """Return images of two colours, as they are displayed after rounding."""
    return np.round(model.predict(test.x, verbose=0))


def bytes_of_images(train, test, model):
    """Return images as a PNG file stores them."""
    return (255 * model.predict(test.x, verbose=0)).astype("uint8").astype("float32")


def bytes_unscaled(train, test, model):
    """Return the same without the factor of 255."""
    return model.predict(test.x, verbose=0).astype("uint8").astype("float32")


def pca(train, test):
    """Reconstruct with a linear autoencoder that is not a neural network."""
    from sklearn.decomposition import PCA

    components = PCA(32, random_state=0).fit(train.flatten())
    return components.inverse_transform(components.transform(test.flatten())).reshape(test.y.shape)


def to_255(x):
    """Scale as image files do."""
    return 255 * x


def standardize(x):
    """Scale as for a classifier."""
    return (x - x.mean()) / x.std()


def standardize_pixels(x):
    """Scale each pixel by itself, as scikit-learn's scaler does."""
    return (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-6)


def from_minus_one(x):
    """Scale as for a tanh."""
    return 2 * x - 1


def recipe(build=autoencoder, *, loss=BCE, rate=1e-3, shown=None, epochs=None, **options) -> Recipe:
    """Return a recipe: an autoencoder with some options, and a conversion of its outputs for display, if any."""

    def adam():
        import keras

        return keras.optimizers.Adam(rate)

    build = functools.partial(build, **options) if options else build
    stage = Stage(build, loss=loss, optimizer=adam, **FIT | ({"epochs": epochs} if epochs else {}))
    return Recipe(stage, Fit(shown, inherits=build)) if shown else Recipe(stage)


def cases() -> Iterator[Case]:
    """Yield the faults, then the healthy arms."""
    display = rounded.NAME
    yield Case("rounded to 0 and 1", display, recipe(shown=black_or_white))
    yield Case("shown as bytes", display, recipe(shown=bytes_of_images, loss=MSE))
    yield Case("shown as bytes, unscaled", display, recipe(shown=bytes_unscaled))
    for loss, word in ((BCE, "cross-entropy"), (MSE, "squared error")):
        yield Case(f"standardized, {word}", standardized.NAME, recipe(loss=loss), standardize, standardize)
        yield Case(f"0 to 255, {word}", targets_to_255.NAME, recipe(loss=loss), targets=to_255)
        yield Case(f"sigmoid twice, {word}", double_sigmoid.NAME, recipe(squashed_twice, loss=loss))
        yield Case(f"tanh, {word}", unscaled_tanh.NAME, recipe(loss=loss, output="tanh"))
        slow = recipe(loss=loss, normalized=True, momentum=0.999)
        yield Case(f"momentum 0.999, {word}", lagging_statistics.NAME, slow)
        for rate in (0.1, 1.0):
            yield Case(f"learning rate {rate:g}, {word}", learning_rate.NAME, recipe(loss=loss, rate=rate))
        yield Case(f"sigmoid, {word}", HEALTHY, recipe(loss=loss))
    yield Case("standardized by pixel", standardized.NAME, recipe(loss=MSE), standardize_pixels, standardize_pixels)
    yield Case("inputs and targets 0 to 255", targets_to_255.NAME, recipe(loss=MSE), to_255, to_255)
    yield Case("one epoch", HEALTHY, recipe(epochs=1))
    yield Case("learning rate 0.00001", HEALTHY, recipe(rate=1e-5))
    yield Case("linear output", HEALTHY, recipe(loss=MSE, output="linear"))
    yield Case("ReLU output", HEALTHY, recipe(loss=MSE, output="relu"))
    yield Case("elu", HEALTHY, recipe(activation="elu"))
    yield Case("hidden tanh", HEALTHY, recipe(activation="tanh", loss=MSE))
    yield Case("momentum 0.9", HEALTHY, recipe(normalized=True, momentum=0.9))
    yield Case("tanh, targets -1 to 1", HEALTHY, recipe(loss=MSE, output="tanh"), from_minus_one, from_minus_one)
    yield Case("standardized, linear output", HEALTHY, recipe(loss=MSE, output="linear"), standardize, standardize)
    yield Case("only inputs standardized", HEALTHY, recipe(), standardize)
    yield Case("PCA", HEALTHY, Recipe(Fit(pca)))


def diagnose_case(case: Case, faces: Dataset, seeds: int) -> list[list[DiagnosisRecord]]:
    """Train a case in one cell, once per seed, and return the diagnosis of each seed."""
    from negres_core.engine.device import choose_device
    from negres_core.engine.inspection import SavedModels
    from negres_core.experiment.training import Trainer

    device, data, design = choose_device("cpu"), case.data(faces), KFolds(folds=5, repeats=1, seeds=seeds)
    cells = list(design.split(data))[:1]
    provenance = trace_provenance(Path(), backend=device.backend, device=device.name)
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        models = SavedModels(data, cells, store.model_path)
        run = Run(data, design, cells, [Arm("treatment", case.recipe)], models=models)
        arm = Trainer(store, run, device, provenance).train(run.arms[0])
        arms_by_seed = [replace(arm, stages=[[stage[seed]] for stage in arm.stages]) for seed in range(seeds)]
        return [diagnose(replace(run, arms=[arm_of_seed]), note=fail) for arm_of_seed in arms_by_seed]


def fail(message: str) -> None:
    """Raise what an experiment would only note."""
    raise RuntimeError(message)


def first_cause(diagnosis: Sequence[DiagnosisRecord]) -> str:
    """Return the name of the first fault of a diagnosis, or `HEALTHY`."""
    return diagnosis[0].cause if diagnosis else HEALTHY


def tabulate_confusion(outcomes: Sequence[tuple[Case, Sequence[str]]]) -> str:
    """Tabulate planted against named faults in Markdown: counts of replicates, and the share named correctly.

    Args:
        outcomes: each case, and the fault named for each of its seeds.
    """
    from tabulate import tabulate

    faults = [fault for fault in dict.fromkeys(case.planted for case, _ in outcomes) if fault != HEALTHY] + [HEALTHY]
    rows = []
    for fault in faults:
        counts = Counter(name for case, names in outcomes if case.planted == fault for name in names)
        others = ", ".join(f"{other} {count}" for other, count in counts.items() if other != fault)
        total = counts.total()
        rows.append((fault, total, counts[fault], others or "-", f"{counts[fault] / total:.0%}" if total else "-"))
    headers = ("planted fault", "replicates", "named correctly", "named otherwise", "recall")
    return tabulate(rows, headers, tablefmt="github")


def is_wrong(case: Case, names: Sequence[str]) -> bool:
    """Return whether a fault was named for too few of its replicates, or any healthy replicate was given a fault."""
    correct = sum(name == case.planted for name in names)
    return correct < len(names) if case.planted == HEALTHY else correct < MIN_RECALL * len(names)


def main(arguments: Sequence[str] | None = None) -> int:
    """Diagnose the selected cases, print the tables, and return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation.faults", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="replicates per case (5)")
    parser.add_argument("--only", default="", metavar="WORDS", help="only cases whose fault and name contain this")
    photographs = f"{IMAGES} photographs of UTKFace, {PHOTOGRAPH_SIZE_PIXELS} x {PHOTOGRAPH_SIZE_PIXELS} pixels"
    parser.add_argument("--photographs", action="store_true", help=f"{photographs}, instead of drawn faces")
    options = parser.parse_args(arguments)
    try:
        if options.photographs:
            faces = load_utkface(size=PHOTOGRAPH_SIZE_PIXELS, rows=IMAGES)
        else:
            faces = draw_synthetic_faces(rows=IMAGES, size=DRAWN_SIZE_PIXELS)
    except NegresError as error:
        parser.exit(2, f"{error}\n")
    outcomes = []
    for case in cases():
        if options.only in f"{case.planted} {case.name}":
            diagnoses = diagnose_case(case, faces, options.seeds)
            names = [first_cause(diagnosis) for diagnosis in diagnoses]
            outcomes.append((case, names))
            observation = diagnoses[0][0].found if diagnoses[0] else "-"
            correct = sum(name == case.planted for name in names)
            print(f"{case.name}: {correct} of {len(names)} named {case.planted!r}; first: {observation}", flush=True)
    print(f"\n{tabulate_confusion(outcomes)}")
    return int(any(is_wrong(case, names) for case, names in outcomes))


if __name__ == "__main__":
    sys.exit(main())
