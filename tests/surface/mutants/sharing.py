"""Leaks of links by which colleagues see a draft."""

from types import SimpleNamespace

from tests.surface.mutants.planting import leak, replaced
from webapp.desk import shared_draft_page, shared_draft_views
from webapp.documents.shared_drafts import DraftSide, SharedDraft

LINK, FILE = "shared_drafts.shared_draft", "shared_drafts.shared_file"


@leak(LINK)
def a_visitors_link_that_shows_the_full_text(patch):
    """The preview of a draft is one page, and whether its reader may see all of it was asked when the link was made."""

    def wrong(right):
        return lambda session, _link, *given: right(session, SimpleNamespace(side=DraftSide.SUBSCRIBER), *given)

    replaced(patch, shared_draft_views, "shared_article", wrong)


@leak(LINK, FILE)
def a_link_kept_past_its_end(patch):
    """That a link has ended, or was revoked, is said at the desk, and nobody asks when it is used."""
    patch.setattr(SharedDraft, "is_open", lambda _link, _now: True)


@leak(FILE)
def any_picture_of_a_draft_for_whoever_has_a_link(patch):
    """Pictures are given for the draft, and not for the side of it that the link shows."""
    patch.setattr(shared_draft_page, "_KNOWN", {})
    patch.setattr(shared_draft_page, "_side", lambda _link, _public, full: full)
