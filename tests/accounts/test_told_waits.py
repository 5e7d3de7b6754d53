"""Who tries too early is told how long to wait: truly, to the second, and without telling whose address it is."""

from datetime import timedelta

import pytest

from tests.accounts.limited_house import ELSEWHERE, FREE, NOBODY, OWNER, STRANGER, WRONG
from tests.factories.people import PASSWORD, token_in
from webapp.accounts.password_limits import LINK_REQUESTS, SIGN_UPS, WRONG_SIGN_INS
from webapp.kit.errors import TooManyTriesError

FORMS = {
    "sign-in": ("/login", {"email": OWNER, "password": WRONG}, FREE),
    "sign-in at many": ("/login", {"email": "{}@example.com", "password": WRONG}, WRONG_SIGN_INS.at_once),
    "sign-up": ("/signup", {"email": OWNER, "password": PASSWORD}, SIGN_UPS.at_once),
    "recovery": ("/recover", {"email": OWNER}, LINK_REQUESTS.at_once),
    "sign-in link": ("/login/link", {"email": OWNER}, LINK_REQUESTS.at_once),
}


@pytest.mark.parametrize(("path", "form", "often"), FORMS.values(), ids=FORMS)
def test_the_wait_that_is_told_is_the_wait_there_is(limited_house, path, form, often):
    """alisaifee/flask-limiter#62: who waited as long as was told was told to wait again."""
    client = limited_house.browser()

    def sent(number):
        return limited_house.send(client, path, **{name: value.format(number) for name, value in form.items()})

    assert 429 not in {sent(number).status_code for number in range(often)}
    limited_house.time.shift(timedelta(milliseconds=300))  # a wait need not be whole seconds
    refused = sent(often)
    assert refused.status_code == 429
    seconds = int(refused.headers["Retry-After"])
    minutes, rest = divmod(seconds, 60)
    told = f"{seconds} seconds" if seconds < 120 else f"{minutes} min {rest} s" if rest else f"{minutes} minutes"
    assert f"Please wait {told}, then try again." in refused.text
    limited_house.time.shift(timedelta(seconds=seconds - 1))
    assert sent(often).status_code == 429
    limited_house.time.shift(timedelta(seconds=1))
    assert sent(often).status_code != 429


@pytest.mark.parametrize("seconds", [1, 119, 120, 121, 3600])
def test_a_page_tells_the_wait_to_the_second(limited_house, seconds):
    told = {1: "a second", 119: "119 seconds", 120: "2 minutes", 121: "2 min 1 s", 3600: "60 minutes"}[seconds]
    limited_house.app.add_url_rule("/early", "early", lambda: (_ for _ in ()).throw(TooManyTriesError(seconds)))
    answer = limited_house.browser().get("/early")
    assert f"Please wait {told}, then try again." in answer.text
    assert answer.headers["Retry-After"] == str(seconds)


@pytest.mark.parametrize("path", ["/login", "/recover", "/login/link"])
def test_known_and_unknown_addresses_are_told_the_same_when_it_is_too_often(limited_house, path):
    answers = []
    for place, email in ((STRANGER, OWNER), (ELSEWHERE, NOBODY)):
        client = limited_house.browser(place)
        for _ in range(20):
            answer = limited_house.send(client, path, email=email, password=WRONG)
        body = answer.text.replace(email, "").replace(token_in(answer), "")
        answers.append((answer.status_code, sorted(answer.headers.keys()), answer.headers["Retry-After"], body))
    assert answers[0] == answers[1]
    assert answers[0][0] == 429


def test_a_form_that_is_refused_keeps_the_address_and_shows_the_other_ways(limited_house):
    limited_house.guess(FREE)
    page = limited_house.sign_in(limited_house.browser(), WRONG)
    assert f'value="{OWNER}"' in page.text
    assert "/login/link" in page.text
