"""A database of an earlier version is brought to this one with everything that was in it."""

import json

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from click.testing import CliRunner
from sqlalchemy import create_engine, select, text
from sqlalchemy.orm import undefer

import webapp.factory  # noqa: F401 - all tables are known once every room is
from webapp.accounts.models import Reader
from webapp.accounts.registration import find_reader
from webapp.billing.models import Grant, GrantSource, Plan, Purchase
from webapp.billing.stripe_models import StripeCustomer, StripeEvent, StripeObject
from webapp.documents.full_editions import FullEdition, Revision
from webapp.documents.models import PublicEdition
from webapp.exports.export_jobs import ExportJob
from webapp.kit import migrate
from webapp.kit.database import Database
from webapp.kit.table_base import Base
from webapp.manuscript import SourceFormat
from webapp.operations.cli import cli
from webapp.settings import Mode

INVOICE = {"id": "in_1", "status": "paid", "amount_paid": 2500}
PAYMENT = {"invoice": "in_1", "status": "paid", "payment": {"payment_intent": "pi_1"}}
BUNDLE = {"subscription": {"id": "sub_1"}, "invoices": [INVOICE], "payments": [PAYMENT], "refunds": [], "disputes": []}
AT = "'2026-01-01 00:00:00'"
ROWS = [
    f"INSERT INTO readers VALUES (1, 'a@example.com', 'x', 'reader', {AT}, NULL, NULL, 0)",
    f"""INSERT INTO documents (id, slug, title, source_hash, format, state, revisions, created_at)
        VALUES (1, 'one', 'One report', 'h', 'markdown', 'published', 2, {AT})""",
    "INSERT INTO plans VALUES (1, 'month', 'month', 'price_1', 2500, 'cny', NULL, 1)",
    "INSERT INTO plans VALUES (2, 'pass', 'pass', 'price_2', 3000, 'cny', 30, 1)",
    "INSERT INTO stripe_customers VALUES ('cus_1', 1, 0)",
    "INSERT INTO stripe_customers VALUES ('cus_2', 1, 1)",
    *(
        f"""INSERT INTO purchases (id, reader_id, kind, recurring, plan_id, document_id, amount, currency, livemode,
            subscription_id, state, landing, locale, created_at)
            VALUES ('{id_}', 1, '{kind}', {recurring}, {plan}, {document}, 2500, 'cny', {live}, {subscription},
            'complete', '/', 'en', {AT})"""
        for id_, kind, recurring, plan, document, live, subscription in [
            ("p1", "month", 1, 1, "NULL", 0, "'sub_1'"),
            ("p2", "pass", 0, 2, "NULL", 0, "NULL"),
            ("p3", "document", 0, "NULL", 1, 1, "NULL"),
        ]
    ),
    f"""INSERT INTO stripe_events (id, type, object_type, object_id, livemode, received_at, attempts, last_error)
        VALUES ('evt_1', 'x', 'customer', 'cus_2', 1, {AT}, 1, '')""",
    f"""INSERT INTO stripe_objects VALUES ('sub_1', 'subscription', 1, '{json.dumps(BUNDLE)}', 3, 3, {AT})""",
    *(
        f"""INSERT INTO revisions (document_id, number, source, source_name, encoding, created_at)
            VALUES (1, {number}, '# One report', 'one.md', 'utf-8', {AT})"""
        for number in (1, 2)
    ),
    f"""INSERT INTO public_editions
        (document_id, revision, title, summary, language, html, text, toc, gates, characters, updated_at) VALUES
        (1, 1, 'One report', '', 'en', '<p>Once.</p>', 'Once.', '[]', '[]', 5, {AT})""",
    f"""INSERT INTO full_editions (document_id, revision, title, language, html, text, toc, characters, updated_at)
        VALUES (1, 1, 'One report', 'en', '<p>Once.</p>', 'Once.', '[]', 5, {AT})""",
    f"""INSERT INTO grants (id, reader_id, document_id, source, source_id, starts_at, note) VALUES
        (1, 1, NULL, 'subscription', 'sub_1', {AT}, ''), (2, 1, NULL, 'pass', 'p2', {AT}, ''),
        (3, 1, 1, 'document', 'p3', {AT}, ''), (4, 1, NULL, 'complimentary', 'c', {AT}, 'gift')""",
]


def taken_to(database, revision, rows):
    with database.write_engine.connect() as connection:
        config = migrate.configuration()
        config.attributes["connection"] = connection
        command.upgrade(config, revision)
        for row in rows:
            connection.execute(text(row))
        connection.commit()


@pytest.fixture
def old(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    taken_to(database, "0001", ROWS)
    yield database
    database.close()


def test_every_row_is_there_afterwards_and_knows_its_mode(old):
    migrate.upgrade(old)
    with old.reading() as session:
        purchases = {one.id: (one.mode, one.title, one.days) for one in session.scalars(select(Purchase))}
        grants = {one.source: one.mode for one in session.scalars(select(Grant))}
        customers = {one.id: one.mode for one in session.scalars(select(StripeCustomer))}
        assert {plan.mode for plan in session.scalars(select(Plan))} == {Mode.SANDBOX}
        assert session.get_one(StripeEvent, "evt_1").mode is Mode.LIVE
    assert purchases == {
        "p1": (Mode.SANDBOX, "", None),
        "p2": (Mode.SANDBOX, "", 30),
        "p3": (Mode.LIVE, "One report", None),
    }
    assert grants == {
        GrantSource.SUBSCRIPTION: Mode.SANDBOX,
        GrantSource.PASS: Mode.SANDBOX,
        GrantSource.DOCUMENT: Mode.LIVE,
        GrantSource.COMPLIMENTARY: None,
    }
    assert customers == {"cus_1": Mode.SANDBOX, "cus_2": Mode.LIVE}


def test_what_was_bought_before_is_not_given_back_for_want_of_a_warning(old):
    migrate.upgrade(old)
    with old.reading() as session:
        assert [(one.warned, one.asked_amount) for one in session.scalars(select(Purchase))] == [(True, None)] * 3


def test_what_stripe_said_is_kept_in_its_new_shape_and_asked_for_anew(old):
    migrate.upgrade(old)
    with old.reading() as session:
        row = session.get_one(StripeObject, "sub_1")
    assert row.bundle["invoices"][0]["payments"]["data"] == [PAYMENT]
    assert row.wanted > row.applied


def test_what_to_do_about_a_file_is_there_under_its_new_name(tmp_path):
    old = Database(f"sqlite:///{tmp_path / 'old.sqlite'}")
    jobs = [
        f"""INSERT INTO export_jobs (document_id, side, kind, stage, tries, problem, mend, asked_at, changed_at)
            VALUES (1, '{side}', 'pdf', 'failed', 3, 'No font.', 'Install one.', {AT}, {AT})"""
        for side in ("public", "full")
    ]
    taken_to(old, "0007", [ROWS[1], *jobs])
    migrate.upgrade(old)
    with old.reading() as session:
        told = {(job.side.value, job.problem, job.hint) for job in session.scalars(select(ExportJob))}
    old.close()
    assert told == {(side, "No font.", "Install one.") for side in ("public", "full")}


def reader_row(number, email, day):
    return f"""INSERT INTO readers (id, email, password_hash, role, created_at, must_change_password, look)
        VALUES ({number}, '{email}', 'x', 'reader', '2026-01-{day:02} 00:00:00', 0, '')"""


@pytest.mark.sqlite("its file is made by the steps of old")
def test_of_two_writings_of_an_address_the_older_account_keeps_it_and_the_other_is_named(instance, caplog):
    path = instance / "paidspan.sqlite"
    path.unlink()
    old = Database(f"sqlite:///{path}")
    emails = [
        "ｗang@example.com",
        "wang@example.com",
        "a@bücher.example",
        "strasse@example.com",
        "\u2764\ufe0f@example.com",
    ]
    taken_to(old, "0017", [reader_row(number, email, 9 - number) for number, email in enumerate(emails, 1)])
    migrate.upgrade(old)
    with old.reading() as session:
        assert {one.id: (one.email, one.email_key, one.has_address) for one in session.scalars(select(Reader))} == {
            1: (emails[0], "wang@example.com 1", False),
            2: (emails[1], "wang@example.com", True),
            3: (emails[2], "a@xn--bcher-kva.example", True),
            4: (emails[3], "strasse@example.com", True),
            5: (emails[4], f"{emails[4]} 5", False),
        }
        assert find_reader(session, "ＷＡＮＧ@example.com").id == 2
        assert find_reader(session, "A@XN--BCHER-KVA.example").id == 3
        assert find_reader(session, "straße@example.com") is None
    old.close()
    assert caplog.messages == [
        f"{emails[4]} is no e-mail address any more: this account cannot be signed in to",
        "ｗang@example.com is another writing of wang@example.com: this account cannot be signed in to",
    ]
    listed = CliRunner().invoke(cli, ["user", "list", "--instance", str(instance)]).stdout.splitlines()
    assert {line.partition("\t")[0]: line.partition("\tactive")[2] for line in listed} == {
        emails[0]: "\tcannot be signed in to: another writing of wang@example.com",
        emails[1]: "",
        emails[2]: "",
        emails[3]: "",
        emails[4]: "\tcannot be signed in to: this is no e-mail address any more",
    }


def test_where_a_database_stands_is_read_as_alembic_reads_it(tmp_path):
    """Without Alembic, which takes long to load."""
    steps = ScriptDirectory.from_config(migrate.configuration())
    assert migrate._newest_step() == steps.get_current_head()
    for revision in (None, steps.get_base(), "0024", "head"):
        database = Database(f"sqlite:///{tmp_path}/{revision}.sqlite")
        if revision:
            taken_to(database, revision, [])
        with database.read_engine.connect() as connection:
            known = MigrationContext.configure(connection).get_current_revision()
        assert migrate._step_taken(database) == known
        assert migrate.is_current(database) is (revision == "head")
        database.close()


def test_the_steps_lead_to_the_tables_that_the_models_describe(old):
    migrate.upgrade(old)
    with old.write_engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": migrate.described_by_models})
        assert compare_metadata(context, Base.metadata) == []
        assert connection.exec_driver_sql("PRAGMA foreign_key_check").all() == []


def test_editions_stay_as_they_were_and_are_known_to_be_old(old):
    migrate.upgrade(old)
    with old.reading() as session:
        editions = [session.get_one(kind, 1, options=[undefer(kind.tree)]) for kind in (PublicEdition, FullEdition)]
        assert {(one.html, one.text, one.tree, one.renderer_version) for one in editions} == {
            ("<p>Once.</p>", "Once.", None, 0)
        }
        assert all(one.is_outdated for one in editions)


def test_revisions_are_read_as_their_document_was(old):
    migrate.upgrade(old)
    with old.reading() as session:
        assert list(session.scalars(select(Revision.format))) == [SourceFormat.MARKDOWN] * 2


def test_indexes_are_as_partial_as_the_models_have_them(old, tmp_path):
    migrate.upgrade(old)
    made = create_engine(f"sqlite:///{tmp_path / 'made.sqlite'}")
    Base.metadata.create_all(made)
    wanted, there = (set(map(tuple, partial_indexes(engine))) for engine in (made, old.read_engine))
    made.dispose()
    assert wanted == there
    assert len(there) > 2


def partial_indexes(engine):
    """Return the partial indexes, each with its condition."""
    query = (
        "SELECT name, substr(sql, instr(sql, 'WHERE')) FROM sqlite_master WHERE type = 'index' AND sql LIKE '%WHERE%'"
    )
    with engine.connect() as connection:
        return connection.exec_driver_sql(query).all()
