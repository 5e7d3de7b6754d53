"""A mail server that takes mails, refuses them, hangs, or breaks off, and tells which it has taken."""

import socketserver
from collections.abc import Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.policy import default
from threading import Event, Thread

TAKES, REFUSES, HANGS, BREAKS_OFF, FORGETS_TO_SAY = "takes", "refuses", "hangs", "breaks off", "forgets to say"


class MailServer(socketserver.ThreadingTCPServer):
    """Does with all mails as `mood` says; of what it takes it keeps recipient, subject and Message-ID."""

    daemon_threads = True
    allow_reuse_address = True
    mood = TAKES

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.taken: list[tuple[str, str, str]] = []
        self.asked = 0
        self.released = Event()

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.server_address[1]}"

    def take(self, written: bytes) -> None:
        mail = message_from_bytes(written, policy=default)
        self.taken.append((str(mail["To"]), str(mail["Subject"]), str(mail["Message-ID"])))

    def handle_error(self, request: object, client_address: object) -> None:
        """Let who has left go without a word."""


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.asked += 1
        if self.server.mood == HANGS:
            self.server.released.wait()
            return
        self._say("220 here")
        while line := self.rfile.readline().decode().strip():
            word = line.split()[0].upper()
            if word == "DATA":
                self._say("354 go on")
                if not self._take():
                    return
            elif word == "MAIL" and self.server.mood == REFUSES:
                self._say("451 4.3.0 not now")
            else:
                self._say("221 bye" if word == "QUIT" else "250 ok")

    def _take(self) -> bool:
        """Read a mail; return whether the connection goes on."""
        written = b""
        while (line := self.rfile.readline()) not in {b".\r\n", b""}:
            if self.server.mood == BREAKS_OFF:
                return False
            written += line
        self.server.take(written)
        if self.server.mood == FORGETS_TO_SAY:
            return False
        self._say("250 kept")
        return True

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """Serve until the end."""
    with MailServer() as server:
        Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield server
        finally:
            server.released.set()
            server.shutdown()
