"""Known devices: what strangers try is no wait of theirs, and no cookie makes one but this account's own of now."""

from datetime import timedelta

import pytest
from sqlalchemy import event, select

from tests.accounts.limited_house import ELSEWHERE, FREE, NOBODY, OWNER, WRONG, LimitedHouse
from tests.factories.people import PASSWORD, token_in
from webapp import create_app
from webapp.accounts.known_devices import KNOWN_FOR, MOST_ACCOUNTS, known_device, with_known_device
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.models import Reader
from webapp.accounts.password_limits import LINK_REQUESTS
from webapp.kit import clock
from webapp.kit.http import database as database_of
from webapp.settings import load_settings

COOKIE = "known_device"


def shut(house: LimitedHouse) -> None:
    """Have strangers at the owner's own source try too often."""
    assert house.guess(FREE + 1, house.browser(ELSEWHERE))[-1] == 429


def lets_in(house: LimitedHouse, cookie: str) -> bool:
    """Return whether a browser with this cookie signs in where strangers have tried too often."""
    client = house.browser(ELSEWHERE)
    client.set_cookie(COOKIE, cookie)
    status = house.sign_in(client).status_code
    assert status in {303, 429}
    return status == 303


def cookie_of(client) -> str:
    return client.get_cookie(COOKIE).value


@pytest.fixture
def known(limited_house):
    """Return the cookie of a device that the owner was signed in from, after strangers tried too often."""
    cookie = cookie_of(limited_house.known_browser())
    shut(limited_house)
    return cookie


def test_a_known_device_signs_in_where_strangers_have_tried_too_often(limited_house, known):
    assert not lets_in(limited_house, "")
    assert lets_in(limited_house, known)


def test_the_cookie_is_its_own_long_lived_and_out_of_reach_of_scripts(limited_house):
    client = limited_house.browser()
    answer = limited_house.sign_in(client)
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if one.startswith(f"{COOKIE}=")]
    attributes = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Path=/", f"Max-Age={KNOWN_FOR.days * 86_400}"} <= attributes
    kept = cookie_of(client)
    limited_house.sign_out(client)
    assert cookie_of(client) == kept
    assert client.get("/account").status_code == 303, "it signs nobody in"


def test_the_cookie_names_nobody(known):
    assert OWNER.partition("@")[0] not in known
    assert set(known) <= set("0123456789abcdef-")


def forged(cookie: str, _house: LimitedHouse) -> str:
    until, device, _proof = cookie.split("-")
    return f"{until}-{device}-{'0' * 64}"


def prolonged(cookie: str, _house: LimitedHouse) -> str:
    until, device, proof = cookie.split("-")
    return f"{int(until, 16) + 1:08x}-{device}-{proof}"


def renamed(cookie: str, _house: LimitedHouse) -> str:
    until, device, proof = cookie.split("-")
    return f"{until}-{device[::-1]}-{proof}"


def of_another_account(_cookie: str, house: LimitedHouse) -> str:
    client = house.browser("192.0.2.1")
    house.send(client, "/signup", email="other@example.com", password=PASSWORD)
    return cookie_of(client)


def of_another_house(_cookie: str, house: LimitedHouse) -> str:
    with house.app.app_context(), database_of().reading() as session:
        reader = session.scalars(select(Reader)).one()
    return with_known_device("", reader, ("another secret" * 4,), clock.now())


def too_old(cookie: str, house: LimitedHouse) -> str:
    house.time.shift(KNOWN_FOR + timedelta(seconds=1))
    shut(house)
    return cookie


def after_a_password_change(cookie: str, house: LimitedHouse) -> str:
    client = house.browser("192.0.2.1")
    house.sign_in(client)
    for present, new in ((PASSWORD, "another long one of mine"), ("another long one of mine", PASSWORD)):
        assert house.send(client, "/account/password", "/account", present=present, password=new).status_code == 303
    return cookie


def after_recovery(cookie: str, house: LimitedHouse) -> str:
    with house.app.app_context(), database_of().writing() as session:
        token = make_mailed_token(session, session.scalars(select(Reader)).one(), Purpose.RECOVER, clock.now())
    answer = house.send(house.browser("192.0.2.1"), f"/recover/{token}", password="another long one of mine")
    assert answer.status_code == 303
    return cookie


def nonsense(_cookie: str, _house: LimitedHouse) -> str:
    return "." * 30 + "x-y-z"


@pytest.mark.parametrize(
    "bad",
    [
        *(forged, prolonged, renamed, of_another_account, of_another_house, too_old),
        *(after_a_password_change, after_recovery, nonsense),
    ],
)
def test_no_other_cookie_exempts_anybody(limited_house, known, bad):
    assert not lets_in(limited_house, bad(known, limited_house))


def test_who_changes_the_password_here_stays_known_here(limited_house):
    client, new = limited_house.browser(), "another long one of mine"
    limited_house.sign_in(client)
    limited_house.send(client, "/account/password", "/account", present=PASSWORD, password=new)
    limited_house.sign_out(client)
    shut(limited_house)
    client.environ_base["REMOTE_ADDR"] = ELSEWHERE
    assert limited_house.sign_in(client, new).status_code == 303


def test_a_known_device_has_waits_of_its_own(limited_house):
    client = limited_house.known_browser()
    assert limited_house.guess(FREE + 1, client) == [401] * FREE + [429]
    assert limited_house.guess(1, limited_house.browser(ELSEWHERE)) == [401]


def test_a_known_device_is_none_for_other_accounts(limited_house):
    client = limited_house.known_browser()
    assert limited_house.guess(FREE + 1, limited_house.browser(ELSEWHERE), NOBODY)[-1] == 429
    assert limited_house.guess(1, client, NOBODY) == [429]


def test_a_known_device_gets_its_link_where_strangers_ask_for_links(limited_house):
    client, stranger = limited_house.known_browser(), limited_house.browser(ELSEWHERE)
    for number in range(LINK_REQUESTS.at_once):
        limited_house.send(stranger, "/login/link", email=f"{number}@example.com")
    assert limited_house.send(stranger, "/login/link", email=OWNER).status_code == 429
    assert limited_house.send(client, "/login/link", email=OWNER).status_code == 303


def test_a_family_shares_a_browser(limited_house, database):
    client = limited_house.browser()
    for number in range(MOST_ACCOUNTS - 1):
        limited_house.send(client, "/signup", email=f"{number}@example.com", password=PASSWORD)
        limited_house.sign_out(client)
    for _ in range(3):  # the same account again is no further one
        limited_house.sign_in(client)
        limited_house.sign_out(client)
    assert cookie_of(client).count(".") == MOST_ACCOUNTS - 1
    with database.reading() as session:
        readers = session.scalars(select(Reader)).all()
    secrets = (str(limited_house.app.config["SECRET_KEY"]),)
    assert len({known_device(cookie_of(client), reader, secrets, clock.now()) for reader in readers} - {""}) == 5
    limited_house.send(client, "/signup", email="one@more.example", password=PASSWORD)
    left = [known_device(cookie_of(client), reader, secrets, clock.now()) for reader in readers]
    assert [bool(device) for device in left] == [True, False, True, True, True], "the one used longest ago goes"


def test_known_and_unknown_addresses_cost_the_same_work_with_a_cookie(limited_house, database):
    def work(email: str) -> list[str]:
        client, done = limited_house.browser("192.0.2.1"), []
        client.set_cookie(COOKIE, "0" * 8 + "-" + "0" * 32 + "-" + "0" * 64)
        form = {"email": email, "password": WRONG, "csrf_token": token_in(client.get("/login"))}

        def note(_connection, _cursor, statement, *_more):
            done.append(statement)

        event.listen(database.read_engine, "before_cursor_execute", note)
        assert client.post("/login", data=form).status_code == 401
        event.remove(database.read_engine, "before_cursor_execute", note)
        return done

    assert work(OWNER) == work(NOBODY)


def test_over_https_no_other_host_can_plant_one(instance):
    base_url = "https://reports.example.com"
    app = create_app(load_settings(instance=instance, secret_key="k" * 40, base_url=base_url, sign_up_seconds=0))
    client = app.test_client()
    form = {"email": OWNER, "password": PASSWORD, "csrf_token": token_in(client.get("/signup", base_url=base_url))}
    answer = client.post("/signup", data=form, base_url=base_url)
    (cookie,) = [one for one in answer.headers.getlist("Set-Cookie") if COOKIE in one]
    assert cookie.startswith(f"__Host-{COOKIE}=")
    assert "; Secure" in cookie
    with app.app_context():
        database_of().close()
