"""Every setting: name, type, default, what it does. Read from `PAIDSPAN_*` or `instance/settings.toml`."""

import re
import tomllib
from collections.abc import Iterator
from email.headerregistry import Address
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from webapp.settings.production import MIN_SECRET as MIN_SECRET
from webapp.settings.production import find_production_gaps

PREFIX = "PAIDSPAN_"
_POLICE_CODE = re.compile(r"\d{11,14}")
_STRIPE_KEY = re.compile(r"[sr]k_(?:test|live)_\w+", re.ASCII)


def _(message: str) -> str:
    """Mark a sentence for translation; it is translated where it is shown."""
    return message


class SettingsError(Exception):
    """The settings cannot be used; each pair of `wrong` names what, and says what is wrong with it."""

    def __init__(self, *wrong: tuple[str, str]) -> None:
        super().__init__("; ".join(map(" ".join, wrong)))
        self.wrong = wrong


class _NotForProductionError(ValueError):
    """What production needs and is not set, as SettingsError has it."""

    def __init__(self, *wrong: tuple[str, str]) -> None:
        super().__init__()
        self.wrong = wrong


class Env(StrEnum):
    """Where this installation runs; production refuses what is only good for trying out."""

    DEVELOPMENT = "development"
    PRODUCTION = "production"


class Mode(StrEnum):
    """In which of Stripe's worlds payments are made; what belongs to one is nothing in the others."""

    SANDBOX = "sandbox"
    TEST = "test"
    LIVE = "live"


class Settings(BaseSettings):
    """All settings of one installation; environment first, then `settings.toml`, then these defaults."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="forbid", frozen=True)

    env: Env = Field(Env.DEVELOPMENT, description="development, or production: refuses a half-done set-up.")
    instance: Path = Field(
        Path("instance"), description="Folder of this installation: database, secret key, settings.toml."
    )
    database_url: str = Field(
        "", description="PostgreSQL, postgresql://user:password@host/name; empty: `paidspan.sqlite` in the instance."
    )
    secret_key: str = Field(
        "",
        description="Signs sessions and forms, 32 characters or more; empty: made once, kept in `secret.key`.",
    )
    base_url: str = Field("http://127.0.0.1:8000", description="Address readers use, without a slash at the end.")
    site_name: str = Field("paidspan", description="Name of the publisher, shown in titles and in the footer.")
    company: str = Field(
        "", description="Legal name of who sells, for the footer, terms and receipts; empty: the publisher's name."
    )
    contact_email: str = Field("", description="Address that readers write to; empty: the one that mails come from.")
    wordmark: str = Field(
        "", description="The publisher's own wordmark, an SVG or PNG in the instance folder; empty: paidspan's."
    )
    icp_number: str = Field("", description="ICP filing number (京ICP备…号), shown in the footer.")
    police_number: str = Field("", description="Public security filing number (京公网安备…号), shown in the footer.")
    locale: str = Field("zh-CN", description="Language when a reader's browser asks for neither: zh-CN or en.")
    timezone: str = Field("Asia/Shanghai", description="Zone in which dates are shown.")
    stripe_secret_key: str = Field("", description="Stripe's secret key; empty: the sandbox, no money moves.")
    stripe_webhook_secret: str = Field(
        "", description="Signing secret of the webhook endpoint; empty with a key: the endpoint is not there."
    )
    automatic_tax: bool = Field(
        default=False, description="Whether Stripe Tax reckons tax at the checkout; it must be set up at Stripe."
    )
    tax_id_collection: bool = Field(
        default=False, description="Whether the checkout asks companies for their name and tax id."
    )
    invoice_creation: bool = Field(
        default=False, description="Whether Stripe makes an invoice for one-time payments, too; it charges for that."
    )
    mail_url: str = Field(
        "",
        description="Mail server, `smtp://user:password@host:587` or `smtps://…:465`; empty: mails go to `outbox/`.",
    )
    mail_page_for_all: bool = Field(default=False, description="Whether other machines see `/sandbox/mail`, too.")
    mail_from: str = Field("paidspan@localhost", description="Address that mails come from.")
    receipt_note: str = Field("", description="Line on receipts about tax, or who invoices.")
    shared_cache_seconds: int = Field(
        0, ge=0, le=86_400, description="Seconds a cache in front may keep pages for visitors; 0: it asks each time."
    )
    grace_days: int = Field(7, ge=0, le=60, description="Days a past-due subscription still reads.")
    max_source_bytes: int = Field(20_000_000, ge=1, description="Largest manuscript that import accepts, in bytes.")
    confirm_email: bool = Field(default=False, description="Whether only a confirmed address reads what it paid for.")
    sign_up: Literal["at-once", "confirm-first"] = Field("at-once", description="at-once, or confirm-first: by a link.")
    sign_up_seconds: int = Field(2, ge=0, le=60, description="Seconds that people take to sign up, at least.")
    devices_at_once: int = Field(0, ge=0, le=99, description="On how many devices a reader reads at once; 0: on any.")
    staff_second_factor: bool = Field(default=False, description="Whether editors and publishers need a second factor.")
    trusted_proxies: int = Field(0, ge=0, le=5, description="How many proxies set X-Forwarded-*; 0: none is believed.")
    threads: int = Field(8, ge=2, le=64, description="Searches that one worker makes at the same time.")
    redis_url: str = Field("", description="Redis, where machines count tries together; empty: a file of the instance.")

    @field_validator("stripe_secret_key")
    @classmethod
    def _stripe_key(cls, value: str) -> str:
        if value and not _STRIPE_KEY.fullmatch(value):
            raise ValueError(_("must be a key like sk_live_… or sk_test_…, copied whole"))
        return value

    @field_validator("base_url")
    @classmethod
    def _bare_base_url(cls, value: str) -> str:
        if not value.startswith(("http://", "https://")):
            raise ValueError(_("must begin with http:// or https://"))
        return value.rstrip("/")

    @field_validator("redis_url")
    @classmethod
    def _redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://")):
            raise ValueError(_("must begin with redis:// or rediss://"))
        return value

    @field_validator("mail_url")
    @classmethod
    def _mail(cls, value: str) -> str:
        if value and not value.startswith(("smtp://", "smtps://")):
            raise ValueError(_("must begin with smtp:// or smtps://"))
        return value

    @field_validator("contact_email", "mail_from")
    @classmethod
    def _address(cls, value: str, about: ValidationInfo) -> str:
        may_bear_a_name = about.field_name == "mail_from"
        address = parseaddr(value)[1] if may_bear_a_name else value
        # "name@example.com"; not "name" and not "<name@example.com>"
        if (value or may_bear_a_name) and not re.fullmatch(r"[^@\s<>]+@[^@\s<>]+", address):
            raise ValueError(_("must be an address like name@example.com"))
        return value

    @field_validator("icp_number")
    @classmethod
    def _icp(cls, value: str) -> str:
        # "ICP备1" in "京ICP备12345678号"
        if value and not re.search(r"ICP[备证]\s*\d", value):
            raise ValueError(_("must be a number like 京ICP备12345678号"))
        return value

    @field_validator("police_number")
    @classmethod
    def _police(cls, value: str) -> str:
        if value and not _POLICE_CODE.search(value):
            raise ValueError(_("must be a number like 京公网安备11010502000001号"))
        return value

    @field_validator("timezone")
    @classmethod
    def _known_zone(cls, value: str) -> str:
        try:
            ZoneInfo(value)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(_("is no time zone; write one like Asia/Shanghai")) from error
        return value

    @field_validator("locale")
    @classmethod
    def _known_locale(cls, value: str) -> str:
        if value not in {"zh-CN", "en"}:
            raise ValueError(_("must be zh-CN or en"))
        return value

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        gaps = find_production_gaps(self) if self.env is Env.PRODUCTION else []
        if gaps:
            raise _NotForProductionError(*((f"{PREFIX}{name}", sentence) for name, sentence in gaps))
        return self

    @property
    def sandbox(self) -> bool:
        """Whether payments go to the sandbox."""
        return not self.stripe_secret_key

    @property
    def mode(self) -> Mode:
        """In which of Stripe's worlds this installation sells."""
        if self.sandbox:
            return Mode.SANDBOX
        return Mode.LIVE if self.stripe_secret_key.startswith(("sk_live_", "rk_live_")) else Mode.TEST

    @property
    def sender(self) -> str:
        """Return who mails come from: the address with its own name, or else with the publisher's."""
        name, address = parseaddr(self.mail_from)
        return str(Address(name or self.site_name, addr_spec=address))

    @property
    def https(self) -> bool:
        """Whether readers come over https, so that cookies can insist on it."""
        return self.base_url.startswith("https://")

    @property
    def publisher(self) -> str:
        """Return the name under which things are sold."""
        return self.company or self.site_name

    @property
    def contact(self) -> str:
        """Return the address that readers write to."""
        return self.contact_email or parseaddr(self.mail_from)[1]

    @property
    def police_link(self) -> str:
        """Return where the public security filing can be looked up; empty where there is none."""
        code = _POLICE_CODE.search(self.police_number)
        return f"https://beian.mps.gov.cn/#/query/webSearch?code={code[0]}" if code else ""

    @property
    def database(self) -> str:
        """Return the database's address, with the default filled in."""
        return self.database_url or f"sqlite:///{(self.instance / 'paidspan.sqlite').resolve()}"

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Return where settings come from, strongest first (pydantic-settings' own hook)."""
        del dotenv_settings, file_secret_settings
        given = init_settings.init_kwargs if isinstance(init_settings, InitSettingsSource) else {}
        instance = Path(given.get("instance") or env_settings().get("instance") or "instance")
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, instance / "settings.toml")


def load_settings(**given: Any) -> Settings:  # noqa: ANN401 - as loose as the environment it stands in for
    """Return the settings of the environment and the instance's file; `given` overrides both.

    Raise SettingsError naming the setting that is wrong.
    """
    try:
        return Settings(**given)
    except ValidationError as error:
        raise SettingsError(*_wrong_with(error)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(("settings.toml", _("cannot be read")), ("", str(error))) from error


# What pydantic says in a sentence of its own; anything else it says stays as it is.
_SENTENCES = {
    "extra_forbidden": _("is no setting; README.md lists them all"),
    "int_parsing": _("must be a whole number"),
    "bool_parsing": _("must be true or false"),
    "enum": _("must be development or production"),
    "literal_error": _("must be at-once or confirm-first"),
    "greater_than_equal": _("is too small"),
    "less_than_equal": _("is too large"),
}


def _wrong_with(error: ValidationError) -> Iterator[tuple[str, str]]:
    for problem in error.errors():
        cause = problem.get("ctx", {}).get("error")
        if isinstance(cause, _NotForProductionError):
            yield from cause.wrong
        else:
            name = "_".join(str(part) for part in problem["loc"]).upper()
            sentence = _SENTENCES.get(problem["type"], problem["msg"].removeprefix("Value error, "))
            yield f"{PREFIX}{name}", sentence
