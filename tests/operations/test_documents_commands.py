"""The commands about documents that are there, and about installations that are not."""

import os

import pytest
from sqlalchemy import select

from tests.factories.shelf import PAID, REPORT
from webapp.billing.models import PlanKind, Purchase, PurchaseState
from webapp.documents.full_editions import FullEdition, Revision
from webapp.documents.models import Document, FormerSlug, PublicEdition
from webapp.documents.publishing import get_document_by_slug
from webapp.kit.clock import now
from webapp.settings import Mode

SLUG = "关于仓储周转的年度报告"


@pytest.fixture
def paidspan(forker, instance, tmp_path):
    def run(*arguments, given="", folder=instance):
        return forker.run([*map(str, arguments), "--instance", str(folder)], tmp_path, os.environ, given)

    return run


@pytest.fixture
def report(paidspan, tmp_path):
    path = tmp_path / "report.txt"
    path.write_text(REPORT)
    assert paidspan("import", path, "--publish", "--tag", "#年度 ", "--price", "9.90").returncode == 0
    return path


def test_documents_are_listed_and_shown_without_their_text(paidspan, report):
    assert [line.split("\t")[:2] for line in paidspan("documents", "list").stdout.splitlines()] == [[SLUG, "published"]]
    assert paidspan("documents", "list", "--state", "draft").stdout == ""
    shown = paidspan("documents", "show", SLUG)
    facts = dict(line.split("\t") for line in shown.stdout.splitlines())
    assert (facts["price"], facts["tags"], facts["source"]) == ("9.90 cny", "年度", "report.txt")
    assert (facts["revisions"], facts["published revision"], facts["buyers"]) == ("1", "1", "0")
    assert PAID not in shown.stdout


def test_fields_are_set_and_a_slip_is_one_line(paidspan, report, client):
    assert paidspan("documents", "set", SLUG, "author=林梅", "author=Ada", "price=12").stdout == f"{SLUG}\tpublished\n"
    assert "林梅、Ada" in client.get(f"/d/{SLUG}").get_data(as_text=True)
    assert "12.00 cny" in paidspan("documents", "show", SLUG).stdout
    wrong = paidspan("documents", "set", SLUG, "autor=x")
    assert (wrong.returncode, len(wrong.stderr.splitlines())) == (1, 1)
    assert paidspan("documents", "set", SLUG, "author").returncode == 2


def test_renaming_keeps_the_old_address(paidspan, report, database, client):
    assert paidspan("documents", "rename", SLUG, "stock-2025").stdout == f"{SLUG}\tstock-2025\n"
    assert client.get(f"/d/{SLUG}").headers["Location"] == "/d/stock-2025"
    report.write_text(REPORT + "另一份。\n")
    other = report.rename(report.with_name("other.txt"))
    taken = paidspan("import", other, "--publish").stdout.split("\t")[0]
    assert taken == f"{SLUG}-2"
    for new, said in (("a b", "cannot be an address"), (SLUG, "has, or had"), ("stock-2025", "has, or had")):
        refused = paidspan("documents", "rename", taken, new)
        assert (refused.returncode, refused.stdout) == (1, "")
        assert said in refused.stderr


def test_a_price_is_set_and_taken_away(paidspan, report):
    assert paidspan("documents", "price", SLUG, "12", "--currency", "eur").stdout == f"{SLUG}\t12.00 eur\n"
    assert paidspan("documents", "price", SLUG, "--none").stdout == f"{SLUG}\t-\n"
    for wrong in (["free"], [], ["1", "--none"]):
        assert paidspan("documents", "price", SLUG, *wrong).returncode == 2


def test_tags_are_taken_away(paidspan, report, client):
    assert client.get("/tags/年度").status_code == 200
    assert paidspan("documents", "untag", SLUG, "年度").stdout == f"{SLUG}\tuntagged\n"
    assert paidspan("documents", "untag", SLUG, "年度").stdout == f"{SLUG}\thad none of these tags\n"
    assert client.get("/tags/年度").status_code == 404


def test_deleting_asks_first_and_leaves_nothing(paidspan, report, database, client):
    kept = paidspan("documents", "delete", SLUG, given="n\n")
    assert (kept.returncode, client.get(f"/d/{SLUG}").status_code) == (1, 200)
    assert paidspan("documents", "delete", SLUG, given="y\n").stdout.endswith(f"{SLUG}\tdeleted\n")
    assert client.get(f"/d/{SLUG}").status_code == 404
    with database.reading() as session:
        assert [session.scalar(select(table)) for table in (Document, Revision, FullEdition, PublicEdition)] == [
            None
        ] * 4
    assert paidspan("import", report).stdout.split("\t")[:2] == [SLUG, "added"]


def bought(session, reader_id, document_id):
    session.add(
        Purchase(
            id="p1", reader_id=reader_id, kind=PlanKind.DOCUMENT, recurring=False, document_id=document_id, amount=990,
            currency="cny", mode=Mode.SANDBOX, state=PurchaseState.COMPLETE, landing="/", locale="en", created_at=now(),
        )
    )  # fmt: skip


def test_what_was_bought_is_deleted_only_when_told_so(paidspan, report, people, database, client):
    reader_id = people.reader().id
    database.write(lambda session: bought(session, reader_id, get_document_by_slug(session, SLUG).id))
    refused = paidspan("documents", "delete", SLUG, given="y\n")
    assert refused.returncode == 1
    assert "1 reader bought it: reader@example.com" in refused.stderr
    assert "paidspan withdraw" in refused.stderr
    done = paidspan("documents", "delete", SLUG, "--yes")
    assert (done.returncode, done.stdout) == (0, f"{SLUG}\tdeleted\n")
    assert client.get(f"/d/{SLUG}").status_code == 404
    assert paidspan("documents", "list").stdout == ""
    with database.reading() as session:
        document = session.scalars(select(Document)).one()
        assert session.scalars(select(Purchase)).one().document_id == document.id
        assert [session.scalar(select(table)) for table in (Revision, FullEdition, PublicEdition)] == [None] * 3
    reading = people.browser("reader@example.com")
    assert reading.get(f"/d/{document.slug}").status_code == 404
    assert {reading.get(path).status_code for path in ("/library", "/library/bought", "/account/plan")} == {200}
    assert paidspan("grants", "rebuild").returncode == 0
    assert paidspan("import", report, "--publish").stdout.split("\t")[:2] == [SLUG, "added"]


def test_deleting_takes_former_slugs_and_gifts_along(paidspan, report, database, people):
    people.reader()
    paidspan("grant", "reader@example.com", "--document", SLUG)
    paidspan("documents", "rename", SLUG, "stock")
    assert paidspan("documents", "delete", "stock", "--yes").returncode == 0
    with database.reading() as session:
        assert session.scalar(select(FormerSlug)) is None
        assert session.scalar(select(Document)) is None


MISSING = [
    ("publish", "x"), ("withdraw", "x"), ("audit",), ("documents", "list"), ("documents", "show", "x"),
    ("user", "list"), ("grant", "a@example.com"), ("grants", "rebuild"), ("search", "rebuild"), ("jobs", "run"),
    ("sandbox", "list"), ("stripe", "status"), ("lint", "report.txt"), ("import", "report.txt", "--dry-run"),
]  # fmt: skip


@pytest.mark.sqlite("an address leads to a database whatever the folder; tests/postgresql/test_commands.py")
@pytest.mark.parametrize("arguments", MISSING, ids=" ".join)
def test_an_installation_that_is_not_there_is_refused_and_not_made(paidspan, tmp_path, arguments):
    folder = tmp_path / "tpyo"
    done = paidspan(*arguments, folder=folder)
    assert done.returncode == 2
    assert f"There is no installation in {folder}" in done.stderr
    assert not folder.exists()


@pytest.mark.sqlite("an address leads to a database whatever the folder; tests/postgresql/test_commands.py")
@pytest.mark.parametrize("arguments", [("import", "report.txt"), ("user", "add", "a@example.com")], ids=" ".join)
def test_what_makes_an_installation_says_so_once(paidspan, tmp_path, arguments):
    (tmp_path / "report.txt").write_text(REPORT)
    folder = tmp_path / "new"
    first, second = (paidspan(*arguments, folder=folder) for _again in range(2))
    assert f"paidspan: a new installation is made in {folder}\n" in first.stderr
    assert "installation" not in second.stderr


def test_import_says_what_it_published_and_what_it_left_out(paidspan, tmp_path):
    folder = tmp_path / "in"
    folder.mkdir()
    for name in ("a.rst", "b.rst", "c.adoc"):
        (folder / name).write_text("x")
    (folder / "report.txt").write_text(REPORT)
    (folder / "copy.txt").symlink_to("/etc/passwd")
    assert paidspan("import", folder).stderr.endswith("1 added, 4 skipped: .rst, .adoc\n")
    published = paidspan("import", folder, "--publish")
    assert published.stdout.split("\t")[:2] == [SLUG, "published"]
    assert "1 published, 4 skipped" in published.stderr
    assert f"{folder / 'copy.txt'}:1:1: link-outside: " in published.stderr
    assert published.returncode == 0


def test_a_clean_lint_says_how_much_is_paid(paidspan, tmp_path):
    (tmp_path / "report.txt").write_text("题目\n公开。" + "##paidbegin##" + "付" * 1690 + "##paidend##\n")
    (tmp_path / "other.rst").write_text("x")
    said = paidspan("lint", tmp_path / "report.txt")
    assert said.stdout == "1 file, 1 span, 1,690 of 1,721 characters paid\n"


def test_a_name_that_no_encoding_has_is_wrong_usage(paidspan, report):
    for arguments in (("import", report, "--encoding", "klingon"), ("lint", report, "--encoding", "rot13"),
                      ("import", report, "--replace")):  # fmt: skip
        assert paidspan(*arguments).returncode == 2
    assert "There is no encoding named klingon" in paidspan("import", report, "--encoding", "klingon").stderr


def test_replacing_says_how_many_places(paidspan, tmp_path):
    (tmp_path / "bad.txt").write_bytes("题目\n\n正".encode() + b"\x92" + "文。\n".encode())
    done = paidspan("import", tmp_path / "bad.txt", "--encoding", "utf-8", "--replace")
    assert done.returncode == 0
    assert "bad.txt:3:2: replaced-bytes: 1 places could not be read and show �" in done.stderr
