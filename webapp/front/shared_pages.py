"""Full texts composed for the next reader from what others were given: the same bytes, and each reader's own words.

The paid bytes lie in a store that only a decision of the access policy opens, which is asked at each request.
"""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING

from webapp.access.policy import Decision, Preview, access_ends, decide
from webapp.front.generations import Generations
from webapp.front.question import AnswerKey, Question
from webapp.front.raw_answer import RawAnswer
from webapp.front.versions import Versions
from webapp.kit.packing import PackedPage, unpack_page
from webapp.reading.offline_copies import HEADER, OfflineCopy, keep_header, keeping_seconds
from webapp.reading.shared_answers import KnownReader, SharedAnswer

if TYPE_CHECKING:
    from webapp.kit.content_version import Version

_KEEP, _LENGTH, _PACKED = HEADER.lower().encode(), b"content-length", (b"content-encoding", b"gzip")
_PART_BYTES = 400  # what is known of a packed part, about
_ASKER_BYTES, _MOST_ASKERS = 2000, 3000  # what one takes, about; how many are remembered, at most
_ADDRESS_BYTES = 500  # what is known of an address, about


@dataclass(frozen=True, slots=True)
class _Body:
    """What an answer has between its form tokens."""

    parts: tuple[bytes, ...]

    def with_token(self, token: str) -> bytes:
        """Return the body with a reader's form token in its places."""
        return self.parts[0] if len(self.parts) == 1 else token.encode().join(self.parts)

    @property
    def size(self) -> int:
        """How many bytes it takes, about."""
        return sum(map(len, self.parts))


@dataclass(frozen=True, slots=True)
class _PackedBody:
    """The same of an answer that is packed."""

    page: PackedPage

    def with_token(self, token: str) -> bytes:
        return self.page.around(token.encode())

    @property
    def size(self) -> int:
        return sum(map(len, self.page.parts)) + _PART_BYTES * len(self.page.parts)


def _body_of(answer: RawAnswer, token: bytes) -> tuple["_Body | _PackedBody", bytes]:
    """Return the body of an answer without a token, and a digest of what it says."""
    if _PACKED in answer.headers:
        page, parts = unpack_page(answer.body, token)
        return _PackedBody(page), sha256(b"\0".join(parts)).digest()
    body = _Body(tuple(answer.body.split(token)) if token else (answer.body,))
    return body, sha256(b"\0".join(body.parts)).digest()


class _PaidBodies:
    """The bodies that hold paid text. Only a decision of the access policy opens one, that of its own document."""

    def __init__(self, most_bytes: int) -> None:
        self._kept: Generations[_Body | _PackedBody] = Generations(most_bytes)
        self.clear = self._kept.clear

    def put(self, document_id: int, key: AnswerKey, body: _Body | _PackedBody, size: int) -> None:
        self._kept.put((document_id, key), body, size)

    def get(self, decision: Decision, key: AnswerKey) -> _Body | _PackedBody | None:
        return None if isinstance(decision, Preview) else self._kept.get((decision.document_id, key))


@dataclass(slots=True)
class _Page:
    """What is known of an answer besides its body.

    It is given to others once two readers were given the same: what is one reader's own is in no shared answer, though
    a template should show it some day.
    """

    document_id: int
    paid: bool
    copy: OfflineCopy | None
    headers: list[tuple[bytes, bytes]]
    digest: bytes
    made_for: int
    is_confirmed: bool = False

    def confirms(self, other: "_Page") -> bool:
        """Return whether another reader's answer was the same."""
        mine = (self.document_id, self.paid, self.copy, self.headers, self.digest)
        theirs = (other.document_id, other.paid, other.copy, other.headers, other.digest)
        return mine == theirs and (other.is_confirmed or self.made_for != other.made_for)


class SharedPages:
    """Composes answers for readers who may read all of a document."""

    def __init__(self, versions: Versions, most_bytes: int) -> None:
        self._versions = versions
        self._content: Version | None = None
        self._askers: Generations[KnownReader] = Generations(_ASKER_BYTES * _MOST_ASKERS)
        self._pages: Generations[_Page] = Generations(most_bytes // 4)
        self._confirmed: Generations[int] = Generations(most_bytes // 4)  # documents, by what is asked
        self._paid = _PaidBodies(most_bytes)
        self._open: Generations[_Body | _PackedBody] = Generations(most_bytes)

    async def find(self, question: Question, now: datetime) -> RawAnswer | None:
        """Return the answer to a reader as everything stands at this moment; raise sqlite3.Error."""
        asker = self._askers.get(question.credentials)
        if asker is None or now >= asker.until:
            return None
        key = _key(question, asker)
        asked = self._confirmed_page(key)
        state = await self._versions.ask(asker.reader_id, asked.document_id) if asked is not None else None
        page = self._confirmed_page(key)  # others may have brought another one meanwhile
        if asked is None or state is None or page is None or page.document_id != asked.document_id:
            return None
        if state.content != self._content or state.reader != asker.version or state.kept_something:
            return None
        if not page.paid:
            return _composed(page, self._open.get(key), asker, None, now)
        body = self._paid.get(decide(asker.standing, page.document_id, now), key)
        return _composed(page, body, asker, access_ends(asker.standing, page.document_id, now), now)

    def _confirmed_page(self, key: AnswerKey) -> _Page | None:
        page = self._pages.get(key)
        return page if page is not None and page.is_confirmed else None

    async def lacks_reader(self, question: Question, now: datetime) -> bool:
        """Return whether an answer may be known, but not who asks, as they stand now; raise sqlite3.Error."""
        document_id = self._confirmed.get(question.key)
        if document_id is None:
            return False
        asker = self._askers.get(question.credentials)
        if asker is None or now >= asker.until:
            return self._versions.of_content() == self._content
        state = await self._versions.ask(asker.reader_id, document_id)
        return state is not None and state.content == self._content and state.reader != asker.version

    def keep_reader(self, question: Question, reader: KnownReader) -> None:
        """Keep who asks."""
        self._askers.put(question.credentials, reader, _ASKER_BYTES)

    def known_reader(self, question: Question) -> KnownReader | None:
        """Return who asks, as they stood when they were last met."""
        return self._askers.get(question.credentials)

    def keep(self, question: Question, shared: SharedAnswer, answer: RawAnswer) -> None:
        """Keep what a reader was given, for others who ask alike."""
        if shared.content_version != self._content:
            for memory in (self._pages, self._paid, self._open, self._confirmed):
                memory.clear()
            self._content = shared.content_version
        asker = shared.asker
        self.keep_reader(question, asker)
        key, (body, digest) = _key(question, asker), _body_of(answer, shared.csrf_token.encode())
        headers = [header for header in answer.headers if header[0] not in {_KEEP, _LENGTH}]
        page = _Page(shared.document_id, shared.paid, shared.copy, headers, digest, asker.reader_id)
        former = self._pages.get(key)
        page.is_confirmed = former is not None and page.confirms(former)
        self._pages.put(key, page, answer.size - len(answer.body))
        if page.is_confirmed and asker.csrf_token:  # programs have none, and are asked about by the view alone
            self._confirmed.put(question.key, shared.document_id, _ADDRESS_BYTES)
        if shared.paid:
            self._paid.put(shared.document_id, key, body, body.size)
        else:
            self._open.put(key, body, body.size)


def _key(question: Question, asker: KnownReader) -> AnswerKey:
    return (*question.key, asker.look or question.manner.look, bool(asker.csrf_token))


def _composed(
    page: _Page, body: _Body | _PackedBody | None, asker: KnownReader, ends_at: datetime | None, now: datetime
) -> RawAnswer | None:
    """Return an answer with an asker's own words, None where its body is forgotten."""
    if body is None:
        return None
    whole = body.with_token(asker.csrf_token)
    headers = [*page.headers, (_LENGTH, b"%d" % len(whole))]
    if page.copy is not None:
        keep = keep_header(asker.mark, keeping_seconds(ends_at, now), page.copy)
        headers.append((_KEEP, keep.encode("latin-1")))
    return RawAnswer(200, headers, whole)
