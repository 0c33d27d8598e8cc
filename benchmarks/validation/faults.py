"""Faults of an image autoencoder, planted on purpose: does negres name the bug?

    python -m benchmarks.validation.faults [--seeds 5] [--only WORDS] [--photographs]

Each case is a small convolutional autoencoder of faces, drawn ones or photographs, trained by the engine without an
experiment's controls, which would void most of these runs before they are trained. What `negres_core.diagnosis` says of
every seed is held against what was planted. Prints the confusion table, and each case with what was seen of its first
seed; exits with 1 where a fault is named for fewer than nine seeds in ten, or a healthy arm is called faulty.
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
from negres_core.design import Design
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
from negres_core.evidence import DiagnosisRecord, Store
from negres_core.run import Arm, Run

HEALTHY = "nothing"
ROWS, SIZE = 640, 16
FIT = {"epochs": 8, "batch_size": 16}
BCE, MSE = "binary_crossentropy", "mean_squared_error"


@dataclass(frozen=True)
class Case:
    """An arm and its data, with the fault that was planted in them.

    Attributes:
        name: what was done, in words.
        planted: the name of the fault, or `HEALTHY`.
        recipe: the arm.
        inputs: what was done to faces from 0 to 1 before they became inputs.
        targets: the same, of targets.
    """

    name: str
    planted: str
    recipe: Recipe
    inputs: Callable[[np.ndarray], np.ndarray] = np.asarray
    targets: Callable[[np.ndarray], np.ndarray] = np.asarray

    def data(self, faces: Dataset) -> Dataset:
        """Return the data set as this case has it."""
        return replace(faces, x=self.inputs(faces.x), y=self.targets(faces.x))


def autoencoder(input_shape, **options):
    """The convolutional autoencoder of the faces family, small."""
    from benchmarks.faces.models import cae

    return cae(input_shape, **{"code": 32, "width": 8, "blocks": 2} | options)


def squashed_twice(input_shape):
    """The same, whose output somebody made sure of."""
    import keras

    images = keras.Input(input_shape)
    return keras.Model(images, keras.layers.Activation("sigmoid")(autoencoder(input_shape)(images)))


def black_or_white(train, test, model):
    """Images as they are shown, of two colours."""
    return np.round(model.predict(test.x, verbose=0))


def bytes_of_images(train, test, model):
    """Images as a PNG has them."""
    return (255 * model.predict(test.x, verbose=0)).astype("uint8").astype("float32")


def bytes_unscaled(train, test, model):
    """The same, without the 255."""
    return model.predict(test.x, verbose=0).astype("uint8").astype("float32")


def pca(train, test):
    """A linear autoencoder, that is no network."""
    from sklearn.decomposition import PCA

    fitted = PCA(32, random_state=0).fit(train.flatten())
    return fitted.inverse_transform(fitted.transform(test.flatten())).reshape(test.y.shape)


def to_255(x):
    """As an image file has it."""
    return 255 * x


def standardize(x):
    """As for a classifier."""
    return (x - x.mean()) / x.std()


def standardize_pixels(x):
    """As scikit-learn's scaler does it, pixel by pixel."""
    return (x - x.mean(axis=0)) / np.maximum(x.std(axis=0), 1e-6)


def from_minus_one(x):
    """As for a tanh."""
    return 2 * x - 1


def arm(build=autoencoder, *, loss=BCE, rate=1e-3, shown=None, epochs=None, **options) -> Recipe:
    """Return a recipe: an autoencoder with some options, and what its outputs are made to for display, if anything."""

    def adam():
        import keras

        return keras.optimizers.Adam(rate)

    build = functools.partial(build, **options) if options else build
    stage = Stage(build, loss=loss, optimizer=adam, **FIT | ({"epochs": epochs} if epochs else {}))
    return Recipe(stage, *([Fit(shown, inherits=build)] if shown else []))


def cases() -> Iterator[Case]:
    """Yield the faults, and then what is healthy."""
    display = rounded.NAME
    yield Case("rounded to 0 and 1", display, arm(shown=black_or_white))
    yield Case("shown as bytes", display, arm(shown=bytes_of_images, loss=MSE))
    yield Case("shown as bytes, unscaled", display, arm(shown=bytes_unscaled))
    for loss, word in ((BCE, "cross-entropy"), (MSE, "squared error")):
        yield Case(f"standardized, {word}", standardized.NAME, arm(loss=loss), standardize, standardize)
        yield Case(f"0 to 255, {word}", targets_to_255.NAME, arm(loss=loss), targets=to_255)
        yield Case(f"sigmoid twice, {word}", double_sigmoid.NAME, arm(squashed_twice, loss=loss))
        yield Case(f"tanh, {word}", unscaled_tanh.NAME, arm(loss=loss, output="tanh"))
        yield Case(f"momentum .999, {word}", lagging_statistics.NAME, arm(loss=loss, normalized=True, momentum=0.999))
        for rate in (0.1, 1.0):
            yield Case(f"learning rate {rate:g}, {word}", learning_rate.NAME, arm(loss=loss, rate=rate))
        yield Case(f"sigmoid, {word}", HEALTHY, arm(loss=loss))
    yield Case("standardized by pixel", standardized.NAME, arm(loss=MSE), standardize_pixels, standardize_pixels)
    yield Case("inputs and targets 0 to 255", targets_to_255.NAME, arm(loss=MSE), to_255, to_255)
    yield Case("one epoch", HEALTHY, arm(epochs=1))
    yield Case("learning rate .00001", HEALTHY, arm(rate=1e-5))
    yield Case("linear output", HEALTHY, arm(loss=MSE, output="linear"))
    yield Case("ReLU output", HEALTHY, arm(loss=MSE, output="relu"))
    yield Case("elu", HEALTHY, arm(activation="elu"))
    yield Case("hidden tanh", HEALTHY, arm(activation="tanh", loss=MSE))
    yield Case("momentum .9", HEALTHY, arm(normalized=True, momentum=0.9))
    yield Case("tanh, targets -1 to 1", HEALTHY, arm(loss=MSE, output="tanh"), from_minus_one, from_minus_one)
    yield Case("standardized, linear output", HEALTHY, arm(loss=MSE, output="linear"), standardize, standardize)
    yield Case("inputs alone standardized", HEALTHY, arm(), standardize)
    yield Case("PCA", HEALTHY, Recipe(Fit(pca)))


def try_case(case: Case, faces: Dataset, seeds: int) -> list[list[DiagnosisRecord]]:
    """Train a case in one cell, once a seed, and return what each seed is diagnosed with."""
    from negres_core.engine.device import choose_device
    from negres_core.engine.inspection import SavedModels
    from negres_core.experiment.training import Trainer
    from negres_core.provenance.commit import trace_provenance

    device, data, design = choose_device("cpu"), case.data(faces), Design(folds=5, repeats=1, seeds=seeds)
    cells = list(design.split(data))[:1]
    provenance = trace_provenance(Path(), backend=device.backend, device=device.name).as_dict()
    with tempfile.TemporaryDirectory() as folder:
        store = Store(Path(folder))
        models = SavedModels(data, cells, store.model_path)
        run = Run(data, design, cells, [Arm("treatment", case.recipe)], models=models)
        trainer = Trainer(store, run, device, provenance, lambda what, done, total: None)
        arm = trainer.train(run.arms[0])
        each = [replace(arm, stages=[[stage[seed]] for stage in arm.stages]) for seed in range(seeds)]
        return [diagnose(replace(run, arms=[one]), note=fail) for one in each]


def fail(why: str) -> None:
    """Raise what an experiment would only note."""
    raise RuntimeError(why)


def named(diagnosis: Sequence[DiagnosisRecord]) -> str:
    """Return the name of the fault that comes first, or `HEALTHY`."""
    return diagnosis[0].cause if diagnosis else HEALTHY


def tabulate_confusion(outcomes: Sequence[tuple[Case, Sequence[str]]]) -> str:
    """Tabulate what was planted against what was named, in Markdown: counts of replicates, and the share named right.

    Args:
        outcomes: each case, and the name that each of its seeds was given.
    """
    from tabulate import tabulate

    planted = [name for name in dict.fromkeys(case.planted for case, _ in outcomes) if name != HEALTHY] + [HEALTHY]
    rows = []
    for name in planted:
        counts = Counter(given for case, names in outcomes if case.planted == name for given in names)
        others = ", ".join(f"{other} {count}" for other, count in counts.items() if other != name)
        total = counts.total()
        rows.append((name, total, counts[name], others or "-", f"{counts[name] / total:.0%}" if total else "-"))
    headers = ("planted", "replicates", "named so", "named otherwise", "recall")
    return tabulate(rows, headers, tablefmt="github")


def is_wrong(case: Case, names: Sequence[str]) -> bool:
    """Tell whether a fault was named for fewer than nine replicates in ten, or a healthy one at all."""
    right = sum(name == case.planted for name in names)
    return right < len(names) if case.planted == HEALTHY else right < 0.9 * len(names)


def main(arguments: Sequence[str] | None = None) -> int:
    """Try the cases that are asked for, print the tables, and tell whether all is as it should be."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.validation.faults", description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=5, help="replicates of each case")
    parser.add_argument("--only", default="", help="cases whose name, or fault, contains this")
    parser.add_argument(
        "--photographs", action="store_true", help=f"of UTKFace, {ROWS} of 32 x 32 pixels, not drawings"
    )
    given = parser.parse_args(arguments)
    try:
        faces = load_utkface(size=32, rows=ROWS) if given.photographs else draw_synthetic_faces(rows=ROWS, size=SIZE)
    except NegresError as error:
        parser.exit(2, f"{error}\n")
    outcomes = []
    for case in cases():
        if given.only in f"{case.planted} {case.name}":
            found = try_case(case, faces, given.seeds)
            names = [named(diagnosis) for diagnosis in found]
            outcomes.append((case, names))
            seen = found[0][0].found if found[0] else "-"
            right = sum(name == case.planted for name in names)
            print(f"{case.name}: {right} of {len(names)} are named {case.planted}; the first: {seen}", flush=True)
    print(f"\n{tabulate_confusion(outcomes)}")
    return int(any(is_wrong(case, names) for case, names in outcomes))


if __name__ == "__main__":
    sys.exit(main())
