"""Who reads what: every cell of the design's table, as a rule and on the page."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.factories.shelf import PAID
from webapp.access.policy import (
    Preview,
    Reason,
    Standing,
    UnlockedDocuments,
    access_ends,
    decide,
    get_unlocked_documents,
    kept_after_withdrawal,
)
from webapp.accounts.models import Role
from webapp.billing.models import GrantSource, HeldGrant, Revoked
from webapp.documents.unlock import Ground, Unlock
from webapp.kit import clock
from webapp.kit.current_settings import install_settings

NOW = datetime(2026, 6, 1, tzinfo=UTC)
THIS, OTHER = 1, 2
DAY = timedelta(days=1)


def grant(source=GrantSource.SUBSCRIPTION, document_id=None, starts=-DAY, ends=DAY, revoked=None) -> HeldGrant:
    return HeldGrant(
        source=source,
        document_id=document_id,
        starts_at=NOW + starts,
        ends_at=NOW + ends if ends is not None else None,
        revoked=revoked,
    )


def holds(*grants, **more) -> Standing:
    return Standing(grants=grants, **more)


BUY, ASK = "Unlock the full text</button>", 'button--quiet" href="/contact"'
WAYS_BACK = {BUY, ASK, "Settle it</button>", "Resume it</button>"}
FULL = Unlock(THIS, Ground.EVERYTHING)
OWN = Unlock(THIS, Ground.DOCUMENT)
PASS, BOUGHT, GIVEN = GrantSource.PASS, GrantSource.DOCUMENT, GrantSource.COMPLIMENTARY

TABLE = [
    ("a visitor", None, Preview(Reason.VISITOR)),
    ("signed in, holds nothing", holds(), Preview(Reason.NOTHING_HELD)),
    ("bought another document", holds(grant(BOUGHT, OTHER, ends=None)), Preview(Reason.NOTHING_HELD)),
    ("subscription runs", holds(grant()), FULL),
    ("subscription cancelled, inside its period", holds(grant(ends=timedelta(seconds=1))), FULL),
    ("subscription over", holds(grant(ends=timedelta(0))), Preview(Reason.ENDED)),
    ("subscription ended", holds(grant(revoked=Revoked.ENDED)), Preview(Reason.ENDED)),
    ("subscription unpaid", holds(grant(revoked=Revoked.UNPAID)), Preview(Reason.UNPAID)),
    ("subscription paused", holds(grant(revoked=Revoked.PAUSED)), Preview(Reason.PAUSED)),
    ("refunded in full", holds(grant(revoked=Revoked.REFUNDED)), Preview(Reason.REFUNDED)),
    ("in dispute", holds(grant(revoked=Revoked.DISPUTED)), Preview(Reason.DISPUTED)),
    ("a status we do not know", holds(grant(revoked=Revoked.UNKNOWN)), Preview(Reason.UNPAID)),
    ("pass runs", holds(grant(PASS)), FULL),
    ("pass over", holds(grant(PASS, ends=timedelta(0))), Preview(Reason.PASS_OVER)),
    ("pass not begun", holds(grant(PASS, starts=DAY, ends=2 * DAY)), Preview(Reason.NOT_YET)),
    ("bought this document", holds(grant(BOUGHT, THIS, ends=None)), OWN),
    ("bought just now, our clock is behind", holds(grant(BOUGHT, THIS, starts=timedelta(minutes=4), ends=None)), OWN),
    ("pass begins in an hour", holds(grant(PASS, starts=timedelta(hours=1))), Preview(Reason.NOT_YET)),
    ("bought this document, subscribed later", holds(grant(), grant(BOUGHT, THIS, ends=None)), OWN),
    (
        "this document refunded",
        holds(grant(BOUGHT, THIS, ends=None, revoked=Revoked.REFUNDED)),
        Preview(Reason.REFUNDED),
    ),
    ("given everything without an end", holds(grant(GIVEN, ends=None)), FULL),
    ("given this document", holds(grant(GIVEN, THIS)), OWN),
    ("given, and it is over", holds(grant(GIVEN, ends=timedelta(0))), Preview(Reason.ENDED)),
    ("a gift beside an ended plan", holds(grant(revoked=Revoked.ENDED), grant(GIVEN)), FULL),
    ("an editor", Standing(staff=True), Unlock(THIS, Ground.STAFF)),
    ("a disabled subscriber", holds(grant(), disabled=True), Preview(Reason.ACCOUNT_DISABLED)),
    ("a disabled editor", Standing(staff=True, disabled=True), Preview(Reason.ACCOUNT_DISABLED)),
    ("address not confirmed", holds(grant(), unconfirmed=True), Preview(Reason.EMAIL_NOT_CONFIRMED)),
    ("address not confirmed, holds nothing", holds(unconfirmed=True), Preview(Reason.NOTHING_HELD)),
]


@pytest.mark.parametrize(("standing", "decision"), [row[1:] for row in TABLE], ids=[row[0] for row in TABLE])
def test_the_access_table(standing, decision):
    assert decide(standing, THIS, NOW) == decision


def page(client, document, language="en"):
    return client.get(f"/d/{document.slug}", headers={"Accept-Language": language})


def test_a_visitor_reads_up_to_the_cut_and_finds_the_gate(client, document):
    text = page(client, document).get_data(as_text=True)
    assert "首要政" in text
    assert 'class="paid-gate"' in text
    assert PAID not in text
    assert "策建议" not in text


@pytest.mark.parametrize(
    ("terms", "said", "way"),
    [
        ({"source": PASS, "lasts": timedelta(seconds=1)}, "Your pass has expired.", BUY),
        ({"revoked": Revoked.ENDED}, "Your access has ended.", BUY),
        ({"revoked": Revoked.UNPAID}, "did not go through", "Settle it</button>"),
        ({"revoked": Revoked.PAUSED}, "Your subscription is paused.", "Resume it</button>"),
        ({"revoked": Revoked.REFUNDED}, "Your payment was refunded.", BUY),
        ({"revoked": Revoked.DISPUTED}, "Your bank is looking into the payment", ASK),
    ],
)
@pytest.mark.usefixtures("cashier")
def test_the_gate_says_why_it_is_closed_and_the_way_back(people, document, terms, said, way):
    reader = people.reader()
    people.grant(
        reader, **{"source": GrantSource.SUBSCRIPTION, "starts_at": clock.now() - 2 * DAY, "lasts": DAY, **terms}
    )
    text = page(people.browser(reader.email), document).get_data(as_text=True)
    assert said in text
    assert {one for one in WAYS_BACK if one in text} == {way}
    assert PAID not in text


@pytest.mark.parametrize("source", [GrantSource.SUBSCRIPTION, GrantSource.PASS, GrantSource.COMPLIMENTARY])
def test_who_holds_everything_reads_everything(people, document, source):
    reader = people.reader()
    people.grant(reader, source=source)
    text = page(people.browser(reader.email), document).get_data(as_text=True)
    assert PAID in text
    assert "paid-gate" not in text


def test_editors_see_that_they_read_as_editors(people, document):
    text = page(people.signed_in("e@example.com", Role.EDITOR), document).get_data(as_text=True)
    assert PAID in text
    assert "shown to you as editor" in text


def test_a_document_without_a_paid_span_is_open(client, shelf):
    open_one = shelf.put("公开的报告\n全文都可以看。\n", "open.txt")
    text = page(client, open_one).get_data(as_text=True)
    assert "全文都可以看" in text
    assert "paid-gate" not in text


def test_an_unconfirmed_address_waits_where_that_is_required(people, document, app, settings):
    reader = people.reader()
    people.grant(reader)
    install_settings(app, settings.model_copy(update={"confirm_email": True}))
    text = page(people.browser(reader.email), document).get_data(as_text=True)
    assert "not confirmed yet" in text
    assert PAID not in text


def test_the_page_says_it_in_chinese_too(client, document):
    text = page(client, document, "zh-CN").get_data(as_text=True)
    assert '<html lang="zh-CN">' in text
    assert "解锁全文" in text


def test_a_draft_is_not_there(client, shelf):
    draft = shelf.put(publish=False)
    assert page(client, draft).status_code == 404


def test_a_withdrawn_document_is_gone_except_for_who_bought_it(client, people, document, database):
    from webapp.documents.publishing import get_document_by_slug, withdraw

    buyer, subscriber = people.reader("buyer@example.com"), people.reader("subscriber@example.com")
    people.grant(buyer, source=GrantSource.DOCUMENT, document_id=document.id, lasts=None)
    people.grant(subscriber)
    with database.writing() as session:
        withdraw(session, get_document_by_slug(session, document.slug), clock.now())
    assert page(client, document).status_code == 410
    assert page(people.browser(subscriber.email), document).status_code == 410
    assert PAID in page(people.browser(buyer.email), document).get_data(as_text=True)
    assert document.slug not in client.get("/").get_data(as_text=True)


def test_reading_asks_the_database_few_times(people, document, app, database):
    """One each for the device, the document with its tags, the grants, the full edition, and what its reader kept."""
    from sqlalchemy import event

    reader = people.reader()
    people.grant(reader)
    client = people.browser(reader.email)
    asked = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *args: asked.append(args[2]))
    page(client, document)
    assert len(asked) == 5, asked


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row[0])
def test_the_reach_of_a_reader_is_what_the_policy_unlocks(row):
    _, standing, _ = row
    for document in (THIS, OTHER, 3):
        assert (document in get_unlocked_documents(standing, NOW)) == isinstance(
            decide(standing, document, NOW), Unlock
        )


def test_what_is_bought_by_itself_is_kept_after_a_withdrawal_and_nothing_else():
    bought = grant(GrantSource.DOCUMENT, THIS, ends=None)
    assert kept_after_withdrawal(holds(bought), NOW) == UnlockedDocuments(documents=frozenset({THIS}))
    assert not kept_after_withdrawal(holds(grant()), NOW)
    assert not kept_after_withdrawal(None, NOW)
    assert kept_after_withdrawal(holds(staff=True), NOW) == UnlockedDocuments(everything=True)


@pytest.mark.parametrize(
    ("standing", "ends"),
    [
        (None, None),
        (holds(staff=True), None),
        (holds(), None),
        (holds(grant(ends=DAY), grant(ends=2 * DAY)), NOW + 2 * DAY),
        (holds(grant(ends=DAY), grant(GrantSource.DOCUMENT, THIS, ends=None)), None),
        (holds(grant(ends=DAY), grant(GrantSource.DOCUMENT, OTHER, ends=None)), NOW + DAY),
        (holds(grant(ends=-DAY), grant(ends=DAY)), NOW + DAY),
    ],
)
def test_access_ends_with_the_last_grant_unless_one_has_no_end(standing, ends):
    assert access_ends(standing, THIS, NOW) == ends
