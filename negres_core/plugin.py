"""The pytest plugin: options, the `experiment` fixture, and the table at the end. Heavy imports wait in functions."""

from __future__ import annotations

import functools
import importlib.metadata
import os
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from negres_core.claim import Claim
from negres_core.dataset import Dataset
from negres_core.errors import NegresError
from negres_core.recipe import Recipe
from negres_core.session.terminal import announce, is_worker, progress_of

if TYPE_CHECKING:
    from negres_core.evidence import Commitment, Evidence, Ledger, Registration, Store

HYPOTHESIS, EVIDENCE, SMOKE, NOTE = "negres_hypothesis", "negres_evidence", "negres_smoke", "negres_note"
REGISTERED = "negres_registered"
"""Names of the properties by which a test's report, also one from another process, says what became of it."""

_store = pytest.StashKey["Store"]()
_evidence = pytest.StashKey["Evidence"]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("negres", "negres: claims about machine learning")
    group.addoption(
        "--negres-device",
        choices=("auto", "cpu", "gpu"),
        default="auto",
        help="what replicates are trained on; gpu fails where there is none (default: a GPU where there is one)",
    )
    group.addoption(
        "--negres-evidence",
        metavar="DIR",
        default=".negres",
        help="where evidence is kept, from the root directory (default: .negres)",
    )
    group.addoption(
        "--negres-fresh", action="store_true", help="train anew what is stored; what it replaces is set aside"
    )
    group.addoption(
        "--negres-smoke",
        action="store_true",
        help="run everything on tiny data at a tiny budget, and judge nothing",
    )
    group.addoption(
        "--negres-register", action="store_true", help="register hypotheses in the ledger instead of running them"
    )
    group.addoption("--negres-reason", metavar="TEXT", help="why what is registered already is amended")
    group.addoption(
        "--negres-controls",
        choices=("all", "cheap", "none"),
        default="all",
        help="which controls run: all; those that train nothing of their own, as in a smoke run; or none, which every "
        "verdict then says (default: all)",
    )
    parser.addini(
        "negres_ledger",
        "the ledger of registered hypotheses, from the root directory (default: negres-ledger.jsonl)",
        default="negres-ledger.jsonl",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Fail at once where a GPU is asked for and there is none; silence one warning that no user can act on."""
    # Keras' Variable predates NumPy 2 and its `copy` keyword: every saved model would warn of it, dozens a session.
    warning = "__array__ implementation doesn't accept a copy keyword"
    config.addinivalue_line("filterwarnings", f"ignore:{warning}:DeprecationWarning")
    if config.getoption("negres_register") and config.getoption("negres_smoke"):
        raise pytest.UsageError("A smoke run register_or_compare nothing: leave --negres-smoke or --negres-register out.")
    if config.getoption("negres_device") == "gpu":
        from negres_core.engine.device import require_gpu

        try:
            require_gpu()
        except NegresError as error:
            raise pytest.UsageError(str(error)) from error


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is no hypothesis where hypotheses are registered: it would run."""
    if config.getoption("negres_register"):
        others = [item for item in items if not _is_hypothesis(item)]
        items[:] = [item for item in items if _is_hypothesis(item)]
        config.hook.pytest_deselected(items=others)


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Say what hypotheses will run on."""
    hypotheses = sum(_is_hypothesis(item) for item in items)
    if not hypotheses or config.getoption("collectonly"):
        return []
    counted = f"{hypotheses} {'hypothesis' if hypotheses == 1 else 'hypotheses'}"
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    versions = [f"negres {importlib.metadata.version('negres')}", f"keras {importlib.metadata.version('keras')}"]
    smoke = "; smoke run: verdicts are not judged" if config.getoption("negres_smoke") else ""
    return [
        f"negres: {counted}; {', '.join(versions)} on {backend}; device {_device(config)}{smoke}",
        f"negres: data {os.environ.get('NEGRES_DATA') or 'cached or fetched (NEGRES_DATA is not set)'}; "
        f"evidence {_folder(config)}",
    ]


def _device(config: pytest.Config) -> str:
    from negres_core.engine.device import cpu_name, gpu_visible

    asked = config.getoption("negres_device")
    found = "gpu" if asked == "gpu" or (asked == "auto" and gpu_visible()) else f"cpu ({cpu_name()})"
    return f"{asked}, {found}" if asked == "auto" else found


def _folder(config: pytest.Config) -> Path:
    folder: Path = config.rootpath / config.getoption("negres_evidence")
    # A smoke run says nothing of the hypotheses, so it never stands in the place of what does.
    return folder / "smoke" if config.getoption("negres_smoke") else folder


def _is_hypothesis(item: pytest.Item) -> bool:
    return "experiment" in getattr(item, "fixturenames", ())


class ExperimentFixture:
    """What the fixture `experiment` is: `compare` and `measure`, run once under pytest-benchmark."""

    def __init__(self, request: pytest.FixtureRequest, benchmark: Any) -> None:
        self._request, self._benchmark = request, benchmark
        self._used = False

    def compare(
        self,
        treatment: Recipe,
        *,
        against: Recipe,
        on: Dataset,
        claim: Claim,
        folds: int = 5,
        repeats: int = 5,
        seeds: int = 1,
        looks: bool = True,
    ) -> Evidence:
        """Train two arms on the same cells and judge a claim about their difference.

        See `negres_core.experiment.experiment.Experiment.compare` for the arguments and errors.
        """
        design = {"folds": folds, "repeats": repeats, "seeds": seeds, "looks": looks}
        return self._once("compare", treatment, against=against, on=on, claim=claim, **design)

    def measure(
        self,
        arm: Recipe,
        *,
        on: Dataset,
        claim: Claim,
        folds: int = 5,
        repeats: int = 5,
        seeds: int = 1,
        looks: bool = True,
    ) -> Evidence:
        """Train one arm and judge a claim about its own metric.

        See `negres_core.experiment.experiment.Experiment.measure` for the arguments and errors.
        """
        design = {"folds": folds, "repeats": repeats, "seeds": seeds, "looks": looks}
        return self._once("measure", arm, on=on, claim=claim, **design)

    def _once(self, verb: str, *arms: Recipe, **given: Any) -> Evidence:
        from negres_core.engine.device import choose_device
        from negres_core.errors import InputError
        from negres_core.experiment.experiment import Experiment
        from negres_core.experiment.registration import identity_of

        item, config = self._request.node, self._request.config
        if self._used:
            raise InputError(
                "A test is one hypothesis: `experiment` decides one claim.",
                received=f"a second call, {verb}(...), in {item.nodeid}",
                remedy="Parametrize the test, or write one test a claim.",
            )
        self._used = True
        expected = _params(item).get("expected")
        registered = expected if isinstance(expected, str) else None
        store = _store_of(config)
        device = choose_device(config.getoption("negres_device"))
        with progress_of(config) as progress:
            experiment = Experiment(
                hypothesis=identity_of(item.nodeid, expected=registered),
                title=_title(item),
                store=store,
                device=device,
                folder=config.rootpath,
                expected=registered,
                smoke=config.getoption("negres_smoke"),
                register_or_compare=_registers(item),
                controls=config.getoption("negres_controls"),
                progress=progress,
                announce=functools.partial(announce, config),
            )
            # One round: pytest-benchmark would otherwise train seven times to have a distribution of times.
            evidence: Evidence = self._benchmark.pedantic(
                getattr(experiment, verb), args=arms, kwargs=given, rounds=1, iterations=1
            )
        item.stash[_evidence] = evidence
        item.user_properties.append((EVIDENCE, str(store.evidence_path(evidence.hypothesis))))
        item.user_properties += [(NOTE, note) for note in store.notes]
        store.notes.clear()
        self._benchmark.extra_info |= {"hypothesis": evidence.title} | evidence.model_dump(
            mode="json", include={"verdict", "finding", "estimate", "timings", "smoke"}
        )
        return evidence


@pytest.fixture
def experiment(request: pytest.FixtureRequest, benchmark: Any) -> Iterator[ExperimentFixture]:
    """Decide one claim: `experiment.compare(...)` for two arms, `experiment.measure(...)` for one."""
    yield ExperimentFixture(request, benchmark)
    # Where the test or its data failed before anything ran, pytest-benchmark would warn that nothing was benchmarked.
    benchmark.skipped = benchmark.stats is None


def _store_of(config: pytest.Config) -> Store:
    from negres_core.evidence import Store

    if _store not in config.stash:
        config.stash[_store] = Store(_folder(config), fresh=config.getoption("negres_fresh"))
    return config.stash[_store]


def _ledger_of(config: pytest.Config) -> Ledger:
    from negres_core.evidence import Ledger

    return Ledger(config.rootpath / config.getini("negres_ledger"))


def _registers(item: pytest.Item) -> Callable[[Commitment], Registration]:
    """Return what is asked before a test's arms are trained: the ledger, or to register, which ends the test."""
    from negres_core.experiment.registration import register

    config, ledger = item.config, _ledger_of(item.config)
    if not config.getoption("negres_register"):
        return ledger.compare

    def end(plan: Commitment) -> Registration:
        done = register(plan, ledger=ledger, store=_store_of(config), reason=config.getoption("negres_reason"))
        item.user_properties.append((REGISTERED, done))
        pytest.skip(done)

    return end


def _title(item: pytest.Item) -> str:
    """Read a test's name as a sentence, with the parameters that the table has no column for."""
    name = getattr(item, "originalname", item.name).removeprefix("test_").replace("_", " ")
    # A configuration of many factors is known by what the test calls it.
    called = item.name.partition("[")[2].removesuffix("]")
    shown = {key: value for key, value in _params(item).items() if key not in ("data", "expected")}
    others = [f"{key} {called if isinstance(value, Mapping) else value}" for key, value in shown.items()]
    return f"{name} ({', '.join(others)})" if others else name


def _params(item: pytest.Item) -> dict[str, Any]:
    callspec = getattr(item, "callspec", None)
    return callspec.params if callspec else {}


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Name the hypothesis in the test's report."""
    if _is_hypothesis(item):
        item.user_properties.append((HYPOTHESIS, _title(item)))


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Say in words what an assertion's message shows; in a smoke run, let a verdict that was not judged fail none."""
    try:
        return (yield)
    except AssertionError as error:
        if _evidence not in pyfuncitem.stash:
            raise
        if pyfuncitem.stash[_evidence].smoke:
            return True
        error.args = (_in_words(error, pyfuncitem.stash[_evidence]),)
        raise
    finally:
        if _evidence in pyfuncitem.stash and pyfuncitem.stash[_evidence].smoke:
            pyfuncitem.user_properties.append((SMOKE, True))


def _in_words(error: AssertionError, evidence: Evidence) -> str:
    # pytest shows a message that is no string by its `repr`, cut short.
    shown, comparison, values = str(error).partition("\nassert ")
    return f"{evidence if shown.startswith('Evidence(') else shown}{comparison}{values}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Any:
    """Record whether the test's assertion held."""
    report = yield
    if call.when == "call" and _evidence in item.stash and not item.stash[_evidence].smoke:
        failed = call.excinfo is not None and call.excinfo.errisinstance(AssertionError)
        if report.passed or failed:
            outcome = "as registered" if report.passed else "surprise"
            _store_of(item.config).write_evidence(item.stash[_evidence].updated(outcome=outcome))
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Count a smoke run as what it is."""
    if report.when == "call" and report.passed and (SMOKE, True) in map(tuple, report.user_properties):
        return "ran, not judged", "-", "RAN, NOT JUDGED"
    return None


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_group_stats(benchmarks: list[dict[str, Any]]) -> None:
    """Leave hypotheses out of pytest-benchmark's table of times, which for one round each says nothing of them.

    Its JSON keeps them.
    """
    benchmarks[:] = [each for each in benchmarks if "hypothesis" not in each["extra_info"]]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """Print the table of hypotheses, and add it to the summary of a GitHub job."""
    if is_worker(config):
        return
    finished: dict[str, None] = {}
    unfinished: dict[str, str] = {}
    notes: dict[str, None] = {}
    registered: dict[str, str] = {}
    for reports in terminalreporter.stats.values():
        for report in reports:
            properties = getattr(report, "user_properties", [])
            found = dict(properties)
            notes |= dict.fromkeys(value for name, value in properties if name == NOTE)
            if EVIDENCE in found:
                finished[found[EVIDENCE]] = None
            elif REGISTERED in found:
                registered[report.nodeid] = found[REGISTERED]
            elif HYPOTHESIS in found and not report.passed:
                name = f"{found[HYPOTHESIS]} [{report.nodeid.rpartition('[')[2].rstrip(']')}]"
                unfinished.setdefault(name, _why(report))
    if registered:
        terminalreporter.section("registration")
        for hypothesis in sorted(registered):
            terminalreporter.write_line(f"{registered[hypothesis]:<10}  {hypothesis}")
        path = _ledger_of(config).path
        terminalreporter.write_line(f"negres: ledger {path}; commit it before the run, which dates what it says")
    if not finished and not unfinished:
        return
    from negres_core.evidence import family_of
    from negres_core.report.summary import render

    store = _store_of(config)
    # In the order of `negres table`: that in which processes side by side finish is another one each time.
    read = [store.read_evidence(Path(path)) for path in sorted(finished)]
    evidences = [evidence for evidence in read if evidence is not None]
    family = {} if config.getoption("negres_smoke") else family_of(store, _ledger_of(config))
    terminalreporter.section("hypotheses")
    terminalreporter.write_line(render(evidences, family=family, unfinished=unfinished))
    for note in notes | dict.fromkeys(store.notes):
        terminalreporter.write_line(f"negres: {note}", yellow=True)
    terminalreporter.write_line(f"negres: evidence in {store.folder}")
    if summary := os.environ.get("GITHUB_STEP_SUMMARY"):
        table = render(evidences, family=family, unfinished=unfinished, style="markdown")
        with Path(summary).open("a", encoding="utf-8") as file:
            file.write(f"### Hypotheses\n\n{table}\n\n")


def _why(report: Any) -> str:
    if report.skipped:
        return str(report.longrepr[2]).splitlines()[0] if isinstance(report.longrepr, tuple) else "skipped"
    crash = getattr(report.longrepr, "reprcrash", None)
    return crash.message.splitlines()[0] if crash else "failed"
