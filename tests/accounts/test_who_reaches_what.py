"""Who reaches which route: every route of the URL map is called by everybody there is, and a table says what comes."""

from urllib.parse import urlsplit

import pytest
from sqlalchemy import func, select

from tests.factories.authenticator import set_up_second_factor, show_password
from tests.factories.people import token_in
from tests.factories.shelf import PAID
from tests.surface.ways import WAYS, filled_in, routes
from webapp.accounts.models import Role
from webapp.accounts.registration import confirm_email, disable_reader, get_reader
from webapp.kit import clock
from webapp.kit.email_queue import QueuedEmail
from webapp.kit.money import Money
from webapp.library.models import Bookmark, Highlight
from webapp.personal_data.account_closing import begin_closing

VISITOR, OWNER, OTHER, EDITOR, PUBLISHER = "visitor", "who bought it", "another reader", "editor", "publisher"
DISABLED, UNCONFIRMED, ONE_TIME = "disabled", "address not confirmed", "with a one-time password"
PENDING, CLOSING = "second factor pending", "closing"
PEOPLE = (VISITOR, OWNER, OTHER, EDITOR, PUBLISHER, DISABLED, UNCONFIRMED, ONE_TIME, PENDING, CLOSING)
IN, IN_FULL, SIGN_IN, CHANGE_FIRST = "in", "in full", "to sign in", "to change the password first"
NONE, NO_TOKEN, TO_PAY = "none", "no token", "to pay"

ANYBODY = dict.fromkeys(PEOPLE, IN)
EVERYBODY = ANYBODY | {ONE_TIME: CHANGE_FIRST}
TEXT = EVERYBODY | dict.fromkeys((OWNER, EDITOR, PUBLISHER), IN_FULL)
SIGNED_IN = EVERYBODY | dict.fromkeys((VISITOR, DISABLED, PENDING, CLOSING), SIGN_IN)
OWN = SIGNED_IN | dict.fromkeys((OTHER, EDITOR, PUBLISHER, UNCONFIRMED), NONE)  # what the buyer has
UNKNOWN = dict.fromkeys(PEOPLE, NONE) | {ONE_TIME: CHANGE_FIRST}  # the address of a thing that there is not
NOTHING_OF_THEIRS = SIGNED_IN | dict.fromkeys((OWNER, OTHER, EDITOR, PUBLISHER, UNCONFIRMED), NONE)
# Programs have tokens: whoever a browser is signed in as, it is nobody there.
PROGRAMS = dict.fromkeys(PEOPLE, NO_TOKEN)


def endpoints(rooms: dict[str, str]) -> list[str]:
    return [f"{room}.{name}" for room, names in rooms.items() for name in names.split()]


OPEN_TO_ALL = {
    "accounts": "sign_in_page sign_in choose_language choose_appearance",
    "billing": "plans cancelled webhook",
    "data": "closed_page",
    "exports": "docx epub pdf",
    "feeds": "latest_atom latest_json tagged_atom tagged_json sitemap sitemap_part robots llms",
    "health": "alive ready worker_ready",
    "passkeys": "ask_for_any_passkey sign_in_with_passkey",
    "links": "recovery_request_page request_recovery sign_in_link_request_page request_sign_in_link",
    "offline": "worker",
    "reading": "catalogue tags tagged archive archived document_picture oembed",
    "sandbox": "change",
    "sandbox_mail": "mails mail mail_as_html",
    "search": "results",
    "signup": "sign_up_page sign_up",
}
NOT_THERE = {
    "address": "new_address_page use_new_address undo_page undo",
    "feeds": "private_atom private_json",
    "health": "show_arrival",
    "links": "recovery_page recover sign_in_link_page use_sign_in_link confirmation_page confirm",
    "reading": "image",
    "signup": "sign_up_link_page use_sign_up_link",
    "sandbox": "checkout pay confirmation confirm portal invoice pay_invoice invoice_confirmation confirm_invoice",
}
FOR_WHO_IS_SIGNED_IN = {
    "accounts": "save_appearance",
    "address": "change_page request_change drop_change",
    "billing": "account_plan checkout checkout_return confirm_order portal switch_page",
    "data": "data_page data_as_json data_as_markdown closing_page close_account",
    "devices": "own_devices sign_out_others",
    "highlights": "document_notes add_highlight_to_document export_notes",
    "library": "library history bookmarks bought noted forget position bookmark",
    "links": "send_confirmation",
    "offline": "kept still_readable",
    "passkeys": "own_passkeys ask_for_new_passkey save_passkey",
    "proof": "ask_again prove prove_by_passkey lead_to_proof",
    "second_factor": "overview begin_set_up confirm_set_up lead_back",
    "tokens": "list_own_tokens create_token",
}
TABLE = {
    **dict.fromkeys(endpoints(OPEN_TO_ALL), EVERYBODY),
    **dict.fromkeys(endpoints(NOT_THERE), UNKNOWN),
    **dict.fromkeys(endpoints(FOR_WHO_IS_SIGNED_IN), SIGNED_IN),
    **dict.fromkeys(endpoints({"accounts": "account save_password"}), SIGNED_IN | {ONE_TIME: IN}),
    **dict.fromkeys(endpoints({"reading": "document", "exports": "md txt"}), TEXT),
    **dict.fromkeys(endpoints({"billing": "receipt", "library": "delete_bookmark", "tokens": "delete_token"}), OWN),
    # Notes are numbered by reader: editors, who read all of it, have marked the passage themselves by now.
    **dict.fromkeys(endpoints({"highlights": "save_note delete_highlight"}), OWN | {EDITOR: IN, PUBLISHER: IN}),
    **dict.fromkeys(("billing.switch", "devices.sign_out_device"), NOTHING_OF_THEIRS),
    **dict.fromkeys(endpoints({"second_factor": "renew_codes remove_second_factor"}), NOTHING_OF_THEIRS),
    "passkeys.lead_to_sign_in": dict.fromkeys(PEOPLE, SIGN_IN) | {ONE_TIME: CHANGE_FIRST},
    "passkeys.delete_passkey": SIGNED_IN,  # who is asked for the password again
    **dict.fromkeys(endpoints({"factor_sign_in": "code_page show_second_factor"}), SIGNED_IN | {PENDING: IN}),
    **dict.fromkeys(endpoints({"api": "description list_documents get_document list_plans search_documents"}), ANYBODY),
    "api.get_full_document": dict.fromkeys(PEOPLE, TO_PAY),
    **dict.fromkeys(endpoints({"api_account": "me list_grants create_checkout"}), PROGRAMS),
    **dict.fromkeys(("static", "site_pages.page", "accounts.sign_out"), ANYBODY),
    "site_pages.wordmark": dict.fromkeys(PEOPLE, NONE),
}
# Asked after all others, in this order, since they take away what others need.
# Who signs up or in anew in a browser ends the session that it had.
LAST = ["library.delete_bookmark", "highlights.delete_highlight", "tokens.delete_token"]
LAST += ["signup.sign_up", "accounts.sign_in", "accounts.sign_out"]


@pytest.fixture
def document(shelf):
    return shelf.put(price=Money(990, "cny"), tags=("stock",))


@pytest.fixture
def owner(people, cashier, database, document):
    """Return the browser of who bought the document, bookmarked and marked it, and made a token."""
    client = people.signed_in("owner@example.com")
    session_id = cashier.buy(client, "document", document.slug)
    token = token_in(client.get("/account"))
    for path, form in (
        (f"/d/{document.slug}/bookmark", {}),
        (f"/d/{document.slug}/notes", {"exact": "入库平稳", "note": "Mine"}),
        (f"/checkout/return?session_id={session_id}", None),
    ):
        answer = client.post(path, data={"csrf_token": token, **form}) if form is not None else client.get(path)
        assert answer.status_code == 303
    people.token(held_by(database, "owner@example.com"))
    return client


def held_by(database, email):
    with database.reading() as session:
        return get_reader(session, email)


@pytest.fixture
def browser_of(app, people, database, owner):
    """Return a browser of each of the people."""

    def browser(who):
        if who in {VISITOR, OWNER}:
            return owner if who == OWNER else app.test_client()
        if who == PENDING:
            set_up_second_factor(people.signed_in("somebody@reports.example"))
            return show_password(app, "somebody@reports.example")
        role = {EDITOR: Role.EDITOR, PUBLISHER: Role.PUBLISHER}.get(who, Role.READER)
        client = people.signed_in("somebody@reports.example", role)
        with database.writing() as session:
            reader = get_reader(session, "somebody@reports.example")
            reader.must_change_password = who == ONE_TIME
            if who == DISABLED:
                disable_reader(session, reader, clock.now())
            if who == CLOSING:
                begin_closing(session, reader)
            if who != UNCONFIRMED:
                confirm_email(reader, clock.now())
        return client

    return browser


def outcome(answer) -> str:
    """Return what came of a call; a form that was not filled in well is one that was let in."""
    path = urlsplit(answer.headers.get("Location", "")).path
    if answer.status_code in {401, 402, 404, 410}:
        return {401: NO_TOKEN, 402: TO_PAY}.get(answer.status_code, NONE)
    if answer.status_code == 303 and path in {"/login", "/signup"}:
        return SIGN_IN
    if answer.status_code == 303 and answer.headers["Location"] == "/account":
        return CHANGE_FIRST
    is_text = answer.mimetype.startswith("text/")
    return IN_FULL if is_text and PAID in answer.get_data(as_text=True).replace("\n", "") else IN


def order(rule) -> tuple[int, bool]:
    return LAST.index(rule.endpoint) if rule.endpoint in LAST else -1, "POST" in rule.methods


def test_the_table_has_every_route(app):
    assert {rule.endpoint for rule in routes(app)} == set(TABLE), "say in TABLE who may reach a new route"


@pytest.mark.parametrize("who", PEOPLE)
def test_each_reaches_what_the_table_says(app, database, document, browser_of, owner, who):
    client = browser_of(who)
    places = {
        "slug": document.slug,
        "tag": "stock",
        "year": str(document.published_at.year),
        "token": "unknown",
        "paid": PAID[:10],
        "public": "仓储",
        "public_image": "unknown.png",
    }
    with database.reading() as session:
        mail = session.scalar(select(func.min(QueuedEmail.id))) or 1
    form = filled_in(client, places)
    cookies = dict(client._cookies or {})
    found = {}
    for rule in sorted(routes(app), key=order):
        path = WAYS[rule.endpoint][0].format(**places).replace("/mail/1", f"/mail/{mail}")
        for method in sorted(rule.methods & {"GET", "POST"}):
            twin = app.test_client()  # who signs in or up in it leaves the others as they are
            twin._cookies = dict(cookies)
            answer = twin.open(path, method=method, data=form if method == "POST" else None)
            found[rule.endpoint] = outcome(answer)
            answer.close()
    assert found == {endpoint: outcomes[who] for endpoint, outcomes in TABLE.items()}
    if who != OWNER:
        mine = held_by(database, "owner@example.com").id
        with database.reading() as session:
            assert session.scalars(select(Highlight.note).where(Highlight.reader_id == mine)).all() == ["Mine"]
            assert len(session.scalars(select(Bookmark).where(Bookmark.reader_id == mine)).all()) == 1
        assert "Test" in owner.get("/account/tokens").get_data(as_text=True)
