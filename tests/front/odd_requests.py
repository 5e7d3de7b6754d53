"""Requests that nobody means, made by lot from the routes of an application."""

import random
from dataclasses import dataclass
from urllib.parse import quote_plus

from werkzeug.routing import Rule

from tests.front.odd_values import DATES, HOSTS, in_address, odd_json, odd_text

_FIELDS = [
    *(
        "action",
        "address",
        "anchor",
        "answer",
        "author",
        "card_number",
        "code",
        "company",
        "credential",
        "cvc",
        "email",
    ),
    *("document", "exact", "expiry", "gate", "keep", "method", "name", "next", "note", "passage", "password"),
    *("password_again", "permille", "plan", "position", "prefix", "present", "price", "promotion_code", "recovery"),
    *("remember", "scopes", "sealed", "shown", "subscription", "suffix", "tax_id", "topic", "turn", "view", "wallet"),
    *("warned", "theme", "size", "width", "face", "tag", "language", "cancel_at_period_end", "promo", "reason"),
]
_ARGUMENTS = [
    *("after", "q", "next", "plan", "document", "tag", "year", "language", "limit", "fields", "sort", "session_id"),
    *("purchase", "url", "format", "theme", "size", "width", "face", "d", "done", "sent", "recovery", "required", "v"),
    *("later", "signed_out", "warned", "gate", "mode", "maxwidth", "maxheight", "turn", "view"),
]
_METHODS = ["GET"] * 6 + ["HEAD", "POST", "POST", "POST", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE", "BREW", "get"]
_TYPES = [
    *["application/x-www-form-urlencoded"] * 6,
    *["application/json"] * 3,
    *("application/x-www-form-urlencoded; charset=utf-16", "application/json; charset=x", "multipart/form-data"),
    *("multipart/form-data; boundary=", "multipart/form-data; boundary=a", "text/plain", "", "é", "application/*+json"),
]
_HEADERS = {
    "Accept": ["*/*", "application/json", "a/b;q=x", ",,,", "*/*;q=-1", "text/html;q=1e999", "a" * 5000],
    "Accept-Language": ["zh", "en;q=0", "*", "x-" + "a" * 500, ",;=", "en;q=é", "zh-" + "9" * 5000],
    "Accept-Encoding": ["gzip", "gzip;q=0", "br, *;q=0", "gzip;q=9" + "9" * 400, "identity;q=0", ",", "é"],
    "If-Modified-Since": DATES,
    "If-Unmodified-Since": DATES,
    "If-Range": [*DATES, '"x"', 'W/"x"', '"'],
    "If-None-Match": ['"x"', "*", 'W/"x", "y"', '"', "x" * 5000, "é", ","],
    "If-Match": ['"x"', "*", '"', "é"],
    "Range": [
        "bytes=0-0",
        "bytes=-1",
        "bytes=9-1",
        "bytes=0-" + "9" * 5000,
        "bytes=0-0,0-0,5-",
        "x=1",
        "bytes=a-b",
        "bytes=²-",
    ],
    "Authorization": [
        "Bearer",
        "Bearer x",
        "Basic eDp5",
        "Basic ===",
        "Basic /w==",
        "Digest a=b",
        "é",
        "Bearer " + "x" * 5000,
    ],
    "Referer": ["http://evil.example/", "/", "é", "http://[", "http://x:99999999/"],
    "Origin": ["null", "http://evil.example", "http://[", "é"],
    "User-Agent": ["", "é" * 200, "Mozilla/5.0 (" * 300, "\x7f", "sqlmap"],
    "X-Forwarded-For": ["1.2.3.4", "é", "::1, x", "1" * 5000],
    "X-Forwarded-Host": ["evil.example", "..", "é"],
    "X-Forwarded-Proto": ["https", "x"],
    "Forwarded": ["for=1.2.3.4;host=evil.example", "é"],
    "Sec-Fetch-Mode": ["navigate", "cors", "é"],
    "Stripe-Signature": ["t=1,v1=x", "t=" + "9" * 5000 + ",v1=x", "t=x", "=", "é", "t=99999999999999,v1=aa,v1=bb"],
    "Content-Encoding": ["gzip", "é"],
    "Upgrade": ["websocket", "h2c"],
    "Connection": ["close", "Upgrade", "keep-alive, x", "Host, Cookie"],
    "Cache-Control": ["no-cache", "max-age=" + "9" * 500, "é"],
    "Date": DATES,
    "TE": ["trailers", "é"],
    "X-Odd": ["\t", "é", "a" * 10_000],
    "X_Forwarded_For": ["1.2.3.4"],
    "X-HTTP-Method-Override": ["DELETE"],
    "Purpose": ["prefetch"],
}


@dataclass(frozen=True)
class Who:
    """What a client may show: cookies, a form's token, a token of the API; and names that mean something here."""

    cookie: str
    form_token: str
    bearer: str
    slug: str


@dataclass(frozen=True)
class OddRequest:
    """A request as bytes, and whether it is one that a server may refuse to read at all."""

    method: str
    data: bytes
    mangled: bool


class OddRequests:
    """Makes requests by lot; the same lot makes the same requests."""

    def __init__(self, rules: list[Rule], chance: random.Random) -> None:
        self._rules = sorted(rules, key=lambda rule: (rule.rule, sorted(rule.methods or ())))
        self._chance = chance

    def make(self, who: Who) -> OddRequest:
        chance = self._chance
        rule = chance.choice(self._rules)
        usual = sorted((rule.methods or {"GET"}) - {"OPTIONS"})
        method = chance.choice(usual) if chance.random() < 0.85 else chance.choice(_METHODS)
        kind, body = (
            self._body(who, rule.rule) if method not in {"GET", "HEAD"} or chance.random() < 0.03 else ("", b"")
        )
        lines = [f"{method} {self._target(rule, who)} HTTP/1.1", *self._headers(who)]
        if body or method in {"POST", "PUT", "PATCH"}:
            lines += [f"Content-Type: {kind}"] if kind else []
            lines, body = (
                ([*lines, "Transfer-Encoding: chunked"], self._in_chunks(body))
                if chance.random() < 0.1
                else ([*lines, f"Content-Length: {len(body)}"], body)
            )
        data = "\r\n".join(lines).encode(errors="replace") + b"\r\n\r\n" + body
        if chance.random() < 0.03:
            return OddRequest(method, self._mangle(data), mangled=True)
        return OddRequest(method, data, mangled=False)

    def _target(self, rule: Rule, who: Who) -> str:
        chance = self._chance
        path = "".join(
            in_address(self._argument(part, who), chance) if is_argument else part
            for is_argument, part in rule._trace  # by which Werkzeug builds an address
            if part != "|"
        )
        way = chance.randrange(40)
        odd = {
            0: "/" + path,
            1: path + "/",
            2: path.replace("/", "//"),
            3: path.upper(),
            4: f"/.{path}",
            5: f"/x/..{path}",
            6: path + "%00",
            7: path + ";a=b",
            8: f"http://evil.example{path}",
            9: path + "." + chance.choice(["md", "json", "pdf", "é"]),
        }
        path = odd.get(way, path) or "/"
        arguments = "&".join(self._query_argument(who) for _ in range(chance.choice([0, 0, 1, 1, 2, 5])))
        return f"{path}?{arguments}" if arguments else path

    def _argument(self, name: str, who: Who) -> str:
        known = {"slug": who.slug, "language": "en", "number": "1", "year": "2026", "part": "1", "filename": "site.css"}
        if self._chance.random() < 0.7 and name in known:
            return known[name]
        return odd_text(self._chance)[:8000]

    def _query_argument(self, who: Who) -> str:
        name = self._chance.choice([*_ARGUMENTS, "é", ""])
        value = who.slug if name == "document" and self._chance.random() < 0.5 else odd_text(self._chance)[:8000]
        return f"{name}={in_address(value, self._chance)}"

    def _headers(self, who: Who) -> list[str]:
        chance = self._chance
        host = chance.choice(HOSTS) if chance.random() < 0.04 else "localhost"
        lines = [] if chance.random() < 0.02 else [f"Host: {host}"]
        cookie = self._cookie(who)
        lines += [f"Cookie: {cookie}"] if cookie else []
        lines += [f"Authorization: Bearer {who.bearer}"] if chance.random() < 0.2 else []
        for name in chance.sample(sorted(_HEADERS), chance.choice([0, 1, 1, 2, 3])):
            lines.append(f"{name}: {chance.choice(_HEADERS[name])}")
        return lines

    def _cookie(self, who: Who) -> str:
        chance = self._chance
        way = chance.randrange(20)
        if way < 6 or way > 11:
            return who.cookie
        odd = odd_text(chance)[:3000].replace("\r", "").replace("\n", "").replace("\0", "")
        return {
            6: f"paidspan={odd}",
            7: f"remember_token={odd}",
            8: f"{who.cookie}; language={odd}; look={odd}",
            9: f"{who.cookie[: len(who.cookie) // 2]}{odd}",
            10: f"known_device={odd}; {odd}",
        }.get(way, "")

    def _body(self, who: Who, path: str) -> tuple[str, bytes]:
        chance = self._chance
        kind = chance.choice(_TYPES)
        if path.startswith("/api/") and chance.random() < 0.7:
            kind = "application/json"
        if "json" in kind:
            return kind, odd_json(["plan", "document", "next", "warned"], chance).encode(errors="surrogatepass")[
                :200_000
            ]
        if kind == "multipart/form-data; boundary=a":
            return kind, self._parts(who)
        if chance.random() < 0.1:
            return kind, chance.choice(
                [b"", b"%", b"\xff" * 100, b"&" * 200_000, b"a=" * 5000, bytes(range(256)), b"=&=&"]
            )
        return kind, self._form(who)

    def _form(self, who: Who) -> bytes:
        chance = self._chance
        fields = [("csrf_token", who.form_token)] if chance.random() < 0.9 else []
        for name in chance.sample(_FIELDS, chance.choice([0, 1, 3, 8, len(_FIELDS)])):
            value = {"document": who.slug, "email": "reader@example.com", "plan": "year"}.get(name, "")
            fields.append((name, value if value and chance.random() < 0.5 else odd_text(chance)[:9000]))
        return "&".join(f"{name}={quote_plus(value, errors='surrogatepass')}" for name, value in fields).encode()

    def _parts(self, who: Who) -> bytes:
        chance, parts = self._chance, [("csrf_token", who.form_token)]
        parts += [(name, odd_text(chance)[:2000]) for name in chance.sample(_FIELDS, 5)]
        odd = chance.choice(['; filename="x"', '; filename="é"', "; filename*=x''%ff", "", "", ""])
        text = "".join(
            f'--a\r\nContent-Disposition: form-data; name="{name}"{odd}\r\n\r\n{value}\r\n' for name, value in parts
        )
        return text.encode(errors="replace") + chance.choice([b"--a--\r\n", b"--a--\r\n", b"--a", b""])

    def _in_chunks(self, body: bytes) -> bytes:
        size = self._chance.choice([1000, 20_000, 100_000])
        chunks = [body[start : start + size] for start in range(0, len(body), size)]
        return b"".join(b"%x\r\n%b\r\n" % (len(chunk), chunk) for chunk in chunks) + b"0\r\n\r\n"

    def _mangle(self, data: bytes) -> bytes:
        chance, odd = self._chance, bytearray(data)
        for _ in range(chance.choice([1, 1, 3, 10])):
            place = chance.randrange(min(len(odd), 400))
            way = chance.randrange(3)
            if way == 0:
                odd[place] = chance.randrange(256)
            elif way == 1:
                del odd[place : place + chance.choice([1, 1, 20])]
            else:
                odd[place:place] = chance.choice([b"\r\n", b"\n", b"\0", b"\xff", b" ", b":", b"%", b"a" * 70_000])
        return bytes(odd) + b"\r\n\r\n"
