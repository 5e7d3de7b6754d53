"""The command that checks manuscripts and writes nothing."""

import json
import sys
from collections import Counter
from collections.abc import Iterable

import click

from webapp.documents.preparation import ImportProblem, Options, RefusedSource, has_error, prepare, read_bytes
from webapp.documents.sources import SourceFile, Unreadable, find_sources
from webapp.kit.languages import gettext, ngettext, number
from webapp.manuscript import Checked, Severity
from webapp.operations.cli_explain import explained
from webapp.operations.cli_source_options import (
    encoding_option,
    known_sources,
    paths_argument,
    problem_line,
    refuse_replacing_by_guess,
    replace_option,
    skipped_files,
)
from webapp.operations.opened_installation import instance_option, refuse_missing, settings_of

_Linted = tuple[str, tuple[ImportProblem, ...], Checked | None]  # a path, what was found, and what was read


@click.command(epilog="Example: paidspan lint report.txt --format json")
@paths_argument
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@encoding_option
@replace_option
@click.option("--explain", is_flag=True, help="Also print what each line of a plain text was taken for.")
@instance_option
def lint_command(
    *, paths: tuple[str, ...], output: str, encoding: str, replace: bool, explain: bool, instance: str | None
) -> None:
    """Check manuscripts and print what was found; nothing is written."""
    refuse_replacing_by_guess(encoding, replace=replace)
    settings = settings_of(instance)
    if instance:
        refuse_missing(settings)
    most, others = settings.max_source_bytes, Counter[str]()
    options = Options(encoding=encoding, replace=replace, known=known_sources(paths, most))
    checked = (_checked(source, options) for source in find_sources(list(paths), most, sys.stdin.buffer, others))
    failed = _print_json(checked) if output == "json" else _print_problems(checked, explain=explain)
    if others:
        click.echo(skipped_files(others), err=True)
    sys.exit(1 if failed else 0)


def _checked(source: SourceFile | Unreadable, options: Options) -> _Linted:
    data = read_bytes(source)
    if isinstance(data, RefusedSource) or isinstance(source, Unreadable):
        return source.shown, data.problems if isinstance(data, RefusedSource) else (), None
    prepared = prepare(source, data, options)
    return source.shown, prepared.problems, prepared.checked


def _print_problems(checked: Iterable[_Linted], *, explain: bool) -> bool:
    failed, clean, manuscripts = False, True, []
    for shown, problems, manuscript in checked:
        for line in explained(manuscript) if explain and manuscript else ():
            click.echo(f"{shown}:{line}")
        failed, clean = failed or has_error(problems), clean and not problems
        manuscripts += [manuscript] if manuscript else []
        for problem in problems:
            click.echo(problem_line(problem) + (gettext(" (warning)") if problem.severity is Severity.WARNING else ""))
    if manuscripts and clean:
        click.echo(_clean(manuscripts))
    return failed


def _clean(manuscripts: list[Checked]) -> str:
    """Return how much there is, and how much of it is for payers, where nothing is wrong."""
    spans = sum(len(one.manuscript.spans) for one in manuscripts)
    paid = sum(one.paid_characters or 0 for one in manuscripts)
    counted = (
        ngettext("%(shown)s file", "%(shown)s files", len(manuscripts), shown=number(len(manuscripts))),
        ngettext("%(shown)s span", "%(shown)s spans", spans, shown=number(spans)),
        gettext(
            "%(paid)s of %(all)s characters paid",
            paid=number(paid),
            all=number(sum(one.characters for one in manuscripts)),
        ),
    )
    return gettext(", ").join(counted)


def _print_json(checked: Iterable[_Linted]) -> bool:
    failed, files = False, []
    for shown, problems, manuscript in checked:
        failed = failed or has_error(problems)
        files.append(_file_json(shown, problems, manuscript))
    click.echo(json.dumps({"files": files}, ensure_ascii=False, indent=2))
    return failed


def _file_json(shown: str, problems: tuple[ImportProblem, ...], checked: Checked | None) -> dict[str, object]:
    return {
        "path": shown,
        "title": checked.title if checked else None,
        "characters": checked.characters if checked else None,
        "public_characters": checked.public_characters if checked else None,
        "paid_characters": checked.paid_characters if checked else None,
        "spans": [
            {
                "line": span.line,
                "column": span.column,
                "end_line": span.end_line,
                "end_column": span.end_column,
                "characters": span.characters,
            }
            for span in (checked.manuscript.spans if checked else ())
        ],
        "findings": [
            {
                "code": problem.code,
                "severity": str(problem.severity),
                "line": problem.line,
                "column": problem.column,
                "message": gettext(problem.message),
            }
            for problem in problems
        ],
    }
