"""Commands that did the wrong thing once, as they were reported: the scripts beside this file, run by a shell."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parent
ROOT = HERE.parents[2]


@pytest.fixture
def run(tmp_path):
    """Run a script in the folder of the cases, with the `paidspan` of this tree."""
    command = tmp_path / "bin" / "paidspan"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m webapp "$@"\n')
    command.chmod(0o755)
    path = f"{command.parent}:{os.environ['PATH']}"
    environment = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT), "TMPDIR": str(tmp_path), "LANG": "C"}

    def script(name):
        return subprocess.run(["sh", name], cwd=HERE, env=environment, capture_output=True, text=True, check=False)

    return script


def test_23_a_link_in_the_folder_is_not_followed_out_of_it(run):
    done = run("23-symlink.sh")
    assert done.returncode == 0
    assert done.stdout == ""
    assert "link.txt:1:1: link-outside: " in done.stderr
    assert done.stderr.endswith("1 skipped\n")


def test_24_naming_the_encoding_mends_what_was_stored(run):
    done = run("24-stuck-mojibake.sh")
    assert done.returncode == 0
    first, second = (line.split("\t")[:2] for line in done.stdout.splitlines())
    assert first == ["川面の霧", "added"]
    assert second == ["川面の霧", "unchanged"]


def test_25_a_mistyped_installation_is_refused_and_not_made(run):
    done = run("25-audit-wrong-folder.sh")
    assert done.stdout == "2\n"
    assert "There is no installation in " in done.stderr
    assert "found" not in done.stdout
