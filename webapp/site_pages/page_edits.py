"""The texts of the house as they were changed in the desk: a row for each change, the latest of which is shown."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ForeignKey, Index, Select, String, Text, select
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.languages import LOCALES
from webapp.kit.table_base import Base
from webapp.kit.translatable import _
from webapp.manuscript import RenderedEdition
from webapp.site_pages.page_rendering import MAX_PAGE_BYTES, Facts, MarkedPageError, render_page

PAGES = ("about", "terms", "refunds", "privacy", "contact")


class PageEdit(Base):
    """One text of a page; without a source it says that the text of the folder, or the shipped one, is back."""

    __tablename__ = "page_edits"
    __table_args__ = (Index("ix_page_edits_name_language", "name", "language", "id"),)
    __shown__ = True

    id: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(20))
    language: Mapped[str] = mapped_column(String(10))
    source: Mapped[str | None] = mapped_column(Text)
    edited_by: Mapped[int | None] = mapped_column(ForeignKey("readers.id"), index=True)
    edited_at: Mapped[datetime]


@dataclass(frozen=True, slots=True)
class WantedEdit:
    """A text as somebody wants it: `based_on` is the change that they had before them, 0 where there was none."""

    name: str
    language: str
    source: str | None
    based_on: int
    editor_id: int | None


class PageChangedError(ConflictError):
    """Somebody else has changed the page meanwhile."""

    def __init__(self) -> None:
        super().__init__(
            _("Somebody else has saved this page meanwhile."),
            _("Your text is still here. Compare it with theirs below, then save yours or take theirs."),
        )


def latest_edit(session: Session, name: str, language: str) -> PageEdit | None:
    """Return the last change of a page in a language, None where it was never changed."""
    return session.scalar(_edits(name, language).limit(1))


def list_edits(session: Session, name: str, language: str, most: int = 50) -> list[PageEdit]:
    """Return the changes of a page in a language, the latest first."""
    return list(session.scalars(_edits(name, language).limit(most)))


def get_edit(session: Session, name: str, language: str, edit_id: int) -> PageEdit | None:
    """Return one change of a page in a language."""
    return session.scalar(_edits(name, language).where(PageEdit.id == edit_id))


def save_page(session: Session, wanted: WantedEdit, facts: Facts, now: datetime) -> PageEdit:
    """Have a page show another text from now on, or that of the folder or the shipped one again.

    Raise InvalidInputError for a text that cannot be a page, PageChangedError where somebody else was faster.
    """
    if wanted.name not in PAGES or wanted.language not in LOCALES:
        raise InvalidInputError(_("There is no such page."))
    if wanted.source is not None:
        check_page(wanted.source, wanted.name, facts)
    latest = latest_edit(session, wanted.name, wanted.language)
    if (latest.id if latest else 0) != wanted.based_on:
        raise PageChangedError
    edit = PageEdit(
        name=wanted.name,
        language=wanted.language,
        source=wanted.source,
        edited_by=wanted.editor_id,
        edited_at=now,
    )
    session.add(edit)
    session.flush()
    return edit


def check_page(source: str, name: str, facts: Facts) -> RenderedEdition:
    """Return a text as the page that it makes; raise InvalidInputError where it can be none."""
    if not source.strip():
        raise InvalidInputError(_("This page has no text."), _("Write one, or return to the shipped text."))
    if len(source.encode()) > MAX_PAGE_BYTES:
        raise InvalidInputError(_("This page is larger than %(most)s bytes.", most=MAX_PAGE_BYTES), _("Shorten it."))
    try:
        return render_page(source, name, facts)
    except MarkedPageError as error:
        if error.line:
            raise InvalidInputError(
                _("Line %(line)s holds a marker for paid text; a page of the house is for everybody.", line=error.line),
                _("Take the marker out. What is to be paid for belongs into a document."),
            ) from error
        raise InvalidInputError(error.sentence, _("Please check the beginning of the text.")) from error


def _edits(name: str, language: str) -> Select[PageEdit]:
    of_page = select(PageEdit).where(PageEdit.name == name, PageEdit.language == language)
    return of_page.order_by(PageEdit.id.desc())
