"""What a backup is refused for."""

from webapp.kit.errors import InvalidInputError
from webapp.kit.translatable import _


class DamagedArchiveError(InvalidInputError):
    """An archive is not as it was written."""

    hint = _("Nothing was changed. Use another backup.")

    def __init__(self, message: str = _("The backup is damaged, or not whole.")) -> None:
        super().__init__(message)


class ForeignArchiveError(InvalidInputError):
    """A file is no backup of paidspan."""

    hint = _("Name a file that paidspan backup has written.")

    def __init__(self) -> None:
        super().__init__(_("This is no backup of paidspan."))
