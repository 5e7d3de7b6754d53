"""Typst: what is set in type becomes a picture or pages. Contents go in as data, never as markup."""

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import TYPE_CHECKING, Any

from webapp.kit.templating import template_folder
from webapp.kit.theme_colours import LIGHT

if TYPE_CHECKING:
    import typst

# By name, the first that is there: serifs before sans. On Debian fonts-noto-cjk brings the Noto ones.
CHINESE_SERIF = ("Noto Serif CJK SC", "Source Han Serif SC", "Noto Serif SC", "Songti SC", "STSong", "SimSun")
CHINESE_SANS = ("Noto Sans CJK SC", "Source Han Sans SC", "PingFang SC", "WenQuanYi Zen Hei", "Microsoft YaHei")
_HAN = re.compile("[\u2e80-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_one_at_a_time = Lock()


@cache
def _fonts() -> "typst.Fonts":
    import typst  # noqa: PLC0415 - only what is set in type needs it

    return typst.Fonts()


@cache
def chinese_fonts() -> tuple[str, ...]:
    """Return which fonts of this machine can write Chinese, the best first; without one there would be boxes."""
    return fonts_here((*CHINESE_SERIF, *CHINESE_SANS))


@cache
def font_families() -> tuple[str, ...]:
    """Return all fonts that this machine has, those among them that Typst brings."""
    return tuple(_fonts().families())


@cache
def fonts_here(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return those of these fonts that this machine has, in their order."""
    return tuple(name for name in names if name in font_families())


def can_typeset(text: str) -> bool:
    """Whether this machine has the letters that a text is written in, as far as Chinese is concerned."""
    return not _HAN.search(text) or bool(chinese_fonts())


@cache
def _compiler() -> "typst.Compiler":
    """Return the compiler; all that it may read are the house's templates."""
    import typst  # noqa: PLC0415 - as above

    return typst.Compiler(root=template_folder(), font_paths=_fonts())


def render_png(template: str, content: dict[str, object]) -> bytes:
    """Return a page as a PNG of 2 pixels a point: a template's, filled with `content`, fonts and colours."""
    given = _given({"fonts": ["Libertinus Serif", *chinese_fonts()], "colours": asdict(LIGHT), **content})
    return _compiled(template, format="png", ppi=144, sys_inputs=given)


def render_pdf(
    template: str, content: dict[str, object], moment: datetime, images: Mapping[str, bytes] | None = None
) -> bytes:
    """Return pages as a tagged PDF that says it was made at a moment: a template's, filled with `content`.

    `images` are files that it may show, by their names.
    """
    told = {"sys_inputs": _given(content), "timestamp": moment.replace(microsecond=0)}
    return _compiled(template, format="pdf", images=images or {}, **told)


def has_glyphs(text: str) -> bool:
    """Whether fonts of this machine have all letters of a text; PDF/A knows no others, so that Typst looks."""
    import typst  # noqa: PLC0415 - as above

    try:
        _compiled("exports/font_coverage.typ", format="pdf", pdf_standards=["a-2b"], sys_inputs=_given({"text": text}))
    except typst.TypstError:
        return False
    return True


def _compiled(template: str, **order: Any) -> bytes:  # noqa: ANN401 - as typst takes them
    """Return what typst makes of a template.

    Its threads do not come along when a process that used it forks: there it would wait for them for ever, so that a
    process of its own is asked.
    """
    if _process_that_used_it() != os.getpid():
        with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as fresh:
            return fresh.submit(_made, template, order).result()
    return _made(template, order)


@cache
def _process_that_used_it() -> int:
    return os.getpid()


def _made(template: str, order: dict[str, Any]) -> bytes:
    source = (template_folder() / template).read_bytes()
    images: Mapping[str, bytes] = order.pop("images", {})
    with _one_at_a_time, _beside(template, images) as compiler:
        made = compiler.compile(source, **order)
    assert isinstance(made, bytes)
    return made


def _given(content: dict[str, object]) -> dict[str, str]:
    return {"content": json.dumps(content, ensure_ascii=False)}


@contextmanager
def _beside(template: str, images: Mapping[str, bytes]) -> Iterator["typst.Compiler"]:
    """Yield a compiler that may read these pictures, too, and of the templates those beside this one."""
    import typst  # noqa: PLC0415 - as above

    if not images:
        yield _compiler()
        return
    with TemporaryDirectory() as folder:
        (Path(folder) / template).parent.mkdir(parents=True)
        for path in (template_folder() / template).parent.glob("*.typ"):
            shutil.copy(path, (Path(folder) / template).parent)
        for name, data in images.items():
            (Path(folder) / name).write_bytes(data)
        yield typst.Compiler(root=folder, font_paths=_fonts())
