"""The command that looks for leaks in the real library."""

import json
import sys
from dataclasses import asdict
from functools import partial

import click

from webapp.kit.database import Database
from webapp.kit.instance_identity import note_audit
from webapp.kit.languages import gettext
from webapp.operations.audit.leak_audit import Report, run_audit
from webapp.operations.audit.paid_slices import published_ids
from webapp.operations.opened_installation import instance_option, open_database, refuse_missing, settings_of
from webapp.operations.progress_bar import progress_bar
from webapp.settings import Settings


@click.command(epilog="Example: paidspan audit --json")
@click.option("--json", "as_json", is_flag=True, help="Print the report as JSON.")
@click.option("--deep", is_flag=True, help="Ask for every file that is made of a document as well, and open it.")
@instance_option
def audit_command(*, as_json: bool, deep: bool, instance: str | None) -> None:
    """Ask every public surface, as a visitor and as a reader who holds nothing, for what only payers may read.

    What is looked for is any 8 characters in a row of paid text that stand in no public edition and in no sentence of
    the interface. Exits 1 where anything is found.
    """
    report = _audited(settings_of(instance), deep=deep)
    click.echo(_json(report) if as_json else _text(report))
    sys.exit(1 if report.hits or report.errors else 0)


def _audited(settings: Settings, *, deep: bool) -> Report:
    refuse_missing(settings)
    report = Report()
    with open_database(settings) as database, progress_bar(gettext("auditing"), lambda: _total(database)) as show:
        for report in run_audit(settings, database, deep=deep):
            show(report.documents)
        if not report.errors:
            database.write(partial(note_audit, found=len(report.hits)))
    return report


def _total(database: Database) -> int:
    with database.reading() as session:
        return len(published_ids(session))


def _json(report: Report) -> str:
    told = asdict(report) | {"surfaces": sorted(report.surfaces)}
    return json.dumps(told, ensure_ascii=False, indent=2)


def _text(report: Report) -> str:
    found = [f"{hit.surface} ({hit.asked_by}) {hit.path}: {hit.slice}" for hit in report.hits]
    summary = gettext(
        "%(surfaces)s surfaces, %(documents)s documents, %(answers)s answers, %(slices)s slices looked for: "
        "%(hits)s found",
        surfaces=len(report.surfaces),
        documents=report.documents,
        answers=report.answers,
        slices=report.slices,
        hits=len(report.hits),
    )
    errors = (gettext("error: %(error)s", error=error) for error in report.errors)
    return "\n".join([*found, *errors, summary])
