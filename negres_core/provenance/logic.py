"""The logic of Python source: what it does, as text, without docstrings, comments and layout.

Digests of recipes and of the analysis are computed from this text, so that better wording does not change them.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator

PROSE = {"Finding": ("found", "threshold", "remedy")}
"""Keyword arguments that contain sentences for a reader, by the name of the called function."""

IGNORED_FIELDS = ("ctx", "kind", "type_comment", "type_ignores", "type_params")
"""Fields of syntax trees that follow from other fields, or that some versions of Python do not have."""


SEPARATE = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
"""Top-level statements that may move from one module to another without a change of what they do."""


def logic_of(node: ast.AST) -> str:
    r"""Return a syntax tree as text, without docstrings and without the wording of findings and raised errors.

    The text is the same in every version of Python that parses the source to the same tree.

    >>> logic_of(ast.parse("def one():\n    'Return 1.'\n    return 1  # a number"))
    "Module(body=[FunctionDef(name='one',args=arguments(),body=[Return(value=Constant(value=1))])])"
    """
    return "".join(_write(node))


def statements_of(tree: ast.Module, *, package: str) -> list[str]:
    """Return the logic of a module: each imported name, each function and class, and everything else as one text.

    Imports from the package are left out, except for names that they change. The result does not depend on the folders
    of the package's modules, nor on the module in which a function is defined: one that moves takes some of the names
    along that its module imports, so these count one by one. Constants stay together, because those of several modules
    can have the same name.

    Args:
        tree: the module.
        package: name of the package.
    """
    statements = [node for node in tree.body if not _imports_from(node, package) and not _is_text(node)]
    separate = [node for node in statements if isinstance(node, SEPARATE)]
    others = [logic_of(node) for node in statements if not isinstance(node, SEPARATE)]
    aliases = [
        f"{alias.name} as {alias.asname}"
        for node in tree.body
        if isinstance(node, ast.ImportFrom) and _imports_from(node, package)
        for alias in node.names
        if alias.asname
    ]
    texts = [logic_of(each) for node in separate for each in _name_by_name(node)]
    return [*texts, *(["\n".join(others)] if others else []), *aliases]


def _name_by_name(node: ast.stmt) -> list[ast.stmt]:
    """Return an import as one statement for each name; any other statement as it is."""
    if isinstance(node, ast.ImportFrom):
        return [ast.ImportFrom(node.module, [alias], node.level) for alias in node.names]
    return [ast.Import([alias]) for alias in node.names] if isinstance(node, ast.Import) else [node]


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
        for position, item in enumerate(value):
            if position:
                yield ","
            yield from _write(item)
        yield "]"
    else:
        yield repr(value)


def _fields(node: ast.AST) -> Iterator[tuple[str, object]]:
    function = _name_of(node.func) if isinstance(node, ast.Call) else ""
    for name, value in ast.iter_fields(node):
        if isinstance(value, list):
            value = [item for item in value if not _is_text(item) and not _is_prose(item, function)]
        if isinstance(node, ast.Raise) and name == "exc":
            value = _without_wording(value)
        if name not in IGNORED_FIELDS and value is not None and value != []:
            yield name, value


def _name_of(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _is_text(node: object) -> bool:
    """Return whether a statement is only a string: a docstring."""
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _is_prose(node: object, function: str) -> bool:
    return isinstance(node, ast.keyword) and node.arg in PROSE.get(function, ())


def _without_wording(raised: object) -> object:
    """Return a raised error without the arguments that contain text; other arguments may be used where it is caught."""
    if not isinstance(raised, ast.Call) or not _name_of(raised.func).endswith("Error"):
        return raised
    values = [each for each in raised.args if not _contains_text(each)]
    keywords = [each for each in raised.keywords if not _contains_text(each)]
    return ast.Call(func=raised.func, args=values, keywords=keywords)


def _contains_text(node: ast.AST) -> bool:
    return any(
        isinstance(each, ast.JoinedStr) or (isinstance(each, ast.Constant) and isinstance(each.value, str))
        for each in ast.walk(node)
    )
