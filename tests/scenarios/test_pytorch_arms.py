"""Arms that PyTorch trains: the same numbers twice, also in the first call of a process, under all controls."""

from __future__ import annotations

import numpy as np
import pytest

from negres_core import Dataset, Fit, Recipe, beats
from negres_core.design import KFolds
from negres_core.engine.description import describe_recipe, packages_of_recipe
from negres_core.evidence import Store

pytest.importorskip("torch")

X = np.random.default_rng(3).normal(size=(200, 4))
DATA = Dataset(x=X, y=((X[:, 0] > 0) ^ (X[:, 1] > 0)).astype(int), name="exclusive or")


def network(train, test, outputs, record):
    import torch
    from torch import nn

    x, y = torch.tensor(train.x), torch.tensor(train.y).long()
    model = nn.Sequential(nn.Linear(4, 32), nn.ReLU(), nn.Dropout(0.1), nn.Linear(32, outputs))
    optimizer, loss = torch.optim.Adam(model.parameters(), lr=0.02), nn.CrossEntropyLoss()
    record(model)
    for _ in range(25):
        for rows in torch.randperm(len(x)).split(32):
            optimizer.zero_grad()
            loss(model(x[rows]), y[rows]).backward()
            optimizer.step()
    record(model)
    model.eval()
    with torch.no_grad():
        return torch.softmax(model(torch.tensor(test.x)), dim=1).numpy()


def line(train, test):
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression().fit(train.x, train.y).predict_proba(test.x)


def compare(experiment):
    return experiment.compare(
        Recipe(Fit(network)),
        against=Recipe(Fit(line)),
        on=DATA,
        claim=beats("accuracy", by=0.1),
        design=KFolds(folds=5, repeats=1),
    )


def test_a_network_of_pytorch_is_judged_under_all_controls_and_repeats(new_experiment, tmp_path):
    store, other = Store(tmp_path / "one"), Store(tmp_path / "other")
    evidence = compare(new_experiment(controls="all", store=store))
    again = compare(new_experiment(store=other))

    assert evidence.verdict == "supported", evidence
    controls = {finding.control for finding in evidence.controls}
    assert {"trained weights", "initial weights", "A/A", "permuted labels", "planted effect", "blind fit"} <= controls
    first, second = ([store.find(each) for each in evidence.arms[0].own_replicates], again.arms[0].own_replicates)
    assert [each.metrics for each in first] == [other.find(each).metrics for each in second]
    assert [each.weights for each in first] == [other.find(each).weights for each in second]


def test_the_version_of_pytorch_is_in_the_key_of_its_arms():
    [named] = [each for each in packages_of_recipe(Recipe(Fit(network))) if each.startswith("torch==")]

    import torch

    # Installers may know a build without the local part of its version, such as "+cu130".
    assert named.partition("+")[0] == f"torch=={torch.__version__}".partition("+")[0]
    assert describe_recipe(Recipe(Fit(network)), DATA).fit.compute == "network"
