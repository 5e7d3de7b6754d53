"""Readers at the desk: found, shown with access and why, given, refunded with what it does said before, ended."""

import csv
import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.billing.scenarios.scene import ENGLISH, READER, Scene
from tests.desk.xss_strings import XSS_STRINGS, assert_harmless
from tests.factories.html import parse
from tests.factories.people import PASSWORD, is_signed_in, token_in
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.models import Reader, Role, StaffNote
from webapp.accounts.reader_names import set_reader_name
from webapp.accounts.registration import get_reader
from webapp.accounts.staff_notes import add_staff_note
from webapp.billing.grants import grant_complimentary
from webapp.billing.models import Grant
from webapp.kit import clock
from webapp.kit.money import Money

HOUSE = "house@example.com"


@pytest.fixture
def scene(app, people, cashier, shelf):
    return Scene(app, people, cashier, shelf.put(price=Money(990, "cny")))


@pytest.fixture
def house(people):
    """Return the browser of the owner, who has just been asked for the password."""
    client = people.signed_in(HOUSE, Role.OWNER)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    assert prove(client).status_code == 303
    return client


def prove(client):
    form = {"present": PASSWORD, "csrf_token": token_in(client.get("/account/prove"))}
    return client.post("/account/prove", data=form)


def post(client, path, **form):
    return client.post(path, data={"csrf_token": token_in(client.get("/account")), **form}, headers=ENGLISH)


def words(answer):
    body = parse(answer).css_first(".desk-body")
    return " ".join(body.text(separator=" ").split()) if body else ""


def facts(answer):
    return [one.text(strip=True) for one in parse(answer).css(".desk-facts li")]


def done(database):
    with database.reading() as session:
        return session.scalars(select(LoggedActivity.action).order_by(LoggedActivity.id)).all()


def home(scene):
    return f"/desk/readers/{scene.reader_id}"


def test_a_reader_is_found_by_address_name_and_number(house, scene, database):
    scene.bought("document")
    with database.writing() as session:
        set_reader_name(get_reader(session, READER), "Wang Fang")
    for typed in ("read", "WANG"):
        page = house.get("/desk/readers", query_string={"q": typed})
        assert [one.text() for one in parse(page).css("tbody td:first-child a")] == [READER]
    for number in ("000001", scene.payment(), scene.customer_id):
        answer = house.get("/desk/readers", query_string={"q": number})
        assert (answer.status_code, answer.headers["Location"]) == (303, home(scene))
    charge = str(scene.stripe.payment_intents.retrieve(scene.payment()).latest_charge)
    asking = parse(house.get("/desk/readers", query_string={"q": charge})).css_first(f'a[href$="q={charge}"]')
    assert house.get(asking.attributes["href"]).headers["Location"] == home(scene)
    assert "does not know of a reader" in words(house.get("/desk/readers/at-stripe?q=ch_none"))
    assert parse(house.get("/desk/readers?q=nobody")).css_first("tbody") is None


def test_the_list_is_filtered_and_taken_along(house, scene, people):
    scene.bought("document")
    people.reader("=cmd@example.com")
    page = house.get("/desk/readers?holds=report&role=reader&since=2020-01-01")
    assert [one.text() for one in parse(page).css("tbody td:first-child")] == [READER]
    assert "is no day" in words(house.get("/desk/readers?since=yesterday"))
    rows = list(csv.reader(io.StringIO(house.get("/desk/readers?format=csv").text.removeprefix("\ufeff"))))
    assert [row[0] for row in rows[1:]] == ["'=cmd@example.com", READER, HOUSE]
    assert [row[2] for row in rows[1:]] == ["nothing", "report", "nothing"]
    taken = house.get("/desk/readers?format=csv").text
    answer = post(house, "/desk/readers/import", table=taken)  # TryGhost/Ghost#12164: what was taken along comes back
    assert answer.headers["Location"] == "/desk/readers/import?new=0&given=0&unchanged=3&refused=0"


def test_access_is_told_given_once_and_taken_back_with_a_reason(house, scene, database):
    assert facts(house.get(home(scene))) == [
        "Reads previews only: nothing that was bought or given opens anything now."
    ]
    until = f"{clock.now() + timedelta(days=9):%Y-%m-%d}"
    for _click in (1, 2):
        answer = post(house, f"{home(scene)}/give", report="", until=until, reason="review copy")
        assert answer.headers["Location"].endswith("done=given")
    link = f"http://127.0.0.1/d/{scene.document.slug}?from=mail"
    assert post(house, f"{home(scene)}/give", report=link, until="").status_code == 303
    for wrong in ({"report": "no-such"}, {"until": "2020-01-01"}, {"until": "soon"}, {"reason": "x" * 201}):
        assert post(house, f"{home(scene)}/give", **wrong).status_code == 400
    told = facts(house.get(home(scene)))
    assert len(told) == 2
    assert told[1].endswith("The reason: review copy")
    assert scene.reads()
    taking = parse(house.get(home(scene))).css("form.desk-line[action*=take]")
    assert len(taking) == 2
    for form in taking:
        assert post(house, form.attributes["action"], reason="").status_code == 400
        for _click in (1, 2):
            assert post(house, form.attributes["action"], reason="by mistake").status_code == 303
    assert not scene.reads()
    page = words(house.get(home(scene)))
    assert page.count("Taken back: by mistake") == 2
    assert page.count("it was taken back by hand") == 2
    assert done(database) == ["gave access"] * 2 + ["took access back"] * 2
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Grant)) == 2


def test_a_refund_says_before_what_it_does_and_does_it_once(house, scene, database):
    scene.bought("document")
    link = parse(house.get(home(scene))).css_first('a[href$="/refund"]').attributes["href"]
    page = house.get(link)
    title = scene.document.title
    assert facts(page) == [
        f"CN¥9.90 go back to {READER}, the way they were paid.",
        f"Closes at once: “{title}”.",
        "Previews only.",
    ]
    part = post(house, f"{link}/preview", amount="2")
    assert "Access stays as it is." in facts(part)
    assert "no amount" in words(post(house, f"{link}/preview", amount="two"))
    assert "left to give back" in words(post(house, f"{link}/preview", amount="10"))
    assert post(house, f"{link}/preview", amount="").status_code == 400
    fields = parse(page).css(f'form[action="{link}"] input')
    hidden = {one.attributes["name"]: one.attributes["value"] for one in fields}
    assert (hidden["amount"], hidden["known"]) == ("9.90", "0")
    assert post(house, link, amount="9.90").status_code == 200
    assert scene.reads()
    first = post(house, link, amount="9.90", known="0")
    assert first.headers["Location"].endswith("done=refunded")
    second = post(house, link, amount="9.90", known="0")
    assert second.status_code == 409
    assert len(scene.stripe.refunds.list().data) == 1
    assert not scene.reads()
    assert "the money was given back" in words(house.get(home(scene)))
    assert done(database) == ["refunded"]
    assert house.get("/desk/readers/1/payments/99/refund").status_code == 404


def test_what_could_do_harm_asks_for_the_password_again(people, scene):
    client = people.signed_in(HOUSE, Role.OWNER)
    scene.bought("document")
    for path in ("disable", "merge", "close", "data.json", "payments/1/refund"):
        answer = client.get(f"{home(scene)}/{path}")
        assert answer.headers["Location"].startswith("/account/prove?next=/desk/readers/1/"), path
    answer = post(client, f"{home(scene)}/payments/1/refund", amount="9.90", known="0")
    assert answer.headers["Location"] == "/account/prove?next=/desk/readers/1/payments/1/refund"
    assert scene.reads()


def test_notes_and_names_are_kept_and_the_reader_gets_them(house, scene, database):
    assert post(house, f"{home(scene)}/notes", text="Asked for an invoice.").status_code == 303
    assert post(house, f"{home(scene)}/notes", text=" ").status_code == 400
    assert post(house, f"{home(scene)}/notes", text="x" * 2001).status_code == 400
    assert post(house, f"{home(scene)}/name", name="  Wang   Fang ").status_code == 303
    assert post(house, f"{home(scene)}/name", name="x" * 121).status_code == 400
    told = scene.reader.get("/account/data.json").get_json()
    assert [note["text"] for note in told["staff_notes"]] == ["Asked for an invoice."]
    assert told["account"][0]["name"] == "Wang Fang"
    assert HOUSE not in scene.reader.get("/account/data.json").text
    with database.reading() as session:
        note = session.scalars(select(StaffNote)).one()
    assert post(house, f"/desk/readers/1/notes/{note.id}/delete").status_code == 404
    assert post(house, f"{home(scene)}/notes/{note.id}/delete").status_code == 303
    assert post(house, f"{home(scene)}/notes/{note.id}/delete").status_code == 404


def test_signed_out_disabled_and_enabled(house, scene, database):
    scene.bought("month")
    assert post(house, f"{home(scene)}/sign-out").status_code == 303
    assert not is_signed_in(scene.reader)
    scene.sign_in()
    assert "is cancelled at Stripe" in words(house.get(f"{home(scene)}/disable"))
    for _click in (1, 2):
        assert post(house, f"{home(scene)}/disable").status_code == 303
    assert not is_signed_in(scene.reader)
    assert scene.subscription["status"] == "canceled"
    assert "is disabled since" in facts(house.get(home(scene)))[0]
    for _click in (1, 2):
        assert post(house, f"{home(scene)}/enable").status_code == 303
    scene.sign_in()
    assert done(database) == ["signed out", "disabled", "enabled"]


def test_two_accounts_become_one_after_it_was_said_what_that_does(house, scene, people, database):
    scene.bought("document")
    other = people.signed_in("second@example.com")
    session_id = scene.cashier.buy(other, "document", scene.document.slug)
    other.get(f"/checkout/return?session_id={session_id}")
    other_id = people.kept(3).id
    path = f"/desk/readers/{other_id}/merge"
    assert "becomes its own" in words(house.get(path))
    assert "No account has the address" in words(house.get(f"{path}?other=nobody@example.com"))
    told = " ".join(facts(house.get(f"{path}?other={READER}")))
    assert f"{READER} goes into second@example.com, and is erased." in told
    assert "Payments that go over: 1." in told
    assert "CN¥9.90 were paid twice for the same, and go back." in told
    assert people.kept(scene.reader_id).erased_at is None
    assert done(database) == []
    assert post(house, path, other="second@example.com").status_code == 409
    assert post(house, path, other=READER).headers["Location"].endswith("done=merged")
    assert people.kept(scene.reader_id).erased_at is not None
    assert scene.reads(other)
    assert done(database) == ["merged"]
    assert "was erased on" in facts(house.get(home(scene)))[0]
    assert len(scene.stripe.refunds.list().data) == 1


def test_all_data_of_a_reader_is_taken_along_and_then_erased_on_request(house, scene, people, database):
    scene.bought("document")
    for kind in ("json", "md"):
        answer = house.get(f"{home(scene)}/data.{kind}")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="reader-{scene.reader_id}.{kind}"'
        assert READER in answer.text.replace("\\", "")
    assert post(house, f"{home(scene)}/close", email="other@example.com").status_code == 400
    assert people.kept(scene.reader_id).closing_at is None
    assert post(house, f"{home(scene)}/close", email="Reader@Example.com").headers["Location"].endswith("done=erased")
    assert people.kept(scene.reader_id).erased_at is not None
    assert "receipts" not in words(house.get("/desk/readers?q=reader"))
    assert house.get("/desk/readers?q=1").headers["Location"] == home(scene)
    assert done(database) == ["closed"]


def test_nobody_ends_an_account_of_the_house_without_leave_and_none_ends_their_own(people, house):
    publisher = people.signed_in("publisher@example.com", Role.PUBLISHER)
    editor = people.reader("editor@example.com", Role.EDITOR)
    prove(publisher)
    for number in (1, 2, editor.id):  # the owner's, their own, an editor's
        for path in ("disable", "merge", "close", "data.json"):
            assert publisher.get(f"/desk/readers/{number}/{path}").status_code == 403
        for path in ("disable", "enable", "sign-out", "merge", "close"):
            assert post(publisher, f"/desk/readers/{number}/{path}").status_code == 403
        assert "who manages people" in words(publisher.get(f"/desk/readers/{number}", headers=ENGLISH))
    assert post(house, "/desk/readers/1/disable").status_code == 403
    assert post(house, f"/desk/readers/{editor.id}/disable").status_code == 303


def test_a_table_is_shown_before_it_is_brought_in(house, database):
    def upload(data):
        token = token_in(house.get("/account"))
        form = {"csrf_token": token, "file": (io.BytesIO(data), "readers.csv")}
        return house.post("/desk/readers/import/preview", data=form)

    page = upload("邮箱,姓名,有效期至\nwang@example.com,王芳,永久\nnobody,,\n".encode("gbk"))
    assert "gb18030" in words(page)
    assert "New account, reads everything, for good" in words(page)
    assert "This is not an e-mail address." in words(page)
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Reader)) == 1
    table = parse(page).css_first("textarea[name=table]").text()
    answer = post(house, "/desk/readers/import", table=table)
    assert answer.headers["Location"] == "/desk/readers/import?new=1&given=1&unchanged=0&refused=1"
    assert "New accounts: 1, given access: 1, left out: 1." in words(house.get(answer.headers["Location"]))
    assert "unchanged=1" in post(house, "/desk/readers/import", table=table).headers["Location"]
    assert done(database) == ["imported readers"]
    assert upload(b"").status_code == 400
    assert upload(b"\x00\x01\x02").status_code == 400
    assert post(house, "/desk/readers/import", table="").status_code == 400


@pytest.mark.rules_once
def test_ten_thousand_lines_are_brought_in(house, database):
    table = "email,name,until,reason\n" + "".join(f"reader{n}@example.com,读者,,\n" for n in range(10_000))
    data = {"csrf_token": token_in(house.get("/account")), "table": table}
    answer = house.post("/desk/readers/import", data=data, content_type="multipart/form-data")
    assert answer.headers["Location"].startswith("/desk/readers/import?new=10000&")


def test_what_strangers_wrote_stays_text_on_every_page(house, scene, people, database):
    """Each string stands in a name, notes and reasons of one reader, and in what is typed into the fields."""
    scene.bought("document")

    def write(session):
        reader = session.get_one(Reader, scene.reader_id)
        for text in XSS_STRINGS:
            add_staff_note(session, reader.id, None, text, clock.now())
            grant_complimentary(session, reader.id, None, 3, text[:200], clock.now())
        reader.name = " ".join(XSS_STRINGS)[:120]

    database.write(write)
    page = house.get(home(scene))
    assert all(text.strip()[:20] in parse(page).text() for text in XSS_STRINGS if text.isprintable())
    assert_harmless(page.text)
    for start in range(0, len(XSS_STRINGS), 10):
        text = "\n".join(XSS_STRINGS[start : start + 10])
        typed = re.sub(r"[\x00-\x1f]", " ", text)[:190]
        with database.writing() as session:
            set_reader_name(session.get_one(Reader, scene.reader_id), typed[:120])
        for path, form in (
            (f"{home(scene)}/give", {"report": typed, "until": typed[:40], "reason": typed}),
            (f"{home(scene)}/payments/1/refund/preview", {"amount": typed[:40]}),
            (f"{home(scene)}/merge", {"other": typed}),
            (f"{home(scene)}/close", {"email": typed}),
            ("/desk/readers/import", {"table": text}),
        ):
            assert_harmless(post(house, path, **form).text)
        for path in ("/desk/readers", "/desk/readers/at-stripe", f"{home(scene)}/merge"):
            assert_harmless(house.get(path, query_string={"q": "ch_" + typed, "other": typed, "since": typed}).text)
        for path in ("/desk/readers", f"{home(scene)}/payments/1/refund", f"{home(scene)}/disable", "/desk/log"):
            assert_harmless(house.get(path).text)


def test_who_may_not_look_after_readers_sees_none(people, client):
    assert people.signed_in().get("/desk/readers/1").status_code == 404
    assert people.signed_in("editor@example.com", Role.EDITOR).get("/desk/readers/1").status_code == 403
    assert client.get("/desk/readers").headers["Location"] == "/login?next=/desk/readers"
    publisher = people.signed_in("publisher@example.com", Role.PUBLISHER)
    assert publisher.get("/desk/readers/99").status_code == 404
