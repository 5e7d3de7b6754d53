"""Every setting: name, type, default, what it does."""

from email.headerregistry import Address
from email.utils import parseaddr
from enum import StrEnum
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import (
    BaseSettings,
    InitSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    TomlConfigSettingsSource,
)

from webapp.settings.checks import (
    ContactAddress,
    IcpNumber,
    Locale,
    LogFormat,
    MailAddress,
    MetricsToken,
    PoliceNumber,
    PostgresAddress,
    RedisAddress,
    SenderAddress,
    SentryAddress,
    StorageAddress,
    StripeKey,
    TimeZone,
    WebAddress,
    police_code,
)
from webapp.settings.marking import _
from webapp.settings.production import IncompleteSettingsError, find_production_gaps

PREFIX = "PAIDSPAN_"


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
    database_read_url: PostgresAddress = Field(
        "", description="A read-only copy of that PostgreSQL, read for visitors while it is up to date; empty: none."
    )
    secret_key: str = Field(
        "",
        description="Signs sessions and forms, 32 characters or more; empty: made once, kept in `secret.key`.",
    )
    old_secret_key: str = Field(
        "", description="Former secret key, while it is changed: what was signed or sealed with it still holds."
    )
    base_url: WebAddress = Field(
        "http://127.0.0.1:8000", description="Address readers use, without a slash at the end."
    )
    site_name: str = Field("paidspan", description="Name of the publisher, shown in titles and in the footer.")
    company: str = Field(
        "", description="Legal name of who sells, for the footer, terms and receipts; empty: the publisher's name."
    )
    contact_email: ContactAddress = Field(
        "", description="Address that readers write to; empty: the one that mails come from."
    )
    wordmark: str = Field(
        "", description="The publisher's own wordmark, an SVG or PNG in the instance folder; empty: paidspan's."
    )
    icp_number: IcpNumber = Field("", description="ICP filing number (京ICP备…号), shown in the footer.")
    police_number: PoliceNumber = Field(
        "", description="Public security filing number (京公网安备…号), shown in the footer."
    )
    locale: Locale = Field("zh-CN", description="Language when a reader's browser asks for neither: zh-CN or en.")
    timezone: TimeZone = Field("Asia/Shanghai", description="Zone in which dates are shown.")
    stripe_secret_key: StripeKey = Field("", description="Stripe's secret key; empty: the sandbox, no money moves.")
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
    mail_url: MailAddress = Field(
        "",
        description="Mail server, `smtp://user:password@host:587` or `smtps://…:465`; empty: mails go to `outbox/`.",
    )
    mail_page_for_all: bool = Field(default=False, description="Whether other machines see `/sandbox/mail`, too.")
    mail_from: SenderAddress = Field("paidspan@localhost", description="Address that mails come from.")
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
    remembered_mb: int = Field(
        6, ge=1, le=4096, description="Megabytes of answers of each kind that one worker remembers."
    )
    redis_url: RedisAddress = Field(
        "", description="Redis, where machines count tries together; empty: a file of the instance."
    )
    metrics_token: MetricsToken = Field(
        "", description="What Prometheus shows at `/metrics`, as a bearer token; empty: there is no such page."
    )
    log_format: LogFormat = Field(
        "text", description="text, or json: an object a line, one for each request, with an id that answers bear, too."
    )
    sentry_dsn: SentryAddress = Field("", description="Where Sentry takes errors (its DSN); empty: none is reported.")

    storage_url: StorageAddress = Field(
        "", description="Bucket of pictures and downloads, `s3://bucket/prefix`; empty: folders of the instance."
    )

    @model_validator(mode="after")
    def _fit_for_production(self) -> Self:
        gaps = find_production_gaps(self) if self.env is Env.PRODUCTION else []
        if gaps:
            raise IncompleteSettingsError(*((f"{PREFIX}{name}", sentence) for name, sentence in gaps))
        return self

    @model_validator(mode="after")
    def _copy_of_something(self) -> Self:
        if self.database_read_url and not self.database_url:
            raise IncompleteSettingsError(
                (f"{PREFIX}DATABASE_READ_URL", _("is a copy of PAIDSPAN_DATABASE_URL, which is not set"))
            )
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
        code = police_code(self.police_number)
        return f"https://beian.mps.gov.cn/#/query/webSearch?code={code}" if code else ""

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
