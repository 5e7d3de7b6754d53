"""Pages for visitors, kept in this process for as long as nothing that pages show has changed."""

import gzip
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

from cachetools import LRUCache

from webapp.kit.content_version import Version

_MOST_BYTES = 4_000_000
_OVERHEAD = 500  # what an entry costs beside its bytes, about


@dataclass(frozen=True)
class CachedPage:
    """A finished answer: its bytes, whether they are worth packing, and its mark."""

    body: bytes
    packs: bool
    content_type: str
    etag: str

    @cached_property
    def packed(self) -> bytes | None:
        """The bytes gzipped, at their first use; None where that is not worth it."""
        return gzip.compress(self.body, compresslevel=6, mtime=0) if self.packs else None

    @property
    def size(self) -> int:
        """How many bytes it takes at most, with `packed`, which is made later and may save next to nothing."""
        return len(self.body) * (2 if self.packs else 1) + _OVERHEAD


class PageCache:
    """Pages by key, all of one version; the least recently used go when there are too many bytes."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._lock = Lock()
        self._version: Version | None = None
        self._kept: LRUCache[Hashable, CachedPage] = LRUCache(most_bytes, getsizeof=lambda page: page.size)

    def get(self, version: Version, key: Hashable) -> CachedPage | None:
        """Return what is kept under a key, if it is of this version.

        One that is older than what is known is a database that was restored: what came after it will come anew. It may
        also be a thread that was overtaken just now; then a few pages are made once more.
        """
        with self._lock:
            if self._version is not None and version < self._version:
                self._begin(version)
            return self._kept.get(key) if version == self._version else None

    def put(self, version: Version, key: Hashable, kept: CachedPage) -> None:
        """Keep an answer, unless something newer is known already or it is larger than all that may be kept."""
        with self._lock:
            if self._version is None or version > self._version:
                self._begin(version)
            if version == self._version and kept.size <= self._kept.maxsize:
                self._kept[key] = kept

    def _begin(self, version: Version) -> None:
        self._kept.clear()
        self._version = version
