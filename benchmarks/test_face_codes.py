"""What is in the code of a face, and what can be done with it?

"#Fail: Artificial Intelligence is a Science" (Daniel Shapiro, Lemay.ai,
https://towardsdatascience.com/fail-artificial-intelligence-is-a-science-6e543b135193) wanted small, meaningful codes of
faces. The DCGAN paper (Radford, Metz & Chintala 2016, https://arxiv.org/abs/1511.06434) shows by pictures that codes
can be added and subtracted (its figures 7 and 8). Here these pictures are measured, on faces that were drawn from known
factors (synthetic_faces, 4,000 of 32 x 32 pixels). The networks and their trainings are those of test_faces.py.

These hypotheses were run while they were written, before they were registered in ledger.jsonl.
"""

from __future__ import annotations

import functools

import pytest

from benchmarks.cases import on
from benchmarks.faces.analogies import analogies, analogies_of_pixels, render_turn, turn
from benchmarks.faces.factors import TOLD, TOLD_OF_EACH, factors_of_code, factors_of_pca, factors_of_rbm
from benchmarks.faces.models import encoded_dcgan, play_and_encode
from benchmarks.faces.morphs import fade, morph
from benchmarks.test_faces import CAE, DENSE, TWO_REPEATS, VARIATIONAL, arm, slow_adam, with_fit
from negres_core import Fit, Metric, Recipe, beats, reaches

MODELS = {"cae": CAE, "vae": VARIATIONAL}


def factors_in(stage):
    """Return a recipe that probes the codes of a trained network for each factor."""
    return Recipe(stage, Fit(factors_of_code, inherits=stage.build, metrics=(TOLD, *TOLD_OF_EACH)))


def adversaries(width, epochs):
    build = functools.partial(encoded_dcgan, width=width)
    return arm(build, objective=play_and_encode, optimizer=slow_adam, epochs=epochs)


PCA_CODES = Recipe(Fit(factors_of_pca, metrics=(TOLD, *TOLD_OF_EACH)))
CODES = {
    "rbm": Recipe(Fit(factors_of_rbm, metrics=(TOLD, *TOLD_OF_EACH))),
    "dense": factors_in(arm(DENSE)),
    "cae": factors_in(arm(CAE)),
    "vae": factors_in(arm(VARIATIONAL)),
    "gan": factors_in(adversaries(8, 30)),
}

SUCCESS = Metric("success", higher_is_better=True, unit="share of analogies")
TURNED = Metric("turned", higher_is_better=True, unit="of the intended turn")
MARGIN = Metric("margin", higher_is_better=True, unit="of the intended turn, over the 95th percentile of shuffled ones")
NEARER = Metric("nearer", higher_is_better=True, unit="share of squared distance removed")
TURNS = (TURNED, MARGIN, NEARER)
DETOUR = Metric("detour", higher_is_better=False, unit="length / distance of the ends, features of a judge")


# Not decided yet: each cell trains two judges, and the processors were busy. In three cells of the CAE 0.68, 0.80 and
# 0.81 of the analogies succeeded, and none of the women alone was taken for one with glasses.
@pytest.mark.slow
@on(("synthetic_faces", "cae", "supported"), ("synthetic_faces", "vae", "supported"), by=["model"])
def test_a_man_with_glasses_less_a_man_plus_a_woman_is_a_woman_with_glasses(experiment, data, model, expected):
    """Figure 7 of the DCGAN paper: arithmetic on means of three codes, seen by two judges. Most of 128 succeed.

    Shows: nothing yet: it has not been run to its end.

    Does not show: anything yet. Two classifiers are the judges, and they were trained on drawn faces.
    """
    recipe = with_fit(MODELS[model], analogies, SUCCESS)
    evidence = experiment.measure(recipe, on=data, claim=reaches("success", bar=0.5), **TWO_REPEATS)
    assert evidence.verdict == expected, evidence


@pytest.mark.slow
@on(("synthetic_faces", "supported"))
def test_arithmetic_on_codes_succeeds_more_often_than_on_pixels(experiment, data, expected):
    """Shows: nothing yet: it has not been run.

    Does not show: anything yet. Drawn faces lie in one place, so that sums of their pixels are faces, too.
    """
    evidence = experiment.compare(
        with_fit(CAE, analogies, SUCCESS),
        against=Recipe(Fit(analogies_of_pixels, metrics=(SUCCESS,))),
        on=data,
        claim=beats("success", by=0.1),
        **TWO_REPEATS,
    )
    assert evidence.verdict == expected, evidence


# For the CAE it is not decided: ten cells found 0.62 of the way, and these can decide a distance of 0.25 from the bar.
@on(("synthetic_faces", "vae", "refuted"), by=["model"])
def test_a_turn_vector_turns_faces_half_of_the_way(experiment, data, model, expected):
    """Shows: vectors hardly turn the faces of a variational autoencoder, though a probe finds the pose in its codes.

    Does not show: that this holds for all variational autoencoders: the weight of the prior was not tuned.
    """
    recipe = with_fit(MODELS[model], turn, *TURNS, pictures=render_turn)
    evidence = experiment.measure(recipe, on=data, claim=reaches("turned", bar=0.5), **TWO_REPEATS)
    assert evidence.verdict == expected, evidence


# For the VAE it is not decided: in ten cells vectors turned faces by 0.10 of the way, 0.01 further than shuffled ones.
@on(("synthetic_faces", "cae", "supported"), by=["model"])
def test_a_turn_vector_of_four_faces_a_side_turns_faces(experiment, data, model, expected):
    """Figure 8 of the DCGAN paper: means of four codes. Vectors turn faces further than 95% of shuffled ones do.

    Shows: the difference of two means of four codes turns the faces of a convolutional autoencoder, as a judge of the
    pose sees it.

    Does not show: that nothing else changes: four faces per side also differ in other factors, and the vector adds
    these differences.
    """
    evidence = experiment.measure(
        with_fit(MODELS[model], turn, *TURNS, pictures=render_turn),
        on=data,
        claim=reaches("margin", bar=0),
        **TWO_REPEATS,
    )
    assert evidence.verdict == expected, evidence


# Not decided yet, though its replicates are trained: 0.62 of the way against 0.10.
@pytest.mark.slow
@on(("synthetic_faces", "supported"))
def test_a_turn_vector_turns_faces_of_a_cae_further_than_those_of_a_vae(experiment, data, expected):
    """Shows: the pose can be changed in the codes of a convolutional autoencoder, and hardly in a variational one's.

    Does not show: that a variational one has lost it: a linear probe finds the pose in its codes, too.
    """
    cae, vae = (with_fit(model, turn, *TURNS, pictures=render_turn) for model in (CAE, VARIATIONAL))
    evidence = experiment.compare(cae, against=vae, on=data, claim=beats("turned", by=0.1), **TWO_REPEATS)
    assert evidence.verdict == expected, evidence


@on(("synthetic_faces", "four", "refuted"), ("synthetic_faces", "all", "supported"), by=["side"])
def test_a_turned_face_is_nearer_to_the_truth_than_an_unturned_one(experiment, data, side, expected):
    """Faces were drawn once more with the pose to which they are turned: what removes squared distance to them?

    Shows: a vector from four faces per side takes faces further away from how they should look, because it also changes
    other factors.

    Does not show: that the pose does not turn: it does. Nor that a vector from more faces would not help.
    """
    options = {"four": {}, "all": {"side": None}}[side]
    recipe = with_fit(CAE, turn, *TURNS, pictures=render_turn, **options)
    evidence = experiment.measure(recipe, on=data, claim=reaches("nearer", bar=0), **TWO_REPEATS)
    assert evidence.verdict == expected, evidence


@on(("synthetic_faces", "cae", "refuted"), ("synthetic_faces", "vae", "refuted"), by=["model"])
def test_a_morph_through_codes_takes_a_shorter_way_than_a_fade(experiment, data, model, expected):
    """The perceptual path length of a morph (Karras, Laine & Aila 2019) over the distance of its ends, as of a fade.

    Shows: a morph from one synthetic face to another through codes is not shorter than a cross-fade of pixels, by a
    tenth of the direct distance, in the features of a classifier.

    Does not show: that people would find a cross-fade as good. The judge was trained to recognize the gender of
    synthetic faces, which included neither overlays of two faces nor faces between two others.
    """
    evidence = experiment.compare(
        with_fit(MODELS[model], morph, DETOUR),
        against=Recipe(Fit(fade, metrics=(DETOUR,))),
        on=data,
        claim=beats("detour", by=0.1),
        **TWO_REPEATS,
    )
    assert evidence.verdict == expected, evidence


# `negres rank .negres -k tell_more_of_the_factors --metric "told_*"` ranks the six kinds of codes over the factors.
@on(
    ("synthetic_faces", "rbm", "refuted"),
    ("synthetic_faces", "dense", "refuted"),
    ("synthetic_faces", "cae", "supported"),
    ("synthetic_faces", "vae", "refuted"),
    pytest.param("synthetic_faces", "gan", "refuted", marks=pytest.mark.slow),  # not run yet
    by=["codes"],
)
def test_codes_tell_more_of_the_factors_than_principal_components(experiment, data, codes, expected):
    """Probes of 17 factors, and the mean share that they tell. All codes have 64 numbers.

    Shows: linear probes find more of the factors of synthetic faces in the codes of a convolutional autoencoder than in
    as many principal components, by 0.02 of the way from chance, but not in the codes of the other models, for
    which the claim was refuted.

    Does not show: that these could not be trained better: networks had 30 epochs, and the Boltzmann machine 10. Nor
    that a code lacks everything that a linear probe does not find.
    """
    evidence = experiment.compare(CODES[codes], against=PCA_CODES, on=data, claim=beats("told", by=0.02), **TWO_REPEATS)
    assert evidence.verdict == expected, evidence


# Not run yet: 200 epochs of two players and an encoder take a GPU. A small one, 30 epochs of a quarter of the width, is
# among the codes above.
@pytest.mark.gpu
@on(("synthetic_faces_64", "supported"))
def test_arithmetic_on_codes_of_a_dcgan_makes_a_woman_with_glasses(experiment, data, expected):
    """Figure 7 of the DCGAN paper with its own kind of model, and an encoder that finds the code of a face.

    Shows: nothing yet: it takes a GPU, and has not been run.

    Does not show: anything yet. The paper took codes of generated faces that people had chosen.
    """
    stage = adversaries(32, 200)
    recipe = Recipe(stage, Fit(analogies, inherits=stage.build, metrics=(SUCCESS,)))
    evidence = experiment.measure(recipe, on=data, claim=reaches("success", bar=0.5), **TWO_REPEATS)
    assert evidence.verdict == expected, evidence


@pytest.mark.gpu
@on(("synthetic_faces_64", "supported"))
def test_a_turn_vector_of_a_dcgan_turns_faces(experiment, data, expected):
    """Figure 8 of the DCGAN paper with its own kind of model: faces turn at least half as far as they should.

    Shows: nothing yet: it takes a GPU, and has not been run.

    Does not show: anything yet. The encoder has seen generated faces alone, and may miss the pose of drawn ones.
    """
    stage = adversaries(32, 200)
    recipe = Recipe(stage, Fit(turn, inherits=stage.build, metrics=TURNS, pictures=render_turn))
    evidence = experiment.measure(recipe, on=data, claim=reaches("turned", bar=0.5), **TWO_REPEATS)
    assert evidence.verdict == expected, evidence
