"""What of a request is counted: a site's name, and whether a program asks. Nothing by which anybody could be known."""

import pytest
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

from webapp.reading_figures.visits import OWN_SITE, is_robot, site_of, visit_of

PHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 "
    "MicroMessenger/8.0.49(0x18003137) NetType/WIFI Language/zh_CN"
)
PEOPLE = (
    PHONE,
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
    "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0",
    "Mozilla/5.0 (Linux; Android 12; CUBOT NOTE 20) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Mobile",
    "Mozilla/5.0 (Windows NT 10.0; WOW64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/86.0 QQBrowser/11",
)


@pytest.mark.parametrize(
    ("referrer", "site"),
    [
        ("", ""),
        ("https://www.zhihu.com/question/1?utm=a#x", "zhihu.com"),
        ("https://News.Example.COM:8443/a@b", "news.example.com"),
        ("http://xn--fiqs8s.xn--fiqs8s/", "xn--fiqs8s.xn--fiqs8s"),
        ("https://reports.example/d/one", OWN_SITE),
        ("https://someone:secret@mail.example/inbox/7", "mail.example"),
        ("https://192.0.2.7/", ""),  # somebody's machine
        ("http://[2001:db8::1]/", ""),
        ("http://intranet/", ""),
        ("https://a." + "b" * 60 + ".example/", ""),
        ("https://ex ample.com/", ""),
        ("android-app://com.google.android.gm/", ""),
        ("javascript:alert(1)", ""),
        ("https://[oops", ""),
        ("https://=cmd.example/", ""),
        ("https://\N{FULLWIDTH LATIN SMALL LETTER A}.example/", ""),
    ],
)
def test_of_an_address_only_the_name_of_its_site_is_left(referrer, site):
    assert site_of(referrer, "reports.example") == site


@pytest.mark.parametrize("agent", PEOPLE)
def test_browsers_of_people_are_no_robots(agent):
    assert not is_robot(agent)


@pytest.mark.parametrize("agent", ["", "curl/8.0", "python-requests/2.32", "Mozilla/5.0 (compatible; Googlebot/2.1)"])
def test_programs_are_robots(agent):
    assert is_robot(agent)


@pytest.mark.parametrize(
    "name",
    ["Bytespider", "ChatGPT-User", "anthropic-ai", "cohere-ai", "facebookexternalhit/1.1"],
)
def test_those_without_bot_in_their_name_too(name):
    """Views were counted of them as of readers: forem/forem#23335."""
    assert is_robot(f"Mozilla/5.0 (compatible; {name}; +https://example.com)")


def test_the_well_known_ones_are_told_apart():
    named = [agent for entry in CRAWLER_USER_AGENTS_DATA for agent in entry["instances"]]
    assert len(named) > 1500
    assert [agent for agent in named if not is_robot(agent)] == []


def test_what_is_fetched_ahead_is_no_visit_yet():
    assert visit_of("", PHONE, "prefetch;prerender", "").ahead
    assert not visit_of("", PHONE, "", "").ahead
