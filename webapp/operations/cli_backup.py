"""The commands that keep an installation: backup and restore."""

import time
from collections import Counter
from pathlib import Path

import click

from webapp.kit.errors import InvalidInputError
from webapp.kit.languages import gettext, ngettext, number
from webapp.kit.translatable import _
from webapp.operations.backup.copied_database import DATABASE, DUMP
from webapp.operations.backup.manifest import Manifest
from webapp.operations.backup.restore import restore_backup
from webapp.operations.backup.take import take_backup
from webapp.operations.opened_installation import instance_option, moment, refuse_missing, settings_of
from webapp.settings import SettingsError, load_settings

_passphrase_option = click.option(
    "--passphrase-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE",
    help="File whose first line is the passphrase of the backup.",
)


@click.command("backup", epilog="Example: paidspan backup /backups/paidspan.tar.gz --passphrase-file /root/passphrase")
@click.argument("file", type=click.Path(path_type=Path))
@_passphrase_option
@instance_option
def backup_command(file: Path, passphrase_file: Path | None, instance: str | None) -> None:
    """Write all of an installation into one file, while it serves.

    In it are database, secret key, settings.toml, pages, pictures, wordmark and the sandbox; not downloads, which are
    made again, nor settings of the environment. With a passphrase it is encrypted. A file of this name is replaced.
    """
    passphrase = _read_passphrase(passphrase_file)
    settings = settings_of(instance)
    refuse_missing(settings)
    begun = time.perf_counter()
    manifest = take_backup(settings, file.absolute(), passphrase)
    seconds = time.perf_counter() - begun
    _list(manifest)
    click.echo(
        gettext(
            "%(file)s: %(size)s bytes, in %(seconds)s s",
            file=file,
            size=number(file.stat().st_size),
            seconds=f"{seconds:.1f}",
        )
    )


@click.command("restore", epilog="Example: paidspan restore /backups/paidspan.tar.gz --instance /srv/paidspan")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_passphrase_option
@instance_option
def restore_command(file: Path, passphrase_file: Path | None, instance: str | None) -> None:
    """Make an installation of a backup, in a folder that is new or empty.

    Nothing is put there before all of it was found to be whole. What is restored reads and lets readers in, but sends
    no mail and asks nothing of Stripe until it is adopted.
    """
    target = Path(instance or "instance")
    manifest = restore_backup(file, target, _read_passphrase(passphrase_file))
    _list(manifest)
    click.echo(
        gettext("restored as of %(moment)s in %(folder)s", moment=moment(manifest.made_at), folder=target.resolve())
    )
    if all(entry.name != DUMP for entry in manifest.files):
        _warn_of_other_database(target)
    _warn_of_bucket(target)
    click.echo(
        gettext(
            "Next: paidspan stripe sync --all fetches what was paid since, then paidspan instance adopt has this one "
            "send mails and orders to Stripe; before that, make sure that no other copy does."
        ),
        err=True,
    )


def _read_passphrase(file: Path | None) -> bytes | None:
    """Return the passphrase of a file's first line; raise InvalidInputError where there is none."""
    if file is None:
        return None
    lines = file.read_bytes().splitlines()
    if not lines or not lines[0].strip():
        raise InvalidInputError(_("There is no passphrase in %(file)s.", file=file), _("Write it on the first line."))
    return lines[0].strip()


def _list(manifest: Manifest) -> None:
    """Print what is in a backup, a folder on one line."""
    sizes, counts = Counter[str](), Counter[str]()
    for entry in manifest.files:
        part = entry.name.partition("/")[0]
        sizes[part] += entry.size
        counts[part] += 1
    for part, size in sizes.items():
        click.echo("\t".join((part, ngettext("%(num)s file", "%(num)s files", counts[part]), _bytes(size))))


def _bytes(size: int) -> str:
    return gettext("%(size)s bytes", size=number(size))


def _warn_of_other_database(target: Path) -> None:
    """Say so where settings lead past the database that was restored."""
    try:
        used = load_settings(instance=target).database
    except SettingsError:
        return  # which every other command says
    if used != f"sqlite:///{(target / DATABASE).resolve()}":
        click.echo(
            gettext("PAIDSPAN_DATABASE_URL names another database; unset it, or what was restored is not used."),
            err=True,
        )


def _warn_of_bucket(target: Path) -> None:
    """Say so where settings lead past the pictures that were restored."""
    try:
        bucket = load_settings(instance=target).storage_url
    except SettingsError:
        return  # as above
    if bucket:
        sentence = gettext(
            "The pictures are in %(folder)s. Carry them to the bucket: paidspan storage copy %(target)s %(bucket)s",
            folder=target / "uploads",
            target=target,
            bucket=bucket,
        )
        click.echo(sentence, err=True)
