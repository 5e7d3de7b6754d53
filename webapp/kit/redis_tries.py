"""Tries that are counted in Redis; a house without one never loads its client, which takes a while."""

from collections.abc import Callable, Sequence

from redis import Redis
from redis.client import Pipeline
from redis.exceptions import RedisError

from webapp.kit.allowances import Tally
from webapp.kit.try_stores import TryDemand, TryStoreError, judge

_REDIS_SECONDS = 1.0


class RedisTries:
    """Counts in Redis, for machines that share it: what is read is watched, and done anew where another came first."""

    def __init__(self, url: str) -> None:
        self._redis = Redis.from_url(url, socket_timeout=_REDIS_SECONDS, socket_connect_timeout=_REDIS_SECONDS)

    def take(self, demands: Sequence[TryDemand], now: int) -> int:
        """Count a try for all of these and return 0, or count it for none and return how long to wait."""
        wait = 0

        def count(pipeline: Pipeline) -> None:
            nonlocal wait
            wait, tallies = judge(demands, _read_all(pipeline, demands), now)
            pipeline.multi()
            for (key, _pace), tally in zip(demands, [] if wait else tallies, strict=not wait):
                _write(pipeline, key, tally, now)

        self._transact(count, demands)
        return wait

    def undo(self, demands: Sequence[TryDemand], now: int) -> None:
        """Count a try for none of these after all."""

        def take_back(pipeline: Pipeline) -> None:
            kept = _read_all(pipeline, demands)
            pipeline.multi()
            for (key, pace), tally in zip(demands, kept, strict=True):
                left = pace.undone(tally) if tally else None
                _write(pipeline, key, left, now) if left else pipeline.delete(_name(key))

        self._transact(take_back, demands)

    def _transact(self, work: Callable[[Pipeline], None], demands: Sequence[TryDemand]) -> None:
        try:
            self._redis.transaction(work, *_names(demands))
        except RedisError as error:
            raise TryStoreError(str(error)) from error

    def clear(self) -> None:
        """Forget all tries."""
        for name in self._redis.scan_iter(_name(b"") + "*"):
            self._redis.delete(name)


def _name(key: bytes) -> str:
    return f"paidspan:tries:{key.hex()}"


def _names(demands: Sequence[TryDemand]) -> list[str]:
    return [_name(key) for key, _pace in demands]


def _read_all(pipeline: Pipeline, demands: Sequence[TryDemand]) -> list[Tally | None]:
    written = pipeline.mget(_names(demands))
    return [Tally(*map(int, each.split())) if each else None for each in written]


def _write(pipeline: Pipeline, key: bytes, tally: Tally, now: int) -> None:
    pipeline.set(_name(key), " ".join(map(str, tally)), px=max(1, tally.forget_at - now))


def read_eviction_policy(url: str, patience: float) -> str:
    """Return what a Redis does when it is full (its maxmemory-policy); raise TryStoreError where it does not answer."""
    try:
        with Redis.from_url(url, socket_timeout=patience, socket_connect_timeout=patience) as redis:
            return str(redis.info("memory").get("maxmemory_policy", "noeviction"))
    except (RedisError, ValueError) as error:
        raise TryStoreError(str(error)) from error
