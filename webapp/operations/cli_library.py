"""The commands that look after single documents: documents list, show, rename, price, set, untag, delete."""

from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload, selectinload

from webapp.billing.deleted_documents import delete_document, list_buyers
from webapp.billing.plans import price_of, remove_price, set_price
from webapp.documents.front_matter_fields import set_fields
from webapp.documents.models import Document, FormerSlug, State
from webapp.documents.preparation import Options
from webapp.documents.publishing import get_document_by_slug, untag
from webapp.documents.slugs import change_slug, is_free, is_slug
from webapp.kit import clock
from webapp.kit.errors import ConflictError, InvalidInputError
from webapp.kit.languages import gettext, ngettext
from webapp.kit.money import Money
from webapp.kit.translatable import _
from webapp.operations.opened_installation import instance_option, moment, open_database, settings_of

_NAMED_BUYERS = 10


@click.group(name="documents")
def documents_group() -> None:
    """Look after the documents of the library."""


@documents_group.command("list", epilog="Example: paidspan documents list --state draft")
@click.option("--state", type=click.Choice([state.value for state in State]), help="Only those in this state.")
@instance_option
def list_library(state: str | None, instance: str | None) -> None:
    """List documents, the latest first: address, state, since when, price, title."""
    query = select(Document).where(Document.revisions > 0).order_by(Document.id.desc())
    query = query.where(Document.state == State(state)) if state else query
    with open_database(settings_of(instance)) as database, database.reading() as session:
        for document in session.scalars(query):
            since = document.withdrawn_at or document.published_at or document.created_at
            price = _price(session, document)
            click.echo(f"{document.slug}\t{document.state}\t{since:%Y-%m-%d}\t{price}\t{document.title}")


@documents_group.command("show", epilog="Example: paidspan documents show 2025-年度报告")
@click.argument("slug")
@instance_option
def show_document(slug: str, instance: str | None) -> None:
    """Show what is known of a document, one fact a line; nothing of its text."""
    with open_database(settings_of(instance)) as database, database.reading() as session:
        id_ = get_document_by_slug(session, slug).id
        loaded = (joinedload(Document.edition), selectinload(Document.tags))
        for name, fact in _facts(session, session.get_one(Document, id_, options=loaded)):
            click.echo(f"{name}\t{fact}")


def _facts(session: Session, document: Document) -> list[tuple[str, object]]:
    former = session.scalars(select(FormerSlug.slug).where(FormerSlug.document_id == document.id))
    edition = document.edition
    return [
        ("slug", document.slug),
        ("title", document.title),
        ("state", document.state),
        *(("former slug", slug) for slug in former),
        ("source", document.source_key or ""),
        ("revisions", document.revisions),
        ("published revision", edition.revision if edition else ""),
        ("published", moment(document.published_at) if document.published_at else ""),
        ("language", edition.language if edition else ""),
        ("characters", edition.all_characters if edition else ""),
        ("paid characters", edition.paid_characters if edition else ""),
        ("price", _price(session, document)),
        ("tags", ", ".join(row.tag for row in document.tags)),
        ("buyers", len(list_buyers(session, document.id))),
    ]


def _price(session: Session, document: Document) -> str:
    price = price_of(session, document.id)
    return f"{price.amount} {price.currency}" if price else "-"


@documents_group.command("rename", epilog="Example: paidspan documents rename 2025-年度报告 annual-report-2025")
@click.argument("slug")
@click.argument("new", metavar="NEW")
@instance_option
def rename_document(slug: str, new: str, instance: str | None) -> None:
    """Give a document another address; the old one leads to it."""

    def rule(session: Session) -> None:
        document = get_document_by_slug(session, slug)
        if not is_slug(new):
            raise InvalidInputError(
                _("“%(slug)s” cannot be an address: letters and digits, joined by single hyphens.", slug=new), ""
            )
        if not is_free(session, new, document.id):
            raise ConflictError(_("Another document has, or had, the slug %(slug)s.", slug=new), "")
        change_slug(session, document, new)

    with open_database(settings_of(instance)) as database:
        database.write(rule)
    click.echo(f"{slug}\t{new}")


@documents_group.command("price", epilog="Example: paidspan documents price 2025-年度报告 9.90 --currency cny")
@click.argument("slug")
@click.argument("amount", required=False)
@click.option("--currency", default="cny", show_default=True, help="Currency of the price.")
@click.option("--none", "unpriced", is_flag=True, help="Sell it by itself no longer; who bought it keeps it.")
@instance_option
def price_document(slug: str, amount: str | None, currency: str, *, unpriced: bool, instance: str | None) -> None:
    """Sell a document by itself at a price, or no longer."""
    if (amount is None) is not unpriced:
        raise click.UsageError(gettext(_("Give either an amount or --none.")))
    try:
        price = Money.parse(amount, currency) if amount else None
    except ValueError as error:
        raise click.UsageError(gettext(error.args[0])) from error

    def rule(session: Session) -> str:
        document = get_document_by_slug(session, slug)
        if price:
            set_price(session, document.id, price)
        else:
            remove_price(session, document.id)
        session.flush()
        return _price(session, document)

    with open_database(settings_of(instance)) as database:
        click.echo(f"{slug}\t{database.write(rule)}")


@documents_group.command("set", epilog="Example: paidspan documents set 2025-年度报告 author=林梅 date=2025-12-31")
@click.argument("slug")
@click.argument("fields", nargs=-1, required=True, metavar="FIELD=VALUE...")
@instance_option
def set_document_fields(slug: str, fields: tuple[str, ...], instance: str | None) -> None:
    """Set fields of a document's front matter: title, summary, authors, date and so on.

    A field that is given several times is a list, an empty value takes it away. What is published is published anew. A
    file that is imported with other bytes has the last word again.
    """
    given: dict[str, list[str]] = {}
    for field in fields:
        name, is_pair, value = field.partition("=")
        if not is_pair or not name:
            raise click.UsageError(gettext(_("Write each field like title=Annual report.")))
        given.setdefault(name, []).append(value)
    settings = settings_of(instance)

    def rule(session: Session) -> tuple[str, bool]:
        document = get_document_by_slug(session, slug)
        options = Options(zone=ZoneInfo(settings.timezone))
        published, price = set_fields(session, document, given, options, clock.now())
        if price:
            set_price(session, document.id, price)
        return document.slug, published

    with open_database(settings) as database:
        named, published = database.write(rule)
    click.echo(f"{named}\t{'published' if published else 'revised'}")


@documents_group.command("untag", epilog="Example: paidspan documents untag 2025-年度报告 草稿")
@click.argument("slug")
@click.argument("tags", nargs=-1, required=True, metavar="TAG...")
@instance_option
def untag_document(slug: str, tags: tuple[str, ...], instance: str | None) -> None:
    """Take tags away from a document."""
    with open_database(settings_of(instance)) as database:
        had = database.write(lambda session: untag(session, get_document_by_slug(session, slug), tags))
    said = "untagged" if had else gettext("had none of these tags")
    click.echo(f"{slug}\t{said}")


@documents_group.command("delete", epilog="Example: paidspan documents delete 2025-年度报告")
@click.argument("slug")
@click.option("--yes", is_flag=True, help="Do not ask, and delete it although somebody bought it.")
@instance_option
def delete_command(slug: str, *, yes: bool, instance: str | None) -> None:
    """Delete a document with all its revisions, for good; its address is free again.

    Where somebody bought it, this says who and refuses: withdraw it instead, and they keep reading it. With --yes it is
    deleted all the same: they can read it no longer and are given nothing back by this, and their receipts stay.
    """
    with open_database(settings_of(instance)) as database:
        with database.reading() as session:
            buyers = list_buyers(session, get_document_by_slug(session, slug).id)
        if buyers:
            click.echo(_bought(buyers), err=True)
        if buyers and not yes:
            raise _bought_error(slug)
        if not yes:
            question = gettext("Delete %(slug)s with all its revisions? This cannot be undone.", slug=slug)
            click.confirm(question, abort=True)

        def rule(session: Session) -> None:
            document = get_document_by_slug(session, slug)
            if set(list_buyers(session, document.id)) - set(buyers):
                raise _bought_error(slug)  # while we asked
            delete_document(session, document, clock.now())

        database.write(rule)
    click.echo(f"{slug}\tdeleted")


def _bought_error(slug: str) -> ConflictError:
    hint = _("paidspan withdraw takes it from the public; --yes deletes it all the same.")
    return ConflictError(_("%(slug)s was bought, so it is not deleted.", slug=slug), hint)


def _bought(buyers: list[str]) -> str:
    named = ", ".join(buyers[:_NAMED_BUYERS]) + (", …" if len(buyers) > _NAMED_BUYERS else "")
    return ngettext(
        "%(num)s reader bought it: %(named)s", "%(num)s readers bought it: %(named)s", len(buyers), named=named
    )
