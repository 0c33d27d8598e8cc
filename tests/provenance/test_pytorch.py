"""What a function holds of PyTorch is digested by content, or refused."""

from __future__ import annotations

import functools

import pytest

from negres_core.errors import InputError
from negres_core.provenance.fingerprint import digest_code

torch = pytest.importorskip("torch")


def compute(train, test, *, held):
    return held


def layers(seed):
    torch.manual_seed(seed)
    return torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.ReLU(), torch.nn.Linear(4, 2))


class Scaled(torch.nn.Module):
    """A module of the user's own."""

    def __init__(self, scale):
        super().__init__()
        self.scale, self.inner = scale, layers(0)

    def forward(self, x):
        return self.scale * self.inner(x)


def draw(seed):
    torch.manual_seed(seed)
    return torch.rand(3)


def digest(held):
    return digest_code(functools.partial(compute, held=held))


@pytest.mark.parametrize(
    "make",
    [
        layers,
        Scaled,
        draw,
        lambda seed: layers(seed).state_dict(),
        lambda seed: next(layers(seed).parameters()),
        lambda seed: layers(0).train(bool(seed)),
        lambda seed: torch.nn.CrossEntropyLoss(label_smoothing=0.1 * seed),
        lambda seed: torch.optim.SGD(layers(0).parameters(), lr=0.1 * (1 + seed)),
        lambda seed: torch.Generator().manual_seed(seed),
    ],
    ids=["module", "own module", "tensor", "state_dict", "parameter", "mode", "loss", "optimizer", "generator"],
)
def test_equal_content_has_one_digest_and_other_content_another(make):
    assert digest(make(1)) == digest(make(1)) != digest(make(0))


def test_gradients_are_no_content():
    module = layers(0)
    before = digest(module)
    module(torch.rand(2, 3)).sum().backward()

    assert digest(module) == before


@pytest.mark.parametrize("held", [torch.rand(2).bfloat16(), torch.eye(2).to_sparse()], ids=["half precision", "sparse"])
def test_a_tensor_that_numpy_cannot_read_is_refused(held):
    with pytest.raises(InputError, match="whose content cannot be read"):
        digest(held)
