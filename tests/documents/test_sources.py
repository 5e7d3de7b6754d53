"""What is taken from folders and archives, what is left, and that bytes are not doubled."""

import io
import zipfile
from collections import Counter

import pytest

from tests.factories.shelf import REPORT
from webapp.documents.importing import ImportAction, Importer, ImportOrder
from webapp.documents.preparation import Options
from webapp.documents.sources import SourceFile, SourceKind, find_sources


@pytest.fixture
def folder(tmp_path):
    path = tmp_path / "reports"
    path.mkdir()
    return path


def found(folder, skipped=None):
    return list(find_sources([str(folder)], 1_000_000, io.BytesIO(), skipped))


@pytest.fixture
def bring(database):
    def run(*paths, **order):
        sources = find_sources([str(path) for path in paths], 1_000_000, io.BytesIO())
        return list(Importer(database, ImportOrder(**order)).run(sources))

    return run


def test_a_link_out_of_the_folder_is_named_and_not_followed(bring, folder, tmp_path):
    (tmp_path / "secret.txt").write_text("Secret\n\nNot for the folder.\n")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "more.txt").write_text("More\n\nNot for the folder.\n")
    (folder / "link.txt").symlink_to(tmp_path / "secret.txt")
    (folder / "relative.txt").symlink_to("../secret.txt")
    (folder / "sub").symlink_to(tmp_path / "elsewhere")
    (folder / "report.txt").write_text(REPORT)
    outcomes = bring(folder, publish=True)
    left = [outcome for outcome in outcomes if outcome.did is ImportAction.SKIPPED]
    assert {problem.code for outcome in left for problem in outcome.problems} == {"link-outside"}
    assert {outcome.shown for outcome in left} == {str(folder / name) for name in ("link.txt", "relative.txt", "sub")}
    assert [outcome.did for outcome in outcomes if outcome not in left] == [ImportAction.ADDED]


def test_links_within_the_folder_are_read_once(folder):
    (folder / "year").mkdir()
    (folder / "year" / "report.txt").write_text(REPORT)
    (folder / "same.txt").symlink_to("year/report.txt")
    (folder / "same-year").symlink_to("year")
    (folder / "latest.txt").symlink_to("source-of-latest")
    (folder / "source-of-latest").write_text(REPORT + "又一份。\n")
    assert [source.key for source in found(folder)] == ["latest.txt", "year/report.txt"]
    assert all(isinstance(source, SourceFile) and source.read() for source in found(folder))


def test_a_chain_of_links_is_judged_by_its_end(folder, tmp_path):
    (tmp_path / "secret.txt").write_text("Secret\n")
    (folder / "hop").symlink_to(tmp_path / "secret.txt")
    (folder / "link.txt").symlink_to("hop")
    (folder / "round.txt").symlink_to("round.txt")
    assert [isinstance(source, SourceFile) for source in found(folder)].count(True) <= 1
    for source in found(folder):
        if isinstance(source, SourceFile):
            with pytest.raises(Exception, match=r".") as caught:
                source.read()
            assert caught.value.code in {"unreadable", "not-found"}


def test_a_link_that_is_named_by_itself_is_followed(bring, folder, tmp_path):
    (tmp_path / "elsewhere.txt").write_text(REPORT)
    (folder / "link.txt").symlink_to(tmp_path / "elsewhere.txt")
    assert bring(folder / "link.txt")[0].did is ImportAction.ADDED


def test_files_that_nobody_reads_are_counted_by_kind(folder):
    for name in ("a.rst", "b.rst", "c.adoc", "d.PNG", "Makefile", ".hidden.rst", "report.md"):
        (folder / name).write_text("# x\n")
    with zipfile.ZipFile(folder.parent / "more.zip", "w") as archive:
        archive.writestr("e.rst", "x")
        archive.writestr("f.md", "# x\n")
    skipped = Counter()
    assert len(found(folder, skipped) + found(folder.parent / "more.zip", skipped)) == 2
    assert skipped == {".rst": 3, ".adoc": 1, "Makefile": 1}


def test_the_same_bytes_under_another_name_are_told_and_not_doubled(bring, folder):
    (folder / "a.txt").write_text(REPORT)
    (folder / "b.txt").write_text(REPORT)
    first, second = bring(folder)
    assert (first.did, second.did) == (ImportAction.ADDED, ImportAction.SKIPPED)
    assert second.slug == first.slug
    assert [problem.code for problem in second.problems] == ["same-bytes"]
    assert first.slug in second.problems[0].message
    assert [outcome.did for outcome in bring(folder)] == [ImportAction.UNCHANGED, ImportAction.SKIPPED]
    assert bring(folder / "b.txt", dry_run=True)[0].did is ImportAction.SKIPPED
    assert [outcome.did for outcome in bring(folder, duplicates=True)] == [ImportAction.UNCHANGED, ImportAction.ADDED]


def test_a_file_may_come_to_have_the_bytes_of_another(bring, folder):
    (folder / "a.txt").write_text(REPORT)
    (folder / "b.txt").write_text(REPORT + "另一份。\n")
    bring(folder)
    (folder / "b.txt").write_text(REPORT)
    assert [outcome.did for outcome in bring(folder)] == [ImportAction.UNCHANGED, ImportAction.REVISED]


@pytest.mark.parametrize(
    ("text", "options", "did"),
    [
        ("# 题目\n\n正文。\n", Options(format=SourceKind.MARKDOWN), ImportAction.REVISED),
        ("# 题目\n\n正文。\n", Options(format=SourceKind.TEXT), ImportAction.UNCHANGED),
        ("# 题目\n\n正文。\n", Options(encoding="utf-8"), ImportAction.UNCHANGED),
        ("# 题目\n\n正文。\n", Options(repair=True), ImportAction.UNCHANGED),
        ("# 题目\n\n正文。\n", Options(encoding="shift_jis", replace=True), ImportAction.REVISED),
    ],
)
def test_the_same_bytes_make_a_revision_where_an_option_has_them_read_otherwise(bring, folder, text, options, did):
    (folder / "a.txt").write_text(text)
    bring(folder)
    assert [bring(folder, options=options)[0].did for _again in range(2)] == [did, ImportAction.UNCHANGED]


def test_the_same_text_in_another_encoding_is_unchanged(bring, folder):
    (folder / "a.txt").write_text(REPORT)
    bring(folder)
    (folder / "a.txt").write_bytes(REPORT.encode("gb18030"))
    assert [bring(folder)[0].did for _again in range(2)] == [ImportAction.UNCHANGED] * 2
