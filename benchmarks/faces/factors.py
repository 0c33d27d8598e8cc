"""How much of the factors of drawn faces a linear probe can tell from codes that were learned without them.

Each function is for a `Fit`. It returns `told_NAME` of each factor, and `told`, their mean: 0 if the codes tell
nothing, 1 if they tell everything; see `probe` in fits.py. The hues of backdrop and shirt are left out: they go around
a circle, and no linear probe can tell them.
"""

from __future__ import annotations

import numpy as np

from benchmarks.faces.fits import encode, fit_pca, probe
from negres_core import Metric

FACTORS = (
    *("age", "beard", "brow", "gaze", "gender", "glasses", "hair", "hair_colour", "jaw"),
    *("light", "lips", "pose", "smile", "tilt", "tone", "width", "zoom"),
)
"""The factors that a probe is asked for."""
UNIT = "share of the way from chance"
TOLD = Metric("told", higher_is_better=True, unit=UNIT)
TOLD_OF_EACH = tuple(Metric(f"told_{name}", higher_is_better=True, unit=UNIT) for name in FACTORS)


def probe_factors(train, test, codes):
    """Tell each factor by a linear probe of the codes of the training fold and the test fold."""
    told = {f"told_{name}": float(probe(train, test, name, codes)["told"]) for name in FACTORS}
    return {"told": float(np.mean(list(told.values())))} | told


def factors_of_code(train, test, model):
    """Probe the codes of a trained encoder."""
    return probe_factors(train, test, [encode(model, fold.x) for fold in (train, test)])


def factors_of_pca(train, test, *, code=64):
    """Probe the principal components of the training faces."""
    fitted = fit_pca(train, code)
    return probe_factors(train, test, [fitted.transform(fold.flatten()) for fold in (train, test)])


def factors_of_rbm(train, test, seed, *, code=64, passes=10):
    """Probe the hidden units of a restricted Boltzmann machine, their probabilities given a face.

    With the default learning rate, ten times as large, all faces get the same code.
    """
    from sklearn.neural_network import BernoulliRBM

    machine = BernoulliRBM(code, learning_rate=0.01, batch_size=64, n_iter=passes, random_state=seed)
    machine.fit(train.flatten())
    return probe_factors(train, test, [machine.transform(fold.flatten()) for fold in (train, test)])
