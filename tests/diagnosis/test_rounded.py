from __future__ import annotations

import pytest

from negres_core.diagnosis.rounded import recognize


@pytest.mark.parametrize(
    ("scored", "words"),
    [
        ({"distinct": 2, "whole": 1.0}, "2 values, whole numbers alone, in the images"),
        ({"distinct": 221, "whole": 1.0}, "221 values, whole numbers alone, in the images"),
        ({"distinct": 1, "whole": 1.0, "spread": 0.0}, "1 value, whole numbers alone, in the images"),
        ({"distinct": 16}, "16 values in the images"),
    ],
    ids=["black or white", "bytes", "black", "4 bits"],
)
def test_a_few_values_from_a_network_with_many_are_named(new_symptoms, scored, words):
    found = recognize(new_symptoms(scored=scored, skill=-8.4))

    assert words in found
    assert "(skill -8.4) and 246 in the targets" in found
    assert "110000 values in the network's own outputs, whose loss implies a skill of 0.62" in found


def test_healthy_outputs_are_not(new_symptoms):
    assert recognize(new_symptoms()) is None
    assert recognize(new_symptoms(scored={"distinct": 17})) is None
    assert recognize(new_symptoms(scored={"distinct": 200, "whole": 0.99})) is None


def test_targets_of_few_values_may_be_answered_so(new_symptoms):
    assert recognize(new_symptoms(targets={"distinct": 2, "whole": 1.0}, scored={"distinct": 2, "whole": 1.0})) is None


def test_a_network_of_few_values_may_have_been_thrown_against_its_ends(new_symptoms):
    assert recognize(new_symptoms(outputs={"distinct": 2, "whole": 1.0})) is None


def test_images_of_no_network_are_looked_at_too(new_symptoms):
    assert "2 values" in recognize(new_symptoms(outputs=False, scored={"distinct": 2}))
    assert recognize(new_symptoms(outputs=False)) is None


def test_an_arm_that_is_measured_and_not_seen_is_not(new_symptoms):
    assert recognize(new_symptoms(scored=False)) is None
