"""Archives that nobody but a test would write: their checksums are right."""

import io
import json
import tarfile
from gzip import GzipFile
from hashlib import sha256

from webapp.kit import migrate
from webapp.operations.backup.checksum_trailer import ChecksumWriter


def forged(path, members, **changes):
    """Write an archive whose checksums are right; `members` are pairs of a TarInfo, or a name, and bytes."""
    about = {"format": 1, "paidspan": "0.1.0", "instance": "", "made_at": "2026-01-01T00:00:00Z"}
    about["schema_step"] = migrate._newest_step()
    named = [(one if isinstance(one, tarfile.TarInfo) else tarfile.TarInfo(one), data) for one, data in members]
    listed = [{"name": info.name, "size": len(data), "sha256": sha256(data).hexdigest()} for info, data in named]
    manifest = json.dumps(about | {"files": listed} | changes).encode()
    with (
        path.open("wb") as file,
        ChecksumWriter(file) as out,
        GzipFile("", "wb", 1, out) as packed,
        tarfile.open(mode="w|", fileobj=packed) as tar,
    ):
        for info, data in [(tarfile.TarInfo("manifest.json"), manifest), *named]:
            if info.isreg():
                info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def link(name, kind, target):
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info
