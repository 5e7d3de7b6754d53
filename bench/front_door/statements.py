"""How many statements a request has SQLite run: python -m bench.front_door.statements, in a process of its own.

It takes raw requests as JSON lists of two texts, asks each twice through the front door of the instance in
`PAIDSPAN_INSTANCE`, and prints how many statements each time took, transactions and pragmas left out.
"""

import asyncio
import json
import sqlite3
import sys
from typing import Any

_CONTROL = ("BEGIN", "COMMIT", "ROLLBACK", "PRAGMA", "SAVEPOINT", "RELEASE", "--")
_counted: list[str] = []


def _note(statement: str) -> None:
    if not statement.upper().startswith(_CONTROL):
        _counted.append(statement)


def _count_all_connections() -> None:
    connect = sqlite3.dbapi2.connect

    def traced(*args: Any, **options: Any) -> sqlite3.Connection:  # noqa: ANN401 - as the driver's own
        connection = connect(*args, **options)
        connection.set_trace_callback(_note)
        return connection

    sqlite3.dbapi2.connect = sqlite3.connect = traced


def _scope(raw: str) -> dict[str, Any]:
    """Return a request without a body as ASGI has it."""
    first, *lines = raw.partition("\r\n\r\n")[0].split("\r\n")
    method, target, _ = first.split(" ")
    path, _, query = target.partition("?")
    headers = [(name.lower().encode(), value.encode()) for name, value in (line.split(": ", 1) for line in lines)]
    return {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": method,
        "scheme": "http",
        "path": path,
        "raw_path": path.encode(),
        "query_string": query.encode(),
        "root_path": "",
        "headers": headers,
        "client": ("127.0.0.1", 50_000),
        "server": ("127.0.0.1", 8000),
    }


async def _receive() -> dict[str, Any]:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _statuses(door: Any, raw: str) -> int:  # noqa: ANN401 - an ASGI application
    statuses: list[int] = []

    async def send(message: dict[str, Any]) -> None:
        if message["type"] == "http.response.start":
            statuses.append(message["status"])

    await door(_scope(raw), _receive, send)
    return statuses[0]


async def _ask_all(door: Any, requests: list[str]) -> list[tuple[int, int]]:  # noqa: ANN401 - as above
    # The first answer of all is not counted: what it asks is asked once a process.
    await _statuses(door, requests[0].split(" ")[0] + " /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
    counted = []
    for raw in requests:
        twice = []
        for _again in range(2):
            _counted.clear()
            assert await _statuses(door, raw) == 200, raw
            twice.append(len(_counted))
        counted.append((twice[0], twice[1]))
    return counted


def main() -> None:
    """Print how many statements each request took, the first time and again."""
    _count_all_connections()
    from webapp import create_app  # noqa: PLC0415 - only now, for it opens connections
    from webapp.front.door import FrontDoor  # noqa: PLC0415 - as above

    door = FrontDoor(create_app())
    sys.stdout.write(json.dumps(asyncio.run(_ask_all(door, json.loads(sys.stdin.read())))) + "\n")


if __name__ == "__main__":
    main()
