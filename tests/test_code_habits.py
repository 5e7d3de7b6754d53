"""The habits of the house that a machine can see."""

import ast
from pathlib import Path

import pytest

WEBAPP = Path(__file__).parents[1] / "webapp"
MODULES = sorted(path for path in WEBAPP.rglob("*.py") if "migrations" not in path.parts)
SAYING_NOTHING = {"utils", "helpers", "service", "services", "manager", "common", "misc"}
LONGEST_FILE, LONGEST_FUNCTION = 300, 40


def names(path: Path) -> str:
    return path.relative_to(WEBAPP).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=names)
def test_a_module_is_short_and_named_for_what_it_does(path):
    text = path.read_text()
    assert len(text.splitlines()) <= LONGEST_FILE
    assert path.stem not in SAYING_NOTHING
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            lines = (node.end_lineno or 0) - node.lineno + 1
            assert lines <= LONGEST_FUNCTION, f"{node.name} is {lines} lines long"


def calls(name: str) -> set[str]:
    """Return the modules that call something of this name."""
    found = set()
    for path in MODULES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == name:
                found.add(names(path))
    return found


def mentions(word: str) -> set[str]:
    """Return the modules whose code names something."""
    return {
        names(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if (isinstance(node, ast.Name) and node.id == word) or (isinstance(node, ast.alias) and node.name == word)
    }


def imported_by(path: Path) -> set[str]:
    """Return the top-level packages that a module imports."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_only_the_access_policy_makes_an_unlock():
    assert calls("Unlock") == {
        "exports/export_jobs.py",
        "operations/audit/paid_slices.py",
        "access/policy.py",
        "search/index.py",
    }


def test_full_editions_and_sources_are_named_only_where_they_are_kept_and_written():
    # Rendering anew reads a source and writes both editions, as publishing does.
    writers = {"documents/publishing.py", "documents/rerender.py"}
    assert mentions("FullEdition") == {"documents/full_editions.py", *writers}
    assert mentions("Revision") == writers


def test_only_the_clock_asks_what_time_it_is_and_only_chance_draws_lots():
    for module in MODULES:
        text = module.read_text()
        if names(module) != "kit/clock.py":
            assert "datetime.now(" not in text, module
            assert "time.time(" not in text or names(module).startswith("stripe_sandbox/"), module
        if names(module) != "kit/randomness.py":
            assert not imported_by(module) & {"secrets", "random"}, module
            assert "uuid4" not in text, module


def test_money_is_never_a_float():
    for module in MODULES:
        about_money = names(module).startswith("billing/") and not names(module).startswith("stripe_sandbox/")
        if about_money or names(module) == "kit/money.py":
            for node in ast.walk(ast.parse(module.read_text())):
                assert not (isinstance(node, ast.Name) and node.id == "float"), module
