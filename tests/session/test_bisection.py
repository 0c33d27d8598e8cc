"""Bisections from the command line, in sessions of this process with an engine that pretends; one is really trained."""

import json
import re

import pytest

from negres_core.bisection.factors import name_mixture
from negres_core.bisection.search import Outcome
from negres_core.bisection.search import bisect as bisect_two
from negres_core.claim import reaches
from negres_core.cli import main
from negres_core.dataset import Dataset
from negres_core.engine.device import choose_device
from negres_core.evidence import Store
from negres_core.experiment.experiment import Experiment
from negres_core.recipe import Recipe, Stage
from tests.sessions import HEAD

BODY = """
BAD = {"data.order": 1, "train.method": "sgd", "output.rounded": True, "train.rate": 1.0, "train.same": "same"}
GOOD = {"data.order": 2, "train.method": "adam", "output.rounded": False, "train.rate": 0.1, "train.same": "same"}

def recipe_of(configuration):
    both = configuration["output.rounded"] and configuration["train.rate"] == 1.0
    return Recipe(Stage(small, epochs=1 if both else 3, optimizer=configuration["train.method"]))

@pytest.mark.parametrize("configuration", [pytest.param(BAD, id="article"), pytest.param(GOOD, id="twin")])
def test_it_learns(experiment, configuration):
    claim = reaches("accuracy", bar=0.8)
    evidence = experiment.measure(recipe_of(configuration), on=DATA, claim=claim, folds=4, repeats=1)
    assert evidence.verdict == "supported", evidence
"""
TEST = "test_mine.py::test_it_learns"


@pytest.fixture
def bisect(pytester, quick_engine, monkeypatch, capsys):
    """Run `negres bisect` on a test file, with pytest in this process; return its exit status, output and errors."""

    def session(arguments, plugins):
        settings = ("-p", "no:hypothesispytest", "--negres-controls=cheap")
        return pytester.inline_run(*settings, *arguments, plugins=plugins, no_reraise_ctrlc=True).ret

    def run(body, failing=f"{TEST}[article]", working="twin", *arguments):
        monkeypatch.setattr(pytest, "main", session)
        pytester.makepyfile(test_mine=HEAD + body)
        status = main(["bisect", failing, working, *arguments])
        told = capsys.readouterr()
        return status, told.out, told.err

    return run


def explanation_in(out):
    return out[out.index("2 factors together") :].splitlines()


def test_two_factors_together_are_found_and_explained(bisect, pytester, quick_engine):
    status, out, _ = bisect(BODY)
    assert status == 0
    lines = explanation_in(out)
    assert lines[:7] == [
        "2 factors together make the difference, of 4 that differ",
        "  cause       output.rounded: false works, true fails",
        "  cause       train.rate: 0.1 works, 1.0 fails",
        "  sufficient  yes: the working configuration, with this alone changed, is refuted (not reached)",
        "  necessary   yes: the failing configuration, with this alone reverted, is supported (reached)",
        "  minimal     without output.rounded, the working configuration with the rest changed is supported (reached)",
        "  minimal     without train.rate, the working configuration with the rest changed is supported (reached)",
    ]
    runs = [line.split(maxsplit=2)[2] for line in lines if line.startswith("  run ")]
    assert runs == [line.removeprefix("negres: ") for line in out.splitlines() if re.match("negres: .* reused$", line)]
    assert len(runs) == 9
    # Recipes differ in epochs and optimizer alone: four of them, of four replicates each.
    assert quick_engine.jobs == 16
    assert "  spent       16 replicates trained, 20 reused" in lines


def test_a_second_bisection_trains_nothing_and_says_the_same(bisect, pytester, quick_engine):
    first = bisect(BODY)
    trained = quick_engine.jobs
    store = Store(pytester.path / ".negres")
    verdicts = {path: store.read_evidence(path).verdict for path in store.evidence_paths()}
    second = bisect(BODY)
    assert (first[0], second[0], quick_engine.jobs) == (0, 0, trained)
    assert explanation_in(second[1])[:7] == explanation_in(first[1])[:7]
    assert "  spent       0 replicates trained, 36 reused" in second[1].splitlines()
    assert verdicts == {path: store.read_evidence(path).verdict for path in store.evidence_paths()}


def test_a_bisection_that_was_cut_off_goes_on_where_it_was(bisect, pytester, quick_engine, monkeypatch):
    train, left = quick_engine.train, iter(range(10))

    def train_ten(recipe, data, jobs, **given):
        for result in train(recipe, data, jobs, **given):
            if next(left, None) is None:
                raise KeyboardInterrupt
            yield result

    monkeypatch.setattr("negres_core.engine.selection.train", train_ten)
    status, out, _ = bisect(BODY)
    assert status == pytest.ExitCode.INTERRUPTED
    assert "factors together" not in out
    assert not (pytester.path / ".negres" / "bisections").exists()
    monkeypatch.setattr("negres_core.engine.selection.train", train)
    assert "  spent       6 replicates trained, 30 reused" in explanation_in(bisect(BODY)[1])


def test_the_record_can_be_read_and_names_the_evidence_of_each_run(bisect, pytester):
    _, out, _ = bisect(BODY)
    store = Store(pytester.path / ".negres")
    [path] = (pytester.path / ".negres" / "bisections").iterdir()
    assert out.splitlines()[-1] == f"  record      {path}"
    bisected = store.read_bisection(path)
    assert (bisected.test, bisected.cause, bisected.necessary) == (TEST, ("output.rounded", "train.rate"), True)
    assert out.endswith(f"{bisected.explanation}\n  record      {path}\n")
    assert [step.hypothesis for step in bisected.steps[:2]] == [f"{TEST}[article]", f"{TEST}[twin]"]
    for step in bisected.steps:
        evidence = store.read_evidence(store.evidence_path(step.hypothesis))
        assert (evidence.verdict, evidence.finding, evidence.expected) == (step.verdict, step.finding, None)
    outcomes = [store.read_evidence(store.evidence_path(step.hypothesis)).outcome for step in bisected.steps]
    assert outcomes == ["surprise", "as registered", *[None] * 7]


def test_mixtures_are_no_members_of_the_family_and_in_no_table(bisect, pytester, capsys, monkeypatch):
    bisect(BODY)
    assert not (pytester.path / "negres-ledger.jsonl").exists()
    folder = str(pytester.path / ".negres")
    assert main(["table", "--markdown", folder, "--ledger", "none.jsonl"]) == 0
    table = capsys.readouterr().out
    assert "| it learns (configuration article)" in table
    assert "all 2 hypotheses" in table
    assert "mix-" not in table
    assert main(["table", "--markdown", folder, "--ledger", "none.jsonl", "-k", "mix-"]) == 0
    assert capsys.readouterr().out.count("| it learns (configuration mix-") == 7


def test_ends_may_be_files_one_or_both(bisect, pytester, quick_engine):
    factors = {"data.order": 1, "output": {"rounded": True}}
    train = {"rate": 1.0, "method": "sgd", "same": "same"}
    (pytester.path / "bad.json").write_text(json.dumps({"test": TEST, "factors": factors | {"train": train}}))
    good = "data.order = 2\ntrain.method = 'adam'\noutput.rounded = false\ntrain.rate = 0.1\ntrain.same = 'same'"
    (pytester.path / "good.toml").write_text(f'test = "{TEST}"\n[factors]\n{good}\n')
    named = explanation_in(bisect(BODY)[1])
    trained = quick_engine.jobs
    for ends in (("bad.json", "twin"), ("bad.json", "good.toml"), (f"{TEST}[article]", "good.toml")):
        status, out, _ = bisect(BODY, *ends)
        assert status == 0
        assert explanation_in(out)[:7] == named[:7]
    assert quick_engine.jobs == trained


CLASS = """
import itertools
made = itertools.count()

@pytest.fixture(scope="module")
def faces():
    assert next(made) == 0
    return DATA

class TestFaces:
    @pytest.mark.parametrize("noise", [1, 2])
    @pytest.mark.parametrize(
        ("expected", "configuration"),
        [pytest.param("refuted", {"epochs": 1}, id="article"), pytest.param("supported", {"epochs": 3}, id="twin")],
    )
    def test_it_learns(self, experiment, faces, configuration, expected, noise):
        recipe = Recipe(Stage(small, epochs=configuration["epochs"]))
        evidence = experiment.measure(recipe, on=faces, claim=reaches("accuracy", bar=0.8), folds=4, repeats=1)
        assert evidence.verdict == expected
"""


def test_all_else_stays_as_it_is(bisect, pytester):
    test = "test_mine.py::TestFaces::test_it_learns"
    (pytester.path / "bad.json").write_text(json.dumps({"test": test, "factors": {"epochs": 1}}))
    status, out, _ = bisect(CLASS, "bad.json", "twin-2")
    assert status == 0, out
    store = Store(pytester.path / ".negres")
    evidences = [store.read_evidence(path) for path in store.evidence_paths()]
    named, mixed = sorted(evidences, key=lambda evidence: "mix-" in evidence.hypothesis)
    assert (named.title, named.registered, named.outcome) == (
        "it learns (configuration twin-2, noise 2)",
        "supported",
        "as registered",
    )
    assert mixed.hypothesis.startswith(f"{test}[mix-")
    assert mixed.hypothesis.endswith("-2]")
    assert (mixed.registered, mixed.outcome, mixed.verdict) == (None, None, "refuted")


def test_ends_that_differ_in_another_parameter_are_refused(bisect):
    status, _, errors = bisect(CLASS, "test_mine.py::TestFaces::test_it_learns[article-1]", "twin-2")
    assert (status, errors.splitlines()[0][:47]) == (2, "negres: Two configurations are bisected with al")


ANEW = """
def pytest_generate_tests(metafunc):
    metafunc.parametrize("anew", [object()])

@pytest.mark.parametrize("configuration", [{"epochs": 1}, {"epochs": 3}], ids=["article", "twin"])
def test_it_learns(experiment, configuration, anew):
    pass
"""


def test_a_parameter_that_is_another_one_each_time_is_refused(bisect):
    status, _, errors = bisect(ANEW, f"{TEST}[anew0-article]", "anew0-twin")
    assert (status, errors.splitlines()[0][8:]) == (
        2,
        "The test's other parameters are not the same when they are asked for again.",
    )


def test_the_evidence_lies_where_pytest_is_told(bisect, pytester):
    status, out, _ = bisect(BODY, f"{TEST}[article]", "twin", "--negres-evidence", "kept", "--negres-controls", "none")
    assert status == 0
    assert f"  record      {pytester.path}/kept/bisections/" in out
    assert not (pytester.path / ".negres").exists()
    store = Store(pytester.path / "kept")
    assert {store.read_evidence(path).controlled for path in store.evidence_paths()} == {"none"}


def test_a_mixture_that_cannot_run_resolves_nothing_and_is_shown(bisect):
    odd = "(configuration['train.method'] == 'sgd') != (configuration['data.order'] == 1)"
    status, out, _ = bisect(BODY.replace("    claim = ", f"    if {odd}: raise OSError('odd')\n    claim = "))
    assert status == 0
    assert "error (OSError: odd): the working configuration with data.order, train.rate changed; 0 trained" in out
    assert [line.split()[1] for line in explanation_in(out)[1:3]] == ["output.rounded:", "train.rate:"]


@pytest.mark.parametrize(
    ("change", "ends", "arguments", "why"),
    [
        ((), ("article", "nobody"), (), r"no such parameters.*nobody\]\n  To do: Give one of: article, twin\."),
        ((), ("nobody", "twin"), (), "no such parameters"),
        ((), ("article", "article"), (), "differ in no factor"),
        (('"data.order": 1, ', ""), ("article", "twin"), (), r"same factors.*data\.order \(working only\)"),
        (("configuration", "setting"), ("article", "twin"), (), "has a parameter named `configuration`"),
        (("bar=0.8", "bar=0.1"), ("article", "twin"), (), "come to the same verdict.*supported .* supported "),
        (("bar=0.8", "bar=0.7"), ("article", "twin"), ("--negres-smoke",), r"no verdict .*not judged \(a smoke run\)"),
        (("    claim = ", "    pytest.skip('why')\n    claim = "), ("article", "twin"), (), r"skipped \(why\)"),
        (("    claim = ", "    {}['no']\n    claim = "), ("article", "twin"), (), r"error \(KeyError: 'no'\)"),
        (("    claim = ", "    return\n    claim = "), ("article", "twin"), (), "asked `experiment` for nothing"),
    ],
    ids=lambda given: None if isinstance(given, str) else "",
)
def test_what_cannot_be_bisected_is_an_error_that_says_why(bisect, change, ends, arguments, why):
    body = BODY.replace(*change) if change else BODY
    status, out, errors = bisect(body, f"{TEST}[{ends[0]}]", ends[1], *arguments)
    assert status == 2
    assert re.search(f"^negres: .*{why}", errors, re.DOTALL), errors
    assert "factors together" not in out


def test_what_is_wrong_with_the_evidence_folder_ends_the_bisection(bisect, pytester):
    (pytester.path / "file").write_text("")
    status, _, errors = bisect(BODY, f"{TEST}[article]", "twin", "--negres-evidence", "file/in")
    assert (status, errors.splitlines()[0]) == (2, "negres: The evidence folder cannot be written.")


@pytest.mark.parametrize(
    ("failing", "option", "status"),
    [
        ("test_none.py::test[article]", "-q", pytest.ExitCode.USAGE_ERROR),
        (f"{TEST}[article]", "--negres-register", pytest.ExitCode.USAGE_ERROR),
        (f"{TEST}[article]", "-n2", pytest.ExitCode.USAGE_ERROR),
        (f"{TEST}[article]", "--collect-only", 1),
    ],
)
def test_what_pytest_refuses_has_pytests_status(bisect, quick_engine, failing, option, status):
    assert bisect(BODY, failing, "twin", option)[0] == status
    assert quick_engine.jobs == 0


def test_a_test_file_that_cannot_be_imported_is_pytests_error(bisect):
    status, out, _ = bisect("raise OSError('broken')")
    assert status != 0
    assert "OSError: broken" in out


def test_a_pair_that_keeps_a_network_from_learning_is_found_in_training(tmp_path):
    """Where all weights start at zero, no gradient reaches any; where one layer's do, those of the other see to it."""
    import keras
    from sklearn.datasets import load_digits

    x, y = load_digits(n_class=3, return_X_y=True)
    data = Dataset(x=x / 16, y=y, name="digits")
    place = {"store": Store(tmp_path), "device": choose_device("cpu"), "controls": "cheap"}

    def decide(configuration):
        def build(input_shape, outputs):
            starts = configuration["hidden.starts_at"], configuration["output.starts_at"]
            hidden = keras.layers.Dense(8, "tanh", kernel_initializer=starts[0])
            last = keras.layers.Dense(outputs, "softmax", kernel_initializer=starts[1])
            return keras.Sequential([keras.layers.Input(input_shape), hidden, last])

        recipe = Recipe(Stage(build, epochs=8, batch_size=16))
        experiment = Experiment(hypothesis=name_mixture(configuration), title="it learns", **place)
        evidence = experiment.measure(recipe, on=data, claim=reaches("accuracy", bar=0.7), folds=3, repeats=1)
        return Outcome(verdict=evidence.verdict, finding=evidence.finding, trained=evidence.timings.trained)

    zeros = {"hidden.starts_at": "zeros", "output.starts_at": "zeros"}
    random = {"hidden.starts_at": "he_normal", "output.starts_at": "he_normal"}
    bisection = bisect_two(zeros, random, decide)

    assert bisection.cause == ("hidden.starts_at", "output.starts_at")
    assert bisection.necessary
    assert bisection.steps[0].decided == Outcome(
        verdict="invalid", finding="majority class, trained weights", trained=3
    )
    assert bisection.trained == 3 * len(bisection.steps)
