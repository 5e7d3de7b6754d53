"""What a setting needs besides, which `pip install 'paidspan[…]'` brings: one list for whoever refuses or tells."""

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec

from webapp.settings.all_settings import Settings


@dataclass(frozen=True, slots=True)
class Extra:
    """A module that is needed where a setting begins so, and the extra of this package that brings it."""

    setting: str
    beginning: str
    module: str
    name: str

    @property
    def is_installed(self) -> bool:
        """Whether the module is there."""
        return find_spec(self.module) is not None


OBSERVABILITY = "observability"
_EXTRAS = (
    Extra("database_url", "postgresql", "psycopg", "postgres"),
    Extra("storage_url", "s3://", "obstore", "s3"),
    Extra("metrics_token", "", "prometheus_client", OBSERVABILITY),
    Extra("sentry_dsn", "", "sentry_sdk", OBSERVABILITY),
)


def needed_extras(settings: Settings) -> Iterator[Extra]:
    """Yield what these settings need, installed or not."""
    for extra in _EXTRAS:
        value = str(getattr(settings, extra.setting))
        if value and value.startswith(extra.beginning):
            yield extra
