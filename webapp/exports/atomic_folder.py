"""A folder that an export fills: all at once where it is new, file by file where an export is there already."""

from collections.abc import Iterable
from pathlib import Path

from webapp.exports.manuscript_export import ExportedFile
from webapp.kit.errors import PaidspanError
from webapp.kit.staging import staging_folder
from webapp.kit.translatable import _

MANIFEST = ".paidspan-export"  # import passes over it, as over all names that begin so


class FolderNotEmptyError(PaidspanError):
    """A folder holds something already."""

    hint = _("Name a new or an empty one, or say --force: files of the same name are then replaced.")

    def __init__(self, folder: Path) -> None:
        super().__init__(_("There is something in %(folder)s.", folder=folder))


def fill_folder(folder: Path, files: Iterable[Iterable[ExportedFile]], *, force: bool = False) -> int:
    """Write the files of documents into a folder; return how many documents there were.

    All of it is written beside the folder first. With `force` it then replaces what is there of the same name and takes
    away what the export before had written and this one has not; all else stays. Raise FolderNotEmptyError, OSError.
    """
    is_used = folder.is_dir() and any(folder.iterdir())
    if folder.exists() and not folder.is_dir():
        raise FolderNotEmptyError(folder)
    if is_used and not force:
        raise FolderNotEmptyError(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with staging_folder(folder) as half:
        names: list[str] = []
        done = 0
        for of_one in files:
            names += [_write(half, file) for file in of_one]
            done += 1
        (half / MANIFEST).write_text("".join(f"{name}\n" for name in sorted(names)), encoding="utf-8")
        if is_used:
            _replace(folder, half, set(names))
        else:
            half.chmod(0o700)
            half.replace(folder)  # onto nothing, or an empty folder
    return done


def _write(root: Path, file: ExportedFile) -> str:
    path = root / file.name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(file.data)
    return file.name


def _replace(folder: Path, half: Path, names: set[str]) -> None:
    manifest = folder / MANIFEST
    former = manifest.read_text(encoding="utf-8").splitlines() if manifest.is_file() else []
    for name in sorted(names):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (half / name).replace(target)
    (half / MANIFEST).replace(manifest)
    for name in former:
        if name not in names and not Path(name).is_absolute() and ".." not in Path(name).parts:
            (folder / name).unlink(missing_ok=True)
