"""Bugs of data frames: what was done to a table before it was given."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from tests.zoo.pipelines_of_frames import data_of, encoded_by_targets, frame_of_categories, survey
from tests.zoo.specimens import bug


@bug("categories encoded by all targets", "target encoding")
def encode_before_the_split(seed):
    """Towns were replaced by the share of Dole's voters among all respondents who live there."""
    frame, votes = survey(seed)
    towns = np.random.default_rng(seed).integers(0, 80, len(frame))
    shares = np.bincount(towns, votes == "Dole") / np.maximum(np.bincount(towns), 1)
    return replace(encoded_by_targets(seed), data=data_of(frame.assign(place=shares[towns]), votes))


@bug("target in other words", "label leak")
def vote_in_words(seed):
    """A column of text says for whom a respondent voted, among other remarks on the interview."""
    frame, votes = survey(seed)
    said = np.where(votes == "Dole", "would vote for the senator", "would vote for the president")
    return replace(frame_of_categories(seed), data=data_of(frame.assign(school=said), votes))


@bug("index of a sorted table", "row identity")
def keep_the_index(seed):
    """The table was sorted by vote when respondents were numbered, and the number stayed in it, as text."""
    frame, votes = survey(seed)
    numbers = np.empty(len(votes), dtype=int)
    numbers[np.argsort(votes, kind="stable")] = np.arange(len(votes))
    names = [f"respondent {number:04}" for number in numbers]
    return replace(encoded_by_targets(seed), data=data_of(frame.assign(respondent=names), votes))


@bug("copies under new identifiers", "duplicates")
def copy_under_new_names(seed):
    """The rows of small parties were repeated, and all rows numbered afterwards."""
    import pandas as pd

    frame, votes = survey(seed)
    few = np.flatnonzero(frame["party"].str.contains("leans"))
    frame = pd.concat([frame, frame.iloc[few]], ignore_index=True)
    names = [f"row {number}" for number in np.random.default_rng(seed).permutation(len(frame))]
    return replace(encoded_by_targets(seed), data=data_of(frame.assign(row=names), np.concatenate([votes, votes[few]])))
