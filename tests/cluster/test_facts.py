"""What a worker has to have in common with the process that judges."""

from __future__ import annotations

import sys
from dataclasses import replace

from negres_core.cluster.facts import digest_package, facts_of


def test_the_facts_of_this_process(device):
    facts = facts_of(device)
    assert facts.python == f"{sys.version_info.major}.{sys.version_info.minor}"
    assert facts.device == "cpu"
    assert "numpy" in dict(facts.versions)
    assert facts.differences(facts_of(device)) == []


def test_each_difference_is_named_with_both_values(device):
    here = replace(facts_of(device), versions=(("keras", "3.12"), ("numpy", "2.0")))
    there = replace(here, device="gpu", versions=(("numpy", "2.1"),))
    assert there.differences(here) == [
        "the kind of device is gpu, and cpu in the session",
        "keras is missing, and 3.12 in the session",
        "numpy is 2.1, and 2.0 in the session",
    ]


def test_every_module_counts_and_its_line_ends_do_not(tmp_path):
    def digest(name, **modules):
        folder = tmp_path / name
        folder.mkdir()
        for module, text in modules.items():
            (folder / f"{module}.py").write_bytes(text)
        return digest_package(folder)

    one = digest("one", a=b"x = 1\n", b=b"")
    assert digest("two", a=b"x = 1\r\n", b=b"") == one
    assert digest("three", a=b"x = 2\n", b=b"") != one
    assert digest("four", a=b"x = 1\n") != one
