"""What an arm changes of Keras' global settings does not reach other arms."""

from __future__ import annotations

import keras
import pytest

from negres_core.arms.fit import Fit
from negres_core.arms.recipe import Recipe
from negres_core.engine import fits
from negres_core.engine.contract import Job
from negres_core.engine.model import build_model
from negres_core.engine.settings import SETTERS, kept_settings, settings
from negres_core.errors import InputError
from tests.engine import examples as ex


@pytest.mark.parametrize(("name", "value"), [each for each in ex.CHANGED_SETTINGS if each[0] != "floatx"])
def test_a_build_function_that_changes_a_setting_is_refused_and_undone(name, value):
    before = settings()

    def build():
        SETTERS[name](value)
        return ex.plain()

    with pytest.raises(InputError, match="changes a global setting of Keras") as caught:
        build_model(build, ex.CLASSES)
    assert settings() == before
    assert f"{name} {value!r}" in caught.value.received
    assert "top of the module" in caught.value.remedy


def test_a_setting_is_undone_after_an_error_too():
    before = settings()

    def fails():
        with kept_settings():
            keras.config.set_epsilon(1 / 8)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fails()
    assert settings() == before


def test_a_fit_may_change_a_setting_for_itself():
    seen = []

    def fit(train, test):
        seen.append(settings()["epsilon"])
        keras.config.set_epsilon(1 / 8)
        return test.y

    jobs = [Job(cell, 0) for cell in ex.cells(ex.CLASSES)[:2]]
    list(fits.train(Recipe(Fit(fit)), ex.CLASSES, jobs, device=ex.device()))

    assert seen == [settings()["epsilon"]] * len(seen)
    assert len(seen) >= 2


def test_the_settings_of_keras_that_were_made_at_the_top_of_a_module_are_no_change():
    with kept_settings() as changed:
        ex.plain()

    assert changed == {}
