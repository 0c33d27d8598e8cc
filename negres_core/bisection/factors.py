"""Configurations: named factors that distinguish two experiments, given as a test's parameters or in a file."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from negres_core.errors import InputError

Configuration = Mapping[str, Any]
"""A dictionary of factors, flat with dotted names as in "model.activation", to plain JSON values."""


def as_json(value: Any) -> str:
    """Return a factor's value as strict JSON."""
    # As text, 1, 1.0 and true are three different values.
    return json.dumps(value, sort_keys=True, allow_nan=False, ensure_ascii=False)


def name_mixture(configuration: Configuration) -> str:
    """Return the param id of a mixture of two configurations: equal configurations have equal ids."""
    return f"mix-{hashlib.sha256(as_json(dict(configuration)).encode()).hexdigest()[:12]}"


def differing_factors(failing: Configuration, working: Configuration) -> tuple[str, ...]:
    """Return the factors that two configurations differ in, in the order of the failing one.

    Raises:
        InputError: the configurations have different factors, are equal, or hold values that JSON cannot express.
    """
    for which, configuration in (("failing", failing), ("working", working)):
        _check_plain(which, configuration)
    if failing.keys() != working.keys():
        one_sided = [f"{name} (failing only)" for name in failing if name not in working]
        one_sided += [f"{name} (working only)" for name in working if name not in failing]
        raise InputError(
            "The failing and the working configuration need to have the same factors.",
            received=", ".join(one_sided),
            remedy="Give every factor on both sides, with the value that applies there.",
        )
    differing = tuple(name for name in failing if as_json(failing[name]) != as_json(working[name]))
    if not differing:
        raise InputError(
            "The failing and the working configuration differ in no factor.",
            received=", ".join(f"{name}: {as_json(value)}" for name, value in failing.items()) or "no factors",
            remedy="Turn the difference between the two into a factor, or give another configuration.",
        )
    return differing


def _check_plain(which: str, configuration: Configuration) -> None:
    wrong = f"The {which} configuration has to map factors to plain JSON values."
    remedy = 'Write it flat, with names instead of functions: {"model.activation": "relu", "train.epochs": 10}.'
    if not isinstance(configuration, Mapping):
        raise InputError(wrong, received=configuration, remedy=remedy)
    for name, value in configuration.items():
        try:
            is_plain = isinstance(name, str) and not isinstance(value, Mapping) and bool(as_json(value))
        except (TypeError, ValueError):  # a value that JSON cannot express, or a number that is not finite
            is_plain = False
        if not is_plain:
            raise InputError(wrong, received=f"{name}: {value!r}", remedy=remedy)


@dataclass(frozen=True)
class End:
    """One of the two configurations, as the user named it.

    Attributes:
        test: the test's id, without parameters.
        param: the id of its parameters, or None if `factors` is given.
        factors: the configuration, or None if it is a parameter of the test.
    """

    test: str
    param: str | None = None
    factors: Configuration | None = None


def read_ends(failing: str, working: str) -> tuple[End, End]:
    """Read the two configurations that a user named, each as a test's id with its param id or as a TOML or JSON file.

    Args:
        failing: the configuration that fails.
        working: the configuration that works; a param id is enough.

    Raises:
        InputError: one is not a configuration, or the two belong to different tests.
    """
    first = _read_end(failing, test=None)
    second = _read_end(working, test=first.test)
    if _place(first.test) != _place(second.test):
        raise InputError(
            "Only two configurations of one test can be bisected, not two tests.",
            received=f"{first.test} and {second.test}",
            remedy="Merge them into one test, with the differences in a parameter named `configuration`.",
        )
    return first, second


def _read_end(text: str, *, test: str | None) -> End:
    if "::" in text:
        name, bracket, param = text.removesuffix("]").partition("[")
        if bracket:
            return End(name, param=param)
    elif Path(text).suffix in (".toml", ".json"):
        return _read_file(Path(text))
    elif test is not None:
        return End(test, param=text)
    raise InputError(
        "This is not a configuration of a test.",
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
            "A configuration file holds exactly `test`, a test's id without parameters, and `factors`.",
            received=f"{path}: {content!r}",
            remedy='Write {"test": "test_faces.py::test_it_reconstructs", "factors": {"model.activation": "relu"}}.',
        )
    pairs = list(_flatten(content["factors"]))
    names = [name for name, _ in pairs]
    if repeated := {name for name in names if names.count(name) > 1}:
        remedy = "Write each factor once, either in a table or with a dotted name."
        raise InputError("A factor occurs twice.", received=f"{path}: {', '.join(repeated)}", remedy=remedy)
    return End(content["test"], factors=dict(pairs))


def _flatten(factors: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in factors.items():
        if isinstance(value, dict):
            yield from _flatten(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


def _place(test: str) -> tuple[Path, str]:
    path, _, name = test.partition("::")
    return Path(path).resolve(), name
