from __future__ import annotations

from types import SimpleNamespace

import pytest

from negres_core.controls import duplicates, permuted_labels
from negres_core.controls.protocol import require_protocol
from negres_core.errors import InputError


def check(run):
    """Judge nothing."""


COMPLETE = {"NAME": "prices", "WHEN": "before", "check": check}


@pytest.mark.parametrize(
    "control",
    [
        duplicates,
        permuted_labels,
        SimpleNamespace(**COMPLETE),
        SimpleNamespace(**COMPLETE | {"WHEN": "small runs"}, small_runs=check),
    ],
    ids=["module", "module of small runs", "object", "object of small runs"],
)
def test_a_module_or_an_object_can_be_a_control(control):
    require_protocol(control)


@pytest.mark.parametrize(
    ("parts", "wrong", "received"),
    [
        ({"NAME": 3}, "has no name", "NAME=3"),
        ({"WHEN": "later"}, "does not state when it runs", "WHEN='later'"),
        ({"WHEN": "small runs"}, "does not define any", "small_runs=None"),
        ({"check": None}, "has no function that checks a run", "check=None"),
    ],
)
def test_what_lacks_a_part_is_refused(parts, wrong, received):
    with pytest.raises(InputError, match=rf"The control SimpleNamespace .*{wrong}") as caught:
        require_protocol(SimpleNamespace(**COMPLETE | parts))

    assert caught.value.received == received
