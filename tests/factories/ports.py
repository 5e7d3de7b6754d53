"""A port for a server that a test starts."""

import socket
from secrets import randbelow

# Below those that Linux gives to whoever calls somebody (from 32768), so that no call takes it before the server does.
LOWEST, HIGHEST = 20_000, 32_000


def free_port() -> int:
    """Return a port that nobody listens at; chosen by lot, for other tests look for one at the same time."""
    while True:
        port = LOWEST + randbelow(HIGHEST - LOWEST)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
