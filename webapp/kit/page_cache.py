"""Pages for visitors, kept in this process for as long as nothing that pages show has changed."""

import gzip
from collections import OrderedDict
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property
from threading import Lock

_MOST_BYTES = 64_000_000
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
        """How much memory it takes at most, in bytes: text is packed to less than half."""
        return len(self.body) * 3 // 2 + _OVERHEAD


class PageCache:
    """Pages by key, all of one version; the least recently used go when there are too many bytes."""

    def __init__(self, most_bytes: int = _MOST_BYTES) -> None:
        self._most = most_bytes
        self._lock = Lock()
        self._version = 0
        self._bytes = 0
        self._kept: OrderedDict[Hashable, CachedPage] = OrderedDict()

    def get(self, version: int, key: Hashable) -> CachedPage | None:
        """Return what is kept under a key, if it is of this version."""
        with self._lock:
            if version != self._version or key not in self._kept:
                return None
            self._kept.move_to_end(key)
            return self._kept[key]

    def put(self, version: int, key: Hashable, kept: CachedPage) -> None:
        """Keep an answer, unless something newer is known already; a newer one empties the cache first."""
        with self._lock:
            if version < self._version or kept.size > self._most:
                return
            if version > self._version:
                self._kept.clear()
                self._version, self._bytes = version, 0
            replaced = self._kept.pop(key, None)
            self._bytes += kept.size - (replaced.size if replaced else 0)
            self._kept[key] = kept
            while self._bytes > self._most:
                _, oldest = self._kept.popitem(last=False)
                self._bytes -= oldest.size
