"""The runs of a bisection in one pytest session: each is the same test with another configuration."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from negres_core.bisection.factors import Configuration, End, differing_factors, name_mixture
from negres_core.bisection.search import Bisection, Outcome, Step, bisect
from negres_core.errors import MOST_IN_A_LINE, EvidenceError, InputError, NegresError, show
from negres_core.evidence import BisectionRecord, StepRecord
from negres_core.session.keys import EVIDENCE, MIXTURE_KEY, NOTE, params_of, store_of
from negres_core.session.silent import SilentRuns

CONFIGURATION, EXPECTED = "configuration", "expected"
"""Parameters replaced in a mixture: its configuration, and the expected verdict, which it does not have."""


class BisectionPlugin(SilentRuns):
    """A plugin for a session of one test, which runs the configurations of a bisection instead of its parameters.

    Attributes:
        bisection: the result, once the session has ended without an error.
        path: the path of its record.
        error: why there is no result.
    """

    def __init__(self, failing: End, working: End) -> None:
        self.bisection: Bisection | None = None
        self.path: Path | None = None
        self.error: NegresError | None = None
        self._ends = failing, working
        self._mixing: tuple[pytest.Function, Configuration] | None = None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Refuse options with which a run does not reach a verdict before the next one starts."""
        options = (
            ("--negres-register", "negres_register", False),
            ("--negres-shard", "negres_shard", None),
            ("-n", "dist", "no"),
        )
        for option, name, off in options:
            if config.getoption(name, off) != off:
                raise pytest.UsageError(f"A bisection runs one mixture after another: omit {option}.")
        if config.getoption("negres_confirm"):
            raise pytest.UsageError("A bisection cannot open sealed rows: omit --negres-confirm.")

    @pytest.hookimpl(tryfirst=True)
    def pytest_generate_tests(self, metafunc: pytest.Metafunc) -> None:
        """While a mixture is collected, replace the test's own configurations by it."""
        if self._mixing is None:
            return
        template, mixture = self._mixing
        values = template.callspec.params | {CONFIGURATION: mixture, EXPECTED: None}
        original = metafunc.parametrize

        def parametrize(argnames: str | Sequence[str], argvalues: Any, **options: Any) -> None:
            names = [name.strip() for name in argnames.split(",")] if isinstance(argnames, str) else list(argnames)
            if CONFIGURATION not in names:
                original(argnames, argvalues, **options)
                return
            # `ids` would name the test's own configurations.
            options = {name: options[name] for name in ("indirect", "scope") if name in options}
            original(names, [pytest.param(*(values[name] for name in names), id=name_mixture(mixture))], **options)

        metafunc.parametrize = parametrize  # type: ignore[method-assign]

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool | None:
        """Bisect; keep an error for the caller that started the session."""
        if session.testsfailed or session.config.getoption("collectonly"):
            return None
        try:
            self._bisect(session)
        except NegresError as error:
            self.error = error
        return True

    def _bisect(self, session: pytest.Session) -> None:
        items = [item for item in session.items if isinstance(item, pytest.Function)]
        named_items = [_find(end, items) for end in self._ends]
        template = _template_of([item for item in named_items if item is not None] or items)
        failing, working = (
            params_of(item or template)[CONFIGURATION] if end.factors is None else end.factors
            for end, item in zip(self._ends, named_items, strict=True)
        )
        differing_factors(failing, working)
        pairs = zip((failing, working), named_items, strict=True)
        named = {name_mixture(configuration): item for configuration, item in pairs if item is not None}
        # pytest tears down fixtures that the next test does not need. This one never runs; it keeps the data loaded.
        next_item = self._mix(template, working)

        def decide(configuration: Configuration) -> Outcome:
            if (item := named.get(name_mixture(configuration))) is not None:
                return self._run(item, next_item, mixed=False)
            return self._run(self._mix(template, configuration), next_item, mixed=True)

        def report(step: Step) -> None:
            _write_line(session.config, str(step))

        self.bisection = bisect(failing, working, decide, report=report)
        record = _record(template.nodeid.partition("[")[0], self.bisection)
        self.path = store_of(session.config).write_bisection(record)

    def _mix(self, template: pytest.Function, configuration: Configuration) -> pytest.Function:
        """Collect a test again as pytest did, with another configuration."""
        parent: Any = template.parent
        function = getattr(parent.obj, template.originalname)
        self._mixing = template, configuration
        try:
            items = template.ihook.pytest_pycollect_makeitem(collector=parent, name=template.originalname, obj=function)
        finally:
            self._mixing = None
        for mixture in items:
            if _other_params(mixture) == _other_params(template):
                mixture.stash[MIXTURE_KEY] = True
                return cast(pytest.Function, mixture)
        raise InputError(
            "The test's other parameters differ when pytest collects it again.",
            received=f"{_other_params(template)} in {template.nodeid}",
            remedy="Make their values once, outside `pytest_generate_tests`.",
        )

    def _run(self, item: pytest.Function, next_item: pytest.Function, *, mixed: bool) -> Outcome:
        item.ihook.pytest_runtest_protocol(item=item, nextitem=next_item)
        for name, value in item.user_properties:
            if name == NOTE:
                _write_line(item.config, str(value))
        properties = dict(item.user_properties)
        if EVIDENCE not in properties:
            return self._undecided()
        path, store = Path(str(properties[EVIDENCE])), store_of(item.config)
        evidence = store.read_evidence(path)
        if evidence is None:
            raise EvidenceError(
                "The evidence is gone.", received=str(path), remedy="Bisect again; replicates are kept."
            )
        if mixed and evidence.outcome is not None:
            # The test's assertion is about the claim, and a mixture is not a claim.
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
        """Run a test and report neither success nor failure, which would be about the claim."""
        self.run_silently(item, nextitem)
        return True

    def _undecided(self) -> Outcome:
        raised = self.raised
        # Errors about folders, data or devices are not caused by the configuration, so raise them.
        if isinstance(raised, NegresError) and not isinstance(raised, InputError):
            raise raised
        if raised is None:
            return Outcome(verdict="no verdict", finding="the test did not call `experiment`")
        if isinstance(raised, pytest.skip.Exception):
            return Outcome(verdict="skipped", finding=str(raised))
        return Outcome(verdict="error", finding=f"{type(raised).__name__}: {raised}".splitlines()[0])


def _find(end: End, items: Sequence[pytest.Function]) -> pytest.Function | None:
    """Return the test with an end's parameter id, or None if the end gives its factors itself."""
    if end.param is None:
        return None
    named = {item.callspec.id: item for item in items if hasattr(item, "callspec")}
    if end.param not in named:
        raise InputError(
            "The test has no parameters with this id.",
            received=f"{end.test}[{end.param}]",
            remedy=f"Give one of: {', '.join(named) or '(it has none)'}.",
        )
    return named[end.param]


def _template_of(items: Sequence[pytest.Function]) -> pytest.Function:
    """Return the first of a test's items, if they differ only in their configuration."""
    if not items or not all(CONFIGURATION in params_of(item) for item in items):
        raise InputError(
            f"Only a test with a parameter named `{CONFIGURATION}` can be bisected.",
            received=", ".join(item.nodeid for item in items) or "no test",
            remedy=f'Parametrize it: @pytest.mark.parametrize("{CONFIGURATION}", [pytest.param({{...}}, id="twin")]).',
        )
    if any(_other_params(item) != _other_params(items[0]) for item in items):
        raise InputError(
            f"A bisection needs everything else to be equal, but these tests differ in more than `{CONFIGURATION}`.",
            received=", ".join(item.nodeid for item in items),
            remedy="Turn the difference into a factor, or name each configuration by the test's id with its "
            "parameter id.",
        )
    return items[0]


def _other_params(item: pytest.Function) -> dict[str, str]:
    return {name: repr(value) for name, value in params_of(item).items() if name not in (CONFIGURATION, EXPECTED)}


def _write_line(config: pytest.Config, line: str) -> None:
    terminal = config.pluginmanager.getplugin("terminalreporter")
    terminal.ensure_newline()
    terminal.write_line(f"negres: {show(line, most=MOST_IN_A_LINE, lines=True)}")


def _record(test: str, bisection: Bisection) -> BisectionRecord:
    return BisectionRecord(
        test=test,
        failing=dict(bisection.failing),
        working=dict(bisection.working),
        differing=bisection.differing,
        cause=bisection.cause,
        necessary=bisection.necessary,
        steps=tuple(StepRecord(changed=step.changed, **asdict(step.outcome)) for step in bisection.steps),
        explanation=str(bisection),
        recorded_at=datetime.now(UTC).isoformat(timespec="seconds"),
    )
