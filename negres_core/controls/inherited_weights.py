"""Inherited weights are the parent's: bitwise equal to what its own record says it ended with."""

from __future__ import annotations

from negres_core.evidence import Finding, Replicate
from negres_core.run import Run

WHEN = "after"
FITS = True


def differing_weights(child: Replicate, parent: Replicate) -> list[str]:
    """Return the paths of a child's inherited weights that did not begin as the parent's record says they ended."""
    inherited = ((weight, weight.inherited_from) for weight in child.weights)
    return [
        weight.path for weight, index in inherited if index is not None and weight.start != parent.weights[index].end
    ]


def check(run: Run) -> Finding | None:
    """Compare each inherited weight's digest at the start with the digest in the record of the parent's replicate.

    The parent's weights went through a file in between; the two digests were taken on either side of it.
    """
    differ: set[str] = set()
    inherited = without = replicates = 0
    for arm in run.arms:
        for parents, children in zip(arm.stages, arm.stages[1:], strict=False):
            for parent, child in zip(parents, children, strict=True):
                loaded = sum(weight.inherited_from is not None for weight in child.weights)
                differ |= set(differing_weights(child, parent))
                inherited += loaded
                without += not loaded
                replicates += 1
    if not replicates:
        return None
    return Finding(
        control="inherited weights",
        passed=not differ and not without,
        found=f"{len(differ)} of {inherited} inherited weights differ from the parent's"
        f"{': ' if differ else ''}{', '.join(sorted(differ)[:5])}; {without} of {replicates} replicates inherited none",
        threshold="0 may differ: what is loaded is bitwise what was saved",
        remedy="Check that the parent is saved after its training, and loaded before the child's.",
    )
