"""The texts of the house: files that the publisher writes, each looked at anew, and those that are shipped."""

import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from pathlib import Path

from webapp.documents.decoding import DecodingError, decode
from webapp.kit.languages import LOCALES
from webapp.kit.translatable import _
from webapp.manuscript import RenderedEdition, SourceFormat, check, render_full
from webapp.settings import Settings

PAGES = ("about", "terms", "refunds", "privacy", "contact")
SHIPPED = Path(__file__).parent / "shipped"
MAX_PAGE_BYTES = 200_000
Facts = tuple[tuple[str, str], ...]
# "site_name" of "{site_name} publishes reports"
_PLACE = re.compile(r"\{(\w+)\}")
_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&])")
log = logging.getLogger(__name__)


class UnusableTextError(Exception):
    """A file cannot be shown as a page; the text says which one and why."""


@dataclass(frozen=True, slots=True)
class Stand:
    """A file as it stands at this moment: what is made of it holds until one of these is another."""

    path: Path
    changed_at: int
    size: int


@dataclass(frozen=True, slots=True)
class PageTexts:
    """The texts of one installation; `facts` are what may stand in braces: `{site_name}` and the like."""

    folder: Path
    facts: Facts

    def stand(self, name: str, language: str) -> Stand:
        """Return the file that a page is made from now: in this language, in another one, or the shipped one."""
        wanted = [language, *(other for other in LOCALES if other != language)]
        mine = (_stand(self.folder / f"{name}.{spoken}.md") for spoken in wanted)
        return next((stand for stand in mine if stand), None) or _shipped(name, language)

    def read(self, name: str, language: str) -> RenderedEdition:
        """Return a page; where the publisher's file cannot be used, the shipped one, and the log says why."""
        return _kept(self.stand(name, language), self.facts) or render_page_text(_shipped(name, language), self.facts)

    def terms_version(self, language: str) -> str:
        """Return which terms and privacy are shown now: the language, and a short hash of both texts."""
        return _version(language, tuple(self._shown(name, language) for name in ("terms", "privacy")))

    def _shown(self, name: str, language: str) -> Stand:
        stand = self.stand(name, language)
        return stand if _kept(stand, self.facts) else _shipped(name, language)

    def unusable(self) -> Iterator[str]:
        """Return what is wrong with the publisher's files, one sentence for each."""
        for stand in (_stand(self.folder / f"{name}.{language}.md") for name in PAGES for language in LOCALES):
            try:
                if stand and not _is_as_shipped(stand):
                    render_page_text(stand, self.facts)
            except UnusableTextError as error:
                yield error.args[0]


def open_page_texts(settings: Settings) -> PageTexts:
    """Return the texts of an installation."""
    facts = {
        "site_name": settings.site_name,
        "company": settings.publisher,
        "base_url": settings.base_url,
        "contact_email": settings.contact,
        "grace_days": str(settings.grace_days),
    }
    return PageTexts(settings.instance / "pages", tuple(facts.items()))


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
        source = decode(stand.path.read_bytes()).text
    except (OSError, DecodingError) as error:
        raise UnusableTextError(_("%(path)s cannot be read: %(error)s", path=stand.path, error=error)) from error
    checked = check(_filled(source, dict(facts)), SourceFormat.MARKDOWN, title_hint=stand.path.stem)
    if checked.has_errors or checked.manuscript.spans:
        raise UnusableTextError(
            _("%(path)s holds a marker for paid text; a page of the house is for everybody.", path=stand.path)
        )
    return render_full(checked)


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


@lru_cache(maxsize=16)
def _version(language: str, stands: tuple[Stand, ...]) -> str:
    texts = b"".join(stand.path.read_bytes() for stand in stands)
    return f"{language} {sha256(texts).hexdigest()[:16]}"


def _filled(source: str, facts: dict[str, str]) -> str:
    """Fill the places in braces; a fact is shown as it is written, whatever it would mean in Markdown."""
    return _PLACE.sub(
        lambda place: _MEANS_SOMETHING.sub(r"\\\1", facts[place[1]]) if place[1] in facts else place[0], source
    )


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
