"""The rows of the bench: what is asked for in each, and by whom."""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import stripe
from itsdangerous import URLSafeTimedSerializer

from bench.front_door.library import PASSWORD, Library, address_of, session_cookie
from bench.front_door.load import Requests, keep_pieces
from bench.front_door.reports import BODIES, PLACES, THINGS
from webapp import create_app
from webapp.billing.context import current_billing

READERS, DOCUMENTS = 1_000, 100  # of whom and of which (d) is
FIRST_VIEWS = 20_000
_ONCE = b"\r\n"


@dataclass(frozen=True)
class Row:
    """One row: `goals` are least ratios to bare applications; one that has none is written down.

    `is_right` looks at an answer's status and body. One with `restarts` is asked of a product that has just started.
    """

    letter: str
    title: str
    requests: Requests
    is_right: Callable[[int, str], bool]
    goals: dict[str, float] = field(default_factory=dict)
    restarts: bool = False

    @property
    def file(self) -> str:
        """Return the name of its answer, as bare applications have it."""
        return "".join(sign if sign.isalnum() else "-" for sign in self.letter)


_AS_BARE = {"flask": 2.8, "wsgi": 0.7}
LISTS = {"catalogue": "/", "feed": "/feed.atom", "sitemap": "/sitemap.xml"}


def reading_rows(library: Library, folder: Path, slugs: list[str] | None = None) -> list[Row]:
    """Return the rows with goals; `slugs` are the documents that are asked for but in (d'), else the first ones."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(3)
    slugs = slugs or library.slugs[:DOCUMENTS]
    visitor = keep_pieces(folder / "visitor", [_ONCE])
    packing = keep_pieces(folder / "packing", [b"Accept-Encoding: gzip, deflate, br\r\n\r\n"])
    some_readers = keep_pieces(folder / "readers", [_cookie(one) for one in library.cookies[:READERS]])
    packing_readers = keep_pieces(folder / "packing-readers", [_packing(one) for one in library.cookies[:READERS]])
    many = library.cookies[:FIRST_VIEWS]
    all_readers = keep_pieces(folder / "all-readers", [_cookie(one) for one in chance.sample(many, len(many))])
    tokens = keep_pieces(folder / "tokens", [_bearer(one) for one in library.tokens[:READERS]])
    documents = keep_pieces(folder / "documents", [_get(f"/d/{slug}") for slug in slugs])
    first_views, new = (
        Requests(keep_pieces(folder / name, _first_views(library, of, chance)), all_readers, in_order=True)
        for name, of in (("first-views", slugs), ("new", library.slugs))
    )
    programs = keep_pieces(folder / "programs", [_get(f"/api/v1/documents/{slug}") for slug in slugs])
    goals = {"d": {"flask": 1.3}, "d'": {"flask": 0.15}, "g": {"flask": 0.5}}
    lists = {name: keep_pieces(folder / name, [_get(path)]) for name, path in LISTS.items()}
    return [
        Row("c", "preview, visitor", Requests(documents, visitor), _is_preview, _AS_BARE),
        Row("c, packed", "preview, visitor, gzip", Requests(documents, packing), _is_some_text, _AS_BARE),
        Row("d", "full page, 1,000 readers, 100 documents", Requests(documents, some_readers), _is_full, goals["d"]),
        Row("d, packed", "full page, gzip", Requests(documents, packing_readers), _is_some_text, goals["d"]),
        Row("d'", "full page, first view by its reader", first_views, _is_full, goals["d'"], restarts=True),
        Row("d'+", "full page, first view by anybody", new, _is_full, restarts=True),
        *(Row(f"e, {name}", name, Requests(of, visitor), _is_some_text, _AS_BARE) for name, of in lists.items()),
        Row("e, feed, packed", "feed, gzip", Requests(lists["feed"], packing), _is_some_text, _AS_BARE),
        Row("g", "API, document by token", Requests(programs, tokens), _is_full_json, goals["g"]),
    ]


def searches(library: Library, folder: Path) -> Row:
    """Return the row of search, by subscribers: how often somebody may search is limited."""
    chance = random.Random(5)
    words = [*PLACES, *BODIES, *THINGS]
    asked = [" ".join(chance.sample(words, 2)) for _ in range(2_000)]
    heads = keep_pieces(folder / "searches", [_get(f"/search?q={quote(query)}") for query in asked])
    tails = keep_pieces(folder / "searchers", [_cookie(one) for one in library.cookies[:20_000]])
    return Row("f", "search, two words, by subscribers", Requests(heads, tails), lambda status, _body: status == 200)


def writing_rows(library: Library, folder: Path) -> list[Row]:
    """Return the rows of what is written: signed events, and signing in, each from another address."""
    return [_webhooks(library, folder), _sign_ins(library, folder)]


def _webhooks(library: Library, folder: Path) -> Row:
    app = create_app(library.settings())
    with app.app_context():
        secret = current_billing().gateway.webhook_secret
    heads = []
    for number in range(10_000):
        told = {"id": f"cus_bench{number}", "object": "customer", "email": address_of(number), "livemode": False}
        event = {"id": f"evt_bench_{number}", "object": "event", "type": "customer.updated", "livemode": False}
        body = json.dumps(event | {"created": 1, "api_version": stripe.api_version, "data": {"object": told}})
        signed = stripe.WebhookSignature.generate_signature_header(body, secret)
        kind = "Content-Type: application/json\r\n"
        heads.append(_post("/webhooks/stripe", f"{kind}Stripe-Signature: {signed}\r\n", body))
    return Row(
        "h, webhook", "signed event", _each_once(folder / "events", heads), lambda status, _: status in {202, 204}
    )


def _sign_ins(library: Library, folder: Path) -> Row:
    app = create_app(library.settings())
    signer, raw, heads = URLSafeTimedSerializer(app.secret_key, salt="wtf-csrf-token"), "0123456789" * 4, []
    cookie = session_cookie(app, {"csrf_token": raw})
    for number in range(min(library.readers, 2_000)):
        form = {"email": address_of(number), "password": PASSWORD, "csrf_token": signer.dumps(raw)}
        body = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in form.items())
        whence = f"X-Forwarded-For: 10.1.{number >> 8}.{number & 255}\r\nCookie: {cookie}\r\n"
        heads.append(_post("/login", f"Content-Type: application/x-www-form-urlencoded\r\n{whence}", body))
    once = _each_once(folder / "sign-ins", heads)
    return Row("h, sign-in", "password, a new device", once, lambda status, _: status == 303)


def _each_once(path: Path, requests: list[bytes]) -> Requests:
    return Requests(keep_pieces(path, requests), keep_pieces(path.with_suffix(".end"), [b""]), in_order=True)


def bare_requests(row: Row, folder: Path) -> Requests:
    """Return the same requests for an application that has one answer for the row."""
    heads = keep_pieces(folder / f"bare-{row.file}", [_get(f"/{row.file}")])
    return Requests(heads, row.requests.tails)


def _first_views(library: Library, slugs: list[str], chance: random.Random) -> list[bytes]:
    """Return addresses in such an order that no reader comes to a document twice.

    The readers go round; a document comes again only after all others.
    """
    readers, wanted = len(library.cookies[:FIRST_VIEWS]), FIRST_VIEWS
    slugs = chance.sample(slugs, min(len(slugs), wanted))
    # A step between rounds, so that the same reader meets another document each time.
    places = [(number + number // readers) % len(slugs) for number in range(min(wanted, readers * len(slugs)))]
    return [_get(f"/d/{slugs[place]}") for place in places]


def _get(path: str) -> bytes:
    return f"GET {quote(path, safe='/?=&%+')} HTTP/1.1\r\nHost: 127.0.0.1\r\n".encode()


def _post(path: str, headers: str, body: str) -> bytes:
    length = len(body.encode())
    return f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n{headers}Content-Length: {length}\r\n\r\n{body}".encode()


def _cookie(cookie: str) -> bytes:
    return f"Cookie: {cookie}\r\n\r\n".encode()


def _packing(cookie: str) -> bytes:
    return f"Accept-Encoding: gzip, deflate, br\r\nCookie: {cookie}\r\n\r\n".encode()


def _bearer(token: str) -> bytes:
    return f"Authorization: Bearer {token}\r\n\r\n".encode()


def _is_some_text(status: int, _body: str) -> bool:
    return status == 200


def _is_preview(status: int, body: str) -> bool:
    return status == 200 and "paid-gate" in body


def _is_full(status: int, body: str) -> bool:
    return status == 200 and "paid-gate" not in body and 'class="standing"' in body


def _is_full_json(status: int, body: str) -> bool:
    return status == 200 and json.loads(body)["access"] == "full"
