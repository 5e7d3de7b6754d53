"""Two installations whose libraries differ only inside paid spans, asked alike: same moment, same lots drawn."""

import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar
from unittest import mock

import time_machine
from flask import Flask
from sqlalchemy import select

from tests.factories.cashier import Cashier
from tests.factories.empty_database import empty_database
from tests.factories.front_door import AskedThroughDoor
from tests.factories.house import SECRET
from tests.factories.people import People
from tests.factories.shelf import Shelf
from tests.surface.library import ASKED_FOR, MANUSCRIPTS, NOW, OTHER, THIS, stock
from tests.surface.states import Asker, asker
from tests.surface.ways import filled_in
from webapp import create_app
from webapp.documents.models import Document
from webapp.exports.file_formats import FileFormat
from webapp.kit import randomness
from webapp.kit.database import Database
from webapp.kit.http import database as database_of
from webapp.kit.limits import forget_tries
from webapp.operations.audit.file_text import read_file_text
from webapp.settings import load_settings

T = TypeVar("T")
FILES = {FileFormat.DOCX.media_type, FileFormat.EPUB.media_type, FileFormat.PDF.media_type}
FOLDERS = {"one": False, "two": True}  # and whether its paid text is swapped
_AROUND = 40  # characters shown on either side of a difference


@dataclass(frozen=True)
class Question:
    """What both are asked; a POST sends the form."""

    path: str
    method: str = "GET"
    headers: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        said = ", ".join(f"{name}: {value}" for name, value in self.headers.items())
        return f"{self.method} {self.path} ({said})"


@dataclass(frozen=True)
class Heard:
    """All that can be told from an answer."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def mark(self) -> str | None:
        """The ETag."""
        return dict(self.headers).get("ETag")

    @property
    def text(self) -> str:
        """What can be read in the answer; whole files are opened."""
        content_type = dict(self.headers).get("Content-Type", "")
        if self.status == 200 and self.body and content_type in FILES:
            return read_file_text(self.body, content_type)[0]
        return self.body.decode(errors="replace")


@dataclass(frozen=True)
class Installation:
    """One of the two."""

    app: Flask
    door: AskedThroughDoor
    database: Database
    people: People
    cashier: Cashier
    documents: list[Document]

    def asker(self, state: str) -> Asker:
        names = [manuscript.name for manuscript in MANUSCRIPTS]
        this, other = (self.documents[names.index(name)].id for name in (THIS, OTHER))
        return asker(state, self.people, {"this": this, "other": other})

    def answer(self, who: Asker, question: Question, places: dict[str, str]) -> Heard:
        """Put the question; a form goes through another browser, so that it changes nothing for what is asked next."""
        forget_tries(self.app)
        filled = question.method == "POST"
        client = who.twin() if filled else who.client
        places = places | {"token": who.token}
        form = filled_in(client, places) if filled else None
        headers = {name: value.format(**places) for name, value in question.headers.items()}
        answer = client.open(question.path.format(**places), method=question.method, headers=headers, data=form)
        heard = Heard(answer.status_code, tuple(answer.headers), answer.get_data())
        answer.close()
        return heard

    def close(self) -> None:
        self.door.close()
        self.database.close()
        self.cashier.sandbox.close()


def opened(folder: Path) -> Installation:
    """Open the installation in a folder; its library may be empty. It is asked through its front door."""
    app = create_app(load_settings(instance=folder, secret_key=SECRET, confirm_email=True, sign_up_seconds=0))
    app.testing = True
    app.wsgi_app = door = AskedThroughDoor(app)
    with app.app_context():
        database = database_of()
    with database.reading() as session:
        documents = list(session.scalars(select(Document).order_by(Document.id).limit(ASKED_FOR)))
    return Installation(app, door, database, People(app, database), Cashier(app, database), documents)


def stock_both(folder: Path) -> None:
    """Make both installations in a folder, each with its version of the library."""
    for name, swaps in FOLDERS.items():
        (folder / name).mkdir(parents=True)
        (folder / name / "paidspan.sqlite").write_bytes(empty_database())
        with same_lots(0):
            one = opened(folder / name)
            stock(Shelf(one.database, folder / name), swaps=swaps)
        one.close()


class Twins:
    """Both installations; `compared` counts the pairs of answers."""

    def __init__(self, folder: Path) -> None:
        self.compared = 0
        self._askers: dict[str, list[Asker]] = {}
        self.both = [opened(folder / name) for name in FOLDERS]

    @property
    def one(self) -> Installation:
        """The one whose paid text is readable."""
        return self.both[0]

    def alike(self, act: Callable[..., T], *given: Iterable[Any]) -> list[T]:
        """Have each do something at the same moment and draw the same lots for it; `given` holds what is each one's."""
        self.compared += 1
        answers = []
        for each in zip(self.both, *given, strict=True):
            with same_lots(self.compared):
                answers.append(act(*each))
        return answers

    def askers(self, state: str) -> list[Asker]:
        """Return who is in this state, in either."""
        if state not in self._askers:
            self._askers[state] = self.alike(lambda one: one.asker(state))
        return self._askers[state]

    def ask(self, askers: list[Asker], *questions: Question, **places: str) -> list[Heard]:
        """Put one question to both, or to each its own."""
        each = questions if len(questions) > 1 else questions * 2
        return self.alike(lambda one, who, question: one.answer(who, question, places), askers, each)

    def differences(self, askers: list[Asker], questions: Iterable[tuple[Question, dict[str, str]]]) -> Iterator[str]:
        """Yield a sentence for every question that is not answered alike; an ETag is asked about at the other's."""
        for question, places in questions:
            left, right = self.ask(askers, question, **places)
            yield from difference(question, places, left, right)
            if question.method == "GET" and left.mark and right.mark:
                crossed = [
                    Question(question.path, "GET", {**question.headers, "If-None-Match": other.mark or ""})
                    for other in (right, left)
                ]
                yield from difference(crossed[0], places, *self.ask(askers, *crossed, **places))

    def close(self) -> None:
        for one in self.both:
            one.close()


@contextmanager
def same_lots(seed: int) -> Iterator[None]:
    """Stop the clock and have all that is random follow from the seed, what libraries draw for themselves included."""
    lots = random.Random(seed)
    randomness.set_random_source(lots.randbytes)
    with time_machine.travel(NOW, tick=False), mock.patch.object(os, "urandom", lots.randbytes):
        yield
    randomness.set_random_source(None)


def difference(question: Question, places: dict[str, str], left: Heard, right: Heard) -> Iterator[str]:
    """Yield what tells two answers apart, if anything does."""
    asked = str(question).replace("{slug}", places.get("slug", ""))
    if left.status != right.status:
        yield f"{asked}: status {left.status} or {right.status}"
    if left.body != right.body:
        yield f"{asked}: body {_first_piece(left.body, right.body)}"
    for here, there in zip(left.headers, right.headers, strict=False):
        if here != there:
            yield f"{asked}: header {here} or {there}"
    if len(left.headers) != len(right.headers):
        yield f"{asked}: headers {dict(left.headers)} or {dict(right.headers)}"


def _first_piece(left: bytes, right: bytes) -> str:
    """Return where two bodies part, with what stands around it."""
    here, there = (body.decode(errors="replace") for body in (left, right))
    place = next((at for at, (one, two) in enumerate(zip(here, there, strict=False)) if one != two), len(here))
    begins, ends = max(0, place - _AROUND), place + _AROUND
    return f"{here[begins:ends]!r} or {there[begins:ends]!r} (at {place})"
