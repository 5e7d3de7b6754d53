"""The first page of the desk: what needs who is signed in, of what their role may see, each asked by an index."""

from datetime import timedelta

import pytest
from sqlalchemy import event

from tests.factories.html import parse
from webapp.accounts.models import Role
from webapp.billing.publisher_alerts import AlertCode, alert_publisher
from webapp.documents.draft_models import DraftConflict
from webapp.documents.last_changes import LastChange
from webapp.documents.scheduled_acts import ScheduledAct, ScheduleKind, ScheduleState
from webapp.kit import clock
from webapp.kit.email_queue import Email, QueuedEmail, enqueue_email
from webapp.kit.heartbeat import beat
from webapp.kit.instance_identity import note_instance
from webapp.manuscript import SourceFormat
from webapp.settings import Mode

ENGLISH = {"Accept-Language": "en"}


@pytest.fixture
def trouble(database, shelf, people):
    """Let everything be wrong that can be."""
    document, owner, now = shelf.put(), people.reader("owner@example.com", Role.OWNER), clock.now()
    with database.writing() as session:
        session.get_one(LastChange, document.id).has_findings = True
        session.add(
            DraftConflict(
                document_id=document.id,
                source="",
                format=SourceFormat.MARKDOWN,
                based_on=1,
                saved_by=owner.id,
                saved_at=now,
            )
        )
        session.add(
            ScheduledAct(
                document_id=document.id,
                kind=ScheduleKind.PUBLISH,
                may_open=False,
                due_at=now - timedelta(days=1),
                state=ScheduleState.FAILED,
                created_at=now,
            )
        )
        alert_publisher(session, Mode.SANDBOX, AlertCode.DISPUTE, "dp_1")
        enqueue_email(session, Email("k", "alert", "a@example.com", "", {}), now)
        note_instance(session, "http://127.0.0.1:8000").backed_up_at = now - timedelta(days=30)
        session.flush()
        for mail in session.query(QueuedEmail):
            mail.attempts, mail.last_error = 12, "550 <refused>"


def needs(client):
    page = client.get("/desk", headers=ENGLISH)
    assert page.status_code == 200
    return [item.text(strip=True) for item in parse(page).css(".desk-needs li")]


def test_an_owner_is_told_of_all_that_is_wrong(trouble, people):
    told = " | ".join(needs(people.browser("owner@example.com")))
    for part in (
        "Something was found in 1 draft.",
        "1 text was kept beside another",
        "1 scheduled publication did not happen.",
        "A payment is disputed (dp_1).",
        "could not be sent.",
        "550 <refused>",
        "The last backup is 30 days old.",
        "background worker does not run",
    ):
        assert part in told


def test_an_editor_is_told_of_documents_alone(trouble, people):
    editor = people.signed_in("editor@example.com", Role.EDITOR)
    assert len(needs(editor)) == 3
    assert "Stripe" not in parse(editor.get("/desk", headers=ENGLISH)).css_first(".desk-body").text()


def test_where_nothing_is_wrong_nothing_needs_anybody(database, people):
    with database.writing() as session:
        beat(session)
    owner = people.signed_in("owner@example.com", Role.OWNER)
    assert needs(owner) == []
    assert "Nothing needs you" in owner.get("/desk", headers=ENGLISH).text


def test_a_new_house_is_led_through_its_first_steps(people, shelf):
    owner = people.signed_in("owner@example.com", Role.OWNER)

    def steps():
        items = parse(owner.get("/desk", headers=ENGLISH)).css(".desk-steps li")
        return [("is-done" in (item.attributes.get("class") or ""), item.css_first("a") is not None) for item in items]

    assert steps() == [(False, True)] * 4 + [(False, False)]
    shelf.put()
    assert steps()[1] == (True, False)


def test_every_question_is_asked_by_an_index(trouble, people, database):
    if database.url.get_backend_name() != "sqlite":
        pytest.skip("the plan is SQLite's")
    owner = people.browser("owner@example.com")
    asked = []
    event.listen(database.read_engine, "before_cursor_execute", lambda *told: asked.append(told[2:4]))
    needs(owner)
    large = ("readers", "documents", "drafts", "mails", "receipts", "scheduled_acts", "activity_log", "grants")
    scanned = []
    with database.read_engine.connect() as connection:
        for statement, values in asked[:]:
            if statement.startswith("SELECT"):
                plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values)
                scanned += [row.detail for row in plan if row.detail.startswith("SCAN")]
    assert not [line for line in scanned if line.split()[1] in large and "INDEX" not in line], scanned


def test_two_weeks_are_beside_each_other_for_who_may_see_figures(people):
    owner = people.signed_in("owner@example.com", Role.OWNER)
    shown = parse(owner.get("/desk", headers=ENGLISH)).css(".desk-figures dt")
    assert [node.text() for node in shown] == ["Previews", "Gate seen", "Orders begun", "Orders paid", "Opened in full"]
    editor = people.signed_in("editor@example.com", Role.EDITOR)
    assert parse(editor.get("/desk")).css(".desk-figures") == []
