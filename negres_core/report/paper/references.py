"""The references of a paper: `references.bib`, with the entries that its files cite and no others."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable
from importlib import resources

_CITE = re.compile(r"\\cite\{([^{}]*)\}")
_KEY = re.compile(r"@\w+\{([^,]+),")


def cited_in(texts: Iterable[str]) -> list[str]:
    r"""Return the keys that texts in LaTeX cite, each once, in their order. Text of records is escaped and cites none.

    Examples:
        >>> cited_in([r"Holm~\cite{holm1979simple}.", r"\cite{negres,holm1979simple}"])
        ['holm1979simple', 'negres']
    """
    return list(dict.fromkeys(key for text in texts for found in _CITE.findall(text) for key in found.split(",")))


def write_references(texts: Iterable[str]) -> str:
    """Return the entries that texts in LaTeX cite, as BibTeX, in the order of the citations."""
    return "\n".join(known_references()[key] for key in cited_in(texts))


@functools.cache
def known_references() -> dict[str, str]:
    """Return all entries by their keys."""
    text = resources.files("negres_core.report.paper").joinpath("references.bib").read_text(encoding="utf-8")
    entries = [entry.strip() + "\n" for entry in re.split(r"^(?=@)", text, flags=re.MULTILINE) if entry.strip()]
    return {found[1]: entry for entry in entries if (found := _KEY.match(entry))}
