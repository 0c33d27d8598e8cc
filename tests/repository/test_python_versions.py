"""The versions of Python that the project declares, the README names and the workflows run are the same."""

from __future__ import annotations

import re
import tomllib

from tests.repository.house import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
MINORS = [
    int(minor)
    for classifier in PROJECT["project"]["classifiers"]
    for minor in re.findall(r"^Programming Language :: Python :: 3\.(\d+)$", classifier)
]
README = (ROOT / "README.md").read_text(encoding="utf-8")
WORKFLOW = (ROOT / ".github" / "workflows" / "tests.yml").read_text(encoding="utf-8")


def test_the_declared_versions_are_all_from_the_lowest():
    assert list(range(MINORS[0], MINORS[-1] + 1)) == MINORS
    assert PROJECT["project"]["requires-python"] == f">=3.{MINORS[0]}"


def test_the_readme_names_the_declared_versions():
    assert re.findall(r"negres supports Python 3\.(\d+) to 3\.(\d+)", README) == [(f"{MINORS[0]}", f"{MINORS[-1]}")]


def test_the_workflow_runs_every_declared_version():
    run = {int(minor) for line in re.findall(r"python: (.*)", WORKFLOW) for minor in re.findall(r'"3\.(\d+)"', line)}
    assert run == set(MINORS)


def test_the_versions_without_tensorflow_are_those_of_the_extra():
    [tensorflow] = PROJECT["project"]["optional-dependencies"]["cpu"]
    [first_without] = re.findall(r"python_version < '3\.(\d+)'", tensorflow)
    [matrix] = re.findall(r"python: \[(.*)\] # the versions that TensorFlow has", WORKFLOW)
    assert re.findall(r"3\.(\d+)", matrix) == [f"{minor}" for minor in MINORS if minor < int(first_without)]
    assert f"on Python 3.{first_without} use `jax`" in README
