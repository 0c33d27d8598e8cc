"""The reference pages are those of the code: options, commands, variables, fields and numbers."""

import json
import re

import pytest

import negres_core.controls
from negres_core import Evidence, errors
from negres_core.discovery import modules_in
from negres_core.evidence import schema_of
from negres_core.metrics import METRICS
from negres_core.plugin import OPTIONS
from negres_core.statistics import Look
from tests.docs import reference
from tests.docs.terminal import ROOT

README, API, COMMAND_LINE, EVIDENCE, FIXTURE, VERDICTS = (
    (ROOT / name).read_text(encoding="utf-8")
    for name in (
        "README.md",
        *(f"docs/{page}.md" for page in ("api", "command-line", "evidence", "fixture", "verdicts")),
    )
)
MADE_BY = "print it again: python -m tests.docs.reference"


def test_the_options_are_the_plugins():
    assert reference.options() in COMMAND_LINE, MADE_BY
    assert set(re.findall(r"^\| `(--negres-\w+)", COMMAND_LINE, flags=re.MULTILINE)) == set(OPTIONS)


def test_the_commands_are_those_of_the_command_line():
    assert reference.commands() in COMMAND_LINE, MADE_BY


def test_every_argument_has_a_help_text():
    assert not re.findall(r"^\| `.*` \|  \|$", f"{reference.options()}\n{reference.commands()}", flags=re.MULTILINE)


def test_the_ini_option_is_the_plugins(pytestconfig):
    _, help_text, *_ = next(entry for entry in _ini_options(pytestconfig) if entry[0] == "negres_ledger")
    assert f"| `negres_ledger` | {help_text} |" in COMMAND_LINE


def _ini_options(config):
    for name, settings in config._parser._inidict.items():
        yield (name, settings[0]) if isinstance(settings, tuple) else (name, settings.help)


def test_the_readme_names_every_command_once():
    named = re.findall(r"^\| `negres (\w+)` \|", README, flags=re.MULTILINE)
    assert sorted(named) == sorted(re.findall(r"^### negres (\w+)$", reference.commands(), flags=re.MULTILINE))


def test_every_variable_that_the_code_reads_is_in_the_table():
    pattern = re.compile(r"""environ(?:\.get\(|\[)["'](\w+)""")
    files = [path for folder in ("negres_core", "fixtures") for path in (ROOT / folder).rglob("*.py")]
    read = {name for path in files for name in pattern.findall(path.read_text(encoding="utf-8"))}
    [section] = re.findall(r"## Environment variables\n(.*?)\n## ", COMMAND_LINE, flags=re.DOTALL)
    described = set(re.findall(r"`([A-Z][A-Z_]+)`", section))
    assert read - {"PYTHONPATH"} == described
    assert "NEGRES_DATA" in read


def fragments():
    """The JSON of docs/evidence.md in one, without the marks of what is left out."""
    whole = {}
    for text in re.findall(r"^```json\n(.*?)^```$", EVIDENCE, flags=re.MULTILINE | re.DOTALL):
        part = json.loads(text)
        assert not part.keys() & whole.keys()
        whole |= part
    return _without_marks(whole)


def _without_marks(value):
    if isinstance(value, dict):
        return {name: _without_marks(each) for name, each in value.items() if name != "..."}
    return [_without_marks(each) for each in value if each != "..."] if isinstance(value, list) else value


def test_the_evidence_on_the_page_is_valid_and_has_every_field():
    content = fragments()
    assert len(content.pop("digest")) == 64
    assert list(content) == list(Evidence.model_fields)
    assert Evidence.model_validate(content).verdict == "supported"


@pytest.mark.parametrize("field", [name for name in Evidence.model_fields if name != "schema_version"])
def test_every_field_of_evidence_is_explained(field):
    name = {"arms": "role"}.get(field, field)
    assert re.search(rf"^\|[^|]*`{name}`", EVIDENCE, flags=re.MULTILINE)


@pytest.mark.parametrize("alpha", [0.05, 0.025])
def test_the_levels_of_looks_are_the_ones_that_are_used(alpha):
    levels = [f"{Look(5, repeat, 5).level(alpha):.4f}" for repeat in range(1, 6)]
    assert f"| one-sided level, of {alpha:g} in all | {' | '.join(levels)} |" in VERDICTS


def test_the_information_of_looks_is_the_one_that_is_used():
    shares = [f"{Look(5, repeat, 5).information:.3g}" for repeat in range(1, 6)]
    assert f"| information | {' | '.join(shares)} |" in VERDICTS


def test_the_errors_are_those_that_a_user_can_meet():
    names = [name for name in dir(errors) if name.endswith(("Error", "Warning"))]
    assert sorted(re.findall(r"autoexception:: (\w+)", FIXTURE)) == names


def test_the_metrics_are_those_that_negres_computes():
    rows = [
        f"| `{each.name}` | {'higher' if each.higher_is_better else 'lower'} | {each.unit} | {', '.join(each.tasks)} |"
        for each in METRICS.values()
    ]
    assert "\n".join(rows) in API
    assert API.count("\n| `") == len(rows)


def test_every_public_name_is_in_the_reference():
    described = set(re.findall(r"auto(?:class|function):: (\w+)", API))
    assert set(negres_core.__all__) <= described


def test_every_record_that_evidence_consists_of_is_in_the_reference():
    described = set(re.findall(r"autoclass:: (\w+)", API))
    parts = {name for record in ("evidence", "replicate") for name in json.loads(schema_of(record)).get("$defs", ())}
    assert {name for name in parts if name != "JsonValue"} <= described


def test_the_readme_counts_the_controls():
    [count] = re.findall(r"\*\*Controls\*\*: (\d+) checks", README)
    assert int(count) == len(list(modules_in(negres_core.controls, having="check")))
