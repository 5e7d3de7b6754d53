"""Browsers keep their connections open; that must not keep the next reader out."""

from http.client import HTTPConnection
from urllib.parse import urlsplit

IDLE = 40
PATIENCE_SECONDS = 15  # a server that counts idle connections answers after thirty


def ask(line: HTTPConnection) -> int:
    line.request("GET", "/healthz")
    answer = line.getresponse()
    answer.read()
    return answer.status


def test_many_idle_connections_keep_nobody_out(server):
    parts = urlsplit(server.address)
    lines = [HTTPConnection(parts.hostname, parts.port, timeout=PATIENCE_SECONDS) for _ in range(IDLE)]
    try:
        assert [ask(line) for line in lines] == [200] * IDLE
    finally:
        for line in lines:
            line.close()
