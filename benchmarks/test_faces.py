"""Why did a convolutional autoencoder of faces fail, while a nearly identical one worked?

The article's autoencoder showed nothing but 0 and 255, its loss stood still near .5, and no rescue helped: batch
normalization, other activations, larger networks, longer training. Yet a colleague's twin of it worked in hours.

Faces are drawn from known factors (synthetic_faces, 4,000 of 32 x 32 pixels), or photographs where there are any
(utkface, 6,000 of 32 x 32). An arm trains 30 epochs of Adam on binary cross-entropy, in batches of 64; the code has 64
numbers. One run of 5 folds decides where effects are large, decibels or most of a scale; others look after each repeat.

These hypotheses were run while they were written, before they were registered in ledger.jsonl.
"""

from __future__ import annotations

import functools

import pytest

from benchmarks.faces.fits import (
    add_attribute,
    draw_attribute,
    draw_walks,
    generate,
    pca,
    probe_code,
    probe_pca,
    probe_untrained,
    shown_rounded,
    walk,
)
from benchmarks.faces.models import cae, dcgan, dense_autoencoder, play, vae
from negres_core import Fit, Metric, Recipe, Stage, beats, matches, reaches


def adam():
    import keras

    return keras.optimizers.Adam(2e-3)


def arm(build, **options):
    fit = {"loss": "binary_crossentropy", "optimizer": adam, "epochs": 30, "batch_size": 64}
    return Stage(build, **fit | options)


def autoencoder(**options):
    return functools.partial(cae, **{"activation": "elu"} | options)


def looking_at(build, compute, *metrics, pictures=None, **given):
    """Train a model, then compute something of it, and draw it."""
    compute, pictures = (function and functools.partial(function, **given) for function in (compute, pictures))
    return Recipe(arm(build), Fit(compute, inherits=build, metrics=metrics, pictures=pictures))


CAE = autoencoder()
FAITHFUL = Recipe(arm(CAE))
DENSE = functools.partial(dense_autoencoder, activation="elu")  # with ReLU, nine units in ten die at this learning rate
VARIATIONAL = functools.partial(vae, activation="elu")
RESCUES = {
    "batch normalization": arm(autoencoder(normalized=True)),
    "tanh": arm(autoencoder(activation="tanh")),
    "twice as wide": arm(autoencoder(width=32)),
    "twice as long": arm(CAE, epochs=60),
}

TOLD = Metric("told", higher_is_better=True, unit="share of the way from chance")
OVER_CHANCE = Metric("margin", higher_is_better=True, unit="log-odds over the 95th percentile of shuffled directions")
FRECHET = Metric("frechet", higher_is_better=False, unit="squared distance of a judge's features")
EVENNESS = Metric("evenness", higher_is_better=True, unit="mean step / longest step")

ONE_RUN = {"folds": 5, "repeats": 1}
TWO_LOOKS = {"folds": 5, "repeats": 2}


def on(*sets, of=()):
    """Parametrize by data set, by what else is named, and by expected verdict."""
    return pytest.mark.parametrize(("data", *of, "expected"), sets, indirect=["data"])


@pytest.mark.parametrize(("metric", "bar"), [("psnr", 20), ("skill", 0.8)])
@on(("synthetic_faces", "supported"), ("utkface", "supported"))
def test_a_cae_reconstructs_faces_faithfully(experiment, data, metric, bar, expected):
    evidence = experiment.measure(FAITHFUL, on=data, claim=reaches(metric, bar=bar), **ONE_RUN)
    assert evidence.verdict == expected, evidence


@on(
    ("synthetic_faces", 32, "refuted"),
    ("synthetic_faces", 64, "refuted"),
    ("synthetic_faces", 128, "refuted"),
    ("utkface", 32, "refuted"),
    ("utkface", 64, "refuted"),
    ("utkface", 128, "refuted"),
    of=["code"],
)
def test_a_cae_beats_pca_at_equal_code_size(experiment, data, code, expected):
    evidence = experiment.compare(
        Recipe(arm(autoencoder(code=code))),
        against=Recipe(Fit(functools.partial(pca, code=code))),
        on=data,
        claim=beats("psnr", by=0.25),
        **ONE_RUN,
    )
    assert evidence.verdict == expected, evidence


# The article took a loss that stands still near .5 for failure. Binary cross-entropy stands still at the entropy of the
# faces, which no network can go below: .626 of synthetic faces, .552 of utkface. What matters is what lies in between.
@on(("synthetic_faces", "supported"), ("utkface", "supported"))
def test_a_loss_that_stands_still_far_from_zero_has_learned(experiment, data, expected):
    evidence = experiment.measure(FAITHFUL, on=data, claim=reaches("loss_skill", bar=0.8), **ONE_RUN)
    assert evidence.verdict == expected, evidence


@on(("synthetic_faces", "supported"), ("utkface", "supported"))
def test_the_loss_of_a_cae_stands_still(experiment, data, expected):
    """Twice the training matches it, to a hundredth of the loss."""
    evidence = experiment.compare(
        Recipe(RESCUES["twice as long"]), against=FAITHFUL, on=data, claim=matches("loss", within=0.006), **ONE_RUN
    )
    assert evidence.verdict == expected, evidence


@on(("synthetic_faces", "refuted"), ("utkface", "refuted"))
def test_a_cae_whose_output_is_rounded_for_display_shows_faces(experiment, data, expected):
    """Trained as well as any, shown as np.round(faces) * 255: the fault that explains all that the article saw."""
    evidence = experiment.measure(looking_at(CAE, shown_rounded), on=data, claim=reaches("psnr", bar=20), **ONE_RUN)
    assert evidence.verdict == expected, evidence


# A rescue is what would turn a failure into faces: at the least it halves the squared error, 3 dB. (The margin was .5
# in a first run, in which twice the width was worth 1.8 dB, twice the epochs 1.4 and batch normalization .3: more of
# the same, no rescue.) Where nothing is wrong there is none to be had, and none reaches a fault that lies behind the
# network. Tanh is worse: two cells in five stay at the mean image, 17 dB, for most or all of their training, and which
# two depends on the last bit. Of two runs of five cells one refuted it and one did not decide: hence a second look.
@pytest.mark.parametrize("rescue", RESCUES)
@on(("synthetic_faces", "refuted"))
def test_a_rescue_helps_a_correct_cae(experiment, data, rescue, expected):
    evidence = experiment.compare(
        Recipe(RESCUES[rescue]), against=FAITHFUL, on=data, claim=beats("psnr", by=3), **TWO_LOOKS
    )
    assert evidence.verdict == expected, evidence


@pytest.mark.parametrize("rescue", RESCUES)
@on(("synthetic_faces", "refuted"))
def test_a_rescue_helps_a_cae_that_is_rounded_for_display(experiment, data, rescue, expected):
    stage = RESCUES[rescue]
    evidence = experiment.compare(
        Recipe(stage, Fit(shown_rounded, inherits=stage.build)),
        against=looking_at(CAE, shown_rounded),
        on=data,
        claim=beats("psnr", by=3),
        **ONE_RUN,
    )
    assert evidence.verdict == expected, evidence


@on(
    ("synthetic_faces", "gender", "supported"),
    ("synthetic_faces", "age", "supported"),
    ("utkface", "gender", "supported"),
    ("utkface", "age", "supported"),
    ("utkface", "race", "supported"),
    of=["attribute"],
)
def test_codes_tell_more_than_those_of_an_untrained_encoder(experiment, data, attribute, expected):
    evidence = experiment.compare(
        looking_at(CAE, probe_code, TOLD, attribute=attribute),
        against=Recipe(Fit(functools.partial(probe_untrained, attribute=attribute, build=CAE), metrics=(TOLD,))),
        on=data,
        claim=beats("told", by=0.02),
        **TWO_LOOKS,
    )
    assert evidence.verdict == expected, evidence


# Codes of photographs tell no more: -.001 of age, -.013 of gender, -.012 of race. Of gender nothing is decided on drawn
# faces: +.038, 95% interval +.003 to +.073, so that codes tell more; but .02 more no number of repeats could show.
@on(
    ("synthetic_faces", "age", "supported"),
    ("utkface", "gender", "refuted"),
    ("utkface", "age", "refuted"),
    ("utkface", "race", "refuted"),
    of=["attribute"],
)
def test_codes_tell_more_than_principal_components(experiment, data, attribute, expected):
    evidence = experiment.compare(
        looking_at(CAE, probe_code, TOLD, attribute=attribute),
        against=Recipe(Fit(functools.partial(probe_pca, attribute=attribute), metrics=(TOLD,))),
        on=data,
        claim=beats("told", by=0.02),
        **TWO_LOOKS,
    )
    assert evidence.verdict == expected, evidence


@on(
    ("synthetic_faces", "glasses", "supported"),
    ("synthetic_faces", "gender", "supported"),
    ("utkface", "gender", "supported"),
    of=["attribute"],
)
def test_adding_an_attribute_to_a_code_adds_it_to_the_face(experiment, data, attribute, expected):
    evidence = experiment.measure(
        looking_at(CAE, add_attribute, OVER_CHANCE, pictures=draw_attribute, attribute=attribute),
        on=data,
        claim=reaches("margin", bar=0),
        **ONE_RUN,
    )
    assert evidence.verdict == expected, evidence


@on(("synthetic_faces", "supported"), ("utkface", "supported"))
def test_a_walk_from_code_to_code_changes_the_face_smoothly(experiment, data, expected):
    """On average no step of sixteen is longer than one and a half times the mean step."""
    evidence = experiment.measure(
        looking_at(CAE, walk, EVENNESS, pictures=draw_walks), on=data, claim=reaches("evenness", bar=2 / 3), **ONE_RUN
    )
    assert evidence.verdict == expected, evidence


@on(("synthetic_faces", "supported"), ("utkface", "supported"))
def test_a_cae_reconstructs_better_than_a_vae(experiment, data, expected):
    evidence = experiment.compare(
        FAITHFUL, against=Recipe(arm(VARIATIONAL)), on=data, claim=beats("psnr", by=0.5), **ONE_RUN
    )
    assert evidence.verdict == expected, evidence


@on(("synthetic_faces", "refuted"), ("utkface", "refuted"))
def test_the_codes_of_a_vae_tell_more_of_age_than_those_of_a_cae(experiment, data, expected):
    evidence = experiment.compare(
        looking_at(VARIATIONAL, probe_code, TOLD, attribute="age"),
        against=looking_at(CAE, probe_code, TOLD, attribute="age"),
        on=data,
        claim=beats("told", by=0.02),
        **TWO_LOOKS,
    )
    assert evidence.verdict == expected, evidence


# On photographs a dense autoencoder is 1.3 dB behind, at this budget. It is the slower one to train: at a quarter of
# the learning rate and four times the epochs one cell came to 23.4 dB, as the CAE does in 30 epochs.
@on(("synthetic_faces", "refuted"), ("utkface", "supported"))
def test_a_cae_reconstructs_better_than_a_dense_autoencoder(experiment, data, expected):
    evidence = experiment.compare(
        FAITHFUL, against=Recipe(arm(DENSE)), on=data, claim=beats("psnr", by=0.5), folds=5, repeats=4
    )
    assert evidence.verdict == expected, evidence


def slow_adam():
    import keras

    return keras.optimizers.Adam(2e-4, beta_1=0.5)


# Nothing is known of this yet: an epoch of the two players takes two cores 3 s at 32 pixels, and 25 cells of 200 epochs
# at 64 the better part of a day.
@pytest.mark.gpu
@on(("synthetic_faces_64", "supported"), ("utkface_64", "supported"))
def test_a_dcgan_generates_better_than_a_vae(experiment, data, expected):
    adversaries = arm(dcgan, objective=play, optimizer=slow_adam, epochs=200)
    evidence = experiment.compare(
        Recipe(adversaries, Fit(generate, inherits=dcgan, metrics=(FRECHET,))),
        against=looking_at(VARIATIONAL, generate, FRECHET),
        on=data,
        claim=beats("frechet"),
        folds=5,
        repeats=5,
    )
    assert evidence.verdict == expected, evidence
