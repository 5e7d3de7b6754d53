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

VISITOR, OWNER, OTHER = "visitor", "who bought it", "another reader"
EDITOR, PUBLISHER, HOUSE_OWNER = "editor", "publisher", "owner of the house"
DISABLED, UNCONFIRMED, ONE_TIME = "disabled", "address not confirmed", "with a one-time password"
PENDING, CLOSING = "second factor pending", "closing"
STAFF = (EDITOR, PUBLISHER, HOUSE_OWNER)
PEOPLE = (VISITOR, OWNER, OTHER, *STAFF, DISABLED, UNCONFIRMED, ONE_TIME, PENDING, CLOSING)
IN, IN_FULL, SIGN_IN, CHANGE_FIRST = "in", "in full", "to sign in", "to change the password first"
NONE, NO_TOKEN, TO_PAY, REFUSED = "none", "no token", "to pay", "refused"

ANYBODY = dict.fromkeys(PEOPLE, IN)
EVERYBODY = ANYBODY | {ONE_TIME: CHANGE_FIRST}
TEXT = EVERYBODY | dict.fromkeys((OWNER, *STAFF), IN_FULL)
SIGNED_IN = EVERYBODY | dict.fromkeys((VISITOR, DISABLED, PENDING, CLOSING), SIGN_IN)
OWN = SIGNED_IN | dict.fromkeys((OTHER, *STAFF, UNCONFIRMED), NONE)  # what the buyer has
UNKNOWN = dict.fromkeys(PEOPLE, NONE) | {ONE_TIME: CHANGE_FIRST}  # the address of a thing that there is not
NOTHING_OF_THEIRS = SIGNED_IN | dict.fromkeys((OWNER, OTHER, *STAFF, UNCONFIRMED), NONE)
# The desk: readers find nothing there, and of the house each what the role may do (accounts/permissions.py).
NO_DESK = SIGNED_IN | dict.fromkeys((OWNER, OTHER, UNCONFIRMED), NONE)
DESK_FOR_STAFF = NO_DESK | dict.fromkeys(STAFF, IN)
DESK_FOR_PUBLISHERS = DESK_FOR_STAFF | {EDITOR: REFUSED}
DESK_FINDS_NOTHING = DESK_FOR_PUBLISHERS | dict.fromkeys((PUBLISHER, HOUSE_OWNER), NONE)
DESK_FOR_OWNERS = DESK_FOR_PUBLISHERS | {PUBLISHER: REFUSED}
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
    "shared_drafts": "shared_draft shared_file",
    "signup": "sign_up_link_page use_sign_up_link",
    "invitations": "invitation_page accept",
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
DESK_OF_DOCUMENTS = {
    "desk_documents": "list_desk_documents new create visitor",
    "desk_documents_draft": "autosave views",
    "desk_documents_editor": "submit",
    "desk_documents_images": "list_files add_files",
    "desk_documents_import": "begin_page upload_files",
    "desk_documents_publishing": "proof save_and_show_proof withdrawing save_and_ask "
    "discarding discard deleting delete",
    "desk_revisions": "list_document_revisions compare_revisions return_to",
    "desk_schedule": "show_schedule plan cancel_plan",
    "desk_links": "list_links make_link revoke_link",
}
DESK_FOR_PROGRAMS = "list_for_desk create_for_desk get_for_desk update_for_desk publish_for_desk"
NOT_AT_THE_DESK = {
    "desk_documents_conflicts": "compare settle_two_versions",
    "desk_documents_import": "upload_more show_job choose_encoding start_job cancel_job discard_upload",
}
PAID_TEXTS_AT_THE_DESK = {
    "desk_documents": "subscriber",
    "desk_documents_editor": "edit",
    "desk_revisions": "show_revision",
}
DESK_SETTINGS = {
    "desk_settings": "show_settings save reset list_settings send_test_mail stripe_walk set_up_stripe",
}
TABLE = {
    **dict.fromkeys(endpoints(OPEN_TO_ALL), EVERYBODY),
    **dict.fromkeys(endpoints(NOT_THERE), UNKNOWN),
    **dict.fromkeys(endpoints(FOR_WHO_IS_SIGNED_IN), SIGNED_IN),
    **dict.fromkeys(endpoints({"accounts": "account save_password"}), SIGNED_IN | {ONE_TIME: IN}),
    **dict.fromkeys(endpoints({"reading": "document", "exports": "md txt"}), TEXT),
    **dict.fromkeys(endpoints({"billing": "receipt", "library": "delete_bookmark", "tokens": "delete_token"}), OWN),
    # Notes are numbered by reader: editors, who read all of it, have marked the passage themselves by now.
    **dict.fromkeys(endpoints({"highlights": "save_note delete_highlight"}), OWN | dict.fromkeys(STAFF, IN)),
    **dict.fromkeys(("billing.switch", "devices.sign_out_device"), NOTHING_OF_THEIRS),
    **dict.fromkeys(endpoints({"second_factor": "renew_codes remove_second_factor"}), NOTHING_OF_THEIRS),
    "passkeys.lead_to_sign_in": dict.fromkeys(PEOPLE, SIGN_IN) | {ONE_TIME: CHANGE_FIRST},
    "passkeys.delete_passkey": SIGNED_IN,  # who is asked for the password again
    **dict.fromkeys(endpoints({"factor_sign_in": "code_page show_second_factor"}), SIGNED_IN | {PENDING: IN}),
    **dict.fromkeys(endpoints({"api": "description list_documents get_document list_plans search_documents"}), ANYBODY),
    "api.get_full_document": dict.fromkeys(PEOPLE, TO_PAY),
    **dict.fromkeys(endpoints({"api_account": "me list_grants create_checkout"}), PROGRAMS),
    **dict.fromkeys(endpoints({"api_desk": DESK_FOR_PROGRAMS}), PROGRAMS),
    **dict.fromkeys(("static", "site_pages.page", "accounts.sign_out"), ANYBODY),
    "site_pages.wordmark": dict.fromkeys(PEOPLE, NONE),
    **dict.fromkeys(endpoints(DESK_OF_DOCUMENTS), DESK_FOR_STAFF),
    **dict.fromkeys(endpoints(PAID_TEXTS_AT_THE_DESK), NO_DESK | dict.fromkeys(STAFF, IN_FULL)),
    **dict.fromkeys(endpoints(NOT_AT_THE_DESK), NO_DESK | dict.fromkeys(STAFF, NONE)),
    **dict.fromkeys(endpoints({"desk_site_pages": "list_pages edit_page submit_page"}), DESK_FOR_STAFF),
    "desk_overview.show_overview": DESK_FOR_STAFF,
    **dict.fromkeys(endpoints({"desk_log": "list_log"}), DESK_FOR_PUBLISHERS),
    **dict.fromkeys(endpoints(DESK_SETTINGS), DESK_FOR_PUBLISHERS),
    **dict.fromkeys(endpoints({"desk_money": "show_money list_entries list_recurring"}), DESK_FOR_PUBLISHERS),
    **dict.fromkeys(
        endpoints({"desk_people": "people invite_person send_again take_back change_role"}), DESK_FOR_OWNERS
    ),
    **dict.fromkeys(
        endpoints({"desk_plans": "list_sold list_document_prices new_plan edit_plan change_plan_price shift_plan"}),
        DESK_FOR_PUBLISHERS,
    ),
    **dict.fromkeys(endpoints({"desk_promotions": "list_codes new_code"}), DESK_FOR_PUBLISHERS),
    **dict.fromkeys(endpoints({"desk_reading": "show_reading show_document_reading"}), DESK_FOR_PUBLISHERS),
    "reading_events.count_seen": EVERYBODY,
    **dict.fromkeys(endpoints({"desk_plans": "retire offer", "desk_promotions": "end_code"}), DESK_FINDS_NOTHING),
    **dict.fromkeys(endpoints({"desk_readers": "list_readers find_at_stripe"}), DESK_FOR_PUBLISHERS),
    **dict.fromkeys(endpoints({"desk_readers_import": "import_page preview_table import_table"}), DESK_FOR_PUBLISHERS),
    "desk_readers_one.show_reader": DESK_FOR_PUBLISHERS,
    # What changes something is asked about a reader that there is not; the house has just shown its password by then.
    **dict.fromkeys(
        endpoints({"desk_readers_one": "give_access take_gift_back name_reader add_note delete_note"}),
        DESK_FINDS_NOTHING,
    ),
    **dict.fromkeys(
        endpoints(
            {"desk_readers_account": "sign_out_reader disable_account enable_account merge_into close_for_reader"}
        ),
        DESK_FINDS_NOTHING,
    ),
    "desk_readers_refunds.refund_as_shown": DESK_FINDS_NOTHING,
    **dict.fromkeys(endpoints({"desk_readers_refunds": "refund_page preview_part"}), DESK_FOR_PUBLISHERS),
    **dict.fromkeys(
        endpoints({"desk_readers_account": "disable_page merge_page export_reader close_page"}), DESK_FOR_PUBLISHERS
    ),
}
# Asked after all others, in this order, since they take away what others need.
# Who signs up or in anew in a browser ends the session that it had.
LAST = ["library.delete_bookmark", "highlights.delete_highlight", "tokens.delete_token"]
LAST += ["desk_documents_publishing.delete"]
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
        role = {EDITOR: Role.EDITOR, PUBLISHER: Role.PUBLISHER, HOUSE_OWNER: Role.OWNER}.get(who, Role.READER)
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
    if answer.status_code in {401, 402, 403, 404, 410}:
        return {401: NO_TOKEN, 402: TO_PAY, 403: REFUSED}.get(answer.status_code, NONE)
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
        "public_attachment": "unknown.csv",
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
