"""Inherited weights are the parent's: bitwise equal to the final weights in its record."""

from __future__ import annotations

from negres_core.evidence import Finding, Replicate
from negres_core.run.run import Run

NAME = "inherited weights"
WHEN = "after"
FITS = True


def check(run: Run) -> Finding | None:
    """Compare the initial digest of each inherited weight with the final digest in the parent's record.

    The parent's weights went through a file in between, and the two digests were computed on either side of it.
    """
    differ: set[str] = set()
    inherited = without = replicates = 0
    shares: dict[str, None] = {}
    for arm in run.by_recipe:
        has_rule = [stage.start is not None for stage in arm.recipe.stages[1:]] + [False]
        for parents, children, is_made in zip(arm.stages, arm.stages[1:], has_rule, strict=False):
            for parent, child in zip(parents, children, strict=True):
                loaded = sum(weight.inherited_from is not None for weight in child.weights)
                differ |= set(child.differing_weights(parent))
                inherited += loaded
                shares[_share_of(parent, child)] = None
                replicates += 1
                # A rule changes weights before training; "initial weights" applies it again.
                if not loaded and not is_made:
                    without += 1
    if not replicates:
        return None
    return Finding(
        control=NAME,
        passed=not differ and not without,
        found=f"{len(differ)} of {inherited} inherited weights differ from the parent's"
        f"{': ' if differ else ''}{', '.join(sorted(differ)[:5])}; "
        f"{' and '.join(shares)} of the parent's layers inherited; "
        f"{without} of {replicates} replicates inherited none",
        threshold="expected 0 of each: loaded weights are bitwise the saved ones",
        remedy="Check that the parent is saved after its training, and loaded before the child's.",
    )


def _share_of(parent: Replicate, child: Replicate) -> str:
    """Return how many of a parent's layers a child inherited: "2 of 3"."""
    layers = [weight.path.rpartition("/")[0] for weight in parent.weights]
    taken = {layers[weight.inherited_from] for weight in child.weights if weight.inherited_from is not None}
    return f"{len(taken)} of {len(set(layers))}"
