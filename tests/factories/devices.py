"""Browsers that sign in under names of their own, and what is kept and shown of them."""

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.factories.html import parse
from tests.factories.people import PASSWORD, token_in
from webapp.accounts.models import Device
from webapp.kit.database import Database

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)


def sign_in_as(client: FlaskClient, email: str, user_agent: str = FIREFOX, **more: str) -> FlaskClient:
    """Sign a browser in that tells this name of itself."""
    client.environ_base["HTTP_USER_AGENT"] = user_agent
    client.environ_base.setdefault("HTTP_ACCEPT_LANGUAGE", "en")
    form = {"email": email, "password": PASSWORD, **more}
    csrf = token_in(client.get("/account", follow_redirects=True))
    answer = client.post("/login", data={**form, "csrf_token": csrf})
    assert answer.status_code == 303
    return client


def devices_kept(database: Database) -> list[Device]:
    with database.reading() as session:
        return list(session.scalars(select(Device).order_by(Device.id)))


def devices_shown(client: FlaskClient) -> list[str]:
    """Return what the page of an account says of each of its devices."""
    return [" ".join(row.text().split()) for row in parse(client.get("/account/devices")).css(".rows li")]
