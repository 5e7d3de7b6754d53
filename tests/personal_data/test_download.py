"""What the house knows of a reader, as they take it along: all of it, theirs alone, and no paid text that is closed."""

import json
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import func, select

from tests.factories.people import token_in
from tests.factories.shelf import PAID
from webapp.accounts.api_tokens import make_token
from webapp.accounts.mailed_links import mail_link
from webapp.accounts.mailed_tokens import Purpose
from webapp.accounts.models import Reader
from webapp.accounts.registration import get_reader
from webapp.billing.models import Grant, Revoked
from webapp.documents.models import Document, State
from webapp.kit import clock
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.money import Money
from webapp.personal_data.data_files import say_value, write_json
from webapp.personal_data.download import DataPart
from webapp.personal_data.tables import DOWNLOADED, LEFT_OUT, tables_of_readers

READER = "reader@example.com"
WORDS = PAID[:10]


@pytest.fixture
def reader(people, cashier, database, document):
    """Return the browser of somebody of whom there is a row in every table."""
    client = people.signed_in(READER)
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = "en"
    session_id = cashier.buy(client, "document", document.slug)
    assert client.get(f"/checkout/return?session_id={session_id}").status_code == 303
    token = token_in(client.get("/account"))
    for path, form in (
        ("bookmark", {}),
        ("notes", {"exact": WORDS, "note": "A note of *mine*"}),
        ("position", {"view": "v", "turn": "1", "permille": "420", "passage": WORDS}),
    ):
        assert client.post(f"/d/{document.slug}/{path}", data={"csrf_token": token, **form}).status_code < 400
    with database.writing() as session:
        held = get_reader(session, READER)
        make_token(session, held.id, "My feed", frozenset({"feed"}), clock.now())
        mail_link(session, Purpose.CONFIRM, held, "en", clock.now())
    return client


def parts(client):
    answer = client.get("/account/data.json")
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Disposition"] == 'attachment; filename="my-data.json"'
    return answer.get_json()


def markdown(client):
    answer = client.get("/account/data.md")
    assert answer.status_code == 200
    assert answer.mimetype == "text/markdown"
    return answer.text


def test_each_row_about_a_reader_is_in_the_download(reader, database):
    told = parts(reader)
    with database.reading() as session:
        me = get_reader(session, READER)
        for table, column in tables_of_readers():
            if table.name not in LEFT_OUT:
                count = session.scalar(select(func.count()).select_from(table).where(column == me.id))
                assert count, f"this test has no row of {table.name}"
                assert len(told[DOWNLOADED[table.name]]) == count, table.name
    assert told["account"][0]["email"] == READER
    assert told["payments"][0]["paid"] == {"minor_units": 990, "currency": "cny"}
    assert told["tokens"][0]["name"] == "My feed"
    assert told["highlights"][0]["passage"] == WORDS
    assert told["highlights"][0]["note"] == "A note of *mine*"
    assert told["read"][0]["percent"] == 42
    assert {mail["message"] for mail in told["mails"]} >= {"receipt", "confirm_address"}


def test_it_is_there_for_people_too(reader, document):
    text = markdown(reader)
    assert text.startswith("# Your data at paidspan\n")
    assert f"E-mail: {READER}" in text.replace("\\", "")
    assert "Paid: ¥9.90" in text.replace("\\", "").replace("CN", "")
    assert "A note of \\*mine\\*" in text
    assert WORDS in text
    page = reader.get("/account/data")
    for path in ("/account/data.json", "/account/data.md"):
        assert f'href="{path}"' in page.text
    assert 'href="/account/data"' in reader.get("/account").text


def test_no_secret_is_in_it(reader, database, app):
    said = json.dumps(parts(reader)) + markdown(reader)
    with database.reading() as session:
        for table, column in tables_of_readers():
            for row in session.execute(select(table).where(column == 1)).mappings():
                assert row.get("token_hash", "no hash") not in said
        assert session.get_one(Reader, 1).password_hash not in said
    assert "token_hash" not in said


def test_closed_text_is_quoted_no_more_and_the_note_stays(reader, database):
    with database.writing() as session:
        session.scalars(select(Grant)).one().revoked = Revoked.REFUNDED
    (marked,) = parts(reader)["highlights"]
    assert (marked["passage"], marked["note"]) == (None, "A note of *mine*")
    assert WORDS not in markdown(reader) + reader.get("/account/data.json").text


def test_a_report_that_is_gone_is_not_named(reader, database, document):
    with database.writing() as session:
        session.scalars(select(Grant)).one().revoked = Revoked.REFUNDED
        session.get_one(Document, document.id).state = State.WITHDRAWN
    told = parts(reader)
    for name in ("read", "bookmarks", "highlights"):
        assert [row["document"] for row in told[name]] == [None]


def test_a_heading_behind_the_gate_is_named_to_who_may_read_it(people, shelf, database, desk):
    document = shelf.put("# 报告\n\n## 公开\n\n甲。\n\n##paidbegin##\n\n## 内部\n\n乙。\n\n##paidend##\n", "a.md")
    grant = people.grant(desk.reader)
    assert desk.post(f"/d/{document.slug}/bookmark", anchor="s-内部").status_code == 303
    assert [row["section"] for row in parts(desk.client)["bookmarks"]] == ["内部"]
    with database.writing() as session:
        session.get_one(Grant, grant.id).revoked = Revoked.ENDED
    assert [row["section"] for row in parts(desk.client)["bookmarks"]] == [""]


def test_there_may_be_more_bookmarks_than_a_page_has(people, shelf, desk):
    document = shelf.put("# 报告\n\n" + "".join(f"## 节{n}\n\n甲。\n\n" for n in range(25)), "a.md")
    for number in range(25):
        desk.post(f"/d/{document.slug}/bookmark", anchor=f"s-节{number}")
    told = {row["section"] for row in parts(desk.client)["bookmarks"]}
    assert told == {f"节{number}" for number in range(25)}


def test_nobody_else_is_in_it(reader, people):
    other = people.signed_in("other@example.com")
    told = parts(other)
    assert [row["email"] for row in told.pop("account")] == ["other@example.com"]
    assert len(told.pop("devices")) == 1
    assert told.pop("made_at")
    assert not any(told.values())
    assert "Nothing." in markdown(other) or "无。" in markdown(other)


def test_mails_to_an_account_of_before_with_this_address_are_not_told(reader, database):
    with database.writing() as session:
        old = Email("old", "receipt", READER, "en", {})
        enqueue_email(session, old, get_reader(session, READER).created_at - timedelta(days=3))
    assert len([row for row in parts(reader)["mails"] if row["message"] == "receipt"]) == 1


@pytest.mark.parametrize("path", ["/account/data", "/account/data.json", "/account/data.md"])
def test_a_visitor_is_asked_to_sign_in(client, path):
    assert client.get(path).headers["Location"].startswith("/login")


def test_it_is_made_twenty_times_an_hour(reader, people):
    with time_machine.travel(clock.now(), tick=False):
        answers = [reader.get(f"/account/data.{kind}").status_code for kind in ["json", "md"] * 10 + ["json"]]
    assert answers == [200] * 20 + [429]
    assert people.signed_in("other@example.com").get("/account/data.json").status_code == 200


def test_what_has_no_place_in_json_is_noticed():
    with pytest.raises(TypeError, match="no place"):
        write_json([DataPart("x", "", {}, ({"y": object()},))], clock.now())


def test_values_are_said_in_the_language_of_who_asks(app):
    with app.test_request_context(headers={"Accept-Language": "zh-CN"}):
        said = [say_value(value) for value in ("month", "free words", None, ["a", "b"], 3, Money(100, "cny"))]
    assert said == ["月度订阅", "free words", "", "a, b", "3", "¥1"]
