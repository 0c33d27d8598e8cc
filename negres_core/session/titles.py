"""Names of a test: its title in words, and its id, which is the same in every process and however pytest is started."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping

import pytest

from negres_core.arms.functions import name_of
from negres_core.dataset import Dataset
from negres_core.errors import encodable
from negres_core.session.keys import expected_of, params_of

WITH_COLUMN = ("data", "dataset", "expected")
"""Parameters that have a column of their own in the table."""
_OBJECT = re.compile(
    r"<(?:(?:bound method|built-in function|function) )?([^<>]*?)(?: object)?(?: of [^<>]*)? at 0x\w+>"
)
_ADDRESS = re.compile(r" at 0x[0-9a-fA-F]+")


def title_of(item: pytest.Item) -> str:
    """Return a test's name as a sentence, with the parameters that have no column in the table."""
    name = getattr(item, "originalname", item.name).removeprefix("test_").replace("_", " ")
    # A configuration of many factors is shown by its parameter id.
    param_id = without_addresses(item.name.partition("[")[2].removesuffix("]"))
    shown = {
        key: value
        for key, value in params_of(item).items()
        if key not in WITH_COLUMN and not isinstance(value, Dataset)
    }
    others = [f"{key} {param_id if isinstance(value, Mapping) else _text_of(value)}" for key, value in shown.items()]
    title = encodable(f"{name} ({', '.join(others)})" if others else name)
    return _as_confirmation(item, "", title)[1]


def id_of(item: pytest.Item) -> str:
    """Return a test's id, without what pytest-xdist adds to it and without addresses in the ids of its parameters."""
    parent = item.parent.nodeid if item.parent else ""
    return without_addresses(f"{parent}::{item.name}")


def identity_of_test(item: pytest.Item) -> str:
    """Return a test's id without the expected verdict, by which its hypothesis is known, or its confirmation."""
    from negres_core.experiment.registration import identity_of

    expected, names = expected_of(item), list(params_of(item))
    expected = expected if isinstance(expected, str) else None
    identity = identity_of(id_of(item), expected=expected, last=names[-1:] == ["expected"])
    return _as_confirmation(item, identity, "")[0]


def _as_confirmation(item: pytest.Item, identity: str, title: str) -> tuple[str, str]:
    """Return an id and a title, in a session that opens sealed rows those of the confirmation."""
    from negres_core.experiment.confirmation import confirmation_of

    is_confirmation = item.config.getoption("negres_confirm", False)
    return confirmation_of(identity, title) if is_confirmation else (identity, title)


def without_addresses(text: str) -> str:
    """Return a text without addresses in memory, which are others in every process.

    Examples:
        >>> without_addresses("<function wide at 0x7f3a5c0>")
        'wide'
        >>> without_addresses("[<lab.Net object at 0x7f3a5c0>]")
        '[lab.Net]'
    """
    return _ADDRESS.sub("", _OBJECT.sub(r"\1", text))


def _text_of(value: object) -> str:
    if callable(value) and (isinstance(value, functools.partial) or hasattr(value, "__name__")):
        return without_addresses(name_of(value))
    return without_addresses(str(value))
