"""The commands about where an installation's files lie, and what `serve` says of a bucket."""

import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import click

from webapp.kit.file_store import FileStore, FilesUnavailableError, FolderStore, file_store, file_store_at
from webapp.kit.languages import gettext, number
from webapp.operations.opened_installation import instance_option, settings_of
from webapp.operations.progress_bar import progress_bar
from webapp.operations.storage_copy import FileCopy, copy_pictures
from webapp.settings import Settings
from webapp.settings.checks import check_storage

_CHECK_SECONDS = 90  # what is asked ends by itself, sooner


@click.group(name="storage")
def storage_group() -> None:
    """Look after where pictures and downloads are kept."""


@storage_group.command("copy", epilog="Example: paidspan storage copy /srv/paidspan s3://bucket/prefix")
@click.argument("source")
@click.argument("target")
def copy_command(source: str, target: str) -> None:
    """Carry the pictures over from an instance folder to a bucket, or back; both are named by their addresses.

    It may run while paidspan serves, and again: what is there already is not copied twice. Each file is read back and
    compared with the SHA-256 that is its name. The source stays as it is; downloads are made again.
    """
    taken, given = _store_at(source), _store_at(target)
    if isinstance(taken, FolderStore) and not taken.folder.is_dir():
        raise click.UsageError(gettext("There is no folder %(folder)s.", folder=taken.folder))
    counts, sizes = Counter[FileCopy](), Counter[FileCopy]()
    with progress_bar(gettext("copying"), lambda: None) as show:
        for file in copy_pictures(taken, given):
            counts[file.did] += 1
            sizes[file.did] += file.size
            if file.did is FileCopy.DAMAGED:
                click.echo(f"{file.name}\t{file.did}")
            show(counts.total())
    for did in FileCopy:
        click.echo("\t".join((did, number(counts[did]), gettext("%(size)s bytes", size=number(sizes[did])))))
    sys.exit(1 if counts[FileCopy.DAMAGED] else 0)


@storage_group.command("check", epilog="Example: paidspan storage check")
@instance_option
def check_command(instance: str | None) -> None:
    """Write, list, read and delete a small file where this installation keeps its files."""
    settings = settings_of(instance)
    store = file_store(settings)
    try:
        store.check()
    except FilesUnavailableError as error:
        sentence = gettext("%(place)s cannot be used: %(reason)s.", place=_place(settings), reason=error.reason)
        sys.exit(f"paidspan: {sentence}")
    click.echo(gettext("%(place)s can be used", place=_place(settings)))


def announce_bucket(settings: Settings) -> None:
    """Say where files cannot be kept as the server starts; texts are served all the same, and it may come back.

    A process of its own asks, for one that has asked a bucket cannot be forked into those that serve.
    """
    if not settings.storage_url:
        return
    file_store(settings)  # raises where a library is missing
    command = [sys.executable, "-m", "webapp", "storage", "check", "--instance", str(settings.instance)]
    ended = 1
    with suppress(subprocess.TimeoutExpired):
        ended = subprocess.run(command, stdout=subprocess.DEVNULL, timeout=_CHECK_SECONDS, check=False).returncode  # noqa: S603 - this program's own command
    if ended:
        sentence = gettext(
            "Pages are served without pictures and long downloads until it can; see AWS_* and the bucket."
        )
        click.echo(f"paidspan: {sentence}", err=True)


def _store_at(place: str) -> FileStore:
    """Return what keeps files at a place that somebody named."""
    if "://" not in place:
        return file_store_at(str(Path(place).absolute()))
    try:
        return file_store_at(check_storage(place))
    except ValueError as error:
        raise click.UsageError(f"{place} {gettext(error.args[0])}") from error


def _place(settings: Settings) -> str:
    return settings.storage_url or str(settings.instance.resolve())
