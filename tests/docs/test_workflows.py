"""The workflows that users copy: pinned, with least privilege, and safe with whatever a stranger's run left behind."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from negres_core.evidence import Store
from tests.report.page.test_render import HOSTILE

ROOT = Path(__file__).resolve().parents[2]
WORKFLOWS = sorted((ROOT / "docs" / "workflows").glob("*.yml"))
OWN = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
PIN = re.compile(r"uses: ([\w/-]+)@([0-9a-f]{40}) # (v[\d.]+)$")
NODE = shutil.which("node")
RUN = {
    "head_sha": "abc",
    "head_branch": "a-branch",
    "head_repository": {"full_name": "stranger/copy", "owner": {"login": "stranger"}},
    "html_url": "https://github.com/lab/suite/actions/runs/1",
    "pull_requests": [],
}
HEAD = {"sha": "abc", "repo": {"full_name": "stranger/copy"}}
HARNESS = """
const { pulls, comments, run } = JSON.parse(process.env.CASE);
const calls = [];
const record = (name) => async (given) => { calls.push([name, given]); return { data: pulls }; };
const github = {
  rest: {
    pulls: { list: record("list") },
    issues: { listComments: "listComments", updateComment: record("update"), createComment: record("create") },
  },
  paginate: async (what, given) => { calls.push([what, given]); return comments; },
};
const core = { info: (text) => calls.push(["info", text]) };
const context = { repo: { owner: "lab", repo: "suite" }, payload: { workflow_run: run } };
const AsyncFunction = Object.getPrototypeOf(async () => {}).constructor;
new AsyncFunction("require", "github", "core", "context", process.env.SCRIPT)(require, github, core, context)
  .then(() => console.log(JSON.stringify(calls)));
"""

each_workflow = pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
needs_node = pytest.mark.skipif(NODE is None, reason="there is no node")


def pins_of(paths):
    lines = [
        line.strip().removeprefix("- ") for path in paths for line in path.read_text(encoding="utf-8").splitlines()
    ]
    return [PIN.fullmatch(line) for line in lines if line.startswith("uses:")]


def script():
    """Return the script of the workflow that comments."""
    _, _, text = (ROOT / "docs" / "workflows" / "comment.yml").read_text(encoding="utf-8").partition("script: |\n")
    return textwrap.dedent(text)


@pytest.fixture
def comment(tmp_path):
    """Run the script on a text that a run left, and return its calls of GitHub's interface, by name."""

    def run(text, *, pulls=({"number": 7, "head": HEAD},), comments=(), file=None, **changed):
        path = file or tmp_path / "comparison.txt"
        if text is not None:
            path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
        case = {"pulls": list(pulls), "comments": list(comments), "run": RUN | changed}
        environment = os.environ | {"FILE": str(path), "CASE": json.dumps(case), "SCRIPT": script()}
        done = subprocess.run([NODE, "-e", HARNESS], env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        calls = json.loads(done.stdout)
        return [name for name, _ in calls], dict(calls)

    return run


@each_workflow
def test_actions_are_pinned_by_commit(path):
    pins = pins_of([path])
    assert pins
    assert all(pins)


def test_one_action_has_one_version_everywhere():
    pins = {pin.groups() for pin in pins_of([*WORKFLOWS, *OWN])}
    assert len({action.split("/")[1] for action, *_ in pins}) == len({(hash, version) for _, hash, version in pins})


@each_workflow
def test_jobs_have_the_permissions_that_they_need_and_no_token_stays(path):
    text = path.read_text(encoding="utf-8")
    assert "\npermissions: {}" in text
    granted = set(re.findall(r"^ {6}([a-z-]+: (?:read|write))\b", text, flags=re.MULTILINE))
    needed = {"actions: read", "pull-requests: write"} if path.name == "comment.yml" else {"contents: read"}
    assert granted == needed
    assert text.count("actions/checkout@") == text.count("persist-credentials: false")
    assert "secrets." not in text
    assert "timeout-minutes" in text


def test_the_workflow_that_may_write_runs_nothing_of_the_pull_request():
    text = (ROOT / "docs" / "workflows" / "comment.yml").read_text(encoding="utf-8")
    assert "actions/checkout" not in text
    assert not re.search(r"^ +(- )?run:", text, flags=re.MULTILINE)
    assert "${{" not in script(), "an expression would put text of the event into the script"


def test_the_comment_waits_for_the_workflow_that_compares():
    comparing, commenting = (
        (ROOT / "docs" / "workflows" / f"{name}.yml").read_text(encoding="utf-8")
        for name in ("pull-request", "comment")
    )
    name = re.search(r"^name: (.*)$", comparing, flags=re.MULTILINE)[1]
    assert f"workflows: [{name}]" in commenting
    for text in (comparing, commenting):
        assert "name: comparison\n" in text
        assert "comparison/comparison.txt\n" in text


@each_workflow
def test_no_text_of_an_event_becomes_shell(path):
    for command in re.findall(r"run: (?:\|\n(?: {10,}.*\n)+|.*)", path.read_text(encoding="utf-8")):
        assert "${{" not in command


@pytest.mark.skipif(os.name == "nt", reason="the runner of the workflow has bash")
@pytest.mark.parametrize("case", ["compared", "nothing before", "damaged"])
def test_the_pull_request_leaves_a_text_whatever_there_is_to_compare(tmp_path, on_data, case):
    """The command of the step runs as GitHub runs it, with bash -e."""
    command = (ROOT / "docs" / "workflows" / "pull-request.yml").read_text(encoding="utf-8")
    [command] = re.findall(r"run: \|\n((?: {10}.*\n)+)", command)
    for folder in (".negres", "before")[: 1 if case == "nothing before" else 2]:
        Store(tmp_path / folder).write_evidence(on_data("a", 0.01))
        Store(tmp_path / folder).write_evidence(on_data("b", 0.01))
    if case == "damaged":
        next(tmp_path.glob("before/hypotheses/*/evidence.json")).write_text("{")
    environment = os.environ | {"PYTHONPATH": str(ROOT), "GITHUB_STEP_SUMMARY": "summary.md"}
    start = "import sys; from negres_core.cli import main; sys.exit(main())"
    negres = f"negres() {{ '{sys.executable}' -c '{start}' \"$@\"; }}\n"
    script = negres + textwrap.dedent(command)
    done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "comparison" / "comparison.txt").read_text(encoding="utf-8")
    expected = {
        "compared": "2 hypotheses in",
        "nothing before": "There is no evidence of",
        "damaged": "1 hypothesis in",
    }
    assert text.startswith(expected[case])
    assert (tmp_path / "comparison.html").exists() == (case != "nothing before")


def test_the_matrix_has_as_many_shards_as_each_job_is_told():
    text = (ROOT / "docs" / "workflows" / "shards.yml").read_text(encoding="utf-8")
    [count] = re.findall(r"^  SHARDS: (\d+)", text, flags=re.MULTILINE)
    [matrix] = re.findall(r"^ +shard: (\[.*\])$", text, flags=re.MULTILINE)
    assert json.loads(matrix) == list(range(1, int(count) + 1))
    assert "name: shard-${{ matrix.shard }}" in text
    assert "pattern: shard-*" in text


@pytest.fixture
def batch(tmp_path):
    """Run a file for sbatch with commands that print their arguments, and return its lines."""
    for name, body in (("srun", 'shift\nexec "$@"'), ("pytest", 'echo pytest "$@"'), ("negres", 'echo negres "$@"')):
        (tmp_path / name).write_text(f"#!/bin/bash\n{body}\n")
        (tmp_path / name).chmod(0o755)
    (tmp_path / "shards").mkdir()
    (tmp_path / "shards" / "1").mkdir()
    (tmp_path / "shards" / "2").mkdir()

    def run(name, **variables):
        environment = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_CPUS_PER_TASK": "2"} | variables
        command = ["bash", str(ROOT / "docs" / "workflows" / name)]
        done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stderr
        return done.stdout.splitlines()

    return run


@pytest.mark.skipif(os.name == "nt", reason="SLURM runs on Linux")
def test_a_task_of_an_array_trains_its_shard_in_a_folder_of_its_own(batch):
    array = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "8"}
    assert batch("shards.sbatch", **array) == ["pytest --negres-shard 3/8 --negres-evidence shards/3"]
    again = {"SLURM_ARRAY_TASK_ID": "3", "SLURM_ARRAY_TASK_COUNT": "1", "SHARDS": "8"}
    assert batch("shards.sbatch", **again) == ["pytest --negres-shard 3/8 --negres-evidence shards/3"]


@pytest.mark.skipif(os.name == "nt", reason="SLURM runs on Linux")
def test_the_job_that_judges_merges_first(batch):
    assert batch("judge.sbatch") == ["negres merge shards/1 shards/2", "pytest --negres-report report.html"]


@needs_node
def test_a_comment_is_made_once_and_then_updated(comment):
    names, calls = comment("a table\n")
    assert names == ["list", "listComments", "create"]
    assert calls["list"] == {"owner": "lab", "repo": "suite", "state": "open", "head": "stranger:a-branch"}
    created = calls["create"]
    assert (created["issue_number"], created["owner"], created["repo"]) == (7, "lab", "suite")
    own = {"id": 3, "user": {"login": "github-actions[bot]"}, "body": created["body"]}
    others = [own | {"id": 1, "user": {"login": "stranger"}}, own | {"id": 2, "body": "else"}, {"id": 4, "user": None}]
    names, calls = comment("another table\n", comments=[*others, own])
    assert names == ["list", "listComments", "update"]
    assert calls["update"]["comment_id"] == 3
    assert "another table" in calls["update"]["body"]


@needs_node
def test_the_number_is_not_taken_from_the_artifact(comment):
    _, calls = comment("number: 99\nissue_number=99\n", pulls=[{"number": 7, "head": HEAD}])
    assert calls["create"]["issue_number"] == 7


@needs_node
@pytest.mark.parametrize(
    ("pulls", "changed"),
    [
        ([], {}),
        ([{"number": 7, "head": HEAD | {"sha": "newer"}}], {}),
        ([{"number": 7, "head": HEAD | {"repo": {"full_name": "another/copy"}}}], {}),
        ([{"number": 7, "head": HEAD | {"repo": None}}], {}),
        ([{"number": 7, "head": HEAD}], {"head_repository": None}),
    ],
    ids=["closed", "pushed again", "another fork", "no fork", "fork deleted"],
)
def test_another_pull_request_gets_no_comment(comment, pulls, changed):
    names, _ = comment("a table\n", pulls=pulls, **changed)
    assert not {"create", "update"} & set(names)
    assert "info" in names


@needs_node
def test_a_run_without_a_text_gets_no_comment(comment, tmp_path):
    assert comment(None) == (["info"], {"info": "There is no comparison."})
    (tmp_path / "secret").write_text("a secret")
    (tmp_path / "link").symlink_to(tmp_path / "secret")
    assert comment(None, file=tmp_path / "link")[0] == ["info"]
    assert comment(None, file=tmp_path)[0] == ["info"]


@needs_node
@pytest.mark.parametrize(
    "text", [*HOSTILE, "```\n@everyone ![x](http://a)\n```", "````\n~~~", b"\xff\xfe"], ids=lambda text: repr(text)[:12]
)
def test_text_of_a_stranger_stays_in_its_fence(comment, text):
    _, calls = comment(text)
    head, fence, rest = calls["create"]["body"].partition("```text\n")
    inside, _, after = rest.partition("\n```\n")
    assert fence
    assert "```" not in inside
    assert after == "\nThe code of the pull request made this table.\n"
    assert inside.replace("\n", "").isprintable()
    assert "alert" not in head


@needs_node
@pytest.mark.parametrize("line", ["x" * 99, "x" * 300_000, "é" * 99])
def test_a_long_text_is_cut_to_whole_lines(comment, line):
    _, calls = comment(f"{line}\n" * 3_000 if len(line) < 100 else line)
    body = calls["create"]["body"]
    assert len(body) < 62_000
    assert "It is cut; the summary of the run has the whole table." in body
    inside = body.partition("```text\n")[2].partition("\n```\n")[0]
    assert len(inside) > 59_000
    if len(line) < 100:
        assert set(inside.split("\n")) == {line}
