"""Leaks of what readers keep: they marked it when they could read it, and their shelf outlives that."""

from dataclasses import replace

from tests.surface.mutants.planting import full_of, leak, replaced, unlock
from webapp.documents.full_editions import full_contents
from webapp.library import highlight_views, highlights, lists, notes_export
from webapp.library.highlight_html import visible_text
from webapp.library.text_quote import Searchable
from webapp.reading import views


@leak("highlights.document_notes", "highlights.export_notes")
def a_highlight_as_it_was_kept(patch):
    """A note shows the words that were copied into it, whoever reads now."""

    def wrong(right):
        def shown(highlights, text, *, in_full):
            return tuple(replace(one, words=one.highlight.exact) for one in right(highlights, text, in_full=in_full))

        return shown

    for module in (highlights, notes_export):
        replaced(patch, module, "show_highlight", wrong)


@leak("highlights.add_highlight_to_document")
def a_passage_that_is_looked_for_in_all_of_it(patch):
    """Words are marked where they stand in the whole text: who guesses them hears that they do."""

    def wrong(right):
        def _opened(slug, owner):
            opening, _text = right(slug, owner)
            return opening, Searchable(visible_text(full_of(opening.document.id).html))

        return _opened

    replaced(patch, highlight_views, "_opened", wrong)


@leak("library.library", "library.bookmarks")
def a_bookmark_that_names_its_section(patch):
    """A list names the headings that were bookmarked, those behind the gate included."""
    replaced(
        patch,
        lists,
        "full_contents",
        lambda _right: lambda session, _unlocks: full_contents(session, map(unlock, range(1, 99))),
    )


@leak("reading.document")
def tools_that_name_all_bookmarked_sections(patch):
    """Beside the preview stand the headings that were bookmarked in the whole text."""

    def wrong(right):
        def margin_of(session, reader_id, document_id, edition, notes):
            kept = right(session, reader_id, document_id, full_of(document_id, session), notes)
            return replace(right(session, reader_id, document_id, edition, notes), sections=kept.sections)

        return margin_of

    replaced(patch, views, "reader_sidebar", wrong)
