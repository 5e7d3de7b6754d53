"""What the commands share that read manuscripts: which files, in which encoding, and how a finding is printed."""

import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import click

from webapp.documents.decoding import is_encoding, unknown_encoding
from webapp.documents.preparation import ImportProblem
from webapp.documents.sources import SOURCE_SUFFIXES, SourceFile, find_sources
from webapp.kit.languages import gettext
from webapp.kit.translatable import _

_MOST_KINDS = 8


def _known_encoding(_context: click.Context, _parameter: click.Parameter, name: str) -> str:
    if name != "auto" and not is_encoding(name):
        raise click.BadParameter(gettext(unknown_encoding(name).args[0]))
    return name


paths_argument = click.argument("paths", nargs=-1, required=True, metavar="PATH...")
encoding_option = click.option(
    "--encoding", default="auto", show_default=True, help="Name of the encoding.", callback=_known_encoding
)
replace_option = click.option("--replace", is_flag=True, help="Read � for bytes that the named encoding does not have.")


def refuse_replacing_by_guess(encoding: str, *, replace: bool) -> None:
    """Raise UsageError where bytes shall be replaced in an encoding that nobody named."""
    if replace and encoding == "auto":
        raise click.UsageError(gettext(_("--replace needs the name of the encoding: add --encoding utf-8, say.")))


def known_sources(paths: tuple[str, ...], most_bytes: int) -> Callable[[str], bool]:
    """Return what says whether there is a source of a key: among the paths, or on the disk beside a file of them."""
    folders = [Path(path).parent for path in paths if Path(path).is_file()]

    @cache
    def keys() -> frozenset[str | None]:
        sources = find_sources(list(paths), most_bytes, sys.stdin.buffer)
        return frozenset(source.key for source in sources if isinstance(source, SourceFile))

    def is_known(key: str) -> bool:
        is_beside = Path(key).suffix in SOURCE_SUFFIXES and any((folder / key).is_file() for folder in folders)
        return is_beside or key in keys()

    return is_known


def skipped_files(others: Counter[str], besides: int = 0) -> str:
    """Return how many files were left out, and of which kinds; `besides` were for other reasons."""
    count = others.total() + besides
    if not others:
        return gettext("%(count)s skipped", count=count)
    kinds = ", ".join(kind for kind, _count in others.most_common(_MOST_KINDS))
    return gettext("%(count)s skipped: %(kinds)s", count=count, kinds=kinds)


def problem_line(problem: ImportProblem) -> str:
    """Return a finding in one line."""
    return f"{problem.place}: {gettext(problem.message)}"
