"""Settings at the desk: what may be set, what is only shown, secrets never; all logged; a mail; Stripe as a walk."""

import pytest
from sqlalchemy import select

from tests.desk.xss_strings import XSS_STRINGS, assert_harmless
from tests.factories.html import parse
from tests.factories.people import PASSWORD, token_in
from webapp import create_app
from webapp.accounts.activity_log import LoggedActivity
from webapp.accounts.models import Role
from webapp.kit import mail_trial
from webapp.kit.http import database as database_of
from webapp.kit.instance_identity import note_restored
from webapp.settings import load_settings
from webapp.stripe_sandbox.faults import Faults

PUBLISHER = "publisher@example.com"
SECRET_VALUES = {
    "stripe_webhook_secret": "whsec_never_shown",
    "mail_url": "smtp://user:never-shown@127.0.0.1:9",
    "metrics_token": "never-shown-" * 3,
    "old_secret_key": "never-shown-" * 5,
}


@pytest.fixture
def desk(people):
    return people.signed_in(PUBLISHER, Role.PUBLISHER)


def press(client, path, **form):
    form["csrf_token"] = token_in(client.get("/account"))
    return client.post(path, data=form, headers={"Accept-Language": "en"}, follow_redirects=True)


def logged(database):
    with database.reading() as session:
        rows = session.scalars(select(LoggedActivity).order_by(LoggedActivity.id)).all()
        return [(row.action, row.subject_id, row.before, row.after) for row in rows]


def said(page, kind="alert"):
    return " ".join(node.text() for node in parse(page).css(f"[role={kind}]"))


def test_what_is_set_holds_at_once_and_is_logged_with_what_it_was(desk, client, database):
    page = press(desk, "/desk/settings", **{"site_name": "Harbour", "was-site_name": "paidspan"})
    assert "Saved" in said(page, "status")
    assert "· Harbour</title>" in page.text
    assert "Harbour" in client.get("/").text
    assert logged(database) == [("changed settings", "site_name", {"site_name": "paidspan"}, {"site_name": "Harbour"})]
    page = press(desk, "/desk/settings/reset", reset="site_name")
    assert "as before" in said(page, "status")
    assert "Harbour" not in client.get("/").text
    press(desk, "/desk/settings/reset", reset="site_name")
    assert len(logged(database)) == 2


def test_what_cannot_be_is_told_at_its_field_and_what_was_typed_stays(desk, database):
    form = {"timezone": "Mars", "was-timezone": "Asia/Shanghai", "company": "Harbour Ltd", "was-company": ""}
    page = press(desk, "/desk/settings", **form)
    assert page.status_code == 400
    assert "time zone" in said(page)
    wrong = parse(page).css_first("[aria-invalid]").attributes
    assert (wrong["name"], wrong["value"]) == ("timezone", "Mars")
    assert parse(page).css_first("#company").attributes["value"] == "Harbour Ltd"
    assert logged(database) == []


def test_two_at_once_overwrite_nothing(desk, people):
    press(desk, "/desk/settings", **{"company": "First", "was-company": ""})
    second = people.signed_in("second@example.com", Role.OWNER)
    page = press(second, "/desk/settings", **{"company": "Second", "was-company": ""})
    assert (page.status_code, "meanwhile" in said(page)) == (409, True)
    assert parse(page).css_first('[name="was-company"]').attributes["value"] == "First"


def test_what_the_environment_sets_is_shown_and_not_changed(instance):
    app = create_app(load_settings(instance=instance, secret_key="s" * 40, site_name="Given", **SECRET_VALUES))
    app.testing = True
    with app.app_context():
        database = database_of()
    from tests.factories.people import People

    desk = People(app, database).signed_in(PUBLISHER, Role.PUBLISHER)
    page = desk.get("/desk/settings", headers={"Accept-Language": "en"})
    assert "disabled" in parse(page).css_first("#site_name").attributes
    assert "environment of the server" in parse(page).css_first("#site_name-hint").text()
    press(desk, "/desk/settings", **{"site_name": "Mine", "was-site_name": "Given"})
    assert logged(database) == []
    everything = "".join(
        desk.get(f"/desk/settings{path}", headers={"Accept-Language": "en"}).text for path in ("", "/all", "/stripe")
    )
    assert "never" not in everything.replace("never-shown", "never") or "never-shown" not in everything
    assert "never_shown" not in everything
    assert "s" * 40 not in everything
    rows = {row.css_first("th").text(): row.css("td") for row in parse(desk.get("/desk/settings/all")).css("tbody tr")}
    assert rows["PAIDSPAN_MAIL_URL"][0].text() == rows["PAIDSPAN_SECRET_KEY"][0].text() != "–"
    database.close()


def test_names_are_shown_as_names(desk, people):
    for text in XSS_STRINGS[::12]:
        press(desk, "/desk/settings", **{"site_name": text, "was-site_name": current(desk)})
        for path in ("/desk/settings", "/desk/settings/all", "/", "/desk/log"):
            assert_harmless(desk.get(path).text)


def current(desk):
    return parse(desk.get("/desk/settings")).css_first('[name="was-site_name"]').attributes["value"] or ""


def test_a_test_mail_is_written_or_its_failure_told(desk, database, monkeypatch, settings):
    page = press(desk, "/desk/settings/test-mail")
    assert "into a file" in said(page, "status")
    assert len(list((settings.instance / "outbox").glob("*.eml"))) == 1
    monkeypatch.setattr(mail_trial, "write_message", failing)
    assert "refused by <somebody>" in said(press(desk, "/desk/settings/test-mail"))
    assert [row[3] for row in logged(database)] == [{"sent": True}, {"sent": False}]
    database.write(lambda session: note_restored(session, "http://127.0.0.1:8000"))
    assert "restored" in said(press(desk, "/desk/settings/test-mail"))


def failing(*_given):
    raise OSError("refused by <somebody>")


def test_stripe_is_walked_through_on_the_sandbox_and_set_up_after_a_proof(desk, database):
    page = desk.get("/desk/settings/stripe", headers={"Accept-Language": "en"})
    states = [node.text(strip=True) for node in parse(page).css(".desk-walk__state")]
    assert states[0] == "to do"
    assert press(desk, "/desk/settings/stripe").request.path == "/account/prove"
    press(desk, "/account/prove", present=PASSWORD)
    page = press(desk, "/desk/settings/stripe")
    assert "done at Stripe" in said(page, "status")
    assert [row[:2] for row in logged(database)] == [("set up stripe", "stripe")]


def test_a_stripe_that_is_away_is_said(desk, cashier, database):
    press(desk, "/account/prove", present=PASSWORD)
    cashier.sandbox.set_faults(Faults(down=1))
    assert "does not answer" in said(press(desk, "/desk/settings/stripe"))
    assert logged(database) == []
