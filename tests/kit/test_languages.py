"""Every sentence is there in both languages, and the reader's choice comes before the browser's."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import click
import pytest
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

from webapp.operations.cli import cli
from webapp.operations.command_language import EXAMPLE, paragraphs_of

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("asked", "lang"),
    [
        ("zh-CN,zh;q=0.9", "zh-CN"),
        ("zh-TW", "zh-CN"),
        ("en-GB,en", "en"),
        ("fr,en;q=0.5", "en"),
        ("fr", "zh-CN"),
        ("", "zh-CN"),
    ],
)
def test_the_browsers_language_is_spoken_where_we_speak_it(client, asked, lang):
    page = client.get("/plans", headers={"Accept-Language": asked}).get_data(as_text=True)
    assert f'<html lang="{lang}">' in page


def test_the_readers_choice_comes_before_the_browsers(client):
    assert client.get("/language/en?next=/plans").headers["Location"] == "/plans"
    page = client.get("/plans", headers={"Accept-Language": "zh-CN"}).get_data(as_text=True)
    assert '<html lang="en">' in page


def test_there_is_no_third_language(client):
    assert client.get("/language/tlh").status_code == 404


@cache
def messages() -> set[str]:
    """Return all sentences that templates and code mark for translation, and all that commands say of themselves."""
    return {*marked(ROOT / "webapp"), *marked(ROOT / "templates"), *helps(cli), EXAMPLE}


def marked(folder: Path) -> Iterator[str]:
    methods = [("**.py", "python"), ("**.html", "jinja2"), ("**.txt", "jinja2")]
    keywords = {"_": None, "gettext": None, "ngettext": (1, 2)}
    tags = {"**.html": {"extensions": "webapp.kit.template_memory.TemplateMemory"}}
    found = extract_from_dir(str(folder), methods, tags, keywords=keywords)
    for _file, _line, message, _comments, _context in found:
        yield _singular(message)


def helps(command: click.Command) -> Iterator[str]:
    yield from paragraphs_of(command.help)
    yield from (option.help for option in command.params if isinstance(option, click.Option) and option.help)
    for one in command.commands.values() if isinstance(command, click.Group) else ():
        yield from helps(one)


def catalogue():
    with (ROOT / "webapp/translations/zh-CN.po").open("rb") as po:
        return read_po(po, locale="zh_Hans_CN")


def test_every_sentence_is_translated():
    words = catalogue()
    missing = sorted(message for message in messages() if not (words.get(message) and words.get(message).string))
    assert not missing, f"add these to webapp/translations/zh-CN.po: {missing}"


def test_no_translation_is_left_over():
    wanted = messages() | set(marked(Path(click.__file__).parent))
    left = sorted(str(entry.id) for entry in catalogue() if entry.id and _singular(entry.id) not in wanted)
    assert not left, f"take these out of webapp/translations/zh-CN.po: {left}"


def _singular(message):
    return message[0] if isinstance(message, (tuple, list)) else message


def test_translations_fill_in_the_same_names():
    names = re.compile(r"%\((\w+)\)s")
    for entry in catalogue():
        for string in entry.string if isinstance(entry.string, tuple) else [entry.string]:
            assert set(names.findall(string)) <= set(names.findall(str(entry.id))), entry.id


HAN = "\u3400-\u9fff"
UNTIDY = {
    "half-width punctuation": re.compile(f"[{HAN}”）》][,;?!]|[{HAN}]\\.(?!\\w)|[,;!?][{HAN}]"),
    "half-width brackets": re.compile(f"[{HAN}]\\(|\\)[{HAN}]|\\([{HAN}]"),
    "straight quotes": re.compile(f"[{HAN}] ?[\"']|[\"'][{HAN}]"),
    "no space between Chinese and Latin": re.compile(f"[{HAN}][A-Za-z0-9]|[A-Za-z0-9%][{HAN}]"),
    "a space beside full-width punctuation": re.compile("  | [，。；：、？！（）《》]|[，。；：、？！（）《》] "),
}
FILING = re.compile("“京.*?号”")  # written as the authorities write it


@pytest.mark.parametrize("rule", UNTIDY)
def test_chinese_is_set_as_chinese(rule):
    strings = [text for entry in catalogue() if entry.id for text in _all(entry.string)]
    tidied = [FILING.sub("", re.sub(r"%\(\w+\)s|\{\w+(?:!r)?\}", "○", text)) for text in strings]
    assert [text for text in tidied if UNTIDY[rule].search(text)] == []


def test_a_sentence_ends_as_one_in_both_languages():
    for entry in catalogue():
        if entry.id:
            english, chinese = _singular(entry.id), _all(entry.string)[0]
            assert english.rstrip().endswith(".") == chinese.rstrip().endswith("。"), entry.id


def test_days_stand_without_spaces():
    """A day is 2026年1月12日 in a sentence; where it stands as 2026-01-12, the style sheet sets it apart."""
    strings = [text for entry in catalogue() if entry.id for text in _all(entry.string)]
    assert [text for text in strings if re.search(rf"[{HAN}] %\(day\)s|%\(day\)s [{HAN}]", text)] == []


FORMER_NAMES = ("下架", "发布者", "退订", "续费", "文章", "会员", "划重点", "高亮", "私人订阅源", "专属订阅源")


def test_one_thing_has_one_name():
    """Words that stood for the same thing once; each has one name now."""
    text = "".join(string for entry in catalogue() for string in _all(entry.string))
    assert [word for word in FORMER_NAMES if word in text] == []


def test_nothing_is_translated_twice():
    written = re.findall(r"^msgid (\".+\")$", (ROOT / "webapp/translations/zh-CN.po").read_text(), re.MULTILINE)
    assert sorted({message for message in written if written.count(message) > 1}) == []


def _all(string):
    return list(string) if isinstance(string, tuple | list) else [string]


JINJA = re.compile(
    r"<style>.*?</style>|\{% block main_class %\}\w+\{% endblock %\}|\{%.*?%\}|\{\{.*?\}\}|\{#.*?#\}", re.DOTALL
)
TAG = re.compile(r"<[^>]*>|[\w-]+=\"[^\"]*\"")


def test_no_template_says_anything_outside_of_gettext():
    """Latin words in the text of a template that no `_()` holds would stay English on a Chinese page."""
    for path in (ROOT / "templates").rglob("*.html"):
        text = TAG.sub(" ", JINJA.sub("", path.read_text()))
        words = set(re.findall(r"[A-Za-z]{3,}", text)) - {"paid", "span"}
        assert not words, f"{path.relative_to(ROOT)}: {sorted(words)}"


def test_sentences_of_code_are_literals():
    """`_(variable)` in code is never extracted, so it would never be translated."""
    for path in (ROOT / "webapp").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "_":
                assert isinstance(node.args[0], ast.Constant), f"{path}:{node.lineno}"
