"""The pytest plugin: options and hooks. Heavy imports wait in functions, so that collecting tests stays fast."""

from __future__ import annotations

import importlib.metadata
import os
from collections.abc import Generator, Iterator
from typing import TYPE_CHECKING, Any

import pytest

import negres_core.engine  # noqa: F401  # sets what TensorFlow logs, before a conftest.py or a test imports Keras
from negres_core.errors import NegresError
from negres_core.session import own_controls
from negres_core.session.annotations import prepare_annotations
from negres_core.session.arguments import run_again
from negres_core.session.cluster import check_cluster, cluster_option
from negres_core.session.fixture import ExperimentFixture, benchmark_of
from negres_core.session.interruption import begin, watch
from negres_core.session.keys import (
    EVIDENCE_KEY,
    HYPOTHESIS,
    IDENTITY,
    PLACE,
    PLACE_KEY,
    SMOKE,
    folder_of,
    is_hypothesis,
    sweep_folder,
)
from negres_core.session.shards import check_options, shard_of, status_of
from negres_core.session.terminal import is_worker, worker_of
from negres_core.session.titles import identity_of_test, title_of

if TYPE_CHECKING:
    from negres_core.evidence import Evidence

OPTIONS: dict[str, dict[str, Any]] = {
    "--negres-device": {
        "choices": ("auto", "cpu", "gpu"),
        "default": "auto",
        "help": "device for training; gpu fails if there is none (default: auto, a GPU if there is one)",
    },
    "--negres-evidence": {
        "metavar": "DIR",
        "default": ".negres",
        "help": "evidence folder, relative to the root directory (default: .negres)",
    },
    "--negres-fresh": {
        "action": "store_true",
        "help": "retrain everything, ignoring stored replicates; old records are kept in set-aside/",
    },
    "--negres-smoke": {
        "action": "store_true",
        "help": "run everything on tiny data with a tiny budget, and judge nothing",
    },
    "--negres-shard": {
        "metavar": "N/OF",
        "help": "train only shard N of OF of the cells of each hypothesis, such as 3/8, and judge nothing",
    },
    "--negres-cluster": {
        "metavar": "WHERE",
        "help": "train on a cluster: local:N for N workers on this machine; the address of a Dask scheduler; or "
        "submitit:slurm?jobs=N for N jobs at a time",
    },
    "--negres-register": {
        "action": "store_true",
        "help": "register hypotheses in the ledger instead of running them",
    },
    "--negres-reason": {
        "metavar": "TEXT",
        "help": "reason for amending a hypothesis that is already registered",
    },
    "--negres-confirm": {
        "action": "store_true",
        "help": "run registered confirmations, which open the rows that tests seal with confirm=",
    },
    "--negres-report": {
        "metavar": "FILE",
        "help": "at the end, write a report of the session's hypotheses to FILE, as one HTML page",
    },
    "--negres-controls": {
        "choices": ("all", "cheap", "none"),
        "default": "all",
        "help": "which controls run: all; cheap (those that train no models of their own); or none, which every "
        "verdict then states (default: all)",
    },
}


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the options."""
    group = parser.getgroup("negres", "negres: claims about machine learning")
    for name, settings in OPTIONS.items():
        group.addoption(name, **settings)
    parser.addini(
        "negres_ledger",
        "the ledger of registered hypotheses, relative to the root directory (default: negres-ledger.jsonl)",
        default="negres-ledger.jsonl",
    )


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Add the hook by which a repository hands over controls of its own."""
    pluginmanager.add_hookspecs(own_controls)


def pytest_configure(config: pytest.Config) -> None:
    """Fail at once if a GPU is requested and there is none; silence one warning that no user can act on."""
    prepare_annotations(config)
    # Keras' Variable predates NumPy 2 and its `copy` keyword: every saved model would warn of it, dozens per session.
    warning = "__array__ implementation doesn't accept a copy keyword"
    config.addinivalue_line("filterwarnings", f"ignore:{warning}:DeprecationWarning")
    if config.getoption("negres_register") and config.getoption("negres_smoke"):
        raise pytest.UsageError("A smoke run cannot register: omit --negres-smoke or --negres-register.")
    if config.getoption("negres_confirm") and config.getoption("negres_smoke"):
        raise pytest.UsageError("A smoke run cannot open sealed rows: omit --negres-smoke or --negres-confirm.")
    check_options(config)
    check_cluster(config)
    # The GPU may be that of another machine.
    if config.getoption("negres_device") == "gpu" and cluster_option(config) is None:
        from negres_core.engine.device import require_gpu

        try:
            require_gpu()
        except NegresError as error:
            raise pytest.UsageError(str(error)) from error


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | pytest.ExitCode | None:
    """Start again if an option's value has moved pytest's root directory, because it exists as a path."""
    return run_again(config, options=[name for name, settings in OPTIONS.items() if "action" not in settings])


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """When registering, deselect ordinary tests; pytest would otherwise run them."""
    if config.getoption("benchmark_only", False):
        for item in filter(is_hypothesis, items):
            if "benchmark" not in (names := item.fixturenames):  # type: ignore[attr-defined]
                names.append("benchmark")  # pytest-benchmark would otherwise skip it
    if config.getoption("negres_register"):
        others = [item for item in items if not is_hypothesis(item)]
        items[:] = [item for item in items if is_hypothesis(item)]
        config.hook.pytest_deselected(items=others)


def pytest_report_collectionfinish(config: pytest.Config, items: list[pytest.Item]) -> list[str]:
    """Print what the hypotheses will run on."""
    count = sum(is_hypothesis(item) for item in items)
    if not count or config.getoption("collectonly"):
        return []
    backend = os.environ.get("KERAS_BACKEND", "tensorflow")
    versions = [f"negres {importlib.metadata.version('negres')}", f"keras {importlib.metadata.version('keras')}"]
    smoke = "; smoke run: verdicts are not judged" if config.getoption("negres_smoke") else ""
    smoke += f"; shard {shard}: it trains and judges nothing" if (shard := shard_of(config)) else ""
    smoke += f"; trained by {cluster}" if (cluster := cluster_option(config)) else ""
    smoke += "; sealed rows are opened" if config.getoption("negres_confirm") else ""
    return [
        f"negres: {count} {'hypothesis' if count == 1 else 'hypotheses'}; "
        f"{', '.join(versions)} on {backend}; device {_device(config)}{smoke}",
        f"negres: data {os.environ.get('NEGRES_DATA') or 'cached or downloaded (NEGRES_DATA is not set)'}; "
        f"evidence {folder_of(config)}",
    ]


def _device(config: pytest.Config) -> str:
    from negres_core.engine.device import cpu_name, gpu_visible

    requested = config.getoption("negres_device")
    use_gpu = requested == "gpu" or (requested == "auto" and gpu_visible())
    device = "gpu" if use_gpu else f"cpu ({cpu_name()})"
    return f"{requested}, {device}" if requested == "auto" else device


def pytest_collection_finish(session: pytest.Session) -> None:
    """Prepare for an interruption, and remove what interrupted sessions left behind long ago."""
    config = session.config
    for place, item in enumerate(session.items):
        item.stash[PLACE_KEY] = place
    if config.getoption("collectonly") or not any(map(is_hypothesis, session.items)):
        return
    begin(config)
    if worker_of(config) in (None, "gw0"):
        sweep_folder(config)


def pytest_sessionstart(session: pytest.Session) -> None:
    """Prepare for an interruption in a process whose workers collect the tests."""
    if session.config.getoption("dist", "no") != "no":
        begin(session.config)


@pytest.fixture
def experiment(request: pytest.FixtureRequest) -> Iterator[ExperimentFixture]:
    """Decide one claim: `experiment.compare(...)` for two arms, `experiment.measure(...)` for one."""
    benchmark = benchmark_of(request)
    try:
        yield ExperimentFixture(request, benchmark)
    finally:
        if benchmark is not None:
            # If the test or its data failed before anything ran, pytest-benchmark would warn that nothing was
            # benchmarked.
            benchmark.skipped = benchmark.stats is None
            from negres_core.session.properties import add_to_benchmark

            add_to_benchmark(benchmark, request.node)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Remember a hypothesis that is interrupted."""
    return (yield from watch(item)) if is_hypothesis(item) else (yield)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Put the hypothesis into the test's report."""
    if is_hypothesis(item):
        # A mixture of a bisection has no place.
        properties = {HYPOTHESIS: title_of(item), IDENTITY: identity_of_test(item), PLACE: item.stash.get(PLACE_KEY, 0)}
        item.user_properties += properties.items()


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, object, object]:
    """Show the whole evidence as the assertion message. In a smoke run ignore failed assertions: nothing was judged."""
    try:
        return (yield)
    except AssertionError as error:
        if EVIDENCE_KEY not in pyfuncitem.stash:
            raise
        if pyfuncitem.stash[EVIDENCE_KEY].smoke:
            return True
        error.args = (_in_words(error, pyfuncitem.stash[EVIDENCE_KEY]),)
        raise
    finally:
        if EVIDENCE_KEY in pyfuncitem.stash and pyfuncitem.stash[EVIDENCE_KEY].smoke:
            pyfuncitem.user_properties.append((SMOKE, True))


def _in_words(error: AssertionError, evidence: Evidence) -> str:
    """Return an assertion's message with the evidence in full.

    pytest replaces a message that is not a string by its `repr`, shortened; that of evidence starts with its class.
    """
    message, comparison, values = str(error).partition("\nassert ")
    return f"{evidence if message.startswith('Evidence(') else message}{comparison}{values}"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Generator[None, Any, Any]:
    """Fail a test whose verdict is a surprise, whatever it asserts, and put the verdict into its report."""
    report = yield
    if call.when == "call" and is_hypothesis(item):
        from negres_core.session.outcome import settle_outcome
        from negres_core.session.properties import add_verdict

        settle_outcome(item, call, report)
        add_verdict(item, report)
    return report


def pytest_report_teststatus(report: pytest.TestReport) -> tuple[str, str, str] | None:
    """Count smoke runs and shards separately: they neither passed nor failed."""
    if (status := status_of(report)) is not None:
        return status
    if report.when == "call" and report.passed and (SMOKE, True) in map(tuple, report.user_properties):
        return "ran, not judged", "-", "RAN, NOT JUDGED"
    return None


@pytest.hookimpl(optionalhook=True, tryfirst=True)
def pytest_benchmark_group_stats(benchmarks: list[dict[str, Any]]) -> None:
    """Leave hypotheses out of pytest-benchmark's table: the time of a single round is not informative.

    Its JSON keeps them.
    """
    benchmarks[:] = [each for each in benchmarks if "hypothesis" not in each["extra_info"]]


def pytest_terminal_summary(terminalreporter: Any, exitstatus: int, config: pytest.Config) -> None:
    """Print the table of hypotheses, and add it to the summary of a GitHub job."""
    if not is_worker(config):
        from negres_core.session.summary import write_summary

        try:
            write_summary(terminalreporter, config, interrupted=exitstatus == pytest.ExitCode.INTERRUPTED)
        except (NegresError, OSError) as error:  # in this hook pytest would call it an internal error
            terminalreporter.write_line(f"negres: the table cannot be printed: {error}", red=True)
