"""What is wrong with a manuscript, where, and how to mend it."""

from dataclasses import dataclass
from enum import StrEnum

EXCERPT_LENGTH = 40


def _(message: str) -> str:
    """Mark a sentence for translation; it is translated where it is shown."""
    return message


class Severity(StrEnum):
    """An error keeps a manuscript from being published; a warning asks for a second look."""

    ERROR = "error"
    WARNING = "warning"


class FindingCode(StrEnum):
    """The kinds of finding, in the order in which those of one place are listed.

    Most have one severity. `finding` is told the other one where a kind is graver than usual: `bare-marker` and
    `escaped-marker` where the document has no span, `cuts-structure` where public text changes its meaning. What
    depends on more than the text itself (`opens-document`, `price-without-span`) is said where that is known, in
    documents/paid_share.py.
    """

    UNCLOSED_SPAN = "unclosed-span"
    NESTED_BEGIN = "nested-begin"
    STRAY_END = "stray-end"
    NEAR_MARKER = "near-marker"
    BARE_MARKER = "bare-marker"  # the word of a marker in brackets or a comment, ##付费开始## and the like
    ESCAPED_MARKER = "escaped-marker"  # a backslash before a marker that seems to belong to the text
    OPENS_DOCUMENT = "opens-document"  # less is paid than before, or a download without markers comes back
    PRICE_WITHOUT_SPAN = "price-without-span"  # a price, and nothing to pay for
    FRONT_MATTER = "front-matter"  # what stands before the text; FrontMatterProblem has its sentences
    GATE_LOST = "gate-lost"
    EMPTY_SPAN = "empty-span"
    NOTHING_PUBLIC = "nothing-public"
    REPEATED_PUBLICLY = "repeated-publicly"
    CUTS_STRUCTURE = "cuts-structure"
    DEFINITION_UNUSED = "definition-unused"  # a note or an address that the public text does not cite, so not public
    DEAD_LINK = "dead-link"  # a link to a heading or a document that is not there
    CUTS_FORMULA = "cuts-formula"  # a span that holds half of a formula, which is taken whole
    FORMULA_AS_SOURCE = "formula-as-source"  # a formula that cannot be shown
    LINK_OUTSIDE = "link-outside"  # a link or picture that leads out of what is imported


class FrontMatterProblem(StrEnum):
    """What can be wrong with front matter; all of these are findings of one code."""

    UNREADABLE = _(
        "The front matter cannot be read as %(syntax)s here: put quotes around a value that holds signs such as "
        ": # [ { @ or *, and indent with spaces."
    )
    ALIAS = _(
        "Anchors and aliases (& and *) are not read in front matter: write the value itself, or quotes around it."
    )
    TOO_DEEP = _("The front matter holds lists within lists, or a number beyond all measure: write it more simply.")
    CONTROL = _("The front matter holds a control character here: remove it.")
    UNCLOSED = _(
        "This front matter does not end: put a line of --- (or +++, as it begins) after it; "
        "if it is text below a rule, put an empty line after the rule."
    )
    TOO_LONG = _("This front matter is longer than %(most)s characters: put the text below its last line.")
    PAID = _("Front matter is public and cannot hold a marker: move the paid span into the text below it.")
    TWICE = _("The field %(name)s stands here a second time: remove one of the two.")
    UNKNOWN = _("%(name)s is no field that is read; nothing is done with it.")
    ONE_TEXT = _("The field %(name)s wants one text: write it on one line.")
    DATE = _("The field %(name)s says no date that can be read: write it like 2026-03-01 or 2026-03-01T08:30:00+08:00.")
    TRUE_OR_FALSE = _("The field %(name)s is true or false: write one of the two.")
    LANGUAGE = _("The field %(name)s wants a language tag: write it like en or zh-CN.")


_WARNINGS = {
    FindingCode.BARE_MARKER,
    FindingCode.ESCAPED_MARKER,
    FindingCode.PRICE_WITHOUT_SPAN,
    FindingCode.EMPTY_SPAN,
    FindingCode.NOTHING_PUBLIC,
    FindingCode.REPEATED_PUBLICLY,
    FindingCode.CUTS_STRUCTURE,
    FindingCode.DEFINITION_UNUSED,
    FindingCode.DEAD_LINK,
    FindingCode.LINK_OUTSIDE,
    FindingCode.CUTS_FORMULA,
    FindingCode.FORMULA_AS_SOURCE,
}

_MESSAGES = {
    FindingCode.UNCLOSED_SPAN: _("This paid span has no end: put ##paidend## where it ends."),
    FindingCode.NESTED_BEGIN: _(
        "This begin stands inside a paid span: end the span before it, or remove this marker and its end."
    ),
    FindingCode.STRAY_END: _(
        "This end has no begin: put ##paidbegin## where the paid span begins, or remove this end."
    ),
    FindingCode.NEAR_MARKER: _(
        "This looks like a marker and is none: write ##paidbegin## or ##paidend##, "
        "or put a \\ before it if these characters should be read as they are."
    ),
    FindingCode.BARE_MARKER: _(
        "This seems to be meant as a marker and is none: write ##paidbegin## or ##paidend##, "
        "or put a \\ before it if it should be read as it is."
    ),
    FindingCode.ESCAPED_MARKER: _(
        "The \\ right before this marker makes it plain text, and what follows is public: "
        "put a space between them, or the marker before the formula, if it should be a marker."
    ),
    FindingCode.GATE_LOST: _(
        "Readers would not see that something is paid here: move the paid span out of the link, image or attribute."
    ),
    FindingCode.EMPTY_SPAN: _("There is nothing in this paid span: fill it, or remove both of its markers."),
    FindingCode.NOTHING_PUBLIC: _("Nothing but the title is public: let the paid span begin later."),
    FindingCode.REPEATED_PUBLICLY: _(
        "A passage of this paid span also stands in the title, summary, address, tags or author: change it there."
    ),
    FindingCode.CUTS_STRUCTURE: _(
        "This paid span holds only one end of a code block, a table or a note: let it hold the whole, or none of it."
    ),
    FindingCode.DEFINITION_UNUSED: _(
        "The public text does not cite this note or address, so it is not shown to visitors: cite it, or remove it."
    ),
    FindingCode.DEAD_LINK: _("This link leads nowhere: check the heading or the file that it names."),
    FindingCode.CUTS_FORMULA: _(
        "This paid span holds only a part of a formula, so the whole formula is taken for paid: "
        "let it hold the whole, or none of it."
    ),
    FindingCode.FORMULA_AS_SOURCE: _(
        "This formula is shown as its source: it does not end, or holds a command that is not known here."
    ),
    FindingCode.LINK_OUTSIDE: _(
        "This leads out of the folder that was given and was left out: bring the file in, or change the address."
    ),
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One finding at its place (1-based, in characters); the excerpt is of the marker, never of paid text."""

    code: FindingCode
    severity: Severity
    line: int
    column: int
    excerpt: str
    message: str
    values: tuple[tuple[str, str], ...] = ()  # what stands in the sentence's places


def finding(code: FindingCode, place: tuple[int, int], excerpt: str, severity: Severity | None = None) -> Finding:
    """Return a finding with the sentence of its code, and with its severity unless another is given."""
    severity = severity or (Severity.WARNING if code in _WARNINGS else Severity.ERROR)
    return Finding(code, severity, *place, _shortened(excerpt), _MESSAGES[code])


def _shortened(excerpt: str) -> str:
    return excerpt if len(excerpt) <= EXCERPT_LENGTH else excerpt[: EXCERPT_LENGTH - 1] + "…"


def front_matter_finding(problem: FrontMatterProblem, place: tuple[int, int], excerpt: str, **values: str) -> Finding:
    """Return a finding about front matter; only a field that means nothing to us is no error."""
    severity = Severity.WARNING if problem is FrontMatterProblem.UNKNOWN else Severity.ERROR
    return Finding(
        FindingCode.FRONT_MATTER, severity, *place, _shortened(excerpt), problem.value, tuple(values.items())
    )


def in_order(findings: list[Finding]) -> tuple[Finding, ...]:
    """Return the findings as they stand in the text."""
    rank = list(FindingCode).index
    return tuple(sorted(findings, key=lambda each: (each.line, each.column, rank(each.code))))


def has_errors(findings: tuple[Finding, ...]) -> bool:
    """Return whether one of the findings forbids rendering."""
    return any(each.severity is Severity.ERROR for each in findings)


class ManuscriptError(ValueError):
    """A manuscript with an error was about to be cut; `findings` say what is wrong with it."""

    def __init__(self, findings: tuple[Finding, ...]) -> None:
        first = next(each for each in findings if each.severity is Severity.ERROR)
        super().__init__(f"{first.line}:{first.column}: {first.code}: {first.message}")
        self.findings = findings
