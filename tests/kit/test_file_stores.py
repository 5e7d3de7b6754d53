"""A folder and a bucket keep files alike; and how a bucket lets go of what nobody wants."""

import os
import threading
from datetime import timedelta
from hashlib import sha256

import pytest

from tests.factories.at_once import at_once
from tests.factories.bucket_server import objects
from webapp.kit import bucket_store, clock
from webapp.kit.bucket_store import BucketStore
from webapp.kit.file_store import file_store_at
from webapp.settings import SettingsError

NAME = "uploads/ab/abc.png"


@pytest.fixture(params=["folder", "bucket"])
def store(request, tmp_path):
    place = request.getfixturevalue("bucket") if request.param == "bucket" else str(tmp_path / "kept")
    return file_store_at(place)


def names(store, folder="uploads"):
    return {file.name for file in store.files(folder)}


def test_what_is_put_is_read_listed_and_deleted(store):
    assert (store.read(NAME), store.open(NAME), names(store)) == (None, None, set())
    store.put(NAME, b"one")
    store.keep("uploads/cd/def.png", b"two")
    store.put("exports/1/public-x.pdf", b"three")
    assert (store.read(NAME), store.read("uploads/cd/def.png")) == (b"one", b"two")
    with store.open("exports/1/public-x.pdf") as file:
        assert file.read() == b"three"
    assert names(store) == {NAME, "uploads/cd/def.png"}
    (found,) = store.files("uploads/ab")
    assert found.size == 3
    assert abs(found.changed_at - clock.machine_now().timestamp()) < 60
    for _ in range(2):
        store.delete(NAME)
    assert (store.read(NAME), names(store)) == (None, {"uploads/cd/def.png"})


def test_what_is_put_again_takes_the_place_of_what_was_there(store):
    store.put(NAME, b"before")
    store.put(NAME, b"")
    assert store.read(NAME) == b""


def test_a_name_that_begins_as_another_is_another(store):
    store.put("exports/1/a.pdf", b"1")
    store.put("exports/12/a.pdf", b"12")
    assert names(store, "exports/1") == {"exports/1/a.pdf"}


def test_a_large_file_is_read_through_one_on_the_disk(store):
    large = bytes(range(256)) * 40_000
    store.put("exports/1/public-x.pdf", large)
    with store.open("exports/1/public-x.pdf") as file:
        assert file.fileno()
        assert sha256(file.read()).digest() == sha256(large).digest()


def test_two_that_keep_the_same_at_once_keep_it_once(store):
    at_once(*[lambda: store.keep(NAME, b"the same" * 1000)] * 6)
    assert (names(store), store.read(NAME)) == ({NAME}, b"the same" * 1000)


def test_nobody_ever_sees_half_a_file(store):
    whole = {letter * 300_000 for letter in (b"a", b"b")}
    store.put(NAME, b"a" * 300_000)
    done = threading.Event()

    def write():
        for letter in (b"b", b"a") * 8:
            store.put(NAME, letter * 300_000)
        done.set()

    seen = set()

    def read():
        while not done.is_set():
            seen.add(store.read(NAME))

    at_once(write, read)
    assert seen <= whole


def test_who_reads_a_file_that_is_deleted_reads_it_to_its_end(store):
    large = b"x" * 3_000_000
    store.put(NAME, large)
    with store.open(NAME) as file:
        store.delete(NAME)
        assert file.read() == large


def test_more_than_a_thousand_files_are_all_seen(bucket):
    store = file_store_at(bucket)
    for number in range(1_105):
        store.put(f"exports/{number}/a.txt", b"x")
    assert len(names(store, "exports")) == 1_105


def test_objects_stand_under_the_prefix_and_those_of_others_are_not_seen(bucket, bucket_endpoint):
    bucket_name = bucket.split("/")[2]
    file_store_at(bucket).put(NAME, b"ours")
    file_store_at(f"s3://{bucket_name}/other").put(NAME, b"theirs")
    assert objects(bucket_endpoint, bucket_name) == [f"library/{NAME}", f"other/{NAME}"]
    assert names(file_store_at(bucket)) == {NAME}


@pytest.fixture
def later(monkeypatch):
    """Make it some days later for who looks at dates; a bucket's own clock goes on."""

    def by(days):
        monkeypatch.setattr(clock, "machine_now", lambda: now() + timedelta(days=days))

    now = clock.machine_now
    return by


def test_what_nobody_wants_is_put_aside_and_goes_a_day_after(bucket, later):
    store = BucketStore(bucket)
    store.keep(NAME, b"old")
    now = clock.machine_now().timestamp()
    assert not store.delete_unwanted(NAME, before=now - 60)
    assert names(store) == {NAME}
    assert not store.delete_unwanted(NAME, before=now + 60)
    assert names(store) == {"uploads/ab/.abc.png"}
    assert store.delete_unwanted("uploads/ab/.abc.png", before=now + 60)
    assert names(store) == set()


def test_what_somebody_came_to_want_while_it_went_is_put_back(bucket, monkeypatch, later):
    """An import sees the file, or writes it, right before it is deleted: it is there for whoever reads."""
    store, cleaner = BucketStore(bucket), BucketStore(bucket)
    store.keep(NAME, b"wanted")
    later(2)
    right = cleaner._delete

    def delete(name):
        store.keep(NAME, b"wanted")
        right(name)

    monkeypatch.setattr(cleaner, "_delete", delete)
    cleaner.delete_unwanted(NAME, before=clock.machine_now().timestamp())
    assert names(store) == {"uploads/ab/.abc.png"}
    assert store.read(NAME) == b"wanted"
    assert NAME in names(store)


def test_an_old_file_that_is_wanted_again_is_a_new_one(bucket, later):
    store = BucketStore(bucket)
    puts = []
    store.keep(NAME, b"x")
    put, store.put = store.put, lambda *what: puts.append(what) or put(*what)
    store.keep(NAME, b"x")
    assert puts == []
    later(1)
    store.keep(NAME, b"x")
    assert len(puts) == 1


@pytest.mark.filterwarnings("ignore:.*use of fork:DeprecationWarning")
def test_after_a_fork_no_bucket_is_asked_by_a_child_of_who_asked_one(bucket):
    """A child that asked, be it through a store of its own, crashed its parent: they wait at one epoll."""
    store, other = BucketStore(bucket), BucketStore(f"{bucket}/other")
    store.read(NAME)
    child = os.fork()
    if child == 0:
        refused = 0
        for each in (store, other):
            try:
                each.read(NAME)
            except RuntimeError:
                refused += 1
        os._exit(refused)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    store.keep(NAME, b"x")
    assert other.read(NAME) is None


def test_a_missing_library_is_told_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr(bucket_store, "find_spec", lambda _name: None)
    with pytest.raises(SettingsError) as raised:
        BucketStore("s3://reports")
    assert raised.value.wrong[0][0] == "PAIDSPAN_STORAGE_URL"
    assert "pip install 'paidspan[s3]'" in raised.value.wrong[0][1]
