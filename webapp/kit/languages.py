"""Chinese and English: which one, and the words, dates and numbers in it."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import date as Day  # noqa: N812 - `date` is what templates call
from datetime import datetime
from functools import cache, lru_cache
from io import BytesIO
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from babel.core import Locale, UnknownLocaleError, get_global
from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations
from flask import Flask, g, has_app_context, has_request_context, request
from werkzeug.datastructures import LanguageAccept
from werkzeug.http import parse_accept_header

from webapp.kit.current_settings import current_settings, settings_in
from webapp.kit.money import Money
from webapp.kit.translatable import Filled

LOCALES = {"zh-CN": "中文", "en": "English"}
LANGUAGE_COOKIE = "language"
_CATALOGUES = Path(__file__).parents[1] / "translations"
_BABEL_NAMES = {"zh-CN": "zh_Hans_CN", "en": "en"}
_OUTSIDE = ContextVar("the language outside of any application", default="en")


def locale() -> str:
    """Return the language to speak: the reader's choice, then the browser's, then the setting.

    Outside of any application, where commands are, it is the one that `speak` was told.
    """
    if not has_app_context():
        return _OUTSIDE.get()
    if "locale" not in g:
        g.locale = _negotiated() if has_request_context() else current_settings().locale
    return str(g.locale)


def set_language(language: str) -> None:
    """Have whatever runs outside of any application speak a language."""
    _OUTSIDE.set(language)


@contextmanager
def speaking_locale(app: Flask, language: str) -> Iterator[None]:
    """Have templates speak a language outside of any request; the house's where it is none of ours."""
    with app.app_context():
        g.locale = language if language in LOCALES else settings_in(app).locale
        yield


def interface_language(language: str) -> str:
    """Return the language of ours that readers of a text in a language (BCP 47) are spoken to, "" where it is none."""
    primary = language.partition("-")[0].lower()
    return {"zh": "zh-CN", "en": "en"}.get(primary, "")


def open_graph_locale(language: str) -> str:
    """Return a language (BCP 47) as Open Graph wants it, with the country where most of its readers are: zh_CN."""
    try:
        likely = Locale.parse(language, sep="-", resolve_likely_subtags=True)
        full = likely if likely.territory else Locale.parse(get_global("likely_subtags")[str(likely)])
    except (KeyError, ValueError, UnknownLocaleError):
        return ""
    return f"{full.language}_{full.territory}"


def _negotiated() -> str:
    chosen = request.cookies.get(LANGUAGE_COOKIE, "")
    return negotiate(chosen, request.headers.get("Accept-Language", ""), current_settings().locale)


@lru_cache(maxsize=1024)
def negotiate(chosen: str, accepted: str, default: str) -> str:
    """Return the language to speak: the one `chosen` by a cookie, else the first `accepted` (RFC 9110, 12.5.4)."""
    if chosen in LOCALES:
        return chosen
    for wanted, quality in parse_accept_header(accepted, LanguageAccept):
        if quality and (ours := interface_language(wanted)):
            return ours
    return default


@cache
def translations(language: str) -> NullTranslations:
    """Return the words of a language; English is what the source is written in."""
    return Translations(BytesIO(compiled_catalogue(language))) if po_file(language).exists() else NullTranslations()


def po_file(language: str) -> Path:
    """Return where the words of a language stand; there is no such file for English."""
    return _CATALOGUES / f"{language}.po"


def compiled_catalogue(language: str) -> bytes:
    """Return the words of a language as gettext reads them."""
    compiled = BytesIO()
    with po_file(language).open("rb") as po:
        write_mo(compiled, read_po(po, locale=_BABEL_NAMES[language]))
    return compiled.getvalue()


def all_sentences() -> list[str]:
    """Return every sentence that pages may say by themselves, in all languages."""
    sentences: list[str] = []
    for path in _CATALOGUES.glob("*.po"):
        with path.open("rb") as po:
            for message in read_po(po):
                for side in (message.id, message.string):
                    sentences += side if isinstance(side, list | tuple) else [side or ""]
    return sentences


def gettext(message: str, **values: object) -> str:
    """Return a message in the language of this request, with `%(name)s` filled in."""
    if isinstance(message, Filled):
        values = dict(message.values)
        message = message.message
    text = say(locale(), message)
    return text % values if values else text


def say(language: str, message: str) -> str:
    """Return a message in a language."""
    return str(translations(language).ugettext(message))


def ngettext(singular: str, plural: str, num: int, **values: object) -> str:
    """Return the message for `num` things in the language of this request."""
    text = str(translations(locale()).ungettext(singular, plural, num))
    return text % {"num": num, **values}


def number(value: int) -> str:
    """Return a whole number as readers of this language write it."""
    return _number(value, locale())


def money(value: Money) -> str:
    """Return an amount as readers of this language write it."""
    return _money(value, locale())


def date(moment: datetime) -> str:
    """Return the day of a moment, in the publisher's zone: 2026-01-12 or 12 Jan 2026."""
    return _day(moment.astimezone(zone()).date(), "yyyy-MM-dd" if locale() == "zh-CN" else "d MMM y", locale())


def long_date(moment: datetime) -> str:
    """Return the day of a moment for a sentence, in the publisher's zone: 2026年1月12日 or 12 January 2026."""
    return _day(moment.astimezone(zone()).date(), "y年M月d日" if locale() == "zh-CN" else "d MMMM y", locale())


def long_moment(moment: datetime) -> str:
    """Return a moment to the minute, in the publisher's zone, which is named: 12 January 2026, 18:23 (UTC+08:00)."""
    local = moment.astimezone(zone())
    offset = f"UTC{local.isoformat()[-6:]}"  # "+08:00" of "2026-01-12T18:23:00+08:00"
    return gettext("%(day)s, %(time)s (%(zone)s)", day=long_date(moment), time=f"{local:%H:%M}", zone=offset)


# A page writes the same numbers, prices and days again and again; Babel takes its time for each.
_remembered = lru_cache(maxsize=4096)


@_remembered
def _number(value: int, language: str) -> str:
    return str(format_decimal(value, locale=_BABEL_NAMES[language]))


@_remembered
def _money(value: Money, language: str) -> str:
    return value.shown(_BABEL_NAMES[language])


@_remembered
def _day(day: Day, pattern: str, language: str) -> str:
    return str(format_date(day, format=pattern, locale=_BABEL_NAMES[language]))


def zone() -> ZoneInfo:
    """Return the zone in which the publisher reckons days and years."""
    return ZoneInfo(current_settings().timezone)


def reading_time(minutes: int) -> str:
    """Return about how long something takes to read: 12 minutes, 5 h 20 min."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return ngettext("about %(num)s minute", "about %(num)s minutes", minutes)
    if not rest:
        return gettext("about %(hours)s h", hours=hours)
    return gettext("about %(hours)s h %(minutes)s min", hours=hours, minutes=rest)


def gap() -> str:
    """Return what stands between two sentences: nothing after a full-width full stop."""
    return gap_in(locale())


def gap_in(language: str) -> str:
    """Return what stands between two sentences of a language."""
    return "" if language == "zh-CN" else " "


def template_words() -> dict[str, Any]:
    """Return what templates call to speak the reader's language."""
    return {"_": gettext, "ngettext": ngettext, "gap": gap, "locale": locale, "locales": LOCALES}
