"""Leaks that are written when a document is published, and show wherever it is named."""

import re
from collections import Counter
from dataclasses import replace
from html import escape

from tests.factories.html import attributes
from tests.surface.mutants.planting import leak, pairs_of, replaced
from webapp.documents import publishing
from webapp.exports.file_formats import FileFormat

EVERYWHERE = ("reading.document", "reading.catalogue", "feeds.latest_atom", "feeds.llms")


def _told_of_the_preview(patch, change):
    """Have what is stored of the public side be changed by the full one."""

    def wrong(right):
        def write(session, document, rendered, dates, moment):
            preview, full = rendered
            right(session, document, (replace(preview, **change(preview, full)), full), dates, moment)

        return write

    replaced(patch, publishing, "_write_editions", wrong)


@leak(*EVERYWHERE, written=True)
def a_summary_of_all(patch):
    """The excerpt is made from the whole text when nobody wrote one."""
    _told_of_the_preview(patch, lambda _preview, full: {"summary": full.text[:200]})


@leak(*EVERYWHERE, written=True)
def a_title_from_the_first_line_of_all(patch):
    """The title is the first line, paid or not."""
    _told_of_the_preview(patch, lambda _preview, full: {"title": full.text.split("\n")[0][:60]})


@leak("reading.document", written=True)
def a_gate_that_counts_words(patch):
    """The gate tells the number of different words, or a reading time made of them: a fingerprint of the text."""

    def change(preview, full):
        return {"gates": tuple(replace(gate, minutes=len(set(full.text))) for gate in preview.gates)}

    _told_of_the_preview(patch, change)


@leak("reading.tags", "reading.catalogue", "feeds.latest_json", written=True)
def key_words_of_all_as_tags(patch):
    """Tags are proposed by what the whole text speaks of."""

    def wrong(right):
        def write(session, document, rendered, dates, moment):
            right(session, document, rendered, dates, moment)
            _preview, full = rendered
            pairs = Counter(pair for pair in pairs_of(full.text) if pair.isalnum())
            publishing.tag(session, document, (max(pairs),))

        return write

    replaced(patch, publishing, "_write_editions", wrong)


@leak("reading.document", "feeds.latest_json", "feeds.latest_atom", written=True)
def alternative_texts_of_paid_pictures(patch):
    """What is behind the gate is announced by the captions of its pictures."""

    def change(preview, full):
        told = attributes(full.html, "img", "alt")
        return {"html": preview.html + "".join(f"<p>{escape(one or '')}</p>" for one in told)}

    _told_of_the_preview(patch, change)


@leak(*(f"exports.{kind}" for kind in FileFormat), written=True)
def a_tree_of_all_beside_the_preview(patch):
    """Pages are cut, and what files are written from is kept of the whole text, once for both."""
    _told_of_the_preview(patch, lambda _preview, full: {"tree": full.tree})


@leak("reading.document", "feeds.latest_json", "api.get_document", written=True)
def the_note_of_a_paid_claim(patch):
    """A note stands outside of the paid text that alone cites it, and is shown with all notes of the document."""

    def change(preview, full):
        notes = re.search('<section class="footnotes".*?</section>', full.html, re.DOTALL)
        return {"html": preview.html + (notes[0] if notes else "")}

    _told_of_the_preview(patch, change)


@leak("reading.document", "feeds.latest_json", "api.get_document", written=True)
def a_summary_for_the_head_that_has_none(patch):
    """Where the front matter has no summary, one is made of all the text and goes on as its author's."""

    def wrong(right):
        def write(session, document, rendered, dates, moment):
            preview, full = rendered
            if dates.published_at is not None:
                preview = replace(preview, summary=" ".join(full.text.split())[-60:])
            right(session, document, (preview, full), dates, moment)

        return write

    replaced(patch, publishing, "_write_editions", wrong)
