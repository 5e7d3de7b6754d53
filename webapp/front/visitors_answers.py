"""What every visitor gets who asks alike, as Flask answered it, while nothing that it shows has changed."""

from webapp.front.generations import Generations
from webapp.front.question import AnswerKey, Question
from webapp.front.raw_answer import RawAnswer
from webapp.kit.content_version import Version


class VisitorsAnswers:
    """Remembers answers to visitors, all of one version of the content, and those that never change."""

    def __init__(self, most_bytes: int) -> None:
        self._version: Version | None = None
        self._kept: Generations[RawAnswer] = Generations(most_bytes)
        self._unchanging: Generations[RawAnswer] = Generations(most_bytes // 4)

    def find_unchanging(self, question: Question) -> RawAnswer | None:
        """Return the answer that stays as long as this process."""
        return self._unchanging.get((*question.key, question.manner.known))

    def find(self, question: Question, version: Version) -> RawAnswer | None:
        """Return the answer of this version."""
        return self._kept.get(_key(question)) if version == self._version else None

    def keep_unchanging(self, question: Question, answer: RawAnswer) -> None:
        """Keep an answer for good."""
        self._unchanging.put((*question.key, question.manner.known), answer, answer.size)

    def keep(self, question: Question, answer: RawAnswer, version: Version) -> None:
        """Keep an answer of a version; those of another one go."""
        if version != self._version:
            self._kept.clear()
            self._version = version
        self._kept.put(_key(question), answer, answer.size)


def _key(question: Question) -> AnswerKey:
    return (*question.key, question.manner.look)
