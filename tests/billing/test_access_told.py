"""What a reader may read and why, and what a refund does to it, said in sentences, in both languages."""

import re

import pytest
from sqlalchemy import select

from tests.billing.scenarios.scene import DAY, Scene, shown
from webapp.accounts.leaving import erase_reader
from webapp.accounts.models import Reader, Role
from webapp.billing.access_told import tell_access, tell_end, tell_grants, tell_scope, tell_source
from webapp.billing.account_overview import get_plan_overview
from webapp.billing.grants import grant_complimentary
from webapp.billing.models import Grant, GrantSource, Plan, PlanKind, Receipt, Revoked
from webapp.billing.publisher_refunds import RefundPlan, find_receipt, plan_refund
from webapp.billing.refund_preview import AccessChange, preview_refund
from webapp.billing.refund_told import tell_refund
from webapp.kit import clock
from webapp.kit.money import Money
from webapp.settings import Mode


@pytest.fixture
def scene(app, people, cashier, shelf):
    return Scene(app, people, cashier, shelf.put(price=Money(990, "cny")))


def told(scene, language="en"):
    with scene.app.test_request_context("/", headers={"Accept-Language": language}):
        with scene.cashier.database.reading() as session:
            overview = get_plan_overview(session, scene.reader_id, Mode.SANDBOX)
            reader = session.get_one(Reader, scene.reader_id)
        return tell_access(reader, overview, titles(scene))


def titles(scene):
    return {scene.document.id: scene.document.title}


def refund_told(scene, number, amount=None, language="en"):
    billing = scene.cashier.billing
    plan = plan_refund(billing, find_receipt(billing, str(number)), amount)
    with scene.app.test_request_context("/", headers={"Accept-Language": language}):
        with billing.database.reading() as session:
            change = preview_refund(session, billing, plan)
        return tell_refund(plan, change, titles(scene))


def day(moment):
    return shown(moment)


def test_who_holds_nothing_reads_previews(scene):
    assert told(scene) == ["Reads previews only: nothing that was bought or given opens anything now."]
    assert told(scene, "zh-CN") == ["只能读预览：目前没有任何购买或赠阅的内容可读。"]


def test_a_year_reads_on_until_it_is_cancelled(scene):
    scene.bought("year")
    begun = clock.now()
    (said,) = told(scene)
    assert said.startswith(f"Reads everything because of the yearly subscription that began on {day(begun)}; it renews")
    (said,) = told(scene, "zh-CN")
    assert re.fullmatch(r"可读全部报告，依据是\d{4}年\d+月\d+日开始的年度订阅；将于\d{4}年\d+月\d+日续订。", said)
    scene.go_to_the_portal()
    scene.in_the_portal("cancel", subscription=scene.subscription["id"])
    scene.hear()
    (said,) = told(scene)
    assert said.startswith("Reads everything until ")
    assert said.endswith("It does not renew.")


def test_a_trial_says_from_when_it_is_charged_and_a_failed_bill_until_when_it_reads(scene):
    def with_trial(session):
        session.scalars(select(Plan).where(Plan.code == "month")).one().trial_days = 7

    scene.cashier.database.write(with_trial)
    scene.bought("month", card_number="4000000000000341")
    (said,) = told(scene)
    assert said == (
        f"Reads everything on trial because of the monthly subscription that began on {day(clock.now())}; "
        f"it is charged from {day(clock.now() + 7 * DAY)}."
    )
    scene.pass_time(8 * DAY)
    scene.hear()
    (said,) = told(scene)
    assert said.startswith("Its last bill is open: reads everything until ")
    scene.pass_time(20 * DAY)
    scene.hear()
    assert told(scene) != [said]


def test_passes_documents_and_gifts_say_so(scene):
    scene.bought("pass")
    scene.bought("pass", warned=True)
    scene.bought("document", warned=True)

    def give(session):
        grant_complimentary(session, scene.reader_id, scene.document.id, 3, "", clock.now())
        grant_complimentary(session, scene.reader_id, None, None, "a friend <b>", clock.now())

    scene.cashier.database.write(give)
    title, today = scene.document.title, day(clock.now())
    bought, given, lent, running, coming = told(scene)
    assert bought == f"Reads “{title}” for good because it was bought on {today}."
    assert given == (
        f"Reads everything without an end because it was given by hand on {today}. The reason: a friend <b>"
    )
    assert lent == f"Reads “{title}” until {day(clock.now() + 3 * DAY)} because it was given by hand on {today}."
    assert running.startswith("Reads everything until ")
    assert running.endswith(f"because of a pass that began on {today}.")
    assert coming.startswith("Will read everything from ")


def test_who_is_of_the_house_reads_everything_and_who_is_barred_nothing(scene):
    def become(**fields):
        def rule(session):
            for name, value in fields.items():
                setattr(session.get_one(Reader, scene.reader_id), name, value)

        scene.cashier.database.write(rule)

    for role in Role:
        become(role=role)
        assert ("Reads everything, as a" in told(scene)[0]) == (role is not Role.READER)
    become(disabled_at=clock.now())
    assert "is disabled since" in told(scene)[0]
    become(closing_at=clock.now())
    assert "is closing since" in told(scene)[0]
    scene.cashier.database.write(lambda session: erase_reader(session.get_one(Reader, scene.reader_id), clock.now()))
    assert "was erased on" in told(scene)[0]


def test_what_is_not_paid_yet_or_paused_says_so(scene):
    scene.bought("document", method="alipay")
    scene.bought("month", warned=True)
    (receipt,) = [one for one in scene.receipts() if one.kind is PlanKind.MONTH]
    scene.stripe.subscriptions.update(scene.subscription["id"], {"pause_collection": {"behavior": "void"}})
    scene.hear()
    assert any("opens nothing at present, since it is paused" in said for said in told(scene))
    assert receipt.amount


@pytest.mark.parametrize("revoked", [None, *Revoked])
def test_why_something_ended_is_said(app, revoked):
    grant = Grant(source=GrantSource.PASS, document_id=None, starts_at=clock.now(), revoked=revoked)
    with app.test_request_context("/"):
        assert tell_end(grant)


def test_what_follows_from_what_is_said_in_a_word(app):
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        words = [tell_source(Grant(source=source)) for source in GrantSource]
        kinds = [tell_source(Grant(source=GrantSource.SUBSCRIPTION), kind) for kind in (PlanKind.YEAR, PlanKind.MONTH)]
        assert words == ["Subscription", "Pass", "Bought", "Given by hand"]
        assert kinds == ["Yearly subscription", "Monthly subscription"]
        assert tell_scope(Grant(document_id=9), {}) == "“”"
        running = Grant(source=GrantSource.SUBSCRIPTION, source_id="s", starts_at=clock.now(), ends_at=clock.now())
        assert "because of a subscription that began on" in tell_grants([running], {})[0]


def test_a_refund_says_what_goes_back_what_closes_and_what_is_left(scene):
    scene.bought("document")
    title = scene.document.title
    said = refund_told(scene, 1)
    assert said.effects == [
        "CN¥9.90 go back to reader@example.com, the way they were paid.",
        f"Closes at once: “{title}”.",
    ]
    assert said.left == []
    said = refund_told(scene, 1, Money(100, "cny"))
    assert said.effects[1] == "Access stays as it is."
    assert said.left == [f"Reads “{title}” for good because it was bought on {day(clock.now())}."]
    assert refund_told(scene, 1, language="zh-CN").effects[1] == f"立即关闭：《{title}》。"


def test_a_refund_of_a_subscription_says_when_it_ends(scene):
    scene.bought("month")
    assert refund_told(scene, 1).effects[1] == (
        "Reading everything ends at once. The subscription is cancelled and not charged again."
    )
    scene.pass_time(32 * DAY)
    scene.hear()
    assert refund_told(scene, 1).effects[1] == "Access stays as it is."
    assert "ends at once" in refund_told(scene, 2).effects[1]


def test_a_pass_that_waited_moves_up(scene):
    scene.bought("pass")
    scene.pass_time(DAY)
    scene.bought("pass", warned=True)
    said = refund_told(scene, 1)
    assert said.effects[1] == "Closes at once: everything."
    assert said.effects[2].startswith("A pass that waited for this one moves up, and ends on ")
    assert len(said.left) == 1


def test_a_refund_that_leaves_paid_time_says_until_when(app):
    ends_at = clock.now() + 9 * DAY
    plan = RefundPlan(Receipt(), "pi_1", "reader@example.com", Money(2500, "cny"), 0, closes=False, ends_at=ends_at)
    with app.test_request_context("/", headers={"Accept-Language": "en"}):
        told = tell_refund(plan, AccessChange((), ()), {})
    assert told.effects[1].startswith(f"Everything stays open until {day(ends_at)}, which was paid for besides.")
