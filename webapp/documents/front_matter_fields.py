"""A publisher's own word about a document that is there: its front matter is written anew, as a revision."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

import yaml
from sqlalchemy.orm import Session

from webapp.documents.image_import import ImportedImage
from webapp.documents.image_records import revision_images
from webapp.documents.models import Document
from webapp.documents.preparation import Options, PreparedSource, price_of_front, unfit_tag
from webapp.documents.publishing import add_revision, is_up_to_date, latest_source, publish, tag, untag
from webapp.documents.sources import SourceFile
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.money import Money
from webapp.kit.translatable import Filled, _
from webapp.manuscript import (
    Finding,
    FindingCode,
    FrontMatter,
    Severity,
    SourceFormat,
    check,
    read_front_matter,
    write_front_matter,
)


def set_fields(
    session: Session, document: Document, given: Mapping[str, Sequence[str]], options: Options, moment: datetime
) -> tuple[bool, Money | None]:
    """Give a document other fields of front matter, by name; an empty value takes one away.

    What was published is published anew. Return whether it was, and the price that was named. Raise InvalidInputError
    for a field that is none and a value that it cannot have, ConflictError where the slug is settled.
    """
    told = _read(given)
    if "slug" in told.places and document.published_at is not None:
        raise ConflictError(
            _("%(slug)s has had readers under its address.", slug=document.slug), _("Use paidspan documents rename.")
        )
    source = latest_source(session, document)
    before = read_front_matter(source.text)[0]
    front = replace(before, **{name: getattr(told, name) for name in told.places})
    stored = revision_images(session, source.revision_id)
    text = write_front_matter(front) + source.text[before.body :]
    checked = check(text, source.format, title_hint=document.title, slug=document.slug, images=stored)
    _refuse_errors(checked.findings)
    was_shown = is_up_to_date(session, document)
    # Known by the bytes of the file as before: an import of the same file changes nothing.
    file = SourceFile(document.source_key, document.source_key or document.slug, "", text.encode)
    images = {address: ImportedImage(kept, 0) for address, kept in stored.items()}
    prepared = PreparedSource(file, source.format, document.source_hash, "utf-8", checked, (), images=images)
    add_revision(session, document, prepared, moment)
    untag(session, document, tuple(set(before.tags) - set(front.tags)))
    tag(session, document, front.tags)
    if was_shown:
        publish(session, document, moment, checked, zone=options.zone)
    return was_shown, price_of_front(told, front.currency or options.currency)


def _invalid(found: Finding) -> InvalidInputError:
    return InvalidInputError(Filled(found.message, dict(found.values)) if found.values else found.message, "")


def _refuse_errors(findings: Iterable[Finding]) -> None:
    for found in findings:
        if found.severity is Severity.ERROR:
            raise _invalid(found)


def _read(given: Mapping[str, Sequence[str]]) -> FrontMatter:
    """Return what fields and their values say; raise InvalidInputError."""
    values = {name: texts[0] if len(texts) == 1 else list(texts) for name, texts in given.items()}
    written = yaml.safe_dump(values, allow_unicode=True, width=float("inf"))
    checked = check(f"---\n{written}---\n", SourceFormat.MARKDOWN)
    for found in checked.findings:
        if found.code is FindingCode.FRONT_MATTER:  # a field that nobody knows, too
            raise _invalid(found)
    told = checked.front
    for sentence in filter(None, map(unfit_tag, told.tags)):
        raise InvalidInputError(sentence, "")
    try:
        price_of_front(told, "cny")
    except ValueError as error:
        raise InvalidInputError(error.args[0], "") from error
    return told
