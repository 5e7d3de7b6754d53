"""What an archive says of itself, before all else: whose it is, from when, and each file with size and SHA-256."""

import re
from datetime import datetime
from importlib.metadata import version
from pathlib import PurePosixPath

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from webapp.kit.errors import ConflictError
from webapp.kit.migrate import known_steps
from webapp.kit.translatable import _
from webapp.operations.backup.damage import ForeignArchiveError

FORMAT = 1
MANIFEST_NAME = "manifest.json"


class NewerArchiveError(ConflictError):
    """An archive was made by a later version."""

    hint = _("Install that version, then restore.")

    def __init__(self, made_by: str) -> None:
        super().__init__(_("The backup was made by a newer paidspan (%(version)s).", version=made_by))


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class ArchivedFile(_Frozen):
    """One file of an installation; its name is a path within the instance folder."""

    name: str
    size: int = Field(ge=0)
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    @field_validator("name")
    @classmethod
    def _within_the_folder(cls, name: str) -> str:
        """Refuse a name that leads elsewhere."""
        path = PurePosixPath(name)
        if path.is_absolute() or ".." in path.parts or not path.parts or str(path) != name or "\0" in name:
            raise ValueError("leads out of the folder")
        return name


class _Origin(_Frozen):
    """As much as archives of all formats say."""

    format: int
    paidspan: str


class Manifest(_Origin):
    """All that an archive says of itself; `schema_step` is the migration that its database was brought to."""

    schema_step: str
    instance: str
    made_at: datetime
    files: tuple[ArchivedFile, ...]


def read_manifest(text: bytes) -> Manifest:
    """Return what an archive says of itself; raise NewerArchiveError, ForeignArchiveError."""
    try:
        origin = _Origin.model_validate_json(text)
        if origin.format > FORMAT or _numbers(origin.paidspan) > _numbers(version("paidspan")):
            raise NewerArchiveError(origin.paidspan)
        manifest = Manifest.model_validate_json(text)
    except ValidationError as error:
        raise ForeignArchiveError from error
    if manifest.schema_step not in known_steps():
        raise NewerArchiveError(origin.paidspan)
    return manifest


def _numbers(of_version: str) -> tuple[int, ...]:
    """Return a version as numbers that can be compared."""
    return tuple(int(number) for number in re.findall(r"\d+", of_version)[:3])
