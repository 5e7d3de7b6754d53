"""What is to be seen before a document is published: what it will show to whom, and what changes for its readers."""

from dataclasses import dataclass

from sqlalchemy.orm import Session

from webapp.billing.deleted_documents import list_buyers
from webapp.documents.draft_check import PlacedFinding, TextFigures, figures_of, placed_findings
from webapp.documents.draft_editions import DraftEditions
from webapp.documents.drafts import WorkingCopy
from webapp.documents.models import Document, PublicEdition
from webapp.documents.paid_share import OpensDocumentError, refuse_opening
from webapp.documents.stored_revisions import get_manuscripts, last_published
from webapp.manuscript import Checked
from webapp.search.public_repeats import PublicRepeat, find_public_repeats


@dataclass(frozen=True, slots=True)
class PublishingProof:
    """The proof of a text: `opens` says that much of what was for payers becomes public, which is asked about."""

    figures: TextFigures
    findings: list[PlacedFinding]
    repeats: list[PublicRepeat]
    opens: bool
    buyers: int
    characters_before: int | None  # of all of the text that is published

    @property
    def is_possible(self) -> bool:
        """Whether nothing forbids publishing."""
        return not self.figures.errors


def make_proof(
    session: Session, document: Document, copy: WorkingCopy, checked: Checked, editions: DraftEditions | None
) -> PublishingProof:
    """Return the proof of the text that is being worked on."""
    published = session.get(PublicEdition, document.id)
    return PublishingProof(
        figures_of(checked),
        placed_findings(checked, copy.text),
        _repeats(session, document, editions),
        _opens(session, document, checked),
        len(list_buyers(session, document.id)),
        published.all_characters if published else None,
    )


def _opens(session: Session, document: Document, checked: Checked) -> bool:
    earlier = get_manuscripts(session, document, [last_published(session, document)])
    try:
        refuse_opening(document.slug, checked.manuscript, earlier)
    except OpensDocumentError:
        return True
    return False


def _repeats(session: Session, document: Document, editions: DraftEditions | None) -> list[PublicRepeat]:
    if editions is None or not editions.public.gates:
        return []
    public = set(editions.public.text.splitlines())
    paid = "\n".join(line for line in editions.full.text.splitlines() if line not in public)
    return find_public_repeats(session, paid, editions.public.text, document.id)
