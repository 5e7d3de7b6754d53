"""What this process has counted since it was last stored: numbers in memory, of which a kill takes a second's."""

from collections import Counter
from collections.abc import Iterable
from threading import Lock
from typing import NamedTuple

from webapp.kit.shown_documents import DocumentView
from webapp.reading_figures.models import ReadingKind
from webapp.reading_figures.visits import OTHER_SITES, OWN_SITE, Visit

MOST_KEYS = 20_000  # different things of one second; further ones are not counted
MOST_SITES = 10_000  # pairs of a document and a site of one day; further sites are counted as others
MOST_EVENTS, MOST_OF_ONE = 500, 20  # that are taken in a second, in all and from one address
LONGEST_SLUG, MOST_GATES = 255, 300


class ReadingKey(NamedTuple):
    """What happened with which document: its number or, as the events of a page name it, its slug."""

    document: int | str
    kind: ReadingKind
    gate: int = 0
    site: str = ""


Batch = Counter[ReadingKey]


class ReadingTally:
    """Counts, from whichever thread. Addresses are known for a second, so that one of them does not count for many."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._views: dict[tuple[int, bool, bool, str], int] = {}
        self._batch: Batch = Counter()
        self._senders: Counter[str] = Counter()
        self._sites: set[tuple[int, str]] = set()

    def count_view(self, view: DocumentView, visit: Visit) -> None:
        """Count a page of a document that was shown."""
        if visit.ahead:
            return
        key, views = (view.document_id, view.full, visit.robot, visit.site), self._views
        with self._lock:  # what the loop does for each answer from memory, so nothing more of it
            if key in views:
                views[key] += 1
            elif len(views) < MOST_KEYS:
                views[key] = 1

    def count_events(self, slug: str, gates: Iterable[int], *, end: bool, sender: str) -> None:
        """Count what a page says came into its window; gate 0 is any of them. What comes too often is not counted.

        Whether there is such a document, with such gates, is looked at when it is stored.
        """
        with self._lock:
            if self._senders[sender] >= MOST_OF_ONE or self._senders.total() >= MOST_EVENTS or len(slug) > LONGEST_SLUG:
                return
            self._senders[sender] += 1
            for gate in sorted({gate for gate in gates if 0 <= gate <= MOST_GATES}):
                self._add(ReadingKey(slug, ReadingKind.GATE, gate))
            if end:
                self._add(ReadingKey(slug, ReadingKind.END))

    def take(self) -> Batch:
        """Return what was counted since the last time."""
        with self._lock:
            views, self._views = self._views, {}
            for (document_id, full, robot, site), count in views.items():
                self._add_views(document_id, _kind_of(full=full, robot=robot), site, count)
            taken, self._batch = self._batch, Counter()
            self._senders.clear()
            return taken

    def put_back(self, batch: Batch) -> None:
        """Count once more what could not be stored."""
        with self._lock:
            for key, count in batch.items():
                self._add(key, count)

    def begin_day(self) -> None:
        """Tell sites apart anew."""
        with self._lock:
            self._sites.clear()

    def _add_views(self, document_id: int, kind: ReadingKind, site: str, count: int) -> None:
        self._add(ReadingKey(document_id, kind), count)
        if site and kind is not ReadingKind.ROBOT:
            self._add(ReadingKey(document_id, kind, 0, self._told_apart(document_id, site)), count)

    def _add(self, key: ReadingKey, count: int = 1) -> None:
        if key in self._batch or len(self._batch) < MOST_KEYS:
            self._batch[key] += count

    def _told_apart(self, document_id: int, site: str) -> str:
        """Return a site, "others" where more were told apart than anybody would look at: names can be made up."""
        pair = (document_id, site)
        if site == OWN_SITE or pair in self._sites:
            return site
        if len(self._sites) >= MOST_SITES:
            return OTHER_SITES
        self._sites.add(pair)
        return site


def _kind_of(*, full: bool, robot: bool) -> ReadingKind:
    if robot:
        return ReadingKind.ROBOT
    return ReadingKind.FULL if full else ReadingKind.PREVIEW
