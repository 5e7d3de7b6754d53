"""The installation that is looked at: opened as far as it can be, and never so that anything of it changes."""

from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from webapp.billing.context import BillingContext, open_billing
from webapp.factory import join_rooms
from webapp.kit.database import Database
from webapp.kit.folder_state import Trouble, denied_trouble
from webapp.kit.instance import known_secret_key
from webapp.kit.languages import gettext
from webapp.kit.migrate import SchemaAge, schema_age
from webapp.kit.sqlite_engine import reading_address, sqlite_file
from webapp.kit.translatable import _
from webapp.operations.doctor.diagnosis import Need
from webapp.operations.doctor.in_time import TooSlowError, in_time
from webapp.operations.start_trouble import explain_database_error, explain_system_error, remember_settings
from webapp.settings import MIN_SECRET, Settings, SettingsError, load_settings

_CONNECTIONS = 4  # that all checks share: a server may have few left
_OPEN_SECONDS = 8.0  # connecting takes 5 at most


@dataclass(frozen=True, slots=True)
class ExaminedInstallation:
    """An installation; `wrong_settings` as SettingsError has them, `trouble` where the database cannot be opened."""

    folder: Path
    settings: Settings | None
    wrong_settings: tuple[tuple[str, str], ...]
    database: Database | None
    trouble: Trouble | None
    age: SchemaAge | None

    @property
    def has(self) -> Need:
        """How much of it there is to look at."""
        if self.settings is None:
            return Need.NOTHING
        if self.database is None or self.age is None:
            return Need.SETTINGS
        return Need.TABLES if self.age is SchemaAge.CURRENT else Need.DATABASE

    @property
    def known(self) -> Settings:
        """The settings, for checks that need them."""
        assert self.settings is not None
        return self.settings

    @property
    def opened(self) -> Database:
        """The database, for checks that need it."""
        assert self.database is not None
        return self.database

    @property
    def database_file(self) -> Path | None:
        """The file of the database, None where it is on a server."""
        return sqlite_file(self.known.database)

    @property
    def billing(self) -> BillingContext:
        """What asks Stripe; the sandbox, whose opening would write, is never opened."""
        return open_billing(self.known, self.opened, None)

    @property
    def secrets(self) -> tuple[str, ...]:
        """The secret keys that hold, none where there is none yet or it cannot be read."""
        present = self.known.secret_key or _read_secret(self.folder)
        return tuple(filter(None, (present, self.known.old_secret_key)))

    def close(self) -> None:
        """Let go of the database."""
        if self.database is not None:
            self.database.close()


def open_examined(instance: str | None) -> ExaminedInstallation:
    """Open an installation as far as it can be; what is wrong with it is for the checks to say."""
    join_rooms()
    settings, wrong = _open_settings(instance)
    folder = settings.instance if settings else Path(instance or "instance")
    if settings is None:
        return ExaminedInstallation(folder, None, wrong, None, None, None)
    remember_settings(settings)
    database, trouble, age = _open_database(settings)
    return ExaminedInstallation(folder, settings, wrong, database, trouble, age)


def _open_settings(instance: str | None) -> tuple[Settings | None, tuple[tuple[str, str], ...]]:
    """Return the settings and what is wrong with them; what production alone refuses can be gone on with."""
    given = {"instance": instance} if instance else {}
    try:
        return load_settings(**given), ()
    except SettingsError as error:
        wrong = error.wrong
    except OSError as error:
        trouble = explain_system_error(error)
        return None, (("", trouble.sentence if trouble else str(error)),)
    try:
        return load_settings(**given, env="development"), wrong
    except (SettingsError, OSError):
        return None, wrong


def _open_database(settings: Settings) -> tuple[Database | None, Trouble | None, SchemaAge | None]:
    """Return the database, opened to be read, else why it cannot be, and how old its tables are."""
    try:
        return in_time(_OPEN_SECONDS, partial(_connect, settings))
    except TooSlowError:
        said = _("The database does not answer within %(seconds)s seconds.", seconds=int(_OPEN_SECONDS))
        return None, Trouble(said, _("Is its server, or its disk, there?")), None
    except DBAPIError as error:
        return None, explain_database_error(error.orig), None
    except SettingsError as error:
        what, wrong = error.wrong[0]
        return None, Trouble(_("%(name)s: %(wrong)s.", name=what, wrong=gettext(wrong)), ""), None
    except Exception as error:  # noqa: BLE001 - whatever it is, all else is to be looked at
        return None, explain_database_error(error), None


def _connect(settings: Settings) -> tuple[Database | None, Trouble | None, SchemaAge | None]:
    file = sqlite_file(settings.database)
    if file is None:
        database = Database(settings.database, most_connections=_CONNECTIONS)
        return database, None, schema_age(database)
    try:
        with file.open("rb"):
            pass
    except FileNotFoundError:
        missing = _("There is no database at %(path)s.", path=file)
        return None, Trouble(missing, _("Check --instance; paidspan serve makes one.")), None
    except OSError as error:
        return None, explain_system_error(error) or denied_trouble(file), None
    database = Database(reading_address(file))
    return database, None, schema_age(database)


def _read_secret(folder: Path) -> str:
    """Return the installation's secret without making one, "" where there is none that holds."""
    secret = known_secret_key(folder)
    return secret if secret.isascii() and len(secret) >= MIN_SECRET else ""
