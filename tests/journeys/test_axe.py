"""axe finds nothing to object to: on every page, for a visitor, a subscriber and a publisher, in looks and languages.

Every route is asked (tests/surface/ways.py says how); what answers with a page is looked at. What only comes up on the
way, a declined card, a portal, a mail, is brought up by hand.
"""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.factories.authenticator import Authenticator
from tests.factories.people import PASSWORD
from tests.factories.showroom import NEWCOMER, PUBLISHER, REPORT, SUBSCRIBER
from tests.journeys.conftest import slug_in
from tests.journeys.examining import LOOKS, RULES, Examiner
from tests.journeys.readers import cookies_of
from tests.surface.ways import WAYS
from webapp import create_app
from webapp.accounts.mailed_tokens import Purpose, make_mailed_token
from webapp.accounts.registration import find_reader
from webapp.kit import clock
from webapp.kit.database import Database
from webapp.kit.email_queue import Email
from webapp.kit.http import database
from webapp.kit.money import Money
from webapp.kit.templating import email_renderer
from webapp.settings import load_settings

AGAIN = ("/", f"/d/{REPORT}")  # pages that a visitor sees, too, but that look otherwise to who is signed in
PLACES = {
    "slug": REPORT,
    "tag": "图书馆",
    "year": "2026",
    "after": "",
    "token": "unknown",
    "paid": "没有这样的词",
    "public": "图书馆",
    "public_image": "unknown.png",
    "paid_image": "unknown.png",
}


@pytest.fixture(scope="module")
def ways(showroom) -> dict[str, str]:
    """Return the first way to call each route."""
    app = create_app(load_settings(instance=showroom.instance))
    with app.app_context():
        database().close()
    getting = [rule for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())]
    first = {rule.endpoint: WAYS[rule.endpoint][0].format(**PLACES) for rule in getting}
    del first["sandbox_mail.mail_as_html"]  # a mail, and no page: test_mails looks at each
    return first


@pytest.fixture(scope="module")
def examiner(chromium, shown):
    """Return an examiner for a reader, or for a visitor."""

    def make(reader: str | None = None) -> Examiner:
        return Examiner(chromium, shown.address, cookies_of(chromium, shown.address, reader) if reader else None)

    return make


@pytest.fixture(scope="module")
def public(examiner, ways):
    return examiner().pages(ways)


@pytest.fixture(scope="module")
def subscribers(examiner, ways):
    return examiner(SUBSCRIBER).pages(ways)


def told(examiner: Examiner) -> str:
    return "\n" + "\n".join(sorted(set(examiner.found)))


def test_what_visitors_see(examiner, public):
    visitor = examiner()
    others = ["/d/no-such-report", "/search?q=没有这样的词", "/d/river-freight-in-2026-what-low-water-cost-the-velm"]
    others += ["/terms", "/d/2026年城市阅读市场观察"]  # the latter with passages for payers inside its sentences
    visitor.look_at_all([*public.values(), *others])
    assert visitor.seen >= 15 * len(LOOKS)
    assert not visitor.found, told(visitor)


def test_what_a_subscriber_sees(examiner, public, subscribers):
    subscriber = examiner(SUBSCRIBER)
    own = [path for route, path in subscribers.items() if route not in public or path in AGAIN]
    assert len(own) > len(AGAIN)
    subscriber.look_at_all(own)
    assert not subscriber.found, told(subscriber)


def test_what_a_publisher_sees(examiner, ways, subscribers):
    publisher = examiner(PUBLISHER)
    own = [path for route, path in publisher.pages(ways).items() if route not in subscribers or path in AGAIN]
    publisher.look_at_all(own)
    assert publisher.seen >= len(AGAIN) * len(LOOKS)
    assert not publisher.found, told(publisher)


@pytest.mark.parametrize("look", LOOKS[:2], ids=str)
def test_what_comes_up_on_the_way(examiner, look):
    newcomer, stranger, payer = examiner(NEWCOMER), examiner(), examiner(SUBSCRIBER)
    with stranger.looking(look) as page:
        for path in ("/login", "/signup"):
            page.goto(path)
            page.fill('input[name="email"]', SUBSCRIBER)
            page.fill('input[name="password"]', "not the password")
            page.locator("main form button").click()
            page.locator('[role="alert"]').wait_for()
            stranger.judge(page, f"{path} refused", look)
    with newcomer.looking(look) as page:
        page.goto(f"/checkout?plan=month&document={REPORT}")
        newcomer.judge(page, "order", look)
        page.locator('form[action="/checkout"] button').click()
        page.wait_for_url("**/sandbox/checkout/**")
        newcomer.judge(page, "sandbox", look)
        page.fill('input[name="card_number"]', "4000 0000 0000 0002")
        page.fill('input[name="expiry"]', "12/34")
        page.fill('input[name="cvc"]', "123")
        page.locator("form.pay button").last.click()
        page.locator('[role="alert"]').wait_for()
        newcomer.judge(page, "card refused", look)
        page.goto(f"/checkout/return?session_id={page.url.rpartition('/')[2]}")
        newcomer.judge(page, "waiting", look)
    with payer.looking(look) as page:
        page.goto("/account/plan")
        page.locator('form[action="/billing/portal"] button').first.click()
        page.wait_for_url("**/sandbox/portal/**")
        payer.judge(page, "portal", look)
    found = stranger.found + newcomer.found + payer.found
    assert stranger.seen + newcomer.seen + payer.seen == 7
    assert not found, "\n" + "\n".join(found)


def mailed_token(instance, email: str, purpose: Purpose) -> str:
    """Return the token of a link that has just been mailed."""
    served = Database(load_settings(instance=instance).database)
    with served.writing() as session:
        token = make_mailed_token(session, find_reader(session, email), purpose, clock.now())
    served.close()
    return token


@pytest.mark.parametrize("look", LOOKS[:2], ids=str)
def test_what_mailed_links_lead_to(examiner, shown, look):
    visitor, somebody_else = examiner(), examiner(NEWCOMER)
    address = urlsplit(shown.run("user", "recover", SUBSCRIBER).strip()).path
    sign_in = f"/login/link/{mailed_token(shown.instance, SUBSCRIBER, Purpose.SIGN_IN)}"
    confirm = f"/confirm/{mailed_token(shown.instance, SUBSCRIBER, Purpose.CONFIRM)}"
    with visitor.looking(look) as page:
        for path in ("/recover?sent=1", address, "/recover/unknown", "/login/link?sent=1", sign_in, confirm):
            page.goto(path)
            visitor.judge(page, path, look)
    with somebody_else.looking(look) as page:
        page.goto(address)
        somebody_else.judge(page, "a link of somebody else", look)
    assert visitor.seen + somebody_else.seen == 7
    assert not visitor.found + somebody_else.found, told(visitor) + told(somebody_else)


@pytest.mark.parametrize("look", LOOKS[:2], ids=str)
def test_two_step_sign_in(examiner, look):
    newcomer = examiner(NEWCOMER)
    with newcomer.looking(look) as page:
        page.goto("/account/second-factor")
        page.fill('input[name="present"]', PASSWORD)
        page.locator("main .panel button").click()
        page.locator(".qr").wait_for()
        newcomer.judge(page, "key", look)
        phone = Authenticator(page.inner_text("code.secret").replace(" ", ""))
        page.fill('input[name="code"]', phone.code())
        page.locator("main .panel button").click()
        page.locator(".recovery-codes").wait_for()
        newcomer.judge(page, "recovery codes", look)
        phone.recovery_codes = page.locator(".recovery-codes code").all_inner_texts()
        page.goto("/account/second-factor")
        newcomer.judge(page, "on", look)
    waiting = examiner()
    with waiting.looking(look) as page:
        page.goto("/login")
        page.fill('input[name="email"]', NEWCOMER)
        page.fill('input[name="password"]', PASSWORD)
        page.locator("main form button").click()
        page.wait_for_url("**/login/second-factor**")
        waiting.judge(page, "second step", look)
        page.fill('input[name="code"]', "x")
        page.locator("main form button").click()
        page.locator('[role="alert"]').wait_for()
        waiting.judge(page, "wrong code", look)
    with newcomer.looking(look) as page:
        page.goto("/account/second-factor")
        page.fill('input[name="present"]', PASSWORD)
        page.fill('input[name="code"]', phone.recovery_codes[0])
        page.locator('[formaction$="/remove"]').click()
        page.locator('[role="status"]').wait_for()
    assert newcomer.seen + waiting.seen == 5
    assert not newcomer.found + waiting.found, told(newcomer) + told(waiting)


def test_the_wait_for_a_long_file(examiner, shown, tmp_path):
    """In one look: what is asked for a second time may be there already."""
    report = tmp_path / "long.txt"
    report.write_text("很长的报告\n" + "这是很长的一段。" * 5_200, "utf-8")
    visitor, slug = examiner(), slug_in(shown.run("import", str(report), "--publish"))
    with visitor.looking(LOOKS[1]) as page:
        answer = page.goto(f"/d/{slug}.pdf")
        assert answer.status == 202
        visitor.judge(page, "waiting for a file", LOOKS[1])
    assert not visitor.found, told(visitor)


# Headings that leave a level out, several gates, and what is too wide for a phone.
AWKWARD_TEXT = """难以排版的报告
一、基本情况
（一）资金安排。全年安排养护资金4.2亿元。
1. 市级财政安排；
2. 区县##paidbegin##配套
（1）东河区缺口；
##paidend##
1. 又一个付费处之后；
##paidbegin##
二、付费的一节
（1）付费的一点
##paidend##
二、附则
1. 本报告自印发之日起施行。
"""
AWKWARD_MARKDOWN = """# Figures that need room

## Figures

| Class of vessel | Incomprehensibilities | Disproportionateness | Counterrevolutionaries | Cost in euros |
|---|---|---|---|---|
| Coaster | 11 | 12 | 13 | ##paidbegin##14##paidend## |

```
for incomprehensibility in range(disproportionateness): print(incomprehensibility, disproportionateness)
```

#### A heading that leaves a level out
"""


@pytest.fixture(scope="module")
def awkward(shown, tmp_path_factory):
    folder = tmp_path_factory.mktemp("awkward")
    (folder / "text.txt").write_text(AWKWARD_TEXT, "utf-8")
    (folder / "figures.md").write_text(AWKWARD_MARKDOWN, "utf-8")
    return [f"/d/{slug_in(line)}" for line in shown.run("import", str(folder), "--publish").splitlines()]


@pytest.mark.parametrize("look", LOOKS, ids=str)
def test_texts_that_are_hard_to_set(examiner, awkward, look):
    """In the largest letters: what goes over the edge of a phone is still reached."""
    visitor, subscriber = examiner(), examiner(SUBSCRIBER)
    for reader in (visitor, subscriber):
        reader.look_at_all(awkward, (replace(look, size="largest"),))
    assert visitor.seen == subscriber.seen == len(("text", "figures"))
    found = visitor.found + subscriber.found
    assert not found, "\n" + "\n".join(found)


DAY = datetime(2026, 3, 1, tzinfo=UTC)
PRICE = Money(2500, "cny")
BOUGHT = {"number": 7, "kind": "document", "title": REPORT, "days": None, "paid": PRICE}
MAILS = {
    "receipt": BOUGHT | {"paid_at": DAY, "period_ends_at": None},
    "refunded": BOUGHT | {"given_back": PRICE},
    "payment_failed": {"kind": "month", "owed": PRICE, "reads_until": DAY},
    "trial_ending": {"kind": "month", "trial_ends_at": DAY, "price": PRICE},
    "ended": {"kind": "month", "ended_at": DAY},
    "alert": {"sentence": "A payment is disputed (%(about)s).", "about": "dp_1"},
    "recover": {"token": "0" * 64},
    "sign_in_link": {"token": "0" * 64},
    "confirm_address": {"token": "0" * 64},
    "recovered": {"recovered_at": DAY},
    "sign_up": {"token": "0" * 64, "target": "/d/report"},
    "change_address": {"token": "0" * 64},
    "address_changed": {"token": "0" * 64, "changed_at": DAY},
    "address_in_use": {"signing_up": True},
    "account_closed": {"closed_at": DAY},
    "accounts_merged": {"into": SUBSCRIBER, "merged_at": DAY},
    "new_device": {"signed_in_at": DAY, "browser": "Firefox", "system": "Windows"},
    "second_factor": {"change": "recovery-code", "changed_at": DAY, "left": 9},
    "edition_kept": {"slug": "2026-annual-report"},
}


@pytest.mark.parametrize("look", LOOKS[:2], ids=str)
def test_mails(examiner, app, look):
    """What a mail program shows is no page, so it is held to WCAG, and not to what is best for pages."""
    reader = examiner()
    reader.rules = RULES[:-1]
    write = email_renderer(app)
    with reader.looking(look) as page:
        for message, content in MAILS.items():
            page.set_content(write(Email(message, message, SUBSCRIBER, look.language, content)).html)
            reader.judge(page, message, look)
    assert not reader.found, told(reader)


def test_every_mail_is_looked_at(app):
    folders = {path.parent.name for path in Path(app.template_folder, "email").glob("*/body.html")}
    assert folders == MAILS.keys()


def test_the_examiner_is_not_blind(examiner):
    visitor = examiner()
    with visitor.looking(LOOKS[0]) as page:
        page.set_content('<main><p style="color:#ccc;background:#fff">pale</p><img src="x.png"></main>')
        visitor.judge(page, "bad", LOOKS[0])
    rules = {line.split(": ")[1] for line in visitor.found}
    assert {"color-contrast", "image-alt", "html-has-lang", "page-has-heading-one"} <= rules
