"""A value in the sandbox's file that is asked for all the time; what another process changed shows within a second."""

from dataclasses import dataclass, field
from time import monotonic

from webapp.stripe_sandbox.storage import SandboxStore, recall, remember

FRESH_SECONDS = 1.0


@dataclass(slots=True)
class CachedSetting:
    """A value under its key, read again when it was read more than a second ago."""

    store: SandboxStore
    key: str
    _value: str | None = field(default=None, init=False)
    _read_at: float = field(default=-FRESH_SECONDS, init=False)

    def value(self) -> str | None:
        """Return what is remembered."""
        if monotonic() - self._read_at >= FRESH_SECONDS:
            with self.store.reading() as connection:
                self.know(recall(connection, self.key))
        return self._value

    def put(self, value: str) -> None:
        """Remember another value from now on."""
        with self.store.writing() as connection:
            remember(connection, self.key, value)
        self.know(value)

    def know(self, value: str | None) -> None:
        """Take note of what stands in the file just now."""
        self._value, self._read_at = value, monotonic()
