"""The ledger in a session: each test is looked up, registered, or predicted, before anything is trained or read."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.tuning import Tuned
from negres_core.design import apply_seal
from negres_core.session.keys import PREDICT_KEY, REGISTERED, ledger_of, notes_of, store_of

if TYPE_CHECKING:
    from negres_core.evidence import Commitment, Registration
    from negres_core.experiment.training import Progress
    from negres_core.run.arm import Role


def known_as(item: pytest.Item) -> Callable[[Commitment], str]:
    """Return the function that finds the id under which a test is registered, even after its file was moved."""
    from negres_core.experiment.registration import registered_as

    config = item.config

    def find(commitment: Commitment) -> str:
        exists = lambda file: (config.rootpath / file).exists()  # noqa: E731
        known = registered_as(commitment, ledger=ledger_of(config), exists=exists)
        if known != commitment.hypothesis:
            notes_of(config).append(f"{commitment.hypothesis} is known as {known}: its file was moved")
        return known

    return find


def register_or_compare(
    item: pytest.Item, recipes: Mapping[Role, Recipe | Tuned], arguments: Mapping[str, Any], progress: Progress
) -> Callable[[Commitment], Registration]:
    """Return the function that looks a test up in the ledger; or registers it, or predicts, and ends the test."""
    config = item.config
    if (predict := config.stash.get(PREDICT_KEY, None)) is not None:

        def predict_and_end(commitment: Commitment) -> Registration:
            claim, seen = arguments["claim"], arguments["on"].about(arguments["claim"].output)
            given = (arguments[name] for name in ("design", "confirm"))
            data, design, _ = apply_seal(seen, *given, confirming=config.getoption("negres_confirm"))
            predict(item, commitment, recipes, data, design, claim, progress)
            pytest.skip("predicted")

        return predict_and_end
    return _register_and_end(item) if config.getoption("negres_register") else ledger_of(config).compare


def register_or_compare_scores(item: pytest.Item, scores: object) -> Callable[[Commitment], Registration]:
    """Return the same function for a test whose scores are given, or will be; there is nothing to predict."""
    config = item.config
    if config.stash.get(PREDICT_KEY, None) is not None:
        pytest.skip("scores as given cannot be predicted again")
    if not config.getoption("negres_register"):
        return ledger_of(config).compare
    from negres_core.experiment.judge import known_before

    return _register_and_end(item, seen=known_before(scores))


def _register_and_end(item: pytest.Item, *, seen: Sequence[str] = ()) -> Callable[[Commitment], Registration]:
    """Return the function that registers a test, with what was known of its result, and ends it."""
    from negres_core.experiment.registration import register

    config = item.config

    def end(commitment: Commitment) -> Registration:
        reason = config.getoption("negres_reason")
        status = register(commitment, ledger=ledger_of(config), store=store_of(config), reason=reason, seen=seen)
        item.user_properties.append((REGISTERED, status))
        pytest.skip(status)

    return end
