"""What import tells of a source that it takes, or leaves, for a second look."""

from datetime import datetime, tzinfo

from webapp.documents.author_dates import is_ahead
from webapp.documents.preparation import ImportProblem
from webapp.kit.translatable import _
from webapp.manuscript import FindingCode, FrontMatter, Severity


def held_back(shown: str, slug: str, front: FrontMatter, zone: tzinfo, now: datetime) -> ImportProblem | None:
    """Return the warning about a draft and a date to come, None where a document may be published."""
    if front.draft:
        sentence = _(
            "This document is a draft by its front matter and was not published; "
            "paidspan publish %(slug)s publishes it.",
            slug=slug,
        )
        return ImportProblem(shown, *front.place("draft"), "draft", Severity.WARNING, sentence)
    if is_ahead(front, zone, now):
        sentence = _(
            "The date of this document is yet to come and it was not published; import it again then, "
            "or paidspan publish %(slug)s publishes it.",
            slug=slug,
        )
        return ImportProblem(shown, *front.place("published_at"), "future-date", Severity.WARNING, sentence)
    return None


def withdrawn(shown: str, slug: str) -> ImportProblem:
    """Return the warning about a document that is not published, since it was withdrawn."""
    sentence = _("This document is withdrawn and stays so; paidspan publish %(slug)s brings it back.", slug=slug)
    return ImportProblem(shown, 1, 1, "withdrawn", Severity.WARNING, sentence)


def priced_without_span(shown: str) -> ImportProblem:
    """Return the warning about a price where nothing is for payers."""
    sentence = _(
        "This document has a price and nothing in it is paid: mark what is for payers, or take the price away."
    )
    return ImportProblem(shown, 1, 1, FindingCode.PRICE_WITHOUT_SPAN, Severity.WARNING, sentence)


def same_bytes(shown: str, slug: str) -> ImportProblem:
    """Return the warning about a file that is not imported, since another document has its bytes."""
    sentence = _(
        "%(slug)s has the same bytes under another name, so this is not imported; --duplicates makes it a document "
        "of its own.",
        slug=slug,
    )
    return ImportProblem(shown, 1, 1, "same-bytes", Severity.WARNING, sentence)
