"""Registration: what a run commits itself to before it begins, and whether it was registered."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Literal

from negres_core.dataset import Dataset
from negres_core.design import Design
from negres_core.errors import InputError
from negres_core.evidence import Commitment, Evidence, Ledger, Registration, Store
from negres_core.provenance.commit import digest_analysis
from negres_core.recipe import Recipe
from negres_core.run import Arm, Role


def identity_of(test: str, *, expected: str | None) -> str:
    """Return a test's id without the verdict it expects: a hypothesis stays the same when the expectation is turned.

    >>> identity_of("test_growth.py::test_growth_pays[digits-refuted]", expected="refuted")
    'test_growth.py::test_growth_pays[digits]'
    """
    name, _, parameters = test.removesuffix("]").partition("[")
    parts = parameters.split("-")
    if expected not in parts:
        return test
    parts.remove(expected)
    return f"{name}[{'-'.join(parts)}]" if parts else name


def commitment_of(evidence: Evidence, arms: Mapping[Role, Recipe], data: Dataset) -> Commitment:
    """Return what a run commits itself to.

    Args:
        evidence: the evidence as it stands before training.
        arms: the recipe of each arm.
        data: the data set.
    """
    from negres_core.engine.description import describe_recipe, digest_recipe

    said = evidence.model_dump(mode="json", include={"hypothesis", "title", "claim", "design", "data"})
    return Commitment(
        **said | {"data": {name: said["data"][name] for name in ("name", "digest")}},
        stopping=Design(**evidence.design).stopping,
        expected=evidence.expected,
        arms={role: digest_recipe(describe_recipe(recipe, data)) for role, recipe in arms.items()},
        analysis=digest_analysis(),
    )


def register(
    plan: Commitment, *, ledger: Ledger, store: Store, reason: str | None
) -> Literal["registered", "amended", "unchanged"]:
    """Register a plan, together with the verdicts that are known of its hypothesis.

    Raises:
        InputError: the test expects no verdict, or it is registered otherwise and there is no reason.
        EvidenceError: the ledger is broken or cannot be written.
    """
    if plan.expected not in ("supported", "refuted"):
        raise InputError(
            "A registration says which verdict is expected.",
            received=f"expected={plan.expected!r} in {plan.hypothesis}",
            remedy='Parametrize the test: @pytest.mark.parametrize("expected", ["supported"]), or "refuted".',
        )
    known = {each.verdict or "cut off" for each in store.all_evidence() if each.hypothesis == plan.hypothesis}
    return ledger.register(plan, reason=reason, seen=sorted(known))


def count_older(registration: Registration | None, arms: Sequence[Arm]) -> Registration | None:
    """Count the differences that could be known before they were registered.

    Args:
        registration: what the ledger said when the run began.
        arms: the arms, trained.

    Returns:
        The registration, with the count of cells and seeds of which the replicates of all arms are older.
    """
    if registration is None or registration.registered_at is None:
        return registration
    written = datetime.fromisoformat(registration.registered_at)
    pairs = zip(*(arm.replicates for arm in arms), strict=True)
    older = sum(all(datetime.fromisoformat(each.recorded_at) < written for each in pair) for pair in pairs)
    return registration.updated(older=older)
