"""What is planned for a document happens at its moment, once, and what was approved is what is published."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.exc import OperationalError

from tests.factories.shelf import PAID, REPORT
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.models import Role
from webapp.documents import schedule
from webapp.documents.full_editions import Revision
from webapp.documents.last_changes import LastChange
from webapp.documents.models import Document, PublicEdition, State
from webapp.documents.paid_share import OpensDocumentError
from webapp.documents.publishing import erase, get_document_by_slug, publish, publish_revision, withdraw
from webapp.documents.schedule import (
    PROBLEMS,
    ScheduleOrder,
    cancel_scheduled,
    carry_out,
    carry_out_due,
    list_scheduled,
    problem_sentence,
    schedule_publication,
    schedule_withdrawal,
)
from webapp.documents.scheduled_acts import ScheduledAct, ScheduleKind, ScheduleProblem, ScheduleState
from webapp.kit.content_version import current_version
from webapp.kit.email_queue import QueuedEmail
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.translatable import Filled

NOW = datetime(2027, 3, 1, 8, tzinfo=UTC)
HOUR = timedelta(hours=1)
APPROVED, WRITTEN_SINCE = REPORT.replace("出库略有增长", "出库大有增长"), REPORT.replace("出库略有增长", "出库没有增长")
OPENED = REPORT.replace("##paidbegin##", "").replace("##paidend##", "")


class Planner:
    """Somebody of the house with one document, and the worker."""

    def __init__(self, database, shelf, people):
        self.database, self.shelf = database, shelf
        self.reader_id = people.reader("mei@example.com", Role.PUBLISHER).id
        self.slug = shelf.put(REPORT, publish=False).slug

    def __call__(self, rule, *given, **more):
        return self.database.write(lambda session: rule(session, self.document(session), *given, **more))

    def document(self, session):
        return get_document_by_slug(session, self.slug)

    def revise(self, text):
        self.shelf.put(text, publish=False)

    def publish_at(self, due_at, **more):
        return self(schedule_publication, ScheduleOrder(due_at, NOW, self.reader_id, **more))

    def withdraw_at(self, due_at):
        return self(schedule_withdrawal, ScheduleOrder(due_at, NOW, self.reader_id))

    def work(self, now):
        return carry_out_due(self.database, ZoneInfo("Asia/Shanghai"), lambda: now)

    @property
    def acts(self):
        with self.database.reading() as session:
            return [(act.kind, act.state) for act in list_scheduled(session, self.document(session).id)]

    @property
    def public(self):
        with self.database.reading() as session:
            edition = session.get(PublicEdition, self.document(session).id)
            return edition.text if edition else None

    @property
    def state(self):
        with self.database.reading() as session:
            return self.document(session).state


@pytest.fixture
def planner(database, shelf, people):
    return Planner(database, shelf, people)


def test_what_was_approved_is_published_and_what_was_written_since_waits(planner, database):
    planner.revise(APPROVED)
    planner.publish_at(NOW + HOUR)
    planner.revise(WRITTEN_SINCE)
    assert planner.work(NOW + HOUR - timedelta(seconds=1)) == 0
    assert planner.public is None
    with database.reading() as session:
        before = current_version(session)
    assert planner.work(NOW + HOUR) == 1
    assert "出库大有增长" in planner.public
    assert PAID not in planner.public
    with database.reading() as session:
        assert current_version(session) > before  # which every process asks
        document = planner.document(session)
        assert (document.state, document.published_at, document.revisions) == (State.PUBLISHED, NOW + HOUR, 3)
        change = session.get_one(LastChange, document.id)
        assert (change.changed_at, change.changed_by) == (NOW + HOUR, planner.reader_id)
    assert planner.acts == [(ScheduleKind.PUBLISH, ScheduleState.DONE)]


def test_it_is_withdrawn_at_its_moment(planner):
    planner.publish_at(NOW + HOUR)
    planner.withdraw_at(NOW + 2 * HOUR)
    planner.work(NOW + HOUR)
    assert planner.state is State.PUBLISHED
    planner.work(NOW + 2 * HOUR)
    assert (planner.state, planner.public) == (State.WITHDRAWN, None)


def test_after_an_outage_all_is_done_at_once_in_its_order(planner):
    planner.publish_at(NOW + HOUR)
    planner.withdraw_at(NOW + 3 * HOUR)
    planner.publish_at(NOW + 2 * HOUR)
    late = NOW + timedelta(days=3)
    assert planner.work(late) == 2
    assert planner.state is State.WITHDRAWN
    with planner.database.reading() as session:
        acts = list_scheduled(session, planner.document(session).id)
        assert [(act.state, act.settled_at) for act in acts if act.state is not ScheduleState.CANCELLED] == [
            (ScheduleState.DONE, late)
        ] * 2
    assert planner.work(late) == 0


def test_the_log_names_who_planned_it_and_when(planner, database):
    planner.publish_at(NOW + HOUR)
    planner.work(NOW + 5 * HOUR)
    with database.reading() as session:
        (entry,) = session.scalars(select(LoggedActivity))
        assert (entry.reader_id, entry.action, entry.at) == (planner.reader_id, "published", NOW + 5 * HOUR)
        assert entry.after == {"scheduled_for": (NOW + HOUR).isoformat(), "revision": 1}


def test_two_workers_do_it_once(planner, monkeypatch):
    """Both have seen that it is due before either does it."""
    planner.publish_at(NOW + HOUR)
    seen = schedule._due(planner.database, NOW + HOUR)
    done = [planner.database.write(lambda session: carry_out(session, seen[0], now=NOW + HOUR)) for _worker in "ab"]
    assert done == [True, False]
    monkeypatch.setattr(schedule, "_due", lambda *_: seen if not seen.append(1) and len(seen) < 4 else [])
    assert planner.work(NOW + HOUR) == 0


def test_it_is_changed_and_cancelled(planner):
    first = planner.publish_at(NOW + HOUR)
    second = planner.publish_at(NOW + 3 * HOUR)
    assert planner.work(NOW + HOUR) == 0
    assert not planner.database.write(lambda session: cancel_scheduled(session, second.document_id + 1, second.id, NOW))
    for act, is_cancelled in ((first, False), (second, True), (second, False)):
        did = planner.database.write(lambda session, act=act: cancel_scheduled(session, act.document_id, act.id, NOW))
        assert did is is_cancelled
    assert not planner.database.write(lambda session: cancel_scheduled(session, second.document_id, 99, NOW))
    assert planner.work(NOW + 9 * HOUR) == 0
    assert planner.acts == [(ScheduleKind.PUBLISH, ScheduleState.CANCELLED)] * 2
    assert planner.public is None


def test_what_is_so_already_is_needless(planner):
    planner.publish_at(NOW + HOUR)
    planner.withdraw_at(NOW + 2 * HOUR)
    planner(publish, NOW)
    planner.work(NOW + HOUR)
    planner(withdraw, NOW)
    planner.work(NOW + 2 * HOUR)
    assert [state for _kind, state in planner.acts] == [ScheduleState.NEEDLESS] * 2


def fails(planner, problem):
    """Have the worker come and see that it fails so; return what is said of it, and the mails."""
    assert planner.work(NOW + HOUR) == 1
    with planner.database.reading() as session:
        act = session.scalars(select(ScheduledAct)).one()
        assert (act.state, act.problem) == (ScheduleState.FAILED, problem)
        mails = session.scalars(select(QueuedEmail)).all()
        assert [(mail.message, mail.recipient) for mail in mails] == [("schedule_failed", "mei@example.com")]
        assert mails[0].content["sentence"] == PROBLEMS[problem]
        (entry,) = session.scalars(select(LoggedActivity))
        assert (entry.action, entry.after) == ("failed to publish", {"why": problem})
        return act


def test_a_finding_is_noted_with_its_place_and_told(planner):
    """As a newer version may find one that the version of before did not."""
    planner.publish_at(NOW + HOUR)
    broken = REPORT.replace("##paidend##", "")
    with planner.database.writing_plainly() as connection:
        connection.execute(update(Revision.__table__).values(source=broken))
    act = fails(planner, ScheduleProblem.FINDING)
    assert (act.finding, act.line) == ("unclosed-span", 6)
    assert problem_sentence(act).values == {"line": 6}
    assert planner.state is State.DRAFT


def test_what_would_open_what_was_published_meanwhile_is_not_published(planner):
    planner.revise(OPENED)
    planner.publish_at(NOW + HOUR, revision=2)  # nothing was published that it could open
    planner(publish_revision, 1, NOW)
    act = fails(planner, ScheduleProblem.OPENS_DOCUMENT)
    assert not isinstance(problem_sentence(act), Filled)
    assert PAID not in planner.public


def test_what_was_meant_to_be_opened_is(planner):
    planner(publish, NOW)
    planner.revise(OPENED)
    with pytest.raises(OpensDocumentError):
        planner.publish_at(NOW + HOUR)
    planner.publish_at(NOW + HOUR, may_open=True)
    planner.work(NOW + HOUR)
    assert PAID in planner.public


def test_a_later_revision_that_was_published_by_hand_is_not_put_back(planner):
    planner.publish_at(NOW + HOUR)
    planner.revise(APPROVED)
    planner(publish, NOW)
    fails(planner, ScheduleProblem.LATER_PUBLISHED)
    assert "出库大有增长" in planner.public


def test_what_stumbles_is_noted_and_holds_nothing_else(planner, shelf, database, monkeypatch, caplog):
    planner.publish_at(NOW + HOUR)
    other = shelf.put(REPORT, "other.txt", publish=False).slug
    database.write(
        lambda session: schedule_publication(
            session, get_document_by_slug(session, other), ScheduleOrder(NOW + HOUR, NOW)
        )
    )
    right = schedule.publish_revision

    def stumbles(session, document, *given, **more):
        if document.slug == planner.slug:
            raise ValueError(PAID)
        return right(session, document, *given, **more)

    monkeypatch.setattr(schedule, "publish_revision", stumbles)
    assert planner.work(NOW + HOUR) == 2
    with database.reading() as session:
        acts = session.scalars(select(ScheduledAct).order_by(ScheduledAct.id)).all()
        assert [act.problem for act in acts] == [ScheduleProblem.STUMBLED, None]
        assert get_document_by_slug(session, other).state is State.PUBLISHED
    assert "ValueError" in caplog.text
    assert PAID not in caplog.text


def test_what_was_settled_while_it_stumbled_stays_settled(planner):
    act = planner.publish_at(NOW + HOUR)
    planner.work(NOW + HOUR)
    for number in (act.id, 99):
        given_up = planner.database.write(lambda session, number=number: schedule._give_up(session, number, NOW))
        assert not given_up
    assert planner.acts == [(ScheduleKind.PUBLISH, ScheduleState.DONE)]


def test_a_database_that_is_away_is_asked_again(planner, monkeypatch):
    planner.publish_at(NOW + HOUR)
    with monkeypatch.context() as patch:

        def away(*_, **__):
            raise OperationalError("", {}, Exception())

        patch.setattr(schedule, "publish_revision", away)
        with pytest.raises(OperationalError):
            planner.work(NOW + HOUR)
    assert planner.acts == [(ScheduleKind.PUBLISH, ScheduleState.WAITING)]
    assert planner.work(NOW + HOUR) == 1


def test_what_cannot_be_planned_says_why(planner):
    with pytest.raises(InvalidInputError):
        planner.publish_at(NOW)
    with pytest.raises(InvalidInputError):
        planner.withdraw_at(NOW)
    with pytest.raises(ConflictError):
        planner.withdraw_at(NOW + HOUR)  # it will not be published then
    planner(publish, NOW)
    with pytest.raises(ConflictError):
        planner.publish_at(NOW + HOUR)  # it is
    planner(withdraw, NOW)
    planner.publish_at(NOW + HOUR)
    planner.withdraw_at(NOW + 2 * HOUR)
    with pytest.raises(ConflictError):
        planner.publish_at(NOW + 3 * HOUR)  # after it is withdrawn
    with pytest.raises(ConflictError):
        planner.publish_at(NOW + HOUR, revision=7)


def test_a_text_with_a_finding_is_not_planned(planner):
    with planner.database.writing_plainly() as connection:
        connection.execute(update(Revision.__table__).values(source=REPORT.replace("##paidend##", "")))
    with pytest.raises(ConflictError):
        planner.publish_at(NOW + HOUR)


def test_a_date_of_the_author_and_the_moment_that_was_planned(planner):
    """The author's date counts where it has come by then; one that is yet to come gives way to the publisher."""
    for date, published_at in (("2027-02-01", datetime(2027, 1, 31, 16, tzinfo=UTC)), ("2027-06-01", NOW + HOUR)):
        planner.slug = planner.shelf.put(
            f"---\ndate: {date}\n---\n# 题目\n\n公开。\n", f"{date}.md", publish=False
        ).slug
        planner.publish_at(NOW + HOUR)
        planner.work(NOW + HOUR)
        with planner.database.reading() as session:
            assert planner.document(session).published_at == published_at


def test_nothing_is_planned_for_what_was_deleted(planner, database):
    act = planner.publish_at(NOW + HOUR)
    planner(erase, NOW, keep_row=True)
    assert planner.work(NOW + HOUR) == 0
    with database.reading() as session:
        assert session.get(ScheduledAct, act.id) is None
        assert session.get_one(Document, act.document_id).state is State.WITHDRAWN


def test_what_is_due_is_found_by_an_index(database):
    asked = (
        "SELECT id FROM scheduled_acts WHERE state = 'waiting' AND due_at <= '2027' ORDER BY due_at, id LIMIT 50",
        "SELECT * FROM scheduled_acts WHERE document_id = 1 ORDER BY id DESC LIMIT 50",
    )
    with database.reading() as session:
        if session.get_bind().dialect.name != "sqlite":
            pytest.skip("asks SQLite how it looks")
        for query in asked:
            plan = " ".join(row[-1] for row in session.execute(text(f"EXPLAIN QUERY PLAN {query}")))
            assert "USING" in plan
            assert "INDEX ix_scheduled_acts" in plan
            assert "TEMP B-TREE" not in plan
