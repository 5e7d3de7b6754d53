"""What production refuses: settings that are only good for trying out, each named with what is wrong about it."""

from pathlib import Path
from typing import Protocol

from webapp.settings.marking import _

MIN_SECRET = 32
_FEWEST_CHARACTERS = 10  # different ones; 32 random hexadecimal digits have fewer once in ten thousand cases
_OTHERS = 0o007


class IncompleteSettingsError(ValueError):
    """What these settings lack together: pairs of a setting's name and a sentence, as SettingsError has them."""

    def __init__(self, *wrong: tuple[str, str]) -> None:
        super().__init__()
        self.wrong = wrong


class _Settings(Protocol):
    """As much of the settings as is looked at here."""

    instance: Path
    secret_key: str
    old_secret_key: str
    stripe_secret_key: str
    stripe_webhook_secret: str
    trusted_proxies: int

    @property
    def model_fields_set(self) -> set[str]: ...
    @property
    def sandbox(self) -> bool: ...
    @property
    def https(self) -> bool: ...


def find_production_gaps(settings: _Settings) -> list[tuple[str, str]]:
    """Return what keeps these settings from production: the name of each setting, and a sentence about it."""
    key = settings.stripe_secret_key
    checks = [
        (len(settings.secret_key) < MIN_SECRET, "SECRET_KEY", _("is missing or shorter than 32 characters")),
        (_is_guessable(settings.secret_key), "SECRET_KEY", _("can be guessed; make one with: openssl rand -base64 32")),
        (0 < len(settings.old_secret_key) < MIN_SECRET, "OLD_SECRET_KEY", _("is shorter than 32 characters")),
        (_is_guessable(settings.old_secret_key), "OLD_SECRET_KEY", _("can be guessed; unset it")),
        (settings.sandbox, "STRIPE_SECRET_KEY", _("is missing (the sandbox takes no real payment)")),
        ("_test_" in key[:8], "STRIPE_SECRET_KEY", _("is a test key, which takes no real payment; set the live one")),
        (not settings.stripe_webhook_secret, "STRIPE_WEBHOOK_SECRET", _("is missing")),
        (not settings.https, "BASE_URL", _("must begin with https://")),
        (
            settings.https and "trusted_proxies" not in settings.model_fields_set,
            "TRUSTED_PROXIES",
            _("is not set: say how many proxies stand in front, 0 where there is none"),
        ),
        (_is_open_to_others(settings.instance), "INSTANCE", _("can be read by everybody on this machine: chmod 700")),
    ]
    return [(name, sentence) for is_wrong, name, sentence in checks if is_wrong]


def _is_guessable(secret: str) -> bool:
    """Return whether a secret of enough characters has few different ones, or says the same thing again and again."""
    repeats = secret in (secret + secret)[1:-1]
    return len(secret) >= MIN_SECRET and (repeats or len(set(secret)) < _FEWEST_CHARACTERS)


def _is_open_to_others(instance: Path) -> bool:
    return instance.exists() and bool(instance.stat().st_mode & _OTHERS)
