"""Configurations: experiments told apart by named factors, given as a test's parameters or as a file."""

from __future__ import annotations

import hashlib
import json
import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from negres_core.errors import InputError

Configuration = Mapping[str, Any]
"""Factors, flat and dotted as in "model.activation", to plain JSON values."""


def shown(value: Any) -> str:
    """Return a factor's value as strict JSON."""
    # As text, 1, 1.0 and true are three values.
    return json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False)


def name_mixture(configuration: Configuration) -> str:
    """Return the param id of a configuration that nobody named: equal configurations have equal ids."""
    return f"mix-{hashlib.sha256(shown(dict(configuration)).encode()).hexdigest()[:12]}"


def is_mixture(test: str) -> bool:
    """Tell whether a test's id is that of a mixture: run to find a cause, and no claim of anybody's."""
    return re.search(r"[\[-]mix-[0-9a-f]{12}[]-]", test) is not None


def differing_factors(failing: Configuration, working: Configuration) -> tuple[str, ...]:
    """Return the factors that two configurations differ in, in the order of the failing one.

    Raises:
        InputError: the configurations have different factors, differ in none, or are no plain values.
    """
    for which, configuration in (("failing", failing), ("working", working)):
        _check_plain(which, configuration)
    if failing.keys() != working.keys():
        one_sided = [f"{name} (failing only)" for name in failing if name not in working]
        one_sided += [f"{name} (working only)" for name in working if name not in failing]
        raise InputError(
            "Two configurations that are bisected have the same factors.",
            received=", ".join(one_sided),
            remedy="Give each factor on both sides, where one side lacks it with the value that it takes there.",
        )
    differing = tuple(name for name in failing if shown(failing[name]) != shown(working[name]))
    if not differing:
        raise InputError(
            "The failing and the working configuration differ in no factor.",
            received=", ".join(f"{name}: {shown(value)}" for name, value in failing.items()) or "no factors",
            remedy="Make what differs between the two a factor, or give another configuration.",
        )
    return differing


def _check_plain(which: str, configuration: Configuration) -> None:
    wrong = f"The {which} configuration has to map factors to plain JSON values."
    remedy = 'Write it flat, as in {"model.activation": "relu", "train.epochs": 10}: a name, not a function.'
    if not isinstance(configuration, Mapping):
        raise InputError(wrong, received=configuration, remedy=remedy)
    for name, value in configuration.items():
        try:
            plain = isinstance(name, str) and not isinstance(value, Mapping) and bool(shown(value))
        except (TypeError, ValueError):  # what JSON has no word for; a number that is not finite
            plain = False
        if not plain:
            raise InputError(wrong, received=f"{name}: {value!r}", remedy=remedy)


@dataclass(frozen=True)
class End:
    """One of the two configurations, as it was given.

    Attributes:
        test: the test's id as pytest takes it, without parameters.
        param: the id of its parameters, or None where factors are given.
        factors: the configuration, or None where the test's parameters have it.
    """

    test: str
    param: str | None = None
    factors: Configuration | None = None


def read_ends(failing: str, working: str) -> tuple[End, End]:
    """Read what names the two configurations: a test's id with its param id, or a TOML or JSON file.

    Args:
        failing: names the configuration that fails.
        working: names the one that works; its param id alone will do.

    Raises:
        InputError: one names no configuration, or the two are not of the same test.
    """
    first = _read_end(failing, test=None)
    second = _read_end(working, test=first.test)
    if _place(first.test) != _place(second.test):
        raise InputError(
            "Two configurations of one test can be bisected, not two tests.",
            received=f"{first.test} and {second.test}",
            remedy="Make one test of them, with a parameter named `configuration` for what differs.",
        )
    return first, second


def _read_end(text: str, *, test: str | None) -> End:
    if "::" in text:
        name, opened, param = text.removesuffix("]").partition("[")
        if opened:
            return End(name, param=param)
    elif Path(text).suffix in (".toml", ".json"):
        return _read_file(Path(text))
    elif test is not None:
        return End(test, param=text)
    raise InputError(
        "This names no configuration of a test.",
        received=text,
        remedy="Give a test's id with its param id, as in test_faces.py::test_it_reconstructs[article], or a TOML or "
        "JSON file.",
    )


def _read_file(path: Path) -> End:
    try:
        text = path.read_text(encoding="utf-8")
        content = tomllib.loads(text) if path.suffix == ".toml" else json.loads(text)
    except (OSError, ValueError) as error:
        remedy = "Name a TOML or JSON file, or a test's id with its param id."
        raise InputError("A configuration cannot be read.", received=f"{path}: {error}", remedy=remedy) from error
    if (
        not isinstance(content, dict)
        or content.keys() != {"test", "factors"}
        or not isinstance(content["test"], str)
        or "::" not in content["test"]
        or "[" in content["test"]
        or not isinstance(content["factors"], dict)
    ):
        raise InputError(
            "A file that names a configuration has `test`, a test's id without parameters, and `factors`.",
            received=f"{path}: {content!r}",
            remedy='Write {"test": "test_faces.py::test_it_reconstructs", "factors": {"model.activation": "relu"}}.',
        )
    pairs = list(_flatten(content["factors"]))
    names = [name for name, _ in pairs]
    if repeated := {name for name in names if names.count(name) > 1}:
        remedy = "Write each once, in a table or with dots in its name."
        raise InputError("A factor is given twice.", received=f"{path}: {', '.join(repeated)}", remedy=remedy)
    return End(content["test"], factors=dict(pairs))


def _flatten(factors: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in factors.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{above}{name}.")
        else:
            yield f"{above}{name}", value


def _place(test: str) -> tuple[Path, str]:
    path, _, name = test.partition("::")
    return Path(path).resolve(), name
