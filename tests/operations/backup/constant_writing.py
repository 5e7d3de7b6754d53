"""Transactions that go on while a backup is taken, so many a second; of each it is known when it began and was kept."""

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from threading import Event, Lock, Thread

from sqlalchemy import insert
from sqlalchemy.orm import Session

from tests.operations.backup.restored import Restored
from webapp.documents.image_records import StoredImage
from webapp.kit import clock, randomness
from webapp.kit.database import Database
from webapp.kit.email_queue import Email, enqueue_email
from webapp.kit.heartbeat import Heartbeat

RATE = 100  # transactions a second, of all writers together
WRITERS = 8
PICTURE_EACH = 10  # transactions
BALLAST, MEGABYTE = "ballast", 1_000_000
OURS = re.compile(r"\d+")


@dataclass
class ConstantWriting:
    """Writes to two tables at once, and at times a picture with its row; `begun` and `kept` are moments, by key."""

    database: Database
    folder: Path
    begun: dict[str, float] = field(default_factory=dict)
    kept: dict[str, float] = field(default_factory=dict)
    failed: list[Exception] = field(default_factory=list)
    _stop: Event = field(default_factory=Event)
    _lock: Lock = field(default_factory=Lock)
    _turns: Iterator[int] = field(default_factory=count)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        """Have it go on meanwhile; raise what a writer raised."""
        since = time.monotonic()
        writers = [Thread(target=self._write, args=(since,)) for _ in range(WRITERS)]
        for writer in writers:
            writer.start()
        try:
            yield
        finally:
            self._stop.set()
            for writer in writers:
                writer.join()
        if self.failed:
            raise self.failed[0]

    def _write(self, since: float) -> None:
        try:
            while True:
                with self._lock:
                    number = next(self._turns)
                if self._stop.wait(max(0.0, since + number / RATE - time.monotonic())):
                    return
                self.begun[str(number)] = time.monotonic()
                self.database.write(partial(self._rule, number=number))
                self.kept[str(number)] = time.monotonic()
        except Exception as error:  # noqa: BLE001 - raised where the writing was begun
            self.failed.append(error)

    def _rule(self, session: Session, number: int) -> None:
        moment = clock.machine_now()
        enqueue_email(session, Email(f"{number}", "receipt", "a@example.com", "en", {}), moment)
        session.flush()
        session.add(Heartbeat(name=f"{number}", beat_at=moment))
        if number % PICTURE_EACH == 0:
            session.execute(insert(StoredImage).values(**self._shown(number)))

    def _shown(self, number: int) -> dict[str, object]:
        """Return the row of a picture whose file is there, as importing has it."""
        digest = sha256(b"%d" % number).hexdigest()
        file = self.folder / "uploads" / digest[:2] / f"{digest}.png"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(b"%d" % number)
        return {"hash": digest, "kind": "png", "width": 1, "height": 1, "bytes": 1, "created_at": clock.machine_now()}

    def kept_between(self, begin: float, end: float) -> int:
        """Return how many transactions were said to be kept between two moments."""
        return sum(begin <= moment <= end for moment in [*self.kept.values()])

    def add_ballast(self, megabytes: int) -> None:
        """Have the database hold so much more, which does not pack well."""

        def rule(session: Session) -> None:
            for _ in range(megabytes):
                text = randomness.token(MEGABYTE // 2)
                letter = Email(f"{BALLAST} {randomness.uuid()}", "receipt", "a@example.com", "en", {"text": text})
                enqueue_email(session, letter, clock.machine_now())

        self.database.write(rule)

    def wrongs(self, restored: Restored, begin: float, end: float) -> list[str]:
        """Return what shows that a backup taken between two moments is no state that there was at any one."""
        mails = {str(key) for (key,) in restored.rows("SELECT key FROM mails") if OURS.fullmatch(str(key))}
        beats = {str(name) for (name,) in restored.rows("SELECT name FROM heartbeats") if OURS.fullmatch(str(name))}
        files = {path.name for path in (restored.place / "uploads").rglob("*.png")}
        named = {f"{hash_}.png" for (hash_,) in restored.rows("SELECT hash FROM images")}
        pictures = sum(int(key) % PICTURE_EACH == 0 for key in mails)
        last = max(self.begun[key] for key in mails)
        said = {
            "one transaction is there in one table only": mails ^ beats,
            "a picture has no row, or a row no picture": files ^ named,
            "one transaction has no picture": {pictures} ^ {len(named)},
            "what was kept before another began is not there, and the other is": {
                key for key, moment in self.kept.items() if moment < last and key not in mails
            },
            "what was kept before is missing": {
                key for key, moment in self.kept.items() if moment < begin and key not in mails
            },
            "what began afterwards is there": {key for key in mails if self.begun[key] > end},
        }
        return [f"{wrong}: {sorted(map(str, keys))[:5]}" for wrong, keys in said.items() if keys]
