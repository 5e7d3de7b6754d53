"""A house that lives: two processes, readers who come and go, publications, grants, clocks; and who asks meanwhile."""

import random
from collections import Counter
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from gzip import decompress

from flask import Flask

from tests.factories.cashier import Cashier
from tests.factories.people import People
from tests.factories.shelf import Shelf
from tests.front.memory.changes import CHANGES, DOCUMENTS, LOOKS, Changes
from tests.front.memory.comparing import Compared
from webapp.accounts.api_tokens import Scope

READERS = 4
LISTS = [
    *("/", "/tags", "/tags/grain", "/archive", "/feed.atom", "/feed.json", "/sitemap.xml", "/robots.txt", "/llms.txt"),
    *("/plans", "/terms", "/static/site.css", "/static/site.js", "/search?q=grain", "/library", "/account"),
    *("/api/v1/documents", "/api/v1/documents?limit=2", "/api/v1/plans", "/nothing", "/?tag=grain", "/login"),
]
OF_DOCUMENT = ["/d/{}", "/d/{}", "/d/{}", "/d/{}?plan=month", "/d/{}?gate=1", "/d/{}/notes", "/oembed?url=/d/{}"]
OF_DOCUMENT_FOR_PROGRAMS = ["/api/v1/documents/{}", "/api/v1/documents/{}/full"]


class Time:
    """The machine's time, as this life has it."""

    def __init__(self):
        self.now = datetime(2026, 3, 1, 15, tzinfo=UTC)

    def __call__(self):
        return self.now


class Life(Changes):
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
        self.cashier = Cashier(apps[0], databases[0])
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
            for encoding in ("identity", "gzip"):
                client.get(path, headers={**headers, "Accept-Encoding": encoding})
        for secret in self.tokens.values():
            program = app.test_client()
            program.get(f"/api/v1/documents/{path[3:]}", headers={**headers, "Authorization": f"Bearer {secret}"})
        mark = app.test_client().get(path, headers=headers).headers.get("ETag", "")
        others = [{"Accept-Language": "zh"}, {"Accept-Encoding": "gzip"}]
        for other in [*others, {"If-None-Match": mark}]:
            app.test_client().get(path, headers={**headers, **other})
        app.test_client().head(path, headers=headers)
        dark = app.test_client()
        dark.set_cookie("look", LOOKS[1])
        dark.get(path, headers=headers)

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
                page = decompress(answer.data) if answer.content_encoding == "gzip" else answer.data
                if b"data-personal" not in page and self.choose.random() < 0.3:  # signed out: they sign in anew
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
