"""Bisecting: the runs of a bisection, each a test's own in another configuration, in one session of pytest."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from _pytest.runner import runtestprotocol  # where plugins that rerun tests have it from, too

from negres_core.bisection.factors import Configuration, End, differing_factors, name_mixture
from negres_core.bisection.search import Bisection, Outcome, Step, bisect
from negres_core.errors import EvidenceError, InputError, NegresError
from negres_core.evidence import BisectionRecord, StepRecord, Store
from negres_core.plugin import EVIDENCE, NOTE

CONFIGURATION, EXPECTED = "configuration", "expected"
"""Names of a test's parameters: what a mixture has its own of, and what nobody has of a mixture."""


class Bisecting:
    """A plugin for a session of one test, which runs what a bisection asks for in place of all its parameters.

    Attributes:
        bisection: what was found, once the session has ended well.
        path: where its record lies.
        error: why nothing could be found.
    """

    def __init__(self, failing: End, working: End) -> None:
        self.bisection: Bisection | None = None
        self.path: Path | None = None
        self.error: NegresError | None = None
        self._ends = failing, working
        self._mixing: tuple[pytest.Function, Configuration] | None = None
        self._raised: BaseException | None = None
        self._store: Store | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Refuse options with which no run comes to a verdict before the next."""
        for option, name, off in (("--negres-register", "negres_register", False), ("-n", "dist", "no")):
            if config.getoption(name, off) != off:
                raise pytest.UsageError(f"A bisection runs one mixture after another: leave {option} out.")

    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """Where a mixture is made, put it in the place of the test's own configurations."""
        if self._mixing is None:
            return
        template, mixture = self._mixing
        values = template.callspec.params | {CONFIGURATION: mixture, EXPECTED: None}
        original = metafunc.parametrize

        def parametrize(argnames: str | Sequence[str], argvalues: Any, **given: Any) -> None:
            names = [name.strip() for name in argnames.split(",")] if isinstance(argnames, str) else list(argnames)
            if CONFIGURATION not in names:
                original(argnames, argvalues, **given)
                return
            kept = {name: given[name] for name in ("indirect", "scope") if name in given}
            original(names, [pytest.param(*(values[name] for name in names), id=name_mixture(mixture))], **kept)

        metafunc.parametrize = parametrize  # type: ignore[method-assign]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Bisect; errors that a user can meet wait for whoever started the session."""
        if session.testsfailed or session.config.getoption("collectonly"):
            return None
        try:
            self._bisect(session)
        except NegresError as error:
            self.error = error
        return True

    def _bisect(self, session: pytest.Session) -> None:
        items = [item for item in session.items if isinstance(item, pytest.Function)]
        found = [_find(end, items) for end in self._ends]
        template = _agree([item for item in found if item is not None] or items)
        failing, working = (
            _params(item or template)[CONFIGURATION] if end.factors is None else end.factors
            for end, item in zip(self._ends, found, strict=True)
        )
        differing_factors(failing, working)
        pairs = zip((failing, working), found, strict=True)
        named = {name_mixture(configuration): item for configuration, item in pairs if item is not None}
        # pytest tears down what the next test has no use for: this one, which is never run, keeps the data in place.
        following = self._mix(template, working)

        def decide(configuration: Configuration) -> Outcome:
            if (item := named.get(name_mixture(configuration))) is not None:
                return self._run(item, following, mixed=False)
            return self._run(self._mix(template, configuration), following, mixed=True)

        def tell(step: Step) -> None:
            _say(session.config, str(step))

        self.bisection = bisect(failing, working, decide, tell=tell)
        if self._store is not None:
            self.path = self._store.write_bisection(_record(template.nodeid.partition("[")[0], self.bisection))

    def _mix(self, template: pytest.Function, configuration: Configuration) -> pytest.Function:
        """Make a test the way pytest collected it, in another configuration."""
        parent: Any = template.parent
        function = getattr(parent.obj, template.originalname)
        self._mixing = template, configuration
        try:
            made = template.ihook.pytest_pycollect_makeitem(collector=parent, name=template.originalname, obj=function)
        finally:
            self._mixing = None
        for mixture in made:
            if _others(mixture) == _others(template):
                return cast(pytest.Function, mixture)
        raise InputError(
            "The test's other parameters are not the same when they are asked for again.",
            received=f"{_others(template)} in {template.nodeid}",
            remedy="Make their values once, outside `pytest_generate_tests`.",
        )

    def _run(self, item: pytest.Function, following: pytest.Function, *, mixed: bool) -> Outcome:
        self._raised = None
        item.ihook.pytest_runtest_protocol(item=item, nextitem=following)
        for name, value in item.user_properties:
            if name == NOTE:
                _say(item.config, str(value))
        found = dict(item.user_properties)
        if EVIDENCE not in found:
            return self._undecided()
        path = Path(str(found[EVIDENCE]))
        self._store = store = Store(path.parents[2])
        evidence = store.read_evidence(path)
        if evidence is None:
            raise EvidenceError("Evidence is gone.", received=str(path), remedy="Bisect again; replicates are kept.")
        if mixed and evidence.outcome is not None:
            # The test's assertion is about the claim, and nobody claimed anything of a mixture.
            store.write_evidence(evidence.updated(outcome=None))
        return Outcome(
            verdict=evidence.verdict or "not judged",
            finding=evidence.finding or "a smoke run",
            trained=evidence.timings.trained or 0,
            reused=evidence.timings.reused or 0,
            hypothesis=evidence.hypothesis,
        )

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item, nextitem: pytest.Item | None) -> bool:
        """Run a test, and report neither success nor failure of it: those are about the claim."""
        runtestprotocol(item, log=False, nextitem=nextitem)
        return True

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, object, object]:
        """Note what went wrong first."""
        if call.excinfo is not None and self._raised is None:
            self._raised = call.excinfo.value
        return (yield)

    def _undecided(self) -> Outcome:
        raised = self._raised
        # What is wrong with a folder, a data set or the device is no property of the configuration.
        if isinstance(raised, NegresError) and not isinstance(raised, InputError):
            raise raised
        if raised is None:
            return Outcome(verdict="no verdict", finding="the test asked `experiment` for nothing")
        if isinstance(raised, pytest.skip.Exception):
            return Outcome(verdict="skipped", finding=str(raised))
        return Outcome(verdict="error", finding=f"{type(raised).__name__}: {raised}".splitlines()[0])


def _find(end: End, items: Sequence[pytest.Function]) -> pytest.Function | None:
    """Return the test with an end's param id, or None where the end gives its factors itself."""
    if end.param is None:
        return None
    named = {item.callspec.id: item for item in items if hasattr(item, "callspec")}
    if end.param not in named:
        raise InputError(
            "This test has no such parameters.",
            received=f"{end.test}[{end.param}]",
            remedy=f"Give one of: {', '.join(named) or '(it has none)'}.",
        )
    return named[end.param]


def _agree(items: Sequence[pytest.Function]) -> pytest.Function:
    """Return the first of a test's items, where they differ in their configuration alone."""
    if not items or not all(CONFIGURATION in _params(item) for item in items):
        raise InputError(
            f"A test that can be bisected has a parameter named `{CONFIGURATION}`.",
            received=", ".join(item.nodeid for item in items) or "no test",
            remedy=f'Parametrize it: @pytest.mark.parametrize("{CONFIGURATION}", [pytest.param({{...}}, id="twin")]).',
        )
    if any(_others(item) != _others(items[0]) for item in items):
        raise InputError(
            f"Two configurations are bisected with all else equal, and these differ in more than `{CONFIGURATION}`.",
            received=", ".join(item.nodeid for item in items),
            remedy="Make what differs a factor, or name an end by the test's id with its param id.",
        )
    return items[0]


def _params(item: pytest.Function) -> dict[str, Any]:
    return dict(item.callspec.params) if hasattr(item, "callspec") else {}


def _others(item: pytest.Function) -> dict[str, str]:
    return {name: repr(value) for name, value in _params(item).items() if name not in (CONFIGURATION, EXPECTED)}


def _say(config: pytest.Config, line: str) -> None:
    terminal = config.pluginmanager.getplugin("terminalreporter")
    terminal.ensure_newline()
    terminal.write_line(f"negres: {line}")


def _record(test: str, found: Bisection) -> BisectionRecord:
    return BisectionRecord(
        test=test,
        failing=dict(found.failing),
        working=dict(found.working),
        differing=found.differing,
        cause=found.cause,
        necessary=found.necessary,
        steps=tuple(StepRecord(changed=step.changed, **asdict(step.decided)) for step in found.steps),
        explanation=str(found),
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
