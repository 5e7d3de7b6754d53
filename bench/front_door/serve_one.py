"""Serve one of the applications on a port, until it is told to stop: python -m bench.front_door.serve_one KIND PORT.

All of them have the product's own settings of granian: one worker, HTTP/1.1, its queues, and as many threads where
threads are what answers.
"""

import sys

from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels
from granian.server.mp import MPServer

from webapp.front.listen import Listen, raise_file_limit
from webapp.front.supervisor import BACKLOG, CONNECTIONS, HEADER_SECONDS, LARGEST_HEADER, Supervisor
from webapp.settings import Settings

PRODUCT = "webapp.front.served:application"
BARE = {
    "wsgi": ("bench.front_door.bare:wsgi", Interfaces.WSGI),
    "flask": ("bench.front_door.bare:flask", Interfaces.WSGI),
    "asgi": ("bench.front_door.bare:asgi", Interfaces.ASGI),
}


def serve(kind: str, port: int) -> None:
    """Serve."""
    listen = Listen("127.0.0.1", port, 1)
    if kind == "product":
        Supervisor(PRODUCT, listen, lambda: None).serve()
        return
    target, interface = BARE[kind]
    raise_file_limit()
    MPServer(
        target,
        address=listen.host,
        port=listen.port,
        interface=interface,
        http=HTTPModes.http1,
        workers=listen.workers,
        blocking_threads=Settings().threads if interface is Interfaces.WSGI else None,
        backlog=BACKLOG,
        backpressure=CONNECTIONS,
        http1_settings=HTTP1Settings(header_read_timeout=HEADER_SECONDS * 1000, max_buffer_size=LARGEST_HEADER),
        websockets=False,
        log_level=LogLevels.error,
        log_access=False,
    ).serve()


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
