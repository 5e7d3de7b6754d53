"""Where each setting comes from, and which of them the people of the house may set in the desk."""

import os
import tomllib
from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, Any

from pydantic import TypeAdapter, ValidationError

from webapp.settings.all_settings import PREFIX, Settings
from webapp.settings.load import SettingsError, describe_problems
from webapp.settings.marking import _


class SettingOrigin(StrEnum):
    """Where a value comes from, strongest first."""

    ENVIRONMENT = "environment"  # of the process, or of the program that opened the installation
    DESK = "desk"
    FILE = "file"
    DEFAULT = "default"


# What is about the house and its readers; all else is about machines, money or safety, and set by who runs those.
SET_IN_DESK = (
    "site_name",
    "company",
    "contact_email",
    "receipt_note",
    "icp_number",
    "police_number",
    "locale",
    "timezone",
    "sign_up",
    "devices_at_once",
)
SECRETS = frozenset(
    {
        *("secret_key", "old_secret_key", "stripe_secret_key", "stripe_webhook_secret", "metrics_token"),
        *("database_url", "database_read_url", "mail_url", "redis_url", "sentry_dsn"),
    }
)
LONGEST_VALUE = 200


def origins_of(settings: Settings) -> dict[str, SettingOrigin]:
    """Return where each of these settings comes from, but for what was set in the desk."""
    environment = {name.upper() for name in os.environ}
    in_file = _names_in_file(settings)
    return {name: _origin(name, settings, environment, in_file) for name in Settings.model_fields}


def parse_setting(name: str, typed: object) -> Any:  # noqa: ANN401 - whatever the setting holds
    """Return the value of a setting that may be set in the desk; raise SettingsError where it cannot be one."""
    field = Settings.model_fields[name]
    value = " ".join(typed.split()) if isinstance(typed, str) else typed
    if isinstance(value, str) and len(value) > LONGEST_VALUE:
        raise SettingsError((PREFIX + name.upper(), _("is too long")))
    kind: Any = Annotated[field.annotation, *field.metadata] if field.metadata else field.annotation
    try:
        return TypeAdapter(kind).validate_python(value)
    except ValidationError as error:
        wrong = [(PREFIX + name.upper(), sentence) for _where, sentence in describe_problems(error)]
        raise SettingsError(*wrong) from error


def with_values(settings: Settings, values: Mapping[str, Any]) -> Settings:
    """Return these settings with values that were parsed."""
    return settings.model_copy(update=dict(values))


def _origin(name: str, settings: Settings, environment: set[str], in_file: set[str]) -> SettingOrigin:
    if f"{PREFIX}{name}".upper() in environment:
        return SettingOrigin.ENVIRONMENT
    if name not in settings.model_fields_set:
        return SettingOrigin.DEFAULT
    return SettingOrigin.FILE if name in in_file else SettingOrigin.ENVIRONMENT


def _names_in_file(settings: Settings) -> set[str]:
    try:
        with (settings.instance / "settings.toml").open("rb") as file:
            return set(tomllib.load(file))
    except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError):
        return set()
