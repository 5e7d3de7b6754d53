"""Settings that were set in the desk: stronger than `settings.toml` and the defaults, weaker than the environment."""

import logging
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from flask import Flask
from sqlalchemy import JSON, String, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Mapped, Session, mapped_column

from webapp.kit.content_version import current_version
from webapp.kit.current_settings import KnownSettings, LiveSettings, live_settings
from webapp.kit.database import Database
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.table_base import Base
from webapp.kit.translatable import _
from webapp.settings import Settings, SettingsError
from webapp.settings.origins import SET_IN_DESK, SettingOrigin, parse_setting, with_values

log = logging.getLogger(__name__)


class StoredSetting(Base):
    """One setting that was set in the desk."""

    __tablename__ = "stored_settings"
    __shown__ = True

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    value: Mapped[str | int | bool] = mapped_column(JSON)
    changed_at: Mapped[datetime]


class UnusableSettingError(InvalidInputError):
    """What was typed cannot be this setting."""

    def __init__(self, name: str, sentence: str) -> None:
        super().__init__(sentence)
        self.name = name


class SettingChange(NamedTuple):
    """What a setting was and is; None where it was not set in the desk."""

    name: str
    before: str | int | bool | None
    after: str | int | bool | None

    @property
    def was_set(self) -> bool:
        """Whether it was set in the desk before."""
        return self.before is not None


def store_setting(session: Session, name: str, typed: object, origin: SettingOrigin, now: datetime) -> SettingChange:
    """Set a setting in the desk; `origin` says who has set it so far.

    Raise UnusableSettingError, and ConflictError for one that the environment sets or the desk may not.
    """
    _check_changeable(name, origin)
    try:
        value = parse_setting(name, typed)
    except SettingsError as error:
        raise UnusableSettingError(name, error.wrong[0][1]) from error
    kept = session.get(StoredSetting, name)
    before = kept.value if kept else None
    if kept is None:
        session.add(StoredSetting(name=name, value=value, changed_at=now))
    elif kept.value != value:
        kept.value, kept.changed_at = value, now
    session.flush()
    return SettingChange(name, before, value)


@dataclass(frozen=True, slots=True)
class TypedSetting:
    """A setting as somebody wants it, and as it was shown to them: what they left alone is not written."""

    name: str
    shown: str
    typed: str


def save_settings(
    session: Session, live: LiveSettings, typed: Iterable[TypedSetting], now: datetime
) -> list[SettingChange]:
    """Set what somebody changed in the desk; return what is another now, and what it was before.

    Raise as `store_setting`, and ConflictError where somebody else has changed the same meanwhile.
    """
    present = lay_over(live.base, live.origins, list_stored(session).items())
    changes = []
    for one in typed:
        if one.typed.strip() == one.shown:
            continue
        before = getattr(present, one.name)
        if written_setting(before) != one.shown:
            raise ConflictError(
                _("Somebody else has changed this meanwhile: %(name)s.", name=one.name),
                _("Load the page again to see what it is now."),
            )
        change = store_setting(session, one.name, one.typed, live.origins[one.name], now)
        if change.after != before:
            changes.append(SettingChange(one.name, before, change.after))
    return changes


def written_setting(value: object) -> str:
    """Return a value as a form shows it."""
    return "" if value is None else str(value)


def drop_setting(session: Session, name: str) -> SettingChange:
    """Have a setting be again what `settings.toml` or the default says."""
    kept = session.get(StoredSetting, name)
    if kept is None:
        return SettingChange(name, None, None)
    change = SettingChange(name, kept.value, None)
    session.delete(kept)
    session.flush()
    return change


def list_stored(session: Session) -> dict[str, str | int | bool]:
    """Return what was set in the desk."""
    return {kept.name: kept.value for kept in session.scalars(select(StoredSetting))}


def lay_over(
    settings: Settings, origins: Mapping[str, SettingOrigin], stored: Iterable[tuple[str, object]]
) -> Settings:
    """Return settings with what was set in the desk; what this version cannot use of it is passed over."""
    values: dict[str, Any] = {}
    for name, value in stored:
        if name not in SET_IN_DESK or origins[name] is SettingOrigin.ENVIRONMENT:
            continue
        try:
            values[name] = parse_setting(name, value)
        except SettingsError as error:
            log.warning("the setting %s of the desk is passed over: %s", name, error)
    return with_values(settings, values) if values else settings


def install_stored_settings(app: Flask, database: Database) -> None:
    """Have an application know what was set in the desk."""
    live = live_settings(app)

    def ask() -> KnownSettings | None:
        try:
            with database.reading() as session:
                version, stored = current_version(session), list_stored(session)
        except SQLAlchemyError:  # it is away, or has no such table yet
            return None
        return KnownSettings(lay_over(live.base, live.origins, stored.items()), version)

    live.ask_by(ask)


def _check_changeable(name: str, origin: SettingOrigin) -> None:
    if name not in SET_IN_DESK:
        raise ConflictError(_("This cannot be set in the desk."), _("Who runs the server sets it there."))
    if origin is SettingOrigin.ENVIRONMENT:
        raise ConflictError(
            _("The environment of the server sets this."), _("Who runs the server can take it out there.")
        )
