"""What can be known of the walks without walking them (`python -m tests.deploy.walk` does)."""

import re
import subprocess
import tomllib

import pytest

from tests.deploy.new_system import ROOT
from tests.deploy.proxies import DEPLOY
from tests.deploy.walk import block, count_blocks

OPERATING = (ROOT / "docs/operating.md").read_text()
WALKS = ("One machine with systemd and nginx", "Another version, and back", "Several hosts")
BLOCKS = [(heading, number) for heading in WALKS for number in range(count_blocks(heading))]


@pytest.mark.parametrize(("heading", "number"), BLOCKS)
def test_a_block_is_what_a_shell_reads(heading, number):
    done = subprocess.run(["sh", "-n"], input=block(heading, number), text=True, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_every_file_that_the_walks_name_is_there():
    named = {name.rstrip(".") for name in re.findall(r"deploy/([\w./*-]+)", OPERATING)} - {"walk.py"}
    assert len(named) > 5
    for name in named:
        assert list(DEPLOY.glob(name)), name


def test_every_file_is_named_where_somebody_looks_for_it():
    """In the walks, or in the file that another one of them names."""
    told = OPERATING + "".join(path.read_text() for path in (DEPLOY / "compose.yaml", DEPLOY / "env.example"))
    for path in DEPLOY.rglob("*"):
        if path.is_file() and path.name != "Dockerfile.dockerignore":  # which Docker finds by its name
            assert path.name in told or f"{path.parent.name}/paidspan*{path.suffix}" in told, path


def test_the_walks_keep_to_settings_that_there_are():
    settings = {line.split("=")[0].lstrip("#") for line in (DEPLOY / "env.example").read_text().splitlines()}
    set_by_walks = set(re.findall(r"\^(PAIDSPAN_\w+)=", OPERATING))
    assert set_by_walks
    assert set_by_walks <= settings


def test_the_newest_version_of_the_changelog_is_the_package_s():
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    newest = re.search(r"(?m)^## (\S+)", (ROOT / "CHANGELOG.md").read_text())[1]
    assert newest == version
