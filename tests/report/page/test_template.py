from __future__ import annotations

import base64
import hashlib

import pytest
from markupsafe import Markup

from negres_core.report.page.template import MOST_SOURCE, _environment
from tests.report.page.elements import find, read
from tests.report.page.suites import write_hypothesis


@pytest.fixture
def page(store, render_page):
    return render_page([write_hypothesis(store)])


def policy_of(page):
    [meta] = find(read(page), "meta", http_equiv="Content-Security-Policy")
    return dict(part.strip().split(" ", 1) for part in meta.attributes["content"].split(";"))


@pytest.mark.parametrize("tag", ["style", "script"])
def test_the_policy_admits_exactly_the_text_of_the_page(page, tag):
    start, end = f"<{tag}>", f"</{tag}>"
    assert page.count(start) == 1
    text = page.partition(start)[2].partition(end)[0]

    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
    assert policy_of(page)[f"{tag}-src"] == f"'sha256-{digest}'"


def test_the_policy_refuses_everything_else(page):
    policy = policy_of(page)
    assert policy.pop("default-src") == policy.pop("base-uri") == policy.pop("form-action") == "'none'"
    assert policy.pop("img-src") == "data:"
    assert set(policy) == {"style-src", "script-src"}


def test_the_policy_comes_before_what_it_governs(page):
    assert page.index("Content-Security-Policy") < page.index("<style>")


@pytest.mark.parametrize(
    ("template", "value", "shown"),
    [
        ("{{ it }}", "<b>\x1b[31m", "&lt;b&gt;\\x1b[31m"),
        ('<a title="{{ it }}">', '"', '<a title="&#34;">'),
        ("{{ it }}", None, ""),
        ("{{ it }}", 3, "3"),
        ("{{ it }}", Markup("<b>"), "<b>"),
        ("{{ it ~ '!' }}", "<i>", "&lt;i&gt;!"),
        ("{{ it|source }}", "def f():\n    return '<'\x00", "def f():\n    return &#39;&lt;&#39;\\x00"),
        ("{{ it|name }}", "x" * 999, f"{'x' * 176}... (823 more)"),
    ],
)
def test_a_value_is_shown_as_text(template, value, shown):
    assert _environment().from_string(template).render(it=value) == shown


def test_a_long_source_is_cut():
    text = _environment().from_string("{{ it|source }}").render(it="a line\n" * MOST_SOURCE)
    assert len(text) < 2 * MOST_SOURCE
    assert text.endswith("more)")


def test_a_template_that_asks_for_what_there_is_not_fails():
    with pytest.raises(Exception, match="'nothing' is undefined"):
        _environment().from_string("{{ nothing }}").render()
