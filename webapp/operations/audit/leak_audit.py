"""One audit: what only payers may read is gathered, every public surface is asked, and each find is looked at twice."""

import gc
from collections import defaultdict
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from functools import partial
from itertools import chain
from multiprocessing import get_context
from urllib.parse import quote
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from webapp.documents.discovery import tags_in_use, years_in_use
from webapp.feeds.sitemap import sitemap_parts
from webapp.kit.database import Database
from webapp.kit.languages import all_sentences
from webapp.kit.limits import set_limits
from webapp.operations.audit.crawl import (
    LIST_SURFACES,
    OF_DOCUMENTS,
    OF_DOCUMENTS_DEEP,
    OF_IMAGES,
    OF_SOME_DOCUMENTS,
    OF_SOME_DOCUMENTS_DEEP,
    SEARCHES,
    Crawler,
    SurfaceResponse,
    address_of,
    open_crawler,
)
from webapp.operations.audit.paid_slices import PaidSlices, Sides, gather, published_ids, sides_of
from webapp.operations.audit.slices import LENGTH, readable, slices
from webapp.search.tokenizer import Phrase, parse_query
from webapp.settings import Settings

CHUNK = 100
COLLECTED = 5  # chunks after which memory is tidied up
SOME, FEW = 10, 100  # one in so many
PHRASE = 12
_NOT_FOUND, _SERVER_ERROR = 404, 500
_MOST_SEEN = 5_000


@dataclass(frozen=True, slots=True)
class Leak:
    """Paid text where it may not be: the surface, who asked, its address, and the slice that was found."""

    surface: str
    asked_by: str
    path: str
    slice: str


@dataclass(slots=True)
class Report:
    """What an audit saw."""

    documents: int = 0
    answers: int = 0
    surfaces: set[str] = field(default_factory=set)
    slices: int = 0
    hits: list[Leak] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)

    def add(self, other: "Report") -> None:
        """Add what another part of the audit saw."""
        self.answers += other.answers
        self.surfaces |= other.surfaces
        self.hits += other.hits
        self.errors += other.errors


@dataclass(slots=True)
class _Watch:
    """Reads answers; knows what is public everywhere."""

    paid: PaidSlices
    everywhere: set[str]
    seen: set[str] = field(default_factory=set)  # texts in which nothing was found, some thousand of the latest
    # What was told of already: once for each surface and asker is enough.
    told: defaultdict[tuple[str, str], set[str]] = field(default_factory=lambda: defaultdict(set))
    report: Report = field(default_factory=Report)

    def read(self, answer: SurfaceResponse, known: set[str]) -> None:
        self.report.answers += 1
        self.report.surfaces.add(answer.surface)
        if answer.status >= _SERVER_ERROR or (answer.status == _NOT_FOUND and answer.surface in OF_IMAGES):
            self.report.errors.append(f"{answer.status} {answer.path}")
        texts = readable(answer.body, answer.content_type, answer.headers)
        found = set().union(*map(slices, texts - self.seen)) - known - self.everywhere
        told = self.told[answer.surface, answer.asked_by]
        suspects = self.paid.suspects(found) - told
        self.report.hits += [Leak(answer.surface, answer.asked_by, answer.path, one) for one in sorted(suspects)]
        told |= suspects
        harmless = {text for text in texts if suspects.isdisjoint(slices(text))} if suspects else texts
        self.seen = set() if len(self.seen) > _MOST_SEEN else self.seen
        self.seen |= harmless


@dataclass(slots=True)
class _Worker:
    """What a process of the audit has: its own crawler, and what is looked for."""

    crawler: Crawler
    database: Database
    watch: _Watch
    base_url: str
    deep: bool
    chunks: int = 0

    def documents(self, ids: list[int]) -> Report:
        """Ask all surfaces of these documents."""
        for sides in sides_of(self.database, ids):
            known = slices(sides.public)
            everybody = self.deep or sides.id % SOME == 0
            self._ask(
                OF_DOCUMENTS, sides, known, self.crawler.askers() if everybody else [self.crawler.in_turn(sides.id)]
            )
            self._ask_for_images(sides)
            if everybody:
                self._ask(OF_SOME_DOCUMENTS, sides, known)
            if self.deep:
                self._ask(OF_DOCUMENTS_DEEP, sides, known, [self.crawler.in_turn(sides.id)])
            if self.deep and sides.id % SOME == 0:
                self._ask(OF_SOME_DOCUMENTS_DEEP, sides, known)
            if self.deep or sides.id % FEW == 0:
                self._search(sides, known)
        return self._handed_over()

    def lists(self, surface: str, path: str) -> Report:
        """Ask a list, page by page."""
        for answer in self.crawler.ask_all(surface, path, deep=self.deep):
            self.watch.read(answer, set())
        return self._handed_over()

    def _ask(self, surfaces: dict[str, str], sides: Sides, known: set[str], askers: list[str] | None = None) -> None:
        address = address_of(self.base_url, sides.slug)
        for surface, path in surfaces.items():
            filled = path.format(slug=quote(sides.slug), address=address)
            for asked_by in askers or self.crawler.askers(surface):
                self.watch.read(self.crawler.ask(surface, filled, asked_by), known)

    def _ask_for_images(self, sides: Sides) -> None:
        """Ask for pictures at their own addresses: what a preview shows must be there, and the rest must not."""
        for surface, path in OF_IMAGES.items():
            for asked_by in self.crawler.askers():
                for name in sides.public_images:
                    self.watch.read(self.crawler.ask(surface, path.format(name=name), asked_by), slices(name))
                for name in sides.paid_images:
                    answer = self.crawler.ask(surface, path.format(name=name), asked_by)
                    if answer.status != _NOT_FOUND:
                        self.watch.report.hits.append(Leak(surface, asked_by, answer.path, name))

    def _search(self, sides: Sides, known: set[str]) -> None:
        """Search for words that only payers read: what is found must be found by its public side."""
        phrase = next(_paid_phrases(sides), None)
        if phrase is None:
            return
        by_public_side = all(_stands_in(sides.public.casefold(), one) for one in parse_query(phrase).phrases)
        for surface, path in SEARCHES.items():
            for asked_by in self.crawler.askers(surface):
                answer = self.crawler.ask(surface, path.format(phrase=quote(phrase)), asked_by)
                self.watch.read(answer, known | slices(phrase))
                listed = f'/d/{quote(sides.slug)}"' in answer.body or f'"{sides.slug}"' in answer.body
                if listed and not by_public_side:
                    self.watch.report.hits.append(Leak(surface, asked_by, answer.path, phrase))

    def _handed_over(self) -> Report:
        if not self.chunks % COLLECTED:
            gc.collect()
            gc.freeze()  # what is left stays, and need not be looked through again
        self.chunks += 1
        seen, self.watch.report = self.watch.report, Report()
        return seen


def _stands_in(text: str, phrase: Phrase) -> bool:
    """Whether a text holds what a phrase is found by: its words, or the pairs that make up a longer one."""
    return any(words and all(word in text for word in words) for words in (phrase.tokens, phrase.pairs))


def _paid_phrases(sides: Sides) -> Iterator[str]:
    """Return pieces of paid text, each within a line."""
    for line in sides.full.splitlines():
        if len(line) >= PHRASE and line not in sides.public:
            for start in range(0, len(line) - PHRASE + 1, PHRASE):
                if line[start : start + PHRASE] not in sides.public:
                    yield line[start : start + PHRASE]


_worker: list[_Worker] = []  # of this process


def _begin(settings: Settings, paid: PaidSlices, deep: bool) -> None:  # noqa: FBT001 - by position, as a pool hands it
    crawler = open_crawler(settings)
    set_limits(on=False)
    gc.disable()  # done after each chunk, instead of in the middle of pages
    watch = _Watch(paid, set(chain.from_iterable(map(slices, all_sentences()))))
    _worker[:] = [_Worker(crawler, Database(settings.database), watch, settings.base_url, deep)]


def _documents(ids: list[int]) -> Report:
    return _worker[0].documents(ids)


def _lists(surface: str, path: str) -> Report:
    return _worker[0].lists(surface, path)


def _looked_up(found: set[str], ids: list[int]) -> tuple[set[str], set[str]]:
    """Return which of these slices stand in paid text of some documents, and which in their public text."""
    paid: set[str] = set()
    public: set[str] = set()
    for sides in sides_of(_worker[0].database, ids):
        public |= found & slices(sides.public)
        paid |= found & sides.paid_only
    return paid, public


def run_audit(settings: Settings, database: Database, *, deep: bool = False) -> Iterator[Report]:
    """Yield the growing report; in the last one every find is confirmed."""
    with database.reading() as session:
        ids = published_ids(session)
        lists = list(_all_lists(session))
    database.close()  # no connection may be carried into a forked process
    paid = gather(settings.database, ids)
    report = Report(slices=paid.count)
    # Forked, so that the slices are shared and strings hash alike.
    begin = (settings, paid, deep)
    with ProcessPoolExecutor(mp_context=get_context("fork"), initializer=_begin, initargs=begin) as pool:
        waiting = [pool.submit(_lists, *one) for one in lists]
        chunks = [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
        for done, seen in zip(chunks, pool.map(_documents, chunks), strict=True):
            report.add(seen)
            report.documents += len(done)
            yield report
        for one in as_completed(waiting):
            report.add(one.result())
        report.hits = _confirmed(pool, chunks, report.hits)
    yield report


def _all_lists(session: Session) -> Iterator[tuple[str, str]]:
    values = {
        "{tag}": [quote(tag.name) for tag in tags_in_use(session)],
        "{year}": [year.name for year in years_in_use(session, ZoneInfo("UTC"))],
        "{part}": list(map(str, sitemap_parts(session))),
    }
    for surface, path in LIST_SURFACES.items():
        hole = next((name for name in values if name in path), None)
        for value in values[hole] if hole else [""]:
            yield surface, path.replace(hole, value) if hole else path


def _confirmed(pool: ProcessPoolExecutor, chunks: list[list[int]], hits: list[Leak]) -> list[Leak]:
    """Return the finds that are paid text indeed, and stand in no public edition of the library."""
    found = {hit.slice for hit in hits}
    confirmed = {one for one in found if len(one) > LENGTH}  # phrases that search found; no slices
    public: set[str] = set()
    for paid_here, public_here in pool.map(partial(_looked_up, found), chunks) if found - confirmed else ():
        confirmed |= paid_here
        public |= public_here
    confirmed -= public
    return [hit for hit in hits if hit.slice in confirmed]
