"""The command that checks manuscripts and writes nothing."""

import json
import sys
from collections.abc import Iterable

import click

from webapp.documents.preparation import ImportProblem, Options, RefusedSource, prepare, read_bytes
from webapp.documents.sources import SourceFile, Unreadable, find_sources
from webapp.kit.languages import gettext
from webapp.manuscript import Checked, Severity
from webapp.operations.cli_instance import instance_option, settings_of
from webapp.operations.cli_source_options import (
    encoding_option,
    known_sources,
    paths_argument,
    problem_line,
    refuse_replacing_by_guess,
    replace_option,
)

_Linted = tuple[str, tuple[ImportProblem, ...], Checked | None]  # a path, what was found, and what was read


@click.command(epilog="Example: paidspan lint report.txt --format json")
@paths_argument
@click.option("--format", "output", type=click.Choice(["text", "json"]), default="text", show_default=True)
@encoding_option
@replace_option
@instance_option
def lint_command(*, paths: tuple[str, ...], output: str, encoding: str, replace: bool, instance: str | None) -> None:
    """Check manuscripts and print what was found; nothing is written."""
    refuse_replacing_by_guess(encoding, replace=replace)
    most = settings_of(instance).max_source_bytes
    options = Options(encoding=encoding, replace=replace, known=known_sources(paths, most))
    checked = (_checked(source, options) for source in find_sources(list(paths), most, sys.stdin.buffer))
    failed = _print_json(checked) if output == "json" else _print_problems(checked)
    sys.exit(1 if failed else 0)


def _checked(source: SourceFile | Unreadable, options: Options) -> _Linted:
    data = read_bytes(source)
    if isinstance(data, RefusedSource) or isinstance(source, Unreadable):
        return source.shown, data.problems if isinstance(data, RefusedSource) else (), None
    prepared = prepare(source, data, options)
    return source.shown, prepared.problems, prepared.checked


def _print_problems(checked: Iterable[_Linted]) -> bool:
    failed = False
    for _shown, problems, _checked in checked:
        for problem in problems:
            failed = failed or problem.severity is Severity.ERROR
            click.echo(problem_line(problem) + (gettext(" (warning)") if problem.severity is Severity.WARNING else ""))
    return failed


def _print_json(checked: Iterable[_Linted]) -> bool:
    failed, files = False, []
    for shown, problems, manuscript in checked:
        failed = failed or any(problem.severity is Severity.ERROR for problem in problems)
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
