"""Imports that are begun at the desk: looked at, carried out once whatever happens, and tidied away."""

import errno
import io
import zipfile
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select

from tests.factories.images import picture
from webapp.accounts.models import Role
from webapp.documents import importing
from webapp.documents.import_jobs import (
    ImportChoices,
    cancel_import,
    choose_tags,
    count_outcomes,
    has_waiting_imports,
    read_problems,
    run_waiting_imports,
    start_import,
)
from webapp.documents.import_models import ImportJob, ImportStage, StagedFile, StoredOutcome
from webapp.documents.import_review import review_sources
from webapp.documents.models import Document, State
from webapp.documents.preparation import Options
from webapp.documents.staged_files import (
    DiskFullError,
    Upload,
    add_staged,
    begin_import,
    discard_import,
    forget_staged,
    get_import,
    put_aside,
    staged_files,
    unpacked,
)
from webapp.kit import clock
from webapp.kit.errors import ConflictError, InvalidInputError, NotFoundError
from webapp.kit.file_store import FilesUnavailableError
from webapp.operations.desk_imports import import_bench

GBK = "第一章 仓储\n\n本章谈仓储周转的口径与统计办法，供读者参考。\n".encode("gb18030")


def reports(count: int, text: str = "# Report {}\n\nWords ##paidbegin##of payers##paidend## here.\n") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number:05}.md", text.format(number))
    return out.getvalue()


@pytest.fixture
def editor(people):
    return people.reader("mei@example.com", Role.EDITOR).id


@pytest.fixture
def bench(settings, database):
    return import_bench(settings, database)


@pytest.fixture
def stage(bench, database, editor):
    def run(*uploads: Upload) -> str:
        staged = put_aside(bench.store, list(uploads))
        return database.write(lambda session: begin_import(session, editor, staged, clock.now()))

    return run


@pytest.fixture
def start(database, editor):
    def run(job_id: str, **choices: object) -> None:
        def rule(session):
            return start_import(session, get_import(session, job_id, editor), ImportChoices(**choices), clock.now())

        assert database.write(rule)

    return run


def job_of(database, job_id):
    with database.reading() as session:
        return session.get(ImportJob, job_id)


def counts(database, job_id):
    with database.reading() as session:
        return {str(did): count for did, count in count_outcomes(session, job_id).items()}


def staged_bytes(bench):
    return [file.name for file in bench.store.files("staging")]


def test_an_upload_is_looked_at_and_nothing_is_kept(stage, bench, database):
    job_id = stage(
        Upload("old.txt", GBK),
        Upload("new.md", b"# New\n\nSome ##paidbegin##paid words##paidend##.\n"),
        Upload("open.md", b"# Open\n\nSome ##paidbegin##words.\n"),
        Upload("folder\\deep.md", b"# Deep\n\nwords\n"),
    )
    with (
        database.reading() as session,
        unpacked(bench.store, staged_files(session, job_id), {}, bench.most_bytes) as sources,
    ):
        seen = {each.shown: each for each in review_sources(session, sources, Options())}
        assert session.scalar(select(func.count()).select_from(Document)) == 0
    old = seen["old.txt"]
    assert old.encoding == "gb18030"
    assert old.choices[0].encoding == "gb18030"
    assert len({choice.excerpt for choice in old.choices}) == len(old.choices) > 1
    assert "仓储" in "".join(text for line in old.lines if line for text, _paid in line.pieces)
    new = seen["new.md"]
    assert (new.title, new.paid_characters, new.choices) == ("New", 10, ())
    assert [piece for piece in new.lines[2].pieces if piece[1]] == [("##paidbegin##paid words##paidend##", True)]
    assert seen["open.md"].is_refused
    (finding,) = seen["open.md"].lines[2].problems
    assert (finding.code, finding.line) == ("unclosed", 3) if finding.code == "unclosed" else finding.line == 3
    assert seen["folder/deep.md"].title == "Deep"


def test_another_encoding_can_be_chosen_for_one_file(stage, bench, database, start, editor):
    job_id = stage(Upload("old.txt", GBK))

    def choose(session):
        get_import(session, job_id, editor).encodings = {"old.txt": "big5"}

    database.write(choose)
    with (
        database.reading() as session,
        unpacked(bench.store, staged_files(session, job_id), {"old.txt": "windows-1252"}, bench.most_bytes) as sources,
    ):
        (seen,) = review_sources(session, sources, Options())
    assert seen.encoding == "windows-1252"


def test_an_import_is_carried_out_once_and_told_file_by_file(stage, start, bench, database, shelf):
    shelf.put("# Known\n\nbefore.\n", "known.md")
    job_id = stage(
        Upload("known.md", b"# Known\n\nafter.\n"),
        Upload("new.md", b"# New\n\n![A](a.png) [B](b.csv) words ##paidbegin##more##paidend##\n"),
        Upload("a.png", picture()),
        Upload("b.csv", b"a,b\n1,2\n"),
        Upload("bad.md", b"# Bad\n\n##paidbegin##open\n"),
    )
    start(job_id, publish=True, tags=("x",))
    assert has_waiting_imports(database)
    assert run_waiting_imports(bench) == 1
    assert not has_waiting_imports(database)
    job = job_of(database, job_id)
    assert (job.stage, job.done, job.total) == (ImportStage.DONE, 3, 3)
    assert counts(database, job_id) == {"revised": 1, "added": 1, "refused": 1}
    with database.reading() as session:
        rows = {row.shown: row for row in session.scalars(select(StoredOutcome))}
        (problem,) = read_problems(rows["bad.md"])
        assert problem.line == 3
        new = session.scalars(select(Document).where(Document.slug == rows["new.md"].slug)).one()
        assert new.state is State.PUBLISHED
        assert session.scalars(select(StagedFile)).all() == []
    assert rows["new.md"].problems == []


class KilledError(BaseException):
    """What a kill looks like from inside."""


@pytest.mark.parametrize("before", [True, False])
def test_a_killed_import_goes_on_where_it_was_without_doubling(stage, start, bench, database, monkeypatch, before):
    monkeypatch.setattr(importing, "BATCH_FILES", 10)
    job_id = stage(Upload("all.zip", reports(45)))
    start(job_id)
    real, batches = bench.order_for, []

    def killing(choices):
        order = real(choices)

        def on_stored(session, document):
            order.on_stored(session, document)
            if before and document.source_key == "00025.md":
                raise KilledError

        return replace(order, on_stored=on_stored)

    def killed_after():
        batches.append(1)
        if not before and len(batches) == 3:
            raise KilledError

    with pytest.raises(KilledError):
        run_waiting_imports(replace(bench, order_for=killing, batch_done=killed_after))
    stored = job_of(database, job_id)
    assert (stored.stage, stored.done) == (ImportStage.RUNNING, 20 if before else 30)
    run_waiting_imports(bench)
    assert counts(database, job_id) == {"added": 45}
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == 45
        assert session.scalar(select(func.max(Document.revisions))) == 1
        assert session.scalars(select(StoredOutcome.position)).all() == list(range(45))


def test_a_cancelled_import_keeps_what_is_stored_and_stops(stage, start, bench, database, editor, monkeypatch):
    monkeypatch.setattr(importing, "BATCH_FILES", 10)
    job_id = stage(Upload("all.zip", reports(45)))
    start(job_id)

    def cancel():
        database.write(lambda session: cancel_import(session, get_import(session, job_id, editor), clock.now()))

    run_waiting_imports(replace(bench, batch_done=cancel))
    job = job_of(database, job_id)
    assert job.stage is ImportStage.CANCELLED
    assert job.done in {10, 20}
    with database.reading() as session:
        assert session.scalar(select(func.count()).select_from(Document)) == job.done


def test_what_has_not_begun_is_cancelled_at_once_and_a_second_click_does_nothing(stage, start, database, editor):
    job_id = stage(Upload("a.md", b"# A\n\nwords\n"))
    start(job_id)

    def rule(session):
        return cancel_import(session, get_import(session, job_id, editor), clock.now())

    assert database.write(rule)
    assert not database.write(rule)
    assert job_of(database, job_id).stage is ImportStage.CANCELLED


def test_an_import_that_never_gets_on_is_given_up(stage, start, bench, database):
    job_id = stage(Upload("a.md", b"# A\n\nwords\n"))
    start(job_id)

    def kill(_choices):
        raise KilledError

    for _time in range(5):
        with pytest.raises(KilledError):
            run_waiting_imports(replace(bench, order_for=kill))
    run_waiting_imports(replace(bench, order_for=kill))
    job = job_of(database, job_id)
    assert (job.stage, job.problem) == (ImportStage.FAILED, "This import was interrupted again and again.")
    start(job_id)
    run_waiting_imports(bench)
    assert job_of(database, job_id).stage is ImportStage.DONE


def test_when_the_store_is_away_the_import_fails_with_a_sentence_and_can_be_taken_up(stage, start, bench, database):
    job_id = stage(Upload("a.md", b"# A\n\nwords\n"))
    start(job_id)

    class Away:
        def read(self, _name):
            raise FilesUnavailableError("away")

    run_waiting_imports(replace(bench, store=Away()))
    job = job_of(database, job_id)
    assert job.stage is ImportStage.FAILED
    assert "Pictures and files" in job.problem
    start(job_id)
    run_waiting_imports(bench)
    assert counts(database, job_id) == {"added": 1}


def test_when_the_disk_is_full_nothing_of_an_upload_is_kept(bench):
    class Full:
        def __init__(self):
            self.kept = []

        def put(self, name, _data):
            if self.kept:
                raise OSError(errno.ENOSPC, "No space left on device")
            self.kept.append(name)

        def delete(self, name):
            if name in self.kept:
                self.kept.remove(name)

    full = Full()
    with pytest.raises(DiskFullError, match="full"):
        put_aside(full, [Upload("a.md", b"1"), Upload("b.md", b"2")])
    assert full.kept == []


@pytest.mark.parametrize("name", ["../a.md", "", "a\n.md", "C:/a.md", "x" * 300 + ".md"])
def test_a_name_that_leads_elsewhere_is_refused(name, bench):
    with pytest.raises(InvalidInputError):
        put_aside(bench.store, [Upload(name, b"# A")])
    assert staged_bytes(bench) == []


def test_who_did_not_upload_it_finds_nothing(stage, database, editor):
    job_id = stage(Upload("a.md", b"# A\n\nwords\n"))
    with database.reading() as session:
        assert get_import(session, job_id, editor).id == job_id
        for id_, reader in ((job_id, editor + 1), ("0" * 32, editor)):
            with pytest.raises(NotFoundError):
                get_import(session, id_, reader)


def test_uploads_rest_for_a_day_and_outcomes_for_thirty(stage, start, bench, database):
    left, carried = stage(Upload("a.md", b"# A\n\nwords\n")), stage(Upload("b.md", b"# B\n\nwords\n"))
    start(carried)
    run_waiting_imports(bench)
    forget_staged(bench.store, database, clock.now())
    assert len(staged_bytes(bench)) == 2
    forget_staged(bench.store, database, clock.now() + timedelta(hours=25))
    assert (job_of(database, left), job_of(database, carried).stage) == (None, ImportStage.DONE)
    assert staged_bytes(bench) == []
    forget_staged(bench.store, database, clock.now() + timedelta(days=31))
    assert job_of(database, carried) is None


def test_an_import_that_is_over_takes_no_files_and_one_that_runs_is_not_discarded(
    stage, start, bench, database, editor
):
    job_id = stage(Upload("a.md", b"# A\n\nwords\n"))
    start(job_id)

    def job(session):
        return get_import(session, job_id, editor)

    with pytest.raises(ConflictError):
        database.write(lambda session: discard_import(session, job(session)))
    with pytest.raises(ConflictError):
        database.write(lambda session: add_staged(session, job(session), [], clock.now()))
    run_waiting_imports(bench)
    with pytest.raises(ConflictError):
        database.write(lambda session: start_import(session, job(session), ImportChoices(), clock.now()))
    database.write(lambda session: discard_import(session, job(session)))
    assert job_of(database, job_id) is None


def test_two_archives_with_a_file_of_the_same_name_do_not_overwrite_each_other(stage, start, bench, database):
    job_id = stage(Upload("a.zip", reports(1)), Upload("b.zip", reports(1, "# Others {}\n\nwords\n")))
    start(job_id)
    run_waiting_imports(bench)
    assert counts(database, job_id) == {"added": 1, "refused": 1}


def test_tags_are_typed_with_commas():
    assert choose_tags("年度，仓储, #x ,, x") == ("年度", "仓储", "x")
    with pytest.raises(InvalidInputError):
        choose_tags("a/b")


@pytest.mark.sqlite("its query plans")
@pytest.mark.parametrize(
    "query",
    [
        "SELECT * FROM import_jobs WHERE reader_id = 1 ORDER BY created_at DESC LIMIT 20",
        "SELECT id FROM import_jobs WHERE stage IN ('waiting', 'running')",
        "SELECT * FROM import_outcomes WHERE job_id = 'x' ORDER BY position LIMIT 51",
        "SELECT did, count(*) FROM import_outcomes WHERE job_id = 'x' GROUP BY did",
        "SELECT * FROM staged_files WHERE job_id = 'x' ORDER BY name",
        "SELECT * FROM draft_images WHERE document_id = 1",
    ],
)
def test_no_page_of_an_import_reads_a_whole_table(query, database):
    with database.reading() as session:
        plan = [row[3] for row in session.connection().exec_driver_sql(f"EXPLAIN QUERY PLAN {query}")]
    assert not [line for line in plan if line.startswith("SCAN")]
    assert any("INDEX" in line for line in plan)
