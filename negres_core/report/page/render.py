"""Render the page from an evidence folder."""

from __future__ import annotations

import gc
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from negres_core.errors import EvidenceError
from negres_core.evidence import Entry, Evidence, Store, Summaries, read_picture
from negres_core.report.history import order_runs
from negres_core.report.page.canvas import drawing
from negres_core.report.page.checks import Control
from negres_core.report.page.families import family_name
from negres_core.report.page.forest import scale_key, shared_ranges
from negres_core.report.page.hypothesis import Sources, View, count_in_words, make_view, replicate_ids, summarize
from negres_core.report.page.images import MOST_EXACT_BYTES, embed
from negres_core.report.page.suite import make_suite
from negres_core.report.page.template import fill


def render(
    records: Sequence[Evidence],
    store: Store,
    *,
    family: dict[str, float],
    entries: Sequence[Entry] | None,
    controls: Sequence[Control],
    folder: str,
    history: Mapping[str, Sequence[Evidence]] | None = None,
) -> str:
    """Render hypotheses as one HTML page, which needs no other file.

    Args:
        records: the evidence of the hypotheses, in the order of the page.
        store: the store that has them, with their replicates and pictures.
        family: the corrected p-value of every hypothesis of the family, see `family_of`.
        entries: the entries of the ledger; None if there is none to trust.
        controls: the name of each control of this version of negres, and when it runs.
        folder: the evidence folder, as commands name it.
        history: the evidence in each folder of a history, by the folder's name.
    """
    known = Sources({}, entries, family, controls, shared_ranges(records), folder, order_runs(history or {}))
    gc.freeze()
    try:
        with drawing():
            views, suite = _views(records, store, known), make_suite(records, family)
    finally:
        gc.unfreeze()
    return fill(
        "page.html",
        page="Report",
        summary=count_in_words(views),
        kind="verdict",
        words={},
        views=views,
        suite=suite,
        counts=summarize(views),
        members=len(family),
        families=sorted({family_name(each) for each in records}),
        folder=folder,
    )


def _views(records: Sequence[Evidence], store: Store, known: Sources) -> list[View]:
    siblings: dict[str, list[Evidence]] = {}
    for evidence in records:
        siblings.setdefault(evidence.hypothesis.partition("[")[0], []).append(evidence)
    pictures = {each.hypothesis: [(one, read_picture(store, each, one)) for one in each.pictures] for each in records}
    size = sum(len(png or b"") for several in pictures.values() for _, png in several)
    compress = size > MOST_EXACT_BYTES
    with Summaries(store) as summaries:
        return [
            make_view(
                evidence,
                # Those of all hypotheses may be more than fits into memory.
                replace(known, replicates=summaries.read(replicate_ids(evidence))),
                siblings=siblings[evidence.hypothesis.partition("[")[0]],
                scale=known.limits[scale_key(evidence)],
                scores=_scores(store, evidence),
                images=[embed(one, png, compress=compress) for one, png in pictures[evidence.hypothesis]],
            )
            for evidence in records
        ]


def _scores(store: Store, evidence: Evidence) -> np.ndarray | None:
    try:
        return store.read_row_scores(evidence)
    except EvidenceError:
        return None  # the page says less; `negres verify` says what is wrong
