"""The imports that a program begins with: nothing that it does comes before them."""

from __future__ import annotations

import ast
import sys

from wellfit.script.installed import can_be_imported_ahead, lies_in

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator


def leading_imports(source: str | bytes, folders: tuple[str, ...] = ()) -> list[str]:
    r"""Import statements of installed modules, up to the first statement that does anything else.

    A module of the user's own ends them, since it may do anything. Modules of the standard library are passed over.

    Args:
        source: of the program.
        folders: of the user's own modules, which go before all others.

    Returns:
        statements; none where the source cannot be read.

    Example:
        >>> leading_imports("import os\nimport torch, numpy as np\nx = 1\nimport yaml")
        ['import torch', 'import numpy as np']
    """
    try:
        body = ast.parse(source).body
    except (SyntaxError, ValueError):
        return []
    return list(_leading(body, folders))


def _leading(body: list[ast.stmt], folders: tuple[str, ...]) -> Iterator[str]:
    for node in body:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            continue
        statements = _statements(node)
        if not statements:
            return
        for name, statement in statements:
            top = name.partition(".")[0]
            if any(lies_in(folder, top) for folder in folders):
                return
            if top in sys.stdlib_module_names:
                continue
            if not can_be_imported_ahead(top):
                return
            yield statement


def _statements(node: ast.stmt) -> list[tuple[str, str]]:
    """What a statement imports, one module at a time; nothing where it is no absolute import."""
    if isinstance(node, ast.Import):
        return [(alias.name, ast.unparse(ast.Import([alias]))) for alias in node.names]
    if isinstance(node, ast.ImportFrom) and not node.level and node.module:
        return [(node.module, ast.unparse(node))]
    return []
