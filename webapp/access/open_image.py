"""A picture as somebody may see it: by the editions that show it, as the texts around it."""

from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from webapp.access.open_document import Asker
from webapp.access.policy import Preview, decide, outlives_withdrawal
from webapp.documents.full_editions import documents_showing, is_shown_in_full
from webapp.documents.image_records import is_shown_publicly
from webapp.documents.models import State
from webapp.kit.errors import NotFoundError


class ImageAudience(StrEnum):
    """For whom an answer with a picture is."""

    EVERYBODY = "everybody"
    READER = "reader"  # who asks, and nobody else


def open_image(session: Session, hash_: str, asker: Asker, now: datetime) -> ImageAudience:
    """Return for whom a picture is, where who asks may see it; raise NotFoundError as for one that there is not."""
    if is_shown_publicly(session, hash_):
        return ImageAudience.EVERYBODY
    standing = asker()
    for document in documents_showing(session, hash_):
        decision = decide(standing, document.id, now)
        if isinstance(decision, Preview) or not is_shown_in_full(session, decision, hash_):
            continue
        if document.state is not State.WITHDRAWN or outlives_withdrawal(decision):
            return ImageAudience.READER
    raise NotFoundError
