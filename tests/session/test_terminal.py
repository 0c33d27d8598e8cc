from __future__ import annotations

import pytest

from negres_core.session.terminal import announce, is_worker


class Worker:
    workerinput = ()


def test_a_process_of_xdist_is_a_worker(pytestconfig):
    assert is_worker(Worker())
    assert is_worker(pytestconfig) == hasattr(pytestconfig, "workerinput")


@pytest.mark.parametrize("capture", ["fd", "no"])
def test_what_is_said_in_a_test_is_seen(pytester, capture):
    pytester.makepyfile(
        """
        from negres_core.session.terminal import announce

        def test_something(pytestconfig):
            announce(pytestconfig, "ten cells see an effect of .01")
        """
    )

    result = pytester.runpytest_subprocess(f"--capture={capture}", "-p", "no:hypothesispytest")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["negres: ten cells see an effect of .01"])


def test_a_quiet_session_says_nothing(pytester):
    pytester.makepyfile(
        "from negres_core.session.terminal import announce\ndef test_it(pytestconfig): announce(pytestconfig, 'hush')"
    )

    pytester.runpytest_subprocess("-qq", "-p", "no:hypothesispytest").stdout.no_fnmatch_line("*hush*")


def test_a_worker_says_nothing():
    announce(type("Config", (Worker,), {"pluginmanager": type("Plugins", (), {"getplugin": lambda *_: None})()})(), "")
