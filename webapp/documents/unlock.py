"""The right to read one document in full. An import contract names who may make one."""

from dataclasses import dataclass
from enum import StrEnum


class Ground(StrEnum):
    """Why a full text is handed out."""

    EVERYTHING = "everything"  # a subscription, a pass, or a grant for all documents
    DOCUMENT = "document"  # this document was bought or granted
    STAFF = "staff"  # an editor or the publisher, who reads it marked as such
    SYSTEM = "system"  # no person: the index, an export or the audit


@dataclass(frozen=True, slots=True)
class Unlock:
    """Opens the full edition of one document; made by the access policy and the named system readers alone."""

    document_id: int
    ground: Ground
