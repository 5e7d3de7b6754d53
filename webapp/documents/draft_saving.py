"""From what somebody typed to what a draft is saved as: fields written into the text, and counted what is in it.

This is done before the transaction, which a long text would hold up.
"""

from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from webapp.documents.draft_check import check_draft, figures_of, title_before_markers
from webapp.documents.drafts import NewText, as_kept
from webapp.documents.editor_fields import EditorFields, write_fields
from webapp.documents.models import Document
from webapp.kit.errors import BodyTooLargeError
from webapp.manuscript import SourceFormat, check


@dataclass(frozen=True, slots=True)
class TypedText:
    """What somebody sends: a text, on which version they wrote it, the fields as they are and as they were shown."""

    text: str
    based_on: int
    format: SourceFormat
    typed: EditorFields = field(default_factory=EditorFields)
    shown: EditorFields = field(default_factory=EditorFields)
    conflict: int | None = None


def read_typed(session: Session, document: Document | None, sent: TypedText, most_bytes: int) -> NewText:
    """Return what shall be saved; `document` is None for one that is yet to be made.

    Raise InvalidInputError or ConflictError for a field that cannot be, BodyTooLargeError for more than a manuscript
    may have.
    """
    text, settled = write_fields(session, document, as_kept(sent.text), sent.typed, sent.shown)
    if len(text.encode()) > most_bytes:
        raise BodyTooLargeError
    checked = check_draft(session, document, text, sent.format) if document else check(text, sent.format)
    title = checked.title or checked.front.title or title_before_markers(text, sent.format)
    return NewText(text, sent.based_on, sent.format, settled, title, sent.conflict, figures_of(checked).kept)
