"""A memory of so many bytes that forgets what was not asked for lately, at the cost of a dictionary."""

from collections.abc import Hashable
from typing import Generic, TypeVar

_T = TypeVar("_T")


class Generations(Generic[_T]):
    """Values in two generations: when the young one holds half of the bytes it becomes the old one, which goes.

    What is found in the old one is young again.
    """

    def __init__(self, most_bytes: int) -> None:
        self._half = most_bytes // 2
        self._young: dict[Hashable, tuple[_T, int]] = {}
        self._old: dict[Hashable, tuple[_T, int]] = {}
        self._size = 0

    def get(self, key: Hashable) -> _T | None:
        """Return what is kept under a key."""
        found = self._young.get(key)
        if found is not None:
            return found[0]
        found = self._old.pop(key, None)
        if found is None:
            return None
        self.put(key, *found)
        return found[0]

    def put(self, key: Hashable, value: _T, size: int) -> None:
        """Keep a value that takes about so many bytes, unless that is more than a generation."""
        if size > self._half:
            return
        if self._size + size > self._half:
            self._old, self._young, self._size = self._young, {}, 0
        former = self._young.pop(key, None)
        self._size += size - (former[1] if former else 0)
        self._young[key] = (value, size)

    def clear(self) -> None:
        """Forget everything."""
        self._young, self._old, self._size = {}, {}, 0
