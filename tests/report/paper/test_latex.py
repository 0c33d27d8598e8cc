from __future__ import annotations

import string
import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from negres_core.errors import show
from negres_core.report.paper.latex import (
    ACCENTS,
    GREEK,
    SPECIAL,
    SYMBOLS,
    Sentence,
    escape,
    write_list,
    write_paragraph,
    write_sentence,
)
from tests.report.paper.typeset import printed


@pytest.mark.parametrize("character", string.printable.strip())
def test_every_character_of_a_keyboard_is_printed(character):
    assert printed(escape(character)) == character
    assert printed(escape(f"a{character}b{character}{character}c")) == f"a{character}b{character}{character}c"


@pytest.mark.parametrize("character", r"\{}$&#^_~%")
def test_no_special_character_is_left(character):
    assert character in SPECIAL
    assert escape(character) != character


@pytest.mark.parametrize("name", SYMBOLS)
def test_every_symbol_has_a_command(name):
    character = unicodedata.lookup(name)
    assert escape(f"a{character}b").isascii()
    assert printed(escape(f"a{character}b")) == f"a{character}b"


def test_accents_are_put_on_their_letters():
    for mark in ACCENTS:
        for letter in string.ascii_letters:
            whole = unicodedata.normalize("NFC", letter + mark)
            if len(whole) == 1:
                assert printed(escape(f"x{whole}y")) == f"x{whole}y"
    assert escape("u\u0308") == escape("\u00fc") == r"\"{u}"


def test_greek_letters_are_mathematics():
    assert escape("\u03b1\u03a9") == r"$\alpha$$\Omega$"
    assert len(GREEK) == 34


def test_other_characters_are_shown_by_their_codes():
    assert printed(escape("\u4e2d\U0001f600")) == r"\u4e2d\U0001f600"
    assert printed(escape("\x1b[31m\u202e\x00\ud800")) == r"\x1b[31m\u202e\x00\ud800"


def test_dashes_quotes_and_commas_do_not_run_into_each_other():
    assert escape("a--b") == "a-{}-b"
    assert escape("''") == "'{}'"
    assert escape(",,,") == ",{},{},"


def test_quotation_marks_have_their_short_form_only_where_it_is_safe():
    assert escape("\u201cword\u201d") == "``word''"
    assert escape("?\u201cword'\u201d'") == r"?\textquotedblleft{}word'\textquotedblright{}'"


def test_a_row_of_a_table_may_begin_with_a_bracket():
    assert escape("[1]") == "{[}1{]}"


def test_long_words_can_be_broken_and_others_cannot():
    for word in ("0.0512", "heteroscedasticity", "[+0.05]", "random-effects", "(covertype),"):
        assert r"\allowbreak" not in escape(f"a {word} b")
    assert escape("test_frozen_growth").split(r"\allowbreak{}") == [r"test\_", r"frozen\_", "growth"]
    pieces = escape("x" * 100 + "/" + "tests/test_growth.py::test_it").split(r"\allowbreak{}")
    assert max(map(len, pieces)) <= 20


def test_long_text_is_cut_and_says_so():
    assert printed(escape("x" * 10_000, most=200)).endswith("... (9,824 more)")


@settings(deadline=None, max_examples=300)
@given(st.text(max_size=60))
def test_any_text_is_printed_as_it_is_shown(text):
    def expected(character):
        shown = printed(escape(character))
        assert shown in (character, character.encode("unicode_escape").decode())
        return shown

    plain = unicodedata.normalize("NFC", show(text))
    assert printed(escape(text)) == "".join(map(expected, plain))


def test_a_sentence_has_its_citations_before_the_full_stop():
    assert write_sentence(Sentence("By 5%", ("a", "b"))) == r"By 5\%~\cite{a,b}."
    assert write_sentence(Sentence("By 5%")) == r"By 5\%."


def test_a_paragraph_without_sentences_is_none():
    assert write_paragraph("Looks.", []) == ""
    assert write_paragraph("Looks.", [Sentence("One"), Sentence("Two")]) == "\\paragraph{Looks.}\nOne.\nTwo.\n"


def test_a_list_of_one_is_a_paragraph():
    assert write_list("Waivers.", [Sentence("One")]) == "\\paragraph{Waivers.}\nOne.\n"
    assert write_list("Waivers.", [Sentence("One"), Sentence("Two")]).splitlines()[1:3] == [
        r"\begin{itemize}",
        r"\item One.",
    ]
