"""Arms of the growth family: how long they are trained, and networks that grow step by step."""

from __future__ import annotations

import functools
from itertools import pairwise

from benchmarks.growth.models import min_max, mlp
from negres_core import Recipe, Stage


def epochs_on(data):
    """Return the epochs that an arm has in all: 10, as in the article; on the 1,797 rows of digits, 40."""
    return 40 if data.name == "digits" else 10


def arm(*stages):
    """Return a recipe whose inputs are scaled to between 0 and 1."""
    return Recipe(*stages, preprocess=min_max)


def of_widths(*widths, **options):
    """Return the build function of an `mlp`."""
    return functools.partial(mlp, widths=widths, **options)


def throughout(build, epochs):
    """Return an arm that trains one network from beginning to end."""
    return arm(Stage(build, epochs=epochs))


def grow(builds, start, epochs, **fit):
    """Return an arm that trains one network after another, each from the weights of the one before.

    Args:
        builds: the build functions.
        start: the rule that starts a network from the one before.
        epochs: the epochs of each.
        **fit: further options of every stage.
    """
    later = [
        Stage(after, inherits=before, start=start, epochs=count, **fit)
        for (before, after), count in zip(pairwise(builds), epochs[1:], strict=True)
    ]
    return arm(Stage(builds[0], epochs=epochs[0], **fit), *later)
