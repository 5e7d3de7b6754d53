"""Deleting a document: who bought it is asked first, and what they paid is kept."""

from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from webapp.accounts.models import Reader
from webapp.billing.models import DocumentPrice, Grant, GrantSource, Purchase, PurchaseState, Receipt
from webapp.documents.models import Document
from webapp.documents.publishing import erase


def list_buyers(session: Session, document_id: int) -> list[str]:
    """Return the addresses of those who bought a document by itself, in any mode."""
    bought = (Purchase.document_id == document_id, Purchase.state == PurchaseState.COMPLETE)
    query = (
        select(Reader.email).join(Purchase, Purchase.reader_id == Reader.id).where(*bought, Reader.erased_at.is_(None))
    )
    return list(session.scalars(query.distinct().order_by(Reader.email)))


def delete_document(session: Session, document: Document, moment: datetime) -> None:
    """Delete all texts of a document, its address, price and gifts.

    Where an order or a receipt names it, an empty row stays for them to refer to: without it a grant for one document
    would be for none, and a receipt could not be derived anew.
    """
    of_it = document.id
    session.execute(delete(DocumentPrice).where(DocumentPrice.document_id == of_it))
    given = (Grant.document_id == of_it, Grant.source == GrantSource.COMPLIMENTARY)
    session.execute(delete(Grant).where(*given))
    referring = (
        select(table.document_id).where(table.document_id == of_it).limit(1) for table in (Purchase, Receipt, Grant)
    )
    erase(session, document, moment, keep_row=any(session.scalar(one) is not None for one in referring))
