"""Where the parts are joined; nothing else knows all rooms."""

from datetime import timedelta

from flask import Blueprint, Flask
from flask_wtf.csrf import CSRFProtect
from werkzeug.middleware.proxy_fix import ProxyFix

from webapp.accounts.address_listeners import set_address_listeners
from webapp.accounts.address_views import address_pages
from webapp.accounts.device_views import device_pages
from webapp.accounts.link_views import link_pages
from webapp.accounts.login import install_login
from webapp.accounts.permissions import refuse_undeclared_views
from webapp.accounts.requesting_account import requesting_account
from webapp.accounts.second_step_pages import SECOND_STEP_PAGES
from webapp.accounts.sign_up_views import install_sign_up
from webapp.accounts.staff_factor import install_staff_second_factor
from webapp.accounts.views import account_pages, install_one_time_passwords
from webapp.api.openapi import API_BLUEPRINTS, install_api
from webapp.api.views import token_pages
from webapp.billing.context import install_billing
from webapp.billing.customer_emails import enqueue_customer_emails
from webapp.billing.views import billing_pages, webhook
from webapp.documents.listeners import set_listeners
from webapp.exports.views import export_pages
from webapp.feeds.views import feed_pages
from webapp.health.views import health_checks
from webapp.kit.assets import install_assets
from webapp.kit.cacheable import install_page_cache
from webapp.kit.current_settings import install_settings
from webapp.kit.database import Database
from webapp.kit.file_store import file_store
from webapp.kit.form_letters import install_form_letters
from webapp.kit.http import cookie_name, install_http
from webapp.kit.instance import secret_keys
from webapp.kit.limits import install_limits
from webapp.kit.odd_requests import refuse_odd_requests
from webapp.kit.read_replica import ReadReplica
from webapp.kit.request_costs import install_body_limits
from webapp.kit.spoken_templates import SpokenTemplates
from webapp.kit.templating import install_templating, template_folder
from webapp.library.highlight_views import note_pages
from webapp.library.views import library_pages
from webapp.manuscript import direction_of
from webapp.personal_data.views import data_pages
from webapp.reading.offline_views import offline_pages
from webapp.reading.views import reading_pages
from webapp.search.index import refresh_index
from webapp.search.views import search_pages
from webapp.settings import Settings
from webapp.site_pages.views import install_site_pages, terms_version
from webapp.stripe_sandbox.mail_views import install_mail_pages

_PATIENCE = 1.5  # who waits before a page is told within two seconds that the library is busy


def join_rooms() -> None:
    """Have the rooms hear of each other, for the application and for the command line alike."""
    set_listeners(refresh_index)
    set_address_listeners(enqueue_customer_emails)


def assemble(settings: Settings, patience: float = _PATIENCE) -> Flask:
    """Return the application for these settings; `patience` is how many seconds it waits for another writer."""
    join_rooms()
    app = Flask(__name__, template_folder=str(template_folder()), instance_path=str(settings.instance.resolve()))
    app.jinja_environment = SpokenTemplates
    _configure(app, settings)
    file_store(settings)  # raises where a library is missing
    database = Database(settings.database, patience)
    read_url = settings.database_read_url
    install_http(app, database, ReadReplica(read_url) if read_url else None)
    install_body_limits(app)
    install_page_cache(app)
    install_templating(app)
    install_form_letters(app)
    app.jinja_env.filters["direction"] = direction_of
    install_assets(app)
    install_limits(app, requesting_account)
    csrf = CSRFProtect(app)
    install_login(app)
    _register(app, account_pages, link_pages, device_pages, address_pages, *SECOND_STEP_PAGES)
    install_sign_up(app, terms_version)
    install_one_time_passwords(app)
    install_staff_second_factor(app)
    install_billing(app, settings, database)
    app.register_blueprint(billing_pages)
    install_mail_pages(app, settings)
    csrf.exempt(webhook)  # Stripe signs its calls instead of carrying a form's token
    _register(app, reading_pages, library_pages, note_pages, data_pages, offline_pages, search_pages)
    _register(app, feed_pages, export_pages)
    install_site_pages(app, settings)
    install_api(app)
    for part in API_BLUEPRINTS:
        csrf.exempt(part)  # cookies count for nothing there, so that no form of another site can use them
    _register(app, token_pages, health_checks)
    refuse_undeclared_views(app)
    return app


def _register(app: Flask, *parts: Blueprint) -> None:
    for part in parts:
        app.register_blueprint(part)


def _configure(app: Flask, settings: Settings) -> None:
    install_settings(app, settings)
    present, *former = secret_keys(settings)
    app.config.update(
        SECRET_KEY=present,
        SECRET_KEY_FALLBACKS=former,
        WTF_CSRF_SECRET_KEY=[*former, present],  # as itsdangerous has them: the last one signs, all are looked at
        SESSION_COOKIE_NAME=cookie_name("paidspan", https=settings.https),
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.https,
        SEND_FILE_MAX_AGE_DEFAULT=timedelta(hours=1),
        WTF_CSRF_SSL_STRICT=False,  # pages of mailed links send no referrer, and their forms are sent over https
        WTF_CSRF_TIME_LIMIT=None,  # a token lives as long as its session
    )
    app.url_map.merge_slashes = False  # a redirect from `//evil.example` would take its host from the path
    app.wsgi_app = refuse_odd_requests(app.wsgi_app)  # type: ignore[assignment,method-assign]
    if settings.trusted_proxies:
        hops = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=hops, x_proto=hops, x_host=hops)  # type: ignore[method-assign]
