"""Leaks of what is being worked on."""

from html import escape

from sqlalchemy import select

from tests.surface.mutants.planting import leak, replaced
from webapp.accounts import permissions
from webapp.documents.draft_models import Draft
from webapp.kit.http import read_session
from webapp.reading import views


@leak("desk_documents_draft.views")
def views_for_whoever_is_signed_in(patch):
    """A script asks there, and no person, so it is enough to be somebody."""
    replaced(patch, permissions, "has_permission", lambda _right: lambda *_: True)


@leak("reading.document")
def a_page_that_looks_at_the_draft(patch):
    """The page of a document reads the text from where it is newest."""

    def wrong(right):
        def preview_page(found, *rest, **more):
            draft = read_session().scalar(select(Draft.source).where(Draft.document_id == found.id))
            return right(found, *rest, **more) + escape(draft or "")

        return preview_page

    replaced(patch, views, "preview_page", wrong)
