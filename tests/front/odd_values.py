"""Values that nobody means: numbers, dates, names, hosts and bytes that trip over something somewhere."""

import json
import random
from urllib.parse import quote_from_bytes

HOSTS = [
    *("..", ".", "", "a..b", f"{'a' * 64}.com", "a" * 300, "xn--", "xn--a", "-a.com", "a b", "a:b", "localhost:5'0"),
    *(
        "localhost:99999",
        "localhost:0",
        "[::1]",
        "[::1",
        "[::1]:8000",
        "é",
        "evil.example",
        "x@y",
        "x/y",
        "1e9",
        "\x7f",
    ),
]
DATES = [
    "Fri, 31 Dec 99999 23:59:59 GMT",
    "Fri, 31 Dec 0000 23:59:59 GMT",
    "Mon, 01 Jan 0001 00:00:00 +2359",
    "Sun, 99999999999999999999 Jan 2020 00:00:00 GMT",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Sun, 06 Nov 1994 08:49:37 -9999",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "2026-13-45T99:99:99Z",
    "99999-12-31",
    "0",
    "x" * 5000,
]
NUMBERS = [
    *("0", "-0", "-1", "+1", "1.5", "1e5", "1e309", "-1e309", "NaN", "Infinity", "0x10", "1_000", "٣", "²", " 7 "),
    *("2147483647", "2147483648", "9223372036854775807", "9223372036854775808", "-9223372036854775809"),
    *("9" * 18, "9" * 30, "9" * 309, "9" * 4300, "9" * 5000, "0" * 5000 + "1"),
]
TEXTS = [
    *("", " ", "\0", "a\0b", "\r\n", "a\r\nSet-Cookie: x=y", "'", '"', "';--", "\\", "%", "%s%n", "{{7*7}}", "${x}"),
    *("<script>alert(1)</script>", "../../etc/passwd", "//evil.example", "http://evil.example/", "/\\evil.example"),
    *(
        "javascript:alert(1)",
        "è" * 300,
        "\u202e\u200b\ufeff",
        "\U0001f600" * 50,
        "Ａ",
        "ǆ",
        "İ",
        "ß",
        "\ud800",
        "a\udfffb",
    ),
    *("null", "None", "true", "[]", "{}", "on", "off", "*", "a@b", "a@" + "b" * 300, "@", "a" * 70, "a" * 2000),
    *("a" * 20_000, "书" * 1000, "a b c", "-a", '"a', "a OR b", "a AND", "NEAR(", "a*", "(" * 500, "\t", "\x1b[31m"),
]
TOKENS = ["x" * 8, "x" * 43, "paidspan_" + "0" * 40, "eyJhIjoxfQ.aaaaaa.bbbbbb", "MiAw", "MSAx", "é|é", "a.b.c"]
DEEP = ["[" * 50_000, '{"a":' * 20_000, "[" * 500 + "]" * 500, '{"a":' * 200 + "1" + "}" * 200]
JSON_BODIES = [
    *DEEP,
    "[" + ",".join("0" for _ in range(100_000)) + "]",
    "{" + ",".join(f'"{number}":0' for number in range(20_000)) + "}",
    '{"a":' + "9" * 100_000 + "}",
    '{"a":1e999999}',
    '{"plan":"\\ud800"}',
    '{"plan":"year","plan":"month"}',
    "NaN",
    "null",
    '"',
    "",
    "\ufeff{}",
    '{"plan":{"a":[]}}',
]


def odd_text(chance: random.Random) -> str:
    """Return something that could stand where a word is meant."""
    return chance.choice(chance.choice([TEXTS, NUMBERS, TOKENS, DATES, [_letters(chance)]]))


def _letters(chance: random.Random) -> str:
    return "".join(chr(chance.choice([chance.randrange(1, 128), chance.randrange(128, 0x3000)])) for _ in range(8))


def in_address(text: str, chance: random.Random) -> str:
    """Return a text as it may stand in an address, one time as it should, and at others not."""
    raw = text.encode(errors="surrogatepass")
    way = chance.randrange(10)
    if way == 0:
        return quote_from_bytes(raw[: len(raw) // 2] + b"\xff\xc3")
    if way == 1:
        return quote_from_bytes(raw, safe="/:@!$&'()*+,;=?%")
    return quote_from_bytes(raw)


def odd_json(names: list[str], chance: random.Random) -> str:
    """Return a JSON text that has something odd for each of some names, or is odd altogether."""
    if chance.random() < 0.4:
        return chance.choice(JSON_BODIES)
    kinds = [odd_text(chance), 7, -1, 10**400, 1.5, None, True, [], {}, [odd_text(chance)] * 3, {"a": {"b": 1}}]
    return json.dumps({name: chance.choice(kinds) for name in names})
