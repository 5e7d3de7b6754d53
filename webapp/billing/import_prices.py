"""Prices of documents that an import brings: of the order, else of the author, and whether there is one at all."""

from collections.abc import Callable
from dataclasses import replace

from sqlalchemy.orm import Session

from webapp.billing.plans import price_of, set_price
from webapp.documents.importing import ImportOrder
from webapp.documents.models import Document
from webapp.kit.money import Money


def priced_order(order: ImportOrder, price: Money | None) -> ImportOrder:
    """Return an order by which each document is sold by itself at a price, where there is one, else as authors say."""
    return replace(order, on_stored=_pricing(price), is_priced=_is_priced(price), on_priced=_price_by_author)


def _pricing(price: Money | None) -> Callable[[Session, Document], None]:
    if price is None:
        return lambda _session, _document: None
    return lambda session, document: set_price(session, document.id, price)


def _is_priced(price: Money | None) -> Callable[[Session, Document | None], bool]:
    def is_priced(session: Session, document: Document | None) -> bool:
        return price is not None or (document is not None and price_of(session, document.id) is not None)

    return is_priced


def _price_by_author(session: Session, document: Document, price: Money) -> None:
    set_price(session, document.id, price)
