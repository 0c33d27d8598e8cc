"""The tables of options and commands in docs/command-line.md, made from the code; `python -m tests.docs.reference`."""

from __future__ import annotations

import argparse

from negres_core.cli import make_parser
from negres_core.plugin import OPTIONS

HEAD = ["| {} | does |", "|---|---|"]


def options() -> str:
    """Return the table of pytest's options."""
    parser = argparse.ArgumentParser(add_help=False)
    for name, settings in OPTIONS.items():
        parser.add_argument(name, **settings)
    return _table(parser, "option")


def commands() -> str:
    """Return a section for each command, with a table of its arguments."""
    [choices] = [action for action in make_parser()._actions if isinstance(action, argparse._SubParsersAction)]
    sections = [
        f"### negres {name}\n\n{_sentence(parser.description)}\n\n{_table(parser, 'argument')}"
        for name, parser in choices.choices.items()
    ]
    return "\n\n".join(sections)


def _table(parser: argparse.ArgumentParser, first: str) -> str:
    rows = [f"| `{_usage(action)}` | {action.help or ''} |" for action in parser._actions if action.dest != "help"]
    return "\n".join([HEAD[0].format(first), HEAD[1], *rows])


def _usage(action: argparse.Action) -> str:
    if action.nargs == 0:
        return action.option_strings[-1]
    value = action.metavar or action.dest.upper()
    if action.choices and len(action.choices) <= 4:
        value = "{" + ",".join(map(str, action.choices)) + "}"
    value = {"+": f"{value} ...", "?": f"[{value}]"}.get(action.nargs, value)
    return " ".join([*action.option_strings[-1:], value])


def _sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}."


if __name__ == "__main__":
    print(options(), commands(), sep="\n\n")
