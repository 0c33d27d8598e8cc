"""Bisections from the command line, in sessions of this process with a fake engine; one trains real networks."""

from __future__ import annotations

import json
import re

import pytest

from negres_core.arms.recipe import Recipe
from negres_core.arms.stage import Stage
from negres_core.bisection.factors import name_mixture
from negres_core.bisection.search import Outcome
from negres_core.bisection.search import bisect as bisect_two
from negres_core.claim import reaches
from negres_core.cli import main
from negres_core.dataset import Dataset
from negres_core.design import KFolds
from negres_core.engine.device import choose_device
from negres_core.evidence import BisectionRecord, Store
from negres_core.experiment.experiment import Experiment
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
        streams = capsys.readouterr()
        return status, streams.out, streams.err

    return run


TWO_FACTORS = "2 of 4 differing factors make the difference together"


def explanation_in(out):
    """Return the lines of the explanation in the output of a bisection."""
    return out[out.index(TWO_FACTORS) :].splitlines()


def test_two_factors_together_are_found_and_explained(bisect, pytester, quick_engine):
    status, out, _ = bisect(BODY)
    assert status == 0
    lines = explanation_in(out)
    assert lines[:7] == [
        TWO_FACTORS,
        "  cause       output.rounded: false works, true fails",
        "  cause       train.rate: 0.1 works, 1.0 fails",
        "  sufficient  yes: the working configuration, with these alone changed, is refuted (not reached)",
        "  necessary   yes: the failing configuration, with these alone reverted, is supported (reached)",
        "  minimal     without output.rounded, the working configuration with the rest changed is supported (reached)",
        "  minimal     without train.rate, the working configuration with the rest changed is supported (reached)",
    ]
    runs = [line.split(maxsplit=2)[2] for line in lines if line.startswith("  run ")]
    assert runs == [line.removeprefix("negres: ") for line in out.splitlines() if re.match("negres: .* reused$", line)]
    assert len(runs) == 9
    # Recipes differ only in epochs and optimizer: four recipes, with four replicates each.
    assert quick_engine.jobs == 16
    assert "  spent       16 replicates trained, 20 reused" in lines


def test_a_second_bisection_trains_nothing_and_has_the_same_result(bisect, pytester, quick_engine):
    first = bisect(BODY)
    trained = quick_engine.jobs
    store = Store(pytester.path / ".negres")
    verdicts = {path: store.read_evidence(path).verdict for path in store.evidence_paths()}
    second = bisect(BODY)
    assert (first[0], second[0], quick_engine.jobs) == (0, 0, trained)
    assert explanation_in(second[1])[:7] == explanation_in(first[1])[:7]
    assert "  spent       0 replicates trained, 36 reused" in second[1].splitlines()
    assert verdicts == {path: store.read_evidence(path).verdict for path in store.evidence_paths()}


def test_an_interrupted_bisection_continues_where_it_stopped(bisect, pytester, quick_engine, monkeypatch):
    train, left = quick_engine.train, iter(range(10))

    def train_ten(recipe, data, jobs, **options):
        for result in train(recipe, data, jobs, **options):
            if next(left, None) is None:
                raise KeyboardInterrupt
            yield result

    monkeypatch.setattr("negres_core.engine.selection.train", train_ten)
    status, out, _ = bisect(BODY)
    assert status == pytest.ExitCode.INTERRUPTED
    assert "make the difference" not in out
    assert not (pytester.path / ".negres" / "bisections").exists()
    monkeypatch.setattr("negres_core.engine.selection.train", train)
    assert "  spent       6 replicates trained, 30 reused" in explanation_in(bisect(BODY)[1])


def test_the_record_can_be_read_and_names_the_evidence_of_each_run(bisect, pytester):
    _, out, _ = bisect(BODY)
    store = Store(pytester.path / ".negres")
    [path] = (pytester.path / ".negres" / "bisections").iterdir()
    assert out.splitlines()[-1] == f"  record      {path}"
    record = store.read_record(path, BisectionRecord)
    assert (record.test, record.cause, record.necessary) == (TEST, ("output.rounded", "train.rate"), True)
    assert out.endswith(f"{record.explanation}\n  record      {path}\n")
    assert [step.hypothesis for step in record.steps[:2]] == [f"{TEST}[article]", f"{TEST}[twin]"]
    for step in record.steps:
        evidence = store.read_evidence(store.evidence_path(step.hypothesis))
        assert (evidence.verdict, evidence.finding, evidence.expected) == (step.verdict, step.finding, None)
    outcomes = [store.read_evidence(store.evidence_path(step.hypothesis)).outcome for step in record.steps]
    assert outcomes == ["surprise", "as expected", *[None] * 7]


def test_mixtures_are_neither_in_the_family_nor_in_the_table(bisect, pytester, capsys, monkeypatch):
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
loads = itertools.count()

@pytest.fixture(scope="module")
def faces():
    assert next(loads) == 0
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


def test_fixtures_and_other_parameters_stay_as_they_are(bisect, pytester):
    test = "test_mine.py::TestFaces::test_it_learns"
    (pytester.path / "bad.json").write_text(json.dumps({"test": test, "factors": {"epochs": 1}}))
    status, out, _ = bisect(CLASS, "bad.json", "twin-2")
    assert status == 0, out
    store = Store(pytester.path / ".negres")
    records = [store.read_evidence(path) for path in store.evidence_paths()]
    named, mixed = sorted(records, key=lambda evidence: "mix-" in evidence.hypothesis)
    assert (named.kind, mixed.kind) == ("claim", "mixture")
    assert (named.title, named.expected, named.outcome) == (
        "it learns (configuration twin-2, noise 2)",
        "supported",
        "as expected",
    )
    assert mixed.hypothesis.startswith(f"{test}[mix-")
    assert mixed.hypothesis.endswith("-2]")
    assert (mixed.expected, mixed.outcome, mixed.verdict) == (None, None, "refuted")


def test_ends_that_differ_in_another_parameter_are_refused(bisect):
    status, _, errors = bisect(CLASS, "test_mine.py::TestFaces::test_it_learns[article-1]", "twin-2")
    assert (status, errors.splitlines()[0]) == (
        2,
        "negres: A bisection needs everything else to be equal, but these tests differ in more than `configuration`.",
    )


NEW_EACH_TIME = """
def pytest_generate_tests(metafunc):
    metafunc.parametrize("value", [object()])

@pytest.mark.parametrize("configuration", [{"epochs": 1}, {"epochs": 3}], ids=["article", "twin"])
def test_it_learns(experiment, configuration, value):
    pass
"""


def test_a_parameter_that_is_new_at_each_collection_is_refused(bisect):
    status, _, errors = bisect(NEW_EACH_TIME, f"{TEST}[value0-article]", "value0-twin")
    assert (status, errors.splitlines()[0][8:]) == (
        2,
        "The test's other parameters differ when pytest collects it again.",
    )


def test_the_evidence_folder_is_that_of_pytests_option(bisect, pytester):
    status, out, _ = bisect(BODY, f"{TEST}[article]", "twin", "--negres-evidence", "kept", "--negres-controls", "none")
    assert status == 0
    assert f"  record      {pytester.path}/kept/bisections/" in out
    assert not (pytester.path / ".negres").exists()
    store = Store(pytester.path / "kept")
    assert {store.read_evidence(path).controlled for path in store.evidence_paths()} == {"none"}


def test_a_mixture_that_raises_an_error_is_undecided_and_shown(bisect):
    odd = "(configuration['train.method'] == 'sgd') != (configuration['data.order'] == 1)"
    status, out, _ = bisect(BODY.replace("    claim = ", f"    if {odd}: raise OSError('odd')\n    claim = "))
    assert status == 0
    assert "error (OSError: odd): the working configuration with data.order, train.rate changed; 0 trained" in out
    assert [line.split()[1] for line in explanation_in(out)[1:3]] == ["output.rounded:", "train.rate:"]


@pytest.mark.parametrize(
    ("change", "ends", "arguments", "why"),
    [
        ((), ("article", "nobody"), (), r"no parameters with this id.*nobody\]\n  To do: Give one of: article, twin\."),
        ((), ("nobody", "twin"), (), "no parameters with this id"),
        ((), ("article", "article"), (), "differ in no factor"),
        (('"data.order": 1, ', ""), ("article", "twin"), (), r"same factors.*data\.order \(working only\)"),
        (("configuration", "setting"), ("article", "twin"), (), "Only a test with a parameter named `configuration`"),
        (
            ("bar=0.8", "bar=0.1"),
            ("article", "twin"),
            (),
            "have the same verdict, so there is no difference to explain.*supported .* supported ",
        ),
        (("bar=0.8", "bar=0.7"), ("article", "twin"), ("--negres-smoke",), r"no verdict .*not judged \(a smoke run\)"),
        (("    claim = ", "    pytest.skip('why')\n    claim = "), ("article", "twin"), (), r"skipped \(why\)"),
        (("    claim = ", "    {}['no']\n    claim = "), ("article", "twin"), (), r"error \(KeyError: 'no'\)"),
        (
            ("    claim = ", "    return\n    claim = "),
            ("article", "twin"),
            (),
            r"\(the test did not call `experiment`\)",
        ),
    ],
    ids=lambda value: None if isinstance(value, str) else "",
)
def test_configurations_that_cannot_be_bisected_are_refused_with_the_reason(bisect, change, ends, arguments, why):
    body = BODY.replace(*change) if change else BODY
    status, out, errors = bisect(body, f"{TEST}[{ends[0]}]", ends[1], *arguments)
    assert status == 2
    assert re.search(f"^negres: .*{why}", errors, re.DOTALL), errors
    assert "the difference" not in out


def test_an_error_of_the_evidence_folder_ends_the_bisection(bisect, pytester):
    (pytester.path / "file").write_text("")
    status, _, errors = bisect(BODY, f"{TEST}[article]", "twin", "--negres-evidence", "file/in")
    assert (status, errors.splitlines()[0]) == (2, "negres: The evidence folder cannot be written.")


@pytest.mark.parametrize(
    ("failing", "option", "status"),
    [
        ("test_none.py::test[article]", "-q", pytest.ExitCode.USAGE_ERROR),
        (f"{TEST}[article]", "--negres-register", pytest.ExitCode.USAGE_ERROR),
        (f"{TEST}[article]", "--negres-confirm", pytest.ExitCode.USAGE_ERROR),
        (f"{TEST}[article]", "-n2", pytest.ExitCode.USAGE_ERROR),
        (f"{TEST}[article]", "--collect-only", 1),
    ],
)
def test_arguments_that_pytest_refuses_end_with_its_exit_status(bisect, quick_engine, failing, option, status):
    assert bisect(BODY, failing, "twin", option)[0] == status
    assert quick_engine.jobs == 0


def test_a_test_file_that_cannot_be_imported_is_pytests_error(bisect):
    status, out, _ = bisect("raise OSError('broken')")
    assert status != 0
    assert "OSError: broken" in out


def test_a_pair_that_keeps_a_network_from_learning_is_found_in_training(tmp_path):
    """No gradient reaches the weights if all start at zero; if those of one layer do, the other passes it on."""
    import keras
    from sklearn.datasets import load_digits

    x, y = load_digits(n_class=3, return_X_y=True)
    data = Dataset(x=x / 16, y=y, name="digits")
    place = {"store": Store(tmp_path), "device": choose_device("cpu"), "controls": "cheap"}
    design = KFolds(folds=3, repeats=1)

    def decide(configuration):
        def build(input_shape, outputs):
            starts = configuration["hidden.starts_at"], configuration["output.starts_at"]
            hidden = keras.layers.Dense(8, "tanh", kernel_initializer=starts[0])
            last = keras.layers.Dense(outputs, "softmax", kernel_initializer=starts[1])
            return keras.Sequential([keras.layers.Input(input_shape), hidden, last])

        recipe = Recipe(Stage(build, epochs=16, batch_size=16))
        experiment = Experiment(hypothesis=name_mixture(configuration), title="it learns", **place)
        evidence = experiment.measure(recipe, on=data, claim=reaches("accuracy", bar=0.7), design=design)
        return Outcome(verdict=evidence.verdict, finding=evidence.finding, trained=evidence.timings.trained)

    zeros = {"hidden.starts_at": "zeros", "output.starts_at": "zeros"}
    random = {"hidden.starts_at": "he_normal", "output.starts_at": "he_normal"}
    bisection = bisect_two(zeros, random, decide)

    assert bisection.cause == ("hidden.starts_at", "output.starts_at")
    assert bisection.necessary
    assert bisection.steps[0].outcome == Outcome(
        verdict="invalid", finding="majority class, trained weights", trained=3
    )
    assert bisection.trained == 3 * len(bisection.steps)
