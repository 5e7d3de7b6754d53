"""The settings of an application; what Flask itself reads stands in its `config`."""

from typing import cast

from flask import Flask, current_app

from webapp.settings import Settings

_SETTINGS = "paidspan.settings"


def install_settings(app: Flask, settings: Settings) -> None:
    """Give an application its settings."""
    app.extensions[_SETTINGS] = settings
    app.jinja_env.globals["settings"] = settings


def settings_in(app: Flask) -> Settings:
    """Return the settings of an application."""
    return cast("Settings", app.extensions[_SETTINGS])


def current_settings() -> Settings:
    """Return the settings of the application that answers."""
    return settings_in(current_app)


def current_secret_keys() -> tuple[str, ...]:
    """Return the key that signs and seals, then the former one where it still holds."""
    return (current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"])
