"""What serving pages loads: not the libraries that only a part of it needs, for each takes time and memory."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.factories.shelf import REPORT

ROOT = Path(__file__).parents[2]
ONLY_WHEN_NEEDED = (
    ("alembic", "mako"),
    ("webauthn", "cryptography", "OpenSSL"),
    ("PIL", "mammoth", "selectolax"),
    ("rich", "pygments"),
    ("email_validator", "huey", "pypdf", "segno"),
    ("obstore",),
    ("typst", "rjieba"),  # asked in processes of their own
)
# All that `serve` loads before it forks, and what a page and its readers' browsers ask for.
PAGES = """
import json, sys
from click.testing import CliRunner
import webapp.__main__
import webapp.front.supervisor
from webapp import create_app
from webapp.operations import cli, serve
from webapp.operations.first_start import prepare_instance
from webapp.settings import load_settings

prepare_instance(load_settings())
client = create_app().test_client()
slug = sys.argv[1]
asked = ["/", f"/d/{slug}", f"/d/{slug}/picture.png", "/search?q=库存"]
asked += ["/healthz", "/readyz", "/login", "/signup", "/feed.atom"]
statuses = {path: client.get(path).status_code for path in asked}
print(json.dumps([statuses, sorted({name.partition(".")[0] for name in sys.modules})]))
"""


def test_pages_are_served_without_what_only_some_of_them_need(forker, instance, tmp_path):
    report = tmp_path / "report.txt"
    report.write_text(REPORT)
    made = forker.run(["import", str(report), "--publish", "--instance", str(instance)], tmp_path, os.environ, "")
    publisher = ["user", "add", "wang@example.com", "--role", "publisher", "--instance", str(instance)]
    forker.run(publisher, tmp_path, os.environ, "")
    given = os.environ | {"PAIDSPAN_INSTANCE": str(instance), "PYTHONPATH": str(ROOT)}
    given.pop("PAIDSPAN_REDIS_URL", None)  # whose client looks for cryptography
    command = [sys.executable, "-c", PAGES, made.stdout.split("\t")[0]]
    done = subprocess.run(command, env=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    statuses, loaded = json.loads(done.stdout.splitlines()[-1])
    assert set(statuses.values()) == {200}
    assert sorted({name for group in ONLY_WHEN_NEEDED for name in group} & set(loaded)) == []
