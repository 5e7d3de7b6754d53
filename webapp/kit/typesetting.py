"""Typst: what is set in type becomes a picture or pages. Contents go in as data, never as markup."""

import json
import re
import tempfile
from datetime import datetime
from functools import cache
from threading import Lock

import typst

from webapp.kit.templating import template_folder

# By name, the first that is there: serifs before sans. On Debian fonts-noto-cjk brings the Noto ones.
CHINESE_SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Songti SC", "STSong", "SimSun")
CHINESE_SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "WenQuanYi Zen Hei", "Microsoft YaHei")
_HAN = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_one_at_a_time = Lock()


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts()


@cache
def chinese_fonts() -> tuple[str, ...]:
    """Answers which fonts of this machine can write Chinese, the best first; without one there would be boxes."""
    return fonts_here((*CHINESE_SERIF, *CHINESE_SANS))


@cache
def fonts_here(names: tuple[str, ...]) -> tuple[str, ...]:
    """Answers those of these fonts that this machine has, in their order."""
    there = set(_fonts().families())
    return tuple(name for name in names if name in there)


def can_be_set(text: str) -> bool:
    """Whether this machine has the letters that a text is written in, as far as Chinese is concerned."""
    return bool(chinese_fonts()) or not _HAN.search(text)


@cache
def _compiler() -> typst.Compiler:
    """Answers the compiler; the folder that it may read from is empty."""
    return typst.Compiler(root=tempfile.mkdtemp(prefix="paidspan-typst-"), font_paths=_fonts())


def set_png(template: str, content: dict[str, object]) -> bytes:
    """Answers a page as a PNG of 2 pixels a point: a template's, filled with `content` (which it reads as JSON)."""
    given = _given({"fonts": ["Libertinus Serif", *chinese_fonts()], **content})
    with _one_at_a_time:
        page = _compiler().compile(_source(template), format="png", ppi=144, sys_inputs=given)
    assert isinstance(page, bytes)
    return page


def set_pdf(template: str, content: dict[str, object], moment: datetime) -> bytes:
    """Answers pages as a tagged PDF that says it was made at a moment: a template's, filled with `content`."""
    second = moment.replace(microsecond=0)
    with _one_at_a_time:
        pages = _compiler().compile(_source(template), format="pdf", sys_inputs=_given(content), timestamp=second)
    assert isinstance(pages, bytes)
    return pages


def _source(template: str) -> bytes:
    return (template_folder() / template).read_bytes()


def _given(content: dict[str, object]) -> dict[str, str]:
    return {"content": json.dumps(content, ensure_ascii=False)}
