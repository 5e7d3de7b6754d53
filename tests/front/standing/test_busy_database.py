"""Twelve who want to write while another process holds the database: they are told in time, and who reads is served."""

import re
import sqlite3
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest

from tests.front.serving import running, start_module
from tests.front.standing.conftest import SETTINGS

WRITERS = 12
PATIENCE = 1.5  # seconds; what the application waits for a writer
READS = 20


@pytest.fixture(scope="module")
def site(town):
    with running(start_module("tests.front.impatient", town.instance, **SETTINGS)) as started:
        yield started


@pytest.fixture
def another_writes(town):
    """Another process, as far as SQLite can tell."""
    with closing(sqlite3.connect(town.instance / "paidspan.sqlite", isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        yield connection


def bookmark(site, town):
    """Write something; return the answer and after how many seconds it came."""
    begun = time.monotonic()
    answer = site.ask("POST", f"{town.preview}/bookmark", town.cookie, {"csrf_token": town.house.token})
    return answer, time.monotonic() - begun


def test_who_writes_is_told_that_the_library_is_busy_and_who_reads_does_not_notice(site, town, another_writes):
    pages = [(town.preview, ""), (town.preview, town.cookie), ("/account", town.cookie), ("/", ""), ("/readyz", "")]
    with ThreadPoolExecutor(WRITERS) as crowd:
        writers = [crowd.submit(bookmark, site, town) for _ in range(WRITERS)]
        read = 0
        while read < READS or not all(writer.done() for writer in writers):
            page, cookie = pages[read % len(pages)]
            assert site.ask("GET", page, cookie).status == 200
            read += 1
        waited = not all(writer.done() for writer in writers)
        told = [writer.result() for writer in writers]
    assert {answer.status for answer, _seconds in told} == {503}
    assert {answer.headers["Retry-After"] for answer, _seconds in told} == {"2"}
    assert all("The library is busy right now" in answer.text for answer, _seconds in told)
    assert not waited
    # They have four threads: were each to wait for a thread and then for the database, the last would wait three times.
    assert max(seconds for _answer, seconds in told) < 2.5 * PATIENCE
    another_writes.execute("ROLLBACK")
    assert bookmark(site, town)[0].status == 303


def test_a_sign_in_is_told_so_too(site, another_writes):
    page = site.ask("GET", "/login")
    cookie = "; ".join(one.partition(";")[0] for one in page.headers.get_all("Set-Cookie"))
    (token,) = re.findall(r'name="csrf_token"[^>]* value="([^"]+)"', page.text)
    form = {"email": "reader@example.com", "password": "long enough a password", "csrf_token": token}
    assert site.ask("POST", "/login", cookie, form).status == 503
    another_writes.execute("ROLLBACK")
    assert site.ask("POST", "/login", cookie, form).status == 303
