"""What all commands share: which instance, its settings, its database."""

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, TypeVar

import click

from webapp.billing.context import BillingContext, open_billing, open_sandbox
from webapp.factory import join_rooms
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.folder_state import find_network_trouble
from webapp.kit.instance import secret_key
from webapp.kit.instance_identity import find_rest_reason, introduce_instance
from webapp.kit.languages import gap, gettext
from webapp.kit.migrate import has_tables, refuse_newer, upgrade
from webapp.kit.sqlite_engine import sqlite_file
from webapp.kit.translatable import _
from webapp.observability.start import COMMAND, start_watching
from webapp.operations.backup.unfinished import settle_restore
from webapp.operations.command_language import language_asked_for, speak
from webapp.operations.start_trouble import remember_settings
from webapp.settings import Settings, load_settings

_F = TypeVar("_F", bound=Callable[..., Any])


def instance_option(command: _F) -> _F:
    """Give a command the option that names the installation."""
    return click.option(
        "--instance",
        envvar="PAIDSPAN_INSTANCE",
        metavar="DIR",
        help="Folder of the installation (default: ./instance).",
    )(command)


def settings_of(instance: str | None, default_base_url: str | None = None) -> Settings:
    """Return the settings of an instance; the base URL is the default unless one is set.

    Raise ConflictError where a restore into it was not finished.
    """
    given = {"instance": instance} if instance else {}
    settings = load_settings(**given)
    remember_settings(settings)
    settle_restore(settings)
    start_watching(settings, COMMAND)
    if language_asked_for(os.environ) is None and "locale" in settings.model_fields_set:
        speak(settings.locale)
    if default_base_url and "base_url" not in settings.model_fields_set:
        return load_settings(**given, base_url=default_base_url)
    return settings


def is_installed(settings: Settings) -> bool:
    """Whether an installation was made in the folder of these settings, or in the database that they name."""
    in_folder = any((settings.instance / name).exists() for name in ("secret.key", "paidspan.sqlite"))
    if in_folder or not settings.database_url:
        return in_folder
    database = Database(settings.database)
    try:
        return has_tables(database)
    finally:
        database.close()


def announce_new(settings: Settings) -> None:
    """Say that an installation is made, where there is none yet."""
    if not is_installed(settings):
        said = gettext("a new installation is made in %(folder)s", folder=settings.instance.resolve())
        click.echo(f"paidspan: {said}", err=True)


def announce_rest(settings: Settings) -> None:
    """Say that an installation rests, and why, where it does."""
    database = Database(settings.database)
    with database.reading() as session:
        reason = find_rest_reason(session, settings.base_url)
    database.close()
    if reason is not None:
        said = gettext(
            "RESTING: no mail is sent and nothing is asked of Stripe, lest this acts beside what it is a copy of. Make "
            "sure that only this one runs, then: paidspan instance adopt"
        )
        click.echo(f"{gettext(reason)}\n{said}", err=True)


def announce_network(settings: Settings) -> None:
    """Say that the database's file lies on another machine, where it does."""
    file = sqlite_file(settings.database)
    trouble = find_network_trouble(file.parent) if file else None
    if trouble is not None:
        click.echo(f"paidspan: {gettext(trouble.sentence)}{gap()}{gettext(trouble.mend)}", err=True)


def refuse_missing(settings: Settings) -> None:
    """Raise UsageError where there is no installation: a mistyped folder must not become an empty one.

    Raise NewerDatabaseError where a later version has changed it.
    """
    if not is_installed(settings):
        sentence = _(
            "There is no installation in %(folder)s. Check --instance; serve, import and user add make one.",
            folder=settings.instance.resolve(),
        )
        raise click.UsageError(gettext(sentence))
    database = Database(settings.database)
    try:
        refuse_newer(database)
    finally:
        database.close()


def changed(grants: int) -> str:
    """Return how many grants a comparison changed, for people."""
    return gettext("%(count)s grants changed", count=grants)


def moment(when: datetime) -> str:
    """Return a moment as commands write it, for people and scripts alike."""
    return f"{when:%Y-%m-%d %H:%M} UTC"


@contextmanager
def open_database(settings: Settings, *, make: bool = False) -> Iterator[Database]:
    """Open the database of an instance, brought to this version; time is the sandbox's where one is in use.

    Raise UsageError where there is none, unless the command may `make` one, which is said.
    """
    if not make:
        refuse_missing(settings)
    else:
        announce_new(settings)
    join_rooms()
    secret_key(settings.instance)
    sandbox = open_sandbox(settings)
    clock.set_clock_offset(sandbox.clock_offset if sandbox else None)
    database = Database(settings.database)
    try:
        upgrade(database)
        introduce_instance(database, settings.base_url)
        yield database
    finally:
        database.close()


@contextmanager
def open_installation(instance: str | None) -> Iterator[tuple[Settings, BillingContext]]:
    """Open the settings and the billing of an instance; time is the sandbox's where one is in use."""
    settings = settings_of(instance)
    with open_database(settings) as database:
        yield settings, open_billing(settings, database, open_sandbox(settings))
