"""Read LaTeX as strictly as the files for a paper are written: every command is known, every group is closed."""

from __future__ import annotations

import re
import unicodedata

from negres_core.report.paper.latex import SYMBOLS

PRINTED = {
    r"\textbackslash": "\\",
    r"\textasciicircum": "^",
    r"\textasciitilde": "~",
    r"\textless": "<",
    r"\textgreater": ">",
    r"\textbar": "|",
    r"\textasciigrave": "`",
    r"\allowbreak": "",
    r"\{": "{",
    r"\}": "}",
    r"\$": "$",
    r"\&": "&",
    r"\#": "#",
    r"\%": "%",
    r"\_": "_",
}
NAMED = {command.removesuffix("{}"): unicodedata.lookup(name) for name, command in SYMBOLS.items()}
MARKS = "\u0300\u0301\u0302\u0303\u0304\u0306\u0307\u0308\u030a\u030b\u030c\u0323\u0327\u0328\u0331"
ACCENTS = dict(zip("`'^~=u.\"rHvdckb", MARKS, strict=True))
_TOKEN = re.compile(r"\\char34|\\[A-Za-z]+|\\.|\$[^$]*\$|.", re.DOTALL)
STRUCTURE = {
    *("begin", "end", "centering", "caption", "label", "medskip", "footnotesize", "setlength", "tabcolsep", "toprule"),
    *("midrule", "bottomrule", "raggedright", "tabularnewline", "textwidth", "addlinespace", "includegraphics", "item"),
    *("paragraph", "subsection", "emph", "cite", "dag", "ddag", "S", "char"),
}
"""Commands of the files themselves."""


def printed(tex: str) -> str:
    """Return what LaTeX prints for text that `escape` returned; anything but text is an error."""
    shown: list[str] = []
    tokens = _TOKEN.findall(tex.replace("``", "\u201c").replace("''", "\u201d"))
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token == r"\char34":
            shown.append('"')
        elif token in PRINTED:
            shown.append(PRINTED[token])
        elif token in NAMED:
            shown.append(NAMED[token])
        elif token.startswith("$"):
            greek = re.fullmatch(r"\$\\([A-Za-z]+)\$", token)
            assert greek, f"mathematics in text: {token}"
            size = "CAPITAL" if greek[1][0].isupper() else "SMALL"
            shown.append(unicodedata.lookup(f"GREEK {size} LETTER {greek[1].upper().replace('LAMBDA', 'LAMDA')}"))
        elif token.startswith("\\"):
            assert tokens[place + 1] == "{", f"unknown command {token}"
            assert tokens[place + 3] == "}", f"unknown command {token}"
            shown.append(unicodedata.normalize("NFC", tokens[place + 2] + ACCENTS[token[1:]]))
            place += 3
        elif token == "~":
            shown.append("\u00a0")
        else:
            assert token.isascii() or token in "\u201c\u201d", f"not ASCII: {token!r}"
            assert token not in '$&#%^_<>|`"', f"a special character: {token}"
            shown.append("" if token in "{}" else token)
        place += 1
    assert tex.replace(r"\{", "").replace(r"\}", "").count("{") == tex.replace(r"\{", "").replace(r"\}", "").count("}")
    return "".join(shown)


def check(tex: str) -> None:
    """Fail unless a file has only known commands, closed groups and environments, and no special character astray."""
    mark, _, body = tex.partition("\n")
    assert mark.startswith("% Made by negres")
    assert body.isascii()
    depth = 0
    environments: list[str] = []
    known = {each[1:] for each in (*PRINTED, *NAMED) if each.startswith("\\")} | STRUCTURE
    is_math = False
    for token in re.findall(r"\\(?:begin|end)\{[a-z]+\*?\}|\\[A-Za-z]+|\\.|[^\\]", body, re.DOTALL):
        if token.startswith(r"\begin"):
            environments.append(token[6:])
        elif token.startswith(r"\end"):
            assert environments.pop() == token[4:]
        elif token.startswith("\\"):
            name = token[1:]
            greek = is_math and name.isalpha()
            assert greek or name in known or name in ACCENTS or token in (r"\{", r"\}"), f"unknown command {token}"
        elif token in "{}":
            depth += 1 if token == "{" else -1
            assert depth >= 0
        elif token == "$":
            is_math = not is_math
        elif token == "&":
            assert environments[-1] == "{tabular}"
        elif token == "^":
            assert is_math
        else:
            assert token not in '#%_<>|"' or token == "\n", f"a special character: {token}"
    assert (depth, environments, is_math) == (0, [], False)


def rows_of(tex: str) -> list[list[str]]:
    """Return the cells of each row of all tables, as LaTeX prints them without their marks."""
    lines = [line for line in tex.splitlines() if line.endswith(r"\tabularnewline")]
    cells = [re.split(r"(?<!\\) & ", line.removesuffix(r" \tabularnewline")) for line in lines]
    plain = [[re.sub(r"\$\^\{.*?\}\$", "", cell.removeprefix(r"\raggedright ")) for cell in row] for row in cells]
    return [[printed(cell) for cell in row] for row in plain]
