"""The last defence of whatever leaves this process for a log or a report: what looks like a secret is taken out.

What writes lines leaves such things out by itself; this is for what a library or an error of ours puts in.
"""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from webapp.settings import Settings

_PATTERNS = (
    (re.compile(r"\b(?:[sr]k_(?:live|test)|whsec)_\w+|\b\w+_secret_\w+|(?<=Bearer )\S+"), "[secret]"),
    (re.compile(r"(?<![^\s@<>\"'(),;=])[^\s@<>\"'(),;=]++@[\w.-]+\w"), "[e-mail]"),  # also `//user:password@host`
    (re.compile(r"\?[\w%.\[\]-]+=[^\s\"'<>]*"), "?[query]"),
    (re.compile(r"\b\d{4}[ -]?\d{4}[ -]?\d{4}[ -]?\d{3,4}\b"), "[number]"),
    (re.compile(r"\b[0-9a-fA-F]{24,}\b"), "[token]"),
    (re.compile(r"(?<![\w.-])(?=[\w.-]*\d)(?=[\w.-]*[A-Z])(?=[\w.-]*[a-z])[\w.-]{40,}"), "[token]"),
)
_ADDRESS = re.compile(
    r"(?<![\w.:])(?:\d{1,3}(?:\.\d{1,3}){3}(?![\w.])|[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]*:[0-9A-Fa-f.]*(?![\w:]))"
)
_SHORTEST = 8  # characters of a secret of the settings; a shorter one is a word


class _Known:
    secrets: re.Pattern[str] | None = None


def keep_secret(settings: Settings, *others: str) -> None:
    """Have what these settings keep secret, and these other texts, be taken out wherever they stand."""
    urls = (
        *(settings.database_url, settings.database_read_url),
        *(settings.mail_url, settings.redis_url, settings.sentry_dsn),
    )
    own = (
        settings.secret_key,
        settings.old_secret_key,
        settings.stripe_secret_key,
        settings.stripe_webhook_secret,
        settings.metrics_token,
    )
    _Known.secrets = _any_of([*own, *map(_password, urls), *(unquote(_password(url)) for url in urls), *others])


def _password(url: str) -> str:
    parts = urlsplit(url)
    return parts.password or (parts.username or "" if parts.scheme.startswith("http") else "")


def _any_of(texts: Iterable[str]) -> re.Pattern[str] | None:
    long = sorted({text for text in texts if len(text) >= _SHORTEST}, key=len, reverse=True)
    return re.compile("|".join(map(re.escape, long))) if long else None


def scrub(text: str) -> str:
    """Return a text without addresses, tokens, secrets and what stands behind a question mark."""
    if _Known.secrets is not None:
        text = _Known.secrets.sub("[secret]", text)
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return _ADDRESS.sub(_without_address, text)


def _without_address(found: re.Match[str]) -> str:
    try:
        ip_address(found[0])
    except ValueError:  # a time of day, or a version
        return found[0]
    return "[address]"
