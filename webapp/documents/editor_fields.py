"""The fields beside a text: title, address, tags and price. They are its front matter, which is written anew with them.

So there is one truth. What somebody typed into a field stands in the text from then on, and what somebody wrote into
the front matter shows in the field; a field that is sent as it was shown changes nothing.
"""

import re
from dataclasses import dataclass, fields, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from webapp.documents.drafts import WorkingCopy
from webapp.documents.models import Document, DocumentTag
from webapp.documents.preparation import unfit_tag
from webapp.documents.slugs import refuse_slug
from webapp.kit.errors import InvalidInputError
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.manuscript import FrontMatter, Severity, read_front_matter, tag_name, write_front_matter

_BETWEEN = re.compile("[,，、;；\n]")
# 9.90, 9.90 USD
_PRICE = re.compile(r"(\S+)(?:\s+([A-Za-z]{3}))?")
CURRENCY = "cny"  # of a price that names none


@dataclass(frozen=True, slots=True)
class EditorFields:
    """What stands in the fields, as it is typed: tags with commas between them, a price like 9.90 or 9.90 USD."""

    title: str = ""
    slug: str = ""
    tags: str = ""
    price: str = ""

    def changed_from(self, shown: "EditorFields") -> frozenset[str]:
        """Return the names of the fields that are not as they were shown."""
        return frozenset(
            field.name
            for field in fields(self)
            if " ".join(getattr(self, field.name).split()) != " ".join(getattr(shown, field.name).split())
        )


def show_fields(
    session: Session, document: Document, copy: WorkingCopy, price: Money | None, title: str = ""
) -> EditorFields:
    """Return what the fields of a document show: the front matter of its text, else what is true of the document.

    `price` is what it is sold for now, `title` the one that its text has by itself.
    """
    front = read_front_matter(copy.text)[0]
    stored = session.scalars(
        select(DocumentTag.tag).where(DocumentTag.document_id == document.id).order_by(DocumentTag.tag)
    )
    tags = front.tags if "tags" in copy.settled else tuple(dict.fromkeys([*front.tags, *stored]))
    is_open = document.published_at is None or "slug" in copy.settled
    return EditorFields(
        title=front.title or title or document.title,
        slug=(front.slug if is_open else "") or document.slug,
        tags=", ".join(tags),
        price=_price_shown(front, None if "price" in copy.settled else price),
    )


def _price_shown(front: FrontMatter, price: Money | None) -> str:
    if front.price:
        return f"{front.price} {front.currency}".strip()
    if price is None:
        return ""
    return f"{price.amount}" if price.currency == CURRENCY else f"{price.amount} {price.currency}"


def write_fields(
    session: Session, document: Document | None, text: str, typed: EditorFields, shown: EditorFields
) -> tuple[str, frozenset[str]]:
    """Return a text whose front matter says what was typed otherwise than shown, and the names of those fields.

    Raise InvalidInputError for what a field cannot have, ConflictError for an address that another document has.
    """
    changed = typed.changed_from(shown)
    if not changed:
        return text, changed
    front, findings = read_front_matter(text)
    if any(found.severity is Severity.ERROR for found in findings):
        raise InvalidInputError(
            _("The front matter of the text cannot be read, so nothing can be written into it."),
            _("Mend what is found in it first, or remove it."),
        )
    if "slug" in changed and typed.slug.strip():
        refuse_slug(session, typed.slug.strip(), document.id if document else 0)
    told = replace(front, **{name: value for name in changed for name, value in _values(name, typed, front)})
    written = write_front_matter(told)
    if any(getattr(read_front_matter(written)[0], name) != getattr(told, name) for name in changed):
        raise InvalidInputError(
            _("A marker cannot stand in the title, the address, the tags or the price: they are public."),
            _("Write other words."),
        )
    return written + text[front.body :], changed


def _values(name: str, typed: EditorFields, front: FrontMatter) -> list[tuple[str, Any]]:
    """Return what a field makes of front matter, by name; raise InvalidInputError."""
    value = " ".join(getattr(typed, name).split())
    if name == "tags":
        return [(name, _tags(typed.tags))]
    if name == "price":
        return _price(value, front.currency)
    return [(name, value)]


def _tags(typed: str) -> tuple[str, ...]:
    tags = tuple(dict.fromkeys(filter(None, map(tag_name, _BETWEEN.split(typed)))))
    for sentence in filter(None, map(unfit_tag, tags)):
        raise InvalidInputError(sentence, "")
    return tags


def _price(typed: str, currency: str) -> list[tuple[str, Any]]:
    if not typed:
        return [("price", ""), ("currency", "")]
    found = _PRICE.fullmatch(typed)
    try:
        price = Money.parse(found[1] if found else typed, (found and found[2]) or currency or CURRENCY)
    except ValueError as error:
        raise InvalidInputError(error.args[0], "") from error
    return [("price", str(price.amount)), ("currency", price.currency)]
