from __future__ import annotations

import pytest

from negres_core.diagnosis.rounded import recognize


@pytest.mark.parametrize(
    ("scored", "words"),
    [
        ({"distinct": 2, "whole_share": 1.0}, "have 2 distinct values, whole numbers only (skill -8.4)"),
        ({"distinct": 221, "whole_share": 1.0}, "have 221 distinct values, whole numbers only (skill -8.4)"),
        ({"distinct": 1, "whole_share": 1.0, "spread": 0.0}, "have 1 distinct value, whole numbers only (skill -8.4)"),
        ({"distinct": 16}, "have 16 distinct values (skill -8.4)"),
    ],
    ids=["black or white", "bytes", "black", "4 bits"],
)
def test_a_few_values_from_a_network_with_many_are_recognized(new_symptoms, scored, words):
    assert recognize(new_symptoms(scored=scored, skill=-8.4)) == (
        f"the scored images {words}, the targets 246; the network's own outputs have 110000, and its loss implies a "
        "skill of 0.62"
    )


def test_healthy_outputs_are_not(new_symptoms):
    assert recognize(new_symptoms()) is None
    assert recognize(new_symptoms(scored={"distinct": 17})) is None
    assert recognize(new_symptoms(scored={"distinct": 200, "whole_share": 0.99})) is None


def test_reconstructions_of_coarse_targets_may_be_coarse(new_symptoms):
    coarse = {"distinct": 2, "whole_share": 1.0}

    assert recognize(new_symptoms(targets=coarse, scored=coarse)) is None


def test_a_network_with_coarse_outputs_may_have_been_driven_to_its_ends(new_symptoms):
    assert recognize(new_symptoms(outputs={"distinct": 2, "whole_share": 1.0})) is None


def test_images_without_a_network_are_judged_too(new_symptoms):
    assert recognize(new_symptoms(outputs=False, scored={"distinct": 2})) == (
        "the scored images have 2 distinct values (skill 0.62), the targets 246"
    )
    assert recognize(new_symptoms(outputs=False)) is None


def test_an_arm_whose_images_are_unknown_is_not_judged(new_symptoms):
    assert recognize(new_symptoms(scored=False)) is None
