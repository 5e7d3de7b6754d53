"""An installation whose own words are all Greek: what is Latin or Chinese on its pages is what paidspan says."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.factories.authenticator import Authenticator, begin_set_up, confirm_set_up, key_on, show_password, type_code
from tests.factories.cashier import DECLINED, Cashier
from tests.factories.people import PASSWORD, People, token_in
from tests.factories.shelf import Shelf
from tests.surface.ways import WAYS, filled_in, routes
from webapp import create_app
from webapp.accounts.api_tokens import Scope, make_token
from webapp.accounts.email_addresses import EmailAddress, parse_email
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Reader, Role
from webapp.accounts.registration import confirm_email, get_reader
from webapp.accounts.second_factor import WRONG_AT_ONCE, FactorChange, drop_second_factor, tell_change
from webapp.accounts.signing_up import request_sign_up
from webapp.billing.context import current_billing
from webapp.billing.models import Plan, Receipt
from webapp.billing.reconcile import reconcile_all
from webapp.billing.stripe_setup import FIRST_PLANS, set_up_plans
from webapp.documents.models import Document
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.http import database as database_of
from webapp.kit.languages import LANGUAGE_COOKIE
from webapp.kit.limits import forget_tries
from webapp.kit.money import Money
from webapp.settings import load_settings

SETTINGS = {
    "site_name": "Κήπος",
    "company": "Εταιρεία Κήπος",
    "receipt_note": "Ο φόρος περιλαμβάνεται",
    "icp_number": "京ICP备12345678号-1",
    "police_number": "京公网安备 11010502000001号",
}
# One with a gate at the end, one with a gate in a sentence and a heading behind another, one for everybody.
TEXTS = (
    "Πρώτη έκθεση\nΗ αρχή της.\nΤο τέλος##paidbegin## της έκθεσης.\nΚαι κάτι ακόμη.\n##paidend##\n",
    "# Δεύτερη έκθεση\n\nΗ ##paidbegin##κρυφή##paidend## αρχή.\n\n##paidbegin##\n## Μέρος\n\nΚρυφό.\n##paidend##\n",
    "Τρίτη έκθεση\nΌλη για όλους.\n",
)
TAG = "Κήποι"
DAY = timedelta(days=1)
# Made for programs; and files, which speak the language of their document.
_UNHEARD = {
    *("billing.webhook", "feeds.robots", "exports.md", "exports.txt"),
    *("health.alive", "health.ready", "health.worker_ready"),
}
Answer = tuple[str, TestResponse]


@dataclass
class Town:
    """One such installation; `folder` is where manuscripts lie."""

    folder: Path
    app: Flask
    database: Database
    people: People
    cashier: Cashier
    documents: list[Document]

    @property
    def slug(self) -> str:
        return self.documents[0].slug

    def browser(self, language: str, email: str = "") -> FlaskClient:
        client = self.people.browser(email) if email else self.app.test_client()
        client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
        return client

    def walk(self, language: str, email: str = "") -> Iterator[Answer]:
        """Yield what every route answers to this reader, in every form it takes, and to its form filled in badly."""
        places = {"tag": TAG, "year": str(clock.now().year), "paid": "άγνωστο", "public": "αρχή", "after": ""}
        places |= {"public_image": "unknown.png", "paid_image": "unknown.png"}
        places |= {"slug": self.slug, "token": self.token(email) if email else "unknown"}
        client = self.browser(language, email)
        for rule in routes(self.app):
            for way in WAYS[rule.endpoint] if rule.endpoint not in _UNHEARD else ():
                path = way.format(**places)
                for method in (rule.methods or set()) & {"GET", "POST"}:
                    forget_tries(self.app)
                    client.delete_cookie(LANGUAGE_COOKIE)  # one of the routes sets it
                    form = filled_in(client, places) | {"email": "x"} if method == "POST" else None
                    yield f"{method} {path}", client.open(path, method=method, data=form)

    def mailed_token(self, purpose: Purpose, email: str, about: EmailAddress | None = None) -> str:
        with self.database.writing() as session:
            reader = session.scalars(select(Reader).where(Reader.email == email)).one()
            return make_mailed_token(session, reader, purpose, clock.now(), about)

    def token(self, email: str) -> str:
        with self.database.writing() as session:
            reader = session.scalars(select(Reader).where(Reader.email == email)).one()
            return make_token(session, reader.id, TAG, frozenset(Scope), clock.now()).secret


def build_town(instance: Path, folder: Path) -> Town:
    """Build one, with documents of every kind and plans on sale."""
    app = create_app(load_settings(instance=instance, secret_key="s" * 40, sign_up_seconds=0, **SETTINGS))
    app.testing = True
    with app.app_context():
        database = database_of()
        set_up_plans(
            current_billing(), [replace(wish, name=f"Κήπος {number}") for number, wish in enumerate(FIRST_PLANS)]
        )
    shelf = Shelf(database, folder)
    documents = [
        shelf.put(text, f"{number}.{'md' if text.startswith('#') else 'txt'}", price=Money(990, "cny"), tags=(TAG,))
        for number, text in enumerate(TEXTS)
    ]
    return Town(folder, app, database, People(app, database), Cashier(app, database), documents)


def _form(client: FlaskClient, page: str, path: str, **data: str) -> TestResponse:
    forget_tries(client.application)
    return client.post(path, data=data | {"csrf_token": token_in(client.get(page))})


def visiting(town: Town, language: str) -> Iterator[Answer]:
    """Yield what a visitor does wrong, and what is not there."""
    with town.database.writing() as session:
        withdraw(session, get_document_by_slug(session, town.documents[2].slug), clock.now())
    client = town.browser(language)
    yield "withdrawn", client.get(f"/d/{town.documents[2].slug}")
    yield "second", client.get(f"/d/{town.documents[1].slug}")
    yield "sign-up, too short", _form(client, "/signup", "/signup", email="a@example.com", password="short")
    yield "sign-up, no address", _form(client, "/signup", "/signup", email="a", password="long enough a one")
    yield "sign-in, wrong", _form(client, "/login", "/login", email="a@example.com", password="wrong password")
    yield "no token", client.post("/login", data={"email": "a@example.com"})
    yield "wrong method", client.delete("/plans")
    yield "too many", _many(client)


def _many(client: FlaskClient) -> TestResponse:
    token = token_in(client.get("/login"))
    for _ in range(40):
        answer = client.post("/login", data={"email": "b@example.com", "password": "no", "csrf_token": token})
    forget_tries(client.application)
    return answer


def buying(town: Town, language: str) -> Iterator[Answer]:
    """Yield the pages on the way of buying, on the sandbox's side too, and what goes wrong on it."""
    town.people.reader("buyer@example.com")
    client = town.browser(language, "buyer@example.com")
    yield "confirm", client.get(f"/checkout?plan=year&document={town.slug}")
    session = town.cashier.order(client, "document", town.slug)
    path = f"/sandbox/checkout/{session}"
    yield "checkout", client.get(path)
    yield "declined", _form(client, path, path, **DECLINED)
    for name, wrong in {"no card": "1", "no test card": "4111111111111111"}.items():
        yield name, _form(client, path, path, **DECLINED | {"card_number": wrong})
    yield "expiry", _form(client, path, path, **DECLINED | {"expiry": "x"})
    _form(client, path, path, **DECLINED | {"card_number": "4000002760003184"})
    yield "the bank asks", client.get(f"{path}/confirm")
    yield "not confirmed", _form(client, f"{path}/confirm", f"{path}/confirm", answer="fail")
    yield "code", _form(client, path, path, action="enter", promotion_code="NONE")
    yield "not paid yet", client.get(f"/checkout/return?session_id={session}")
    yield "wallet refuses", _form(client, path, path, method="alipay", wallet="refused")
    town.cashier.pay(client, session, method="alipay", wallet="later")
    yield "under way", client.get(f"/checkout/return?session_id={session}")
    yield "account, under way", client.get("/account/plan")
    other = town.cashier.order(client, "pass")
    town.cashier.sandbox.advance(2 * DAY)
    yield "expired", client.get(f"/sandbox/checkout/{other}")


def subscribing(town: Town, language: str) -> Iterator[Answer]:
    """Yield what a subscriber sees from the trial to the end."""
    with town.database.writing() as session:
        session.scalars(select(Plan).where(Plan.code == "month")).one().trial_days = 2
    town.people.reader("subscriber@example.com")
    client = town.browser(language, "subscriber@example.com")
    stripe = town.cashier.billing.gateway.client.v1

    def look(path: str) -> TestResponse:
        reconcile_all(town.cashier.billing)
        return client.get(path)

    yield "plans with a trial", client.get("/plans")
    yield "gate with a trial", client.get(f"/d/{town.slug}")
    town.cashier.buy(client, "month", card_number="4000000000000341")
    yield "account in the trial", look("/account/plan")
    yield "full text", client.get(f"/d/{town.slug}")
    yield "full text, passages", client.get(f"/d/{town.documents[1].slug}")
    subscription = stripe.subscriptions.list({}).data[0]
    portal = stripe.billing_portal.sessions.create({"customer": subscription.customer}).url.partition(":8000")[2]
    yield "portal", client.get(portal)
    town.cashier.sandbox.advance(3 * DAY)
    yield "account, past due", look("/account/plan")
    yield "portal, past due", client.get(portal)
    yield "portal, card declined", _form(client, portal, portal, action="card", **DECLINED)
    for invoice in stripe.invoices.list({}).data:
        yield "invoice", client.get(f"/sandbox/invoice/{invoice.id}")
    town.cashier.sandbox.advance(8 * DAY)
    yield "gate, not paid", look(f"/d/{town.slug}")
    stripe.subscriptions.cancel(subscription.id)
    yield "account, over", look("/account/plan")
    yield "portal, over", client.get(portal)
    town.cashier.buy(client, "pass")
    yield "account with a pass", look("/account/plan")
    with town.database.reading() as session:
        for number in session.scalars(select(Receipt.number)):
            yield "receipt", client.get(f"/account/receipts/{number}")
    town.cashier.sandbox.refund(town.cashier.sandbox.payment_of_purchase(town.cashier.purchases()[-1].id))
    yield "account, refunded", look("/account/plan")
    yield "gate, refunded", client.get(f"/d/{town.slug}")


def working(town: Town, language: str) -> Iterator[Answer]:
    """Yield what a publisher and a new one see, and a reader who changes things."""
    town.people.reader("editor@example.com", Role.EDITOR)
    client = town.browser(language, "editor@example.com")
    yield "as editor", client.get(f"/d/{town.slug}")
    yield "password, wrong", _form(client, "/account", "/account/password", present="wrong one", password="a long one")
    yield "asked again", client.get("/account/prove?next=/account/tokens")
    yield "asked again, wrong", _form(client, "/account/prove", "/account/prove", present="wrong one")
    _form(client, "/account/prove", "/account/prove", present=PASSWORD)
    yield "token, nameless", _form(client, "/account/tokens", "/account/tokens", name="")
    yield "token, made", _form(client, "/account/tokens", "/account/tokens", name=TAG, scopes="feed")
    yield "tokens", client.get("/account/tokens")
    yield "devices", client.get("/account/devices")
    client.post("/account/devices/end-others", data={"csrf_token": token_in(client.get("/account/devices"))})
    yield "devices, one left", client.get("/account/devices?done=others")
    with town.database.writing() as session:
        session.scalars(select(Reader).where(Reader.email == "editor@example.com")).one().must_change_password = True
    yield "one-time password", client.get("/account")


def keeping(town: Town, language: str) -> Iterator[Answer]:
    """Yield a reader's library, empty and then not, what is wrong with a note, and a long report's download."""
    reader = town.people.reader("keeper@example.com")
    town.people.grant(reader)
    client = town.browser(language, reader.email)
    pages = [f"/library{place}" for place in ("", "/history", "/bookmarks", "/bought", "/notes", "/offline")]
    page, notes = f"/d/{town.slug}", f"/d/{town.slug}/notes"
    for path in (*pages, notes):
        yield f"{path}, empty", client.get(path)
    client.get(page)
    _form(client, "/account", f"/d/{town.slug}/position", anchor="", share="0.5")
    yield "bookmark", _form(client, "/account", f"{page}/bookmark")
    yield "note", _form(client, "/account", notes, exact="Το τέλος", note="Κήπος")
    yield "note on nothing", _form(client, "/account", notes, exact="Άλλο", note="")
    yield "note without a passage", _form(client, "/account", notes, exact="", note="")
    yield "note that is too long", _form(client, "/account", notes, exact="Το τέλος", note="α" * 10_001)
    for path in (*pages, notes, page):
        yield f"{path}, used", client.get(path)
    long = Shelf(town.database, town.folder).put("Μακρύ\n" + ("Λέξη " * 90 + "\n") * 200, "long.txt")
    yield "long download", client.get(f"/d/{long.slug}.docx")
    yield "notes to take along", client.get("/library/notes.md")
    yield "download of nothing", client.get("/d/nothing.pdf")


def coming_back(town: Town, language: str) -> Iterator[Answer]:
    """Yield the way back into an account by mail, and what can be wrong on it."""
    reader, client = town.people.reader("back@example.com"), town.browser(language)
    yield "recover, no address", _form(client, "/recover", "/recover", email="x")
    _form(client, "/recover", "/recover", email=reader.email)
    yield "recover, sent", client.get("/recover?sent=1")
    path = f"/recover/{town.mailed_token(Purpose.RECOVER, reader.email)}"
    yield "recover, link", client.get(path)
    yield "recover, too short", _form(client, path, path, password="short")
    town.people.reader("other@example.com")
    yield "recover, somebody else's", town.browser(language, "other@example.com").get(path)
    yield "recover, done", _form(client, path, path, password="quite another password")
    yield "recover, used", client.get(path)
    _form(client, "/login/link", "/login/link", email=reader.email)
    yield "sign-in link, sent", client.get("/login/link?sent=1")
    visitor = town.browser(language)
    yield "sign-in link", visitor.get(f"/login/link/{town.mailed_token(Purpose.SIGN_IN, reader.email)}")
    yield "sign-in link, unknown", visitor.get("/login/link/unknown")
    _form(client, "/account", "/account/confirm")
    for page in ("/account?mailed=1", "/account?confirmed=1"):
        yield page, client.get(page)
    yield "confirm", client.get(f"/confirm/{town.mailed_token(Purpose.CONFIRM, reader.email)}")
    claimed = town.people.reader("claimed@example.com").email
    for kind, purpose in (("login/link", Purpose.SIGN_IN), ("confirm", Purpose.CONFIRM)):
        link = f"/{kind}/{town.mailed_token(purpose, claimed)}"
        yield f"{kind}, of nobody yet", town.browser(language).get(link)
        yield f"{kind}, without a password", _form(town.browser(language), link, link)
    yield "confirm, unknown", client.get("/confirm/unknown")
    yield "confirmed, not signed in", visitor.get("/login?confirmed=1")
    yield from _moving(town, language)
    yield from _joining(town, language)
    yield "mails", client.get("/sandbox/mail")


def _joining(town: Town, language: str) -> Iterator[Answer]:
    """Yield what is told to whoever signs up by a mailed link."""
    visitor, now, address = town.browser(language), clock.now(), parse_email("joining@example.com")
    with town.database.writing() as session:
        for email in (address.written, "other@example.com"):
            request_sign_up(session, email, "", language, now)
        path = f"/signup/{make_mailed_token(session, None, Purpose.SIGN_UP, now, address)}"
    yield "sign-up, sent", visitor.get("/signup?sent=1")
    yield (
        "sign-up, a field that is not shown",
        _form(visitor, "/signup", "/signup", email="a@b.example", topic="x", password="x"),
    )
    yield "sign-up, link", visitor.get(path)
    yield "sign-up, link, too short", _form(visitor, path, path, password="short")
    yield "sign-up, link, done", _form(visitor, path, path, password="quite another password")
    yield "sign-up, link, used", town.browser(language).get(path)


def _moving(town: Town, language: str) -> Iterator[Answer]:
    """Yield what is told to whoever gives an account another address, or takes that back."""
    town.people.reader("moving@example.com")
    client, visitor = town.browser(language, "moving@example.com"), town.browser(language)
    for email in ("moved@example.com", "other@example.com"):
        _form(client, "/account/address", "/account/address", email=email, present=PASSWORD)
    yield "address, waiting", client.get("/account?asked=1")
    yield (
        "address, wrong password",
        _form(client, "/account/address", "/account/address", email="a@b.example", present="x"),
    )
    about = parse_email("moved@example.com")
    change = f"/address/{town.mailed_token(Purpose.CHANGE_ADDRESS, 'moving@example.com', about)}"
    yield "address, link, not signed in", visitor.get(change)
    yield "address, link, wrong password", _form(visitor, change, change, present="x")
    with town.database.writing() as session:
        confirm_email(session.scalars(select(Reader).where(Reader.email == "moving@example.com")).one(), clock.now())
    yield "address, link", client.get(change)
    yield "address, changed", _form(client, change, change)
    for page in ("/account?moved=1", "/account?kept=1", "/login?moved=1"):
        yield page, (visitor if page.startswith("/login") else client).get(page)
    undo = f"/address/undo/{town.mailed_token(Purpose.UNDO_CHANGE, 'moved@example.com', about)}"
    yield "address, undo", visitor.get(undo)
    answer = _form(visitor, undo, undo)
    yield "address, undone", visitor.get(answer.headers["Location"])
    yield "address, undo again", visitor.get(undo)


def in_two_steps(town: Town, language: str) -> Iterator[Answer]:
    """Yield the pages of two-step sign-in, and what can be wrong on them."""
    email, client = "steps@example.com", town.browser(language)
    town.people.reader(email)
    client = town.browser(language, email)
    yield "two steps, wrong password", begin_set_up(client, "not the password")
    key = begin_set_up(client)
    yield "two steps, key", key
    yield "two steps, wrong first code", confirm_set_up(client, key, "x")
    phone = Authenticator(key_on(key))
    yield "two steps, recovery codes", confirm_set_up(client, key, phone.code())
    yield "two steps, second app", confirm_set_up(client, key, phone.code(1))
    yield "two steps, on", client.get("/account/second-factor")
    yield "two steps, too late", _form(client, "/account/second-factor", "/account/second-factor/confirm", code="x")
    waiting = show_password(town.app, email, town.browser(language))
    for path in ("/login/second-factor", "/login/second-factor?recovery=1"):
        yield path, waiting.get(path)
    for _ in range(WRONG_AT_ONCE + 1):
        forget_tries(town.app)
        wrong = type_code(waiting, "x")
        yield "two steps, wrong code", wrong
    with town.database.writing() as session:
        for change in FactorChange:
            tell_change(session, get_reader(session, email), change, language, clock.now(), left=1)
        drop_second_factor(session, get_reader(session, email).id)
    yield "two steps, none to remove", _both(client, "x")
    for page in ("/account/second-factor?removed=1", "/account/second-factor?required=1", "/login?late=1"):
        yield page, town.browser(language, "" if "login" in page else email).get(page)


def _both(client: FlaskClient, code: str) -> TestResponse:
    return _form(client, "/account", "/account/second-factor/remove", present=PASSWORD, code=code)


SCENES = (visiting, buying, subscribing, working, keeping, coming_back, in_two_steps)
