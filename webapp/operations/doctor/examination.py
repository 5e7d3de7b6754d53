"""All checks, and how they are gone through: beside each other, each within its time, none ending the others."""

from collections.abc import Iterable
from dataclasses import dataclass

from webapp.kit.translatable import _
from webapp.operations.doctor import (
    database_checks,
    installation_checks,
    library_checks,
    mail_checks,
    stripe_checks,
    web_checks,
)
from webapp.operations.doctor.diagnosis import Check, Diagnosis, DoctorVerdict, Need, describe_error, warning
from webapp.operations.doctor.examined_installation import ExaminedInstallation
from webapp.operations.doctor.in_time import TimedWork, TooSlowError

CHECKS = (
    Check("settings", installation_checks.check_settings, Need.NOTHING),
    Check("extras", installation_checks.check_extras, Need.SETTINGS),
    Check("folder", installation_checks.check_folder, Need.NOTHING),
    Check("owners", installation_checks.check_owners, Need.NOTHING),
    Check("permissions", installation_checks.check_permissions, Need.NOTHING),
    Check("disk", installation_checks.check_disk, Need.NOTHING),
    Check("file-system", installation_checks.check_file_system, Need.SETTINGS),
    Check("handles", installation_checks.check_handles, Need.NOTHING),
    Check("database", database_checks.check_database, Need.SETTINGS),
    Check("schema", database_checks.check_schema, Need.DATABASE),
    Check("integrity", database_checks.check_integrity, Need.DATABASE, seconds=8),
    Check("log-of-writes", database_checks.check_log, Need.DATABASE),
    Check("postgresql", database_checks.check_postgresql, Need.DATABASE),
    Check("read-copy", database_checks.check_read_copy, Need.DATABASE, seconds=8),
    Check("database-clock", database_checks.check_database_clock, Need.DATABASE),
    Check("clock", database_checks.check_clock, Need.TABLES),
    Check("secret-key", installation_checks.check_secret, Need.TABLES),
    Check("identity", installation_checks.check_identity, Need.TABLES),
    Check("worker", library_checks.check_worker, Need.TABLES),
    Check("search", library_checks.check_search, Need.TABLES),
    Check("editions", library_checks.check_editions, Need.TABLES),
    Check("fonts", library_checks.check_fonts, Need.NOTHING, seconds=10),
    Check("leaks", library_checks.check_leaks, Need.TABLES),
    Check("backups", library_checks.check_backups, Need.TABLES),
    Check("mail-server", mail_checks.check_mail_server, Need.SETTINGS, seconds=10),
    Check("mail-sender", mail_checks.check_sender, Need.SETTINGS),
    Check("mails", mail_checks.check_mails, Need.TABLES),
    Check("stripe", stripe_checks.check_account, Need.SETTINGS, seconds=10),
    Check("stripe-clock", stripe_checks.check_stripe_clock, Need.SETTINGS, seconds=10),
    Check("webhook", stripe_checks.check_webhook, Need.TABLES, seconds=10),
    Check("webhook-address", stripe_checks.check_webhook_address, Need.SETTINGS),
    Check("stripe-backlog", stripe_checks.check_backlog, Need.TABLES),
    Check("stripe-drift", stripe_checks.check_drift, Need.TABLES),
    Check("base-url", web_checks.check_base_url, Need.SETTINGS),
    Check("certificate", web_checks.check_certificate, Need.SETTINGS),
    Check("proxies", web_checks.check_proxies, Need.SETTINGS),
    Check("redis", web_checks.check_redis, Need.SETTINGS),
    Check("storage", web_checks.check_bucket, Need.SETTINGS, seconds=10),
)
_FOR_WANT_OF = {
    Need.SETTINGS: _("Not looked at: the settings cannot be read."),
    Need.DATABASE: _("Not looked at: the database cannot be opened."),
    Need.TABLES: _("Not looked at: the tables are not those of this version."),
}


@dataclass(frozen=True, slots=True)
class DoctorLine:
    """What a check found."""

    name: str
    finding: Diagnosis


def examine(examined: ExaminedInstallation, checks: Iterable[Check] = CHECKS) -> list[DoctorLine]:
    """Return what all checks find, in their order."""
    begun = [(check, _begin(check, examined)) for check in checks]
    return [DoctorLine(check.name, finding) for check, work in begun for finding in _outcome(check, work, examined)]


def _begin(check: Check, examined: ExaminedInstallation) -> TimedWork | None:
    return TimedWork(lambda: list(check.look(examined))) if check.need.value <= examined.has.value else None


def _outcome(check: Check, work: TimedWork | None, examined: ExaminedInstallation) -> list[Diagnosis]:
    if work is None:
        lacking = next(need for need in Need if need.value > examined.has.value)
        return [Diagnosis(DoctorVerdict.SKIPPED, _FOR_WANT_OF[lacking])]
    try:
        found = work.wait(check.seconds)
    except TooSlowError:
        sentence = _("This could not be looked at within %(seconds)s seconds.", seconds=int(check.seconds))
        return [warning(sentence, _("Run it again; what does not answer is probably what is wrong."))]
    except Exception as error:  # noqa: BLE001 - a check that fails must not end the others
        said = describe_error(error)[:300]
        sentence = _("This could not be looked at: %(error)s.", error=f"{type(error).__name__}: {said}")
        return [warning(sentence, _("If all else is well, please report it."))]
    assert isinstance(found, list)
    return found
