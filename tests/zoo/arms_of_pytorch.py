"""Bugs of arms that PyTorch trains, and a clean one, which are not run where PyTorch is missing."""

from __future__ import annotations

import functools
import importlib.util

from negres_core import Estimator, Fit, Recipe, beats, matches
from tests.zoo.pipelines import Pipeline, load, sample, standard
from tests.zoo.pipelines_of_arms import labels_of_noise
from tests.zoo.specimens import bug

IS_INSTALLED = importlib.util.find_spec("torch") is not None


def network(train, test, outputs, record, *, step=True, evaluate=True, everything=False, kept=None):
    """Train a small network; the options plant bugs."""
    import numpy as np
    import torch
    from torch import nn

    inputs, labels = train.x, train.y
    if everything:
        inputs, labels = np.concatenate([train.x, test.x]), np.concatenate([train.y, test.y])
    x, y = torch.tensor(inputs), torch.tensor(labels).long()
    model = nn.Sequential(nn.Linear(x.shape[1], 32), nn.BatchNorm1d(32), nn.ReLU(), nn.Linear(32, outputs))
    if kept is not None:
        model = kept.setdefault("model", model)
    optimizer, loss = torch.optim.Adam(model.parameters(), lr=0.01), nn.CrossEntropyLoss()
    record(model)
    model.train()
    for _ in range(30 if everything or kept is not None else 15):
        for rows in torch.randperm(len(x)).split(16):
            optimizer.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            if step:
                optimizer.step()
    record(model, epochs=15)
    if evaluate:
        model.eval()
    with torch.no_grad():
        return torch.softmax(model(torch.tensor(test.x)), dim=1).numpy()


def logistic():
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression()


def pytorch(seed, **options):
    """A network of PyTorch against a logistic regression; a partial of its function plants a bug."""
    compute = functools.partial(network, **options) if options else network
    return Pipeline(
        data=sample(*load("breast_cancer"), seed, name="cancer", rows=300),
        treatment=Recipe(Fit(compute), preprocess=standard),
        control=Recipe(Estimator(logistic), preprocess=standard),
        claim=matches("accuracy", within=0.1),
    )


def on_noise(seed, **options):
    """Labels that are noise, which a network can only know."""
    pipeline = pytorch(seed, **options)
    return Pipeline(
        data=labels_of_noise(seed), treatment=pipeline.treatment, control=pipeline.control, claim=beats("accuracy")
    )


PIPELINES_OF_PYTORCH = {"pytorch": pytorch}


@bug("PyTorch without a step of the optimizer", "trained weights")
def forget_step(seed):
    return pytorch(seed, step=False)


@bug("PyTorch in training mode while it predicts", "rows alone")
def forget_evaluation(seed):
    return pytorch(seed, evaluate=False)


@bug("PyTorch trains on the test fold", "permuted labels", "blind fit")
def train_on_test(seed):
    return on_noise(seed, everything=True)


@bug("PyTorch model that all folds share", "permuted labels", "initial weights")
def share_model(seed):
    """The module is made once, and goes on training from fold to fold."""
    return on_noise(seed, kept={})
