"""Click's words among what is temporary: there while a command runs, and nothing of them afterwards."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import click
import pytest

from webapp.kit.languages import gettext, locale
from webapp.operations import command_language
from webapp.operations.command_language import speak, speaking


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def spoken():
    """Return what we say, what click says, and in which language."""
    return gettext("required"), click.core._("required"), locale()


def test_click_speaks_as_we_do_and_nothing_is_left_behind(temporary):
    before = spoken()
    with speaking("zh-CN"):
        assert spoken() == ("必填", "必填", "zh-CN")
        (words,) = files(temporary)
        assert words.relative_to(temporary).parts[0].startswith("paidspan-words-")
        assert words.parents[2].stat().st_mode & 0o777 == 0o700
        speak("en")
        assert spoken() == ("required", "required", "en")
        speak("zh-CN")
        assert spoken() == ("必填", "必填", "zh-CN")
    assert spoken() == before
    assert not list(temporary.iterdir())


def test_english_needs_no_file(temporary):
    with speaking("en"):
        assert not files(temporary)
        assert spoken() == ("required", "required", "en")


def test_processes_that_start_together_speak_and_leave_nothing_else(temporary):
    command = [sys.executable, "-c", "from webapp.operations.cli import main; main()", "import"]
    environment = os.environ | {"LC_ALL": "zh_CN.UTF-8", "TMPDIR": str(temporary)}
    root = Path(__file__).parents[2]
    started = [
        subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert ["缺少参数" in process.communicate()[1] for process in started] == [True] * 3
    assert not list(temporary.iterdir())


@pytest.mark.parametrize("wrong", ["nowhere", "full"])
def test_where_there_is_no_room_both_speak_english(temporary, monkeypatch, wrong):
    if wrong == "nowhere":
        monkeypatch.setattr(tempfile, "tempdir", str(temporary / "none"))
    else:
        monkeypatch.setattr(command_language, "compiled_catalogue", no_room)
    with speaking("zh-CN"):
        assert spoken() == ("required", "required", "en")
    assert not files(temporary)


def no_room(_language):
    raise OSError(28, "No space left on device")
