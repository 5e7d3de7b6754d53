"""A house that lives: two processes, readers who come and go, publications, grants, clocks; and who asks meanwhile."""

import random
import sqlite3
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import delete, select, update

from tests.factories.people import People, token_in
from tests.factories.shelf import Shelf
from tests.front.memory.comparing import Compared
from webapp.accounts.api_tokens import AccessToken, Scope
from webapp.accounts.models import Device, Reader
from webapp.accounts.registration import disable_reader
from webapp.billing.models import Grant, Revoked
from webapp.billing.plans import set_price
from webapp.documents.models import Document
from webapp.documents.publishing import publish, withdraw
from webapp.kit import clock
from webapp.kit.money import Money
from webapp.library.highlights import Highlight
from webapp.library.models import Bookmark, ReadingPosition
from webapp.library.reading_positions import forget_reading, remove_bookmark, set_bookmark

READERS, DOCUMENTS = 4, 3
LOOKS = ["", "dark.large.wide.sans", "sepia.medium.medium.serif"]
LISTS = [
    *("/", "/tags", "/tags/grain", "/archive", "/feed.atom", "/feed.json", "/sitemap.xml", "/robots.txt", "/llms.txt"),
    *("/plans", "/terms", "/static/site.css", "/static/site.js", "/search?q=grain", "/library", "/account"),
    *("/api/v1/documents", "/api/v1/documents?limit=2", "/api/v1/plans", "/nothing", "/?tag=grain", "/login"),
]
OF_DOCUMENT = ["/d/{}", "/d/{}", "/d/{}", "/d/{}?plan=month", "/d/{}?gate=1", "/d/{}/notes", "/oembed?url=/d/{}"]
OF_DOCUMENT_FOR_PROGRAMS = ["/api/v1/documents/{}", "/api/v1/documents/{}/full"]
TEXT = """# Grain report {number}
The trade reports what came in, tag {week}.
## Prices
Wheat rose in the south. It##paidbegin## will fall by {week} percent, since the northern silos are full.##paidend##
## Outlook
{more}
"""


class Time:
    """The machine's time, as this life has it."""

    def __init__(self):
        self.now = datetime(2026, 3, 1, 15, tzinfo=UTC)

    def __call__(self):
        return self.now


class Life:
    """One house with two processes. A step either changes something or asks for something."""

    def __init__(self, apps: list[Flask], databases, shelf: Shelf, time: Time, seed: int):
        self.choose = random.Random(seed)
        self.time = time
        self.database = databases[0]
        self.doors = [Compared(app) for app in apps]
        self.people = [People(app, database) for app, database in zip(apps, databases, strict=True)]
        self.shelf = shelf
        for app, door in zip(apps, self.doors, strict=True):
            app.wsgi_app = door
        self.slugs = [self._publish(number) for number in range(DOCUMENTS)]
        self.readers = [self.people[0].reader(f"reader{number}@example.com") for number in range(READERS)]
        self.clients: dict[tuple[int, int], object] = {}
        self.tokens = {reader.id: self.people[0].token(reader, Scope.DOCUMENTS) for reader in self.readers}
        self.marks: dict[str, str] = {}
        for reader in self.readers:
            self.people[0].grant(reader, lasts=timedelta(days=3))

    @property
    def asked(self):
        return sum(door.asked for door in self.doors)

    @property
    def compared(self):
        return sum((door.compared for door in self.doors), Counter())

    @property
    def differences(self):
        return [found for door in self.doors for found in door.differences]

    def step(self):
        """Change something, or ask for something a few times, so that what is remembered is asked for, too."""
        if self.choose.random() < 0.15:
            self.choose.choice(CHANGES)(self)
        else:
            self.choose.choice(
                [self._ask_as_visitors, self._ask_as_readers, self._ask_as_readers, self._ask_as_programs]
            )()
        self.time.now += timedelta(seconds=self.choose.choice([0, 0, 1, 5]))

    def tour(self):
        """Change one thing after the other, each time when answers are remembered, and ask again."""
        self.slugs, slugs = self.slugs[:1], self.slugs
        for change in dict.fromkeys(CHANGES):
            self.tidy()
            self.clients.clear()
            path, app = OF_DOCUMENT[0].format(self.slugs[0]), self._process().app
            for reader in self.readers:
                self._client(reader)
            for _time in range(2):  # the first page of a session sets its cookie
                self._ask_all(path, app)
            change(self)
            self._ask_all(path, app)
            if self.differences:
                break
        self.slugs = slugs

    def _ask_all(self, path, app):
        """Ask for a document as everybody who has a cookie or a token, and as visitors of all kinds."""
        headers = {"Accept-Language": "en"}
        for client in self.clients.values():
            client.application = app
            client.get(path, headers=headers)
        for secret in self.tokens.values():
            program = app.test_client()
            program.get(f"/api/v1/documents/{path[3:]}", headers={**headers, "Authorization": f"Bearer {secret}"})
        mark = app.test_client().get(path, headers=headers).headers.get("ETag", "")
        others = [{"Accept-Language": "zh"}, {"Cookie": f"look={LOOKS[1]}"}, {"Accept-Encoding": "gzip"}]
        for other in [*others, {"If-None-Match": mark}]:
            app.test_client().get(path, headers={**headers, **other})
        app.test_client().head(path, headers=headers)

    # Who asks

    def _ask_as_visitors(self):
        app, path, headers = self._process().app, self._path(), self._headers()
        look, language = self.choose.choice([None, None, *LOOKS]), self.choose.choice([None, None, "en", "xx"])
        for _time in range(4):
            client = app.test_client()
            for name, value in {"look": look, "language": language}.items():
                if value is not None:
                    client.set_cookie(name, value)
            self._get(client, path, headers)

    def _ask_as_readers(self):
        process, headers = self._process(), self._headers()
        path = self._path() if self.choose.random() < 0.2 else OF_DOCUMENT[0].format(self._slug())
        for reader in self.choose.choices(self.readers, k=8):
            client = self._client(reader)
            if client is not None:
                client.application = process.app
                answer = self._get(client, path, headers)
                if b"data-personal" not in answer.data and self.choose.random() < 0.3:  # signed out: they sign in anew
                    self.clients = {key: kept for key, kept in self.clients.items() if kept is not client}

    def _ask_as_programs(self):
        app, headers = self._process().app, self._headers()
        paths = OF_DOCUMENT_FOR_PROGRAMS if self.choose.random() < 0.8 else ["/api/v1/documents", "/", "/d/{}"]
        path = self.choose.choice(paths).format(self._slug())
        for reader in self.choose.choices(self.readers, k=8):
            client = app.test_client()
            client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {self.tokens[reader.id]}"
            self._get(client, path, headers)

    def _headers(self):
        headers = {"Accept-Language": self.choose.choice(["en", "en", "en", "zh-CN,zh;q=0.9"])}
        encoding = self.choose.choice([None, None, None, "gzip, br"])
        return headers if encoding is None else headers | {"Accept-Encoding": encoding}

    def _get(self, client, path, headers):
        if path in self.marks and self.choose.random() < 0.2:
            headers = headers | {"If-None-Match": self.marks[path]}
        answer = client.open(path, method=self.choose.choice(["GET"] * 9 + ["HEAD"]), headers=headers)
        if answer.headers.get("ETag"):
            self.marks[path] = answer.headers["ETag"]
        return answer

    def _process(self):
        return self.choose.choice(self.people)

    def _path(self):
        if self.choose.random() < 0.5:
            return self.choose.choice(OF_DOCUMENT).format(self._slug())
        return self.choose.choice(LISTS)

    def _slug(self):
        return self.choose.choice(self.slugs)

    def _client(self, reader):
        """Return a browser that is signed in, if it can be: by one process or the other."""
        signed_in_by = self.choose.randrange(2)
        key = reader.id, signed_in_by
        if key not in self.clients:
            with suppress(AssertionError):
                self.clients[key] = self.people[signed_in_by].browser(reader.email)
        return self.clients.get(key)

    # What changes

    def _publish(self, number):
        more = self.choose.choice(["Nothing else.", "More to come. ##paidbegin##For payers.##paidend##", "See above."])
        text = TEXT.format(number=number, week=self.choose.randrange(50), more=more)
        name = f"grain{number}.md"
        return self.shelf.put(text, name, tags=("grain",), price=Money(990, "cny")).slug

    def correct(self):
        self._publish(self.choose.randrange(DOCUMENTS))

    def withdraw(self):
        with self.database.writing() as session:
            withdraw(session, self._document(session), clock.now())

    def reprice(self):
        with self.database.writing() as session:
            set_price(session, self._document(session).id, Money(self.choose.randrange(100, 999), "cny"))

    def grant(self):
        reader = self.choose.choice(self.readers)
        with self.database.reading() as session:
            document = self._document(session).id if self.choose.random() < 0.5 else None
        starts = clock.now() + timedelta(minutes=self.choose.choice([-5, -5, 3]))
        lasts = timedelta(minutes=self.choose.choice([1, 30, 6000, 90000]))
        self.people[0].grant(reader, document_id=document, starts_at=starts, lasts=lasts)

    def revoke(self):
        revoked = self.choose.choice([*Revoked])
        with self.database.writing() as session:
            session.execute(update(Grant).where(Grant.reader_id == self._reader().id).values(revoked=revoked))

    def ungrant(self):
        with self.database.writing() as session:
            session.execute(delete(Grant).where(Grant.reader_id == self._reader().id))

    def give_by_hand(self):
        """Somebody changes a row at the database's own prompt."""
        with sqlite3.connect(self.database.url.database) as connection:
            connection.execute("UPDATE grants SET revoked = NULL WHERE reader_id = ?", (self._reader().id,))
        connection.close()

    def sign_out(self):
        if not self.clients:
            return
        key = self.choose.choice([*self.clients])
        client = self.clients[key]
        page = client.get("/library")
        if page.status_code == 200:
            client.post("/logout", data={"csrf_token": token_in(page)})
        if self.choose.random() < 0.5:
            del self.clients[key]

    def end_devices(self):
        with self.database.writing() as session:
            session.execute(delete(Device).where(Device.reader_id == self._reader().id))

    def supersede(self):
        with self.database.writing() as session:
            of_reader = update(Device).where(Device.reader_id == self._reader().id)
            session.execute(of_reader.values(superseded_at=clock.now()))

    def disable(self):
        with self.database.writing() as session:
            disable_reader(session, session.get_one(Reader, self._reader().id), clock.now())

    def enable(self):
        with self.database.writing() as session:
            session.execute(update(Reader).values(disabled_at=None, must_change_password=False))

    def demand_another_password(self):
        with self.database.writing() as session:
            session.get_one(Reader, self._reader().id).must_change_password = True

    def unconfirm(self):
        with self.database.writing() as session:
            reader = session.get_one(Reader, self._reader().id)
            reader.email_confirmed_at = None if reader.email_confirmed_at else clock.now()

    def change_look(self):
        with self.database.writing() as session:
            session.get_one(Reader, self._reader().id).look = self.choose.choice(LOOKS)

    def change_token(self):
        reader = self._reader()
        with self.database.writing() as session:
            session.execute(delete(AccessToken).where(AccessToken.reader_id == reader.id))
        if self.choose.random() < 0.5:
            self.tokens[reader.id] = self.people[0].token(reader, Scope.DOCUMENTS)

    def read_on(self):
        with self.database.writing() as session:
            place = self._reader().id, self._document(session).id
            position = session.get(ReadingPosition, place) or ReadingPosition(reader_id=place[0], document_id=place[1])
            position.permille = 300 if not position.permille else self.choose.choice([0, 1000])
            position.read_at = clock.now()
            session.add(position)

    def bookmark(self):
        with self.database.writing() as session:
            place = self._reader().id, self._document(session).id
            if session.scalar(select(Bookmark).filter_by(reader_id=place[0], document_id=place[1])):
                remove_bookmark(session, *place, "")
            else:
                set_bookmark(session, *place, "", clock.now())

    def highlight(self):
        with self.database.writing() as session:
            place = {"reader_id": self._reader().id, "document_id": self._document(session).id}
            gone = session.execute(delete(Highlight).filter_by(**place).returning(Highlight.number)).all()
            if not gone:
                words = {"exact": "Wheat rose", "prefix": "", "suffix": "", "position": 0}
                moments = {"created_at": clock.now(), "updated_at": clock.now()}
                session.add(Highlight(**place, number=1, **words, **moments))

    def forget(self):
        with self.database.writing() as session:
            forget_reading(session, self._reader().id)

    def tidy(self):
        """Have most things be as they mostly are, so that there is something to remember."""
        with self.database.writing() as session:
            for kept in (ReadingPosition, Bookmark, Highlight, Grant):
                session.execute(delete(kept))
            session.execute(update(Reader).values(disabled_at=None, must_change_password=False))
            session.execute(update(Reader).values(email_confirmed_at=clock.now()))
        for number, reader in enumerate(self.readers):
            self.people[0].grant(reader, lasts=timedelta(days=100) if number else timedelta(minutes=30))
        for number in range(DOCUMENTS):
            self._publish(number)
        with self.database.writing() as session:
            for document in session.scalars(select(Document)).all():
                publish(session, document, clock.now(), may_open=True)

    def wait(self):
        self.time.now += timedelta(minutes=self.choose.choice([1, 5, 29, 600]))

    def wait_half_an_hour(self):
        self.time.now += timedelta(minutes=31)

    def wait_two_months(self):
        self.time.now += timedelta(days=61)

    def _reader(self):
        return self.choose.choice(self.readers)

    def _document(self, session):
        return session.scalars(select(Document).where(Document.slug == self._slug())).one()


CHANGES = [
    *(Life.correct, Life.withdraw, Life.reprice, Life.grant, Life.grant, Life.revoke, Life.ungrant, Life.give_by_hand),
    *(Life.sign_out, Life.end_devices, Life.end_devices, Life.supersede, Life.supersede, Life.disable, Life.enable),
    *(Life.demand_another_password, Life.unconfirm, Life.change_look, Life.change_token, Life.change_token),
    *(Life.read_on, Life.read_on, Life.bookmark, Life.bookmark, Life.highlight, Life.highlight, Life.forget),
    *(Life.wait, Life.wait, Life.wait_half_an_hour, Life.wait_half_an_hour, Life.wait_two_months, *[Life.tidy] * 6),
]
