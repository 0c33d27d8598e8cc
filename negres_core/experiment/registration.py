"""Registration: the commitment of a run, and how it is registered before the run."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Literal

from negres_core.arms.recipe import Recipe
from negres_core.dataset import Dataset
from negres_core.errors import InputError
from negres_core.evidence import (
    Commitment,
    DataIdentity,
    Evidence,
    Ledger,
    Registration,
    StoppingRule,
    Store,
    TuningPlan,
)
from negres_core.provenance.analysis import digest_analysis
from negres_core.run.arm import Arm, Role

MAY_CHANGE = {"analysis code", "expected verdict", "stopping rule"}
"""Parts of a commitment by which a test whose file was moved is not recognized."""


def identity_of(test: str, *, expected: str | None, last: bool = True) -> str:
    """Return a test's id without the expected verdict: changing the expectation does not make another hypothesis.

    Args:
        test: the test's id.
        expected: the expected verdict, as it appears in the id.
        last: whether the last part of the id that equals the verdict is removed, or the first.

    >>> identity_of("test_growth.py::test_growth_pays[digits-refuted]", expected="refuted")
    'test_growth.py::test_growth_pays[digits]'
    """
    name, _, parameters = test.removesuffix("]").partition("[")
    parts = parameters.split("-")
    if expected not in parts:
        return test
    places = [place for place, part in enumerate(parts) if part == expected]
    del parts[places[-1 if last else 0]]
    return f"{name}[{'-'.join(parts)}]" if parts else name


def check_expected(expected: object) -> None:
    """Raise InputError if an expected verdict is not one that a claim can be registered with."""
    if expected is not None and expected not in ("supported", "refuted"):
        raise InputError(
            'The parameter `expected` of a hypothesis has to be "supported" or "refuted".',
            received=f"expected={expected!r}",
            remedy='Give expected="supported" or expected="refuted"; "inconclusive" and "invalid" mean that a run '
            "could not tell. If the parameter is not the expected verdict, give it another name.",
        )


def outcome_of(evidence: Evidence) -> Literal["as expected", "surprise"] | None:
    """Return whether a verdict is the registered one, or else the one that the test expects; None if there is none."""
    if evidence.smoke or evidence.kind != "claim" or evidence.verdict is None or evidence.expectation is None:
        return None
    return "as expected" if evidence.verdict == evidence.expectation else "surprise"


def registered_as(commitment: Commitment, *, ledger: Ledger, exists: Callable[[str], bool]) -> str:
    """Return the id under which a hypothesis is registered: its own, or the one it had before its file was moved.

    Args:
        commitment: the commitment of a test.
        ledger: the ledger.
        exists: whether a file, relative to the root directory, exists. If the file of the registered test still does,
            the new one is a copy and another hypothesis.

    Raises:
        EvidenceError: the ledger cannot be trusted or read.
    """
    registered = ledger.hypotheses()
    if commitment.hypothesis in registered:
        return commitment.hypothesis
    moved = [
        id
        for id, entry in registered.items()
        if id.partition("::")[2] == commitment.hypothesis.partition("::")[2]
        and not exists(id.partition("::")[0])
        and set(entry.differs_in(commitment)) <= MAY_CHANGE
    ]
    return moved[0] if len(moved) == 1 else commitment.hypothesis


def commitment_of(
    evidence: Evidence, arms: Mapping[Role, Recipe], data: Dataset, plans: Mapping[Role, TuningPlan] | None = None
) -> Commitment:
    """Return the commitment of a run.

    Args:
        evidence: the evidence before training.
        arms: the recipe of each arm.
        data: the data set.
        plans: what tuned arms search, by their roles.
    """
    from negres_core.engine.description import describe_recipe

    digests = {role: describe_recipe(recipe, data).digest for role, recipe in arms.items() if role not in (plans or {})}

    return Commitment(
        hypothesis=evidence.hypothesis,
        title=evidence.title,
        claim=evidence.claim,
        design=evidence.design,
        stopping=StoppingRule.of(evidence.design.as_design()),
        expected=evidence.expected,
        arms=digests | {role: plan.digest for role, plan in (plans or {}).items()},
        analysis=digest_analysis(),
        data=DataIdentity(name=data.name, digest=data.digest),
        seal=evidence.seal,
        waived=evidence.waived,
        own_controls=evidence.own_controls,
    )


def register(
    commitment: Commitment, *, ledger: Ledger, store: Store, reason: str | None, seen: Sequence[str] = ()
) -> Literal["registered", "amended", "unchanged"]:
    """Register a commitment, together with the known verdicts of its hypothesis.

    Args:
        commitment: the commitment.
        ledger: the ledger.
        store: where earlier evidence is.
        reason: the reason for an amendment, if it is one.
        seen: what else was known of the result.

    Raises:
        InputError: the test does not expect a verdict, or it is registered with other content and there is no reason.
        EvidenceError: the ledger is broken or cannot be written.
    """
    if commitment.expected not in ("supported", "refuted"):
        raise InputError(
            "A registration needs the expected verdict.",
            received=f"expected={commitment.expected!r} in {commitment.hypothesis}",
            remedy='Parametrize the test: @pytest.mark.parametrize("expected", ["supported"]), or "refuted".',
        )
    earlier = [each for each in store.all_evidence() if each.hypothesis == commitment.hypothesis]
    known = {each.verdict or "interrupted" for each in earlier}
    return ledger.register(commitment, reason=reason, seen=sorted(known | set(seen)))


def on_record(
    ledger: Ledger, store: Store, *, reason: str | None = None
) -> Callable[[Commitment], Registration | None]:
    """Return a function that registers the hypothesis that is about to be run, for experiments without pytest.

    Args:
        ledger: the ledger.
        store: where earlier evidence of the hypothesis is.
        reason: the reason for amending it, if it is registered with other content.

    Raises (when the function is called):
        InputError: the experiment expects no verdict, or amends without a reason.
        EvidenceError: the ledger is broken or cannot be written.
    """

    def register_and_compare(commitment: Commitment) -> Registration:
        register(commitment, ledger=ledger, store=store, reason=reason)
        return ledger.compare(commitment)

    return register_and_compare


def count_older(registration: Registration | None, arms: Sequence[Arm]) -> Registration | None:
    """Count the differences that may have been known when the hypothesis was registered.

    Args:
        registration: the state of the ledger when the run began.
        arms: the trained arms.

    Returns:
        The registration, with the number of differences (one per cell and seed) whose replicates are all older.
    """
    if registration is None or registration.registered_at is None:
        return registration
    written = datetime.fromisoformat(registration.registered_at)
    pairs = zip(*(arm.replicates for arm in arms), strict=True)
    older = sum(all(datetime.fromisoformat(each.recorded_at) < written for each in pair) for pair in pairs)
    return registration.updated(older=older)
