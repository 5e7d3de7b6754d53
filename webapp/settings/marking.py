"""Sentences about settings, marked for translation; the kit's way stands above this room."""


def _(message: str) -> str:
    """Return a sentence as it is; it is translated where it is shown."""
    return message
