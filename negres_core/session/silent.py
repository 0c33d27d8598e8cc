"""Silent runs: a plugin runs tests, learns of their first error, and reports neither success nor failure."""

from __future__ import annotations

from collections.abc import Generator

import pytest
from _pytest.runner import runtestprotocol  # plugins that rerun tests import it from here, too


class SilentRuns:
    """The part of a plugin that runs tests without a report.

    Attributes:
        raised: the first error of the last test, or that it was skipped; None if there was none.
    """

    raised: BaseException | None = None

    def run_silently(self, item: pytest.Item, nextitem: pytest.Item | None) -> None:
        """Run a test with its fixtures."""
        self.raised = None
        runtestprotocol(item, log=False, nextitem=nextitem)

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, call: pytest.CallInfo[None]) -> Generator[None, object, object]:
        """Remember the first error."""
        if call.excinfo is not None and self.raised is None:
            self.raised = call.excinfo.value
        return (yield)
