"""What the account page says of a subscription that will end (scenario 26)."""

from datetime import UTC, datetime, timedelta

from tests.billing.scenarios.scene import DAY, shown


def test_26_cancelled_in_the_portal_says_when_it_ends_and_opens_until_then(scene):
    scene.bought("month")
    scene.in_the_portal("cancel", subscription=scene.subscription["id"])
    scene.hear()
    subscription = scene.subscription
    assert subscription["cancel_at_period_end"] is False
    ends_at = datetime.fromtimestamp(subscription["cancel_at"], UTC)
    page = scene.page()
    assert f"until {shown(ends_at)}" in page
    assert "Renews on" not in page
    scene.wait_until(ends_at - timedelta(seconds=2))
    assert scene.reads()
    scene.pass_time(timedelta(seconds=2))
    assert not scene.reads(), "at its own second, without the slack of one that renews"
    scene.hear()
    assert not scene.reads()
    assert "Your access has ended." in scene.gate()


def test_26_taken_back_in_the_portal_it_goes_on(scene):
    scene.bought("month")
    held = scene.subscription["id"]
    scene.in_the_portal("cancel", subscription=held)
    scene.hear()
    scene.in_the_portal("resume", subscription=held)
    scene.hear()
    scene.pass_time(32 * DAY)
    scene.hear()
    assert scene.reads()
