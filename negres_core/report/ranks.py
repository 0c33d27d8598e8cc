"""Ranks: how all arms that were recorded rank over the data sets that they share, without training anything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from negres_core.errors import InputError
from negres_core.evidence import ArmRecord, Evidence
from negres_core.evidence.record import digest_of
from negres_core.report.layout import lay_out, show_p
from negres_core.statistics.ranking import rank


def render(evidences: Sequence[Evidence], *, metric: str, higher_is_better: bool) -> str:
    """Render the mean ranks of arms, the tests that all are alike, and which pairs differ.

    The data set is the unit, with one value an arm: the mean of the metric over the cells of that arm. Where several
    hypotheses trained an arm on a data set, the one with the most cells counts. An arm that is missing on a data set is
    left out, and said to be; so is evidence that a control voided. Smoke runs have no say.

    Args:
        evidences: the hypotheses whose arms are ranked.
        metric: by what.
        higher_is_better: the direction of the metric.

    Raises:
        InputError: fewer than 3 arms share the data sets, there are fewer than 3 of these, or all arms tie.
    """
    finished = [each for each in evidences if each.status == "finished" and not each.smoke]
    names = {each.data.digest: each.data.name for each in finished}
    values = _values([each for each in finished if each.verdict != "invalid"], metric)
    data_sets = sorted({digest for found in values.values() for digest in found}, key=names.__getitem__)
    shared = {arm: [found[each] for each in data_sets] for arm, found in values.items() if len(found) == len(data_sets)}
    notes = [
        f"left out: {arm}, which is not on {', '.join(names[each] for each in data_sets if each not in found)}"
        for arm, found in values.items()
        if arm not in shared
    ]
    if void := sum(each.verdict == "invalid" for each in finished):
        notes.append(f"left out: {void} invalid {'hypothesis' if void == 1 else 'hypotheses'}")
    if len(shared) < 3 or len(data_sets) < 3:
        raise InputError(
            "A ranking takes at least 3 arms, each recorded on the same 3 data sets or more.",
            received="; ".join([f"{metric} of arms: {len(shared)}, on data sets: {len(data_sets)}", *notes]),
            remedy="Choose hypotheses that share data sets with -k, another --metric, or run the claims on more data "
            "sets. Two arms are compared by a claim, and over data sets by `negres table`.",
        )
    ranking = rank({arm: np.array(each) for arm, each in shared.items()}, higher_is_better=higher_is_better)
    rows = [(f"{mean:.2f}", arm) for arm, mean in ranking.mean_ranks.items()]
    rough = ", far too small with 3 data sets" if len(data_sets) == 3 else ", both rough with fewer than 8 data sets"
    pairs = [f"  {better} is better than {worse}" for better, worse in ranking.differing]
    return "\n".join(
        [
            lay_out(rows, headers=("mean rank", "arm"), widths=(9, 100), style="terminal"),
            "",
            f"{metric} on {len(data_sets)} data sets: {', '.join(names[each] for each in data_sets)}",
            f"that all arms are alike: Friedman p {show_p(ranking.friedman_p)}, Iman-Davenport p "
            f"{show_p(ranking.iman_davenport_p)}{rough if len(data_sets) < 8 else ''}",
            f"critical difference of mean ranks, Nemenyi at {ranking.alpha:g}: {ranking.critical_difference:.2f}",
            *(pairs or ["  no two arms differ by more"]),
            *notes,
        ]
    )


def _values(evidences: Sequence[Evidence], metric: str) -> dict[str, dict[str, float]]:
    """Return the value of each arm, by its name, on each data set, by its digest."""
    recipes: dict[str, str] = {}
    found: dict[str, dict[str, tuple[int, float]]] = {}
    for evidence in evidences:
        for arm in evidence.arms:
            if metric in arm.metrics and (value := arm.metrics[metric].mean) is not None:
                identity, digest = _identity(arm), evidence.data.digest
                recipes[identity] = arm.recipe
                cells = sum(map(len, arm.values))
                best = found.setdefault(identity, {}).get(digest)
                if best is None or cells > best[0]:
                    found[identity][digest] = (cells, value)
    alike = Counter(recipes.values())
    return {
        (recipe if alike[recipe] == 1 else f"{recipe} #{identity[:6]}"): {
            digest: value for digest, (_, value) in found[identity].items()
        }
        for identity, recipe in recipes.items()
    }


def _identity(arm: ArmRecord) -> str:
    """Digest the parts of an arm that do not depend on the data set."""
    return digest_of({"recipe": arm.recipe, **arm.description.without_shapes()})
