"""How the source of a page of the house becomes a page: its facts filled in, and no paid passage in it."""

import re
from dataclasses import dataclass
from functools import lru_cache

from webapp.kit.translatable import Filled
from webapp.manuscript import Finding, RenderedEdition, Severity, SourceFormat, check, render_full
from webapp.settings import Settings

MAX_PAGE_BYTES = 200_000
Facts = tuple[tuple[str, str], ...]
# "site_name" of "{site_name} publishes reports"
_PLACE = re.compile(r"\{(\w+)\}")
_MEANS_SOMETHING = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$&])")


class MarkedPageError(Exception):
    """A text holds a marker, or what reads like one; `line` is where a paid passage begins, 0 where there is none."""

    def __init__(self, line: int, sentence: str) -> None:
        super().__init__(sentence)
        self.line, self.sentence = line, sentence


@dataclass(frozen=True, slots=True)
class _Refusal:
    line: int
    sentence: str


def facts_of(settings: Settings) -> Facts:
    """Return what may stand in braces: `{site_name}` and the like."""
    facts = {
        "site_name": settings.site_name,
        "company": settings.publisher,
        "base_url": settings.base_url,
        "contact_email": settings.contact,
        "grace_days": str(settings.grace_days),
    }
    return tuple(facts.items())


def render_page(source: str, name: str, facts: Facts) -> RenderedEdition:
    """Return a text as a page; raise MarkedPageError."""
    made = _made(source, name, facts)
    if isinstance(made, _Refusal):
        raise MarkedPageError(made.line, made.sentence)
    return made


@lru_cache(maxsize=64)
def _made(source: str, name: str, facts: Facts) -> RenderedEdition | _Refusal:
    checked = check(_filled(source, dict(facts)), SourceFormat.MARKDOWN, title_hint=name)
    if checked.manuscript.spans:
        return _Refusal(checked.manuscript.spans[0].line, "")
    if checked.has_errors:
        return _refused_for(next(one for one in checked.findings if one.severity is Severity.ERROR))
    return render_full(checked)


def _refused_for(found: Finding) -> _Refusal:
    return _Refusal(0, Filled(found.message, dict(found.values)) if found.values else found.message)


def _filled(source: str, facts: dict[str, str]) -> str:
    """Fill the places in braces; a fact is shown as it is written, whatever it would mean in Markdown."""
    return _PLACE.sub(
        lambda place: _MEANS_SOMETHING.sub(r"\\\1", facts[place[1]]) if place[1] in facts else place[0], source
    )
