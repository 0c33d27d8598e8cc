"""Decide a claim with an installed wheel, in the current folder, and check that nothing came from a checkout.

Run by `tox -e wheel` in an environment that contains the wheel and nothing else of negres.
"""

from __future__ import annotations

import importlib.metadata
import subprocess
import sys
from pathlib import Path

import negres_core

CLAIM = """
import keras
import pytest
from sklearn.datasets import load_digits

from negres_core import Dataset, Recipe, Stage, beats

X, Y = load_digits(return_X_y=True)
DIGITS = Dataset(x=X / 16, y=Y, name="digits")


def network(input_shape, outputs):
    layers = [keras.layers.Dense(32, "relu"), keras.layers.Dense(outputs, "softmax")]
    return keras.Sequential([keras.Input(input_shape), *layers])


@pytest.mark.parametrize("expected", ["supported"])
def test_longer_training_is_better(experiment, expected):
    long, short = (Recipe(Stage(network, epochs=epochs)) for epochs in (10, 1))
    evidence = experiment.compare(long, against=short, on=DIGITS, claim=beats("accuracy", by=0.02), folds=5, repeats=1)
    assert evidence.verdict == expected, evidence
"""


def main() -> None:
    """Write a claim into the current folder, decide it, and verify its evidence."""
    folder, package = Path.cwd(), Path(negres_core.__file__).parent
    if Path(sys.prefix) not in package.parents:
        sys.exit(f"negres_core is not installed in this environment: {package}")
    if not (package / "evidence/json_schema/evidence.json").is_file() or not (package / "py.typed").is_file():
        sys.exit(f"The wheel lacks files that are not modules: {package}")
    (folder / "pytest.ini").write_text("[pytest]\n", encoding="utf-8")
    (folder / "test_claim.py").write_text(CLAIM, encoding="utf-8")
    scripts = Path(sys.executable).parent
    for command in (
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "test_claim.py", "--negres-evidence", "evidence"],
        [str(scripts / "negres"), "verify", "evidence"],
        [str(scripts / "negres"), "report", "evidence", "--html", "report.html"],
        [str(scripts / "negres"), "new", "a_claim_from_the_wheel"],
    ):
        subprocess.run(command, cwd=folder, check=True)
    print(f"negres {importlib.metadata.version('negres')} decided a claim from {package}")


if __name__ == "__main__":
    main()
