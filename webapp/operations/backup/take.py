"""Taking a backup while the installation serves."""

from collections.abc import Collection, Iterable, Iterator
from importlib.metadata import version
from pathlib import Path

from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.errors import ConflictError
from webapp.kit.file_store import UPLOADS, FileStore, file_store, sync_folder
from webapp.kit.folder_state import LEAST_FREE, free_bytes
from webapp.kit.instance_identity import note_backup
from webapp.kit.languages import number
from webapp.kit.migrate import is_current
from webapp.kit.staging import staging_folder
from webapp.kit.translatable import _
from webapp.operations.backup.archive import describe_file, write_archive
from webapp.operations.backup.copied_database import SANDBOX, CopiedDatabase, copy_installation, copy_sqlite
from webapp.operations.backup.manifest import FORMAT, Manifest
from webapp.operations.backup.postgres_dump import dump_installation
from webapp.settings import Settings


def take_backup(settings: Settings, file: Path, passphrase: bytes | None) -> Manifest:
    """Write a backup of an installation and return what is in it; it is at its place when it is whole, or not at all.

    The database is copied first: Stripe (or the sandbox) may know more than it, never less, and the pictures that it
    names are kept for a day after nobody asks for them any more.
    """
    if file.is_dir():
        raise ConflictError(_("%(path)s is a folder.", path=file), _("Name a file."))
    if not file.parent.is_dir():  # it may be a disk that is not mounted
        raise ConflictError(_("There is no folder %(folder)s.", folder=file.parent), _("Make it, or name another."))
    # Copies lie in the instance folder: where the backup goes, nothing may be readable without its passphrase.
    with staging_folder(settings.instance / "backup") as copies, staging_folder(file) as folder:
        copy, whole = _copy(settings, copies), folder / "archive"
        sources = {copy.name: copy.file, **dict(_other_files(settings, copies, copy.pictures))}
        manifest = _describe(copy, sources)
        write_archive(whole, manifest, sources, passphrase)
        whole.replace(file)
        sync_folder(file.parent)
    _note(settings, file)
    return manifest


def _copy(settings: Settings, folder: Path) -> CopiedDatabase:
    """Copy the database as it is at one moment; raise ConflictError where it cannot be."""
    database = Database(settings.database)
    try:
        if database.url.get_backend_name() == "postgresql":
            return dump_installation(database.read_engine, folder)
        file = Path(database.url.database or "")
        if not file.is_file():
            raise ConflictError(_("There is no database at %(path)s.", path=file), "")
        _refuse_without_room(folder, file.stat().st_size)
        return copy_installation(file, folder)
    finally:
        database.close()


def _other_files(settings: Settings, folder: Path, pictures: Iterable[str]) -> Iterator[tuple[str, Path]]:
    """Yield all other files with their names in the archive; small ones are copied, lest they change meanwhile."""
    sandbox = settings.instance / SANDBOX
    if settings.sandbox and sandbox.is_file():
        copy_sqlite(sandbox, folder / SANDBOX)
        yield SANDBOX, folder / SANDBOX
    for name in _small_files(settings):
        copy = folder / "small" / name
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes((settings.instance / name).read_bytes())
        yield name, copy
    yield from _pictures(settings, pictures, folder)


def _pictures(settings: Settings, names: Iterable[str], folder: Path) -> Iterator[tuple[str, Path]]:
    """Yield the pictures of these names, those of a bucket as copies; paidspan audit names those that are gone."""
    if settings.storage_url:
        yield from _copied_pictures(file_store(settings), set(names), folder)
        return
    for name in names:
        if (settings.instance / name).is_file():
            yield name, settings.instance / name


def _copied_pictures(store: FileStore, names: Collection[str], folder: Path) -> Iterator[tuple[str, Path]]:
    """Copy pictures out of a bucket: an archive begins with the size and the checksum of each."""
    if not names:
        return
    _refuse_without_room(folder, sum(file.size for file in store.files(UPLOADS) if file.name in names))
    for name in sorted(names):
        if (data := store.read(name)) is not None:
            copy = folder / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes(data)
            yield name, copy


def _refuse_without_room(folder: Path, needed: int) -> None:
    """Raise ConflictError where copies would take the room that the server needs to go on."""
    free = free_bytes(folder) - LEAST_FREE
    if needed > free:
        raise ConflictError(
            _(
                "A backup takes %(needed)s MB in the instance folder while it is made, and %(free)s MB can be spared.",
                needed=number(-(-needed // 1_000_000)),
                free=number(max(0, free) // 1_000_000),
            ),
            _("Make room there, or move the folder to a larger disk."),
        )


def _small_files(settings: Settings) -> Iterator[str]:
    """Yield the names of the secret, the settings and what the publisher wrote, without hidden files (`.git`)."""
    folder = settings.instance.resolve()
    own = [folder / "secret.key", folder / "settings.toml", (folder / settings.wordmark).resolve()]
    for path in [*own, *sorted((folder / "pages").rglob("*"))]:
        if path.is_file() and path.is_relative_to(folder):
            name = path.relative_to(folder)
            if not any(part.startswith(".") for part in name.parts):
                yield name.as_posix()


def _describe(copy: CopiedDatabase, sources: dict[str, Path]) -> Manifest:
    return Manifest(
        format=FORMAT,
        paidspan=version("paidspan"),
        schema_step=copy.step,
        instance=copy.instance_id,
        made_at=clock.machine_now(),
        files=tuple(describe_file(name, path) for name, path in sources.items()),
    )


def _note(settings: Settings, file: Path) -> None:
    """Note when the last backup was made, and where; a database that is not of this version stays as it is."""
    database = Database(settings.database)
    try:
        if is_current(database):
            database.write(lambda session: note_backup(session, str(file)))
    finally:
        database.close()
