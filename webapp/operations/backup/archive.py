"""The archive itself: a .tar.gz with the manifest first, encrypted where there is a passphrase.

Reading believes nothing: each file must be in the manifest, once, of that size and with that SHA-256, and a plain file.
"""

import gzip
import io
import os
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, cast

from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _
from webapp.operations.backup.checksum_trailer import ChecksumWriter, verify_trailer
from webapp.operations.backup.damage import DamagedArchiveError, ForeignArchiveError
from webapp.operations.backup.encryption import ENCRYPTED, DecryptingReader, EncryptingWriter
from webapp.operations.backup.manifest import MANIFEST_NAME, ArchivedFile, Manifest, read_manifest

_GZIP = b"\x1f\x8b"
_COMPRESSION = 3  # pictures are packed already
_LARGEST_MANIFEST = 64 * 1024 * 1024  # of half a million pictures
_BLOCK = 1024 * 1024


class PassphraseNeededError(InvalidInputError):
    """An archive is encrypted, and no passphrase was given."""

    hint = _("Name the file that holds its passphrase: --passphrase-file FILE")

    def __init__(self) -> None:
        super().__init__(_("The backup is encrypted."))


def write_archive(path: Path, manifest: Manifest, sources: Mapping[str, Path], passphrase: bytes | None) -> None:
    """Write an archive, readable by its owner alone, and have it on the disk before this returns."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        with ExitStack() as layers:
            out: BinaryIO = file
            if passphrase is not None:
                out = cast("BinaryIO", layers.enter_context(EncryptingWriter(out, passphrase)))
            out = cast("BinaryIO", layers.enter_context(ChecksumWriter(out)))
            packed = layers.enter_context(gzip.GzipFile("", "wb", _COMPRESSION, out, mtime=0))
            tar = layers.enter_context(tarfile.open(mode="w|", fileobj=packed))
            _add(tar, MANIFEST_NAME, io.BytesIO(manifest.model_dump_json(indent=1).encode()))
            for entry in manifest.files:
                with sources[entry.name].open("rb") as source:
                    _add(tar, entry.name, source)
        file.flush()
        os.fsync(file.fileno())


def _add(tar: tarfile.TarFile, name: str, source: BinaryIO) -> None:
    about = tarfile.TarInfo(name)
    about.mode = 0o600
    about.size = source.seek(0, io.SEEK_END)
    source.seek(0)
    tar.addfile(about, source)


def describe_file(name: str, path: Path) -> ArchivedFile:
    """Return a file as the manifest has it."""
    digest, size = sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return ArchivedFile(name=name, size=size, sha256=digest.hexdigest())


def unpack_archive(path: Path, folder: Path, passphrase: bytes | None, approve: Callable[[Manifest], None]) -> Manifest:
    """Unpack an archive into an empty folder, once its manifest is approved, and return the manifest.

    Raise InvalidInputError where it is damaged, foreign or under another passphrase, and ConflictError where it is
    newer; what was unpacked by then is no good.
    """
    try:
        with _opened(path, passphrase) as packed, tarfile.open(mode="r|", fileobj=packed) as tar:
            members = iter(tar)
            manifest = _first(tar, members)
            approve(manifest)
            _unpack_files(tar, members, manifest, folder)
            while packed.read(_BLOCK):
                pass  # its end is part of it, too
    except (tarfile.TarError, gzip.BadGzipFile, zlib.error, EOFError, ValueError) as error:
        raise DamagedArchiveError from error
    return manifest


@contextmanager
def _opened(path: Path, passphrase: bytes | None) -> Iterator[gzip.GzipFile]:
    with path.open("rb") as file:
        begins = file.read(len(ENCRYPTED))
        if begins == ENCRYPTED:
            if passphrase is None:
                raise PassphraseNeededError
            file.seek(0)
            plain: BinaryIO = io.BufferedReader(DecryptingReader(file, passphrase), _BLOCK)
        elif begins.startswith(_GZIP):
            verify_trailer(file)
            plain = file
        else:
            raise ForeignArchiveError
        with gzip.GzipFile(mode="rb", fileobj=plain) as packed:
            yield packed


def _first(tar: tarfile.TarFile, members: Iterator[tarfile.TarInfo]) -> Manifest:
    """Return the manifest, which comes first."""
    member = next(members, None)
    if member is None or member.name != MANIFEST_NAME or not member.isreg() or member.size > _LARGEST_MANIFEST:
        raise ForeignArchiveError
    file = tar.extractfile(member)
    assert file is not None  # a plain file has bytes
    return read_manifest(file.read())


def _unpack_files(tar: tarfile.TarFile, members: Iterator[tarfile.TarInfo], manifest: Manifest, folder: Path) -> None:
    expected = {entry.name: entry for entry in manifest.files}
    if len(expected) != len(manifest.files):
        raise ForeignArchiveError
    for member in members:
        entry = expected.pop(member.name, None)
        if entry is None or not member.isreg() or member.size != entry.size:
            raise DamagedArchiveError
        file = tar.extractfile(member)
        assert file is not None  # as above
        _unpack(cast("BinaryIO", file), folder / entry.name, entry)
    if expected:
        raise DamagedArchiveError


def _unpack(source: BinaryIO, target: Path, entry: ArchivedFile) -> None:
    target.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    digest = sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while block := source.read(_BLOCK):
            digest.update(block)
            file.write(block)
    if digest.hexdigest() != entry.sha256:
        raise DamagedArchiveError
