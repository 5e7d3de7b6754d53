"""paidspan: a reader for paid text."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from webapp.settings import Settings


def create_app(settings: "Settings | None" = None) -> "Flask":
    """Return the application for these settings, or for those of the environment.

    The rooms are imported here and not above, so that one of them (the manuscript, for a check on the command line)
    can be used without waiting for all the others.
    """
    from webapp.factory import assemble  # noqa: PLC0415
    from webapp.settings import load_settings  # noqa: PLC0415

    return assemble(settings or load_settings())
