"""Where the server listens."""

import resource
import socket
from dataclasses import dataclass

from webapp.kit.errors import ConflictError
from webapp.kit.translatable import _

_MOST_FILES = 65_536


@dataclass(frozen=True, slots=True)
class Listen:
    """Where to serve, and with how many processes."""

    host: str
    port: int
    workers: int


def refuse_taken_port(listen: Listen) -> None:
    """Raise ConflictError when somebody else listens there."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((listen.host, listen.port))
        except OSError as error:
            raise ConflictError(
                _(
                    "Cannot serve on %(host)s:%(port)s: %(error)s.",
                    host=listen.host,
                    port=listen.port,
                    error=error.strerror,
                ),
                _("Choose another with --port."),
            ) from error


def raise_file_limit() -> None:
    """Let this process and its children have as many files open as the machine allows: each connection is one."""
    _soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = _MOST_FILES if hard == resource.RLIM_INFINITY else min(hard, _MOST_FILES)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
