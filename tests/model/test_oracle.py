"""The judge knows nothing of the accused."""

import ast
from pathlib import Path

import pytest

JUDGE = ("truth", "oracle", "wrongs")
KNOWN = {"collections", "collections.abc", "dataclasses", "json", "sqlite3", "typing"}
KNOWN |= {f"tests.model.{name}" for name in JUDGE}


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names.add("." * node.level + (node.module or ""))
    return names


@pytest.mark.parametrize("name", JUDGE)
def test_the_judge_imports_nothing_of_the_product(name):
    assert imported(ast.parse(Path(__file__).with_name(f"{name}.py").read_text())) <= KNOWN
