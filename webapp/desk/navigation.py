"""The places of the desk, as its navigation lists them: each for who may go there."""

from dataclasses import dataclass

from flask import Flask

from webapp.accounts.login import current_reader
from webapp.accounts.permissions import Permission, has_permission
from webapp.kit.translatable import _


@dataclass(frozen=True, slots=True)
class DeskPlace:
    """A room of the desk: the view of its first page, and what all its endpoints begin with."""

    endpoint: str
    label: str
    permission: Permission

    @property
    def room(self) -> str:
        """What the endpoints of its pages begin with."""
        return self.endpoint.partition(".")[0]


PLACES = (
    DeskPlace("desk_overview.show_overview", _("Overview"), Permission.EDIT),
    DeskPlace("desk_documents.list_desk_documents", _("Documents"), Permission.EDIT),
    DeskPlace("desk_readers.list_readers", _("Readers"), Permission.MANAGE_READERS),
    DeskPlace("desk_plans.list_sold", _("Plans"), Permission.MANAGE_SALES),
    DeskPlace("desk_promotions.list_codes", _("Promotions"), Permission.MANAGE_SALES),
    DeskPlace("desk_money.show_money", _("Money"), Permission.MANAGE_SALES),
    DeskPlace("desk_reading.show_reading", _("Reading"), Permission.SEE_FIGURES),
    DeskPlace("desk_site_pages.list_pages", _("Pages"), Permission.EDIT),
    DeskPlace("desk_settings.show_settings", _("Settings"), Permission.MANAGE_SETTINGS),
    DeskPlace("desk_people.people", _("People"), Permission.MANAGE_PEOPLE),
    DeskPlace("desk_log.list_log", _("Log"), Permission.SEE_LOG),
)


def install_desk(app: Flask) -> None:
    """Give templates the places that who is signed in may go to."""
    app.jinja_env.globals["desk_places"] = places_of_reader


def places_of_reader() -> list[DeskPlace]:
    """Return the places that who is signed in may go to; none for readers and visitors."""
    reader = current_reader()
    return [place for place in PLACES if has_permission(reader, place.permission)] if reader and reader.staff else []
