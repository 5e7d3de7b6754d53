"""What is set in type by Typst becomes a picture or pages. Contents go in as data, never as markup.

Typst runs in a process beside this one, which is there for as long as somebody asks.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from functools import cache

from webapp.kit.helper_process import HelperProcess
from webapp.kit.templating import template_folder
from webapp.kit.theme_colours import LIGHT

# By name, the first that is there: serifs before sans. On Debian fonts-noto-cjk brings the Noto ones.
CHINESE_SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Songti SC", "STSong", "SimSun")
CHINESE_SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "WenQuanYi Zen Hei", "Microsoft YaHei")
_HAN = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_typst = HelperProcess("webapp.kit.typst_compiler")


@cache
def chinese_fonts() -> tuple[str, ...]:
    """Return which fonts of this machine can write Chinese, the best first; without one there would be boxes."""
    return fonts_here((*CHINESE_SERIF, *CHINESE_SANS))


@cache
def font_families() -> tuple[str, ...]:
    """Return all fonts that this machine has, those among them that Typst brings."""
    families: tuple[str, ...] = _typst.ask("list_font_families")
    return families


@cache
def fonts_here(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of these fonts that this machine has, in their order."""
    return tuple(name for name in names if name in font_families())


def can_typeset(text: str) -> bool:
    """Whether this machine has the letters that a text is written in, as far as Chinese is concerned."""
    return not _HAN.search(text) or bool(chinese_fonts())


def render_png(template: str, content: dict[str, object]) -> bytes:
    """Return a page as a PNG of 2 pixels a point: a template's, filled with `content`, fonts and colours."""
    given = _given({"fonts": ["Libertinus Serif", *chinese_fonts()], "colours": asdict(LIGHT), **content})
    return _compiled(template, {}, format="png", ppi=144, sys_inputs=given)


def render_pdf(
    template: str, content: dict[str, object], moment: datetime, images: Mapping[str, bytes] | None = None
) -> bytes:
    """Return pages as a tagged PDF that says it was made at a moment: a template's, filled with `content`.

    `images` are files that it may show, by their names.
    """
    told = {"sys_inputs": _given(content), "timestamp": moment.replace(microsecond=0)}
    return _compiled(template, images or {}, format="pdf", **told)


def has_glyphs(text: str) -> bool:
    """Whether fonts of this machine have all letters of a text; PDF/A knows no others, so that Typst looks."""
    order = {"format": "pdf", "pdf_standards": ["a-2b"], "sys_inputs": _given({"text": text})}
    return bool(_typst.ask("compiles", template_folder(), "exports/font_coverage.typ", order))


def _compiled(template: str, images: Mapping[str, bytes], **order: object) -> bytes:
    made: bytes = _typst.ask("compile_template", template_folder(), template, images, order)
    return made


def _given(content: dict[str, object]) -> dict[str, str]:
    return {"content": json.dumps(content, ensure_ascii=False)}
