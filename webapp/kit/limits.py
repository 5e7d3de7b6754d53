"""Limits on how often something may be tried: by where a request comes from or who asks, never by an account alone.

Whoever tries too early is told how long to wait, and that is true: after so many seconds the next try is let through.
"""

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import wraps
from hashlib import blake2b
from typing import Any, ParamSpec, TypeVar, cast

from flask import Flask, current_app, g, request

from webapp.kit.allowances import Allowance, Pace
from webapp.kit.clock import machine_now
from webapp.kit.current_settings import current_secret_keys, current_settings, settings_in
from webapp.kit.errors import TooManyTriesError
from webapp.kit.request_source import source_of
from webapp.kit.try_stores import SqliteTries, TriesWithFallback, TryDemand, TryStore
from webapp.settings import Settings

_P = ParamSpec("_P")
_R = TypeVar("_R")
_STORE, _ACCOUNT = "paidspan.tries", "paidspan.requesting_account"
_MARK = "__paidspan_limited__"
_FILE = "tries.sqlite"
_KEY_BYTES = 16

log = logging.getLogger(__name__)

USUAL = Allowance(60, 1)  # what a person does, and what costs something


class _Switch:
    on = True
    warned = False


@dataclass(frozen=True, slots=True)
class Limit:
    """How often one party may try one thing."""

    what: str
    who: str
    pace: Pace


def install_limits(app: Flask, requesting_account: Callable[[], int | None]) -> None:
    """Count tries in a file of the instance, or in Redis where several machines share the counting.

    `requesting_account` returns the number of the account that asks, None for a visitor.
    """
    settings = settings_in(app)
    app.extensions[_STORE] = TriesWithFallback(_open_store(settings))
    app.extensions[_ACCOUNT] = requesting_account


def _open_store(settings: Settings) -> TryStore:
    if not settings.redis_url:
        return SqliteTries(settings.instance / _FILE)
    from webapp.kit.redis_tries import RedisTries  # noqa: PLC0415 - only who has a Redis needs its client

    return RedisTries(settings.redis_url)


def set_limits(*, on: bool) -> None:
    """Have this process count tries, or not."""
    _Switch.on = on


def forget_tries(app: Flask) -> None:
    """Have all tries forgotten."""
    _store(app).clear()


def source() -> str:
    """Return where this request comes from."""
    if not _Switch.warned and "X-Forwarded-For" in request.headers and not current_settings().trusted_proxies:
        _Switch.warned = True
        log.warning(
            "X-Forwarded-For is not believed (PAIDSPAN_TRUSTED_PROXIES): limits take all behind a proxy for one"
        )
    return source_of(request.remote_addr)


def requester() -> str:
    """Return who makes this request: an account, a visitor by where they come from."""
    account: int | None = current_app.extensions[_ACCOUNT]()
    return f"account {account}" if account is not None else source()


def limited(pace: Pace = USUAL, by: Callable[[], str] = requester) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Declare that a view, or a part of one that costs something, may be called so often by one party."""

    def declare(view: Callable[_P, _R]) -> Callable[_P, _R]:
        what = f"{view.__module__}.{view.__qualname__}"
        return limited_by(lambda: [Limit(what, by(), pace)])(view)

    return declare


def limited_by(
    limits: Callable[[], Iterable[Limit]],
    refuse: Callable[[TooManyTriesError], Any] | None = None,
) -> Callable[[Callable[_P, _R]], Callable[_P, _R]]:
    """Declare which limits a call of a view must keep, all of them; `refuse` makes the page for who tries too early."""

    def declare(view: Callable[_P, _R]) -> Callable[_P, _R]:
        @wraps(view)
        def counted(*args: _P.args, **kwargs: _P.kwargs) -> _R:
            try:
                count_try(limits())
            except TooManyTriesError as error:
                if refuse is None:
                    raise
                return cast("_R", refuse(error))
            return view(*args, **kwargs)

        setattr(counted, _MARK, True)
        return counted

    return declare


def is_limited(view: object) -> bool:
    """Return whether a view declares a limit."""
    return hasattr(view, _MARK)


def count_try(limits: Iterable[Limit]) -> None:
    """Count a try; raise TooManyTriesError, and count nothing, when it comes too early for one of these limits."""
    if not _Switch.on:
        return
    demands = [_demand(limit, key) for limit in limits for key in current_secret_keys()]
    wait = _store(current_app).take(demands, _now())
    if wait:
        raise TooManyTriesError(-(-wait // 1000))
    g.tries = demands


def uncount_try() -> None:
    """Have the try of this request not count: a password that was right is no guess."""
    demands = g.pop("tries", None)
    if demands:
        _store(current_app).undo(demands, _now())


def _demand(limit: Limit, key: str) -> TryDemand:
    """Return a limit as it is kept: by a keyed hash, for neither a file nor Redis shall name who tried what.

    The pace is part of it: a view may have two limits, each with a count of its own. While the key is changed a try is
    counted by both, so that no count begins anew whichever of them a host knows.
    """
    told = f"{limit.what}\0{limit.who}\0{limit.pace}"
    return blake2b(told.encode(), digest_size=_KEY_BYTES, key=key.encode()[:64]).digest(), limit.pace


def _now() -> int:
    return int(machine_now().timestamp() * 1000)


def _store(app: Flask) -> TryStore:
    return cast("TryStore", app.extensions[_STORE])
