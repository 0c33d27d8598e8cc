from __future__ import annotations

from xml.etree import ElementTree

import numpy as np
import pytest

from negres_core.report.page.canvas import drawing
from negres_core.report.page.colours import INK
from negres_core.report.page.critical_difference import cliques, draw_ranks
from negres_core.report.ranks import Ranks
from negres_core.statistics.ranking import rank


@pytest.mark.parametrize(
    ("means", "difference", "runs"),
    [
        ([1.0, 2.0, 3.0], 0.5, []),
        ([1.0, 2.0, 3.0], 9.0, [(0, 2)]),
        ([1.0, 1.5, 2.4, 4.0], 1.0, [(0, 1), (1, 2)]),
        ([1.0, 1.2, 1.4, 3.0, 3.1], 0.5, [(0, 2), (3, 4)]),
    ],
)
def test_arms_that_do_not_differ_are_joined(means, difference, runs):
    assert cliques(means, difference) == runs


def test_the_diagram_shows_every_arm_and_the_critical_difference():
    values = {"a <net>": np.array([0.9, 0.8, 0.7, 0.6]), "b": np.array([0.5, 0.4, 0.3, 0.65]), "c": np.zeros(4)}
    ranking = rank(values, higher_is_better=True)
    with drawing():
        figure = ElementTree.fromstring(draw_ranks(Ranks("accuracy", ranking, ["w", "x", "y", "z"], []), id="f"))
    texts = [each.text for each in figure.iter("text")]
    assert {"a <net>  1.25", "b  1.75", "c  3.00"} <= set(texts)
    assert f"critical difference {ranking.critical_difference:.2f}" in texts
    assert "a <net> is better than c" in figure.findtext("desc")
    bars = [each for each in figure.iter("path") if each.get("stroke-width") == "4" and each.get("stroke") == INK]
    assert len(bars) == len(cliques(list(ranking.mean_ranks.values()), ranking.critical_difference))
