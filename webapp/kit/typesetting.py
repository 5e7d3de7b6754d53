"""Typst: what is set in type becomes a picture. Contents go in as data, never as markup."""

import json
import re
import tempfile
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
    there = set(_fonts().families())
    return tuple(name for name in (*CHINESE_SERIF, *CHINESE_SANS) if name in there)


def can_be_set(text: str) -> bool:
    """Whether this machine has the letters that a text is written in, as far as Chinese is concerned."""
    return bool(chinese_fonts()) or not _HAN.search(text)


@cache
def _compiler() -> typst.Compiler:
    """Answers the compiler; the folder that it may read from is empty."""
    return typst.Compiler(root=tempfile.mkdtemp(prefix="paidspan-typst-"), font_paths=_fonts())


def set_png(template: str, content: dict[str, object]) -> bytes:
    """Answers a page as a PNG of 2 pixels a point: a template's, filled with `content` (which it reads as JSON)."""
    source = (template_folder() / template).read_bytes()
    given = {"content": json.dumps({"fonts": ["Libertinus Serif", *chinese_fonts()], **content}, ensure_ascii=False)}
    with _one_at_a_time:
        page = _compiler().compile(source, format="png", ppi=144, sys_inputs=given)
    assert isinstance(page, bytes)
    return page
