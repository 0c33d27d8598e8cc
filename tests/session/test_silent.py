"""Silent runs, in a session of their own: errors are remembered and not reported."""

from __future__ import annotations

import pytest

from negres_core.session.silent import SilentRuns


class Silent(SilentRuns):
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_protocol(self, item, nextitem):
        self.run_silently(item, nextitem)
        return True


@pytest.mark.parametrize(
    ("body", "kind"),
    [("pass", type(None)), ("raise OSError('first')", OSError), ("pytest.skip('no data')", pytest.skip.Exception)],
)
@pytest.mark.parametrize("before", ["pass", "raise KeyError"])
def test_the_first_error_of_a_test_is_remembered_and_nothing_is_reported(pytester, body, kind, before):
    plugin = Silent()
    pytester.makepyfile(f"""
        import pytest

        @pytest.fixture
        def broken_after():
            yield
            {body.replace("first", "second")}

        def test_before():
            {before}

        def test_it(broken_after):
            {body}
    """)

    result = pytester.inline_run("-p", "no:cacheprovider", plugins=[plugin])

    assert isinstance(plugin.raised, kind)
    if kind is OSError:
        assert str(plugin.raised) == "first"
    assert result.listoutcomes() == ([], [], [])
