"""Checklists for papers: `checklist.tex` and `checklist.md`, answered from the records as far as they can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from negres_core.errors import show
from negres_core.report.paper.latex import MOST_IN_A_SENTENCE, Sentence, escape, write_sentence

FOR_THE_AUTHOR = "For the author"
MOST_SENTENCES = 12
"""Most sentences of an answer."""


class Item(NamedTuple):
    """One item of a checklist.

    Attributes:
        key: its number.
        asks: what it asks for, in a few words of ours.
        answer: sentences from the records, without full stops; [] if the records cannot answer.
        open: what they cannot know, which is for the author, without the full stop; "" if nothing.
    """

    key: str
    asks: str
    answer: Sequence[str]
    open: str = ""

    @property
    def state(self) -> str:
        """How far the records answer."""
        if not self.answer:
            return FOR_THE_AUTHOR
        return "In part from the records" if self.open else "From the records"


class Checklist(NamedTuple):
    """One checklist.

    Attributes:
        name: its name.
        source: where it is from, in a sentence with its citation.
        items: its items.
    """

    name: str
    source: Sentence
    items: Sequence[Item]

    @property
    def summary(self) -> str:
        """How many items the records answer, as a sentence without the full stop."""
        states = [item.state for item in self.items]
        whole, part = states.count("From the records"), states.count("In part from the records")
        alone = states.count(FOR_THE_AUTHOR)
        return (
            f"Of {len(states)} items, the records answer {whole}, and {part} in part; {alone} are for the author alone"
        )


def texts_of(sentences: Iterable[Sentence]) -> list[str]:
    """Return sentences without their citations."""
    return [each.text for each in sentences]


def write_latex(checklists: Sequence[Checklist]) -> str:
    """Return checklists in LaTeX, a section each."""
    lines = []
    for checklist in checklists:
        lines += [
            rf"\subsection*{{{escape(checklist.name)}}}",
            f"{write_sentence(checklist.source)} {escape(checklist.summary)}.",
            r"\begin{description}",
        ]
        for item in checklist.items:
            answer = " ".join(write_sentence(Sentence(text)) for text in _shown(item))
            heading = rf"\item[{{{escape(item.key)}. {escape(item.asks)}.}}]"
            lines.append(rf"{heading} \emph{{{escape(item.state)}.}} {answer}".rstrip())
        lines += [r"\end{description}", ""]
    return "\n".join(lines)


def write_markdown(checklists: Sequence[Checklist]) -> str:
    """Return checklists in Markdown: a box for each item, which is ticked if the records answer it in whole."""
    lines = ["# Checklists", ""]
    for checklist in checklists:
        lines += [f"## {_mark(checklist.name)}", "", f"{_mark(checklist.source.text)}. {_mark(checklist.summary)}.", ""]
        for item in checklist.items:
            box = "x" if item.answer and not item.open else " "
            answer = " ".join(f"{_mark(sentence)}." for sentence in _shown(item))
            lines.append(f"- [{box}] **{item.key}. {_mark(item.asks)}.** *{item.state}.* {answer}".rstrip())
        lines.append("")
    return "\n".join(lines)


def _shown(item: Item) -> list[str]:
    more = len(item.answer) - MOST_SENTENCES
    answer = [*item.answer[:MOST_SENTENCES], *([f"{more} more like these"] if more > 0 else [])]
    return [*answer, *([f"{FOR_THE_AUTHOR}: {item.open}" if item.answer else item.open] if item.open else [])]


def _mark(text: str) -> str:
    return show(text, "markdown", most=MOST_IN_A_SENTENCE)
