"""Zip archives whose bytes follow from what is in them alone."""

from collections.abc import Mapping
from io import BytesIO
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

from flask import current_app

_NO_TIME = (1980, 1, 1, 0, 0, 0)  # the first that the format knows


def write_zip(files: Mapping[str, str | bytes], plain: frozenset[str] = frozenset()) -> bytes:
    """Return an archive of files in their order; `plain` names those that stand in it as they are."""
    archive = BytesIO()
    with ZipFile(archive, "w") as out:
        for name, text in files.items():
            entry = ZipInfo(name, _NO_TIME)
            entry.compress_type = ZIP_STORED if name in plain else ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            out.writestr(entry, text)
    return archive.getvalue()


def fill_template(template: str, **content: object) -> str:
    """Return a template of files, straight from the folder, past what the application adds to every page."""
    return current_app.jinja_env.get_template(f"exports/{template}").render(content)
