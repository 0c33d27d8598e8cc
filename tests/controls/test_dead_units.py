from __future__ import annotations

import pytest

from negres_core.controls.dead_units import check


@pytest.mark.parametrize("silent", [[(0, 32)], [(13, 32), (2, 4)], [(14, 16)]], ids=str)
def test_layers_with_some_units_alive_pass(new_run, with_models, silent):
    finding = check(with_models(new_run(), silent=silent))

    assert finding.passed
    assert finding.found.endswith(", ".join(f"{zero} of {units}" for zero, units in silent))


@pytest.mark.parametrize("silent", [[(32, 32)], [(0, 32), (31, 32)], [(8, 8), (0, 100)]], ids=str)
def test_a_layer_with_nearly_no_unit_alive_fails(new_run, with_models, silent):
    finding = check(with_models(new_run(), silent=silent))

    assert not finding.passed
    assert finding.control == "dead units"


def test_models_without_relu_layers_have_no_finding(new_run, with_models):
    assert check(with_models(new_run(), silent=[])) is None
    assert check(new_run()) is None
