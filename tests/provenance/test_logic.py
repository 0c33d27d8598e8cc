"""The logic of source: what counts, what does not, and that it is the same in every version of Python."""

from __future__ import annotations

import ast
import shutil
import subprocess
from pathlib import Path

import pytest

import negres_core
from negres_core.provenance.analysis import ANALYSIS
from negres_core.provenance.logic import logic_of, statements_of

PLAIN = """
RATE = 0.5

def check(run, *, most=3):
    if run > most:
        raise InputError("too large", received=run, remedy="Take less.")
    return Finding(passed=run < RATE, found="much", threshold="little", remedy="Take less.")
"""


def logic(source):
    return logic_of(ast.parse(source))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("RATE = 0.5", "RATE = 0.5\n'''The rate.'''"),
        ("RATE = 0.5", "RATE = .50  # the rate"),
        ("most=3):", "most=3):\n    '''Check it.'''"),
        ("run > most", "(run) > (most)"),
        ('"too large"', '"The run is too large."'),
        ('"Take less."', '"Choose a smaller run."'),
        ('found="much"', 'found=f"{run} is much"'),
        ('threshold="little"', 'threshold="at most a little"'),
    ],
)
def test_wording_and_layout_do_not_count(old, new):
    assert old in PLAIN
    assert logic(PLAIN.replace(old, new)) == logic(PLAIN)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.5", "0.6"),
        ("most=3", "most=4"),
        ("run > most", "run >= most"),
        ("check(", "test("),
        ("InputError", "ValueError"),
        ("passed=run < RATE", "passed=True"),
        ("RATE = 0.5", "RATE = '0.5'"),
        ("RATE = 0.5", "RATE = 0.5\nOTHER = 'text'"),
    ],
)
def test_code_counts(old, new):
    assert old in PLAIN
    assert logic(PLAIN.replace(old, new)) != logic(PLAIN)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("note(found='much')", "note(found='little')"),
        ("loss = MeanSquaredError(reduction='sum')", "loss = MeanSquaredError(reduction='none')"),
        ("errors.append(InputError('much'))", "errors.append(InputError('little'))"),
        ("raise StopIteration('much')", "raise StopIteration('little')"),
        ("raise FoundError(one)", "raise FoundError(other)"),
        ("raise FoundError('much', one)", "raise FoundError('much', other)"),
        ("raise InputError('much') from one", "raise InputError('much') from other"),
        ("raise one.InputError('much')", "raise other.InputError('much')"),
    ],
)
def test_only_the_wording_of_findings_and_raised_errors_does_not_count(one, other):
    assert logic(one) != logic(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("raise InputError('much')", "raise InputError(f'{one} is much')"),
        ("raise errors.InputError('much', received=f'{one}')", "raise errors.InputError('little')"),
        ("raise InputError('much', remedy=', '.join(names))", "raise InputError('much', remedy='Choose a name.')"),
    ],
)
def test_arguments_of_a_raised_error_that_contain_text_do_not_count(one, other):
    assert logic(one) == logic(other)


def statements(source):
    return statements_of(ast.parse(source), package="own")


def test_statements_leave_out_docstrings_and_imports_of_the_package():
    source = "'''Text.'''\nimport math\nfrom own.place import name\nimport own.place\nX = 1"

    assert statements(source) == [logic_of(node) for node in ast.parse("import math\nX = 1").body]


def test_functions_are_separate_and_constants_stay_together():
    one, other = "A = 1\ndef f(): pass\nB = 2\n", "A = 1\nB = 2\n\ndef f(): pass\n"

    assert statements(one) == statements(other)
    assert len(statements(one)) == 2
    assert statements("A = 1\nB = 2") != statements("A = 1") + statements("B = 2")


def test_an_import_under_another_name_counts():
    assert statements("from own import one as two") != statements("from own import other as two")
    assert statements("from own.a import one as two") == statements("from own.b import one as two")


PRINT_LOGIC = """
import ast, sys
module, *paths = sys.argv[1:]
exec(open(module, encoding="utf-8").read())
for path in paths:
    print(ascii(logic_of(ast.parse(open(path, encoding="utf-8").read()))))
"""


@pytest.mark.parametrize("version", ["3.12", "3.13", "3.14"])
def test_other_versions_of_python_give_the_same_text(version):
    """A ledger that was written on one version is read on another, so the whole analysis has to give the same text."""
    python = shutil.which(f"python{version}")
    if python is None or subprocess.run([python, "--version"], capture_output=True, check=False).returncode:
        pytest.skip(f"Python {version} is not installed")
    package = Path(negres_core.__file__).parent
    paths = sorted(path for pattern in ANALYSIS for path in package.glob(pattern))
    command = [python, "-c", PRINT_LOGIC, package / "provenance" / "logic.py", *paths]

    texts = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()

    assert texts == [ascii(logic(path.read_text(encoding="utf-8"))) for path in paths]
