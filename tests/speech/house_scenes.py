"""What the people of the house are told at their desk: by forms filled in badly, and by what they do."""

import re
from collections.abc import Iterator

from sqlalchemy import select

from tests.factories.html import parse
from tests.factories.people import PASSWORD, token_in
from tests.speech.town import Answer, Town
from webapp.accounts.invitations import Invitation
from webapp.accounts.models import Role
from webapp.kit.email_queue import list_emails, read_email
from webapp.kit.limits import forget_tries


def _press(client, path: str, **form: object):
    forget_tries(client.application)
    form["csrf_token"] = token_in(client.get("/account"))
    return client.post(path, data=form, follow_redirects=True)


def inviting(town: Town, language: str) -> Iterator[Answer]:
    """Yield what an owner and those who are invited see."""
    town.people.reader("owner@example.com", Role.OWNER)
    client, visitor = town.browser(language, "owner@example.com"), town.browser(language)
    _press(client, "/account/prove", present=PASSWORD)
    for role in ("editor", "publisher", "owner"):
        yield f"invited, {role}", _press(client, "/desk/people/invite", email=f"{role}@example.net", role=role)
        with town.database.reading() as session:
            token = read_email(list_emails(session, 1)[0]).content["token"]
        yield f"invitation, {role}", visitor.get(f"/invitation/{token}")
    yield "invited, no address", _press(client, "/desk/people/invite", email="x", role="editor")
    yield "invited, nobody", _press(client, "/desk/people/invite", email="a@example.net", role="x")
    yield "invited, already", _press(client, "/desk/people/invite", email="owner@example.com", role="editor")
    yield "the only owner", _press(client, f"/desk/people/{_id_of(client)}/role", role="editor")
    with town.database.reading() as session:
        invited = session.scalars(select(Invitation.id)).all()
    yield "sent again", _press(client, f"/desk/people/invitations/{invited[0]}/send")
    yield "withdrawn", _press(client, f"/desk/people/invitations/{invited[0]}/withdraw")
    yield "withdrawn already", _press(client, f"/desk/people/invitations/{invited[0]}/send")
    yield "for somebody else", client.get(f"/invitation/{token}")
    csrf = token_in(visitor.get("/login"))
    answer = visitor.post(f"/invitation/{token}", data={"csrf_token": csrf, "password": "short"})
    yield "invitation, short password", answer
    yield "invitation, unknown", visitor.get("/invitation/unknown")
    yield "log", client.get("/desk/log")


def setting(town: Town, language: str) -> Iterator[Answer]:
    """Yield what is told of settings, of a mail that is tried, of Stripe, and of pages of the house."""
    town.people.reader("settings@example.com", Role.OWNER)
    client = town.browser(language, "settings@example.com")
    _press(client, "/account/prove", present=PASSWORD)
    for name, value in (("contact_email", "x"), ("devices_at_once", "x"), ("timezone", "x"), ("devices_at_once", "2")):
        shown = client.get("/desk/settings")
        was = _value_of(shown, f"was-{name}")
        yield f"{name} {value}", _press(client, "/desk/settings", **{name: value, f"was-{name}": was})
    yield "meanwhile", _press(client, "/desk/settings", **{"devices_at_once": "5", "was-devices_at_once": "9"})
    yield "reset", _press(client, "/desk/settings/reset", reset="devices_at_once")
    yield "test mail", _press(client, "/desk/settings/test-mail")
    yield "stripe", _press(client, "/desk/settings/stripe")
    page = f"/desk/pages/about/{language}"
    for action, source in (("preview", "# Α"), ("save", "##paidbegin##α##paidend##"), ("save", ""), ("save", "# Β")):
        yield f"page, {action} {source}", _press(client, page, action=action, source=source, based_on=0)
    yield "page, meanwhile", _press(client, page, action="save", source="# Γ", based_on=0)
    yield "pages", client.get("/desk/pages")
    number = _value_of(client.get(page), "based_on")
    yield "page, compared", client.get(f"{page}?compare={number}")
    yield "page, returned", _press(client, page, action="return", source="", based_on=number)


def _value_of(page, name: str) -> str:
    return parse(page).css_first(f'[name="{name}"]').attributes["value"] or ""


def _id_of(client) -> str:
    return re.search(r"/desk/people/(\d+)/role", client.get("/desk/people").text)[1]


HOUSE_SCENES = (inviting, setting)
