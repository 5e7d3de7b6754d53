"""What may import what: a forbidden import, planted in a copy, breaks its contract."""

import ast
import configparser
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PLANTED = [
    # a module of webapp, what is planted in it, the contract that must break
    ("feeds/entries.py", "import stripe", "Stripe"),
    ("operations/cli_stripe.py", "from stripe import StripeClient", "Stripe"),
    ("kit/money.py", "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import stripe", "Stripe"),
    ("billing/refund_rules.py", "def give_back():\n    import stripe\n    return stripe", "Stripe"),
    ("search/find.py", "import flask", "the web"),
    ("billing/grants.py", "from flask import current_app", "the web"),
    ("access/policy.py", "from werkzeug.exceptions import NotFound", "the web"),
    ("documents/new_rule.py", "from flask_wtf import FlaskForm", "the web"),
    ("exports/zip_archive.py", "import flask_login", "Flask-Login"),
    ("accounts/permissions.py", "from flask_login import current_user", "Flask-Login"),
    ("kit/clock.py", "from webapp.accounts.models import Reader", "Rooms"),
    ("accounts/models.py", "from webapp.billing.models import Grant", "Rooms"),
    ("documents/catalogue.py", "from webapp.billing.plans import offers_for", "Rooms"),
    ("stripe_sandbox/sandbox.py", "from webapp.documents.models import Document", "Rooms"),
    ("health/views.py", "from webapp.factory import assemble", "Rooms"),
    ("feeds/views.py", "from webapp.search.find import find_documents", "Rooms"),
    ("new_room/__init__.py", "", "Rooms"),
    ("manuscript/marker_language/markers.py", "import sqlalchemy", "pure"),
    ("manuscript/new_rule.py", "from webapp.kit import clock", "pure"),
    ("feeds/entries.py", "from webapp.documents.unlock import Unlock", "Unlock"),
    ("access/open_document.py", "from webapp.documents import unlock", "Unlock"),
]


def lint_imports(folder: Path) -> tuple[int, str]:
    command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("planted")
    shutil.copy(ROOT / ".importlinter", folder)
    shutil.copytree(
        ROOT / "webapp", folder / "webapp", ignore=lambda _folder, names: set(names) & {"static", "samples"}
    )
    return folder


def test_the_copy_keeps_all_contracts(copy):
    status, said = lint_imports(copy)
    assert status == 0, said


@pytest.mark.parametrize(("module", "planted", "contract"), PLANTED)
def test_a_planted_import_breaks_its_contract(copy, module, planted, contract):
    path = copy / "webapp" / module
    before = path.read_text() if path.exists() else None
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{before or ''}\n{planted}\n")
    try:
        status, said = lint_imports(copy)
    finally:
        if before is not None:
            path.write_text(before)
        elif list(path.parent.glob("*.py")) == [path]:
            shutil.rmtree(path.parent)
        else:
            path.unlink()
    broken = [line for line in said.splitlines() if " BROKEN" in line]
    assert status != 0
    assert any(contract in line for line in broken) or (contract == "Rooms" and "new_room" in said), said


def test_no_folder_of_modules_is_outside_the_graph():
    """A folder without `__init__.py` is no package: the contracts would not see what its modules import."""
    folders = {path.parent for path in (ROOT / "webapp").rglob("*.py")}
    assert not [str(folder) for folder in folders if not (folder / "__init__.py").exists()]


def test_nothing_is_imported_by_a_name_that_a_program_makes_up():
    """What `import_module(...)` and `__import__(...)` bring in is no import that a contract could see."""
    for path in (ROOT / "webapp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = {alias.name for alias in node.names} if isinstance(node, (ast.Import, ast.ImportFrom)) else set()
            module = node.module if isinstance(node, ast.ImportFrom) else ""
            assert not names & {"importlib", "import_module"}, path
            assert module != "importlib", path
            assert not (isinstance(node, ast.Name) and node.id == "__import__"), path


def test_who_may_make_an_unlock_does():
    """The list of importers would otherwise rot: it raises no alarm for one that no longer needs to be on it."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    allowed = contracts["importlinter:contract:unlock"]["allowed_importers"].split()
    for module in allowed:
        text = (ROOT / (module.replace(".", "/") + ".py")).read_text()
        assert "from webapp.documents.unlock import" in text, module
