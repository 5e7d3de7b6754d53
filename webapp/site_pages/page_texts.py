"""The texts of the house: as they were changed in the desk, else files of the publisher's, else those shipped."""

import logging
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from sqlalchemy.orm import Session

from webapp.documents.decoding import DecodingError, decode
from webapp.kit.languages import LOCALES
from webapp.kit.translatable import _
from webapp.manuscript import RenderedEdition
from webapp.settings import Settings
from webapp.site_pages.page_edits import PAGES, latest_edit
from webapp.site_pages.page_rendering import MAX_PAGE_BYTES, Facts, MarkedPageError, facts_of, render_page

SHIPPED = Path(__file__).parent / "shipped"
log = logging.getLogger(__name__)


class UnusableTextError(Exception):
    """A file cannot be shown as a page; the text says which one and why."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A file as it stands at this moment: what is made of it holds until one of these is another."""

    path: Path
    changed_at: int
    size: int


class TextOrigin(StrEnum):
    """Where the text of a page stands."""

    DESK = "desk"
    FILE = "file"
    SHIPPED = "shipped"


@dataclass(frozen=True, slots=True)
class ShownSource:
    """The text of a page as it was written, and the number of the change that it is based on."""

    text: str
    origin: TextOrigin
    based_on: int


@dataclass(frozen=True, slots=True)
class _ShownPage:
    source: bytes
    page: RenderedEdition


@dataclass(frozen=True, slots=True)
class PageTexts:
    """The texts of one installation; `facts` are what may stand in braces: `{site_name}` and the like."""

    folder: Path
    facts: Facts

    def stand(self, name: str, language: str) -> Stand:
        """Return the file that a page is made from where nobody changed it in the desk."""
        found = next((mine for spoken in _languages(language) if (mine := self._file(name, spoken))), None)
        return found or _shipped(name, language)

    def read(self, session: Session, name: str, language: str) -> RenderedEdition:
        """Return a page; what cannot be used of the publisher's is passed over, and the log says why."""
        return self._shown(session, name, language).page

    def shown_source(self, session: Session, name: str, language: str) -> ShownSource:
        """Return the text of a page in a language as it was written, for who changes it, and where it stands."""
        edit = latest_edit(session, name, language)
        number = edit.id if edit else 0
        if edit is not None and edit.source is not None:
            return ShownSource(edit.source, TextOrigin.DESK, number)
        mine = self._file(name, language)
        if mine and not _is_as_shipped(mine) and _kept(mine, self.facts):
            return ShownSource(_decoded(mine), TextOrigin.FILE, number)
        return ShownSource(_decoded(_shipped(name, language)), TextOrigin.SHIPPED, number)

    def terms_version(self, session: Session, language: str) -> str:
        """Return which terms and privacy are shown now: the language, and a short hash of both texts."""
        texts = b"".join(self._shown(session, name, language).source for name in ("terms", "privacy"))
        return f"{language} {sha256(texts).hexdigest()[:16]}"

    def _shown(self, session: Session, name: str, language: str) -> _ShownPage:
        for spoken in _languages(language):
            edit = latest_edit(session, name, spoken)
            if edit is not None and edit.source is not None:
                with suppress(MarkedPageError):  # which only a later version can find in what was checked
                    return _ShownPage(edit.source.encode(), render_page(edit.source, name, self.facts))
            mine = self._file(name, spoken)
            if mine:
                kept = _kept(mine, self.facts)
                if kept:
                    return _ShownPage(mine.path.read_bytes(), kept)
                break
        shipped = _shipped(name, language)
        return _ShownPage(shipped.path.read_bytes(), render_page_text(shipped, self.facts))

    def _file(self, name: str, language: str) -> Stand | None:
        return _stand(self.folder / f"{name}.{language}.md")

    def unusable(self) -> Iterator[str]:
        """Return what is wrong with the publisher's files, one sentence for each."""
        for stand in (self._file(name, language) for name in PAGES for language in LOCALES):
            try:
                if stand and not _is_as_shipped(stand):
                    render_page_text(stand, self.facts)
            except UnusableTextError as error:
                yield error.args[0]


def open_page_texts(settings: Settings) -> PageTexts:
    """Return the texts of an installation."""
    return PageTexts(settings.instance / "pages", facts_of(settings))


def copy_drafts(settings: Settings) -> None:
    """Give the publisher the shipped texts to work on, once: what is taken out of the folder does not come back."""
    folder = open_page_texts(settings).folder
    if folder.exists():
        return
    fresh = folder.with_name(f".{folder.name}.new")  # put there whole: a disk that is full leaves no empty texts
    shutil.rmtree(fresh, ignore_errors=True)
    try:
        fresh.mkdir(parents=True)
        for text in SHIPPED.glob("*.md"):
            shutil.copyfile(text, fresh / text.name)
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def render_page_text(stand: Stand, facts: Facts) -> RenderedEdition:
    """Return a file as a page; raise UnusableTextError."""
    if stand.size > MAX_PAGE_BYTES:
        raise UnusableTextError(
            _("%(path)s is larger than %(most)s bytes; shorten it.", path=stand.path, most=MAX_PAGE_BYTES)
        )
    try:
        return render_page(_decoded(stand), stand.path.stem, facts)
    except (OSError, DecodingError) as error:
        raise UnusableTextError(_("%(path)s cannot be read: %(error)s", path=stand.path, error=error)) from error
    except MarkedPageError as error:
        raise UnusableTextError(
            _("%(path)s holds a marker for paid text; a page of the house is for everybody.", path=stand.path)
        ) from error


def _decoded(stand: Stand) -> str:
    return decode(stand.path.read_bytes()).text


def _languages(first: str) -> list[str]:
    return [first, *(other for other in LOCALES if other != first)]


def _is_as_shipped(stand: Stand) -> bool:
    with suppress(OSError):
        return stand.path.read_bytes() == (SHIPPED / stand.path.name).read_bytes()
    return False


@lru_cache(maxsize=64)
def _kept(stand: Stand, facts: Facts) -> RenderedEdition | None:
    """Return a page, made once of each stand of its file, so that what is wrong is said once, too."""
    try:
        return render_page_text(stand, facts)
    except UnusableTextError as error:
        log.warning("%s The text that paidspan ships is shown instead.", error)
        return None


def _shipped(name: str, language: str) -> Stand:
    stand = _stand(SHIPPED / f"{name}.{language}.md")
    assert stand, f"no text for {name} in {language} is shipped"
    return stand


def _stand(path: Path) -> Stand | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Stand(path, found.st_mtime_ns, found.st_size)
