"""How much of a document is for payers: a revision does not make it public by mistake."""

from collections.abc import Mapping

from webapp.kit.errors import ConflictError
from webapp.kit.translatable import _
from webapp.manuscript import Manuscript


class OpensDocumentError(ConflictError):
    """A revision has less than half of the paid share that an earlier one had."""


def paid_characters_of(manuscript: Manuscript) -> int:
    """Return how many characters of the source are paid."""
    return sum(span.characters for span in manuscript.spans)


def characters_of(manuscript: Manuscript) -> int:
    """Return how many characters the text has, front matter aside."""
    return len(manuscript.source) - manuscript.front.body


def refuse_opening(slug: str, manuscript: Manuscript, earlier: Mapping[int, Manuscript]) -> None:
    """Raise OpensDocumentError where the share of paid characters fell below half of that of an earlier revision."""
    paid, characters = paid_characters_of(manuscript), characters_of(manuscript)
    for number, before in earlier.items():
        if 2 * paid * characters_of(before) < paid_characters_of(before) * characters:
            sentence = _(
                "Of %(slug)s %(paid)s of %(characters)s characters would be for payers; of revision %(number)s "
                "%(before)s of %(all)s are. Put the markers back, or say --open if this is meant.",
                slug=slug,
                paid=paid,
                characters=characters,
                number=number,
                before=paid_characters_of(before),
                all=characters_of(before),
            )
            raise OpensDocumentError(sentence, "")
