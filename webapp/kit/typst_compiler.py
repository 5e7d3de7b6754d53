"""Typst as it is used here. It is asked in a process of its own, for with its fonts it holds 50 MB (typesetting)."""

import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import typst

from webapp.kit.helper_process import answer_questions


@cache
def _fonts() -> typst.Fonts:
    return typst.Fonts()


@cache
def _compiler(folder: Path) -> typst.Compiler:
    """Return the compiler; all that it may read are the house's templates."""
    return typst.Compiler(root=folder, font_paths=_fonts())


def list_font_families() -> tuple[str, ...]:
    """Return all fonts that this machine has, those among them that Typst brings."""
    return tuple(_fonts().families())


def compile_template(folder: Path, template: str, images: Mapping[str, bytes], order: dict[str, Any]) -> bytes:
    """Return what a template of a folder becomes, which may show these pictures, too."""
    with _beside(folder, template, images) as compiler:
        made = compiler.compile((folder / template).read_bytes(), **order)
    assert isinstance(made, bytes)
    return made


def compiles(folder: Path, template: str, order: dict[str, Any]) -> bool:
    """Whether Typst makes anything of a template."""
    try:
        compile_template(folder, template, {}, order)
    except typst.TypstError:
        return False
    return True


@contextmanager
def _beside(templates: Path, template: str, images: Mapping[str, bytes]) -> Iterator[typst.Compiler]:
    """Yield a compiler that may read these pictures, too, and of the templates those beside this one."""
    if not images:
        yield _compiler(templates)
        return
    with TemporaryDirectory() as folder:
        (Path(folder) / template).parent.mkdir(parents=True)
        for path in (templates / template).parent.glob("*.typ"):
            shutil.copy(path, (Path(folder) / template).parent)
        for name, data in images.items():
            (Path(folder) / name).write_bytes(data)
        yield typst.Compiler(root=folder, font_paths=_fonts())


if __name__ == "__main__":
    answer_questions(list_font_families, compile_template, compiles)
