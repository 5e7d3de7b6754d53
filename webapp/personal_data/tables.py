"""Which tables are about a person, and what becomes of them; a test holds this to the foreign keys that there are."""

from collections.abc import Iterator

from sqlalchemy import Column, Table

from webapp.kit.table_base import Base

# In which part of the download the rows of a table are.
DOWNLOADED = {
    "access_tokens": "tokens",
    "bookmarks": "bookmarks",
    "devices": "devices",
    "grants": "access",
    "highlights": "highlights",
    "mailed_tokens": "links",
    "purchases": "orders",
    "reading_positions": "read",
    "receipts": "payments",
    "staff_notes": "staff_notes",
    "stripe_customers": "stripe_customers",
    "stripe_objects": "stripe_records",
    "subscription_standings": "subscriptions",
}
# Which are in none, and why.
LEFT_OUT = {
    "ledger_entries": "what payments and subscriptions add up to, which are in it themselves",
    "draft_conflicts": "texts of the library that somebody of its staff saved, not of a reader",
    "draft_visits": "which text somebody of the staff had open within the last minutes",
    "drafts": "texts of the library that somebody of its staff saved, not of a reader",
    "last_changes": "which document somebody of the staff worked on last",
    "activity_log": "what somebody did for the house, which is the house's to know",
    "import_jobs": "what somebody of the staff brought in for the library, not about a reader",
    "invitations": "whom somebody invited for the house, which is about others",
    "page_edits": "texts of the house, which everybody may read",
    "passkeys": "what checks signatures, which says nothing of a person; the page of passkeys names them",
    "pending_sign_ins": "browsers that wait some minutes for their second step",
    "recovery_codes": "hashes, which tell nothing, of what opens the account",
    "revisions": "texts of the library that somebody of its staff saved, not of a reader",
    "scheduled_acts": "what somebody of the staff wants to happen to a text of the library",
    "second_factors": "the sealed key of an authenticator app, which opens the account",
    "shared_drafts": "links to a text of the library that somebody of its staff made; of what opens them, hashes",
}
# What stays when an account is closed, and why; all other tables that refer to a reader are emptied of them.
KEPT = {
    "activity_log": "who changed what for the house; it names an account that then names nobody",
    "page_edits": "texts of the house; who changed them then names nobody",
    "grants": "follows from payments, and is compared with Stripe every night; opens nothing to a closed account",
    "ledger_entries": "bookkeeping: what was paid and given back, and on which day",
    "purchases": "bookkeeping: what was ordered",
    "receipts": "bookkeeping: what was paid and given back",
    "stripe_customers": "whose a late refund or dispute is",
    "stripe_objects": "what a late refund or dispute is about, without name and address",
    "subscription_standings": "bookkeeping: since when a subscription recurred, and what it brought",
}
# Whose rows stay and name nobody any more, since they are the library's and not the person's.
UNNAMED = {
    "draft_conflicts": "a text of the library",
    "drafts": "a text of the library",
    "last_changes": "when a document was changed",
    "revisions": "a text of the library",
    "scheduled_acts": "what happens to a document",
    "shared_drafts": "who could see a text of the library; none of them opens anything any more",
}


def tables_of_readers() -> Iterator[tuple[Table, Column[int]]]:
    """Yield all tables that refer to a reader, those first that others do not depend on, each with the column."""
    for table in reversed(Base.metadata.sorted_tables):
        for key in table.foreign_keys:
            if key.column.table.name == "readers":
                yield table, key.parent
