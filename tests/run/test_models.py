"""The protocol of trained models is what the engine implements."""

from __future__ import annotations

import inspect

import pytest

from negres_core.engine.inspection import SavedModels
from negres_core.run.models import Models

METHODS = [name for name, each in vars(Models).items() if inspect.isfunction(each) and not name.startswith("_")]


@pytest.mark.parametrize("name", METHODS)
def test_saved_models_have_each_method_with_the_same_arguments(name):
    asked, given = (inspect.signature(getattr(each, name)) for each in (Models, SavedModels))
    assert list(given.parameters.values()) == list(asked.parameters.values())
