"""The people of the house at its desk: invited, given roles, taken off: by owners, after a fresh proof, and logged."""

import re

import pytest
from sqlalchemy import select

from tests.factories.html import parse
from tests.factories.mailed_links import list_mails
from tests.factories.people import PASSWORD, token_in
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.invitations import Invitation
from webapp.accounts.models import Role

OWNER, EDITOR = "owner@example.com", "editor@example.com"


@pytest.fixture
def owner(people):
    return people.signed_in(OWNER, Role.OWNER)


def prove(client):
    form = {"csrf_token": token_in(client.get("/account/prove")), "present": PASSWORD}
    assert client.post("/account/prove", data=form).status_code == 303


def press(client, path, **form):
    """Send a form of the page of people; return the page that comes of it."""
    form["csrf_token"] = token_in(client.get("/account"))
    return client.post(path, data=form, headers={"Accept-Language": "en"}, follow_redirects=True)


def logged(database):
    with database.reading() as session:
        rows = session.scalars(select(LoggedActivity).order_by(LoggedActivity.id)).all()
    return [(row.action, row.subject_kind, row.subject_id, row.before, row.after) for row in rows]


def test_nothing_is_shown_or_done_without_a_fresh_proof(owner, people, database):
    editor = people.reader(EDITOR, Role.EDITOR)
    assert owner.get("/desk/people").headers["Location"] == "/account/prove?next=/desk/people"
    for path, form in (("invite", {"email": "new@example.org"}), (f"{editor.id}/role", {"role": "reader"})):
        assert press(owner, f"/desk/people/{path}", **form).request.path == "/account/prove"
    assert (people.kept(editor.id).role, logged(database)) == (Role.EDITOR, [])


def test_somebody_is_invited_sent_for_again_and_withdrawn(owner, app, database):
    prove(owner)
    page = press(owner, "/desk/people/invite", email="New@example.org", role="editor")
    assert "on its way" in page.text
    with database.reading() as session:
        invited = session.scalars(select(Invitation)).one()
    first = list_mails(app, database)[0][1].text
    assert "sent again" in press(owner, f"/desk/people/invitations/{invited.id}/send").text
    second = list_mails(app, database)[0][1].text
    tokens = [re.search("/invitation/([0-9a-f]+)", text)[1] for text in (first, second)]
    assert [app.test_client().get(f"/invitation/{token}").status_code for token in tokens] == [410, 200]
    assert "opens nothing" in press(owner, f"/desk/people/invitations/{invited.id}/withdraw").text
    assert app.test_client().get(f"/invitation/{tokens[1]}").status_code == 410
    assert "no longer" in press(owner, f"/desk/people/invitations/{invited.id}/send").text
    told = ("invitation", "New@example.org")
    assert logged(database) == [
        ("invited", *told, None, {"role": "editor"}),
        ("invited again", *told, None, {"role": "editor"}),
        ("withdrew invitation", *told, {"role": "editor"}, None),
    ]
    assert not [token for token in tokens if token in str(logged(database))]


@pytest.mark.parametrize(
    ("form", "sentence"),
    [
        ({"email": "nobody", "role": "editor"}, "address"),
        ({"email": "new@example.org", "role": "reader"}, "missing"),
        ({"email": EDITOR, "role": "owner"}, "belongs to the house"),
    ],
)
def test_who_cannot_be_invited_is_told_and_the_address_is_still_there(owner, people, database, form, sentence):
    people.reader(EDITOR, Role.EDITOR)
    prove(owner)
    page = press(owner, "/desk/people/invite", **form)
    assert sentence in parse(page).css_first("[role=alert]").text()
    assert parse(page).css_first("#email").attributes["value"] == form["email"]
    assert logged(database) == []


def test_a_right_that_is_taken_back_ends_at_once_on_every_device(owner, people, database):
    editor = people.signed_in(EDITOR, Role.PUBLISHER)
    assert editor.get("/desk/log").status_code == 200
    prove(owner)
    assert "is changed" in press(owner, "/desk/people/2/role", role="editor").text
    assert editor.get("/desk/log").status_code == 403
    assert "taken back" in press(owner, "/desk/people/2/role", role="reader").text
    assert editor.get("/desk/log").status_code == 404
    assert editor.get("/account").status_code == 200
    assert logged(database) == [
        ("changed role", "person", "2", {"role": "publisher"}, {"role": "editor"}),
        ("changed role", "person", "2", {"role": "editor"}, {"role": "reader"}),
    ]


def test_the_only_owner_stays_and_a_role_that_stays_is_no_news(owner, people, database):
    prove(owner)
    assert "only account that runs" in press(owner, "/desk/people/1/role", role="editor").text
    press(owner, "/desk/people/1/role", role="owner")
    assert "no such role" in press(owner, "/desk/people/1/role", role="emperor").text
    assert (people.kept(1).role, logged(database)) == (Role.OWNER, [])


def test_readers_are_not_people_of_the_house(owner, people):
    reader = people.reader("reader@example.com")
    prove(owner)
    answer = press(owner, f"/desk/people/{reader.id}/role", role="owner")
    assert answer.status_code == 404
    assert people.kept(reader.id).role is Role.READER
    assert "reader@example.com" not in owner.get("/desk/people").text


def test_an_owner_who_steps_down_is_led_out_of_the_desk(owner, people):
    people.reader("second@example.com", Role.OWNER)
    prove(owner)
    answer = press(owner, "/desk/people/1/role", role="reader")
    assert (answer.status_code, answer.request.path) == (200, "/")
    assert owner.get("/desk/people").status_code == 404


def test_it_is_said_how_each_signs_in(owner, people):
    people.reader(EDITOR, Role.EDITOR)
    prove(owner)
    page = owner.get("/desk/people", headers={"Accept-Language": "en"})
    assert len(parse(page).css(".desk-warning")) == 2
    assert "a password alone" in page.text
