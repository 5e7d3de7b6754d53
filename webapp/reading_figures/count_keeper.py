"""Keeps the counts of this process: stores what was counted, again and again, and at the end."""

import logging
from collections.abc import Callable
from zoneinfo import ZoneInfo

from webapp.kit import clock
from webapp.kit.database import Database
from webapp.reading_figures.counting import periods_of, store_batch
from webapp.reading_figures.tally import ReadingTally

EVERY_SECONDS = 1.0  # what a kill takes at most
log = logging.getLogger(__name__)


class CountKeeper:
    """Stores a tally; one thread at a time. `zone` answers by which zone a moment lies on a day."""

    def __init__(self, database: Database, tally: ReadingTally, zone: Callable[[], ZoneInfo]) -> None:
        self._database, self._tally, self._zone = database, tally, zone
        self._day = ""

    def store(self) -> None:
        """Store what was counted since the last time; where that fails it is counted with what comes next."""
        batch, now, zone = self._tally.take(), clock.now(), self._zone()
        self._notice_day(periods_of(now, zone)[0])
        if not batch:
            return
        try:
            self._database.write(lambda session: store_batch(session, batch, now, zone))
        except Exception:
            log.exception("what was read could not be counted just now")
            self._tally.put_back(batch)

    def _notice_day(self, day: str) -> None:
        if day != self._day:
            self._day = day
            self._tally.begin_day()
