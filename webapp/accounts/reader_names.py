"""How the house calls a reader, where it knows: as it was written, and as it is found by its beginning."""

import unicodedata

from webapp.accounts.models import Reader
from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _

LONGEST_NAME = 120


def name_key(name: str) -> str:
    """Return what all writings of a name share: no case, no widths of letters, single spaces."""
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def clean_name(typed: str) -> str:
    """Return a name as it is kept; raise InvalidInputError where it is too long."""
    bare = " ".join(typed.split())
    if len(bare) > LONGEST_NAME:
        raise InvalidInputError(_("The name is too long."), _("Write at most %(most)s characters.", most=LONGEST_NAME))
    return bare


def set_reader_name(reader: Reader, name: str) -> None:
    """Call a reader by a name, or by none; raise InvalidInputError where it is too long."""
    bare = clean_name(name)
    reader.name, reader.name_key = bare, name_key(bare)[:400]
