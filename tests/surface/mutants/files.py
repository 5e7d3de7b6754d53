"""Leaks of what can be taken along."""

from dataclasses import replace
from hashlib import sha256

from tests.surface.mutants.planting import full_of, leak, replaced
from webapp.documents.full_editions import edition_blocks
from webapp.exports import render, views
from webapp.exports.export_store import ExportStore
from webapp.exports.file_formats import EditionSide, FileFormat
from webapp.kit.http import read_session

ALL = tuple(f"exports.{kind}" for kind in FileFormat)


@leak(*ALL)
def a_file_of_all_of_it(patch):
    """The page knows the paywall, and the download is made from the record."""

    def wrong(right):
        def render_file(app, edition, _tree, slug, kind):
            full = full_of(edition.document_id)
            return right(app, full, edition_blocks(read_session(), full), slug, kind)

        return render_file

    replaced(patch, views, "render_file", wrong)


@leak(*ALL)
def one_file_for_payers_and_for_all(patch):
    """Files are kept by document and revision: what was made for a payer is what the next visitor gets."""

    def wrong(right):
        return lambda store, wanted: right(store, replace(wanted, side=EditionSide.FULL))

    replaced(patch, ExportStore, "_path", wrong)


@leak(*ALL)
def a_file_that_is_kept_under_what_is_in_all_of_it(patch):
    """The mark by which a file is kept, and which is its ETag, is a hash of the record."""

    def wrong(right):
        return lambda store, wanted: sha256(full_of(wanted.document_id).text.encode()).hexdigest()

    replaced(patch, ExportStore, "mark", wrong)


@leak("exports.docx", "exports.pdf", "exports.epub")
def properties_from_the_record(patch):
    """The text is cut, and the properties of the file, its author or its keywords, are filled in from the record."""

    def wrong(right):
        def export_document_of(edition, tree, address, publisher, images=None):
            return right(edition, tree, address, f"{publisher} {full_of(edition.document_id).text[-20:]}", images)

        return export_document_of

    replaced(patch, render, "export_document_of", wrong)


@leak("exports.md", "exports.txt")
def a_notice_that_tells_how_it_goes_on(patch):
    """Where the text is cut, the file teases with its next words."""

    def wrong(right):
        def export_document_of(edition, tree, address, publisher, images=None):
            matter = right(edition, tree, address, publisher, images)
            last = full_of(edition.document_id).text[-8:]
            notices = {number: replace(one, sentence=last) for number, one in matter.notices.items()}
            return replace(matter, notices=notices)

        return export_document_of

    replaced(patch, render, "export_document_of", wrong)
