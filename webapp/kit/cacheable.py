"""Who may keep an answer, and for how long (design: paywall, caching)."""

from collections.abc import Callable, Hashable
from functools import wraps
from hashlib import sha256
from typing import ParamSpec, cast

from flask import Flask, Response, current_app, make_response, request
from flask.typing import ResponseReturnValue
from sqlalchemy.exc import DBAPIError
from werkzeug.datastructures import ImmutableMultiDict

from webapp.kit.answer_notes import notes_on
from webapp.kit.appearance import browser_appearance
from webapp.kit.content_version import Version, current_version
from webapp.kit.current_settings import current_settings
from webapp.kit.http import leave_replica, read_replica_of, read_session
from webapp.kit.languages import locale
from webapp.kit.packing import WORTH_PACKING
from webapp.kit.page_cache import CachedPage, PageCache

_P = ParamSpec("_P")
_PAGES = "paidspan.pages"
_LONGEST_ARGUMENT = 300
_OK = 200


def install_page_cache(app: Flask) -> None:
    """Give the application the cache of its pages for visitors."""
    app.extensions[_PAGES] = PageCache()


def is_anonymous() -> bool:
    """Whether nothing in this request tells who asks: no session, no remembered device, no token."""
    config = current_app.config
    cookies = {config["SESSION_COOKIE_NAME"], config["REMEMBER_COOKIE_NAME"]}
    return "Authorization" not in request.headers and not cookies & request.cookies.keys()


def cacheable(
    *arguments: str, also: Callable[..., Hashable] = lambda *_args, **_kwargs: None
) -> Callable[[Callable[_P, ResponseReturnValue]], Callable[_P, ResponseReturnValue]]:
    """Declare a view whose answer to a visitor depends on its address, these query arguments, language and look alone.

    `also` answers, from what the view is given, how that stands which the database does not know of: a file, say.
    All other arguments are taken away before the view sees them. The answer to anybody else is theirs alone and never
    kept; a view must not look at cookies or headers to tell visitors apart.
    """

    def declare(view: Callable[_P, ResponseReturnValue]) -> Callable[_P, ResponseReturnValue]:
        @wraps(view)
        def answer(*args: _P.args, **kwargs: _P.kwargs) -> ResponseReturnValue:
            _narrow_arguments(arguments)
            if not is_anonymous():
                return view(*args, **kwargs)
            pages = cast("PageCache", current_app.extensions[_PAGES])
            asked = (request.endpoint, *kwargs.items(), *request.args.items(), locale(), browser_appearance())
            key = (*asked, also(*args, **kwargs))
            version = current_version(read_session())
            notes = notes_on(request.environ)
            if notes is not None and key[-1] is None:  # how files stand, only the view can tell
                notes.visitors_version = version
            kept = pages.get(version, key)
            if kept is None:
                made = _made(version, lambda: view(*args, **kwargs))
                if made.status_code != _OK:
                    return made
                kept = _kept(made)
                pages.put(version, key, kept)
            return _answer(kept)

        return answer

    return declare


def _made(version: Version, view: Callable[[], ResponseReturnValue]) -> Response:
    """Return what a view answers, from a copy of the database where one shows the same."""
    if read_replica_of(version):
        try:
            return make_response(view())
        except DBAPIError as error:  # it went away, or what it was told meanwhile ended its query
            leave_replica(error)
    return make_response(view())


def policy_for_visitors() -> str:
    """Return who may keep what visitors are shown, and for how long, as HTTP says it."""
    seconds = current_settings().shared_cache_seconds
    return f"public, max-age=0, s-maxage={seconds}" if seconds else "public, no-cache"


def _narrow_arguments(names: tuple[str, ...]) -> None:
    given = ((name, request.args[name][:_LONGEST_ARGUMENT]) for name in names if name in request.args)
    request.args = ImmutableMultiDict(given)


def _kept(made: Response) -> CachedPage:
    body = made.get_data()
    packs = len(body) >= WORTH_PACKING and not (made.content_type or "").startswith("image/")
    marked = sha256(f"{locale()} {made.content_type} ".encode() + body).hexdigest()[:32]
    return CachedPage(body, packs, made.content_type or "", marked)


def _answer(kept: CachedPage) -> Response:
    packed = kept.packed if request.accept_encodings["gzip"] > 0 else None
    response = Response(kept.body if packed is None else packed, content_type=kept.content_type)
    if packed is not None:
        response.content_encoding = "gzip"
    response.set_etag(kept.etag if packed is None else f"{kept.etag}-gzip")
    response.headers["Cache-Control"] = policy_for_visitors()
    return cast("Response", response.make_conditional(request))
