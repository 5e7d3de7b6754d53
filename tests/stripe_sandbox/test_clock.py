"""The sandbox's own time."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from webapp.kit import clock
from webapp.stripe_sandbox import cached_setting
from webapp.stripe_sandbox.sandbox import Sandbox

NOON = datetime(2027, 3, 15, 12, tzinfo=UTC)
BASE_URL = "http://127.0.0.1:8000"


def test_it_begins_with_the_machines(sandbox):
    assert sandbox.clock_offset() == timedelta()


def test_moving_it_moves_everything_that_asks_the_time(shop, sandbox):
    with time_machine.travel(NOON, tick=False):
        sandbox.advance(timedelta(days=3, hours=2))
        sandbox.advance(timedelta(days=1))
        assert clock.now() == NOON + timedelta(days=4, hours=2)
        assert shop.customer().created == clock.now().timestamp()


def test_it_never_goes_back(sandbox):
    with pytest.raises(ValueError, match="forward"):
        sandbox.advance(timedelta(seconds=-1))


def test_it_is_the_same_after_a_restart(sandbox, file):
    sandbox.advance(timedelta(days=3))
    sandbox.close()
    again = Sandbox(file, BASE_URL)
    assert again.clock_offset() == timedelta(days=3)
    again.close()


def test_another_process_sees_it_as_soon_as_it_looks_again(sandbox, file, monkeypatch):
    other = Sandbox(file, BASE_URL)
    assert other.clock_offset() == timedelta()
    sandbox.advance(timedelta(days=3))
    monkeypatch.setattr(cached_setting, "FRESH_SECONDS", 0)
    assert other.clock_offset() == timedelta(days=3)
    other.close()


def test_within_a_second_the_file_is_not_asked_again(sandbox, monkeypatch):
    sandbox.clock_offset()
    monkeypatch.setattr(sandbox.store, "reading", lambda: pytest.fail("the file was asked"))
    assert [sandbox.clock_offset() for _ in range(3)] == [timedelta()] * 3


def test_what_falls_due_in_a_long_leap_happens_in_its_order(shop, sandbox):
    with time_machine.travel(NOON, tick=False):
        now = int(clock.now().timestamp())
        later = shop.pass_session(expires_at=now + 7200)
        sooner = shop.pass_session(expires_at=now + 3600)
        sandbox.advance(timedelta(days=1))
        expired = shop.events(type="checkout.session.expired")
    assert [event.data.object["id"] for event in expired] == [sooner.id, later.id]
    assert [event.created for event in expired] == [now + 3600, now + 7200]


def test_the_secret_is_made_once(sandbox, file):
    again = Sandbox(file, BASE_URL)
    assert again.webhook_secret == sandbox.webhook_secret
    assert sandbox.webhook_secret.startswith("whsec_")
    again.close()
