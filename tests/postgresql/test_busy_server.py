"""A server that takes nothing for a while of much that it is sent is waited for: it is busy, and not gone."""

import os
import signal
from threading import Timer

import pytest

SECONDS = 12  # ten were too few once, for an index that was filled on a busy machine
ROWS, ROW = 30, "a" * 1_000_000  # more than the buffers between both sides hold


def test_who_sends_much_waits_for_a_busy_server(another):
    with another.write_engine.connect() as connection:
        server = connection.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        connection.exec_driver_sql("CREATE TEMPORARY TABLE much (words text)")
        try:
            os.kill(server, signal.SIGSTOP)
        except PermissionError:
            pytest.skip("the server is another user's, and cannot be held up")
        goes_on = Timer(SECONDS, os.kill, (server, signal.SIGCONT))
        goes_on.start()
        try:
            connection.exec_driver_sql("INSERT INTO much VALUES (%s)", [(ROW,)] * ROWS)
            assert connection.exec_driver_sql("SELECT count(*) FROM much").scalar_one() == ROWS
        finally:
            goes_on.join()
