"""Pages of the documentation whose examples run, in order, in one namespace and one folder per page.

- A Python block is executed. Below a line that begins with a file name in bold code, it is written to that file.
- A `diff` block changes the file that was written last: its lines with a minus are replaced by those with a plus.
- A `console` block is a transcript: its commands run in the folder, and their outputs are compared.
- A `sh` block is a list of commands, which are checked but not run.
- `<!-- skip: next "reason" -->` leaves out the next block.
"""

from __future__ import annotations

import contextlib
import re
from pathlib import Path
from unittest import SkipTest

from sybil import Document, Example, Sybil
from sybil.evaluators.python import PythonEvaluator
from sybil.parsers.markdown import CodeBlockParser, SkipParser

from tests.docs import terminal
from tests.docs.transcript import mismatch, read_steps

FILE_NAME = re.compile(r"^\*\*`(?P<name>[\w./-]+)`\*\*.*\n\s*\Z", re.MULTILINE)
COLLECT = "pytest --collect-only -q"
"""Imports all test files of a page, those that no command of the page runs too."""

LANGUAGES = {"console", "diff", "ini", "json", "python", "sh", "text", "toml"}
"""Languages of code blocks; one that is not here would be neither run nor checked."""


class Page:
    """One page, with a folder for its files.

    Args:
        path: the page.
        folder: an empty folder, in which the page's code and commands run.
    """

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        self.folder = folder
        self.file: Path | None = None
        self.python = PythonEvaluator()
        blocks = {"python": self._run_python, "diff": self._change, "console": self._run_console, "sh": self._check}
        parsers = [CodeBlockParser(language, evaluator) for language, evaluator in blocks.items()]
        self.document: Document = Sybil([*parsers, SkipParser()]).parse(path)

    def run(self) -> int:
        """Run all examples; return their number, without skipped ones."""
        count = 0
        for example in self.document:
            try:
                with contextlib.chdir(self.folder):
                    example.evaluate()
            except SkipTest:
                continue
            count += 1
        if self.file is not None:
            listed = terminal.run(COLLECT, self.folder)
            assert not re.search(r"\d errors?\b", listed), (
                f"{self.path.name} has files that pytest cannot import:\n{listed}"
            )
        return count

    def _run_python(self, example: Example) -> None:
        if named := FILE_NAME.search(self.document.text, 0, example.region.start):
            self.file = self.folder / named["name"]
            self.file.parent.mkdir(parents=True, exist_ok=True)
            self.file.write_text(example.parsed, encoding="utf-8")
            return
        example.namespace.setdefault("__name__", self.path.stem)
        self.python(example)

    def _change(self, example: Example) -> str | None:
        lines = example.parsed.splitlines()
        before, after = ("".join(f"{line[1:]}\n" for line in lines if line[0] in f" {sign}") for sign in "-+")
        if self.file is None or self.file.read_text(encoding="utf-8").count(before) != 1:
            return f"the lines with a minus are not in {self.file} once:\n{before}"
        self.file.write_text(self.file.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")
        return None

    def _run_console(self, example: Example) -> str | None:
        for step in read_steps(example.parsed):
            terminal.check(step.command)
            if wrong := mismatch(step.output, terminal.run(step.command, self.folder)):
                return f"$ {step.command}\n{wrong}"
        return None

    def _check(self, example: Example) -> None:
        for line in example.parsed.replace("\\\n", " ").splitlines():
            if line.strip() and not line.startswith("#"):
                terminal.check(line)


def languages_of(text: str) -> set[str]:
    """Return the languages of all code blocks of a page; "" for one without.

    >>> sorted(languages_of("```python\\n1\\n```\\n\\n```\\n2\\n```"))
    ['', 'python']
    """
    return set(re.findall(r"^```(\S*)[^\n]*\n.*?^```$", text, flags=re.MULTILINE | re.DOTALL))
