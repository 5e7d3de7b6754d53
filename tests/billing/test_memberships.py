"""What each reader holds, in one word: as it comes to be, as time changes it, and in the mode that counts."""

import pytest
from sqlalchemy import select

from tests.billing.scenarios.scene import DAY, Scene
from webapp.accounts.models import Membership, Reader
from webapp.billing.grants import grant_complimentary, revoke_complimentary, revoke_gift
from webapp.billing.memberships import reckon_membership, reckon_next_change, renew_memberships
from webapp.billing.models import GrantSource, HeldGrant, Plan, Revoked
from webapp.kit import clock
from webapp.kit.money import Money
from webapp.settings import Mode

NOW = clock.now()


@pytest.fixture
def scene(app, people, cashier, shelf):
    return Scene(app, people, cashier, shelf.put(price=Money(990, "cny")))


def word(scene):
    with scene.cashier.database.reading() as session:
        return session.scalars(select(Reader.membership).where(Reader.id == scene.reader_id)).one()


def write(scene, rule):
    return scene.cashier.database.write(rule)


def held(source, begins=-1, ends=1, revoked=None):
    ends_at = None if ends is None else NOW + DAY * ends
    return HeldGrant(None, source, NOW + DAY * begins, ends_at, revoked)


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([], Membership.NOTHING),
        ([held(GrantSource.SUBSCRIPTION)], Membership.PAID),
        ([held(GrantSource.PASS)], Membership.PAID),
        ([held(GrantSource.DOCUMENT, ends=None)], Membership.REPORT),
        ([held(GrantSource.COMPLIMENTARY)], Membership.COMPLIMENTARY),
        ([held(GrantSource.COMPLIMENTARY), held(GrantSource.DOCUMENT)], Membership.REPORT),
        ([held(GrantSource.PASS, ends=-1)], Membership.ENDED),
        ([held(GrantSource.PASS, revoked=Revoked.REFUNDED)], Membership.ENDED),
    ],
)
def test_the_first_word_that_is_true_is_told(grants, expected):
    assert reckon_membership(grants, [], NOW) is expected


def test_it_is_looked_at_again_when_the_next_thing_begins_or_ends():
    grants = [
        held(GrantSource.PASS, ends=3),
        held(GrantSource.PASS, begins=3, ends=5),
        held(GrantSource.DOCUMENT, ends=None),
    ]
    assert reckon_next_change(grants, NOW) == NOW + 3 * DAY
    assert reckon_next_change(grants, NOW + 4 * DAY) == NOW + 5 * DAY
    assert reckon_next_change(grants, NOW + 6 * DAY) is None
    assert reckon_next_change([held(GrantSource.PASS, revoked=Revoked.REFUNDED)], NOW) is None


def test_a_life_from_nothing_to_trial_to_failing_to_ended(scene):
    assert word(scene) is Membership.NOTHING

    def with_trial(session):
        session.scalars(select(Plan).where(Plan.code == "month")).one().trial_days = 7

    write(scene, with_trial)
    scene.bought("month", card_number="4000000000000341")
    assert word(scene) is Membership.TRIAL
    scene.pass_time(8 * DAY)
    scene.hear()
    assert word(scene) is Membership.FAILING
    scene.pass_time(60 * DAY)
    scene.hear()
    assert word(scene) is Membership.ENDED


def test_what_was_given_by_hand_shows_at_once_and_so_does_its_end(scene):
    write(scene, lambda session: grant_complimentary(session, scene.reader_id, None, 3, "", clock.now()))
    assert word(scene) is Membership.COMPLIMENTARY
    write(scene, lambda session: revoke_complimentary(session, scene.reader_id, None, clock.now()))
    assert word(scene) is Membership.ENDED


def test_time_ends_what_nobody_touched(scene):
    write(scene, lambda session: grant_complimentary(session, scene.reader_id, None, 3, "", clock.now()))
    database = scene.cashier.database
    assert renew_memberships(database, Mode.SANDBOX) == 0
    scene.pass_time(4 * DAY)
    assert renew_memberships(database, Mode.SANDBOX) == 1
    assert word(scene) is Membership.ENDED
    assert renew_memberships(database, Mode.SANDBOX) == 0


def test_in_another_mode_nothing_is_held_that_was_bought_in_this(scene):
    scene.bought("document")
    assert word(scene) is Membership.REPORT
    database = scene.cashier.database
    assert renew_memberships(database, Mode.LIVE) == 1
    assert word(scene) is Membership.NOTHING
    assert renew_memberships(database, Mode.SANDBOX) == 1
    assert word(scene) is Membership.REPORT


def test_one_gift_is_taken_back_once_and_nothing_that_was_bought(scene):
    scene.bought("document")
    (bought,) = scene.cashier.grants()
    gift = write(scene, lambda session: grant_complimentary(session, scene.reader_id, None, 3, "", clock.now()))
    over = write(scene, lambda session: grant_complimentary(session, scene.reader_id, None, 1, "", clock.now()))
    scene.pass_time(2 * DAY)
    now = clock.now()
    for reader_id, grant_id in ((scene.reader_id, bought.id), (scene.reader_id, over.id), (99, gift.id), (1, 99)):
        assert write(scene, lambda session, ids=(reader_id, grant_id): revoke_gift(session, *ids, now)) is None
    with scene.cashier.database.writing() as session:
        assert revoke_gift(session, scene.reader_id, gift.id, now).revoked is Revoked.BY_PUBLISHER
        assert revoke_gift(session, scene.reader_id, gift.id, now) is None
    assert word(scene) is Membership.REPORT
