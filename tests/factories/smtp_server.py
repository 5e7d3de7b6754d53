"""A mail server of a test's own: it speaks as much of SMTP as is needed to be let in, and takes no mail."""

import socketserver
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Thread


class _Session(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            self.server.heard.append(word)
            if word == "EHLO":
                offered = ["STARTTLS"] if self.server.tls and not self._is_secure() else []
                for extension in ("here", *offered, "AUTH PLAIN"):
                    self._say(f"250-{extension}")
                self._say("250 SIZE")
            elif word == "STARTTLS":
                self._say("220 go on")
                self.request = self.server.tls.wrap_socket(self.request, server_side=True)
                self.setup()
            elif word == "AUTH":
                self._say("235 come in" if self.server.lets_in else "535 5.7.8 user or password is wrong")
            elif word == "QUIT":
                self._say("221 bye")
                return
            else:
                self._say("250 ok")

    def finish(self) -> None:
        super().finish()
        self.request.close()

    def _is_secure(self) -> bool:
        return isinstance(self.request, ssl.SSLSocket)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True
    tls: ssl.SSLContext | None
    lets_in: bool

    def handle_error(self, request: object, client_address: object) -> None:
        """Let who does not trust us go without a word."""


@contextmanager
def smtp_server(tls: ssl.SSLContext | None = None, *, lets_in: bool = True) -> Iterator[tuple[int, list[str]]]:
    """Yield the port of a server, and the commands that it has heard."""
    with _Server(("127.0.0.1", 0), _Session) as server:
        server.tls, server.lets_in, server.heard = tls, lets_in, []
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server.server_address[1], server.heard
        finally:
            server.shutdown()
