from __future__ import annotations

import numpy as np
import pytest

from negres_core import Fit, Recipe, Stage
from negres_core.pictures.curve import make_figure, render, traces_of
from negres_core.pictures.labels import ARM_COLOURS, NEUTRAL_COLOUR
from tests.pictures.conftest import CAE, FLOOR, MEAN_IMAGE, cae, grown, pca


def critic(model, x, y, training):
    """Stands for an objective."""


GROWN = Recipe(CAE, Stage(grown, inherits=cae, loss="binary_crossentropy", epochs=2))


def figure_of(run):
    return make_figure(run, traces_of(run))


def lines_of(axis, width=None, dashed=False):
    """The lines of an axis that hold data; only those of a width, if given."""
    lines = [line for line in axis.lines if len(line.get_xdata()) and line.is_dashed() == dashed]
    return [line for line in lines if width is None or line.get_linewidth() == width]


def words_of(axis):
    return [text.get_text() for text in axis.texts]


def legend_of(axis):
    return [text.get_text() for text in axis.get_legend().get_texts()]


def test_replicates_are_thin_lines_and_their_mean_is_thick(new_run):
    run = new_run()
    [axis] = figure_of(run).axes

    curves = [replicate.curve for replicate in run.arms[0].replicates]
    assert [line.get_ydata().tolist() for line in lines_of(axis, 0.9)] == curves
    [mean] = lines_of(axis, 2.8)
    np.testing.assert_allclose(mean.get_ydata(), np.mean(curves, axis=0))
    assert mean.get_xdata().tolist() == [1, 2, 3]
    assert mean.get_color() == ARM_COLOURS["treatment"]
    assert legend_of(axis)[0] == "treatment: cae (3 epochs)"
    assert axis.get_ylabel() == "binary crossentropy"


def test_the_loss_floor_and_the_mean_image_are_labelled_levels(new_run):
    [axis] = figure_of(new_run()).axes
    levels = {line.get_ydata()[0]: text for line, text in zip(lines_of(axis, dashed=True), words_of(axis), strict=True)}

    expected = [MEAN_IMAGE + 0.005, FLOOR + 0.005]  # the means of both replicates
    assert sorted(levels, reverse=True) == pytest.approx(expected)
    assert list(levels.values()) == ["mean image\n0.605", "loss floor\n0.505"]
    assert [text.get_position()[1] for text in axis.texts] == pytest.approx(expected)


def test_the_loss_on_the_test_fold_is_marked_at_the_end(new_run):
    [axis] = figure_of(new_run()).axes
    [marker] = [line for line in lines_of(axis) if line.get_marker() == "D"]

    assert (list(marker.get_xdata()), list(marker.get_ydata())) == ([3], [pytest.approx(0.62)])
    assert legend_of(axis)[-1] == "mean loss on the test fold at the end"


def test_a_loss_without_levels_has_none(new_run):
    run = new_run(treatment=Recipe(Stage(cae, loss="own", epochs=3)))
    run.arms[0].stages[0][:] = [replicate.updated(predictions={}) for replicate in run.arms[0].replicates]
    [axis] = figure_of(run).axes

    assert lines_of(axis, dashed=True) == []
    assert words_of(axis) == []


def test_stages_follow_one_another(new_run):
    [axis] = figure_of(new_run(treatment=GROWN)).axes

    assert [line.get_xdata().tolist() for line in lines_of(axis, 2.8)] == [[1, 2, 3], [4, 5]]
    assert legend_of(axis)[:2] == ["treatment: cae (3 epochs)", "treatment: grown (2 epochs)"]


def test_a_stage_that_both_arms_share_is_drawn_once(new_run):
    run = new_run(treatment=GROWN, control=Recipe(CAE, Fit(pca, inherits=cae)))
    run.arms[1].stages[0][:] = run.arms[0].stages[0]

    traces = traces_of(run)

    assert [(trace.name, trace.colour) for trace in traces] == [
        ("both: cae (3 epochs)", NEUTRAL_COLOUR),
        ("treatment: grown (2 epochs)", ARM_COLOURS["treatment"]),
    ]


def test_losses_that_cannot_be_compared_have_their_own_panels(new_run):
    figure = figure_of(new_run(control=Recipe(Stage(grown, loss="mean_squared_error", epochs=4))))

    assert [axis.get_ylabel() for axis in figure.axes] == ["binary crossentropy", "mean squared error"]
    assert [len(lines_of(axis, 2.8)) for axis in figure.axes] == [1, 1]


def test_an_objective_is_not_the_loss_on_the_test_fold(new_run):
    run = new_run(treatment=Recipe(Stage(cae, objective=critic, epochs=3)))
    run.models.output_layer = lambda recipe: type("OutputLayer", (), {"loss": None})
    [axis] = figure_of(run).axes

    assert axis.get_ylabel() == "critic"
    assert [line for line in lines_of(axis) if line.get_marker() == "D"] == []


def test_a_replicate_that_diverged_is_left_out_of_the_mean(new_run, spoil):
    run = spoil(new_run())
    [axis] = figure_of(run).axes

    [mean] = lines_of(axis, 2.8)
    assert mean.get_ydata().tolist() == run.arms[0].replicates[1].curve
    assert np.isnan(lines_of(axis, 0.9)[0].get_ydata()).tolist() == [False, False, True]


def test_an_arm_that_always_diverged_is_described_as_not_finite(new_run, spoil):
    run = spoil(spoil(new_run()), position=1)

    [rendering] = render(run)

    assert rendering.caption == "Training loss by epoch: treatment: cae (3 epochs), not finite"


def test_a_curve_far_above_does_not_hide_the_rest(new_run):
    run = new_run()
    run.arms[0].replicates[0].curve[0] = 1000.0
    [axis] = figure_of(run).axes

    low, high = axis.get_ylim()
    assert low < FLOOR + 0.005 < MEAN_IMAGE + 0.005 < high < 1
    assert "off the chart: losses up to 1e+03" in legend_of(axis)


def test_the_picture_is_the_same_each_time_and_its_caption_has_the_numbers(new_run):
    [rendering], [again] = render(new_run()), render(new_run())

    assert rendering == again
    assert rendering.caption == (
        "Training loss by epoch: treatment: cae (3 epochs), binary crossentropy 0.678 at the end, 0.62 on the test fold"
    )


def test_nothing_is_rendered_without_a_network(new_run):
    assert render(new_run(treatment=Recipe(Fit(pca)))) is None


def test_a_weighted_loss_is_not_the_loss_on_the_test_fold(new_run):
    figure = figure_of(new_run(control=Recipe(Stage(cae, loss="binary_crossentropy", class_weight={0: 2.0}, epochs=4))))

    assert [axis.get_ylabel() for axis in figure.axes] == ["binary crossentropy", "binary crossentropy, rows weighted"]
    assert [sum(line.get_marker() == "D" for line in lines_of(axis)) for axis in figure.axes] == [1, 0]
