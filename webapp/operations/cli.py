"""The command `paidspan`."""

import os
import sqlite3
import sys
from importlib.metadata import version

import click
from sqlalchemy.exc import ArgumentError, DBAPIError

from webapp.kit.errors import PaidspanError
from webapp.kit.folder_state import Trouble
from webapp.kit.languages import gap, gettext
from webapp.operations.cli_access import grant_access, grants_group, revoke_access
from webapp.operations.cli_accounts import user_group
from webapp.operations.cli_audit import audit_command
from webapp.operations.cli_backup import backup_command, restore_command
from webapp.operations.cli_closing import close_user, merge_users
from webapp.operations.cli_convert import convert_command
from webapp.operations.cli_credentials import change_user_password, rename_user
from webapp.operations.cli_database import database_group
from webapp.operations.cli_doctor import doctor_command
from webapp.operations.cli_documents import publish_command, withdraw_command
from webapp.operations.cli_export import export_command
from webapp.operations.cli_import import import_command
from webapp.operations.cli_instance import instance_group
from webapp.operations.cli_library import documents_group
from webapp.operations.cli_lint import lint_command
from webapp.operations.cli_sandbox import sandbox_group
from webapp.operations.cli_search import search_group
from webapp.operations.cli_storage import announce_bucket, storage_group
from webapp.operations.cli_stripe import stripe_group
from webapp.operations.command_language import language_asked_for, speaking, translated
from webapp.operations.first_start import FirstPublisher, prepare_instance
from webapp.operations.opened_installation import (
    announce_network,
    announce_new,
    announce_rest,
    instance_option,
    open_database,
    settings_of,
)
from webapp.operations.start_trouble import explain_database_error, explain_system_error, find_database_cause
from webapp.settings import Settings, SettingsError

_DEFAULT_HOST, _DEFAULT_PORT = "127.0.0.1", 8000


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.custom_version_option(
    lambda _context: gettext("%(prog)s, version %(version)s", prog="paidspan", version=version("paidspan"))
)
def cli() -> None:
    """Publish reports in which one span, or many, is for payers."""


@cli.command(epilog="Example: paidspan serve --port 8080 --instance /srv/paidspan")
@click.option("--host", default=_DEFAULT_HOST, show_default=True, help="Address to listen on.")
@click.option("--port", default=_DEFAULT_PORT, show_default=True, type=click.IntRange(1, 65535), help="Port.")
@click.option("--workers", default=1, show_default=True, type=click.IntRange(1, 64), help="Server processes.")
@instance_option
def serve_command(host: str, port: int, workers: int, instance: str | None) -> None:
    """Make what is missing, then serve the library."""
    from webapp.front.listen import Listen, refuse_taken_port  # noqa: PLC0415 - only serving needs granian
    from webapp.operations import serve as server  # noqa: PLC0415 - as above

    settings = settings_of(instance, default_base_url=f"http://{host}:{port}")
    listen = Listen(host, port, workers)
    refuse_taken_port(listen)
    announce_new(settings)
    publisher = prepare_instance(settings)
    click.echo(_greeting(settings, publisher), err=True)
    announce_rest(settings)
    announce_network(settings)
    announce_bucket(settings)
    server.serve(settings, listen)


def _greeting(settings: Settings, publisher: FirstPublisher | None) -> str:
    lines = [gettext("paidspan serves %(address)s", address=settings.base_url)]
    if settings.sandbox:
        lines.append(gettext("SANDBOX: no Stripe key is set, so payments are simulated and no money moves."))
    if publisher:
        account = {"email": publisher.email, "password": publisher.password}
        lines.append(gettext("Publisher: %(email)s, one-time password: %(password)s (shown only now)", **account))
    return "\n".join(lines)


@cli.group()
def jobs_group() -> None:
    """Background work."""


@jobs_group.command("run", epilog="Example: paidspan jobs run --instance /srv/paidspan")
@instance_option
def run_jobs_command(instance: str | None) -> None:
    """Run the background worker as a process of its own."""
    from webapp.operations import worker  # noqa: PLC0415 - only the worker needs huey

    settings = settings_of(instance)
    with open_database(settings):
        pass  # which brings it to this version
    worker.run_jobs(settings)


user_group.add_command(change_user_password)
user_group.add_command(rename_user)
user_group.add_command(close_user)
user_group.add_command(merge_users)
for command in (
    import_command,
    export_command,
    lint_command,
    convert_command,
    publish_command,
    withdraw_command,
    documents_group,
    user_group,
    grant_access,
    revoke_access,
    grants_group,
    search_group,
    audit_command,
    stripe_group,
    sandbox_group,
    backup_command,
    restore_command,
    instance_group,
    database_group,
    storage_group,
    doctor_command,
):
    cli.add_command(command)


def main() -> None:
    """Run the command; what goes wrong is one line on standard error, and exit 1."""
    os.umask(0o077)  # databases hold paid text and addresses: nobody else on the machine reads them
    with speaking(language_asked_for(os.environ) or "en"):
        _run(translated(cli))


def _run(command: click.Command) -> None:
    try:
        command(standalone_mode=True)
    except PaidspanError as error:
        refusal = find_database_cause(error)
        if refusal is not None:
            sys.exit(_told(explain_database_error(refusal.orig)))
        sys.exit(f"paidspan: {gettext(error.args[0])}{gap()}{gettext(error.hint)}".rstrip())
    except SettingsError as error:
        sys.exit("paidspan: " + "; ".join(f"{what} {gettext(wrong)}" for what, wrong in error.wrong))
    except OSError as error:
        trouble = explain_system_error(error)
        sys.exit(_told(trouble) if trouble else f"paidspan: {error}")
    except (ArgumentError, ImportError) as error:
        sys.exit(f"paidspan: {error}")
    except DBAPIError as error:
        sys.exit(_told(explain_database_error(error.orig)))
    except sqlite3.Error as error:  # of the files beside the database
        sys.exit(_told(explain_database_error(error)))


def _told(trouble: Trouble) -> str:
    return f"paidspan: {gettext(trouble.sentence)}{gap()}{gettext(trouble.mend)}"


if __name__ == "__main__":
    main()
