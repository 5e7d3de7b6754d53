import pytest

from webapp.kit import randomness
from webapp.observability import scrubbing
from webapp.observability.scrubbing import keep_secret, scrub
from webapp.settings import load_settings


@pytest.fixture(autouse=True)
def known_to_this_test_alone(monkeypatch):
    monkeypatch.setattr(scrubbing._Known, "secrets", None)


@pytest.mark.parametrize(
    ("line", "scrubbed"),
    [
        ("550 <wang@example.com>: no such user", "550 <[e-mail]>: no such user"),
        ("Key (email_key)=(王@例子.中国) already exists", "Key (email_key)=([e-mail]) already exists"),
        ("cannot connect to postgresql://me:pass@db/paidspan", "cannot connect to [e-mail]/paidspan"),
        ("from 192.0.2.7, 2001:db8::1 and ::ffff:192.0.2.1", "from [address], [address] and [address]"),
        ("client 192.0.2.7:4711 left", "client [address]:4711 left"),
        ("invalid key sk_live_abcDEF123 given, whsec_xyz too", "invalid key [secret] given, [secret] too"),
        ("GET /search?q=secret&page=2 HTTP/1.1", "GET /search?[query] HTTP/1.1"),
        ("/recover/" + "0123456789abcdef" * 4, "/recover/[token]"),
        ("Authorization: Bearer abc.def", "Authorization: Bearer [secret]"),
        ("paid with 4242 4242 4242 4242", "paid with [number]"),
        ("session .eJwlzjEOwzAIAMC_MHfAYIzJZ6oYsNo1aaaq_9KX7zzEtHLzH81yg7SrQ", "session [token]"),
    ],
)
def test_what_looks_like_a_secret_is_taken_out(line, scrubbed):
    assert scrub(line) == scrubbed


@pytest.mark.parametrize(
    "line",
    [
        "events that cannot be dealt with: ['evt_1MqqbKLt4dXK03v5qaIbiNCC']",
        "reconciled: 3 grants were not as Stripe has it, and are now",
        "silent since 2026-11-30 21:04:05 UTC",
        "12:30:45 it began; version 3.11.7",
        "stripe refuses: No such price (request req_8Zsq3hXk2mLpQa)",
        "why? because",
        "Exception on /d/<slug>/pdf/<path:filename> [GET]",
        "webapp.observability.metrics_text.ObservedMetricsWithAVeryLongName",
    ],
)
def test_what_an_operator_needs_stays(line):
    assert scrub(line) == line


def test_what_the_settings_keep_secret_is_taken_out_wherever_it_stands(instance):
    given = {
        "secret_key": "Zp0vQm3Xk8sT5yBn2Lw7Rc1Jf6Hd9Ga4",
        "mail_url": "smtp://me:pass%2Fword%20here@mail.example.com:587",
        "redis_url": "redis://:redis-password@cache",
        "metrics_token": "sixteen or more characters",
        "sentry_dsn": "https://0sentrykey0@o1.ingest.sentry.io/2",
    }
    keep_secret(load_settings(instance=instance, **given), "of a file, long")
    shown = ["pass%2Fword%20here", "pass/word here", "redis-password", "0sentrykey0", "of a file, long"]
    for secret in [given["secret_key"], given["metrics_token"], *shown]:
        assert scrub(f"a={secret}b") == "a=[secret]b"


def test_tokens_of_ours_are_seen():
    for _ in range(50):
        assert scrub(f"/x/{randomness.token()}") == "/x/[token]"
