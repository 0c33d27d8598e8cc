from __future__ import annotations

import numpy as np

from negres_core.pictures.labels import describe_clipping, describe_scores, format_value, label_of
from tests.pictures.conftest import FACES


def test_an_arm_is_labelled_with_its_role_and_described_by_its_scores(new_run, spoil):
    run = new_run()

    assert [label_of(arm) for arm in run.arms] == ["treatment: cae (3 epochs)", "control: pca"]
    assert describe_scores(run.arms[0]) == "PSNR 20.50 dB, skill 0.550: means over 2 replicates"
    assert describe_scores(spoil(run).arms[0]) == "PSNR 21.00 dB, skill 0.600: means over 1 of 2 replicates"


def test_values_that_a_display_cannot_show_are_described(new_run):
    run = new_run()

    assert describe_clipping(np.array([0.0, 0.5, 1.0 + 1e-7, -1e-7]), run) == ""
    assert describe_clipping(np.array([2.0] + [0.5] * 1_999), run) == "raw values clipped here: 0.1% above 1"
    assert describe_clipping(np.array([2.0] + [0.5] * 2_000), run) == ""
    both = describe_clipping(np.array([-0.1, 0.5, 0.6, 1.7]), run)
    assert both == "raw values clipped here: 25.0% below 0, 25.0% above 1"


def test_a_value_is_formatted_in_the_digits_of_its_range(new_run):
    assert [format_value(value, new_run()) for value in (1.7e-23, 0.12343, 2)] == ["0", "0.1234", "2"]
    assert format_value(-127.4999, new_run(faces=FACES * 255)) == "-127.5"
