"""What happens to hosts, while others read; each scenario says in a line what came of it."""

import re
import signal
import time
from collections.abc import Callable
from io import BytesIO
from pathlib import Path

import requests
from PIL import Image
from sqlalchemy import select, text

from tests.cluster.installation import Application, Browser, Installation
from tests.cluster.load import Load, Tally
from tests.cluster.shared_servers import wait_until
from tests.operations.rolling_upgrade import ROOT
from webapp.billing.models import Purchase
from webapp.documents.models import Document
from webapp.kit.database import Database
from webapp.library.models import Bookmark

PASSWORD = "long enough a password"
PAID, PUBLIC = "只给付费的人看", "大家都能看"
TAKEN_OVER = 15.0  # seconds until another host's worker works (design)
SOON = 1.0  # seconds until a publication shows everywhere
BESIDE = 4.0  # seconds in which both versions are asked
REDIS_GONE = 30.0  # seconds
CUT_OFF = 15.0  # seconds
TOLD_WITHIN = 6.0  # seconds until who asks is told that the database does not answer
_CARD = {"method": "card", "card_number": "4242424242424242", "expiry": "12/34", "cvc": "123"}


class Stage:
    """An installation with documents and readers, on which scenarios are played while others read."""

    def __init__(self, installation: Installation, folder: Path, no_former: str) -> None:
        self.at, self.folder, self.no_former = installation, folder, no_former
        self.slugs = [self.publish(f"报告{number}", f"{PUBLIC}{number}") for number in range(4)]
        self.readers = [self._reader(f"reader{number}@example.com") for number in range(4)]
        self.database = Database(installation.a.settings["PAIDSPAN_DATABASE_URL"])
        self.load = Load(installation.browser(), self.readers[0], self.slugs, PAID)
        self.lost = 0

    def publish(self, name: str, words: str, host: Application | None = None) -> str:
        """Publish a document on a host, or publish it anew; return its slug."""
        path = self.folder / f"{name}.txt"
        path.write_text(f"{name}\n\n{words}##paidbegin##{PAID}##paidend##。\n")
        said = (host or self.at.a).command("import", str(path), "--publish", "--price", "9.90")
        found = re.match(r"(\S+)\t", said)
        assert found, said
        return found[1]

    def schema(self) -> str:
        """Return the step that the tables are at."""
        with self.database.reading() as session:
            return str(session.execute(text("SELECT version_num FROM alembic_version")).scalar())

    def _reader(self, email: str) -> Browser:
        self.at.a.command("user", "add", email, "--password-stdin", told=f"{PASSWORD}\n")
        self.at.b.command("grant", email)
        browser = self.at.browser(email)
        answer = browser.sign_in(PASSWORD)
        assert answer.status_code == requests.codes.see_other, answer.text
        return browser

    def play(self, name: str, scenario: Callable[["Stage"], str]) -> Tally:
        """Play a scenario and print what came of it; raise AssertionError where something was wrong or lost."""
        self.load.take()
        said = scenario(self)
        time.sleep(SOON)
        tally = self.load.take()
        lost = self._lost()
        self.lost += lost
        print(f"{name}: {said}\n    {tally}, {lost} lost", flush=True)
        assert not tally.wrong, tally.wrong[0]
        assert lost == 0, "what was acknowledged is not there"
        return tally

    def _lost(self) -> int:
        """Return of how many documents the bookmark is not as it was acknowledged last."""
        with self.load.pausing(), self.database.reading() as session:
            present = set(session.scalars(select(Document.slug).join(Bookmark, Bookmark.document_id == Document.id)))
            return sum(keep is not None and (slug in present) is not keep for slug, keep in self.load.kept.items())


def quiet(stage: Stage) -> str:
    """Nothing happens."""
    time.sleep(3)
    return "nothing happens for 3 s"


def rolling_upgrade(stage: Stage) -> str:
    """The former version gives way to this one: app A first, which changes the tables while B goes on, then B."""
    if stage.no_former:
        return f"skipped, the former version is not there: {stage.no_former}"
    steps = [stage.schema()]
    time.sleep(BESIDE)
    for host in (stage.at.a, stage.at.worker, stage.at.b):
        host.upgrade(ROOT)
        steps.append(stage.schema())
        time.sleep(BESIDE)
    wait_until(stage.at.worker_works, "the worker")
    assert len(set(steps)) == len(set(steps[:2])), "only the first takes steps"
    return f"A, worker and B go from the former version to this one; the schema from {steps[0]} to {steps[1]} with A"


def application_killed(stage: Stage) -> str:
    """An application is killed with all its processes, and started again later."""
    stage.at.a.kill()
    time.sleep(5)
    stage.at.a.start()
    return "all processes of app A are killed; 5 s later it is started again"


def worker_killed(stage: Stage) -> str:
    """The host's worker that works is killed; another's takes over."""
    stage.at.worker.kill()
    took = wait_until(stage.at.worker_works, "another worker", TAKEN_OVER)
    stage.at.worker.start()
    return f"the worker's host is killed: a worker is known to work {took:.1f} s later"


def database_restarted(stage: Stage) -> str:
    """The database stops as in an emergency, is away for a while, and comes back."""
    stage.at.database.end(signal.SIGQUIT)
    time.sleep(5)
    stage.at.database.start()
    took = wait_until(lambda: all(host.is_there() for host in (stage.at.a, stage.at.b)), "both applications")
    return f"the database stops at once, for 5 s: both applications are ready {took:.2f} s after it is back"


def database_cut_off(stage: Stage) -> str:
    """The database's host is cut off from all others: nothing is refused, and nothing is said."""
    reader = stage.at.browser()
    reader.session.cookies.update(stage.readers[0].session.cookies)
    stage.at.database.host.cut()
    begun, took, told = time.monotonic(), [], set()
    while time.monotonic() - begun < CUT_OFF:
        asked = time.monotonic()
        told.add(reader.get("/account").status_code)
        took.append(time.monotonic() - asked)
    stage.at.database.host.heal()
    healed = time.monotonic()
    for host in (stage.at.a, stage.at.b):
        wait_until(lambda host=host: host.get("/account", reader.cookies).status_code == requests.codes.ok, "a page")
    assert told == {requests.codes.service_unavailable}, told
    assert max(took) < TOLD_WITHIN, took
    return (
        f"the database's host is cut off for {CUT_OFF:.0f} s: {len(took)} answers said so, each within "
        f"{max(took):.1f} s; both applications have pages {time.monotonic() - healed:.1f} s after it is back"
    )


def redis_gone(stage: Stage) -> str:
    """Redis is away: who reads goes on, and who guesses passwords is stopped all the same."""
    stage.at.redis.kill()
    begun, guesser = time.monotonic(), stage.at.browser("reader1@example.com")
    tries = [guesser.sign_in(f"guess number {number}").status_code for number in range(16)]
    time.sleep(max(0.0, REDIS_GONE - (time.monotonic() - begun)))
    assert requests.codes.too_many_requests in tries, tries
    stage.at.redis.start()
    return f"Redis is away for {REDIS_GONE:.0f} s: guesses of a password are answered {tries}"


def network_cut(stage: Stage) -> str:
    """An application is cut off from all others; meanwhile a reader of its signs out elsewhere."""
    reader = stage.readers[1]
    path, cookies = f"/d/{stage.slugs[0]}", reader.cookies
    for _again in range(3):  # A remembers the page and the reader
        assert PAID in stage.at.a.get(path, cookies).text
    stage.at.a.host.cut()
    time.sleep(4)
    signed_out = sign_out(stage.at.b, cookies)
    assert signed_out == requests.codes.see_other, signed_out
    time.sleep(4)
    stage.at.a.host.heal()
    wait_until(stage.at.a.is_there, "app A")
    assert PAID not in stage.at.a.get(path, cookies).text, "A still shows what it remembers"
    return "app A is cut off for 8 s; who signed out at B meanwhile is out at A when it is back"


def published_elsewhere(stage: Stage) -> str:
    """A publication on one host shows on the other."""
    path, took = f"/d/{stage.slugs[2]}", []
    for number in range(5):
        text = f"第{number}次更正"
        for _again in range(3):
            stage.at.b.get(path, {})
        stage.publish("报告2", text)
        took.append(wait_until(lambda text=text: text in stage.at.b.get(path, {}).text, "the publication"))
    assert max(took) < SOON + 0.5, took
    return f"5 publications on A show on B after {', '.join(f'{seconds:.2f}' for seconds in took)} s"


def picture_published(stage: Stage) -> str:
    """A picture that one host has stored is shown by the other, which has nothing on its disk."""
    folder = stage.folder / "pictures"
    folder.mkdir()
    Image.new("RGB", (64, 64), "navy").save(folder / "blue.png")
    (folder / "with-picture.md").write_text("# With a picture\n\n![Blue](blue.png)\n")
    stage.at.a.command("import", str(folder), "--publish")
    page = stage.at.b.get("/d/with-a-picture", {})
    source = re.search(r'<img[^>]*src="([^"]+)"', page.text)
    assert source, page.text
    picture = stage.at.b.get(source[1], {})
    assert picture.status_code == requests.codes.ok, picture.text
    shown = Image.open(BytesIO(picture.content))
    assert shown.getpixel((0, 0)) is not None
    return f"a picture that A stored in the bucket is shown by B: {shown.format}, {len(picture.content)} bytes"


def listener_cut(stage: Stage) -> str:
    """The connections over which hosts hear of publications are cut, and cut again."""
    path = f"/d/{stage.slugs[2]}"
    with stage.database.writing_plainly() as connection:
        for _again in range(3):
            connection.exec_driver_sql(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query ~ '^SELECT version, changed_at'"
            )
    stage.publish("报告2", "听不见的更正")
    took = wait_until(lambda: "听不见的更正" in stage.at.b.get(path, {}).text, "the publication")
    assert took < SOON + 0.5, took
    return f"the listening connections are cut, then A publishes: B shows it after {took:.2f} s"


def readers_shut_out(stage: Stage) -> str:
    """Who signs out, gets their money back or is disabled on one host is out on the other with the next request."""
    path = f"/d/{stage.slugs[0]}"
    out, disabled, buyer = stage.readers[2], stage.readers[3], _buyer(stage)
    for reader in (out, disabled, buyer):
        for _again in range(3):  # B remembers
            assert PAID in stage.at.b.get(path, reader.cookies).text, reader.email
    assert sign_out(stage.at.a, out.cookies) == requests.codes.see_other
    assert PAID not in stage.at.b.get(path, out.cookies).text, "signed out"
    stage.at.a.command("user", "disable", disabled.email)
    assert PAID not in stage.at.b.get(path, disabled.cookies).text, "disabled"
    with stage.database.reading() as session:
        (purchase,) = session.scalars(select(Purchase.id))
    stage.at.a.command("stripe", "refund", purchase, "--yes")
    assert PAID not in stage.at.b.get(path, buyer.cookies).text, "refunded"
    return "signed out, disabled, refunded on A: each out on B with the next request"


def _buyer(stage: Stage) -> Browser:
    """Return a reader who bought the first document."""
    email, slug = "buyer@example.com", stage.slugs[0]
    stage.at.a.command("user", "add", email, "--password-stdin", told=f"{PASSWORD}\n")
    browser = stage.at.browser(email)
    browser.sign_in(PASSWORD)
    order = browser.post("/checkout", plan="document", document=slug, csrf_token=browser.token())
    checkout = re.search(r"/sandbox/checkout/(cs_\w+)", order.headers.get("Location", ""))
    assert checkout, order.text
    page = f"/sandbox/checkout/{checkout[1]}"
    paid = browser.post(page, **_CARD, csrf_token=browser.token(page))
    assert paid.status_code == requests.codes.see_other, paid.text
    browser.get(f"/checkout/return?session_id={checkout[1]}")
    return browser


def sign_out(host: Application, cookies: dict[str, str]) -> int:
    """Sign out at one host, and return the status of the answer."""
    page = host.get("/account", cookies)
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.text)
    assert token, page.text
    return host.post("/logout", cookies, csrf_token=token[1]).status_code


SCENARIOS: dict[str, Callable[[Stage], str]] = {
    "rolling upgrade": rolling_upgrade,
    "quiet": quiet,
    "application killed": application_killed,
    "worker killed": worker_killed,
    "published elsewhere": published_elsewhere,
    "picture published": picture_published,
    "listener cut": listener_cut,
    "readers shut out": readers_shut_out,
    "network cut": network_cut,
    "database restarted": database_restarted,
    "database cut off": database_cut_off,
    "redis gone": redis_gone,
}
