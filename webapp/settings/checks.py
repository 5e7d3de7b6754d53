"""What a setting's value must look like, each check a type, and the sentence about one that does not."""

import re
from email.utils import parseaddr
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import AfterValidator

from webapp.settings.marking import _

_POLICE_CODE = re.compile(r"\d{11,14}")
_SHORTEST_TOKEN = 16
_STRIPE_KEY = re.compile(r"[sr]k_(?:test|live)_\w+", re.ASCII)


def police_code(value: str) -> str:
    """Return the code in a public security filing number; empty where there is none."""
    found = _POLICE_CODE.search(value)
    return found[0] if found else ""


def _check_web_address(value: str) -> str:
    if not value.startswith(("http://", "https://")):
        raise ValueError(_("must begin with http:// or https://"))
    return value.rstrip("/")


def _check_stripe_key(value: str) -> str:
    if value and not _STRIPE_KEY.fullmatch(value):
        raise ValueError(_("must be a key like sk_live_… or sk_test_…, copied whole"))
    return value


def _check_redis(value: str) -> str:
    if value and not value.startswith(("redis://", "rediss://")):
        raise ValueError(_("must begin with redis:// or rediss://"))
    return value


def _check_postgres(value: str) -> str:
    if value and not value.startswith(("postgresql://", "postgresql+psycopg://")):
        raise ValueError(_("must begin with postgresql://"))
    return value


def check_storage(value: str) -> str:
    """Return the address of a bucket without a slash at its end."""
    # "s3://reports/library/2026"; no credentials, no query, no "..", and names as S3 and Ceph allow them
    if value and not re.fullmatch(r"s3://[A-Za-z0-9][\w.-]{2,62}(?:/(?!\.\.?(?:/|$))[\w.-]+)*/?", value, re.ASCII):
        raise ValueError(_("must be an address like s3://bucket/prefix; credentials are given by AWS_*"))
    return value.rstrip("/")


def _check_mail_server(value: str) -> str:
    if value and not value.startswith(("smtp://", "smtps://")):
        raise ValueError(_("must begin with smtp:// or smtps://"))
    return value


def _check_address(value: str) -> str:
    # "name@example.com"; not "name" and not "<name@example.com>"
    if value and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", value):
        raise ValueError(_("must be an address like name@example.com"))
    return value


def _check_sender(value: str) -> str:
    """Return an address that may bear a name, and must be there."""
    _check_address(parseaddr(value)[1] or "missing")
    return value


def _check_icp(value: str) -> str:
    # "ICP备1" in "京ICP备12345678号"
    if value and not re.search(r"ICP[备证]\s*\d", value):
        raise ValueError(_("must be a number like 京ICP备12345678号"))
    return value


def _check_police(value: str) -> str:
    if value and not police_code(value):
        raise ValueError(_("must be a number like 京公网安备11010502000001号"))
    return value


def _check_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise ValueError(_("is no time zone; write one like Asia/Shanghai")) from error
    return value


def _check_token(value: str) -> str:
    if value and len(value) < _SHORTEST_TOKEN:
        raise ValueError(_("must have 16 characters or more; make one with: openssl rand -hex 32"))
    return value


def _check_log_format(value: str) -> str:
    if value not in {"text", "json"}:
        raise ValueError(_("must be text or json"))
    return value


def _check_sentry(value: str) -> str:
    # https://<key>@<host>/<project>
    if value and not re.fullmatch(r"https?://[^@/\s]+@[^@/\s]+/\S*\d+", value):
        raise ValueError(_("must be an address like https://key@o1.ingest.sentry.io/2"))
    return value


def _check_locale(value: str) -> str:
    if value not in {"zh-CN", "en"}:
        raise ValueError(_("must be zh-CN or en"))
    return value


WebAddress = Annotated[str, AfterValidator(_check_web_address)]
StripeKey = Annotated[str, AfterValidator(_check_stripe_key)]
RedisAddress = Annotated[str, AfterValidator(_check_redis)]
PostgresAddress = Annotated[str, AfterValidator(_check_postgres)]
StorageAddress = Annotated[str, AfterValidator(check_storage)]
MailAddress = Annotated[str, AfterValidator(_check_mail_server)]
ContactAddress = Annotated[str, AfterValidator(_check_address)]
SenderAddress = Annotated[str, AfterValidator(_check_sender)]
IcpNumber = Annotated[str, AfterValidator(_check_icp)]
PoliceNumber = Annotated[str, AfterValidator(_check_police)]
TimeZone = Annotated[str, AfterValidator(_check_zone)]
MetricsToken = Annotated[str, AfterValidator(_check_token)]
LogFormat = Annotated[str, AfterValidator(_check_log_format)]
SentryAddress = Annotated[str, AfterValidator(_check_sentry)]
Locale = Annotated[str, AfterValidator(_check_locale)]
