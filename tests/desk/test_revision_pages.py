"""Revisions, plans and links of a document at the desk, and the page that a link leads to."""

import logging
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.factories.front_door import AskedThroughDoor
from tests.factories.html import parse, texts
from tests.factories.images import picture
from tests.factories.people import token_in
from tests.factories.shelf import PAID, REPORT
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.models import Role
from webapp.documents.drafts import NewText, open_draft, save_draft
from webapp.documents.publishing import get_document_by_slug, withdraw
from webapp.documents.schedule import list_scheduled
from webapp.documents.shared_drafts import SharedDraft
from webapp.kit import clock
from webapp.kit.local_times import local_time_of
from webapp.operations.worker import keep_schedule

EN = {"Accept-Language": "en"}
SHANGHAI = ZoneInfo("Asia/Shanghai")
SECOND = REPORT.replace("略有增长", "大有增长")


class Office:
    """An editor at the desk, before one document of two revisions."""

    def __init__(self, database, shelf, people, settings):
        self.database, self.settings, self.shelf = database, settings, shelf
        self.slug = shelf.put(REPORT).slug
        self.id = shelf.put(SECOND, publish=False).id
        self.client = people.signed_in("mei@example.com", Role.EDITOR)
        self.token = token_in(self.client.get("/account"))

    def get(self, place, status=200, client=None):
        answer = (client or self.client).get(self._path(place), headers=EN)
        page = answer.get_data(as_text=True)
        answer.close()  # what is written when it has been sent
        assert answer.status_code == status, page
        return page

    def post(self, place, status=303, **form):
        answer = self.client.post(self._path(place), data={"csrf_token": self.token, **form}, headers=EN)
        assert answer.status_code == status, answer.get_data(as_text=True)
        return answer

    def _path(self, place):
        return place if place.startswith("/") else f"/desk/documents/{self.id}/{place}"

    def look(self, rule, *given):
        with self.database.reading() as session:
            return rule(session, get_document_by_slug(session, self.slug), *given)

    def work(self, text):
        def rule(session):
            document = get_document_by_slug(session, self.slug)
            save_draft(session, document, NewText(text, open_draft(session, document).version), 1, clock.now())

        self.database.write(rule)

    @property
    def log(self):
        with self.database.reading() as session:
            return [entry.action for entry in session.scalars(select(LoggedActivity).order_by(LoggedActivity.id))]

    def share(self, **form):
        page = self.post("links", 200, **{"side": "visitor", "days": "7", **form}).get_data(as_text=True)
        (address,) = texts(page, ".token code")
        return address.removeprefix(self.settings.base_url)


@pytest.fixture
def office(database, shelf, people, settings):
    return Office(database, shelf, people, settings)


def test_revisions_are_listed_looked_at_and_compared(office):
    listed = office.get("revisions")
    assert texts(listed, "tbody td:first-child") == ["2", "1"]
    assert "by import" in listed
    assert "略有增长" in office.get("revisions/1")
    assert PAID in office.get("revisions/1?as=subscriber").replace("\n", "")
    assert PAID not in office.get("revisions/1?as=visitor").replace("\n", "")
    compared = office.get("revisions/compare")
    assert (texts(compared, ".comparison del"), texts(compared, ".comparison ins")) == (["略"], ["大"])
    assert "comparison--side" in office.get("revisions/compare?from=2&to=1&view=side")
    for nothing in ("revisions/9", "revisions/compare?from=x", "revisions/compare?from=99999999999999999999"):
        office.get(nothing, 404)


def test_a_draft_is_compared_with_a_revision(office):
    office.work(SECOND.replace("大有增长", "没有增长"))
    for asked in ("?from=2&to=draft", ""):
        compared = office.get(f"revisions/compare{asked}")
        assert (texts(compared, ".comparison del"), texts(compared, ".comparison ins")) == (["大"], ["没"])
    assert "the draft" in office.get("revisions")


def test_returning_keeps_what_the_draft_held(office):
    assert office.post("revisions/1/return").headers["Location"].endswith("?done=returned")
    assert office.look(open_draft).text == REPORT
    assert "It is not published by that." in office.get(f"/desk/documents/{office.id}?done=returned")
    office.work("unfinished")
    beside = office.post("revisions/2/return").headers["Location"]
    page = office.get(beside)
    assert "The revision that you returned to is the left one." in page
    assert "unfinished" in page
    office.post("revisions/4/return")
    assert office.log == ["returned to a revision"] * 2


def test_it_is_planned_done_once_and_withdrawn(office, client):
    at = clock.now() + timedelta(days=2)
    office.post("schedule", kind="publish", at=local_time_of(at, SHANGHAI))
    page = office.get("schedule?done=publish")
    assert "It is planned." in page
    assert "Revision 2 is published on" in page
    office.post("schedule", kind="withdraw", at=local_time_of(at + timedelta(days=1), SHANGHAI))
    assert "大有增长" not in office.get(f"/d/{office.slug}", client=client)
    clock.set_clock_offset(lambda: timedelta(days=2, minutes=1))
    assert keep_schedule(office.settings, office.database) == 1
    assert "大有增长" in office.get(f"/d/{office.slug}", client=client)
    clock.set_clock_offset(lambda: timedelta(days=5))
    assert keep_schedule(office.settings, office.database) == 1
    office.get(f"/d/{office.slug}", 410, client)
    assert "late, for the background worker did not run" in office.get("schedule")
    assert office.log == ["planned to publish", "planned to withdraw", "published", "withdrawn"]


def test_a_plan_is_cancelled(office):
    office.post("schedule", kind="withdraw", at=local_time_of(clock.now() + timedelta(days=2), SHANGHAI))
    (act,) = office.look(lambda session, one: list_scheduled(session, one.id))
    for _click in range(2):
        office.post(f"schedule/{act.id}/cancel")
    assert "Cancelled" in office.get("schedule?done=cancelled")
    assert office.log == ["planned to withdraw", "cancelled a plan"]


@pytest.mark.parametrize(
    ("form", "status", "said"),
    [
        ({"kind": "publish", "at": "2001-01-01T08:00"}, 400, "This moment has passed."),
        ({"kind": "withdraw", "at": "soon"}, 400, "This is no date with a time."),
        ({"kind": "publish", "at": "2090-01-01T08:00", "version": "77"}, 409, "Somebody has saved another version"),
    ],
)
def test_what_cannot_be_planned_says_why(office, form, status, said):
    assert said in office.post("schedule", status, **form).get_data(as_text=True)


def test_a_time_that_comes_twice_is_asked_about(office, monkeypatch):
    monkeypatch.setattr("webapp.desk.schedule_views.zone", lambda: ZoneInfo("Europe/Berlin"))
    form = {"kind": "withdraw", "at": "2027-10-31T02:30"}
    monkeypatch.setattr(clock, "machine_now", lambda now=clock.machine_now: now().replace(year=2027, month=1, day=2))
    asked = office.post("schedule", 400, **form).get_data(as_text=True)
    assert "comes twice on that day in Europe/Berlin" in asked
    assert texts(asked, ".schedule__which legend") == ["Which of the two?"]
    assert "does not exist on that day" in office.post(
        "schedule", 400, kind="withdraw", at="2027-03-28T02:30"
    ).get_data(as_text=True)
    office.post("schedule", **form, which="second")
    (act,) = office.look(lambda session, one: list_scheduled(session, one.id))
    assert (act.due_at.hour, act.due_at.minute) == (1, 30)


def test_opening_is_asked_about(office):
    office.shelf.put(REPORT.replace("##paidbegin##", "").replace("##paidend##", ""), publish=False)
    form = {"kind": "publish", "at": local_time_of(clock.now() + timedelta(days=2), SHANGHAI)}
    asked = office.post("schedule", 409, **form).get_data(as_text=True)
    assert parse(asked).css('input[name="confirmed"]')
    office.post("schedule", **form, confirmed="opens-document")


@pytest.mark.parametrize("side", ["visitor", "subscriber"])
def test_a_link_shows_one_side_to_whoever_has_it(office, client, side):
    address = office.share(side=side, name="Ada")
    answer = client.get(address, headers=EN)
    page = answer.get_data(as_text=True)
    assert (PAID in page.replace("\n", "")) == (side == "subscriber")
    assert "大有增长" in page  # the draft, and not what is published
    told = [answer.headers[name] for name in ("Cache-Control", "X-Robots-Tag", "Referrer-Policy")]
    assert told == ["no-store", "noindex, nofollow", "no-referrer"]
    office.work(SECOND.replace("大有增长", "没有增长"))
    assert "没有增长" in office.get(address, client=client)
    office.work("##paidbegin##unclosed")
    assert "cannot be shown right now" in office.get(address, client=client)
    listed = office.get("links")
    assert "Ada" in listed
    assert address not in listed
    assert "never" not in listed
    assert office.log == ["shared the draft"]


def test_the_article_is_the_one_that_readers_get(office, client):
    office.shelf.put(SECOND)
    shared = office.get(office.share(), client=client).replace("<form inert ", "<form ")
    public = office.get(f"/d/{office.slug}", client=client)
    begin, end = '<article class="document"', "</article>"
    assert shared[shared.index(begin) : shared.index(end)] == public[public.index(begin) : public.index(end)]


def test_a_link_ends_when_it_is_revoked_and_when_the_document_is_withdrawn(office, client):
    first, second = office.share(), office.share(side="subscriber")
    for _click in range(2):
        office.post("links/1/revoke")
    assert "The link leads nowhere any more." in office.get("links?done=revoked")
    page = office.get(first, 410, client)
    assert "has ended" in page
    office.get(second, 200, client)
    office.database.write(lambda session: withdraw(session, get_document_by_slug(session, office.slug), clock.now()))
    assert PAID not in office.get(second, 410, client)
    office.post("links", 409, side="visitor", days="7")
    office.post("links", 400, side="visitor", days="8")
    assert office.log == ["shared the draft", "shared the draft", "revoked a link"]


def test_a_link_gives_the_files_of_its_side_alone(office, client):
    for name, colour in (("a.png", "red"), ("b.png", "blue"), ("c.png", "green")):
        (office.shelf.folder / name).write_bytes(picture(colour))
    text = "# 图\n\n![甲](a.png)\n\n##paidbegin##\n![乙](b.png)\n##paidend##\n"
    office.shelf.put("# 别的\n\n![丙](c.png)\n", "other.md")
    made = office.shelf.put(text, "pictures.md", publish=False)
    office.id, office.slug = made.id, made.slug
    visitor, subscriber = office.share(), office.share(side="subscriber")
    files = [node.attributes["src"] for node in parse(office.get(subscriber, client=client)).css("article img")]
    assert all(file.startswith(f"{subscriber}/") for file in files)
    names = [file.rpartition("/")[2] for file in files]
    assert [client.get(f"{subscriber}/{name}").status_code for name in names] == [200, 200]
    assert [client.get(f"{visitor}/{name}").status_code for name in names] == [200, 404]
    assert client.get(f"/media/{names[0]}").status_code == 404
    kept = {path.name for path in (office.settings.instance / "uploads").glob("*/*")}
    assert {name for name in kept if client.get(f"{subscriber}/{name}").status_code == 200} == set(names)


def test_its_address_is_in_no_log_and_the_door_remembers_nothing(office, app, caplog):
    caplog.set_level(logging.DEBUG)
    address = office.share(side="subscriber")
    app.wsgi_app = door = AskedThroughDoor(app)
    client = app.test_client()
    for _turn in range(3):
        assert PAID in office.get(address, client=client).replace("\n", "")
    with office.database.writing() as session:
        session.scalars(select(SharedDraft)).one().revoked_at = clock.now()
    office.get(address, 410, client)
    door.close()
    assert address.rpartition("/")[2] not in caplog.text
