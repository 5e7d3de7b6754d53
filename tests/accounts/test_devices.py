"""Where an account is signed in: seen and ended by its reader, limited by the house, told by mail when it is new."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select
from sqlalchemy.exc import OperationalError

from tests.factories.html import parse
from tests.factories.people import PASSWORD, token_in
from webapp import create_app
from webapp.accounts import login
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Device, Reader, Role
from webapp.accounts.user_agents import BrowserName, name_browser
from webapp.kit import clock
from webapp.kit.email_queue import QueuedEmail, read_email
from webapp.kit.errors import NotSignedInError
from webapp.kit.http import database as database_of
from webapp.kit.templating import email_renderer

FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:144.0) Gecko/20100101 Firefox/144.0"
PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) "
    "Version/18.1 Mobile/15E148 Safari/604.1"
)
READER = "reader@example.com"


def sign_in(client, email=READER, user_agent=FIREFOX, **more):
    client.environ_base["HTTP_USER_AGENT"] = user_agent
    client.environ_base.setdefault("HTTP_ACCEPT_LANGUAGE", "en")
    form = {"email": email, "password": PASSWORD, **more}
    csrf = token_in(client.get("/account", follow_redirects=True))
    answer = client.post("/login", data={**form, "csrf_token": csrf})
    assert answer.status_code == 303
    return client


@pytest.fixture
def browser(app, people):
    people.reader()
    return lambda **more: sign_in(app.test_client(), **more)


def rows(database):
    with database.reading() as session:
        return list(session.scalars(select(Device).order_by(Device.id)))


def lines(client):
    return [" ".join(row.text().split()) for row in parse(client.get("/account/devices")).css(".rows li")]


def mails(app, database, message="new_device"):
    with database.reading() as session:
        kept = session.scalars(select(QueuedEmail).where(QueuedEmail.message == message)).all()
    return [(mail, email_renderer(app)(read_email(mail))) for mail in kept]


WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0 Safari/537.36"
MAC = (
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Safari/605.1"
)
ANDROID = (
    "Mozilla/5.0 (Linux; Android 14; K) AppleWebKit/537.36 (KHTML, like Gecko) {} Chrome/142.0 Mobile Safari/537.36"
)
AGENTS = [
    (FIREFOX, "Firefox", "Linux"),
    (PHONE, "Safari", "iPhone"),
    (WINDOWS, "Chrome", "Windows"),
    (f"{WINDOWS} Edg/142.0", "Edge", "Windows"),
    (f"{WINDOWS} OPR/120.0", "Opera", "Windows"),
    (MAC, "Safari", "macOS"),
    (ANDROID, "Chrome", "Android"),
    (ANDROID.format("SamsungBrowser/28.0"), "Samsung Internet", "Android"),
    (f"{ANDROID.format('Version/4.0')} MicroMessenger/8.0.42", "WeChat", "Android"),
    (PHONE.replace("iPhone", "iPad").replace("Version/18.1", "CriOS/142.0"), "Chrome", "iPad"),
    (PHONE.replace("Version/18.1", "FxiOS/144.0"), "Firefox", "iPhone"),
    (WINDOWS.replace("Windows NT 10.0; Win64; x64", "X11; CrOS x86_64 14541.0.0"), "Chrome", "ChromeOS"),
    (f"{WINDOWS.replace('Windows NT 10.0; Win64; x64', 'Phone; OpenHarmony 5.0')} ArkWeb/4.1", "Chrome", "HarmonyOS"),
    ("curl/8.5.0", "", ""),
    ("", "", ""),
    ("Mozilla/5.0 (Android; who knows)", "", "Android"),
]


@pytest.mark.parametrize(("user_agent", "browser_", "system"), AGENTS)
def test_a_browser_is_named_in_plain_words(user_agent, browser_, system):
    assert name_browser(user_agent) == BrowserName(browser_, system)


@pytest.mark.parametrize(
    ("user_agent", "language", "said"),
    [
        (FIREFOX, "en", "Firefox on Linux"),
        (PHONE, "zh-CN", "iPhone 上的 Safari"),
        ("curl/8.5.0", "en", "A browser"),
        ("", "zh-CN", "某个浏览器"),
        ("Mozilla/5.0 (Android; who knows)", "en", "A browser on Android"),
        ("MicroMessenger/8.0", "zh-CN", "微信"),
        ("<b>Firefox/1</b>", "en", "Firefox"),
    ],
)
def test_the_page_names_this_device_and_says_so(app, people, user_agent, language, said):
    people.reader()
    client = app.test_client()
    client.environ_base["HTTP_ACCEPT_LANGUAGE"] = language
    (line,) = lines(sign_in(client, user_agent=user_agent))
    assert line.startswith(said + " ")
    assert ("this device" if language == "en" else "当前设备") in line


def test_each_device_is_listed_this_one_first(browser):
    first, second = browser(), browser(user_agent=PHONE)
    assert [line.split(" signed")[0] for line in lines(first)] == ["Firefox on Linux", "Safari on iPhone"]
    assert [line.split(" signed")[0] for line in lines(second)] == ["Safari on iPhone", "Firefox on Linux"]


def end(client, which):
    return client.post(f"/account/devices/{which}", data={"csrf_token": token_in(client.get("/account/devices"))})


def test_one_device_is_signed_out_and_is_out_on_its_next_page(browser, database):
    here, there, third = browser(), browser(user_agent=PHONE), browser()
    answer = end(here, f"{rows(database)[1].id}/end")
    assert answer.status_code == 303
    assert "The device was signed out." in here.get(answer.headers["Location"]).text
    assert there.get("/account").status_code == 303
    assert here.get("/account").status_code == third.get("/account").status_code == 200


def test_all_others_are_signed_out_at_once(browser):
    here, *others = browser(), browser(), browser(user_agent=PHONE)
    answer = end(here, "end-others")
    assert "All other devices were signed out." in here.get(answer.headers["Location"]).text
    assert {other.get("/account").status_code for other in others} == {303}
    assert len(lines(here)) == 1
    assert "Sign out all other devices" not in here.get("/account/devices").text


def test_the_device_of_somebody_else_is_not_there(browser, app, people, database):
    here = browser()
    other = people.signed_in("other@example.com")
    assert end(here, f"{rows(database)[1].id}/end").status_code == 404
    assert other.get("/account").status_code == 200
    end(here, "end-others")
    assert other.get("/account").status_code == 200


def test_looking_and_forms_of_other_sites_end_nothing(browser, app, database):
    here, there = browser(), browser()
    number = rows(database)[1].id
    assert here.get(f"/account/devices/{number}/end").status_code == 405
    assert here.post(f"/account/devices/{number}/end").status_code == 400
    assert app.test_client().get("/account/devices").status_code == 303
    assert there.get("/account").status_code == 200


def test_a_visitor_can_end_no_device(browser, app, database):
    there, client = browser(), app.test_client()
    form = {"csrf_token": token_in(client.get("/login"))}
    for way in (f"{rows(database)[0].id}/end", "end-others"):
        assert client.post(f"/account/devices/{way}", data=form).headers["Location"].startswith("/login")
    assert there.get("/account").status_code == 200


def test_signing_in_anew_ends_the_session_before(browser, database, app):
    client = browser()
    stolen = client.get_cookie("paidspan").value
    before = rows(database)
    sign_in(client)
    assert len(rows(database)) == 1
    assert rows(database)[0].id != before[0].id
    thief = app.test_client()
    thief.set_cookie("paidspan", stolen)
    assert thief.get("/account").status_code == 303
    assert client.get("/account").status_code == 200


def test_signing_in_as_somebody_else_ends_it_too(browser, people, database):
    client = browser()
    people.reader("other@example.com")
    sign_in(client, "other@example.com")
    with database.reading() as session:
        assert session.scalars(select(Device.reader_id)).all() == [2]


def days(number):
    moved = timedelta(days=number)
    clock.set_clock_offset(lambda: moved)


def seen(database):
    return rows(database)[0].last_seen_at


def visit(client, path="/account"):
    """Ask for a page and take the answer whole, as a server does, which then closes it."""
    answer = client.get(path)
    answer.close()
    return answer


def test_the_day_is_noted_once_a_day(browser, database):
    client = browser()
    first = seen(database)
    visit(client)
    assert seen(database) == first
    days(1)
    visit(client)
    second = seen(database)
    assert timedelta(hours=23) < second - first < timedelta(hours=25)
    visit(client)
    assert seen(database) == second
    other = browser()
    days(3)
    assert f"last seen on {second.astimezone(login_zone(client)):%-d %b %Y}" in lines(other)[1]


def login_zone(client):
    with client.application.app_context():
        return login.zone()


def test_a_page_of_a_new_day_asks_no_more_and_writes_when_it_is_sent(browser, database, document):
    client, asked = browser(), []
    path = f"/d/{document.slug}"

    def note(_connection, _cursor, statement, *_more):
        asked.append(statement)

    def statements():
        asked.clear()
        answer = client.get(path)
        before_it_is_closed = list(asked)
        answer.close()
        return before_it_is_closed

    visit(client, path)
    engines = (database.read_engine, database.write_engine)
    for engine in engines:
        event.listen(engine, "before_cursor_execute", note)
    usual = statements()
    days(1)
    assert statements() == usual
    assert any("UPDATE devices" in one for one in asked)
    for engine in engines:
        event.remove(engine, "before_cursor_execute", note)


def test_a_day_that_cannot_be_noted_spoils_no_page(browser, database, monkeypatch):
    client, first = browser(), seen(database)
    days(1)

    def busy(*_given, **_more):
        raise OperationalError("", {}, Exception("database is locked"))

    with monkeypatch.context() as patch:
        patch.setattr(login, "note_seen", busy)
        assert visit(client).status_code == 200
    assert seen(database) == first
    visit(client)
    assert seen(database) > first


def test_a_new_device_is_told_by_mail(browser, app, database):
    browser()
    ((mail, rendered),) = mails(app, database)
    assert (mail.recipient, mail.locale) == (READER, "en")
    assert rendered.subject == "Signed in on a new device"
    for part in (rendered.text, rendered.html):
        assert "Firefox on Linux" in part
        assert "(UTC+08:00)" in part
        assert "http://127.0.0.1:8000/recover" in part
    assert "token" not in mail.content


def test_the_first_device_of_a_new_account_is_not_told(app, database):
    client = app.test_client()
    form = {"email": READER, "password": PASSWORD, "csrf_token": token_in(client.get("/signup"))}
    assert client.post("/signup", data=form).status_code == 303
    assert mails(app, database) == []


def test_a_browser_that_is_signed_in_already_is_not_told_but_for_another_account(browser, people, app, database):
    client = browser()
    sign_in(client)
    assert len(mails(app, database)) == 1
    people.reader("other@example.com")
    sign_in(client, "other@example.com")
    assert [mail.recipient for mail, _rendered in mails(app, database)] == [READER, "other@example.com"]


def test_a_browser_that_was_signed_in_before_is_not_told_and_its_cookie_is_no_device(browser, app, database):
    client = browser()
    client.post("/logout", data={"csrf_token": token_in(client.get("/account"))})
    sign_in(client)
    assert len(mails(app, database)) == 1
    client.delete_cookie("known_device")
    client.post("/logout", data={"csrf_token": token_in(client.get("/account"))})
    sign_in(client)
    assert len(mails(app, database)) == 2


@pytest.mark.parametrize(("purpose", "told"), [(Purpose.SIGN_IN, 1), (Purpose.RECOVER, 0)])
def test_a_mailed_link_is_a_sign_in_like_others_but_recovery_has_a_mail_of_its_own(
    people, app, database, purpose, told
):
    people.reader()
    with database.writing() as session:
        token = make_mailed_token(session, session.get_one(Reader, 1), purpose, clock.now())
    client = app.test_client()
    path = f"/login/link/{token}" if purpose is Purpose.SIGN_IN else f"/recover/{token}"
    form = {"csrf_token": token_in(client.get(path)), "password": "quite another password"}
    assert client.post(path, data=form).status_code == 303
    assert len(mails(app, database)) == told


@pytest.fixture
def limited(settings):
    app = create_app(settings.model_copy(update={"devices_at_once": 2}))
    app.testing = True
    yield app
    with app.app_context():
        database_of().close()


def devices_of(app, people, role=Role.READER, count=3):
    people.reader(role=role)
    return [sign_in(app.test_client()) for _ in range(count)]


def test_the_oldest_of_too_many_devices_is_asked_to_sign_in_again_and_told_why_once(limited, people):
    oldest, second, third = devices_of(limited, people)
    assert second.get("/account").status_code == third.get("/account").status_code == 200
    asked = oldest.get("/account/plan")
    assert asked.headers["Location"] == "/login?next=/account/plan"
    page = oldest.get(asked.headers["Location"])
    assert "an account is signed in on 2 at most" in page.text
    assert "an account is signed in on 2 at most" not in oldest.get("/login").text
    assert len(lines(third)) == 2
    sign_in(oldest)
    assert oldest.get("/account").status_code == 200
    assert second.get("/account").status_code == 303
    assert third.get("/account").status_code == 200


def test_it_is_told_on_public_pages_too_where_there_is_a_way_back(limited, people):
    oldest, *_others = devices_of(limited, people)
    page = oldest.get("/plans")
    assert parse(page).css_first('.trouble a[href="/login?next=/plans"]') is not None
    assert "You were signed out on this device" not in oldest.get("/plans").text


def test_what_a_script_fetches_does_not_use_the_sentence_up(limited, people):
    oldest, *_others = devices_of(limited, people)
    assert "You were signed out" not in oldest.get("/login", headers={"Sec-Fetch-Mode": "cors"}).text
    assert "You were signed out" in oldest.get("/login", headers={"Sec-Fetch-Mode": "navigate"}).text


def test_who_stayed_signed_in_is_told_once_too(limited, people):
    people.reader()
    oldest = sign_in(limited.test_client(), remember="y")
    for _ in range(2):
        sign_in(limited.test_client())
    assert "You were signed out" in oldest.get("/plans").text
    assert "You were signed out" not in oldest.get("/plans").text
    assert oldest.get_cookie("remember_token") is None


def test_who_works_for_the_house_has_as_many_as_they_like(limited, people):
    assert {client.get("/account").status_code for client in devices_of(limited, people, Role.EDITOR, 4)} == {200}


def test_without_the_setting_there_are_as_many_as_one_likes(browser):
    assert {client.get("/account").status_code for client in [browser() for _ in range(8)]} == {200}


def test_who_is_signed_in_by_no_device_has_none(app):
    with app.test_request_context(), pytest.raises(NotSignedInError):
        login.current_device_id()


def test_an_address_of_no_device_is_not_there(browser):
    assert end(browser(), "99/end").status_code == 404
