r"""Text for LaTeX: whatever it contains, it is printed and does nothing.

The result is ASCII, so that a document of any encoding can input it. It needs no package; accents and the symbols of
other alphabets need the font encoding T1.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from negres_core.errors import MOST_IN_A_LINE, show

SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "^": r"\textasciicircum{}",
    "~": r"\textasciitilde{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    "`": r"\textasciigrave{}",
    '"': r"\char34{}",  # packages for languages give the character itself a meaning
    "[": "{[}",  # at the start of a row it would be an argument of the line break
    "]": "{]}",
}
"""What LaTeX makes something of, and what prints it."""
SYMBOLS = {
    "NO-BREAK SPACE": "~",
    "EN DASH": r"\textendash{}",
    "EM DASH": r"\textemdash{}",
    "LEFT SINGLE QUOTATION MARK": r"\textquoteleft{}",
    "RIGHT SINGLE QUOTATION MARK": r"\textquoteright{}",
    "LEFT DOUBLE QUOTATION MARK": r"\textquotedblleft{}",
    "RIGHT DOUBLE QUOTATION MARK": r"\textquotedblright{}",
    "HORIZONTAL ELLIPSIS": r"\ldots{}",
    "MIDDLE DOT": r"$\cdot$",
    "BULLET": r"\textbullet{}",
    "DEGREE SIGN": r"\textdegree{}",
    "MULTIPLICATION SIGN": r"$\times$",
    "PLUS-MINUS SIGN": r"$\pm$",
    "MINUS SIGN": "$-$",
    "LESS-THAN OR EQUAL TO": r"$\leq$",
    "GREATER-THAN OR EQUAL TO": r"$\geq$",
    "NOT EQUAL TO": r"$\neq$",
    "ALMOST EQUAL TO": r"$\approx$",
    "INFINITY": r"$\infty$",
    "SQUARE ROOT": r"$\surd$",
    "RIGHTWARDS ARROW": r"$\rightarrow$",
    "LEFTWARDS ARROW": r"$\leftarrow$",
    "SUPERSCRIPT TWO": "$^2$",
    "SUPERSCRIPT THREE": "$^3$",
    "VULGAR FRACTION ONE HALF": r"$\frac{1}{2}$",
    "SECTION SIGN": r"\S{}",
    "COPYRIGHT SIGN": r"\copyright{}",
    "REGISTERED SIGN": r"\textregistered{}",
    "TRADE MARK SIGN": r"\texttrademark{}",
    "POUND SIGN": r"\pounds{}",
    "EURO SIGN": r"\texteuro{}",
    "MICRO SIGN": r"$\mu$",
    "LATIN SMALL LETTER SHARP S": r"\ss{}",
    "LATIN SMALL LETTER AE": r"\ae{}",
    "LATIN CAPITAL LETTER AE": r"\AE{}",
    "LATIN SMALL LETTER O WITH STROKE": r"\o{}",
    "LATIN CAPITAL LETTER O WITH STROKE": r"\O{}",
    "LATIN SMALL LIGATURE OE": r"\oe{}",
    "LATIN CAPITAL LIGATURE OE": r"\OE{}",
    "LATIN SMALL LETTER L WITH STROKE": r"\l{}",
    "LATIN CAPITAL LETTER L WITH STROKE": r"\L{}",
    "LATIN SMALL LETTER DOTLESS I": r"\i{}",
    "INVERTED EXCLAMATION MARK": r"\textexclamdown{}",
    "INVERTED QUESTION MARK": r"\textquestiondown{}",
}
"""Other characters that LaTeX has a command for, by their names."""
ACCENTS = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c", "\u0328": "k",
    "\u0331": "b",
}  # fmt: skip
"""Combining marks, and the commands that put them on a letter."""
MOST_IN_A_SENTENCE = 100_000
"""Most characters of a sentence, whose names are cut already."""
GREEK = {
    *(
        "alpha",
        "beta",
        "gamma",
        "delta",
        "epsilon",
        "zeta",
        "eta",
        "theta",
        "iota",
        "kappa",
        "lambda",
        "mu",
        "nu",
        "xi",
    ),
    *("pi", "rho", "sigma", "tau", "upsilon", "phi", "chi", "psi", "omega"),
    *("Gamma", "Delta", "Theta", "Lambda", "Xi", "Pi", "Sigma", "Upsilon", "Phi", "Psi", "Omega"),
}
"""Greek letters that mathematics has; the other capitals look like Latin ones."""
LONG_WORD, LONGEST, PIECE = 12, 20, 12
"""A word of more characters may be broken after punctuation; without it only one of more than `LONGEST`, in pieces.

LaTeX itself breaks words after hyphens."""

_BREAKS = re.compile(rf".{{0,{LONGEST - 1}}}?[/_.:=]|.{{1,{LONGEST}}}$|.{{1,{PIECE}}}", re.DOTALL)
_LIGATURES = re.compile(r"([-',])(?=\1)")
_OPENING, _CLOSING = re.compile(r"^\\textquotedblleft\{\}"), re.compile(r"(?<!')\\textquotedblright\{\}(?!')")
"""Quotation marks where their short forms do not run into others."""


class Sentence(NamedTuple):
    """A sentence of a paper.

    Attributes:
        text: plain text without the full stop; names in it have passed `show`.
        cites: keys of the references that it rests on.
    """

    text: str
    cites: tuple[str, ...] = ()


def escape(text: object, *, most: int = MOST_IN_A_LINE) -> str:
    r"""Return text as LaTeX prints it.

    Args:
        text: any text. What `show` shows by its code is printed so, and so are characters that pdfLaTeX has no glyph
            for, such as Chinese ones.
        most: longer text is cut, see `show`.

    Examples:
        >>> escape("50% of $x_1$")
        '50\\% of \\$x\\_1\\$'
        >>> escape("Müller 中")
        'M\\"{u}ller \\textbackslash{}u4e2d'
    """
    words = unicodedata.normalize("NFC", show(text, most=most)).split(" ")
    return " ".join(map(_escape_word, words))


def write_sentence(sentence: Sentence) -> str:
    """Return a sentence in LaTeX, with its citations and its full stop."""
    cites = rf"~\cite{{{','.join(sentence.cites)}}}" if sentence.cites else ""
    return f"{escape(sentence.text, most=MOST_IN_A_SENTENCE)}{cites}."


def write_paragraph(heading: str, sentences: Iterable[Sentence]) -> str:
    """Return a paragraph in LaTeX, a line for each sentence; "" without any."""
    lines = [write_sentence(each) for each in sentences]
    return "\n".join([rf"\paragraph{{{escape(heading)}}}", *lines, ""]) if lines else ""


def write_list(heading: str, sentences: Sequence[Sentence]) -> str:
    """Return a paragraph in LaTeX that lists its sentences; a single one stands behind the heading."""
    if len(sentences) < 2:
        return write_paragraph(heading, sentences)
    items = [rf"\item {write_sentence(each)}" for each in sentences]
    return "\n".join([rf"\paragraph{{{escape(heading)}}}", r"\begin{itemize}", *items, r"\end{itemize}", ""])


def _escape_word(word: str) -> str:
    pieces = _BREAKS.findall(word) if len(word) > LONG_WORD else [word]
    escaped = r"\allowbreak{}".join("".join(map(_escape_one, _LIGATURES.sub("\\1\0", each))) for each in pieces)
    return _CLOSING.sub("''", _OPENING.sub("``", escaped))


def _escape_one(character: str) -> str:
    if character == "\0":  # `show` leaves none; it stands between characters that would become one
        return "{}"
    if character.isascii():
        return SPECIAL.get(character, character)
    parts = unicodedata.normalize("NFD", character)
    if len(parts) == 2 and parts[0].isascii() and parts[1] in ACCENTS:
        return rf"\{ACCENTS[parts[1]]}{{{parts[0]}}}"
    return _symbol(character) or "".join(map(_escape_one, character.encode("unicode_escape").decode("ascii")))


def _symbol(character: str) -> str:
    """Return the command for a symbol or a Greek letter; "" if there is none."""
    name = unicodedata.name(character, "")
    if found := re.fullmatch("GREEK (SMALL|CAPITAL) LETTER ([A-Z]+)", name):
        small = found[2].lower().replace("lamda", "lambda")
        letter = small if found[1] == "SMALL" else small.capitalize()
        return rf"$\{letter}$" if letter in GREEK else ""
    return SYMBOLS.get(name, "")
