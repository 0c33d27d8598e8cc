"""The templates of the pages: every text passes the one function that shows text, and a policy refuses all else."""

from __future__ import annotations

import base64
import functools
import hashlib
import importlib.metadata
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import jinja2
from markupsafe import Markup, escape

from negres_core.errors import MOST_IN_A_LINE, show

MOST_SOURCE = 20_000
"""Most characters of the source of a function."""


MARKS = {
    "supported": "●",
    "refuted": "■",
    "inconclusive": "◆",
    "invalid": "✖",
    "none": "○",
    "flip": "⇄",
    "surprise": "!",
    "effect": "±",
    "slower": "+",
    "incomparable": "≠",
    "alone": "◐",
    "same": "=",
}
"""The mark beside each word by which a page filters."""


def fill(template: str, *, page: str, summary: str, kind: str, words: Mapping[str, str], **content: Any) -> str:
    """Return a page as HTML.

    Args:
        template: the file of the template.
        page: the heading of the page.
        summary: what the page is about, for the title of its window and its first sentence.
        kind: what its hypotheses are filtered by: "verdict", "change" or "result".
        words: what stands for each of these, where it is not the word itself.
        content: what else the template shows.
    """
    style, script = _read("style.css"), _read("script.js")
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    # Both are files of this package, without the text of any record.
    own: dict[str, Any] = {"style": Markup(style), "script": Markup(script), "policy": Markup(policy)}
    made_at = datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC")
    own |= {"made_at": made_at, "version": importlib.metadata.version("negres")}
    shown = {"page": page, "summary": summary, "kind": kind, "words": words}
    return _environment().get_template(template).render(**own, **shown, **content)


@functools.cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FunctionLoader(_read),
        autoescape=True,
        finalize=_shown,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals["marks"] = MARKS
    environment.filters["name"] = show
    environment.filters["address"] = Markup  # of a picture: base64 that `embed` made
    environment.filters["source"] = lambda text: escape(show(_cut(text), most=MOST_SOURCE, lines=True))
    return environment


def _shown(value: object) -> object:
    """Return a value of the template as text that can be shown, whatever it contains; markup of our own as it is."""
    if value is None:
        return ""
    return value if isinstance(value, Markup) else show(value, most=MOST_IN_A_LINE)


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SOURCE else f"{text[:MOST_SOURCE]}\n... ({len(text) - MOST_SOURCE:,} more)"


def _read(name: str) -> str:
    return resources.files("negres_core.report.page").joinpath("templates", name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    """Return the hash by which a content security policy admits an element with this text."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
