"""What a check finds: a verdict, a sentence, and the mend."""

from dataclasses import dataclass
from enum import Enum, StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from webapp.operations.doctor.examined_installation import ExaminedInstallation


class DoctorVerdict(StrEnum):
    """How it is with what was looked at."""

    GOOD = "good"
    WARNING = "warning"
    BROKEN = "broken"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """One line of the doctor's."""

    verdict: DoctorVerdict
    sentence: str
    mend: str = ""


class Need(Enum):
    """What must be there for a check to look at anything, each with those before it."""

    NOTHING = 0
    SETTINGS = 1
    DATABASE = 2
    TABLES = 3


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that can be wrong; `look` yields nothing where an installation has no such thing."""

    name: str
    look: "Callable[[ExaminedInstallation], Iterator[Diagnosis]]"
    need: Need
    seconds: float = 5.0


def describe_error(error: Exception) -> str:
    """Return what an error says, in one line without its number and a full stop: the sentence around it has one."""
    said = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return " ".join(said.split()).rstrip(".") or type(error).__name__


def good(sentence: str) -> Diagnosis:
    """Return that something is as it should be."""
    return Diagnosis(DoctorVerdict.GOOD, sentence)


def warning(sentence: str, mend: str) -> Diagnosis:
    """Return that something wants to be looked at, while readers notice nothing."""
    return Diagnosis(DoctorVerdict.WARNING, sentence, mend)


def defect(sentence: str, mend: str) -> Diagnosis:
    """Return that something does not work."""
    return Diagnosis(DoctorVerdict.BROKEN, sentence, mend)
