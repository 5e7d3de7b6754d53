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
    "stripe_customers": "stripe_customers",
    "stripe_objects": "stripe_records",
}
# Which are in none, and why.
LEFT_OUT = {
    "passkeys": "what checks signatures, which says nothing of a person; the page of passkeys names them",
    "pending_sign_ins": "browsers that wait some minutes for their second step",
    "recovery_codes": "hashes, which tell nothing, of what opens the account",
    "second_factors": "the sealed key of an authenticator app, which opens the account",
}
# What stays when an account is closed, and why; all other tables that refer to a reader are emptied of them.
KEPT = {
    "grants": "follows from payments, and is compared with Stripe every night; opens nothing to a closed account",
    "purchases": "bookkeeping: what was ordered",
    "receipts": "bookkeeping: what was paid and given back",
    "stripe_customers": "whose a late refund or dispute is",
    "stripe_objects": "what a late refund or dispute is about, without name and address",
}


def tables_of_readers() -> Iterator[tuple[Table, Column[int]]]:
    """Yield all tables that refer to a reader, those first that others do not depend on, each with the column."""
    for table in reversed(Base.metadata.sorted_tables):
        for key in table.foreign_keys:
            if key.column.table.name == "readers":
                yield table, key.parent
