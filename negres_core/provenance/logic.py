"""The logic of Python source: what it does, as text, without docstrings, comments, layout or places.

Digests of recipes and of the analysis rest on this text, so that better wording or another folder changes neither.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

PROSE = {"Finding": ("found", "threshold", "remedy")}
"""Keyword arguments that contain sentences for a reader, by the name of the function that is called."""

IGNORED_FIELDS = ("ctx", "kind", "type_comment", "type_ignores", "type_params")
"""Fields of syntax trees that follow from other fields, or that some versions of Python lack."""


def logic_of(node: ast.AST) -> str:
    r"""Return a syntax tree as text, without docstrings and without the wording of errors and findings.

    The text is the same in every version of Python that parses the source to the same tree.

    >>> logic_of(ast.parse("def one():\n    'Return 1.'\n    return 1  # a number"))
    "Module(body=[FunctionDef(name='one',args=arguments(),body=[Return(value=Constant(value=1))])])"
    """
    return "".join(_write(node))


def statements_of(tree: ast.Module, *, package: str) -> list[str]:
    """Return the logic of each top-level statement of a module, without its imports from a package.

    Where the modules of the package lie does not matter then, nor in which of them a function is defined.

    Args:
        tree: the module.
        package: name of the package.
    """
    statements = [logic_of(node) for node in tree.body if not _imports_from(node, package) and not _is_text(node)]
    renamed = [
        f"{alias.name} as {alias.asname}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and _imports_from(node, package)
        for alias in node.names
        if alias.asname
    ]
    return statements + renamed


def _imports_from(node: ast.stmt, package: str) -> bool:
    if isinstance(node, ast.ImportFrom):
        return f"{node.module}.".startswith(f"{package}.")
    return isinstance(node, ast.Import) and all(f"{alias.name}.".startswith(f"{package}.") for alias in node.names)


def _write(value: object) -> Iterator[str]:
    if isinstance(value, ast.AST):
        yield f"{type(value).__name__}("
        separator = ""
        for name, item in _fields(value):
            yield f"{separator}{name}="
            yield from _write(item)
            separator = ","
        yield ")"
    elif isinstance(value, list):
        yield "["
        for place, item in enumerate(value):
            yield "," * bool(place)
            yield from _write(item)
        yield "]"
    else:
        yield repr(value)


def _fields(node: ast.AST) -> Iterator[tuple[str, object]]:
    called = _called(node) if isinstance(node, ast.Call) else ""
    for name, value in ast.iter_fields(node):
        if called.endswith("Error") and name in ("args", "keywords"):
            continue
        if isinstance(value, list):
            value = [item for item in value if not _is_text(item) and not _is_prose(item, called)]
        if name not in IGNORED_FIELDS and value is not None and value != []:
            yield name, value


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_text(node: object) -> bool:
    """Return whether a statement is a string alone: the docstring of what is above it."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_prose(node: object, called: str) -> bool:
    return isinstance(node, ast.keyword) and node.arg in PROSE.get(called, ())
