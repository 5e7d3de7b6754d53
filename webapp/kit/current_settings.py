"""The settings of an application, as they are now; what Flask itself reads stands in its `config`.

What was set in the desk is read when the application first needs a setting, and again wherever a request asks for the
version of the content anyway, and it is another: no request asks for settings by itself.
"""

from collections.abc import Callable
from typing import NamedTuple, cast

from flask import Flask, current_app
from werkzeug.local import LocalProxy

from webapp.kit.content_version import Version
from webapp.settings import Settings
from webapp.settings.origins import SettingOrigin, origins_of

_SETTINGS = "paidspan.settings"


class KnownSettings(NamedTuple):
    """Settings as they were at a version of the content, None where none could be asked for."""

    settings: Settings
    version: Version | None = None


class LiveSettings:
    """The settings with which an application was opened, and those that hold now."""

    def __init__(self, base: Settings) -> None:
        self.base = base
        self.origins: dict[str, SettingOrigin] = origins_of(base)
        self._ask: Callable[[], KnownSettings | None] | None = None
        self._known: KnownSettings | None = None
        self.mark = 0  # another one where any setting is another

    def ask_by(self, ask: Callable[[], KnownSettings | None]) -> None:
        """Have this asked what was set in the desk; None where that cannot be said."""
        self._ask = ask

    @property
    def now(self) -> Settings:
        """Return the settings that hold, as far as this process knows."""
        if self._known is None:
            self.look()
        return self._known.settings if self._known else self.base

    def learn(self, version: Version) -> None:
        """Hear of a version of the content: where it is another, what was set in the desk is read again."""
        if self._known is None or self._known.version != version:
            self.look()

    def look(self) -> None:
        """Read again what was set in the desk; what is known stays where that cannot be read."""
        former = self._known or KnownSettings(self.base)
        found = (self._ask() if self._ask else None) or former
        if found.settings != former.settings:
            self.mark += 1
        self._known = found


def install_settings(app: Flask, settings: Settings) -> None:
    """Give an application its settings."""
    app.extensions[_SETTINGS] = LiveSettings(settings)
    app.jinja_env.globals.update(
        settings=LocalProxy(current_settings),
        site_name=LocalProxy(lambda: current_settings().site_name),
        settings_mark=lambda: live_settings(app).mark,
    )


def live_settings(app: Flask) -> LiveSettings:
    """Return what knows the settings of an application."""
    return cast("LiveSettings", app.extensions[_SETTINGS])


def settings_in(app: Flask) -> Settings:
    """Return the settings of an application."""
    return live_settings(app).now


def current_settings() -> Settings:
    """Return the settings of the application that answers."""
    return settings_in(current_app)


def current_secret_keys() -> tuple[str, ...]:
    """Return the key that signs and seals, then the former one where it still holds."""
    return (current_app.config["SECRET_KEY"], *current_app.config["SECRET_KEY_FALLBACKS"])
