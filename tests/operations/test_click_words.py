"""The words that click finds among what is temporary: whole, its reader's own, and no more of them from day to day."""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from gettext import GNUTranslations
from pathlib import Path

import pytest

from webapp.kit import languages
from webapp.kit.languages import gettext, locale
from webapp.operations import click_words
from webapp.operations.click_words import words_folder
from webapp.operations.command_language import speaking

DAY = 86_400


@pytest.fixture
def temporary(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


@pytest.fixture
def catalogues(tmp_path, monkeypatch):
    """Catalogues that a test may change."""
    folder = tmp_path / "translations"
    folder.mkdir()
    (folder / "zh-CN.po").write_bytes(languages.po_file("zh-CN").read_bytes())
    monkeypatch.setattr(languages, "_CATALOGUES", folder)
    return folder


def files(folder):
    return sorted(path for path in folder.rglob("*") if path.is_file())


def word(path, message="required"):
    with path.open("rb") as compiled:
        return GNUTranslations(compiled).gettext(message)


def test_the_words_are_compiled_once_for_their_owner_alone(temporary):
    (compiled,) = files(words_folder("zh-CN"))
    assert word(compiled) == "必填"
    assert (temporary / f"paidspan-{os.getuid()}").stat().st_mode & 0o777 == 0o700
    made = compiled.stat().st_mtime_ns
    assert files(words_folder("zh-CN")) == [compiled]
    assert compiled.stat().st_mtime_ns == made


def test_english_needs_no_file(temporary):
    assert not list(words_folder("en").rglob("*.mo"))
    assert not list(temporary.iterdir())


def test_changed_words_are_spoken_at_the_next_start(temporary, catalogues):
    before = words_folder("zh-CN")
    po = catalogues / "zh-CN.po"
    po.write_text(po.read_text().replace('"必填"', '"必须填写"'))
    (compiled,) = files(words_folder("zh-CN"))
    assert word(compiled) == "必须填写"
    assert word(files(before)[0]) == "必填", "who began with these goes on with them"


def test_words_that_nobody_uses_any_more_go_after_a_day(temporary, catalogues):
    po, kept = catalogues / "zh-CN.po", []
    for number in range(12):
        po.write_text(po.read_text() + f"\n# {number}\n")
        kept.append(words_folder("zh-CN"))
        for folder in kept:
            if folder.is_dir():
                os.utime(folder, (folder.stat().st_mtime - 0.4 * DAY,) * 2)
    assert [folder.is_dir() for folder in kept] == [False] * 9 + [True] * 3


def test_who_starts_together_finds_all_words_and_leaves_nothing_else(temporary):
    with ThreadPoolExecutor(32) as pool:
        folders = list(pool.map(lambda _: words_folder("zh-CN"), range(64)))
    (compiled,) = files(temporary)
    assert {word(files(folder)[0]) for folder in folders} == {"必填"}
    assert compiled.name == "messages.mo"


def test_processes_that_start_together_speak_and_leave_nothing_else(temporary):
    command = [sys.executable, "-c", "from webapp.operations.cli import main; main()", "import"]
    environment = os.environ | {"LC_ALL": "zh_CN.UTF-8", "TMPDIR": str(temporary)}
    root = Path(__file__).parents[2]
    started = [
        subprocess.Popen(command, cwd=root, env=environment, stderr=subprocess.PIPE, text=True) for _ in range(3)
    ]
    assert ["缺少参数" in process.communicate()[1] for process in started] == [True] * 3
    assert [path.name for path in files(temporary)] == ["messages.mo"]


@pytest.mark.parametrize("wrong", ["a file", "open to all", "a link", "nowhere", "full"])
def test_where_there_is_no_room_that_is_ones_own_both_speak_english(temporary, monkeypatch, wrong):
    own = temporary / f"paidspan-{os.getuid()}"
    if wrong == "a file":
        own.write_text("")
    elif wrong == "open to all":
        own.mkdir()
        own.chmod(0o777)
    elif wrong == "a link":
        (temporary / "elsewhere").mkdir(mode=0o700)
        own.symlink_to(temporary / "elsewhere")
    elif wrong == "nowhere":
        monkeypatch.setattr(tempfile, "tempdir", str(temporary / "none"))
    else:
        monkeypatch.setattr(click_words, "compiled_catalogue", no_room)
    with speaking("zh-CN"):
        assert (locale(), gettext("required"), os.environ["LANGUAGE"]) == ("en", "required", "en")
    assert [path for path in files(temporary) if path != own] == []


def no_room(_language):
    raise OSError(28, "No space left on device")
