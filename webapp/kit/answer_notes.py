"""What a view tells the loop in front of Flask about its answer: for whom else, and for how long, it is the same.

Where nobody stands in front, nobody listens, and views tell nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

from webapp.kit.content_version import Version

ANSWER_NOTES = "paidspan.answer_notes"  # in the WSGI environment


@dataclass(slots=True)
class AnswerNotes:
    """Notes on one answer. None of them: it is for who asked alone, this once.

    `visitors_version`: while content is of this version, every visitor who asks alike gets it. `unchanging`: so does
    everybody for as long as this process lives. `shared`: see reading/shared_answers.py,
    as for `known_reader`, whom the listener has met already.
    """

    known_reader: object = None
    visitors_version: Version | None = None
    unchanging: bool = False
    shared: object = None


def notes_on(environ: Mapping[str, Any]) -> AnswerNotes | None:
    """Return where to note what is known of the answer to a request, None where nobody listens."""
    return cast("AnswerNotes | None", environ.get(ANSWER_NOTES))
