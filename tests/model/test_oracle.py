"""The judge knows nothing of the accused."""

import ast
from pathlib import Path

ORACLE = Path(__file__).with_name("oracle.py")
KNOWN = {"collections.abc", "dataclasses", "json", "sqlite3", "typing"}


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


def test_the_oracle_imports_nothing_of_the_product():
    assert imported(ast.parse(ORACLE.read_text())) == KNOWN
