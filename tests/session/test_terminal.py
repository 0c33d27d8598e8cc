from __future__ import annotations

import io
from types import SimpleNamespace

import pytest

from negres_core.experiment.training import no_progress
from negres_core.session.terminal import announce, is_worker, progress_of


class Worker:
    workerinput = ()


class Terminal(io.StringIO):
    def isatty(self):
        return True


class Config:
    """A session whose terminal keeps what is written to it, and that captures nothing."""

    def __init__(self):
        self.lines = []
        self.pluginmanager = self

    def getplugin(self, name):
        return self if name == "terminalreporter" else None

    def get_verbosity(self):
        return 0

    def getoption(self, name, default):
        return default

    def ensure_newline(self):
        pass

    def write_line(self, line):
        self.lines.append(line)


class WorkerConfig(Config, Worker):
    pass


def test_a_process_of_xdist_is_a_worker(pytestconfig):
    assert is_worker(Worker())
    assert is_worker(pytestconfig) == hasattr(pytestconfig, "workerinput")


@pytest.mark.parametrize("capture", ["fd", "no"])
def test_an_announcement_in_a_test_is_seen_on_a_line_of_its_own(pytester, capture):
    pytester.makepyfile(
        """
        from negres_core.session.terminal import announce

        def test_something(pytestconfig):
            announce(pytestconfig, "ten cells detect an effect of 0.01")
        """
    )

    result = pytester.runpytest_subprocess(f"--capture={capture}", "-p", "no:hypothesispytest")

    result.assert_outcomes(passed=1)
    assert "negres: ten cells detect an effect of 0.01" in result.outlines


def test_a_quiet_session_announces_nothing(pytester):
    pytester.makepyfile(
        "from negres_core.session.terminal import announce\ndef test_it(pytestconfig): announce(pytestconfig, 'hush')"
    )

    result = pytester.runpytest_subprocess("-qq", "-p", "no:hypothesispytest")

    assert result.ret == 0
    result.stdout.no_fnmatch_line("*hush*")


@pytest.mark.parametrize(("config", "lines"), [(Config, ["negres: hush"]), (WorkerConfig, [])], ids=["main", "worker"])
def test_a_worker_announces_nothing(config, lines):
    session = config()

    announce(session, "hush")

    assert session.lines == lines


def test_output_is_let_through_on_a_line_of_its_own(pytester):
    pytester.makepyfile(
        """
        import sys
        from negres_core.session.terminal import uncaptured

        def test_something(pytestconfig):
            print("captured")
            with uncaptured(pytestconfig):
                print("let through")
            print("captured again")
        """
    )

    result = pytester.runpytest_subprocess("-p", "no:hypothesispytest")

    result.assert_outcomes(passed=1)
    assert "let through" in result.outlines
    result.stdout.no_fnmatch_line("*captured*")


def item_of(config):
    """Return the only test of a session."""
    item = SimpleNamespace(config=config, name="test_it_learns", fixturenames=["experiment"])
    item.session = SimpleNamespace(items=[item])
    return item


@pytest.mark.parametrize(
    ("config", "stream", "visible"),
    [(Config, Terminal, True), (Config, io.StringIO, False), (WorkerConfig, Terminal, False)],
    ids=["terminal", "file", "worker"],
)
def test_progress_is_shown_on_a_terminal_that_no_worker_shares(monkeypatch, config, stream, visible):
    monkeypatch.setattr("sys.stderr", stream())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("CI", "")

    with progress_of(item_of(config())) as progress:
        assert (progress is not no_progress) is visible
