"""Pages of documents are counted whoever answers them, the loop's memory or Flask, and lost is a second at most."""

import signal
import sqlite3
from urllib.parse import quote

import pytest

from tests.factories.front_door import AskedThroughDoor
from tests.factories.house import SECRET, build_house
from tests.factories.people import People
from tests.front.serving import running, start_product, wait_until
from webapp.accounts.models import Role
from webapp.reading_figures.models import ReadingKind
from webapp.reading_figures.reading_counters import count_keeper_of, tally_of
from webapp.reading_figures.tally import ReadingKey

BROWSER = {"User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0"}
ROBOT = {"User-Agent": "Mozilla/5.0 (compatible; Googlebot/2.1)"}
ZHIHU = BROWSER | {"Referer": "https://www.zhihu.com/question/1?token=secret"}


@pytest.fixture
def door(app):
    asked = AskedThroughDoor(app)
    app.wsgi_app = asked
    yield asked
    asked.close()


@pytest.fixture
def document(shelf):
    return shelf.put()


@pytest.fixture
def counted(app):
    return lambda: dict(tally_of(app).take())


@pytest.mark.parametrize("through", ["Flask", "the door"])
def test_each_preview_is_counted_from_memory_too(app, document, counted, through, request):
    door = request.getfixturevalue("door") if through == "the door" else None
    client, path = app.test_client(), f"/d/{document.slug}"
    for _ in range(4):
        etag = client.get(path, headers=ZHIHU).headers["ETag"]
    for _ in range(2):
        assert client.get(path, headers=BROWSER | {"If-None-Match": etag}).status_code == 304
    client.get(path, headers=ROBOT)
    client.head(path, headers=BROWSER)
    client.get(path, headers=BROWSER | {"Sec-Purpose": "prefetch"})
    client.get("/", headers=BROWSER)
    client.get("/d/no-such-document", headers=BROWSER)
    preview = ReadingKind.PREVIEW
    assert counted() == {
        ReadingKey(document.id, preview): 6,
        ReadingKey(document.id, preview, 0, "zhihu.com"): 4,
        ReadingKey(document.id, ReadingKind.ROBOT): 1,
    }
    assert door is None or door.remembered > 3


def test_a_full_text_is_counted_for_each_reader_and_not_for_the_house(app, door, document, counted, people, database):
    readers = [people.signed_in(f"reader{number}@example.com") for number in range(3)]
    from webapp.billing.grants import grant_complimentary
    from webapp.kit import clock

    for number in range(3):
        database.write(lambda session, id_=number + 1: grant_complimentary(session, id_, None, None, "", clock.now()))
    counted()
    for _ in range(3):
        for reader in readers:
            assert 'class="paid-gate' not in reader.get(f"/d/{document.slug}", headers=BROWSER).get_data(as_text=True)
    assert door.remembered
    assert counted() == {ReadingKey(document.id, ReadingKind.FULL): 9}
    house = People(app, database).signed_in("house@example.com", Role.EDITOR)
    page = house.get(f"/d/{document.slug}", headers=BROWSER).get_data(as_text=True)
    assert counted() == {}
    assert "data-uncounted" in page


def test_what_a_page_says_is_answered_alike_whatever_it_says(client, document, counted):
    tell = f"/d/{document.slug}/seen"
    gates = {"gate": ["0", "1"], "end": "1"}
    told = [
        client.post(tell, data=gates, headers=BROWSER),
        client.post("/d/no-such-document/seen", data=gates, headers=BROWSER),
        client.post(tell, data={"gate": ["x", "-1", "9" * 3000, "", "１"]}, headers=BROWSER),
        client.post(tell, data=b"\xff\xfe=%zz", content_type="application/x-www-form-urlencoded", headers=BROWSER),
        client.post(tell, data=b"{", content_type="application/json", headers=BROWSER),
        client.post(tell, data=gates, headers=ROBOT),
        client.post(tell, data=gates, headers=BROWSER | {"Sec-Fetch-Site": "cross-site"}),
    ]
    answers = {(answer.status_code, answer.data, tuple(sorted(answer.headers.keys()))) for answer in told}
    assert len(answers) == 1
    assert next(iter(answers))[:2] == (204, b"")
    found = counted()
    assert found.pop(ReadingKey("no-such-document", ReadingKind.END)) == 1
    assert found[ReadingKey(document.slug, ReadingKind.GATE, 1)] == 2  # a wide digit is one
    assert found[ReadingKey(document.slug, ReadingKind.END)] == 1


def test_nothing_of_who_reads_is_stored(app, client, document, database, people):
    people.signed_in("known@example.com").get(f"/d/{document.slug}", headers=ZHIHU | {"Cookie": "mine=1"})
    client.get(f"/d/{document.slug}?utm_source=secret", headers=ZHIHU)
    client.post(f"/d/{document.slug}/seen", data={"gate": "0"}, headers=ZHIHU)
    count_keeper_of(app).store()
    tables = ("document_reading_counts", "library_reading_counts")
    with database.write_engine.connect() as connection:
        rows = [repr(row) for table in tables for row in connection.exec_driver_sql(f"SELECT * FROM {table}")]
    assert rows
    told = "\n".join(rows)
    assert "zhihu.com" in told
    for secret in ("127.0.0.1", "known", "mine", "utm", "secret", "question", "Mozilla", "Firefox", "token"):
        assert secret not in told


@pytest.fixture
def house(tmp_path):
    built = build_house(tmp_path / "instance")
    yield built
    built.let_go()


def previews(house):
    with sqlite3.connect(house.folder / "paidspan.sqlite") as database:
        query = (
            "SELECT sum(count) FROM library_reading_counts WHERE kind = 'preview' AND site = '' AND period LIKE '____'"
        )
        return database.execute(query).fetchone()[0] or 0


def read(site, path, times):
    import http.client

    for _ in range(times):
        connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
        connection.request("GET", path, headers=BROWSER)
        assert connection.getresponse().status == 200
        connection.close()


def test_several_processes_count_and_neither_an_end_nor_a_kill_loses_what_was_stored(house):
    path = quote(f"/d/{house.document.slug}")
    with running(start_product(house.folder, workers=2, PAIDSPAN_SECRET_KEY=SECRET)) as site:
        before = previews(house)
        read(site, path, 40)
        wait_until(lambda: previews(house) == before + 40)
        read(site, path, 7)
        site.stop(signal.SIGTERM)
    assert previews(house) == before + 47
    with running(start_product(house.folder, workers=2, PAIDSPAN_SECRET_KEY=SECRET)) as site:
        read(site, path, 5)
        wait_until(lambda: previews(house) == before + 52)
        read(site, path, 3)
        site.stop(signal.SIGKILL)
    assert before + 52 <= previews(house) <= before + 55
