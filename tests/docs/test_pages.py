"""The snippets of the README and of the documentation run, and print what the pages show."""

import re
import shutil
from pathlib import Path

import pytest

from tests.docs import terminal
from tests.docs.pages import LANGUAGES, Page, languages_of

ROOT = terminal.ROOT
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), *sorted((ROOT / "docs").glob("cookbook/*.md"))]
OWN_TEST = {"extending.md"}
"""Pages that add files and a command to the repository, which a test of their own does in a copy of it."""
COMMAND = re.compile(r"^    (?:\$ )?((?:negres|pytest|tox|python -m) .*)$", re.MULTILINE)
"""A command in an indented block."""

NEEDS = {"pytorch.md": "torch"}
"""Pages whose examples need a package that is not among those of the tests; `tox -e torch` has it."""

SAME_CLAIM = {"README.md", "getting-started.md"}
"""Pages that begin with the same claim: negres finds the replicates of the one for the other, so they share them."""


def name_of(page):
    """Return the name of a page in its folder; that of a recipe with the folder."""
    return page.name if page.parent.name != "cookbook" else f"cookbook/{page.name}"


each_page = pytest.mark.parametrize("page", PAGES, ids=name_of)
each_page_run_here = pytest.mark.parametrize("page", [page for page in PAGES if page.name not in OWN_TEST], ids=name_of)


@pytest.fixture(scope="module")
def replicates(tmp_path_factory):
    """A folder for the replicates that pages share."""
    return tmp_path_factory.mktemp("replicates")


@pytest.mark.parametrize(
    "page",
    [page for page in PAGES if page.name not in OWN_TEST],
    ids=name_of,
)
def test_the_snippets_of_a_page_run_and_print_what_it_shows(page, tmp_path, replicates):
    if page.name in NEEDS:
        pytest.importorskip(NEEDS[page.name])
    if page.name in SAME_CLAIM:
        (tmp_path / ".negres").mkdir()
        (tmp_path / ".negres" / "replicates").symlink_to(replicates, target_is_directory=True)
    for table in page.parent.glob("*.csv"):
        shutil.copy(table, tmp_path)
    Page(page, tmp_path).run()


@each_page_run_here
def test_the_commands_in_indented_blocks_exist(page):
    for command in COMMAND.findall(page.read_text(encoding="utf-8")):
        terminal.check(command)


@each_page
def test_every_code_block_has_a_language_that_is_run_or_checked(page):
    assert languages_of(page.read_text(encoding="utf-8")) <= LANGUAGES | {
        "{eval-rst}",
        "{include}",
        "{literalinclude}",
        "{toctree}",
    }


@each_page
def test_a_skipped_block_has_a_reason(page):
    text = page.read_text(encoding="utf-8")
    assert len(re.findall("<!-- *skip", text)) == len(re.findall(r'<!-- skip: next "[^"]+" -->', text))


@pytest.fixture
def new_page(tmp_path):
    """Write a page and prepare a folder for it."""

    def make(text):
        path = tmp_path / "page.md"
        path.write_text(text, encoding="utf-8")
        (tmp_path / "folder").mkdir()
        return Page(path, tmp_path / "folder")

    return make


def test_blocks_of_a_page_share_a_namespace(new_page):
    page = new_page("```python\nx = 1\n```\n\nThen:\n\n```python\nassert x == 1\n```\n")
    assert page.run() == 2


def test_what_a_block_writes_is_in_the_folder(new_page):
    page = new_page('```python\nfrom pathlib import Path\nPath("written").touch()\n```\n')
    before = Path.cwd()
    page.run()
    assert [path.name for path in page.folder.iterdir()] == ["written"]
    assert Path.cwd() == before


def test_a_block_that_raises_fails_the_page_and_names_its_line(new_page):
    page = new_page("# Title\n\n```python\nx = 1\n1 / 0\n```\n")
    with pytest.raises(ZeroDivisionError) as raised:
        page.run()
    assert (raised.traceback[-1].path.name, raised.traceback[-1].lineno + 1) == ("page.md", 5)


def test_a_block_below_a_file_name_is_written_and_can_be_changed(new_page):
    page = new_page("**`a/test_x.py`**\n\n```python\nx = 1\ny = 2\n```\n\n```diff\n-x = 1\n+x = 3\n y = 2\n```\n")
    page.run()
    assert (page.folder / "a/test_x.py").read_text() == "x = 3\ny = 2\n"


def test_a_change_of_lines_that_the_file_does_not_have_fails(new_page):
    page = new_page("**`x.py`**\n\n```python\nx = 1\n```\n\n```diff\n-x = 2\n+x = 3\n```\n")
    with pytest.raises(AssertionError, match="are not in"):
        page.run()


def test_a_transcript_runs_in_the_folder_and_is_compared(new_page):
    file = "**`test_x.py`**\n\n```python\ndef test_x():\n    pass\n```\n\n"
    new_page(file + "```console\n$ pytest\n...\n=== 1 passed in 0.01s ===\n$ ls test_x.py\ntest_x.py\n```\n").run()


def test_a_transcript_that_shows_something_else_fails(new_page):
    page = new_page("```console\n$ pytest\n...\n=== 1 passed in 0.01s ===\n```\n")
    with pytest.raises(AssertionError, match="was not printed here"):
        page.run()


def test_a_skipped_block_does_not_run(new_page):
    assert new_page('<!-- skip: next "it fails" -->\n\n```python\n1 / 0\n```\n').run() == 1


@pytest.mark.parametrize(
    "command",
    [
        "pytest -k growth --negres-device gpu",
        "$ negres plan .negres -k growth    # from recorded evidence",
        "negres register -k growth --reason 'a better margin'",
        "negres bisect a.py::test_a[x] y --negres-controls cheap",
        "tox -e cpu -- -k test_growth.py",
        "tox",
        'python -m pip install "negres[cpu,dev] @ git+https://example.org/negres"',
        "python -m benchmarks.validation.calibration --jobs 2",
        "KERAS_BACKEND=jax pytest",
        "git commit -m Register negres-ledger.jsonl",
    ],
)
def test_a_command_that_exists_passes(command):
    terminal.check(command)


@pytest.mark.parametrize(
    "command",
    [
        "pytest --negres-colour",
        "pytest --negres-device tpu",
        "negres tables",
        "negres table --sd 0.1",
        "negres register --negres-rason x",
        "tox -e gpus",
        "python -m pip install tox && tox -e gpus",
        "tox -e cpu -- --negres-colour",
        "python -m pip install negres[tpu]",
        "python -m benchmarks.nothing",
        "python nothing.py",
        "make all",
    ],
)
def test_a_command_that_does_not_exist_fails(command):
    with pytest.raises(ValueError, match=r"no such|unknown|there is no|cannot run"):
        terminal.check(command)
