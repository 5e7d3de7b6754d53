"""The habits of this code that a machine can see."""

import ast
from collections import Counter
from pathlib import Path

import pytest

WEBAPP = Path(__file__).parents[1] / "webapp"
MODULES = sorted(path for path in WEBAPP.rglob("*.py") if "migrations" not in path.parts)
SAYING_NOTHING = {"utils", "helpers", "service", "services", "manager", "common", "misc"}
GATEWAY, SANDBOX = "billing/gateway/", "stripe_sandbox/"
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


def attributes(name: str) -> set[str]:
    """Return the modules that reach for an attribute of this name."""
    return {
        names(path)
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr == name
    }


def keys_read(path: Path) -> set[str]:
    """Return the keys in lower case, as Stripe's are, that a module looks up: `found["id"]` or `found.get("id")`."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load):
            found.add(getattr(node.slice, "value", None))
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "get":
            found |= {getattr(argument, "value", None) for argument in node.args[:1]}
    return {key for key in found if isinstance(key, str) and key == key.lower()}


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
        "exports/manuscript_export.py",
        "operations/audit/paid_slices.py",
        "access/policy.py",
        "search/index.py",
    }


def test_only_the_gateway_speaks_stripes_api():
    assert {module for module in attributes("v1") if not module.startswith(GATEWAY)} == set()


def test_stripes_json_is_read_by_the_gateway_alone():
    """What it hands out are facts. Of the stored JSON the types know nothing but that it is an `object`."""
    assert {module for module in mentions("Json") if not module.startswith((GATEWAY, SANDBOX))} == set()
    assert attributes("raw") == {"billing/sync.py"}
    assert attributes("bundle") == {"billing/stored_targets.py", "billing/sync.py"}
    assert mentions("parse_facts") == {"billing/stored_targets.py", f"{GATEWAY}snapshots.py"}
    for module in MODULES:
        beyond = names(module).startswith(("billing/", "operations/")) and not names(module).startswith(GATEWAY)
        if beyond and names(module) != "billing/views.py":  # which reads forms
            assert keys_read(module) == set(), module


def test_what_is_sold_and_held_is_reckoned_without_a_request():
    web = {"flask", "flask_wtf", "werkzeug"}
    rooms = {names(module) for module in MODULES if names(module).startswith("billing/") and imported_by(module) & web}
    assert rooms == {"billing/context.py", "billing/views.py"}


def test_full_editions_and_sources_are_named_only_where_they_are_kept_and_written():
    # Rendering anew reads a source and writes both editions, as publishing does.
    writers = {"documents/publishing.py", "documents/rerender.py"}
    assert mentions("FullEdition") == {"documents/full_editions.py", *writers}
    assert mentions("Revision") == {"documents/full_editions.py", *writers}


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


def test_minor_units_and_amounts_become_each_other_in_one_place():
    assert mentions("get_currency_precision") | attributes("decimals_of") == {"kit/money.py"}


# Names that stand in several modules because they mean the same in each.
SHARED_NAMES = {
    "log": "a module's logger",
    "Json": "what Stripe sends, as the json module reads it",
    "FIELDS": "what a `create` of the sandbox takes",
    "CHANGES": "what an `update` of the sandbox takes",
    # operations of Stripe's API, a module for each of its resources
    **dict.fromkeys(("create", "update", "delete", "cancel"), "what Stripe does to a resource"),
}
SHARED_MODULES = {
    "__init__": "a package",
    "views": "pages of a room",
    "forms": "what people fill in there",
    "models": "tables of a room",
    "documents": "the room; the API's operations on it",
}


def defined_in(module: Path) -> set[str]:
    """Return the public names that a module defines at its top."""
    found: set[str] = set()
    for node in ast.parse(module.read_text()).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Assign):
            found |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            found.add(node.target.id)
    return {name for name in found if not name.startswith("_")}


def test_a_public_name_has_one_meaning():
    where: dict[str, list[str]] = {}
    for module in MODULES:
        for name in defined_in(module):
            where.setdefault(name, []).append(names(module))
    several = {name: modules for name, modules in where.items() if len(modules) > 1}
    assert {name: modules for name, modules in several.items() if name not in SHARED_NAMES} == {}
    assert not SHARED_NAMES.keys() - several.keys(), "no longer shared: take them off the list"


def test_a_module_has_a_name_of_its_own():
    folders = {path.parent for path in MODULES}
    called = Counter([path.stem for path in MODULES] + [folder.name for folder in folders])
    several = {name for name, count in called.items() if count > 1}
    assert several == SHARED_MODULES.keys()


def test_no_docstring_says_answers():
    """It is ambiguous in code about HTTP; "Return …" is not. That they are imperative is D401's to hold."""
    for module in MODULES:
        for node in ast.walk(ast.parse(module.read_text())):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                assert not (ast.get_docstring(node) or "").startswith("Answers"), (module, node)


def test_every_write_is_a_rule_handed_in():
    """The sandbox has a database of its own, which no other writer shares with it."""
    opened = {"writing", "writing_plainly", "write_sessions", "write_engine", "commit"}
    for module in MODULES:
        if not names(module).startswith("stripe_sandbox/") and names(module) not in {
            "kit/database.py",
            "kit/migrate.py",
        }:
            used = {node.attr for node in ast.walk(ast.parse(module.read_text())) if isinstance(node, ast.Attribute)}
            assert not used & opened, module
