"""An account is closed by its reader: who may, what they are told, and who gets in afterwards."""

from sqlalchemy import func, select

from tests.billing.scenarios.scene import READER
from tests.factories.mailed_links import sign_up
from tests.factories.people import PASSWORD, close_account
from tests.factories.security_key import prove
from webapp.accounts.authentication import authenticate, open_device
from webapp.accounts.models import Device, Reader, Role
from webapp.billing.stripe_models import StripeCustomer
from webapp.kit import clock
from webapp.stripe_sandbox.faults import Faults


def test_the_page_says_what_goes_and_what_stays_and_warns_a_subscriber(scene):
    page = scene.page("/account/close")
    assert "What goes" in page
    assert "What stays" in page
    assert "Your subscription ends at once" not in page
    scene.bought("month")
    assert "Your subscription ends at once" in scene.page("/account/close")
    assert 'href="/account/close"' in scene.page("/account")


def test_looking_a_wrong_password_and_a_form_of_another_site_close_nothing(scene):
    scene.page("/account/close")
    wrong = close_account(scene.reader, "not the password")
    assert wrong.status_code == 400
    assert 'role="alert"' in wrong.text
    assert close_account(scene.reader, "").status_code == 400
    assert scene.reader.post("/account/close", data={"password_again": PASSWORD}).status_code == 400
    assert scene.people.kept().closing_at is None
    assert scene.reader.get("/account").status_code == 200


def test_the_only_publisher_cannot_close_their_account_and_one_of_two_can(people, app, database):
    client = people.signed_in("one@example.com", Role.PUBLISHER)
    assert prove(client).status_code == 303
    refused = close_account(client)
    assert refused.status_code == 409
    assert "only publisher" in refused.text
    assert client.get("/account").status_code == 200
    people.reader("two@example.com", Role.PUBLISHER)
    assert close_account(client).status_code == 303
    with database.reading() as session:
        assert session.get_one(Reader, 1).role is Role.READER


def test_a_device_that_is_left_over_opens_nothing_while_an_account_is_closing(scene, database, app):
    scene.bought("month")
    scene.cashier.sandbox.set_faults(Faults(down=1))
    close_account(scene.reader)
    with database.writing() as session:
        opened = open_device(session, session.get_one(Reader, 1), "left over", clock.now())
        assert authenticate(session, READER, PASSWORD) is None
    client = app.test_client()
    with client.session_transaction() as session:
        session["_user_id"] = opened.token
    assert client.get("/account").status_code == 303


def test_nobody_signs_in_to_an_erased_account(scene, database):
    close_account(scene.reader)
    with database.reading() as session:
        assert session.scalar(select(func.count(Device.id))) == 0
        for typed in (scene.people.kept().email, scene.people.kept().email_key, f"closed-1@{'x.example'}"):
            assert authenticate(session, typed, "") is None
            assert authenticate(session, typed, PASSWORD) is None


def test_the_address_signs_up_again_and_has_nothing_of_the_old_account(scene, app, database):
    scene.bought("month")
    scene.bought("document", warned=True)
    close_account(scene.reader)
    client = app.test_client()
    assert sign_up(client, READER).status_code == 303
    assert not scene.reads(client)
    told = client.get("/account/data.json").get_json()
    assert [told[part] for part in ("payments", "orders", "access", "highlights", "stripe_customers")] == [[]] * 5
    assert [mail["message"] for mail in told["mails"]] == ["confirm_address"]
    scene.cashier.buy(client, "month")
    with database.reading() as session:
        held = session.execute(select(StripeCustomer.reader_id, StripeCustomer.id)).all()
    assert {reader for reader, _customer in held} == {1, 2}
    assert len({customer for _reader, customer in held}) == 2
